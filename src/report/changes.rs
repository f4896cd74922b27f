//! What commands that change or tell of sandbox files answer to programs, and the checks of `doctor` and `audit verify`.
//! Each has a schema beside this file; README.md says what a reader can count on.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::text::Health;
use crate::audit::Broken;
use crate::fleet::KeyChange;

/// `--format json` of `create`, `set`, `extend`, `pin`, `unpin`, `sleep`, `wake`, `destroy` and `rollback`, where nothing is
/// applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Changed {
    /// Always 1.
    pub version: u32,
    /// The sandbox.
    pub name: String,
    /// Its file, relative to the fleet's root.
    pub path: String,
    /// Its namespace; this and the next are null where the file goes.
    pub namespace: Option<String>,
    /// The branch that it shows.
    pub branch: Option<String>,
    /// Its image, where the file names one.
    pub image: Option<String>,
    /// Its owner, where the file names one.
    pub owner: Option<String>,
    /// Where it is reached; null without a domain.
    pub url: Option<String>,
    /// When its life ends; null where it never does.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires: Option<Timestamp>,
    /// Whether a commit was made; without, the file was so already.
    pub changed: bool,
    /// The commit of the fleet's branch that has it so.
    pub commit: String,
    /// The fleet's branch.
    pub fleet_branch: String,
    /// The remote that it was pushed to.
    pub remote: Option<String>,
    /// The change, as a unified diff.
    pub diff: String,
}

/// `reconcile gc --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Collected {
    /// Always 1.
    pub version: u32,
    /// The sandboxes whose files were taken out, or would be.
    pub collected: Vec<Over>,
    /// The commit that took them out; null where none was made.
    pub commit: Option<String>,
    /// The fleet's branch.
    pub fleet_branch: String,
    /// The remote that it is pushed to.
    pub remote: Option<String>,
}

/// A sandbox whose life is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Over {
    /// Its name.
    pub name: String,
    /// When it ended.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expired: Timestamp,
}

/// `reconcile history --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct History {
    /// Always 1.
    pub version: u32,
    /// The sandbox.
    pub name: String,
    /// The versions of its file, the newest first.
    pub versions: Vec<FileVersion>,
    /// The commit before which nothing is known, in a shallow clone.
    pub cut_off: Option<String>,
}

/// A commit that changed a sandbox's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileVersion {
    /// The commit.
    pub commit: VersionCommit,
    /// What it did: `created`, `changed`, `removed` or `created again`.
    pub what: String,
    /// The keys that it changed; null where the file was no TOML before or after.
    pub changes: Option<Vec<KeyChange>>,
    /// Whether this is the version that is applied.
    pub applied: bool,
    /// When it was applied, of the one that is.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub applied_at: Option<Timestamp>,
}

/// A commit, as its history has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VersionCommit {
    /// Its id, in full.
    pub id: String,
    /// Its first seven digits.
    pub short: String,
    /// Who wrote it.
    pub author: String,
    /// The committer's time.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub time: Timestamp,
    /// The first line of its message.
    pub summary: String,
}

/// `reconcile doctor --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Examined {
    /// Always 1.
    pub version: u32,
    /// What was looked at, in that order.
    pub checks: Vec<Check>,
    /// How many are warnings.
    pub warnings: usize,
    /// How many failed.
    pub failed: usize,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// What it is, in a word.
    pub name: String,
    /// How it is.
    pub status: Health,
    /// The same in words.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// `reconcile audit verify --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verification {
    /// Always 1.
    pub version: u32,
    /// Whether no line of the log was changed, taken out or put in.
    pub whole: bool,
    /// Its number of lines; this and the next four are null where it is broken.
    pub lines: Option<u64>,
    /// How many of them tell of writes.
    pub writes: Option<u64>,
    /// Writes of which nobody knows how they ended.
    pub unknown: Option<u64>,
    /// The numbers of lines that are cut short, which the line after each says.
    pub torn: Option<Vec<u64>>,
    /// The sha256 of the last line.
    pub head: Option<String>,
    /// The first line that is not as it was written.
    pub broken: Option<Broken>,
}
