//! How a plan's reasons are put.

use jiff::Timestamp;

use super::cause::Commit;
use super::live::{By, Drift};
use crate::fleet::human;

/// `kubectl-edit at 2026-11-21T10:00:00Z`.
pub(super) fn by(by: &By) -> String {
    match by.time {
        Some(time) => format!("{} at {time}", by.manager),
        None => by.manager.clone(),
    }
}

/// What drifted and by whom, the first few of it.
pub(super) fn drifts(drift: &[Drift]) -> String {
    const SHOWN: usize = 3;
    let mut parts: Vec<String> = drift
        .iter()
        .take(SHOWN)
        .map(|drift| match &drift.by {
            Some(who) => format!("{} was changed by {}", drift.path, by(who)),
            None => format!("{} is no longer ours, by whom is not recorded", drift.path),
        })
        .collect();
    if drift.len() > SHOWN {
        parts.push(format!("and {} more", drift.len() - SHOWN));
    }
    parts.join("; ")
}

/// The first few names of a list.
pub(super) fn some<T: AsRef<str>>(names: &[T]) -> String {
    first_of(names, 5)
}

/// The first names of a list.
pub(super) fn first_of<T: AsRef<str>>(names: &[T], shown: usize) -> String {
    let mut text = names.iter().take(shown).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if names.len() > shown {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(text, " and {} more", names.len() - shown);
    }
    text
}

/// `commit 1a2b3c4 by Ada at 2026-11-21T10:00:00Z`.
pub(super) fn commit(commit: &Commit) -> String {
    let author = match commit.author.trim() {
        "" => "somebody without a name",
        author => author,
    };
    format!("commit {} by {} at {}", short(&commit.id), short_text(author, 40), commit.time)
}

/// The first so many characters of a text.
fn short_text(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A commit's first seven digits.
pub(super) fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

/// `1 sandbox`, `2 sandboxes`.
pub(super) fn sandboxes(count: usize) -> String {
    if count == 1 { "1 sandbox".into() } else { format!("{count} sandboxes") }
}

/// `2 d 4 h`, whichever of the two comes first.
pub(super) fn span(from: Timestamp, to: Timestamp) -> String {
    human::span(to.duration_since(from))
}
