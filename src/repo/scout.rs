//! A thread that runs ahead along the first parents.
//!
//! Half the work of a walk is to read commits and their root trees, and needs nothing of the other half, which
//! compares the fleet's folder. So it is done beside it, in a repository handle of its own (libgit2's are not shared).

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use git2::{Odb, Oid, Repository};

use super::object::{self, RawCommit, ReadError};

/// How many commits are handed over at a time, and how many times ahead.
const BATCH: usize = 64;
const AHEAD: usize = 8;

/// What there is to know of a commit.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub id: Oid,
    pub commit: RawCommit,
    /// The tree of the folder that is looked for, where the commit has it.
    pub folder: Option<Oid>,
}

type Batch = Vec<Result<Sighting, ReadError>>;

/// The commits along the first parents, the start first.
pub(super) struct Feed {
    batches: Receiver<Batch>,
    batch: std::vec::IntoIter<Result<Sighting, ReadError>>,
    start: Oid,
}

impl Feed {
    /// Starts the thread. It ends with the history, at an error, or when the feed is dropped.
    pub fn start<'s>(scope: &'s Scope<'s, '_>, git: &'s Path, start: Oid, folder: &str) -> Feed {
        let (sender, batches) = sync_channel(AHEAD);
        let folder = folder.to_owned();
        scope.spawn(move || run_ahead(git, start, &folder, &sender));
        Feed { batches, batch: Vec::new().into_iter(), start }
    }

    /// The next commit. The caller ends at the first commit without a parent.
    pub fn next(&mut self) -> Result<Sighting, ReadError> {
        loop {
            if let Some(next) = self.batch.next() {
                return next;
            }
            let Ok(batch) = self.batches.recv() else {
                return Err(ReadError::Damaged(self.start, "its history cannot be read".to_owned()));
            };
            self.batch = batch.into_iter();
        }
    }
}

fn run_ahead(git: &Path, start: Oid, folder: &str, out: &SyncSender<Batch>) {
    let opened = Repository::open(git).and_then(|git| git.odb().map(|odb| sight_all(&odb, start, folder, out)));
    if let Err(error) = opened {
        // Nobody listens any more only when nobody needs it.
        let _ = out.send(vec![Err(ReadError::Damaged(start, error.message().to_owned()))]);
    }
}

fn sight_all(odb: &Odb<'_>, start: Oid, folder: &str, out: &SyncSender<Batch>) {
    let mut next = Some(start);
    let mut last: Option<Sighting> = None;
    // The first commits go at once: mostly they are all that is needed.
    let mut size = 1;
    while next.is_some() {
        let mut batch = Batch::with_capacity(size);
        while batch.len() < size
            && let Some(id) = next.take()
        {
            let sighting = sight(odb, id, folder, last.as_ref());
            if let Ok(sighting) = &sighting {
                next = sighting.commit.first_parent;
                last = Some(sighting.clone());
            }
            batch.push(sighting);
        }
        if out.send(batch).is_err() {
            return;
        }
        size = BATCH;
    }
}

fn sight(odb: &Odb<'_>, id: Oid, folder: &str, last: Option<&Sighting>) -> Result<Sighting, ReadError> {
    let commit = object::commit(odb, id)?;
    let folder = match last.filter(|last| last.commit.tree == commit.tree) {
        Some(last) => last.folder,
        None => object::subtree(odb, commit.tree, folder)?,
    };
    Ok(Sighting { id, commit, folder })
}
