//! No scenario lets a secret out: not in what its steps print, in the files that they leave, in the plan as JSON and as
//! Markdown, nor at any level of the log. Planted are those with [`super::canary::CORE`] in them (the chart of `_base`
//! has one in a Secret, the environment more), and every value that a run generates.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reconcile::report::json;
use serde_json::Value;

use super::canary::Canary;
use super::json_schema::fits;
use super::report_markdown::look;
use super::scenario::{Said, Stage, side_by_side};

/// Says every plan as JSON and as Markdown too, and logs all that there is to log: what lower levels say is among it.
const LOUD: &str = r#"
export RECONCILE_LOG=trace
mkdir -p "$HOME/said"
reconcile() {
  case " $* " in
    *" render "* | *" check "* | *" why "* | *" apply "* | *" --out "* | *" --help "* | *" --version "*) ;;
    *) for format in json markdown; do ( said "$@" ); done ;;
  esac
  command reconcile "$@"
}
said() {
  skip=
  for word in "$@"; do
    shift
    case "$word" in
      --plan | -q | --quiet | -v | -vv) ;;
      --format) skip=1 ;;
      *) if [ "$skip" ]; then skip=; else set -- "$@" "$word"; fi ;;
    esac
  done
  command reconcile "$@" --plan -vv --format $format < /dev/null \
    > "$(mktemp "$HOME/said/$format.XXXXXX")" 2> "$(mktemp "$HOME/said/log.XXXXXX")"
}
"#;

/// What is not searched: the inputs in which secrets are planted, and what a step says was.
const PLANTED: &[&str] = &["sandboxes", "charts", ".git", "cluster", "planted"];

#[test]
fn no_scenario_tells_a_secret_at_any_level() {
    let counts = side_by_side(&|case| {
        let stage = Stage::of(case, LOUD);
        let said = stage.transcript();
        stage.search_for_secrets(&said);
        stage.look_at_all_forms()
    });
    let total = |form: usize| counts.values().map(|count: &[usize; 3]| count[form]).sum::<usize>();
    // A search of nothing finds nothing.
    assert!(total(0) > 100 && total(1) > 100 && total(2) > 100, "{counts:?}");
}

impl Stage {
    /// Searches what was printed, and every file that is there now.
    pub(super) fn search_for_secrets(&self, said: &[Said]) {
        let case = self.case.display();
        let mut secrets: Vec<Canary> = vec![Canary::planted()];
        secrets.extend(generated(self.home.path()).iter().map(|value| Canary::of(value)));
        for secret in &secrets {
            for (step, output) in said.iter().filter(|(step, _)| !shows_secrets(step)) {
                secret.must_not_be_in(&output.stdout, &format!("{case}: $ {step}"));
            }
            for file in files_below(self.home.path(), &is_searched) {
                let bytes = fs::read(&file).expect("a readable file");
                secret.must_not_be_in(&bytes, &format!("{case}: {}", file.display()));
            }
        }
    }

    /// Holds each JSON against the schema, and each Markdown against what it may be. How many there were, and logs.
    fn look_at_all_forms(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for file in files_below(&self.home.path().join("said"), &|_| true) {
            let text = fs::read_to_string(&file).expect("a readable file");
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let form = ["json.", "markdown.", "log."].iter().position(|form| name.starts_with(form));
            match form {
                _ if text.is_empty() => continue,
                Some(0) => {
                    let read = serde_json::from_str(&text);
                    let case = self.case.display();
                    fits(&read.unwrap_or_else(|error| panic!("{case}: no JSON, {error}: {text}")), &schema());
                }
                Some(1) => drop(look(&text)),
                _ => {}
            }
            counts[form.expect("a known form")] += 1;
        }
        counts
    }
}

fn schema() -> Value {
    serde_json::to_value(json::schema()).expect("JSON")
}

/// All but inputs in which secrets are planted, and folders that are a cluster, or a copy of one.
fn is_searched(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !PLANTED.iter().any(|planted| name.starts_with(planted)) && !path.join(".reconcile").is_dir()
}

/// Steps that are asked to print what is applied, Secrets included.
fn shows_secrets(step: &str) -> bool {
    step.contains("reconcile render")
}

/// The values that runs have generated in the folders of clusters.
fn generated(home: &Path) -> BTreeSet<String> {
    let is_record = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("secret-") && name.ends_with(".json")
    };
    let mut values = BTreeSet::new();
    for file in files_below(home, &|_| true).into_iter().filter(is_record) {
        let record: Value = serde_json::from_slice(&fs::read(file).expect("a readable file")).expect("JSON");
        let managers = record.pointer("/object/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
        let generated = managers.filter(|entry| entry["manager"] == "reconcile-generated");
        let fields = generated.filter_map(|entry| entry.pointer("/fieldsV1/f:data")?.as_object());
        let keys = fields.flat_map(|fields| fields.keys()).filter_map(|key| key.strip_prefix("f:"));
        let data = &record["object"]["data"];
        let plain = keys.filter_map(|key| String::from_utf8(STANDARD.decode(data.get(key)?.as_str()?).ok()?).ok());
        // Shorter ones would be found by chance.
        values.extend(plain.filter(|value| value.len() >= 12));
    }
    values
}

fn files_below(folder: &Path, enters: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.expect("a readable entry");
        let kind = entry.file_type().expect("a file type");
        if !enters(&entry.path()) {
            continue;
        }
        if kind.is_dir() {
            found.extend(files_below(&entry.path(), enters));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

#[test]
fn what_a_run_generated_is_searched_for() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join("cluster/.reconcile/dev-sandbox-one");
    fs::create_dir_all(&folder).expect("a folder");
    let record = serde_json::json!({"object": {
        "data": {"password": STANDARD.encode("a generated value"), "user": STANDARD.encode("a user of theirs")},
        "metadata": {"managedFields": [{"manager": "reconcile-generated", "fieldsV1": {"f:data": {"f:password": {}}}}]},
    }});
    fs::write(folder.join("secret-one.json"), record.to_string()).expect("a file");
    assert_eq!(generated(home.path()).into_iter().collect::<Vec<_>>(), ["a generated value"]);
}
