//! What changed a fleet's files since an older commit, and who did.
//!
//! Asked only about what a plan changes: first which files differ between two commits, then, for those of them that
//! matter, which commit along the first parents changed each last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use git2::{ObjectType, Odb, Oid};
use jiff::Timestamp;

use super::error::RepoError;
use super::object::{self, Entries, ReadError, TreeData};
use super::open::Repo;
use super::tree::{CommitInfo, FOLDERS, LARGEST, Tree};

/// The files that differ from an older commit, and what each was then; `None` for one that was not there.
pub type Older = BTreeMap<String, Option<Arc<[u8]>>>;

/// Which commit changed a file last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastChange {
    /// This one.
    By(CommitInfo),
    /// This one or one before it: the history of a shallow clone ends there.
    Before(String),
    /// None since the commit that was asked about, or none at all.
    None,
    /// It cannot be told: why.
    Unknown(String),
}

impl Repo {
    /// The files below `sandboxes/` and `charts/` that `wanted` names (by their paths below the fleet's root) and that
    /// differ between an older commit and `tree`. A file changed there and back does not.
    ///
    /// # Errors
    /// Where the older commit, or a file of it, cannot be read.
    pub fn changed_since(&self, commit: &str, tree: &Tree, wanted: &dyn Fn(&str) -> bool) -> Result<Older, RepoError> {
        let odb = self.odb()?;
        let unread = |why| RepoError::object(why, self.partial);
        let id = Oid::from_str(commit).map_err(RepoError::git("reading the commit's id"))?;
        let old = object::commit(&odb, id).map_err(unread)?;
        let new = self.root_tree(&odb)?;
        let mut differing = BTreeSet::new();
        let mut blobs = BTreeMap::new();
        for folder in FOLDERS {
            let path = format!("{}{folder}", self.root);
            let before = object::subtree(&odb, old.tree, &path).map_err(unread)?;
            let after = match new {
                Some(new) => object::subtree(&odb, new, &path).map_err(unread)?,
                None => None,
            };
            compare(&odb, folder, (before, after), &mut |path, blob| {
                if wanted(path) {
                    differing.insert(path.to_owned());
                    blobs.extend(blob.map(|blob| (path.to_owned(), blob)));
                }
            })
            .map_err(unread)?;
        }
        let dirty = if self.worktree { tree.dirty.as_slice() } else { &[] };
        for path in dirty.iter().filter_map(|path| path.strip_prefix(&self.root)).filter(|path| wanted(path)) {
            if differing.insert(path.to_owned())
                && let Some(blob) = object::file(&odb, old.tree, &format!("{}{path}", self.root)).map_err(unread)?
            {
                blobs.insert(path.to_owned(), blob);
            }
        }
        let mut older = Older::new();
        for path in differing {
            let was = blobs.get(&path).map(|blob| read(&odb, *blob).map_err(unread)).transpose()?;
            // In a working directory it may have been changed back.
            if was.as_deref() != tree.files.get(&path).map(|bytes| &**bytes) {
                older.insert(path, was);
            }
        }
        Ok(older)
    }

    /// What reports say of a commit that is here.
    pub fn commit_info(&self, id: &str) -> Option<CommitInfo> {
        Oid::from_str(id).ok().and_then(|id| self.info(id).ok())
    }

    /// The merge that brought `applied` into what is read, where `change` was made before it: a file that differs from
    /// `applied`, although its last change lies in the history of that commit, was changed by how they were merged.
    pub fn merged(&self, change: (&str, Timestamp), applied: &str) -> Option<CommitInfo> {
        let (older, applied) = (Oid::from_str(change.0).ok()?, Oid::from_str(applied).ok()?);
        let time = self.git.find_commit(applied).ok()?.committer().when().seconds();
        let is_before =
            change.1.as_second() <= time && (older == applied || self.git.graph_descendant_of(applied, older).ok()?);
        if !is_before {
            return None;
        }
        let mut commit = self.git.find_commit(self.commit?).ok()?;
        loop {
            let parent = commit.parent(0).ok()?;
            let holds = |id: Oid| id == applied || self.git.graph_descendant_of(id, applied).unwrap_or(false);
            if commit.parent_count() > 1 && !holds(parent.id()) {
                return self.info(commit.id()).ok();
            }
            if parent.id() == older {
                return None;
            }
            commit = parent;
        }
    }

