//! A plan, and after an apply what came of it, as Markdown for pull requests: a table, what needs somebody, and each
//! sandbox folded with its diffs.
//!
//! It begins with a hidden mark, by which a comment can be found again and kept up to date, and it always fits into a
//! comment: what has no place is left out whole (never half a diff), and that is said.

mod block;
mod comment;
mod escape;
mod fit;

use std::collections::BTreeMap;

use super::shown;
use super::text::outcome::{End, Entry};
use super::text::{Diffs, is_shown, over};
use super::words::{self, counted, summary};
use crate::plan::{Action, Outcome, Plan, SandboxPlan};
use block::Block;
pub use comment::{Comment, Place, mark};
use escape::{clipped, code, prose};

/// The most bytes of a page. GitHub takes 65,536 characters in a comment; there are never more characters than bytes,
/// and who posts it may want to add a line.
pub const LIMIT: usize = 64_000;
/// The most characters of a reason, a remedy or a warning.
const REASON: usize = 1_000;
/// The same in the table, which is to be seen at a glance.
const CELL: usize = 200;
/// What the note about what was left out may need.
const NOTICE: usize = 1_000;
/// How many sandboxes are named there.
const NAMED: usize = 5;

/// The page. `outcome` is `None` where nothing was applied; `diffs` as in the text.
pub fn page(plan: &Plan, outcome: Option<&Outcome>, diffs: Diffs) -> String {
    let cases: Vec<Case<'_>> = plan.sandboxes.iter().map(|sandbox| Case::of(sandbox, outcome)).collect();
    let listed = || cases.iter().filter(|case| is_shown(case.sandbox));
    let head = head(plan, &cases, outcome.is_some());
    let warnings: Vec<String> =
        plan.warnings.iter().map(|warning| format!("**Warning:** {}\n\n", clipped(warning, REASON))).collect();
    let troubles: Vec<String> = listed().filter_map(Case::trouble).collect();
    let rows: Vec<String> = listed().map(Case::row).collect();
    let folded = |case: &&Case<'_>| diffs != Diffs::None && (!case.sandbox.steps.is_empty() || case.has_notes());
    let blocks: Vec<Block> = listed().filter(folded).map(|case| Block::of(case.sandbox, diffs)).collect();

    let mut left_out = Vec::new();
    let mut part = |items: &[String], room: usize, what: &str| {
        let (text, more) = fit::first(items, room);
        if more > 0 {
            left_out.push(format!("{more} of {}", counted(items.len(), what)));
        }
        text
    };
    let warnings = part(&warnings, LIMIT / 10, "warning");
    let rows = part(&rows, LIMIT / 4, "row");
    let troubles = part(&troubles, LIMIT / 4, "remedy");
    let table = if rows.is_empty() {
        String::new()
    } else {
        let second = if outcome.is_some() { "Result" } else { "Action" };
        format!("| Sandbox | {second} | Changes | Why |\n|:--|:--|--:|:--|\n{rows}\n")
    };
    let over = match over(plan) {
        over if over.is_empty() => over,
        over => format!("Over and gone: {}\n\n", clipped(&over, REASON)),
    };
    let used = head.len() + warnings.len() + table.len() + troubles.len() + over.len() + NOTICE;
    let fitted = fit::blocks(&blocks, LIMIT.saturating_sub(used));
    let notice = notice(&fitted, &left_out);
    format!("{head}{notice}{warnings}{table}{troubles}{over}{}", fitted.text).trim_end().to_owned() + "\n"
}

