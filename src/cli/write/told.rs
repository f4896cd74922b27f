//! What is said of a change.

use std::path::Path;

use super::super::args::{Applying, PlanFormat};
use super::super::failure::{Exit, Failure};
use super::super::print::{Printer, width};
use super::super::word::word;
use super::desk::{Behind, Desk, Landed};
use crate::fleet::human::span;
use crate::fleet::{Invalid, Life};
use crate::repo::Committed;
use crate::report::changes::Changed;
use crate::report::{answers, text};
use jiff::Timestamp;

/// An edit that cannot be made.
pub fn invalid(invalid: &Invalid) -> Failure {
    Failure { hints: invalid.hint.iter().cloned().collect(), ..Failure::new(Exit::Failed, &invalid.message, "") }
        .hint(Some("nothing was committed"))
}

/// The commit, in one line.
pub fn committed(landed: &Landed) -> String {
    let Landed { path, branch, .. } = landed;
    let short = &landed.commit.short;
    if !landed.is_new {
        return line(&format!("{path} is so already, on {branch} at commit {short}"));
    }
    let pushed = landed.remote.as_ref().map(|remote| format!(", pushed to {remote}")).unwrap_or_default();
    let what = if landed.sandbox.is_some() { "written" } else { "removed" };
    line(&format!("{path}: {what} by commit {short} on {branch}{pushed}"))
}

/// The answer of a command that has committed a change.
pub fn landed(landed: &Landed, now: Timestamp, then: &Applying) -> String {
    match (then.apply, then.how.format) {
        // The plan is the answer.
        (true, PlanFormat::Json | PlanFormat::Markdown) => String::new(),
        (true, PlanFormat::Text) => committed(landed),
        (false, format) => answer(landed, now, format == PlanFormat::Json),
    }
}

/// The answer where nothing is applied.
pub fn answer(landed: &Landed, now: Timestamp, as_json: bool) -> String {
    if as_json {
        return answers::text(&changed(landed));
    }
    let mut text = committed(landed);
    if let Some(sandbox) = &landed.sandbox {
        match landed.expires {
            Some(at) if at > now => text.push_str(&format!("  expires {at}, in {}\n", span(at.duration_since(now)))),
            Some(at) => text.push_str(&format!("  expired {at}\n")),
            None if sandbox.life == Life::Never => text.push_str("  never expires\n"),
            // Where the history is too short to tell.
            None => {}
        }
        if let Some(url) = &sandbox.url {
            text.push_str(&format!("  {url}\n"));
        }
    }
    text
}

/// The same for programs.
fn changed(landed: &Landed) -> Changed {
    let Landed { name, path, is_new, branch, remote, expires, diff, .. } = landed.clone();
    let sandbox = landed.sandbox.as_ref();
    Changed {
        version: answers::version(),
        name,
        path,
        namespace: sandbox.map(|sandbox| sandbox.namespace.clone()),
        branch: sandbox.map(|sandbox| sandbox.branch.clone()),
        image: sandbox.and_then(|sandbox| sandbox.image.as_ref()).map(ToString::to_string),
        owner: sandbox.and_then(|sandbox| sandbox.owner.clone()),
        url: sandbox.and_then(|sandbox| sandbox.url.clone()),
        expires,
        changed: is_new,
        commit: landed.commit.id.clone(),
        fleet_branch: branch,
        remote,
        diff,
    }
}

/// What has to be known beside it.
pub fn notes(landed: &Landed, printer: &Printer) {
    if let Some(behind) = landed.behind.as_ref().filter(|_| landed.is_new) {
        left(behind, printer);
    }
}

/// The same of a change of several files.
pub fn notes_of_files(desk: &Desk<'_>, committed: &Committed, paths: &[&str], printer: &Printer) {
    if let Committed::New(_) = committed
        && let Some(behind) = desk.behind(paths.iter().copied())
    {
        left(&behind, printer);
    }
}

/// How a checkout comes by a commit that has these files.
fn left(behind: &Behind, printer: &Printer) {
    let Behind { branch, checkout, paths } = behind;
    let canonical = |path: &Path| path.canonicalize().ok();
    let is_here = std::env::current_dir().is_ok_and(|here| canonical(&here) == canonical(checkout));
    let there = if is_here { String::new() } else { format!(" -C {}", word(&checkout.to_string_lossy())) };
    let paths: Vec<String> = paths.iter().map(|path| word(path)).collect();
    let paths = paths.join(" ");
    printer.hint(&format!(
        "the checkout of {branch} was left as it was; to have it there: git{there} restore -s@ -SW {paths}"
    ));
}

/// How the sandbox is reached.
pub fn reached(landed: &Landed) -> String {
    match landed.sandbox.as_ref().and_then(|sandbox| sandbox.url.as_ref()) {
        Some(url) => format!("{url}\n"),
        None => format!("reconcile port-forward {}\n", landed.name),
    }
}

fn line(text: &str) -> String {
    text::hanging(text, 2, width())
}
