//! `reconcile init`: a new fleet repository.

mod ask;
mod place;
mod said;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::args::{Init, WhyFormat};
use super::desired::of_repo;
use super::failure::{Exit, Failure};
use super::print::Printer;
use crate::init::{Choices, NewFile, files};
use crate::repo::{self, Ground, RepoError};
use crate::report::answers;
use place::{Placed, in_the_way};

/// What was made.
struct Made {
    choices: Choices,
    ground: Option<Ground>,
    /// The commit, where there is one.
    commit: Option<String>,
    /// Files that were there and stayed as they are.
    left: Vec<String>,
}

/// Makes a fleet in a folder, all of it or nothing.
///
/// # Errors
/// Where a file is in the way, nobody is known as the author of the commit, or something cannot be written.
pub fn init(options: &Init, printer: &Printer) -> Result<u8, Failure> {
    let folder = std::path::absolute(&options.dir).map_err(|error| unwritable(&options.dir, &error))?;
    let (there, missing) = split(&folder)?;
    let ground = repo::ground(&there, &missing).map_err(|error| no_ground(&error))?;
    let choices = ask::choose(options, &folder, ground.as_ref(), printer)?;
    let all = files(&choices);
    let (all, left) = without_what_may_stay(&all, &folder, ground.as_ref());
    let mut blocked = in_the_way(&folder, &all);
    if ground.is_none() && fs::symlink_metadata(folder.join(".git")).is_ok() {
        // It is no repository that git could read, and it is not ours to mend.
        blocked.push(".git".to_owned());
    }
    if !blocked.is_empty() {
        return Err(refused(&folder, &blocked));
    }
    let commit = match (&ground, missing.as_os_str().is_empty()) {
        (Some(ground), _) => in_a_repository(options, &folder, ground, &all)?,
        (None, true) => in_a_folder(options, &folder, &choices, &all)?,
        (None, false) => in_a_new_folder(options, (&there, &missing), &choices, &all)?,
    };
    if options.format == WhyFormat::Json {
        let files = all.iter().map(|file| file.path.clone()).collect();
        let Choices { name, id, branch, chart, domain, .. } = choices;
        let (version, chart, folder) = (answers::version(), chart.name.to_owned(), folder.display().to_string());
        let begun = answers::Begun { version, name, id, folder, branch, chart, domain, commit, files, left };
        printer.answer(&answers::text(&begun))?;
        return Ok(0);
    }
    let made = Made { choices, ground, commit, left };
    printer.answer(&said::said(options, &made))?;
    Ok(0)
}

/// The part of a path that is there, and the rest.
fn split(folder: &Path) -> Result<(PathBuf, PathBuf), Failure> {
    let there = folder.ancestors().find(|part| fs::symlink_metadata(part).is_ok()).unwrap_or(folder);
    if !there.is_dir() {
        let hint = "name a folder, or one that is not there yet";
        return Err(Failure::new(Exit::Failed, format!("{} is no folder", there.display()), hint));
    }
    let missing = folder.strip_prefix(there).unwrap_or(Path::new(""));
    let canonical = there.canonicalize().map_err(|error| unwritable(there, &error))?;
    Ok((canonical, missing.to_owned()))
}

fn no_ground(error: &RepoError) -> Failure {
    match error {
        RepoError::NoWorktree { .. } => Failure::of(error).hint(Some("begin the fleet in a clone of it, and push")),
        RepoError::BadPath { .. } => Failure::of(error).hint(Some("name another folder")),
        error => of_repo(error),
    }
}

/// Files to be made, without those that the repository has its own of; and these.
fn without_what_may_stay<'a>(
    all: &'a [NewFile],
    folder: &Path,
    ground: Option<&Ground>,
) -> (Vec<&'a NewFile>, Vec<String>) {
    let stays =
        |file: &NewFile| ground.is_some() && file.may_be_there && fs::symlink_metadata(folder.join(&file.path)).is_ok();
    let left = all.iter().filter(|file| stays(file)).map(|file| file.path.clone()).collect();
    (all.iter().filter(|file| !stays(file)).collect(), left)
}

