//! The first commit of a fleet: in a repository of its own, or in one that is there.

use std::path::{Path, PathBuf};

use git2::{ErrorCode, Index, Repository, RepositoryInitOptions};

use super::commit::{commit_tree, identity};
use super::error::RepoError;
use super::libgit2;

/// What a folder lies in, before a fleet begins there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The repository's working directory.
    pub workdir: PathBuf,
    /// The folder in it: empty, or a path with a `/` at its end.
    pub root: String,
    /// The branch that is checked out; it may have no commit yet.
    pub branch: String,
    /// The address of the remote `origin`.
    pub origin: Option<String>,
}

/// The repository around a folder: one that is there, and below it `rest`, which is not. A repository that ignores the
/// folder has nothing to do with it.
///
/// # Errors
/// Where it is bare, has no branch checked out, or cannot be read.
pub fn ground(there: &Path, rest: &Path) -> Result<Option<Ground>, RepoError> {
    prepare()?;
    let git = match Repository::discover(there) {
        Ok(git) => git,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) if error.code() == ErrorCode::Owner => return Err(RepoError::NotOwned { path: there.to_owned() }),
        Err(error) => return Err(RepoError::git("opening the repository")(error)),
    };
    let Some(workdir) = git.workdir() else {
        return Err(RepoError::NoWorktree { path: git.path().to_owned() });
    };
    let canonical = |path: &Path| path.canonicalize().map_err(|source| RepoError::Io { path: path.to_owned(), source });
    let (workdir, folder) = (canonical(workdir)?, canonical(there)?.join(rest));
    let root = match folder.strip_prefix(&workdir) {
        Ok(root) if !root.starts_with(".git") => root.to_string_lossy().into_owned(),
        _ => return Err(RepoError::BadPath { path: folder.display().to_string() }),
    };
    let root = if root.is_empty() { root } else { format!("{root}/") };
    if !root.is_empty() && git.is_path_ignored(&root).unwrap_or(false) {
        return Ok(None);
    }
    let head = git.find_reference("HEAD").map_err(RepoError::git("reading HEAD"))?;
    let target = head.symbolic_target().ok().flatten().and_then(|target| target.strip_prefix("refs/heads/"));
    let branch = target.map(str::to_owned).ok_or(RepoError::Detached)?;
    let origin = git.find_remote("origin").ok().and_then(|remote| remote.url().ok().map(str::to_owned));
    drop(head);
    Ok(Some(Ground { workdir, root, branch, origin }))
}

/// How a new repository's branch is called: as git is told (`init.defaultBranch`), else `main`.
pub fn default_branch() -> String {
    let configured = prepare().ok().and_then(|()| git2::Config::open_default().ok());
    configured
        .and_then(|config| config.get_string("init.defaultBranch").ok())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "main".to_owned())
}

/// Makes a repository of a folder, with a branch that has no commit yet.
///
/// # Errors
/// What git says.
pub fn begin(folder: &Path, branch: &str) -> Result<(), RepoError> {
    prepare()?;
    let mut options = RepositoryInitOptions::new();
    options.initial_head(branch).no_reinit(true).external_template(true);
    Repository::init_opts(folder, &options).map_err(RepoError::git("making the repository"))?;
    Ok(())
}

/// Whether somebody is known as the author of a commit there.
///
/// # Errors
/// [`RepoError::NoIdentity`] where nobody is.
pub fn check_identity(workdir: &Path) -> Result<(), RepoError> {
    identity(&open(workdir)?).map(drop)
}

/// Commits files that are new in the working directory, and nothing else: what is staged stays so. The commit's id.
///
/// # Errors
/// Where nobody is known as its author, or git does not take it; then HEAD is where it was.
pub fn commit_new(workdir: &Path, paths: &[String], message: &str) -> Result<String, RepoError> {
    let git = open(workdir)?;
    let failed = RepoError::git("committing the fleet");
    let parent = match git.head() {
        Ok(head) => Some(head.peel_to_commit().map_err(&failed)?),
        Err(error) if error.code() == ErrorCode::UnbornBranch => None,
        Err(error) => return Err(failed(error)),
    };
    let mut index = git.index().map_err(&failed)?;
    let mut commit = Index::new().map_err(&failed)?;
    if let Some(parent) = &parent {
        commit.read_tree(&parent.tree().map_err(&failed)?).map_err(&failed)?;
    }
    for path in paths {
        let path = Path::new(path);
        index.add_path(path).map_err(&failed)?;
        let entry = index.get_path(path, 0).ok_or_else(|| git2::Error::from_str("a file is not in the index"));
        commit.add(&entry.map_err(&failed)?).map_err(&failed)?;
    }
    let tree = commit.write_tree_to(&git).map_err(&failed)?;
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    let id = commit_tree(&git, tree, &parents, message)?;
    // To where HEAD leads, unless that has moved meanwhile.
    let head = git.find_reference("HEAD").map_err(&failed)?;
    let branch = head.symbolic_target().ok().flatten().map(str::to_owned).ok_or(RepoError::Detached)?;
    // Before the branch moves: what cannot be staged is not committed either.
    index.write().map_err(&failed)?;
    let log = "commit: reconcile init";
    let moved = match &parent {
        Some(parent) => git.reference_matching(&branch, id, true, parent.id(), log),
        None => git.reference(&branch, id, false, log),
    };
    if let Err(error) = moved {
        for path in paths {
            // What is left of it there is of no use to anybody, but does no harm.
            let _ = index.remove_path(Path::new(path));
        }
        let _ = index.write();
        return Err(failed(error));
    }
    Ok(id.to_string())
}

fn prepare() -> Result<(), RepoError> {
    libgit2::prepare().map_err(RepoError::git("preparing libgit2"))
}

fn open(workdir: &Path) -> Result<Repository, RepoError> {
    prepare()?;
    Repository::open(workdir).map_err(RepoError::git("opening the repository"))
}
