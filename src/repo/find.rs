//! Finding the fleet's repository and the branch that somebody works on, by git's configuration.

use std::path::{Path, PathBuf};

use git2::{Config, Repository};

use super::error::RepoError;
use super::libgit2;

/// The repository that is meant: the one that is named, else what git's `reconcile.repo` names. A path there is relative to
/// the top of the repository that says it.
pub(super) fn repository(named: Option<&str>) -> Option<String> {
    if let Some(named) = named {
        return Some(named.to_owned());
    }
    let Ok(git) = Repository::open_from_env() else {
        return Config::open_default().ok()?.get_string("reconcile.repo").ok();
    };
    let repo = configured(&git, "reconcile.repo")?;
    if super::address::is_url(&repo) {
        return Some(repo);
    }
    let home = repo.strip_prefix("~/").zip(std::env::home_dir()).map(|(rest, home)| home.join(rest));
    let path: PathBuf = home.unwrap_or_else(|| git.workdir().unwrap_or(git.path()).join(&repo));
    Some(path.to_string_lossy().into_owned())
}

/// One of git's settings.
pub(super) fn configured(git: &Repository, key: &str) -> Option<String> {
    git.config().ok()?.get_string(key).ok().filter(|value| !value.is_empty())
}

/// A setting of git's around the current folder, or of the user where there is no repository.
pub fn setting(key: &str) -> Option<String> {
    libgit2::prepare().ok()?;
    match Repository::open_from_env() {
        Ok(git) => configured(&git, key),
        Err(_) => Config::open_default().ok()?.get_string(key).ok().filter(|value| !value.is_empty()),
    }
}

/// What is checked out around the current folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The branch; none where a commit is checked out by itself.
    pub branch: Option<String>,
    /// The commit; none before the first.
    pub commit: Option<String>,
    /// The top of the working directory.
    pub folder: Option<PathBuf>,
}

impl Checkout {
    /// That of the repository around the current folder.
    ///
    /// # Errors
    /// Where there is none.
    pub fn here() -> Result<Checkout, RepoError> {
        libgit2::prepare().map_err(RepoError::git("preparing libgit2"))?;
        let git = super::open::open_path(None)?;
        let head = git.find_reference("HEAD").map_err(RepoError::git("reading HEAD"))?;
        let branch = head.symbolic_target().ok().flatten().and_then(|name| name.strip_prefix("refs/heads/"));
        let commit = head.peel_to_commit().ok().map(|commit| commit.id().to_string());
        Ok(Checkout { branch: branch.map(str::to_owned), commit, folder: git.workdir().map(Path::to_owned) })
    }
}
