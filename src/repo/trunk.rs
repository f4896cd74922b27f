//! The fleet's branch: what the developer's commands read, and where they write.
//!
//! Where the repository has a remote, the branch is the remote's, fetched anew: what others pushed is seen, and what is written
//! is pushed. The local branch of that name, the checkout and the index stay as they are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::{AutotagOption, Direction, ErrorCode, FetchOptions, Oid, Repository};

use super::address::{Address, instead_of, is_url};
use super::env::Env;
use super::error::RepoError;
use super::mirror::{self, Mirror};
use super::open::{Repo, RepoArgs, Source, fleet_root, is_partial, open_path};
use super::transport::Route;
use super::{find, libgit2};

/// How often, and after which pause, a branch is fetched again that another process is noting.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The fleet's branch.
pub struct Trunk {
    pub(super) git: Repository,
    source: Source,
    root: String,
    /// Its short name, where the branch is kept.
    pub(super) branch: String,
    pub(super) remote: Option<Remote>,
}

/// Where the branch is kept, if not here.
pub(super) struct Remote {
    /// Its name, or its address.
    pub shown: String,
    pub address: Address,
    /// Where what was fetched is noted here.
    pub tracking: String,
    /// Mirrors are fetched when they are opened.
    fetched: bool,
}

impl std::fmt::Debug for Trunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trunk").field("branch", &self.branch).field("source", &self.source).finish_non_exhaustive()
    }
}

impl Trunk {
    /// Finds the branch: `args.rev`, else git's `reconcile.branch`, else the default branch.
    ///
    /// # Errors
    /// Where there is no repository, or it cannot be told which branch is meant.
    pub fn open(args: &RepoArgs, env: &Env) -> Result<Trunk, RepoError> {
        libgit2::prepare().map_err(RepoError::git("preparing libgit2"))?;
        let root = fleet_root(args.path.as_deref())?;
        let repo = find::repository(args.repo.as_deref());
        if let Some(url) = repo.as_deref().filter(|repo| is_url(repo)) {
            return Trunk::mirrored(url, args, env, root);
        }
        let git = open_path(repo.as_deref().map(Path::new))?;
        if git.is_bare() {
            // What others push to is pushed to, so that its hooks run.
            let path = git.path().canonicalize().map_err(|source| RepoError::Io { path: git.path().into(), source })?;
            return Trunk::mirrored(&format!("file://{}", path.display()), args, env, root);
        }
        let source = Source::Path(git.workdir().unwrap_or(git.path()).to_owned());
        let wanted = args.rev.clone().or_else(|| find::configured(&git, "reconcile.branch"));
        let remote = find_remote(&git, wanted.as_deref())?;
        let (branch, remote) = match remote {
            None => (wanted.map_or_else(|| default_branch(&git), Ok)?, None),
            Some(name) => {
                let (branch, remote) = of_remote(&git, &name, wanted.as_deref(), env)?;
                (branch, Some(remote))
            }
        };
        Ok(Trunk { git, source, root, branch, remote })
    }

    fn mirrored(url: &str, args: &RepoArgs, env: &Env, root: String) -> Result<Trunk, RepoError> {
        let address = Address::parse(&instead_of(url))?;
        let mirror = Mirror::fetch(&address, env)?;
        let url = address.to_string();
        let head = mirror.head.as_deref().and_then(|head| head.strip_prefix("refs/heads/"));
        let branch = args.rev.as_deref().or(head).ok_or_else(|| RepoError::NoDefaultBranch { url: url.clone() })?;
        let branch = branch.to_owned();
        let tracking = format!("refs/heads/{branch}");
        let remote = Remote { shown: url.clone(), address, tracking, fetched: true };
        Ok(Trunk { git: mirror.git, source: Source::Url(url), root, branch, remote: Some(remote) })
    }

    /// The branch's short name.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// The remote's name or address, where the branch is kept elsewhere.
    pub fn remote(&self) -> Option<&str> {
        self.remote.as_ref().map(|remote| remote.shown.as_str())
    }

