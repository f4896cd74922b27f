//! The file clock: when each file's sandbox started.
//!
//! A file's time is the committer time of the last commit, along the first parents of the commit that is read, that
//! changed the file's blob. So a merge counts when it landed, a change of mode does not count, nor does a rename
//! alone: there the file's time goes on under its old path. All files are dated in one walk, which ends as soon as every
//! file is dated, or is known to be older than the caller cares for.

use std::collections::{BTreeMap, BTreeSet};

use git2::Oid;
use jiff::Timestamp;
use serde::Serialize;

use super::error::{REFETCH, RepoError};
use super::open::Repo;
use super::worktree;

/// Which file to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateQuery {
    /// Its path, relative to the fleet's root.
    pub path: String,
    /// The instant before which its exact time does not matter: the walk may end there.
    pub oldest: Option<Timestamp>,
}

/// When a file was last changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum FileDate {
    /// By this commit.
    At {
        /// The committer's time. It may lie in the future, which the caller has to judge.
        time: Timestamp,
        /// The commit's id, in full.
        commit: String,
    },
    /// By this commit, which is dated more than five minutes before its first parent: a clock ran backwards.
    Behind {
        /// The committer's time.
        time: Timestamp,
        /// The commit's id, in full.
        commit: String,
        /// The parent's time.
        follows: Timestamp,
    },
    /// At this instant or before, which is before the one that was asked with; the walk ended there.
    Before(Timestamp),
    /// By no commit yet: its time starts now.
    Uncommitted,
}

/// Why a file cannot be dated. It is never a guess: the sandbox is held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// The history was cut off before the file's last change was reached.
    #[error("this clone is too shallow: its history ends at commit {} before the last change of {path}", short(.commit))]
    Shallow {
        /// The file.
        path: String,
        /// Where the history ends.
        commit: String,
    },
    /// The clone left out an object that is needed.
    #[error("this is a partial clone, and object {object} is needed to date {path}")]
    Partial {
        /// The file.
        path: String,
        /// The object.
        object: String,
    },
    /// An object that should be there is missing or not readable.
    #[error("the history of {path} cannot be read: {why}")]
    Damaged {
        /// The file.
        path: String,
        /// Which object, and how.
        why: String,
    },
    /// The commit holds no such file.
    #[error("there is no {path} in the commit")]
    NoSuchFile {
        /// The file.
        path: String,
    },
}

impl DateError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            DateError::Shallow { .. } => Some("fetch the whole history: git fetch --unshallow (in CI: fetch-depth: 0)"),
            DateError::Partial { .. } => Some(REFETCH),
            DateError::Damaged { .. } => Some("see what `git fsck` says, or clone it again"),
            DateError::NoSuchFile { .. } => None,
        }
    }
}

fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

/// The answer about each file.
pub type Dates = BTreeMap<String, Result<FileDate, DateError>>;

impl Repo {
    /// Dates files. Every query has its answer in the result.
    ///
    /// # Errors
    /// Where not even the commit itself can be read.
    pub fn dates(&self, queries: &[DateQuery]) -> Result<Dates, RepoError> {
        let mut out = Dates::new();
        let dirty = if self.worktree { worktree::dirty(self)? } else { BTreeSet::new() };
        let mut asked = Vec::new();
        let once: BTreeMap<&str, &DateQuery> = queries.iter().map(|query| (query.path.as_str(), query)).collect();
        for query in once.into_values() {
            let path = format!("{}{}", self.root, query.path);
            if dirty.contains(&path) || self.commit.is_none() {
                out.insert(query.path.clone(), Ok(FileDate::Uncommitted));
            } else {
                asked.push((path, query));
            }
        }
        if let Some(commit) = self.commit.filter(|_| !asked.is_empty()) {
            out.append(&mut self.walk(commit, &asked)?);
        }
        Ok(out)
    }

    /// The commits at which the history of a shallow clone ends.
    pub(super) fn shallow_ends(&self) -> Result<BTreeSet<Oid>, RepoError> {
        let path = self.git.commondir().join("shallow");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(BTreeSet::new());
            }
            Err(source) => return Err(RepoError::Io { path, source }),
        };
        Ok(text.lines().filter_map(|line| Oid::from_str(line.trim()).ok()).collect())
    }
}
