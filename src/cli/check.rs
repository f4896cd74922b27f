//! `reconcile check`: validates and renders every sandbox and compares the golden renderings, without a cluster.

use std::fmt;
use std::path::PathBuf;

use super::args::{Args, Check};
use super::desired::Desired;
use super::failure::{Exit, Failure};
use super::print::Printer;
use super::render::only_named;
use crate::release;
use crate::report::{manifests, text, unified};

/// Where golden renderings lie, beside `sandboxes/`.
const FOLDER: &str = "snapshots";

/// Checks, or with `--update` writes the golden renderings.
///
/// # Errors
/// Where the fleet cannot be read, or the golden renderings not be written.
pub fn check(args: &Args, options: &Check, printer: &Printer) -> Result<u8, Failure> {
    let desired = Desired::read(&args.source, printer)?;
    let copied = only_named(&desired.fleet.settings);
    let basis = desired.basis(&copied);
    let broken = desired.fleet.broken.len();
    let mut counts = Counts { broken: broken.max(usize::from(desired.is_broken())), ..Counts::default() };
    let goldens = desired.repo.goldens(FOLDER).map_err(|error| super::desired::of_repo(&error))?;
    let mut written = Vec::new();
    for (name, sandbox) in &desired.fleet.sandboxes {
        let rendered = match release::render(sandbox, &basis) {
            Ok(rendered) => manifests::golden(&rendered.release),
            Err(fault) => {
                counts.broken += 1;
                printer.error(&format!("sandbox {name}: {}", fault.message));
                printer.hint(&fault.hint);
                continue;
            }
        };
        let file = format!("{name}.snap");
        let golden = goldens.get(&file).map(|bytes| golden_text(&String::from_utf8_lossy(bytes)));
        match golden {
            _ if options.update => written.push((file, rendered)),
            None => counts.unpinned += 1,
            Some(golden) if golden.trim_end() == rendered.trim_end() => counts.same += 1,
            Some(golden) => {
                counts.changed += 1;
                let names = (format!("{FOLDER}/{file}"), format!("{name}, as it renders"));
                let diff = unified(Some(&golden), Some(&rendered), (&names.0, &names.1));
                printer.answer(&format!("{}\n", text::whole_diff(&diff)))?;
            }
        }
    }
    if options.update {
        return update(&desired, &written, printer).map(|()| u8::from(counts.broken > 0) * 4);
    }
    let orphans: Vec<&String> = goldens.keys().filter(|file| is_orphan(file, &desired)).collect();
    for orphan in &orphans {
        printer.error(&format!("{FOLDER}/{orphan} belongs to no sandbox"));
        printer.hint("delete it");
    }
    printer.answer(&format!("{counts}\n"))?;
    let how = if args.source.worktree { "--worktree --update" } else { "--update" };
    if counts.changed > 0 {
        printer.hint(&format!("if the change is meant: reconcile check {how}, and commit {FOLDER}/"));
    } else if counts.unpinned > 0 && !goldens.is_empty() {
        printer.hint(&format!("to pin what is not: reconcile check {how}, and commit {FOLDER}/"));
    }
    Ok(if counts.broken > 0 { 4 } else { u8::from(counts.changed > 0 || !orphans.is_empty()) })
}

/// How many sandboxes are how.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    same: usize,
    changed: usize,
    unpinned: usize,
    broken: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { same, changed, unpinned, broken } = *self;
        let named = [(same, "as pinned"), (changed, "changed"), (unpinned, "not pinned"), (broken, "broken")];
        let parts: Vec<String> =
            named.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        match same + changed + unpinned + broken {
            0 => f.write_str("no sandboxes"),
            1 => write!(f, "1 sandbox: {}", parts.join(", ")),
            all => write!(f, "{all} sandboxes: {}", parts.join(", ")),
        }
    }
}

/// The text below the header that insta writes.
fn golden_text(file: &str) -> String {
    let mut parts = file.splitn(3, "---\n");
    match (parts.next(), parts.next(), parts.next()) {
        (Some(""), Some(_), Some(text)) => text.to_owned(),
        _ => file.to_owned(),
    }
}

fn is_orphan(file: &str, desired: &Desired) -> bool {
    file.strip_suffix(".snap")
        .is_some_and(|name| !desired.fleet.sandboxes.contains_key(name) && !desired.fleet.broken.contains_key(name))
}

fn update(desired: &Desired, written: &[(String, String)], printer: &Printer) -> Result<(), Failure> {
    let Some(root) = desired.repo.folder() else {
        return Err(Failure::new(
            Exit::Failed,
            "this repository has no working directory to write to",
            "run it in a clone",
        ));
    };
    let folder: PathBuf = root.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|error| Failure::of(&error))?;
    for (file, text) in written {
        let header = "---\nsource: tests/suite/goldens.rs\nexpression: rendered\n---\n";
        std::fs::write(folder.join(file), format!("{header}{text}")).map_err(|error| Failure::of(&error))?;
    }
    let noun = if written.len() == 1 { "rendering" } else { "renderings" };
    printer.answer(&format!("wrote {} golden {noun} to {FOLDER}/\n", written.len()))
}