    /// The top of the checkout that shows the branch which is written here, and so falls behind it: this one, else that of
    /// another worktree.
    pub fn checkout(&self) -> Option<PathBuf> {
        if self.remote.is_some() {
            return None;
        }
        let shows = |git: &Repository| {
            let shown = checked_out(git).ok()??;
            git.workdir().filter(|_| shown == self.branch).map(Path::to_owned)
        };
        let main = || shows(&Repository::open(self.git.commondir()).ok()?);
        let others = || {
            let names = self.git.worktrees().ok()?;
            let linked = |name: &str| Repository::open_from_worktree(&self.git.find_worktree(name).ok()?).ok();
            names.iter().find_map(|name| shows(&linked(name.ok()??)?))
        };
        shows(&self.git).or_else(main).or_else(others)
    }

    /// The fleet's root in the repository: empty, or a path that ends in `/`.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The branch as it is now.
    ///
    /// # Errors
    /// Where the remote cannot be reached, or has no such branch.
    pub fn tip(&self, env: &Env) -> Result<Repo, RepoError> {
        let name = match &self.remote {
            None => format!("refs/heads/{}", self.branch),
            Some(remote) if remote.fetched => remote.tracking.clone(),
            Some(remote) => {
                self.fetch(remote, env)?;
                remote.tracking.clone()
            }
        };
        self.at(self.resolve(&name)?)
    }