fn head(plan: &Plan, cases: &[Case<'_>], is_done: bool) -> String {
    // What stands in a comment must not end it.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let shard = plan.shard.map(|shard| format!(", shard {shard}")).unwrap_or_default();
    let whose = format!("{}{}", plan.fleet, plan.shard.map(|shard| format!("-{shard}")).unwrap_or_default());
    let mark: String = whose.chars().take(CELL).map(|c| if is_plain(c) { c } else { '_' }).collect();
    let (kind, title) = if is_done { ("outcome", "Outcome") } else { ("plan", "Plan") };
    let commit = plan
        .commit
        .as_deref()
        .map_or("the working tree".to_owned(), |commit| format!("commit {}", prose(commit.get(..7).unwrap_or(commit))));
    format!(
        "<!-- reconcile:{kind} {mark} -->\n### {title} for fleet {}{shard}: {}\n\nOf {commit}, cluster {}, as of {}.\n\n",
        clipped(&plan.fleet, CELL),
        closing(plan, cases, is_done),
        clipped(&plan.cluster, CELL),
        plan.now,
    )
}

/// The counts, as the text's closing line has them.
fn closing(plan: &Plan, cases: &[Case<'_>], is_done: bool) -> String {
    if !is_done {
        return summary(&plan.summary(), "nothing to do", |words| words.planned);
    }
    let mut counts: BTreeMap<Action, usize> = BTreeMap::new();
    for action in cases.iter().filter_map(Case::ended) {
        *counts.entry(action).or_default() += 1;
    }
    let stale = cases.iter().filter(|case| case.ended().is_none()).count();
    let closing = summary(&counts, "nothing", |words| words.done);
    if stale == 0 { closing } else { format!("{closing}; {stale} changed meanwhile") }
}

/// What is not on the page, and where it is.
fn notice(fitted: &fit::Fitted<'_>, left_out: &[String]) -> String {
    let mut parts = left_out.to_vec();
    if !fitted.without.is_empty() {
        let mut names: Vec<String> = fitted.without.iter().take(NAMED).map(|name| clipped(name, 63)).collect();
        if fitted.without.len() > NAMED {
            names.push(format!("and {} more", fitted.without.len() - NAMED));
        }
        parts.push(format!("diffs of {} ({})", counted_boxes(fitted.without.len()), names.join(", ")));
    }
    if fitted.dropped > 0 {
        parts.push(format!("all but the counts of {}", counted_boxes(fitted.dropped)));
    }
    if parts.is_empty() {
        return String::new();
    }
    let all = code("reconcile --plan");
    format!("> **Cut to the length of a comment.** Left out: {}. {all} prints all of it.\n\n", parts.join("; "))
}

fn counted_boxes(number: usize) -> String {
    if number == 1 { "1 sandbox".to_owned() } else { format!("{number} sandboxes") }
}

/// One sandbox, and what came of it where something was tried.
struct Case<'a> {
    sandbox: &'a SandboxPlan,
    entry: Option<Entry>,
    /// Whether the plan was carried out.
    is_done: bool,
}

impl<'a> Case<'a> {
    fn of(sandbox: &'a SandboxPlan, outcome: Option<&Outcome>) -> Self {
        let entry = outcome.filter(|_| !sandbox.steps.is_empty()).map(|outcome| Entry::of(sandbox, outcome));
        Self { sandbox, entry, is_done: outcome.is_some() }
    }

    /// What it counts as in the end; `None` for what changed meanwhile.
    fn ended(&self) -> Option<Action> {
        match self.entry.as_ref().map(|entry| entry.end) {
            None | Some(End::Done) => Some(self.sandbox.action),
            Some(End::Failed) => Some(Action::Failed),
            Some(End::Stale | End::Stopped) => None,
        }
    }

    fn has_notes(&self) -> bool {
        !self.sandbox.notes.is_empty()
    }

    /// What waits for somebody, or went wrong: why, and the remedy.
    fn trouble(&self) -> Option<String> {
        let waits = matches!(self.sandbox.action, Action::Held | Action::Refused | Action::Failed);
        let (word, reason, remedy) = match &self.entry {
            Some(entry) if entry.end != End::Done => (entry.word(), entry.detail.as_str(), entry.remedy),
            None if waits => {
                let verb = words::of(self.sandbox.action).verb;
                (verb, self.sandbox.reason.as_str(), self.sandbox.remedy.as_deref())
            }
            _ => return None,
        };
        let remedy = remedy.map(|remedy| format!("<br>\n**Remedy:** {}", clipped(remedy, REASON))).unwrap_or_default();
        let name = clipped(&self.sandbox.name, CELL);
        let found = self.entry.as_ref().map(found).unwrap_or_default();
        Some(format!("**{name}** {word}: {}{found}{remedy}\n\n", clipped(reason, REASON)))
    }

    fn row(&self) -> String {
        let words = words::of(self.sandbox.action);
        let planned = if self.is_done { words.done } else { words.verb };
        let word = self.entry.as_ref().map_or(planned, Entry::word);
        let changes = shown(self.sandbox).into_iter().filter(|step| step.work.is_change()).count();
        let changes = if changes == 0 { String::new() } else { changes.to_string() };
        let why = match self.trouble() {
            Some(_) => "see below".to_owned(),
            None => clipped(self.sandbox.reason.lines().next().unwrap_or_default(), CELL),
        };
        format!("| {} | {word} | {changes} | {why} |\n", clipped(&self.sandbox.name, CELL))
    }
}

/// What was found where it failed, and what was done about it.
fn found(entry: &Entry) -> String {
    let mut text = String::new();
    for finding in &entry.findings {
        text.push_str(&format!("<br>\n{}: {}", clipped(&finding.object, CELL), clipped(&finding.says, REASON)));
        // The last line tells the most, and all of them would fill the page.
        if let Some(last) = finding.log.last() {
            text.push_str(&format!(" {}", code(&clipped_text(last))));
        }
    }
    if let Some(aftermath) = &entry.aftermath {
        text.push_str(&format!("<br>\n{}", clipped(aftermath, REASON)));
    }
    text
}

fn clipped_text(line: &str) -> String {
    line.chars().take(CELL).collect()
}
