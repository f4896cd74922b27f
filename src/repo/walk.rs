//! The walk along the first parents that dates files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use git2::{Odb, Oid};
use jiff::Timestamp;

use super::clock::{DateError, DateQuery, Dates, FileDate};
use super::error::RepoError;
use super::folder::Folder;
use super::object::{self, RawCommit, ReadError};
use super::open::Repo;
use super::scout::{Feed, Sighting};
use super::tree::timestamp;

/// How many commits in a row must be older than a file's `oldest` before the walk believes it: one commit with a
/// wrong clock must not make a sandbox look old.
const CONVINCED: usize = 64;

/// How many seconds the clocks of two machines may be apart.
const BEHIND: i64 = 5 * 60;

impl Repo {
    /// Dates files that a commit holds, given by their paths in the repository.
    pub(super) fn walk(&self, commit: Oid, asked: &[(String, &DateQuery)]) -> Result<Dates, RepoError> {
        let odb = self.odb()?;
        let home = format!("{}sandboxes", self.root);
        std::thread::scope(|scope| {
            let feed = Feed::start(scope, self.git.commondir(), commit, &home);
            let mut walk = Walk::start(self, &odb, feed, home.clone())?;
            for (path, query) in asked {
                walk.ask(path, query)?;
            }
            walk.run();
            Ok(walk.answers)
        })
    }
}

/// A file that is not dated yet.
struct Pending {
    /// As it was asked for.
    asked: String,
    /// Its path at the commit the walk is at; renames change it.
    path: Vec<u8>,
    oldest: Option<i64>,
}

/// One walk along the first parents.
struct Walk<'r> {
    repo: &'r Repo,
    odb: &'r Odb<'r>,
    ends: BTreeSet<Oid>,
    /// The commits to come.
    feed: Feed,
    /// The folder whose trees the feed tells of.
    home: String,
    /// The commit the walk is at, in which every pending file has its blob still.
    id: Oid,
    commit: RawCommit,
    folders: BTreeMap<String, Folder<'r>>,
    pending: BTreeMap<usize, Pending>,
    /// The times of the last commits.
    times: VecDeque<i64>,
    /// The latest `oldest` of all pending files, or later.
    limit: Option<i64>,
    answers: Dates,
}

impl<'r> Walk<'r> {
    fn start(repo: &'r Repo, odb: &'r Odb<'r>, mut feed: Feed, home: String) -> Result<Walk<'r>, RepoError> {
        let first = feed.next().map_err(|why| RepoError::object(why, repo.partial))?;
        Ok(Walk {
            repo,
            odb,
            ends: repo.shallow_ends()?,
            feed,
            home,
            id: first.id,
            times: VecDeque::from([first.commit.time]),
            commit: first.commit,
            limit: None,
            folders: BTreeMap::new(),
            pending: BTreeMap::new(),
            answers: Dates::new(),
        })
    }

    /// Adds a file, given by its path in the repository.
    fn ask(&mut self, path: &str, query: &DateQuery) -> Result<(), RepoError> {
        let number = self.pending.len();
        let found =
            self.watch(self.commit.tree, path, number).map_err(|why| RepoError::object(why, self.repo.partial))?;
        if found.is_none() {
            let path = query.path.clone();
            self.answers.insert(path.clone(), Err(DateError::NoSuchFile { path }));
            return Ok(());
        }
        let oldest = query.oldest.map(Timestamp::as_second);
        self.limit = self.limit.max(oldest);
        self.pending.insert(number, Pending { asked: query.path.clone(), path: path.as_bytes().to_vec(), oldest });
        Ok(())
    }

    fn run(&mut self) {
        while !self.pending.is_empty() {
            if let Err(why) = self.step() {
                self.give_up(&why);
            }
        }
    }

    /// Goes on to the first parent, dating what the commit changed.
    fn step(&mut self) -> Result<(), ReadError> {
        self.forget_old();
        if self.pending.is_empty() {
            return Ok(());
        }
        if self.ends.contains(&self.id) {
            self.end_shallow();
            return Ok(());
        }
        if self.commit.first_parent.is_none() {
            self.date_all();
            return Ok(());
        }
        let parent = self.feed.next()?;
        if parent.commit.tree != self.commit.tree {
            self.compare(&parent)?;
        }
        self.id = parent.id;
        self.times.push_back(parent.commit.time);
        if self.times.len() > CONVINCED {
            self.times.pop_front();
        }
        self.commit = parent.commit;
        Ok(())
    }

    /// Dates what differs between this commit and its parent, and follows what was only renamed.
    fn compare(&mut self, parent: &Sighting) -> Result<(), ReadError> {
        let mut added = Vec::new();
        let mut changed = Vec::new();
        for (path, folder) in &mut self.folders {
            let id =
                if *path == self.home { parent.folder } else { object::subtree(self.odb, parent.commit.tree, path)? };
            folder.step(self.odb, id, &mut changed, &mut added)?;
        }
        for number in changed {
            self.date(number, Some(parent.commit.time));
        }
        if !added.is_empty() {
            self.follow(&parent.commit, &added)?;
        }
        self.folders.retain(|_, folder| folder.is_watching());
        Ok(())
    }

    /// Of the files that the parent has not: goes on with those that this commit renamed, dates the rest.
    fn follow(&mut self, parent: &RawCommit, added: &[usize]) -> Result<(), ReadError> {
        let mut sources = renames(self.odb, parent.tree, self.commit.tree)?;
        for number in added {
            let source = self.pending.get(number).and_then(|pending| sources.remove(&pending.path));
            // A folder whose name is no UTF-8 is not followed into: nothing there was ever read.
            let Some(source) = source.and_then(|source| String::from_utf8(source).ok()) else {
                self.date(*number, Some(parent.time));
                continue;
            };
            if self.watch(parent.tree, &source, *number)?.is_none() {
                self.date(*number, Some(parent.time));
            } else if let Some(pending) = self.pending.get_mut(number) {
                pending.path = source.into_bytes();
            }
        }
        Ok(())
    }

    /// Watches the file at a path of a root tree; its blob, where there is one.
    fn watch(&mut self, root: Oid, path: &str, number: usize) -> Result<Option<Oid>, ReadError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if !self.folders.contains_key(folder) {
            let opened = Folder::open(self.odb, root, folder)?;
            self.folders.insert(folder.to_owned(), opened);
        }
        let folder = self.folders.get_mut(folder);
        Ok(folder.and_then(|folder| folder.watch(name.as_bytes(), number)))
    }