    /// The branch as it was when it was last fetched; `None` where it never was. Nobody is asked.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    pub fn known(&self) -> Result<Option<Repo>, RepoError> {
        let name = self.remote.as_ref().map_or_else(|| format!("refs/heads/{}", self.branch), |r| r.tracking.clone());
        match self.resolve(&name) {
            Ok(commit) => self.at(commit).map(Some),
            Err(RepoError::NoBranch { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The branch as it is now, whatever was fetched before.
    pub(super) fn tip_anew(&self, env: &Env) -> Result<Repo, RepoError> {
        if let Some(remote) = &self.remote {
            self.fetch(remote, env)?;
        }
        let name = self.remote.as_ref().map_or_else(|| format!("refs/heads/{}", self.branch), |r| r.tracking.clone());
        self.at(self.resolve(&name)?)
    }

    fn resolve(&self, name: &str) -> Result<Oid, RepoError> {
        match self.git.find_reference(name).and_then(|reference| reference.peel_to_commit()) {
            Ok(commit) => Ok(commit.id()),
            Err(error) if error.code() == ErrorCode::NotFound => Err(RepoError::NoBranch {
                branch: self.branch.clone(),
                place: self.remote().map_or_else(|| "this repository".to_owned(), str::to_owned),
            }),
            Err(error) => Err(RepoError::git("reading the fleet's branch")(error)),
        }
    }

    /// The fleet at a commit of this repository, whatever is checked out.
    pub(super) fn at(&self, commit: Oid) -> Result<Repo, RepoError> {
        let git = Repository::open_bare(self.git.commondir()).map_err(RepoError::git("opening the repository"))?;
        let partial = is_partial(&git);
        let (source, root) = (self.source.clone(), self.root.clone());
        Ok(Repo { git, source, commit: Some(commit), root, worktree: false, partial })
    }

    fn fetch(&self, remote: &Remote, env: &Env) -> Result<(), RepoError> {
        let route = Route::to(&remote.address, env);
        let failed = |error: git2::Error| mirror::fetch_error(&error, &route, &remote.address);
        let refspec = format!("+refs/heads/{}:{}", self.branch, remote.tracking);
        let mut tries = 0;
        loop {
            let mut elsewhere = self.git.remote_anonymous(&route.url()).map_err(failed)?;
            let mut options = FetchOptions::new();
            options.download_tags(AutotagOption::None).update_fetchhead(false);
            match elsewhere.fetch(&[&refspec], Some(&mut options), None) {
                // Another command, or git, is noting the same branch.
                Err(error) if is_locked(&error) && tries < LOCK_TRIES => {
                    tries += 1;
                    std::thread::sleep(LOCK_PAUSE);
                }
                fetched => return fetched.map_err(failed),
            }
        }
    }
}

/// libgit2 has a code for it, and does not always give it.
pub(super) fn is_locked(error: &git2::Error) -> bool {
    error.code() == ErrorCode::Locked || error.message().contains(".lock'")
}

/// The remote whose branch is the fleet's: that of the branch, `origin`, or the only one.
pub(super) fn find_remote(git: &Repository, branch: Option<&str>) -> Result<Option<String>, RepoError> {
    let names = git.remotes().map_err(RepoError::git("reading the remotes"))?;
    let names: Vec<String> = names.iter().filter_map(|name| Some(name.ok()??.to_owned())).collect();
    let own = branch.and_then(|branch| find::configured(git, &format!("branch.{branch}.remote")));
    let wanted = find::configured(git, "reconcile.remote").or(own);
    match (wanted, names.as_slice()) {
        // As git has it: the branch follows another one here.
        (Some(name), _) if name == "." => Ok(None),
        (Some(name), names) if names.contains(&name) => Ok(Some(name)),
        (Some(name), _) => Err(RepoError::NoRemote { name }),
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(only.clone())),
        (None, names) if names.iter().any(|name| name == "origin") => Ok(Some("origin".to_owned())),
        (None, names) => Err(RepoError::ManyRemotes { names: names.to_vec() }),
    }
}

fn of_remote(git: &Repository, name: &str, branch: Option<&str>, env: &Env) -> Result<(String, Remote), RepoError> {
    let remote = git.find_remote(name).map_err(RepoError::git("reading the remote"))?;
    let url = match remote.pushurl() {
        Ok(Some(url)) => url.to_owned(),
        _ => remote.url().map_err(RepoError::git("reading the remote's URL"))?.to_owned(),
    };
    let address = address_of(git, &url)?;
    let branch = match branch {
        Some(branch) => branch.to_owned(),
        None => match followed(git, name) {
            Some(branch) => branch,
            None => asked(git, &address, env)?,
        },
    };
    let tracking = format!("refs/remotes/{name}/{branch}");
    Ok((branch, Remote { shown: name.to_owned(), address, tracking, fetched: false }))
}

/// The default branch of a remote, as the clone noted it.
pub(super) fn followed(git: &Repository, remote: &str) -> Option<String> {
    let head = git.find_reference(&format!("refs/remotes/{remote}/HEAD")).ok()?;
    let target = head.symbolic_target().ok()??;
    target.strip_prefix(&format!("refs/remotes/{remote}/")).map(str::to_owned)
}

/// The default branch of a remote, as it says itself.
fn asked(git: &Repository, address: &Address, env: &Env) -> Result<String, RepoError> {
    let route = Route::to(address, env);
    let failed = |error: git2::Error| mirror::fetch_error(&error, &route, address);
    let mut remote = git.remote_anonymous(&route.url()).map_err(failed)?;
    remote.connect(Direction::Fetch).map_err(failed)?;
    let head = remote.default_branch();
    let head = head.ok().and_then(|name| name.as_str().ok()?.strip_prefix("refs/heads/").map(str::to_owned));
    head.ok_or_else(|| RepoError::NoDefaultBranch { url: address.to_string() })
}

/// A remote's URL; git also takes a path there.
fn address_of(git: &Repository, url: &str) -> Result<Address, RepoError> {
    let url = instead_of(url);
    if is_url(&url) {
        return Address::parse(&url);
    }
    let base = git.workdir().unwrap_or(git.path());
    let path = base.join(&url);
    // One that is gone is told of by the fetch, which readers can do without.
    let path = path.canonicalize().unwrap_or(path);
    Ok(Address::File(format!("file://{}", path.display())))
}

/// The branch that HEAD names, where it names one.
pub(super) fn checked_out(git: &Repository) -> Result<Option<String>, git2::Error> {
    let head = git.find_reference("HEAD")?;
    let target = head.symbolic_target().ok().flatten();
    Ok(target.and_then(|name| name.strip_prefix("refs/heads/")).map(str::to_owned))
}

/// The branch of a repository without a remote: the one that is configured for new repositories, `main`, `master`, or where
/// there is none of them, the one that is checked out.
pub(super) fn default_branch(git: &Repository) -> Result<String, RepoError> {
    let head = checked_out(git).map_err(RepoError::git("reading HEAD"))?;
    let usual = find::configured(git, "init.defaultBranch").into_iter().chain(["main", "master"].map(str::to_owned));
    let known = |name: &String| git.find_reference(&format!("refs/heads/{name}")).is_ok();
    let found = usual.into_iter().find(known);
    found.or(head).ok_or(RepoError::NoTrunk)
}
