//! What came of a plan, as text.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::wrap::{behind, wrap};
use super::{COLUMN, TextOptions, labelled, push_line};
use crate::plan::{Action, Aftermath, Finding, OnFailure, Outcome, Plan, SandboxPlan, SandboxResult};
use crate::report::style::{BOLD, DIM, RED, YELLOW, of as colour, paint, safe};
use crate::report::words::{self, counted, summary};

/// What was done for each sandbox, what failed and why, and a closing line. What the plan left alone is counted.
pub fn outcome(plan: &Plan, outcome: &Outcome, options: &TextOptions) -> String {
    let mut text = String::new();
    let mut counts: BTreeMap<Action, usize> = BTreeMap::new();
    let (mut stale, mut stopped) = (0, 0);
    for sandbox in &plan.sandboxes {
        if sandbox.steps.is_empty() {
            *counts.entry(sandbox.action).or_default() += 1;
            continue;
        }
        let entry = Entry::of(sandbox, outcome);
        text.push_str(&entry.text(&sandbox.name, options.width));
        match entry.end {
            End::Done => *counts.entry(sandbox.action).or_default() += 1,
            End::Failed => *counts.entry(Action::Failed).or_default() += 1,
            End::Stale => stale += 1,
            End::Stopped => stopped += 1,
        }
    }
    let mut closing = summary(&counts, "nothing", |words| words.done);
    for (count, words) in [(stale, "changed meanwhile"), (stopped, "stopped half-way")] {
        if count > 0 {
            let joint = if closing.contains(';') { ", " } else { "; " };
            closing = format!("{closing}{joint}{count} {words}");
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    push_line(&mut text, 0, &paint(BOLD, &wrap(&format!("Done: {closing}"), options.width, 0, 6)));
    text
}

/// A sandbox that waits for the cluster, and for what, while a plan is carried out.
pub fn waits(name: &str, what: &str, width: usize) -> String {
    came("waiting", YELLOW, name, what, width)
}

/// A sandbox that is planned once more: as it changed since it was planned, or as it has only `begun`.
pub fn anew(name: &str, begun: bool, width: usize) -> String {
    let why = if begun { "what comes first is done" } else { "it changed since it was planned" };
    came("anew", YELLOW, name, &format!("{why}, and it is planned once more"), width)
}

/// A sandbox of a saved plan that is not as it was reviewed, and how not.
pub fn stale(name: &str, what: &str, width: usize) -> String {
    came("stale", RED, name, what, width)
}

/// `created   name: detail`, wrapped below the name.
fn came(word: &str, style: anstyle::Style, name: &str, detail: &str, width: usize) -> String {
    let (name, detail) = (safe(name), safe(detail));
    let detail = wrap(detail.trim_end(), width, COLUMN + name.width() + 2, COLUMN);
    format!("{} {}:{}\n", paint(style, &format!("{word:<9}")), paint(BOLD, &name), behind(&detail))
}

/// How one sandbox ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum End {
    Done,
    Stale,
    Stopped,
    Failed,
}

/// One sandbox's line.
pub(in crate::report) struct Entry {
    pub end: End,
    action: Action,
    /// What was done, or why not all was.
    pub detail: String,
    pub remedy: Option<&'static str>,
    /// Where it failed: what was found.
    pub findings: Vec<Finding>,
    /// What was done about it.
    pub aftermath: Option<String>,
}

impl Entry {
    pub fn of(sandbox: &SandboxPlan, outcome: &Outcome) -> Self {
        let action = sandbox.action;
        let Some(came) = outcome.sandboxes.iter().find(|s| s.name == sandbox.name) else {
            let detail = "not begun: the run ended before".to_owned();
            return Self { remedy: Some("run again"), ..Self::bare(End::Failed, action, detail) };
        };
        let made = match came.done {
            0 => "only its record".to_owned(),
            done => counted(done, "change"),
        };
        let after = if came.done == 0 { String::new() } else { format!("after {made}: ") };
        let url = sandbox.url.as_deref().filter(|_| !matches!(action, Action::Expire | Action::Remove));
        let done = |note: &str| {
            let place = url.map(|url| format!(", {url}")).unwrap_or_default();
            Self::bare(End::Done, action, format!("{made}{note}{place}"))
        };
        let entry = match &came.result {
            SandboxResult::Done => done(""),
            SandboxResult::Applied => done(", readiness not waited for"),
            SandboxResult::Stopped { reason } => Self {
                remedy: Some("the next run goes on"),
                ..Self::bare(End::Stopped, action, format!("{after}{reason}"))
            },
            SandboxResult::Stale { reason } => Self {
                remedy: Some("nothing more was done here; the next run plans it anew"),
                ..Self::bare(End::Stale, action, format!("{after}{reason}"))
            },
            SandboxResult::Failed { reason } => Self::bare(End::Failed, action, format!("{after}{reason}")),
        };
        Self { findings: came.findings.clone(), aftermath: aftermath(sandbox, &came.aftermath), ..entry }
    }

    fn bare(end: End, action: Action, detail: String) -> Self {
        Self { end, action, detail, remedy: None, findings: Vec::new(), aftermath: None }
    }

    /// How it ended, in one word.
    pub fn word(&self) -> &'static str {
        match self.end {
            End::Done => words::of(self.action).done,
            End::Stale => "stale",
            End::Stopped => "stopped",
            End::Failed => "failed",
        }
    }

    fn text(&self, name: &str, width: usize) -> String {
        let style = match self.end {
            End::Done => colour(self.action),
            End::Stale | End::Stopped => YELLOW,
            End::Failed => RED,
        };
        let mut text = came(self.word(), style, name, &self.detail, width);
        for finding in &self.findings {
            text.push_str(&labelled("found", &format!("{}: {}", finding.object, finding.says), COLUMN, width));
            for line in &finding.log {
                push_line(&mut text, COLUMN + 2, &paint(DIM, &format!("| {}", safe(line))));
            }
        }
        if let Some(aftermath) = &self.aftermath {
            text.push_str(&labelled("note", aftermath, COLUMN, width));
        }
        if let Some(remedy) = self.remedy {
            text.push_str(&labelled("remedy", remedy, COLUMN, width));
        }
        text
    }
}

/// What was done about a failure, and when it is tried again.
pub(in crate::report) fn aftermath(sandbox: &SandboxPlan, aftermath: &Aftermath) -> Option<String> {
    let next = match &sandbox.on_failure {
        OnFailure::Leave => String::new(),
        OnFailure::Remove { note, .. } | OnFailure::GoBack { note, .. } => {
            format!("; it is not tried again before {}, unless it changes, or --retry asks for it", note.next)
        }
    };
    Some(match aftermath {
        Aftermath::None => return None,
        Aftermath::Removed => format!("what was made of it was removed again{next}"),
        Aftermath::NotRemoved { reason } => format!("what was made of it is still there: {reason}"),
        Aftermath::Kept => format!("what was made of it was kept{next}"),
        Aftermath::GoesBack => "the next run takes it back to what it was".to_owned(),
        Aftermath::WentBack { commit } => {
            format!("it is as it was before, as of commit {}{next}", commit.get(..7).unwrap_or(commit))
        }
        Aftermath::NotBack { reason } => format!("it could not go back to what it was: {reason}"),
    })
}
