//! The files of a fleet: those below `sandboxes/` and `charts/` of its root, at one commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use git2::{ErrorCode, ObjectType, Odb, Oid};
use jiff::Timestamp;
use serde::Serialize;

use crate::fleet::{FLEET_FILE, Odd};

use super::error::RepoError;
use super::object::{self, Entries, ReadError};
use super::open::Repo;
use super::worktree;

/// The folders that are read, below the fleet's root.
pub(super) const FOLDERS: [&str; 2] = ["sandboxes", "charts"];
/// The largest file that is read, in bytes.
pub(super) const LARGEST: usize = 16 * 1024 * 1024;

/// A commit, as reports name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommitInfo {
    /// Its id, in full.
    pub id: String,
    /// Its first seven digits.
    pub short: String,
    /// Who wrote it.
    pub author: String,
    /// The committer's time.
    pub time: Timestamp,
    /// The first line of its message.
    pub summary: String,
}

/// What a commit (or a working directory) holds of a fleet. Paths are relative to the fleet's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The commit; none before the first, in a working directory.
    pub commit: Option<CommitInfo>,
    /// Every regular file. Equal files share their bytes.
    pub files: BTreeMap<String, Arc<[u8]>>,
    /// Paths where something else stands: using them is an error.
    pub odd: BTreeMap<String, Odd>,
    /// Files that differ from the commit in the working directory, relative to the repository's root. Without
    /// `--worktree` they are not read.
    pub dirty: Vec<String>,
}

impl Repo {
    /// Reads the fleet's files.
    ///
    /// # Errors
    /// Where there is no `sandboxes/fleet.toml`, or anything cannot be read: never a part of the files.
    pub fn tree(&self) -> Result<Tree, RepoError> {
        let odb = self.odb()?;
        let mut reading = Reading::new(&odb, self.partial);
        let root = self.root_tree(&odb)?;
        if let Some(root) = root {
            let base = object::subtree(&odb, root, &self.root).map_err(|why| reading.error(why))?;
            if let Some(base) = base {
                reading.base(base)?;
            }
        }
        let dirty = worktree::dirty(self)?;
        if self.worktree {
            worktree::overlay(self, &mut reading.files, &mut reading.odd, &dirty)?;
        }
        if !reading.files.contains_key(FLEET_FILE) && !reading.odd.contains_key(FLEET_FILE) {
            return Err(self.no_fleet(&odb, root));
        }
        Ok(Tree {
            commit: self.commit.map(|id| self.info(id)).transpose()?,
            files: reading.files,
            odd: reading.odd,
            dirty: dirty.into_iter().collect(),
        })
    }

    /// What reports say of a commit.
    pub(super) fn info(&self, id: Oid) -> Result<CommitInfo, RepoError> {
        let commit = self.git.find_commit(id).map_err(RepoError::git("reading the commit"))?;
        let id = id.to_string();
        Ok(CommitInfo {
            short: id.chars().take(7).collect(),
            id,
            author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
            time: timestamp(commit.committer().when().seconds()),
            summary: commit
                .summary_bytes()
                .map(|summary| String::from_utf8_lossy(summary).into_owned())
                .unwrap_or_default(),
        })
    }

    fn no_fleet(&self, odb: &Odb<'_>, root: Option<Oid>) -> RepoError {
        let at = match self.commit {
            Some(id) if !self.worktree => {
                format!("at commit {}", id.to_string().chars().take(7).collect::<String>())
            }
            _ => "in the working directory".to_owned(),
        };
        let mut others = Vec::new();
        if let Some(root) = root {
            find_fleets(odb, root, "", &mut others);
        }
        RepoError::NoFleet { path: format!("{}{FLEET_FILE}", self.root), at, others }
    }
}

/// A time of git's, in seconds since 1970; what the calendar does not hold is its nearest end.
pub(super) fn timestamp(seconds: i64) -> Timestamp {
    let end = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(end)
}

/// Folders, two deep at most, that hold a fleet; for a hint alone, so what cannot be read is passed over.
fn find_fleets(odb: &Odb<'_>, tree: Oid, prefix: &str, found: &mut Vec<String>) {
    const DEEPEST: usize = 2;
    let Ok(data) = object::tree(odb, tree) else {
        return;
    };
    for entry in Entries::new(&data).filter(object::Entry::is_tree) {
        let Ok(name) = std::str::from_utf8(entry.name) else {
            continue;
        };
        let path = format!("{prefix}{name}");
        let holds = object::subtree(odb, entry.id, "sandboxes")
            .ok()
            .flatten()
            .and_then(|id| object::tree(odb, id).ok())
            .is_some_and(|data| Entries::new(&data).any(|entry| entry.name == b"fleet.toml"));
        if holds {
            found.push(path);
        } else if path.matches('/').count() + 1 < DEEPEST {
            find_fleets(odb, entry.id, &format!("{path}/"), found);
        }
    }
}

