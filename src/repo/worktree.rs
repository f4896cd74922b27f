//! The working directory: which files differ from the commit, and, where asked for, what they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{Index, Repository, Status, StatusOptions};

use crate::fleet::Odd;

use super::error::RepoError;
use super::open::Repo;
use super::tree::{FOLDERS, LARGEST};

/// Files below the fleet's folders that differ from HEAD: staged, changed or new. Relative to the repository's root.
pub(super) fn dirty(repo: &Repo) -> Result<BTreeSet<String>, RepoError> {
    let mut out = BTreeSet::new();
    if repo.git.workdir().is_none() {
        return Ok(out);
    }
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).exclude_submodules(true).disable_pathspec_match(true);
    for folder in FOLDERS {
        options.pathspec(format!("{}{folder}", repo.root));
    }
    let found = repo.git.statuses(Some(&mut options)).map_err(RepoError::git("comparing the working directory"))?;
    for entry in found.iter() {
        if entry.status() != Status::CURRENT && !entry.status().contains(Status::IGNORED) {
            out.insert(String::from_utf8_lossy(entry.path_bytes()).into_owned());
        }
    }
    Ok(out)
}

/// Lays the working directory over the commit's files. Files that git ignores are not read, unless they are tracked.
pub(super) fn overlay(
    repo: &Repo,
    files: &mut BTreeMap<String, Arc<[u8]>>,
    odd: &mut BTreeMap<String, Odd>,
    dirty: &BTreeSet<String>,
) -> Result<(), RepoError> {
    let Some(workdir) = repo.git.workdir() else {
        return Ok(());
    };
    let base = workdir.join(&repo.root);
    let index = repo.git.index().map_err(RepoError::git("reading the index"))?;
    let mut found = Found::default();
    for folder in FOLDERS {
        walk(&base.join(folder), folder, &mut found)?;
    }
    // What is gone from the working directory is gone; what is clean keeps the commit's bytes (line ends may differ).
    files.retain(|path, _| found.files.contains_key(path));
    odd.retain(|path, _| found.odd.contains_key(path));
    for (path, place) in found.files {
        let full = format!("{}{path}", repo.root);
        if files.contains_key(&path) && !dirty.contains(&full) {
            continue;
        }
        if is_ignored(&repo.git, &index, &full) {
            continue;
        }
        let io = |source| RepoError::Io { path: place.clone(), source };
        let size = fs::metadata(&place).map_err(io)?.len();
        odd.remove(&path);
        if size > LARGEST as u64 {
            files.remove(&path);
            odd.insert(path, Odd::TooLarge(size));
        } else {
            files.insert(path, Arc::from(fs::read(&place).map_err(io)?));
        }
    }
    for (path, what) in found.odd {
        if !is_ignored(&repo.git, &index, &format!("{}{path}", repo.root)) {
            files.remove(&path);
            odd.insert(path, what);
        }
    }
    Ok(())
}

fn is_ignored(git: &Repository, index: &Index, path: &str) -> bool {
    let tracked = index.get_path(Path::new(path), 0).is_some();
    !tracked && git.is_path_ignored(path).unwrap_or(false)
}

/// What lies in the working directory, by its path below the fleet's root.
#[derive(Default)]
struct Found {
    files: BTreeMap<String, PathBuf>,
    odd: BTreeMap<String, Odd>,
}

fn walk(place: &Path, path: &str, found: &mut Found) -> Result<(), RepoError> {
    let io = |source| RepoError::Io { path: place.to_owned(), source };
    let kind = match fs::symlink_metadata(place) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(error)),
    };
    if kind.is_symlink() {
        let target = fs::read_link(place).map_err(io)?;
        let target = target.to_string_lossy().into_owned();
        found.odd.insert(path.to_owned(), Odd::Symlink(target));
    } else if kind.is_file() {
        found.files.insert(path.to_owned(), place.to_owned());
    } else if !kind.is_dir() {
        found.odd.insert(path.to_owned(), Odd::Special);
    } else if place.join(".git").exists() {
        found.odd.insert(path.to_owned(), Odd::Submodule);
    } else {
        for entry in fs::read_dir(place).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name();
            let below = format!("{path}/{}", name.to_string_lossy());
            if name.to_str().is_none() {
                found.odd.insert(below, Odd::BadName);
            } else {
                walk(&entry.path(), &below, found)?;
            }
        }
    }
    Ok(())
}
