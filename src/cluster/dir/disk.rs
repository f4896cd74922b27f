//! Files: read whole, written whole, several at a time or none.
//!
//! A change is first written down in a journal, then made, then the journal goes. A run that is killed in between leaves
//! either no journal, and nothing happened, or one that the next to come carries out. It survives the end of the
//! process, not of the machine: nothing is synced to the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind as Io};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::tree::STATE;
use crate::cluster::{Error, ErrorKind};
use crate::manifest::Hash;

/// A folder, and the one way in which it is changed.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
    /// How many more changes of files succeed, for tests of what a kill leaves behind.
    #[cfg(test)]
    pub(super) fuse: std::sync::atomic::AtomicUsize,
}

/// A file's new text.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Change {
    /// Below the root.
    pub(super) path: String,
    /// `None`: it goes.
    pub(super) text: Option<String>,
    /// For files that people edit: the hash of what is replaced (`None`: nothing was there). Where something else is
    /// found when a journal is carried out, it was edited since, and stays.
    pub(super) over: Option<Option<Hash>>,
}

/// A file's text, and when it was written.
pub(super) struct Read {
    pub(super) text: String,
    pub(super) time: Option<SystemTime>,
}

impl Disk {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root,
            #[cfg(test)]
            fuse: usize::MAX.into(),
        }
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// Keeps everyone else out, and completes what a killed run began.
    pub(super) fn exclusive(&self) -> Result<File, Error> {
        let state = self.path(STATE);
        self.make_folder(&state, true)?;
        let ignore = state.join(".gitignore");
        if !self.exists(&ignore)? {
            self.write(&ignore, "*\n")?;
        }
        let lock = self.lock_file()?;
        lock.lock().map_err(|error| self.failed("lock", &state, &error))?;
        self.recover()?;
        Ok(lock)
    }

    /// Keeps writers out. `None` where no run has ever written, so that reading writes nothing.
    pub(super) fn shared(&self) -> Result<Option<File>, Error> {
        if !self.exists(&self.path(STATE).join("lock"))? {
            return Ok(None);
        }
        loop {
            let lock = self.lock_file()?;
            lock.lock_shared().map_err(|error| self.failed("lock", &self.path(STATE), &error))?;
            if !self.exists(&self.journal())? {
                return Ok(Some(lock));
            }
            drop(lock);
            self.exclusive()?;
        }
    }

    fn lock_file(&self) -> Result<File, Error> {
        let path = self.path(STATE).join("lock");
        let open = OpenOptions::new().read(true).append(true).create(true).open(&path);
        open.map_err(|error| self.failed("open", &path, &error))
    }

    fn journal(&self) -> PathBuf {
        self.path(STATE).join("journal.json")
    }

    /// The names in a folder, sorted, with whether each is a folder; empty where there is none.
    pub(super) fn names(&self, below: &str) -> Result<Vec<(String, bool)>, Error> {
        let path = self.path(below);
        let failed = |error: &io::Error| self.failed("read", &path, error);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == Io::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed(&error))?;
            // A name that is not UTF-8 is none that an object's file can have.
            let Ok(name) = entry.file_name().into_string() else { continue };
            // Followed, so that a linked folder is one.
            let is_folder = fs::metadata(entry.path()).map_err(|error| failed(&error))?.is_dir();
            names.push((name, is_folder));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// A file; `None` where there is none.
    pub(super) fn read(&self, below: &str) -> Result<Option<Read>, Error> {
        let path = self.path(below);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let time = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
                Ok(Some(Read { text, time }))
            }
            Err(error) if error.kind() == Io::NotFound => Ok(None),
            Err(error) => Err(self.failed("read", &path, &error)),
        }
    }

    /// Makes changes, all or (where it is killed before it has begun) none.
    pub(super) fn commit(&self, changes: &[Change]) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let journal = self.journal();
        let text = serde_json::to_string(changes).map_err(|error| self.failed("write", &journal, &error.into()))?;
        self.write(&journal, &text)?;
        self.carry_out(changes)
    }

    fn recover(&self) -> Result<(), Error> {
        let journal = self.journal();
        let text = match fs::read(&journal) {
            Ok(text) => text,
            Err(error) if error.kind() == Io::NotFound => return Ok(()),
            Err(error) => return Err(self.failed("read", &journal, &error)),
        };
        let changes: Vec<Change> =
            serde_json::from_slice(&text).map_err(|error| self.failed("read", &journal, &error.into()))?;
        self.carry_out(&changes)
    }

    fn carry_out(&self, changes: &[Change]) -> Result<(), Error> {
        for change in changes {
            let path = self.path(&change.path);
            if let Some(over) = &change.over {
                let there = self.read(&change.path)?.map(|read| Hash::of(read.text.as_bytes()));
                if there != *over {
                    continue;
                }
            }
            let folder = path.parent().unwrap_or(&self.root);
            match &change.text {
                Some(text) => {
                    self.make_folder(folder, change.path.starts_with(STATE))?;
                    self.write(&path, text)?;
                }
                None => {
                    self.remove(&path)?;
                    // It may hold files of somebody else.
                    let _ = fs::remove_dir(folder);
                }
            }
        }
        self.remove(&self.journal())
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), Error> {
        // Hidden, so that one left behind is no object.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let new = path.with_file_name(format!(".{name}.new"));
        let written = self.step().and_then(|()| fs::write(&new, text));
        let renamed = written.and_then(|()| self.step()).and_then(|()| fs::rename(&new, path));
        renamed.map_err(|error| self.failed("write", path, &error))
    }

    fn remove(&self, path: &Path) -> Result<(), Error> {
        match self.step().and_then(|()| fs::remove_file(path)) {
            Err(error) if error.kind() != Io::NotFound => Err(self.failed("remove", path, &error)),
            _ => Ok(()),
        }
    }

    fn make_folder(&self, path: &Path, private: bool) -> Result<(), Error> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        if private {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        let made = if path.is_dir() { Ok(()) } else { self.step().and_then(|()| builder.create(path)) };
        made.map_err(|error| self.failed("make", path, &error))
    }

    fn exists(&self, path: &Path) -> Result<bool, Error> {
        path.try_exists().map_err(|error| self.failed("read", path, &error))
    }

    fn failed(&self, verb: &str, path: &Path, error: &io::Error) -> Error {
        Error::new(ErrorKind::Unreachable, format!("{verb} {}", path.display()), error.to_string())
    }

    /// One change of the file system.
    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        use std::sync::atomic::Ordering::Relaxed;
        let left = self.fuse.load(Relaxed);
        self.fuse.store(left.saturating_sub(1), Relaxed);
        if left == 0 { Err(io::Error::other("killed")) } else { Ok(()) }
    }

    #[cfg(not(test))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "it has a body in tests")]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }
}