    /// By the commit that the walk is at; `parent` is when the one before it was made.
    fn date(&mut self, number: usize, parent: Option<i64>) {
        if let Some(pending) = self.pending.remove(&number) {
            let (time, commit) = (timestamp(self.commit.time), self.id.to_string());
            let date = match parent.filter(|parent| *parent > self.commit.time.saturating_add(BEHIND)) {
                Some(parent) => FileDate::Behind { time, commit, follows: timestamp(parent) },
                None => FileDate::At { time, commit },
            };
            self.answers.insert(pending.asked, Ok(date));
        }
    }

    /// The history begins here: all that is left came with it.
    fn date_all(&mut self) {
        let numbers: Vec<usize> = self.pending.keys().copied().collect();
        for number in numbers {
            self.date(number, None);
        }
    }

    /// The clone's history ends here: what is left was changed here or earlier.
    fn end_shallow(&mut self) {
        for pending in std::mem::take(&mut self.pending).into_values() {
            let answer = match pending.oldest {
                Some(oldest) if self.commit.time < oldest => Ok(FileDate::Before(timestamp(self.commit.time))),
                _ => Err(DateError::Shallow { path: pending.asked.clone(), commit: self.id.to_string() }),
            };
            self.answers.insert(pending.asked, answer);
        }
    }

    /// Leaves the files that are older than their caller cares for.
    fn forget_old(&mut self) {
        let limit = self.limit.unwrap_or(i64::MIN);
        if self.times.len() < CONVINCED || self.times.iter().any(|time| *time >= limit) {
            return;
        }
        let newest = self.times.iter().copied().max().unwrap_or(limit);
        let old = |pending: &Pending| pending.oldest.filter(|oldest| newest < *oldest);
        for pending in self.pending.values().filter(|pending| old(pending).is_some()) {
            self.answers.insert(pending.asked.clone(), Ok(FileDate::Before(timestamp(newest))));
        }
        self.pending.retain(|_, pending| old(pending).is_none());
        self.limit = self.pending.values().filter_map(|pending| pending.oldest).max();
    }

    /// The history cannot be read further.
    fn give_up(&mut self, why: &ReadError) {
        for pending in std::mem::take(&mut self.pending).into_values() {
            let path = pending.asked.clone();
            let error = match why {
                ReadError::Missing(id) if self.repo.partial => DateError::Partial { path, object: id.to_string() },
                why => DateError::Damaged { path, why: why.to_string() },
            };
            self.answers.insert(pending.asked, Err(error));
        }
    }
}

/// What one commit renamed without a change: the old path, by the new one.
///
/// One file that went pairs with one that came, of the same blob: first those with the same file name, then in the order of
/// their paths. So the answer about a file does not depend on which others are asked about.
fn renames(odb: &Odb<'_>, old: Oid, new: Oid) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, ReadError> {
    let mut gone: BTreeMap<Oid, BTreeSet<Vec<u8>>> = BTreeMap::new();
    object::removed(odb, old, new, &mut |path, blob| {
        gone.entry(blob).or_default().insert(path);
    })?;
    let mut come: BTreeMap<Oid, BTreeSet<Vec<u8>>> = BTreeMap::new();
    if !gone.is_empty() {
        object::removed(odb, new, old, &mut |path, blob| {
            come.entry(blob).or_default().insert(path);
        })?;
    }
    let mut out = BTreeMap::new();
    for (blob, targets) in come {
        let Some(mut sources) = gone.remove(&blob) else {
            continue;
        };
        let mut rest = Vec::new();
        for target in targets {
            let same = sources.iter().find(|source| file_name(source) == file_name(&target));
            match same.cloned().and_then(|same| sources.take(&same)) {
                Some(source) => drop(out.insert(target, source)),
                None => rest.push(target),
            }
        }
        out.extend(rest.into_iter().zip(sources));
    }
    Ok(out)
}

fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}
