//! One sandbox, folded: why, and what is done to it.

use super::super::diff::body;
use super::super::style::safe;
use super::super::words::{self, counted};
use super::super::{shown, text};
use super::escape::{clipped, code, link, longest_run, prose};
use super::{LIMIT, REASON};
use crate::plan::{Action, SandboxPlan, Step};
use crate::report::text::Diffs;

/// A diff that is longer than this is left out on its own, so that it does not push out all others.
const LONG: usize = LIMIT / 4;
/// How many objects are named in one line.
const NAMES: usize = 40;
/// How many notes are shown.
const NOTES: usize = 20;

/// A folded sandbox, whole and without its diffs.
pub(super) struct Block {
    pub name: String,
    pub whole: String,
    pub short: String,
    /// Whether a diff is missing even from the whole.
    pub is_cut: bool,
}

impl Block {
    pub fn of(sandbox: &SandboxPlan, diffs: Diffs) -> Self {
        let steps: Vec<&Step> = shown(sandbox).into_iter().filter(|step| step.work.is_change()).collect();
        let head = head(sandbox, steps.len());
        let mut body = String::new();
        let mut lines = 0;
        let mut is_cut = false;
        for run in steps.chunk_by(|a, b| a.action == b.action && !has_diff(a, diffs) && !has_diff(b, diffs)) {
            match run {
                [step] if has_diff(step, diffs) => {
                    lines += step.diff.lines().count();
                    is_cut |= step.diff.len() > LONG;
                    body.push_str(&changed(step, sandbox));
                }
                [step] => body.push_str(&reason(step, sandbox)),
                run => body.push_str(&names(run, sandbox)),
            }
        }
        let all = format!("reconcile --plan --only {}", sandbox.name);
        let missing =
            format!("Its diffs ({}) are left out here; {} prints them.\n\n", counted(lines, "line"), code(&all));
        let end = "</details>\n\n";
        Self {
            name: sandbox.name.clone(),
            whole: format!("{head}{body}{end}"),
            short: format!("{head}{missing}{end}"),
            is_cut,
        }
    }
}

fn head(sandbox: &SandboxPlan, steps: usize) -> String {
    let verb = words::of(sandbox.action).verb;
    let count = if steps == 0 { String::new() } else { format!(", {}", counted(steps, "change")) };
    let mut head = format!("<details><summary><b>{}</b>: {verb}{count}</summary>\n\n", clipped(&sandbox.name, REASON));
    let mut facts = vec![format!("Why: {}", clipped(&sandbox.reason, REASON))];
    let url = sandbox.url.as_deref().filter(|url| url.len() < REASON).map(link);
    let until = sandbox.expires.map(|expires| format!("until {expires}"));
    let place: Vec<String> = url.into_iter().chain(until).collect();
    if !place.is_empty() && !matches!(sandbox.action, Action::Expire | Action::Remove) {
        facts.push(format!("Where: {}", place.join(", ")));
    }
    facts.extend(sandbox.notes.iter().take(NOTES).map(|note| format!("Note: {}", clipped(note, REASON))));
    if let Some(more) = sandbox.notes.len().checked_sub(NOTES).filter(|more| *more > 0) {
        facts.push(format!("Note: and {more} more"));
    }
    head.push_str(&facts.join("<br>\n"));
    head.push_str("\n\n");
    head
}

/// Whether a step's diff is shown. What comes or goes whole needs none unless all are asked for.
fn has_diff(step: &Step, diffs: Diffs) -> bool {
    let is_whole = matches!(step.action, Action::Create | Action::Expire | Action::Remove);
    !step.diff.is_empty() && (diffs == Diffs::All || !is_whole)
}

/// `**Deployment/odoo**, update: reason`.
fn reason(step: &Step, sandbox: &SandboxPlan) -> String {
    let verb = words::of(step.action).verb;
    let name = clipped(&text::name(step, sandbox), REASON);
    match text::step_reason(step, sandbox) {
        "" => format!("**{name}**, {verb}\n\n"),
        reason => format!("**{name}**, {verb}: {}\n\n", clipped(reason, REASON)),
    }
}

fn names(steps: &[&Step], sandbox: &SandboxPlan) -> String {
    let verb = words::of(steps.first().map_or(Action::Keep, |step| step.action)).verb;
    let mut names: Vec<String> = steps.iter().take(NAMES).map(|step| prose(&text::name(step, sandbox))).collect();
    if steps.len() > NAMES {
        names.push(format!("and {} more", steps.len() - NAMES));
    }
    format!("**{verb}**: {}\n\n", names.join(", "))
}

fn changed(step: &Step, sandbox: &SandboxPlan) -> String {
    let mut text = reason(step, sandbox);
    if step.diff.len() > LONG {
        let lines = counted(step.diff.lines().count(), "line");
        text.push_str(&format!("The diff ({lines}) is too long to be shown here.\n\n"));
        return text;
    }
    let diff: String = body(&step.diff).map(|line| format!("{}\n", safe(line))).collect();
    let fence = "`".repeat(longest_run(&diff).max(2) + 1);
    text.push_str(&format!("{fence}diff\n{diff}{fence}\n\n"));
    text
}
