//! What the planned commit contains: which live generations lie in its history.

use std::collections::{BTreeMap, BTreeSet};

use git2::{Oid, Repository, Sort};
use serde::Serialize;

use super::error::RepoError;
use super::open::Repo;

/// Whether a commit contains another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Contains {
    /// It lies in its history, or is the commit itself.
    Yes,
    /// It does not.
    No,
    /// It cannot be told: no such commit is here, or the history is cut off.
    Unknown,
}

impl Repo {
    /// Whether the commit that is read contains each of these commits, given by their full ids.
    ///
    /// One walk answers for all; it ends when the last of them is found.
    ///
    /// # Errors
    /// Where the history cannot be walked.
    pub fn contains<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Contains>, RepoError> {
        let mut out = BTreeMap::new();
        let mut wanted: BTreeMap<Oid, String> = BTreeMap::new();
        let odb = self.odb()?;
        for id in ids {
            out.insert(id.to_owned(), Contains::Unknown);
            let known = Oid::from_str(id).ok().filter(|oid| id.len() == 40 && odb.exists(*oid));
            if let Some(oid) = known {
                wanted.insert(oid, id.to_owned());
            }
        }
        let Some(head) = self.commit.filter(|_| !wanted.is_empty()) else {
            return Ok(out);
        };
        let failed = RepoError::git("walking the history");
        // Where the history of a shallow clone ends is known to the repository itself, not to its linked worktrees.
        let main = Repository::open(self.git.commondir()).map_err(&failed)?;
        let mut walk = main.revwalk().map_err(&failed)?;
        walk.set_sorting(Sort::NONE).map_err(&failed)?;
        walk.push(head).map_err(&failed)?;
        while !wanted.is_empty() {
            match walk.next() {
                Some(Ok(oid)) => {
                    if let Some(id) = wanted.remove(&oid) {
                        out.insert(id, Contains::Yes);
                    }
                }
                Some(Err(error)) => return Err(failed(error)),
                None => break,
            }
        }
        // In a shallow clone the rest may lie beyond its end.
        if !main.is_shallow() {
            let rest: BTreeSet<String> = wanted.into_values().collect();
            out.extend(rest.into_iter().map(|id| (id, Contains::No)));
        }
        Ok(out)
    }
}
