//! Mirrors of repositories elsewhere: bare, in the cache folder, fetched anew by every run.
//!
//! No run reads a mirror without a fetch that succeeded just before: what cannot be reached is an error, and never what
//! was there last time. Its first copy is made beside it and takes its name when it is whole.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::{AutotagOption, Direction, ErrorCode, FetchOptions, FetchPrune, Repository};

use super::address::Address;
use super::env::Env;
use super::error::RepoError;
use super::transport::{Problem, Route};

/// What is mirrored: branches and tags, as they are there now.
const REFSPECS: [&str; 2] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
/// How long another run's fetch of the same mirror is waited for.
const PATIENCE: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_millis(100);

/// A mirror that was just fetched.
pub(super) struct Mirror {
    pub git: Repository,
    /// The branch that the other side's HEAD names.
    pub head: Option<String>,
    /// Held until the commit is found, so that no other run moves the branches meanwhile.
    _lock: File,
}

impl Mirror {
    /// Fetches the mirror of an address, making it first where there is none.
    pub fn fetch(address: &Address, env: &Env) -> Result<Mirror, RepoError> {
        let folder = folder(env).ok_or(RepoError::NoCache)?;
        private_folder(&folder).map_err(|source| RepoError::Io { path: folder.clone(), source })?;
        let place = folder.join(address.key());
        let lock = lock(&place.with_extension("lock"), address)?;
        let route = Route::to(address, env);
        let (git, head) = if place.exists() {
            let git = Repository::open_bare(&place).map_err(|error| broken_mirror(&place, &error))?;
            let head = update(&git, &route, address)?;
            (git, head)
        } else {
            make(&place, &route, address)?
        };
        Ok(Mirror { git, head, _lock: lock })
    }
}

/// The mirror of an address as it was fetched last, where there is one.
pub(super) fn known(address: &Address, env: &Env) -> Option<Repository> {
    Repository::open_bare(folder(env)?.join(address.key())).ok()
}

fn folder(env: &Env) -> Option<PathBuf> {
    Some(env.cache.as_ref()?.join("reconcile").join("mirrors"))
}

/// Makes a mirror beside its place, and puts it there when it is whole. The lock is held.
fn make(place: &Path, route: &Route, address: &Address) -> Result<(Repository, Option<String>), RepoError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| RepoError::Io { path, source }
    };
    // What a killed run left is nobody's.
    let unfinished = place.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(io(&unfinished))?;
    }
    let git = Repository::init_bare(&unfinished).map_err(RepoError::git("making a mirror"))?;
    let fetched = update(&git, route, address);
    drop(git);
    match fetched {
        Ok(head) => {
            fs::rename(&unfinished, place).map_err(io(place))?;
            let git = Repository::open_bare(place).map_err(|error| broken_mirror(place, &error))?;
            Ok((git, head))
        }
        Err(error) => {
            // The error is what matters; what is left here is swept by the next run too.
            let _ = fs::remove_dir_all(&unfinished);
            Err(error)
        }
    }
}

/// Makes branches and tags what they are on the other side; the branch that its HEAD names.
fn update(git: &Repository, route: &Route, address: &Address) -> Result<Option<String>, RepoError> {
    let failed = |error: git2::Error| fetch_error(&error, route, address);
    let mut remote = git.remote_anonymous(&route.url()).map_err(failed)?;
    remote.connect(Direction::Fetch).map_err(failed)?;
    let head = match remote.default_branch() {
        Ok(name) => name.as_str().ok().map(str::to_owned),
        Err(error) if error.code() == ErrorCode::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let mut options = FetchOptions::new();
    options.prune(FetchPrune::On).download_tags(AutotagOption::None).update_fetchhead(false);
    remote.fetch(&REFSPECS, Some(&mut options), None).map_err(failed)?;
    if let Some(head) = &head {
        // Noted for who reads it without asking; each run asks.
        let _ = git.set_head(head);
    }
    Ok(head)
}

pub(super) fn fetch_error(error: &git2::Error, route: &Route, address: &Address) -> RepoError {
    let url = address.to_string();
    match route.access.problem() {
        Some(Problem::Login) => RepoError::Login { url },
        Some(Problem::Elsewhere(to)) => RepoError::Elsewhere { url, to },
        Some(Problem::Other(why)) => RepoError::Fetch { url, why },
        None if error.code() == ErrorCode::Owner => {
            RepoError::NotOwned { path: PathBuf::from(url.trim_start_matches("file://")) }
        }
        None => RepoError::Fetch { url, why: error.message().to_owned() },
    }
}

fn broken_mirror(place: &Path, error: &git2::Error) -> RepoError {
    RepoError::Mirror { path: place.to_owned(), why: error.message().to_owned() }
}

/// A folder for this user alone: mirrors hold what only its owner may read.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Waits for other runs with the same mirror. The lock goes with the file, however the process ends.
fn lock(path: &Path, address: &Address) -> Result<File, RepoError> {
    let io = |source| RepoError::Io { path: path.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(io)?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(io(source)),
            Err(TryLockError::WouldBlock) if waited >= PATIENCE => {
                return Err(RepoError::Busy { url: address.to_string() });
            }
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
        }
    }
}
