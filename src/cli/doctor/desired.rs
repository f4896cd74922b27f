//! The desired half: the repository, its history, the fleet, its charts.

use super::super::args::Args;
use super::super::desired::{Desired, now};
use super::super::failure::Failure;
use super::super::needs::{self, Objects};
use super::super::print::Printer;
use super::super::render::only_named;
use super::finding::{Findings, some};
use crate::plan::{self, Start};
use crate::repo::Source;

/// A fleet, and what its charts make.
pub(super) struct Fleet {
    pub desired: Desired,
    pub objects: Objects,
}

/// Looks at it; `None` where there is no fleet to look at a cluster for.
pub(super) fn look(args: &Args, findings: &mut Findings) -> Option<Fleet> {
    // What is wrong with the files is shown as it is by every command.
    let printer = Printer::new(args);
    let desired = match Desired::read(&args.source, &printer) {
        Ok(desired) => desired,
        Err(failure) => {
            for finding in &failure.findings {
                printer.finding(finding);
            }
            add(findings, "repository", failure);
            return None;
        }
    };
    let commit = desired.tree.commit.as_ref();
    let at = commit.map_or_else(|| "the working tree".to_owned(), |commit| format!("commit {}", commit.short));
    let name = &desired.fleet.settings.name;
    let place = match desired.repo.source() {
        Source::Path(path) => path.display().to_string(),
        Source::Url(url) => url.clone(),
    };
    let clone = match (desired.repo.is_shallow(), desired.repo.is_partial()) {
        (false, false) => "",
        (true, false) => ", a shallow clone",
        (false, true) => ", a partial clone",
        (true, true) => ", a shallow and partial clone",
    };
    findings.ok("repository", format!("fleet {name} in {place}{clone}, at {at}"));
    for warning in &desired.warnings {
        findings.warning("worktree", warning, "commit what is meant to be applied");
    }
    history(args, &desired, findings);
    let objects = needs::objects(&desired);
    charts(&desired, &objects, findings);
    Some(Fleet { desired, objects })
}

fn add(findings: &mut Findings, name: &'static str, failure: Failure) {
    let remedy = if failure.hints.is_empty() { "see above".to_owned() } else { failure.hints.join("; ") };
    findings.failed(name, failure.message, remedy);
}

/// Whether each sandbox's time can be told.
fn history(args: &Args, desired: &Desired, findings: &mut Findings) {
    let copied = only_named(&desired.fleet.settings);
    let starts = now(args).and_then(|now| Ok((desired.starts(now)?, desired.sources(&copied, now)?)));
    let (starts, sources) = match starts {
        Ok(both) => both,
        Err(failure) => return add(findings, "history", failure),
    };
    let mut cut = Vec::new();
    let mut held = Vec::new();
    let mut remedy = None;
    for (name, source) in &sources {
        let (Start::CutOff { remedy: what, .. } | Start::Unknown { remedy: what, .. }) =
            starts.get(source.path()).unwrap_or(&Start::Uncommitted)
        else {
            continue;
        };
        remedy = Some(what.clone());
        let own = if matches!(source, plan::Source::Broken { .. }) { &mut held } else { &mut cut };
        own.push(name.as_str());
    }
    match (held.is_empty(), remedy) {
        (true, None) => findings.ok("history", format!("goes back far enough to date {}", count(starts.len(), "file"))),
        (true, Some(remedy)) => {
            let says = format!("is cut off; enough for {}, whose ends are not counted from a commit", some(&cut));
            findings.warning("history", says, remedy);
        }
        (false, remedy) => {
            let says = format!("does not tell when the time of {} began, so it is held", some(&held));
            findings.failed("history", says, remedy.unwrap_or_else(|| "git fetch --unshallow".to_owned()));
        }
    }
}

fn charts(desired: &Desired, objects: &Objects, findings: &mut Findings) {
    let mut broken: Vec<&str> = desired.fleet.broken.keys().map(String::as_str).collect();
    broken.extend(objects.faults.iter().map(|(name, _)| name.as_str()));
    if broken.is_empty() && !desired.is_broken() {
        return findings.ok("charts", format!("{} can be rendered", count(desired.fleet.sandboxes.len(), "sandbox")));
    }
    let first = objects.faults.first().map(|(_, fault)| format!(": {}", fault.message)).unwrap_or_default();
    let hint = objects.faults.first().map_or("mend the files that are shown above", |(_, fault)| &fault.hint);
    findings.failed("charts", format!("{} cannot be rendered, and stay as they are{first}", some(&broken)), hint);
}

fn count(number: usize, word: &str) -> String {
    let plural = if word.ends_with('x') { "es" } else { "s" };
    format!("{number} {word}{}", if number == 1 { "" } else { plural })
}
