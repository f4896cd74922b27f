//! What a run is about to write: noted before it is sent, and gone when the run ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::file::{Locked, folder_of};
use super::line::{Line, What};

const ENDING: &str = ".pending";

/// One run's file. It is locked while the run lives, by which others know that it does.
#[derive(Debug)]
pub(super) struct Pending {
    file: File,
    path: PathBuf,
}

impl Pending {
    /// Of a new run. `_locked` keeps others from taking it for that of a dead one.
    pub(super) fn begin(audit: &Path, run: &str, _locked: &Locked<'_>) -> io::Result<Self> {
        let mut name = audit.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{run}{ENDING}"));
        let path = folder_of(audit).join(name);
        let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        file.lock()?;
        if let Ok(folder) = File::open(folder_of(&path)) {
            folder.sync_all()?;
        }
        Ok(Self { file, path })
    }

    /// Notes what is about to be written, and waits until that is on the disk.
    pub(super) fn note(&mut self, lines: &[Line]) -> io::Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str(&line.text().map_err(io::Error::other)?);
            text.push('\n');
        }
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()
    }

    /// Everything is in the audit.
    pub(super) fn end(self) {
        // Where it stays, the next run finds all of it in the audit.
        let _ = fs::remove_file(&self.path);
    }
}

/// Adds to the audit what runs that were stopped have left, and answers with how many writes that were.
pub(super) fn recover(audit: &Path, run: &str, locked: &mut Locked<'_>) -> io::Result<usize> {
    let stem = format!("{}.", audit.file_name().unwrap_or_default().to_string_lossy());
    let mut all = 0;
    for entry in fs::read_dir(folder_of(audit))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_prefix(&stem).and_then(|name| name.strip_suffix(ENDING));
        if id.is_none_or(|id| id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            continue;
        }
        let mut file = match OpenOptions::new().read(true).write(true).open(entry.path()) {
            Ok(file) => file,
            // Its run ended just now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut noted = Vec::new();
        file.read_to_end(&mut noted)?;
        let mut left = unsettled(&noted, &locked.lines()?);
        for line in &mut left {
            if let What::Write(write) = &mut line.what {
                write.noted_by = Some(run.to_owned());
                write.said.error = Some("the run was stopped before it noted the answer".into());
            }
        }
        locked.add(&mut left)?;
        all += left.len();
        fs::remove_file(entry.path())?;
    }
    Ok(all)
}

/// The writes that were noted and are not in the audit. A note that is cut short was of a write that was never sent.
fn unsettled(noted: &[u8], audit: &[u8]) -> Vec<Line> {
    let lines = |bytes: &[u8]| -> Vec<Line> {
        bytes.split(|&byte| byte == b'\n').filter_map(|raw| Line::read(raw).ok()).collect()
    };
    let name = |line: &Line| match &line.what {
        What::Write(write) => Some((line.run.clone(), write.number)),
        What::Torn(_) => None,
    };
    let noted = lines(noted);
    let runs: std::collections::BTreeSet<&[u8]> = noted.iter().map(|line| line.run.as_bytes()).collect();
    // Of a long audit only the lines of that run are read.
    let settled: std::collections::BTreeSet<_> = audit
        .split(|&byte| byte == b'\n')
        .filter(|raw| runs.iter().any(|run| memchr::memmem::find(raw, run).is_some()))
        .filter_map(|raw| name(&Line::read(raw).ok()?))
        .collect();
    noted.into_iter().filter(|line| name(line).is_some_and(|name| !settled.contains(&name))).collect()
}
