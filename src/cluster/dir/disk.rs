//! Files: read whole, written whole, several at a time or none.
//!
//! A change is first written down in a journal, then made, then the journal goes. A run that is killed in between leaves
//! either no journal, and nothing happened, or one that the next to come carries out. It survives the end of the
//! process, not of the machine: nothing is synced to the disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind as Io, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::tree::STATE;
use crate::cluster::{Error, ErrorKind, Lock};
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
    /// For files that people edit: what is replaced. Where something else is found when a journal is carried out, it
    /// was edited since, and stays.
    pub(super) over: Over,
}

/// What a change may replace.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Over {
    Anything,
    Nothing,
    Text(Hash),
}

/// Something in a folder.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) is_folder: bool,
    pub(super) stamp: Stamp,
}

/// What changes with a file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    node: u64,
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        #[cfg(unix)]
        let node = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let node = 0;
        Self { modified: metadata.modified().ok(), length: metadata.len(), node }
    }

    /// Whether a later write has to show. File systems count time in ticks: a file that is written twice in one has
    /// the same date both times.
    #[expect(clippy::disallowed_methods, reason = "it is compared with the dates of files")]
    pub(super) fn is_settled(self) -> bool {
        const TICK: Duration = Duration::from_millis(50);
        let age = self.modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
        age.is_some_and(|age| age > TICK)
    }
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
        let lock = self.lock_file()?;
        lock.lock().map_err(|error| failed("lock", &state, &error))?;
        let ignore = state.join(".gitignore");
        if !exists(&ignore)? {
            self.write(&ignore, "*\n")?;
        }
        self.recover()?;
        Ok(lock)
    }

    /// Keeps writers out. `None` where no run has ever written, so that reading writes nothing.
    pub(super) fn shared(&self) -> Result<Option<File>, Error> {
        if !exists(&self.path(STATE).join("lock"))? {
            return Ok(None);
        }
        loop {
            // Who may only read cannot open it otherwise, and still keeps writers out.
            let lock =
                self.lock_file().or_else(|error| File::open(self.path(STATE).join("lock")).map_err(|_| error))?;
            lock.lock_shared().map_err(|error| failed("lock", &self.path(STATE), &error))?;
            if !exists(&self.journal())? {
                return Ok(Some(lock));
            }
            drop(lock);
            self.exclusive()?;
        }
    }

    /// Keeps other runs of a fleet out, which ends with the process at the latest. Who has it stands in the file.
    pub(super) fn lock_run(&self, fleet_id: &str) -> Result<Lock, Error> {
        drop(self.exclusive()?);
        let path = self.path(STATE).join(format!("run-{}.lock", Hash::of(fleet_id.as_bytes()).short()));
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(|error| failed("open", &path, &error))?;
        match file.try_lock() {
            Ok(()) => {
                let who = format!("process {}", std::process::id());
                let written = file.set_len(0).and_then(|()| file.write_all(who.as_bytes()));
                written.map_err(|error| failed("write", &path, &error))?;
                Ok(Lock::Held(file))
            }
            Err(TryLockError::WouldBlock) => {
                let mut who = String::new();
                // It is only for people.
                let _ = file.read_to_string(&mut who);
                Ok(Lock::Busy(who))
            }
            Err(TryLockError::Error(error)) => Err(failed("lock", &path, &error)),
        }
    }

    fn lock_file(&self) -> Result<File, Error> {
        let path = self.path(STATE).join("lock");
        let open = OpenOptions::new().read(true).append(true).create(true).open(&path);
        open.map_err(|error| failed("open", &path, &error))
    }

    fn journal(&self) -> PathBuf {
        self.path(STATE).join("journal.json")
    }

    /// What is in a folder, by name; empty where there is none.
    pub(super) fn names(&self, below: &str) -> Result<Vec<Item>, Error> {
        let path = self.path(below);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == Io::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed("read", &path, &error))?;
            // A name that is not UTF-8 is none that an object's file can have.
            let Ok(name) = entry.file_name().into_string() else { continue };
            // Links are followed, so that a linked folder is one.
            match fs::metadata(entry.path()) {
                Ok(metadata) => names.push(Item { name, is_folder: metadata.is_dir(), stamp: Stamp::of(&metadata) }),
                // It has gone since, or is a link to nothing.
                Err(error) if error.kind() == Io::NotFound => {}
                Err(error) => return Err(failed("read", &path, &error)),
            }
        }
        names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
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
            Err(error) => Err(failed("read", &path, &error)),
        }
    }

    /// Makes changes, all or (where it is killed before it has begun) none.
    pub(super) fn commit(&self, changes: &[Change]) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let journal = self.journal();
        let text = serde_json::to_string(changes).map_err(|error| failed("write", &journal, &error.into()))?;
        self.write(&journal, &text)?;
        self.carry_out(changes)
    }

    fn recover(&self) -> Result<(), Error> {
        let journal = self.journal();
        let text = match fs::read(&journal) {
            Ok(text) => text,
            Err(error) if error.kind() == Io::NotFound => return Ok(()),
            Err(error) => return Err(failed("read", &journal, &error)),
        };
        let changes: Vec<Change> =
            serde_json::from_slice(&text).map_err(|error| failed("read", &journal, &error.into()))?;
        self.carry_out(&changes)
    }

    fn carry_out(&self, changes: &[Change]) -> Result<(), Error> {
        for change in changes {
            let path = self.path(&change.path);
            if change.over != Over::Anything {
                let there = self.read(&change.path)?;
                let there = there.map_or(Over::Nothing, |read| Over::Text(Hash::of(read.text.as_bytes())));
                if there != change.over {
                    continue;
                }
            }
            let folder = path.parent().unwrap_or(&self.root);
            if let Some(text) = &change.text {
                self.make_folder(folder, change.path.starts_with(STATE))?;
                self.write(&path, text)?;
            } else {
                self.remove(&path)?;
                // It may hold files of somebody else.
                let _ = fs::remove_dir(folder);
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
        renamed.map_err(|error| failed("write", path, &error))
    }

    fn remove(&self, path: &Path) -> Result<(), Error> {
        match self.step().and_then(|()| fs::remove_file(path)) {
            Err(error) if error.kind() != Io::NotFound => Err(failed("remove", path, &error)),
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
        made.map_err(|error| failed("make", path, &error))
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

fn failed(verb: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::Unreachable, format!("{verb} {}", path.display()), error.to_string())
}

fn exists(path: &Path) -> Result<bool, Error> {
    path.try_exists().map_err(|error| failed("read", path, &error))
}