    /// Which commit changed, made or removed each file last, by their paths below the fleet's root. A merge counts when
    /// it landed; a change of mode does not count.
    ///
    /// `since` is a commit before which a file's change is not looked for: the one that it differs from.
    ///
    /// # Errors
    /// Where not even the commit that is read can be.
    pub fn last_changes(
        &self,
        asked: &BTreeMap<String, Option<String>>,
    ) -> Result<BTreeMap<String, LastChange>, RepoError> {
        let Some(start) = self.commit.filter(|_| !asked.is_empty()) else { return Ok(BTreeMap::new()) };
        let odb = self.odb()?;
        let unread = |why| RepoError::object(why, self.partial);
        let mut walk = Walk { odb: &odb, root: &self.root, found: BTreeMap::new(), pending: Vec::new() };
        let here = object::commit(&odb, start).map_err(unread)?;
        for (path, since) in asked {
            let blob = object::file(&odb, here.tree, &format!("{}{path}", self.root)).map_err(unread)?;
            let since = since.as_deref().and_then(|since| Oid::from_str(since).ok());
            walk.pending.push(Pending { path: path.clone(), blob, since });
        }
        let ends = self.shallow_ends()?;
        if let Err(why) = walk.run(start, &here, &ends) {
            walk.give_up(&LastChange::Unknown(format!("the history cannot be read: {why}")));
        }
        let found = std::mem::take(&mut walk.found);
        found
            .into_iter()
            .map(|(path, by)| match by {
                Ok(id) => Ok((path, LastChange::By(self.info(id)?))),
                Err(other) => Ok((path, other)),
            })
            .collect()
    }
}

/// A file whose last change is not found yet.
struct Pending {
    path: String,
    /// What it is at the commit the walk is at; none where it is not there.
    blob: Option<Oid>,
    since: Option<Oid>,
}

struct Walk<'r> {
    odb: &'r Odb<'r>,
    root: &'r str,
    pending: Vec<Pending>,
    found: BTreeMap<String, Result<Oid, LastChange>>,
}

