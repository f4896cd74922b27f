//! What in the repository makes a sandbox what it becomes: which file, changed by which commit, by whom and when.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words;
use crate::manifest::ObjectId;

/// One commit, as reasons name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its id, in full.
    pub id: String,
    /// Its author's name.
    pub author: String,
    /// The committer's time.
    pub time: Timestamp,
    /// The first line of its message.
    pub subject: String,
}

/// Who changed a file last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// This commit.
    By(Commit),
    /// No commit yet: the working directory has it so.
    Uncommitted,
    /// This commit, by its id, or one before it: the history is cut off there.
    Before(String),
    /// No commit that is known of.
    Nobody,
    /// It is not known: why.
    Unknown(String),
}

/// A file that makes a sandbox what it becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The file, relative to the fleet's root.
    pub path: String,
    /// Who changed it last.
    pub change: Change,
}

/// A cause as JSON has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Cause")]
pub struct CauseShown {
    /// The file, relative to the fleet's root.
    pub path: String,
    /// The commit that changed it, 40 hexadecimal digits; null where it is not committed, or not known.
    pub commit: Option<String>,
    /// That commit's author, by name.
    pub author: Option<String>,
    /// That commit's time.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub time: Option<Timestamp>,
    /// The first line of its message.
    pub subject: Option<String>,
    /// Why there is no commit, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl From<&Cause> for CauseShown {
    fn from(cause: &Cause) -> Self {
        let (commit, note) = match &cause.change {
            Change::By(commit) => (Some(commit), None),
            Change::Uncommitted => (None, Some("not committed".to_owned())),
            Change::Before(id) => (None, Some(format!("commit {id} or before: this clone is shallow"))),
            Change::Nobody => (None, Some("no commit had it".to_owned())),
            Change::Unknown(why) => (None, Some(why.clone())),
        };
        Self {
            path: cause.path.clone(),
            commit: commit.map(|commit| commit.id.clone()),
            author: commit.map(|commit| commit.author.clone()),
            time: commit.map(|commit| commit.time),
            subject: commit.map(|commit| commit.subject.clone()),
            note,
        }
    }
}

/// What made one sandbox what it becomes, as far as history tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blame {
    /// The files, the most telling first.
    pub causes: Vec<Cause>,
    /// Which objects each of them changes, in the same order.
    pub objects: Vec<BTreeSet<ObjectId>>,
    /// Where no file tells it: what there is to say instead.
    pub remark: Option<String>,
}

/// What was asked of history, by namespace.
pub type History = BTreeMap<String, Blame>;

impl Blame {
    /// Of one file, whatever it changes.
    pub fn of(cause: Cause) -> Self {
        Self { causes: vec![cause], objects: vec![BTreeSet::new()], remark: None }
    }

    /// Those of the causes that changed an object; none where that is not known.
    pub(super) fn of_object(&self, id: &ObjectId) -> Vec<&Cause> {
        let pairs = self.causes.iter().zip(&self.objects);
        pairs.filter(|(_, objects)| objects.contains(id)).map(|(cause, _)| cause).collect()
    }
}

/// `sandboxes/one.toml, commit 1a2b3c4 by Ada at 2026-11-21T10:00:00Z`.
pub(super) fn sentence(cause: &Cause) -> String {
    format!("{}{}", cause.path, change(&cause.change))
}

fn change(change: &Change) -> String {
    match change {
        Change::By(commit) => format!(", {}", words::commit(commit)),
        Change::Uncommitted => ", not committed".to_owned(),
        Change::Before(id) => format!(", commit {} or before", words::short(id)),
        Change::Nobody => ", which no commit has".to_owned(),
        Change::Unknown(why) => format!(" (by which commit is not known: {why})"),
    }
}

/// The first two of some causes, and how many more there are. Files of one commit share its name.
pub(super) fn sentences(causes: &[&Cause]) -> String {
    const NAMED: usize = 2;
    let more = match causes.len().saturating_sub(NAMED) {
        0 => String::new(),
        1 => ", and 1 more file".to_owned(),
        more => format!(", and {more} more files"),
    };
    match causes {
        [one] => sentence(one),
        [one, two, ..] if one.change == two.change => {
            format!("{} and {}{}{more}", one.path, two.path, change(&one.change))
        }
        [one, two, ..] => format!("{}; and {}{more}", sentence(one), sentence(two)),
        [] => String::new(),
    }
}
