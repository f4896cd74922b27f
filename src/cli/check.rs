//! `reconcile check`: validates and renders every sandbox and compares the golden renderings, without a cluster.

use std::path::PathBuf;

use super::args::{Args, Check};
use super::desired::Desired;
use super::failure::{Exit, Failure};
use super::print::Printer;
use super::render::only_named;
use crate::release;
use crate::report::{manifests, unified};

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
    let mut wrong = usize::from(desired.is_broken());
    let (mut same, mut differ, mut unpinned) = (0_usize, 0_usize, 0_usize);
    let goldens = desired.repo.goldens(FOLDER).map_err(|error| super::desired::of_repo(&error))?;
    let mut written = Vec::new();
    for (name, sandbox) in &desired.fleet.sandboxes {
        let rendered = match release::render(sandbox, &basis) {
            Ok(rendered) => manifests::yaml(&rendered.release),
            Err(fault) => {
                wrong += 1;
                printer.note(&format!("error: sandbox {name}: {}\n  hint: {}", fault.message, fault.hint));
                continue;
            }
        };
        let file = format!("{name}.snap");
        let golden = goldens.get(&file).map(|bytes| golden_text(&String::from_utf8_lossy(bytes)));
        match golden {
            _ if options.update => written.push((file, rendered)),
            None => unpinned += 1,
            Some(golden) if golden.trim_end() == rendered.trim_end() => same += 1,
            Some(golden) => {
                differ += 1;
                printer.answer(&unified(Some(&golden), Some(&rendered), &format!("{FOLDER}/{file}")))?;
            }
        }
    }
    if options.update {
        return update(&desired, &written, printer).map(|()| u8::from(wrong > 0) * 4);
    }
    let orphans: Vec<&String> = goldens.keys().filter(|file| is_orphan(file, &desired)).collect();
    for orphan in &orphans {
        printer.note(&format!("error: {FOLDER}/{orphan} belongs to no sandbox\n  hint: delete it"));
    }
    let count = desired.fleet.sandboxes.len() + desired.fleet.broken.len();
    printer.answer(&format!(
        "{count} sandboxes: {same} as pinned, {differ} differ, {unpinned} not pinned, {wrong} broken\n"
    ))?;
    if differ > 0 {
        printer.note("  hint: if the change is meant: reconcile check --update, and commit snapshots/");
    }
    Ok(if wrong > 0 { 4 } else { u8::from(differ > 0 || !orphans.is_empty()) })
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
    printer.answer(&format!("wrote {} golden renderings to {FOLDER}/\n", written.len()))
}