impl Walk<'_> {
    fn run(&mut self, start: Oid, here: &object::RawCommit, ends: &BTreeSet<Oid>) -> Result<(), ReadError> {
        let mut id = start;
        let mut commit = here.clone();
        let mut folders = self.folders(commit.tree)?;
        while !self.pending.is_empty() {
            self.leave(|pending| pending.since == Some(id), &LastChange::None);
            if ends.contains(&id) {
                self.give_up(&LastChange::Before(id.to_string()));
                break;
            }
            let Some(parent) = commit.first_parent else {
                // The history begins here: what is there came with it, and what is not never was.
                self.date(id, |pending| pending.blob.is_some());
                self.give_up(&LastChange::None);
                break;
            };
            let next = object::commit(self.odb, parent)?;
            if next.tree != commit.tree {
                let before = self.folders(next.tree)?;
                self.compare(id, folders, before)?;
                folders = before;
            }
            (id, commit) = (parent, next);
        }
        Ok(())
    }

    /// The trees of the fleet's folders.
    fn folders(&self, root: Oid) -> Result<[Option<Oid>; 2], ReadError> {
        let base = object::subtree(self.odb, root, self.root)?;
        let [mut first, mut second] = [None; 2];
        if let Some(base) = base {
            let data = object::tree(self.odb, base)?;
            for entry in Entries::new(&data).filter(object::Entry::is_tree) {
                match entry.name {
                    name if name == FOLDERS[0].as_bytes() => first = Some(entry.id),
                    name if name == FOLDERS[1].as_bytes() => second = Some(entry.id),
                    _ => {}
                }
            }
        }
        Ok([first, second])
    }

    fn compare(&mut self, id: Oid, here: [Option<Oid>; 2], before: [Option<Oid>; 2]) -> Result<(), ReadError> {
        for (folder, (here, before)) in FOLDERS.iter().zip(here.into_iter().zip(before)) {
            if here == before {
                continue;
            }
            let mut rest = Vec::new();
            for pending in std::mem::take(&mut self.pending) {
                let below = pending.path.strip_prefix(folder).and_then(|path| path.strip_prefix('/'));
                let was = match (below, before) {
                    (None, _) => pending.blob,
                    (Some(below), Some(before)) => object::file(self.odb, before, below)?,
                    (Some(_), None) => None,
                };
                if was == pending.blob {
                    rest.push(pending);
                } else {
                    self.found.insert(pending.path, Ok(id));
                }
            }
            self.pending = rest;
        }
        Ok(())
    }

    fn date(&mut self, id: Oid, which: impl Fn(&Pending) -> bool) {
        for pending in self.pending.extract_if(.., |pending| which(pending)) {
            self.found.insert(pending.path, Ok(id));
        }
    }

    fn leave(&mut self, which: impl Fn(&Pending) -> bool, answer: &LastChange) {
        for pending in self.pending.extract_if(.., |pending| which(pending)) {
            self.found.insert(pending.path, Err(answer.clone()));
        }
    }

    fn give_up(&mut self, answer: &LastChange) {
        self.leave(|_| true, answer);
    }
}

type Sink<'s> = dyn FnMut(&str, Option<Oid>) + 's;

/// Calls `found` with every file that differs between two trees of a folder, and its blob in the first.
fn compare(
    odb: &Odb<'_>,
    prefix: &str,
    (before, after): (Option<Oid>, Option<Oid>),
    found: &mut Sink<'_>,
) -> Result<(), ReadError> {
    if before == after {
        return Ok(());
    }
    let read = |id: Option<Oid>| id.map_or_else(|| Ok(TreeData::empty()), |id| object::tree(odb, id));
    let (before, after) = (read(before)?, read(after)?);
    let named = |data| Entries::new(data).map(|entry| (entry.name, entry)).collect::<BTreeMap<_, _>>();
    let (before, after) = (named(&before), named(&after));
    for name in before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))) {
        let (old, new) = (before.get(name), after.get(name));
        if old.map(|old| (old.id, old.kind())) == new.map(|new| (new.id, new.kind())) {
            continue;
        }
        // A path that is no UTF-8 is no file of a fleet.
        let Ok(name) = std::str::from_utf8(name) else { continue };
        let path = format!("{prefix}/{name}");
        let tree = |entry: Option<&object::Entry<'_>>| entry.filter(|entry| entry.is_tree()).map(|entry| entry.id);
        let file = |entry: Option<&object::Entry<'_>>| {
            entry.filter(|entry| entry.kind() == object::Kind::File).map(|entry| entry.id)
        };
        if tree(old).is_some() || tree(new).is_some() {
            compare(odb, &path, (tree(old), tree(new)), found)?;
        }
        if file(old).is_some() || file(new).is_some() {
            found(&path, file(old));
        }
    }
    Ok(())
}

fn read(odb: &Odb<'_>, id: Oid) -> Result<Arc<[u8]>, ReadError> {
    let object = odb.read(id).map_err(|why| match why.code() {
        git2::ErrorCode::NotFound => ReadError::Missing(id),
        _ => ReadError::Damaged(id, why.message().to_owned()),
    })?;
    match object.kind() {
        ObjectType::Blob if object.len() <= LARGEST => Ok(Arc::from(object.data())),
        ObjectType::Blob => Err(ReadError::Damaged(id, "it is too large".to_owned())),
        _ => Err(ReadError::Damaged(id, "it is no file".to_owned())),
    }
}
