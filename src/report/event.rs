//! What a cluster's own people are told of a sandbox: one Kubernetes Event for what a run did to it.

use super::style::safe;
use super::text::outcome::aftermath;
use super::words::{counted, of as words};
use crate::plan::{SandboxOutcome, SandboxPlan, SandboxResult};

/// The most bytes that a note may have (`NoteLengthLimit` of events.k8s.io).
const LONGEST: usize = 1024;

/// An Event's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// One word for machines, such as `Created` or `UpdateFailed`.
    pub reason: String,
    /// What was done, such as `Create`.
    pub action: String,
    /// Whether somebody should look.
    pub is_warning: bool,
    /// A line for people.
    pub note: String,
}

/// What is told of what came of a sandbox's steps.
pub fn told(sandbox: &SandboxPlan, outcome: &SandboxOutcome) -> Told {
    let words = words(sandbox.action);
    let action = capital(words.verb);
    let changes = counted(outcome.done, "change");
    let (reason, is_warning, note) = match &outcome.result {
        SandboxResult::Done => (capital(words.done), false, format!("{changes}: {}", sandbox.reason)),
        SandboxResult::Applied => {
            (capital(words.done), false, format!("{changes}, readiness not waited for: {}", sandbox.reason))
        }
        SandboxResult::Stale { reason } => {
            ("HeldBack".to_owned(), true, format!("after {changes}: {reason}; the next run plans it anew"))
        }
        SandboxResult::Stopped { reason } => ("Stopped".to_owned(), true, format!("after {changes}: {reason}")),
        SandboxResult::Failed { reason } => (format!("{action}Failed"), true, format!("after {changes}: {reason}")),
    };
    let after = aftermath(sandbox, &outcome.aftermath).map(|after| format!("; {after}")).unwrap_or_default();
    let note = format!("{note}{after}");
    Told { reason, action, is_warning, note: cut(&format!("sandbox {}: {note}", sandbox.name)) }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// As much of a text as a note holds.
fn cut(text: &str) -> String {
    const MORE: char = '…';
    let text = safe(text.trim()).replace(['\n', '\t'], " ");
    if text.len() <= LONGEST {
        return text;
    }
    let fits = |end: &usize| *end <= LONGEST - MORE.len_utf8();
    let end = text.char_indices().map(|(at, _)| at).take_while(fits).last().unwrap_or_default();
    format!("{}{MORE}", text.get(..end).unwrap_or_default())
}
