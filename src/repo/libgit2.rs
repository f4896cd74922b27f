//! libgit2's settings for the whole process: the one place where this crate is unsafe.
//!
//! They are functions of a C library's global state, unsynchronised, which git2 marks unsafe for that reason alone. Here they
//! are called once, behind a lock, before this process does anything else with libgit2.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use git2::{ConfigLevel, opts};

use super::transport;

/// How much of a pack is mapped at a time, and at most in all, in bytes: a large pack stays out of memory.
const WINDOW: usize = 1024 * 1024;
const MAPPED: usize = 24 * 1024 * 1024;

/// Prepares libgit2; every entry to this module comes through here. What failed is told each time.
pub(super) fn prepare() -> Result<(), git2::Error> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    let done = DONE.get_or_init(|| set().map_err(|error| error.message().to_owned()));
    done.clone().map_err(|why| git2::Error::from_str(&why))
}

fn set() -> Result<(), git2::Error> {
    // Every object is read once; a cache of them would only cost memory.
    opts::enable_caching(false);
    // What came by a fetch was hashed then. A walk over a long history has no time to hash it all again, and neither has
    // git's; zlib's checksum guards against a bad disk.
    opts::strict_hash_verification(false);
    // SAFETY: these write global settings of libgit2 without synchronisation. `prepare` lets one thread in, once, and
    // nothing in this crate calls libgit2 before it.
    unsafe {
        opts::set_mwindow_size(WINDOW)?;
        opts::set_mwindow_mapped_limit(MAPPED)?;
        // A partial clone can be read as long as nothing is asked for that it lacks.
        opts::set_extensions(&["partialclone"])?;
        git2::transport::register(transport::SCHEME, transport::open)?;
        // SAFETY: as above; paths of folders, which are copied.
        for (level, folder) in folders()? {
            opts::set_search_path(level, folder)?;
        }
    }
    Ok(())
}

/// Where git's configuration is, as its environment says; libgit2 knows only the folders of files that are called as usual.
fn folders() -> Result<Vec<(ConfigLevel, PathBuf)>, git2::Error> {
    let is_true = |value: &OsString| !["", "0", "false", "no", "off"].iter().any(|no| value.eq_ignore_ascii_case(no));
    let mut found = Vec::new();
    if std::env::var_os("GIT_CONFIG_NOSYSTEM").is_some_and(|value| is_true(&value)) {
        found.push((ConfigLevel::System, PathBuf::new()));
    }
    // In place of both of the user's own; empty, as /dev/null, is none.
    if let Some(file) = std::env::var_os("GIT_CONFIG_GLOBAL").map(PathBuf::from) {
        found.push((ConfigLevel::XDG, PathBuf::new()));
        let folder = match file.file_name() {
            Some(name) if name == ".gitconfig" => file.parent().unwrap_or(&file).to_owned(),
            Some(_) if file.is_file() => {
                called_as_usual(&file).map_err(|error| git2::Error::from_str(&error.to_string()))?
            }
            _ => PathBuf::new(),
        };
        found.push((ConfigLevel::Global, folder));
    }
    Ok(found)
}

static LINKED: OnceLock<PathBuf> = OnceLock::new();

/// A folder in which a file has the name that libgit2 looks for.
fn called_as_usual(file: &Path) -> std::io::Result<PathBuf> {
    let folder = tempfile::Builder::new().prefix("reconcile-").tempdir()?.keep();
    let folder = LINKED.get_or_init(|| folder);
    let file = file.canonicalize()?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(file, folder.join(".gitconfig"))?;
    #[cfg(not(unix))]
    std::fs::copy(file, folder.join(".gitconfig"))?;
    Ok(folder.clone())
}

/// Takes away what this process left for libgit2; after it nothing of git is read any more.
pub(super) fn tidy() {
    if let Some(folder) = LINKED.get() {
        // Where it is gone already there is nothing to do.
        let _ = std::fs::remove_dir_all(folder);
    }
}
