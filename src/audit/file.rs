//! The audit's file: whoever writes to it keeps the others out, and finds its end first.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use super::chain::End;
use super::line::{Line, Torn, What};
use crate::manifest::Hash;

/// An audit that can be added to.
#[derive(Debug)]
pub(super) struct Audit {
    file: File,
    /// How long the file was after the last line of ours, and that line's hash.
    ours: Option<(u64, Hash)>,
}

/// The file, while nobody else adds to it.
pub(super) struct Locked<'a> {
    audit: &'a mut Audit,
    end: u64,
    prev: Hash,
}

impl Audit {
    /// Opens a file, which is made where there is none.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let wrong = |why: &str| Err(io::Error::new(ErrorKind::InvalidInput, why));
        match std::fs::metadata(path) {
            Ok(there) if there.is_dir() => return wrong("it is a folder"),
            Ok(there) if !there.is_file() => return wrong("it is no ordinary file"),
            _ => {}
        }
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        // A new name is only there after a crash when its folder is on the disk, too.
        if let Ok(folder) = File::open(folder_of(path)) {
            folder.sync_all()?;
        }
        Ok(Self { file, ours: None })
    }

    /// Keeps everybody else out until the answer is dropped.
    pub(super) fn lock(&mut self) -> io::Result<Locked<'_>> {
        self.file.lock()?;
        let length = self.file.metadata().map(|there| there.len());
        let found = match (length, self.ours) {
            (Ok(length), Some((ours, prev))) if ours == length => Ok((length, prev)),
            (Ok(_), _) => End::of(&self.file).map(|end| (end.length, end.hash())),
            (Err(error), _) => Err(error),
        };
        match found {
            Ok((end, prev)) => Ok(Locked { audit: self, end, prev }),
            Err(error) => {
                let _ = self.file.unlock();
                Err(error)
            }
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // The lock ends with the file at the latest.
        let _ = self.audit.file.unlock();
    }
}

impl Locked<'_> {
    /// Everything that stands in the file.
    pub(super) fn lines(&self) -> io::Result<Vec<u8>> {
        use std::io::{Read as _, Seek as _};
        let mut all = Vec::new();
        let mut reader = &self.audit.file;
        reader.rewind()?;
        reader.read_to_end(&mut all)?;
        Ok(all)
    }

    /// Adds lines, all of them or none, and waits until they are on the disk.
    pub(super) fn add(&mut self, lines: &mut [Line]) -> io::Result<()> {
        self.add_after("", lines)
    }

    /// Sees to what a run left that was stopped while it wrote a line. Nothing of it is taken away: it gets its line
    /// end, and where it is no whole line, `note` makes the line that says so.
    ///
    /// # Errors
    /// Where the file cannot be read or written, or what stands in it is no audit.
    pub(super) fn mend(&mut self, note: impl FnOnce(Torn) -> Line) -> io::Result<()> {
        let end = End::of(&self.audit.file)?;
        if let Some(last) = &end.last
            && let Err(why) = Line::read(last)
        {
            return Err(io::Error::new(ErrorKind::InvalidData, format!("of its last line: {why}")));
        }
        if end.rest.is_empty() {
            return Ok(());
        }
        let rest = Hash::of(&end.rest);
        let is_whole = Line::read(&end.rest).is_ok_and(|line| line.prev == end.hash());
        self.prev = rest;
        if is_whole {
            return self.add_after("\n", &mut []);
        }
        let bytes = u64::try_from(end.rest.len()).unwrap_or(u64::MAX);
        let torn = note(Torn { bytes, torn: rest, behind: end.hash() });
        debug_assert!(matches!(torn.what, What::Torn(_)));
        self.add_after("\n", &mut [torn])
    }

    fn add_after(&mut self, before: &str, lines: &mut [Line]) -> io::Result<()> {
        let mut text = before.to_owned();
        let mut prev = self.prev;
        for line in lines {
            line.prev = prev;
            let said = line.text().map_err(io::Error::other)?;
            prev = Hash::of(said.as_bytes());
            text.push_str(&said);
            text.push('\n');
        }
        if let Err(error) = self.audit.file.write_all(text.as_bytes()).and_then(|()| self.audit.file.sync_data()) {
            // Half a line of ours would look like that of a run that was stopped.
            let _ = self.audit.file.set_len(self.end);
            self.audit.ours = None;
            return Err(error);
        }
        self.end += u64::try_from(text.len()).unwrap_or_default();
        self.prev = prev;
        self.audit.ours = Some((self.end, prev));
        Ok(())
    }
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
