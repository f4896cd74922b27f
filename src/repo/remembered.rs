//! The fleet's branch as it was fetched last, without a word to anybody: for what has to answer at once, and may be behind.
//! Nothing is planned from it.

use std::path::Path;

use git2::Repository;

use super::address::{Address, instead_of, is_url};
use super::env::Env;
use super::error::RepoError;
use super::mirror;
use super::open::{Repo, RepoArgs, Source, fleet_root, is_partial, open_path};
use super::trunk::{checked_out, default_branch, find_remote, followed};
use super::{find, libgit2};

/// The branch as it is known here; `None` where it never was fetched.
///
/// # Errors
/// Where there is no repository, or it cannot be read.
pub fn remembered(args: &RepoArgs, env: &Env) -> Result<Option<Repo>, RepoError> {
    libgit2::prepare().map_err(RepoError::git("preparing libgit2"))?;
    let root = fleet_root(args.path.as_deref())?;
    let repo = find::repository(args.repo.as_deref());
    let url = repo.as_deref().filter(|repo| is_url(repo)).map(|url| Address::parse(&instead_of(url))).transpose()?;
    let (git, source) = match url {
        Some(address) => {
            let Some(git) = mirror::known(&address, env) else { return Ok(None) };
            (git, Source::Url(address.to_string()))
        }
        None => {
            let git = open_path(repo.as_deref().map(Path::new))?;
            let source = Source::Path(git.workdir().unwrap_or(git.path()).to_owned());
            (git, source)
        }
    };
    let wanted = args.rev.clone().or_else(|| find::configured(&git, "reconcile.branch"));
    let remote = if git.is_bare() { None } else { find_remote(&git, wanted.as_deref())? };
    let noted = || match &remote {
        Some(remote) => followed(&git, remote),
        None if git.is_bare() => checked_out(&git).ok().flatten(),
        None => None,
    };
    let branch = wanted.or_else(noted).map_or_else(|| default_branch(&git), Ok)?;
    let name = match &remote {
        None => format!("refs/heads/{branch}"),
        Some(remote) => format!("refs/remotes/{remote}/{branch}"),
    };
    let found = git.find_reference(&name).and_then(|reference| reference.peel_to_commit()).map(|commit| commit.id());
    let Ok(commit) = found else { return Ok(None) };
    let partial = is_partial(&git);
    let git = Repository::open_bare(git.commondir()).map_err(RepoError::git("opening the repository"))?;
    Ok(Some(Repo { git, source, commit: Some(commit), root, worktree: false, partial }))
}
