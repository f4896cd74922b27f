//! Finding the fleet's repository by git's configuration.

use std::path::PathBuf;

use git2::{Config, Repository};

use super::libgit2;

/// The repository that is meant: the one that is named, else what git's `reconcile.repo` names. A path there is relative to
/// the top of the repository that says it.
pub(super) fn repository(named: Option<&str>) -> Option<String> {
    // A variable that is empty names nothing.
    if let Some(named) = named.filter(|named| !named.is_empty()) {
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
