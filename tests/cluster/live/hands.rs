//! What somebody does to a cluster with kubectl, row by row of the table.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::case::Case;
use super::table::Row;
use crate::plane::{ControlPlane, Rights, User};
use crate::wait::wait_until;

/// How many rows are done side by side.
const SIDE_BY_SIDE: usize = 4;
/// How long an autoscaler may take.
const SOON: Duration = Duration::from_secs(60);

/// Somebody with kubectl.
pub struct Hands<'a> {
    plane: &'a ControlPlane,
    fleet: &'a str,
    user: User,
    folder: tempfile::TempDir,
}

impl<'a> Hands<'a> {
    /// Somebody who may do everything.
    pub fn of(case: &'a Case) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self { plane: case.plane, fleet: &case.id, user: case.plane.user(Rights::Admin), folder }
    }

    /// Does what the rows say, and tells what could not be done.
    pub fn do_all(&self, rows: &[Row]) -> Vec<String> {
        let left = Mutex::new(rows.iter());
        let failures = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..SIDE_BY_SIDE {
                scope.spawn(|| {
                    loop {
                        let next = left.lock().expect("no row panics while it holds it").next();
                        let Some(row) = next else { return };
                        if let Err(failure) = self.do_row(row) {
                            failures.lock().expect("as above").push(format!("{}: {failure}", row.name));
                        }
                    }
                });
            }
        });
        failures.into_inner().expect("as above")
    }

    fn do_row(&self, row: &Row) -> Result<(), String> {
        row.does.iter().try_for_each(|line| self.do_line(row, line))?;
        if let Some([ask, answer]) = &row.until {
            wait_until(&format!("{}: {ask} is {answer}", row.name), SOON, || {
                let said = self.say(row, &words(ask));
                if said == *answer { Ok(()) } else { Err(said) }
            });
        }
        row.then.iter().try_for_each(|line| self.do_line(row, line))
    }

    /// One line: arguments of kubectl; with `!` in front they have to fail. Beside kubectl's own verbs there are `edit
    /// OBJECT SCRIPT`, where sed is the editor, and `rewrite WAY OBJECT FROM TO`, which reads an object, replaces a text
    /// in it, and sends it whole.
    fn do_line(&self, row: &Row, line: &str) -> Result<(), String> {
        let (fails, line) = line.strip_prefix("! ").map_or((false, line), |line| (true, line));
        let filled = line.replace("NS", &self.namespace(row)).replace("FLEET", self.fleet);
        let words = words(&filled);
        let output = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["edit", object, script] => {
                let mut command = self.kubectl(row, &["edit", object]);
                command.env("KUBE_EDITOR", format!("sed -i.bak -e '{script}'"));
                finish(command)
            }
            ["rewrite", way, object, from, to] => self.rewrite(row, way, object, [from, to]),
            ref args => {
                let files = [("FILE", self.file(row, "yaml", &row.yaml)), ("LESS", self.file(row, "less", &row.less))];
                let file = |arg: &&'_ str| files.iter().find(|(name, _)| name == arg).map(|(_, path)| path.clone());
                let args: Vec<String> = args.iter().map(|arg| file(arg).unwrap_or_else(|| (*arg).to_owned())).collect();
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                finish(self.kubectl(row, &args))
            }
        };
        if output.status.success() == fails { Err(format!("{line}: {output:?}")) } else { Ok(()) }
    }

    fn rewrite(&self, row: &Row, way: &str, object: &str, [from, to]: [&str; 2]) -> Output {
        let text = self.say(row, &["get", object, "--output=json"].map(str::to_owned));
        assert!(text.contains(from), "{}: no {from:?} in {text}", row.name);
        let mut whole: Value = serde_json::from_str(&text.replace(from, to)).expect("kubectl writes JSON");
        let fields = whole.as_object_mut().expect("an object");
        fields.remove("status");
        let metadata = fields["metadata"].as_object_mut().expect("metadata");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            // What a controller counts there is not for others to copy.
            annotations.remove("deployment.kubernetes.io/revision");
        }
        for key in ["resourceVersion", "uid", "creationTimestamp", "generation"] {
            metadata.remove(key);
        }
        let file = self.file(row, "json", &whole.to_string());
        let server_side = ["apply", "--server-side", "--field-manager=rival", "--force-conflicts", "-f", &file];
        finish(match way {
            "server-side" => self.kubectl(row, &server_side),
            way => self.kubectl(row, &[way, "-f", &file]),
        })
    }

    fn say(&self, row: &Row, args: &[String]) -> String {
        let output = finish(self.kubectl(row, &args.iter().map(String::as_str).collect::<Vec<_>>()));
        String::from_utf8(output.stdout).expect("kubectl writes UTF-8")
    }

    fn namespace(&self, row: &Row) -> String {
        format!("{}-{}", self.fleet, row.name)
    }

    fn file(&self, row: &Row, kind: &str, text: &str) -> String {
        let path = self.folder.path().join(&row.name).with_extension(kind);
        fs::write(&path, text).expect("it can be written");
        path.display().to_string()
    }

    fn kubectl(&self, row: &Row, args: &[&str]) -> Command {
        let namespace = format!("--namespace={}", self.namespace(row));
        let mut command = self.plane.kubectl_as(&self.user, args);
        command.arg(namespace).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn finish(mut command: Command) -> Output {
    command.output().expect("kubectl starts")
}

/// Words between blanks; what is between single quotes is one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (position, piece) in line.split('\'').enumerate() {
        if position % 2 == 1 {
            words.push(piece.to_owned());
        } else {
            words.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    words
}