/// The files of a tree while they are read.
struct Reading<'o> {
    odb: &'o Odb<'o>,
    partial: bool,
    files: BTreeMap<String, Arc<[u8]>>,
    odd: BTreeMap<String, Odd>,
    known: BTreeMap<Oid, Arc<[u8]>>,
}

/// Folders in folders deeper than this are taken for an attack, not for a chart.
const DEEPEST: usize = 64;

impl<'o> Reading<'o> {
    fn new(odb: &'o Odb<'o>, partial: bool) -> Reading<'o> {
        Reading { odb, partial, files: BTreeMap::new(), odd: BTreeMap::new(), known: BTreeMap::new() }
    }

    fn error(&self, why: ReadError) -> RepoError {
        RepoError::object(why, self.partial)
    }

    /// Reads the two folders below the fleet's root.
    fn base(&mut self, base: Oid) -> Result<(), RepoError> {
        let data = object::tree(self.odb, base).map_err(|why| self.error(why))?;
        for entry in whole(&data, base).map_err(|why| self.error(why))? {
            for folder in FOLDERS.iter().filter(|folder| folder.as_bytes() == entry.name) {
                self.entry(&entry, (*folder).to_owned(), 0)?;
            }
        }
        Ok(())
    }

    fn folder(&mut self, id: Oid, prefix: &str, depth: usize) -> Result<(), RepoError> {
        if depth > DEEPEST {
            let why = format!("its folders are nested more than {DEEPEST} deep");
            return Err(self.error(ReadError::Damaged(id, why)));
        }
        let data = object::tree(self.odb, id).map_err(|why| self.error(why))?;
        for entry in whole(&data, id).map_err(|why| self.error(why))? {
            let name = String::from_utf8_lossy(entry.name);
            let path = format!("{prefix}/{name}");
            if matches!(name, std::borrow::Cow::Owned(_)) {
                self.odd.insert(path, Odd::BadName);
            } else {
                self.entry(&entry, path, depth)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &object::Entry<'_>, path: String, depth: usize) -> Result<(), RepoError> {
        match entry.kind() {
            object::Kind::Tree => self.folder(entry.id, &path, depth + 1),
            object::Kind::Submodule => {
                self.odd.insert(path, Odd::Submodule);
                Ok(())
            }
            object::Kind::Symlink => {
                let target = self.blob(entry.id)?.unwrap_or_default();
                let target = String::from_utf8_lossy(&target).into_owned();
                self.odd.insert(path, Odd::Symlink(target));
                Ok(())
            }
            object::Kind::File => {
                if let Some(bytes) = self.blob(entry.id)? {
                    self.files.insert(path, bytes);
                } else {
                    let size = u64::try_from(self.size(entry.id)?).unwrap_or(u64::MAX);
                    self.odd.insert(path, Odd::TooLarge(size));
                }
                Ok(())
            }
        }
    }

    fn size(&self, id: Oid) -> Result<usize, RepoError> {
        let (size, _) = self.odb.read_header(id).map_err(|why| self.unread(id, &why))?;
        Ok(size)
    }

    /// The bytes of a file; none where there are too many.
    fn blob(&mut self, id: Oid) -> Result<Option<Arc<[u8]>>, RepoError> {
        if let Some(bytes) = self.known.get(&id) {
            return Ok(Some(Arc::clone(bytes)));
        }
        if self.size(id)? > LARGEST {
            return Ok(None);
        }
        let object = self.odb.read(id).map_err(|why| self.unread(id, &why))?;
        if object.kind() != ObjectType::Blob {
            return Err(self.error(ReadError::Damaged(id, "it is no file".to_owned())));
        }
        let bytes: Arc<[u8]> = Arc::from(object.data());
        self.known.insert(id, Arc::clone(&bytes));
        Ok(Some(bytes))
    }

    fn unread(&self, id: Oid, why: &git2::Error) -> RepoError {
        self.error(match why.code() {
            ErrorCode::NotFound => ReadError::Missing(id),
            _ => ReadError::Damaged(id, why.message().to_owned()),
        })
    }
}

/// All entries of a tree, or none of them.
fn whole(data: &[u8], id: Oid) -> Result<Vec<object::Entry<'_>>, ReadError> {
    let entries: Vec<_> = Entries::new(data).collect();
    let length: usize = entries.iter().map(|entry| entry.length).sum();
    if length == data.len() {
        Ok(entries)
    } else {
        Err(ReadError::Damaged(id, "no tree can be read from it".to_owned()))
    }
}
