//! What is said of a change.

use jiff::Timestamp;
use serde_json::json;

use super::super::args::{Applying, PlanFormat};
use super::super::failure::{Exit, Failure};
use super::super::print::{Printer, width};
use super::desk::Landed;
use crate::fleet::Invalid;
use crate::fleet::human::span;
use crate::report::text;

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
        return format!("{:#}\n", json_of(landed));
    }
    let mut text = committed(landed);
    if let Some(sandbox) = &landed.sandbox {
        match landed.expires {
            Some(at) if at > now => text.push_str(&format!("  expires {at}, in {}\n", span(at.duration_since(now)))),
            Some(at) => text.push_str(&format!("  expired {at}\n")),
            None => text.push_str("  never expires\n"),
        }
        if let Some(url) = &sandbox.url {
            text.push_str(&format!("  {url}\n"));
        }
    }
    text
}

fn json_of(landed: &Landed) -> serde_json::Value {
    let sandbox = landed.sandbox.as_ref();
    json!({
        "version": 1,
        "name": landed.name,
        "path": landed.path,
        "namespace": sandbox.map(|sandbox| &sandbox.namespace),
        "branch": sandbox.map(|sandbox| &sandbox.branch),
        "image": sandbox.and_then(|sandbox| sandbox.image.as_ref()),
        "owner": sandbox.and_then(|sandbox| sandbox.owner.as_ref()),
        "url": sandbox.and_then(|sandbox| sandbox.url.as_ref()),
        "expires": landed.expires,
        "changed": landed.is_new,
        "commit": landed.commit.id,
        "fleet_branch": landed.branch,
        "remote": landed.remote,
        "diff": landed.diff,
    })
}

/// What has to be known beside it.
pub fn notes(landed: &Landed, printer: &Printer) {
    if landed.is_new && landed.behind {
        let Landed { path, branch, .. } = landed;
        printer.hint(&format!(
            "the checkout of {branch} was left as it was; to have it there: git restore -s@ -SW {path}"
        ));
    }
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