fn refused(folder: &Path, blocked: &[String]) -> Failure {
    if blocked.iter().any(|path| path == crate::fleet::FLEET_FILE) {
        let message = format!("there is a fleet in {} already: {}", folder.display(), crate::fleet::FLEET_FILE);
        return Failure::new(Exit::Failed, message, "reconcile --plan; nothing was made");
    }
    let shown = blocked.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if blocked.len() > 5 { format!(" and {} more", blocked.len() - 5) } else { String::new() };
    let (verb, hint) = match blocked {
        [_] => ("is", "move it away, or name another folder; nothing was made"),
        _ => ("are", "move them away, or name another folder; nothing was made"),
    };
    Failure::new(Exit::Failed, format!("{shown}{more} {verb} in {} already", folder.display()), hint)
}

const MESSAGE: &str = "Begin a fleet of sandboxes\n";

/// In a repository that is there: beside what it has.
fn in_a_repository(
    options: &Init,
    folder: &Path,
    ground: &Ground,
    all: &[&NewFile],
) -> Result<Option<String>, Failure> {
    if !options.no_commit {
        repo::check_identity(&ground.workdir).map_err(|error| of_repo(&error))?;
    }
    let mut placed = Placed::default();
    placed.below(folder, all).map_err(|(path, error)| unwritable(&path, &error))?;
    let commit = if options.no_commit {
        None
    } else {
        let paths: Vec<String> = all.iter().map(|file| format!("{}{}", ground.root, file.path)).collect();
        Some(repo::commit_new(&ground.workdir, &paths, MESSAGE).map_err(|error| of_repo(&error))?)
    };
    placed.keep();
    Ok(commit)
}

/// In a folder that is there, and in no repository: beside what it has.
fn in_a_folder(options: &Init, folder: &Path, choices: &Choices, all: &[&NewFile]) -> Result<Option<String>, Failure> {
    let mut placed = Placed::default();
    // Not there, or it would be a repository.
    placed.folder(folder.join(".git"));
    let commit = fresh(options, folder, choices, all, &mut placed)?;
    placed.keep();
    Ok(commit)
}

/// In a folder that is not there: made beside, and called so when it is whole.
fn in_a_new_folder(
    options: &Init,
    (there, missing): (&Path, &Path),
    choices: &Choices,
    all: &[&NewFile],
) -> Result<Option<String>, Failure> {
    let beside = tempfile::Builder::new().prefix(".reconcile-init-").tempdir_in(there);
    let beside = beside.map_err(|error| unwritable(there, &error))?;
    let folder = beside.path().join(missing);
    fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    let mut placed = Placed::default();
    let commit = fresh(options, &folder, choices, all, &mut placed)?;
    // What is left of a failure goes with the folder beside.
    placed.keep();
    let first = missing.components().next().map(|part| PathBuf::from(part.as_os_str())).unwrap_or_default();
    let target = there.join(&first);
    fs::rename(beside.path().join(&first), &target).map_err(|error| unwritable(&target, &error))?;
    Ok(commit)
}

/// Files, a repository around them, and its first commit.
fn fresh(
    options: &Init,
    folder: &Path,
    choices: &Choices,
    all: &[&NewFile],
    placed: &mut Placed,
) -> Result<Option<String>, Failure> {
    repo::begin(folder, &choices.branch).map_err(|error| of_repo(&error))?;
    if !options.no_commit {
        repo::check_identity(folder).map_err(|error| of_repo(&error))?;
    }
    placed.below(folder, all).map_err(|(path, error)| unwritable(&path, &error))?;
    if options.no_commit {
        return Ok(None);
    }
    let paths: Vec<String> = all.iter().map(|file| file.path.clone()).collect();
    repo::commit_new(folder, &paths, MESSAGE).map(Some).map_err(|error| of_repo(&error))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{} cannot be written: {error}", path.display()), "nothing was made")
}
