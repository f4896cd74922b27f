//! A chart's files from the disk. Links are followed, as Helm follows them, but not round in a circle.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::chart::{Chart, Rules, quoted};

/// So many bytes may all files of a chart's folder have together.
const MAX_FILES: u64 = 512 << 20;
/// The largest archive that is looked into.
const MAX_ARCHIVE: u64 = 100 << 20;

/// The files of a folder, by their paths below it.
pub(super) fn files(folder: &Path) -> Result<BTreeMap<String, Arc<[u8]>>, String> {
    let ignore = folder.join(".helmignore");
    let ignore = if ignore.exists() { Some(read(&ignore)?) } else { None };
    let rules = Chart::ignored(ignore.as_deref()).map_err(|error| error.to_string())?;
    let mut walk = Walk { rules, files: BTreeMap::new(), room: MAX_FILES, above: Vec::new() };
    walk.folder(folder, "")?;
    Ok(walk.files)
}

struct Walk {
    rules: Rules,
    files: BTreeMap<String, Arc<[u8]>>,
    room: u64,
    /// The folders that are being read, as they are without links.
    above: Vec<PathBuf>,
}

impl Walk {
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), String> {
        let real = folder.canonicalize().map_err(|error| said("open", folder, &error))?;
        if self.above.contains(&real) {
            let place = folder.display();
            return Err(format!("{place} is a link that leads back to a folder around it: the chart has no end"));
        }
        self.above.push(real);
        let entries = fs::read_dir(folder).map_err(|error| said("open", folder, &error))?;
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(|error| said("readdirent", folder, &error))?.file_name());
        }
        names.sort();
        for name in names {
            let path = folder.join(&name);
            self.entry(&path, &format!("{prefix}{}", name.to_string_lossy()))?;
        }
        self.above.pop();
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &str) -> Result<(), String> {
        let kind = path.symlink_metadata().map_err(|error| said("lstat", path, &error))?;
        let kind = if kind.is_symlink() {
            let shown = path.display();
            match (fs::read_link(path), path.metadata()) {
                (_, Ok(kind)) => kind,
                (Ok(to), Err(error)) => {
                    let to = first_missing(&path.parent().unwrap_or(path).join(to));
                    return Err(format!("error evaluating symlink {shown}: {}", said("lstat", &to, &error)));
                }
                (Err(error), _) => return Err(format!("error evaluating symlink {shown}: {}", reason(&error))),
            }
        } else {
            kind
        };
        if kind.is_dir() {
            if self.rules.ignores_folder(name) {
                return Ok(());
            }
            return self.folder(path, &format!("{name}/"));
        }
        if self.rules.ignores(name) {
            return Ok(());
        }
        if !kind.is_file() {
            let place = path.display();
            return Err(format!("cannot load irregular file {place} as it has file mode type bits set"));
        }
        let short = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if kind.len() > Chart::MAX_FILE {
            let limit = Chart::MAX_FILE;
            return Err(format!("chart file {} is larger than the maximum file size {limit}", quoted(&short)));
        }
        self.room = self
            .room
            .checked_sub(kind.len())
            .ok_or_else(|| format!("the files of the chart are together larger than {MAX_FILES} bytes"))?;
        let bytes = read(path).map_err(|why| format!("error reading {name}: {why}"))?;
        self.files.insert(name.to_owned(), bytes.into());
        Ok(())
    }
}

/// The first folder on a path, or what it leads to, that is not there.
fn first_missing(path: &Path) -> PathBuf {
    let mut so_far = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(so_far.pop()),
            part => so_far.push(part),
        }
        if so_far.symlink_metadata().is_err() {
            return so_far;
        }
    }
    so_far
}

/// The bytes of what may be a packed chart.
pub(super) fn archive(path: &Path) -> Result<Vec<u8>, String> {
    let place = path.display();
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| said("open", path, &error))?;
    let read = file.take(MAX_ARCHIVE + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("file '{place}' cannot be read: {}", said("read", path, &error)))?;
    if !bytes.starts_with(b"\x1f\x8b\x08") {
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        return Err(if is_yaml {
            format!("file '{place}' seems to be a YAML file, but expected a gzipped archive")
        } else {
            let kind = kind(&bytes);
            format!("file '{place}' does not appear to be a gzipped archive; got '{kind}'")
        });
    }
    if bytes.len() as u64 > MAX_ARCHIVE {
        return Err(format!("file '{place}' is larger than {MAX_ARCHIVE} bytes, and no chart"));
    }
    Ok(bytes)
}

/// What a file looks like. Helm looks at the first half of a kilobyte, and takes what is missing of it for zeroes.
fn kind(bytes: &[u8]) -> &'static str {
    let head = bytes.get(..512);
    if bytes.starts_with(b"PK\x03\x04") {
        "application/zip"
    } else if head
        .is_some_and(|head| head.iter().all(|byte| matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b | 0x20..)))
    {
        "text/plain; charset=utf-8"
    } else {
        "application/octet-stream"
    }
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut file = File::open(path).map_err(|error| said("open", path, &error))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| said("read", path, &error))?;
    Ok(bytes)
}

/// An error of the system as Go words it.
fn said(what: &str, path: &Path, error: &io::Error) -> String {
    format!("{what} {}: {}", path.display(), reason(error))
}

/// The system's own words.
pub(super) fn reason(error: &io::Error) -> String {
    let Some(code) = error.raw_os_error() else { return error.to_string() };
    let words = error.to_string();
    let words = words.strip_suffix(&format!(" (os error {code})")).unwrap_or(&words);
    let mut chars = words.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
