//! Finding the repository, the commit and the fleet's root.

use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Odb, Oid, Repository};

use super::address::{Address, instead_of, is_url};
use super::env::Env;
use super::error::RepoError;
use super::mirror::Mirror;
use super::{find, libgit2, object};

/// Where a fleet is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A repository on this machine.
    Path(PathBuf),
    /// One elsewhere, of which a mirror is kept.
    Url(String),
}

/// What is to be read.
#[derive(Clone, Debug, Default)]
pub struct RepoArgs {
    /// A path or a URL; by default what git's `reconcile.repo` names, else the repository around the current folder.
    pub repo: Option<String>,
    /// The revision; by default HEAD.
    pub rev: Option<String>,
    /// The fleet's root, a folder relative to the repository's; by default that itself.
    pub path: Option<String>,
    /// Whether the working directory is read instead of the commit.
    pub worktree: bool,
}

/// A repository, the commit that is read, and the root of the fleet in it.
pub struct Repo {
    pub(super) git: Repository,
    pub(super) source: Source,
    /// The commit; none before the first, in a working directory.
    pub(super) commit: Option<Oid>,
    /// The fleet's root: empty, or a path with a `/` at its end.
    pub(super) root: String,
    pub(super) worktree: bool,
    /// Whether objects may be missing because the clone left them out.
    pub(super) partial: bool,
}

impl std::fmt::Debug for Repo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repo")
            .field("source", &self.source)
            .field("commit", &self.commit)
            .field("root", &self.root)
            .field("worktree", &self.worktree)
            .finish_non_exhaustive()
    }
}

impl Repo {
    /// Opens the repository and finds the commit and the fleet's root.
    ///
    /// # Errors
    /// See [`RepoError`]; none of them means that there is nothing to read.
    pub fn open(args: &RepoArgs) -> Result<Repo, RepoError> {
        Repo::open_in(args, &Env::of_process())
    }

    /// The same in another environment than this process's.
    pub fn open_in(args: &RepoArgs, env: &Env) -> Result<Repo, RepoError> {
        libgit2::prepare().map_err(RepoError::git("preparing libgit2"))?;
        if args.worktree && args.rev.is_some() {
            return Err(RepoError::WorktreeOrRev);
        }
        let repo = find::repository(args.repo.as_deref());
        if let Some(url) = repo.as_deref().filter(|repo| is_url(repo)) {
            return Repo::mirrored(url, args, env);
        }
        let git = open_path(repo.as_deref().map(Path::new))?;
        let source = Source::Path(git.workdir().unwrap_or(git.path()).to_owned());
        Repo::at(git, source, args)
    }

    fn mirrored(url: &str, args: &RepoArgs, env: &Env) -> Result<Repo, RepoError> {
        let address = Address::parse(&instead_of(url))?;
        let url = address.to_string();
        if args.worktree {
            return Err(RepoError::NoWorktree { path: PathBuf::from(url) });
        }
        let mirror = Mirror::fetch(&address, env)?;
        let rev = match (&args.rev, &mirror.head) {
            (Some(rev), _) if rev != "HEAD" => rev.clone(),
            (_, Some(head)) => head.clone(),
            (_, None) => return Err(RepoError::NoDefaultBranch { url }),
        };
        let args = RepoArgs { rev: Some(rev), ..args.clone() };
        Repo::at(mirror.git, Source::Url(url), &args)
    }

    fn at(git: Repository, source: Source, args: &RepoArgs) -> Result<Repo, RepoError> {
        if args.worktree && git.workdir().is_none() {
            return Err(RepoError::NoWorktree { path: git.path().to_owned() });
        }
        let commit = match find_commit(&git, args.rev.as_deref()) {
            Ok(commit) => Some(commit),
            Err(RepoError::Unborn { .. }) if args.worktree => None,
            Err(error) => return Err(error),
        };
        let root = fleet_root(args.path.as_deref())?;
        let partial = is_partial(&git);
        Ok(Repo { git, source, commit, root, worktree: args.worktree, partial })
    }

    /// Where it is read from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The fleet's root in the repository: empty, or a path that ends in `/`.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Whether its history is cut off somewhere.
    pub fn is_shallow(&self) -> bool {
        self.git.is_shallow()
    }

    /// Whether objects may be missing because the clone left them out.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Whether the working directory is read.
    pub fn is_worktree(&self) -> bool {
        self.worktree
    }

    pub(super) fn odb(&self) -> Result<Odb<'_>, RepoError> {
        self.git.odb().map_err(RepoError::git("opening the objects"))
    }

    /// The root tree of the commit.
    pub(super) fn root_tree(&self, odb: &Odb<'_>) -> Result<Option<Oid>, RepoError> {
        self.commit
            .map(|id| object::commit(odb, id).map(|commit| commit.tree))
            .transpose()
            .map_err(|error| RepoError::object(error, self.partial))
    }
}

/// Opens what git itself would open: around a path, or around the current folder with git's environment variables.
pub(super) fn open_path(path: Option<&Path>) -> Result<Repository, RepoError> {
    let found = match path {
        Some(path) => Repository::discover(path),
        None => Repository::open_from_env(),
    };
    found.map_err(|error| {
        let path = path.unwrap_or(Path::new("."));
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match error.code() {
            ErrorCode::NotFound => RepoError::NotARepository { path },
            ErrorCode::Owner => RepoError::NotOwned { path: owned_path(error.message()).unwrap_or(path) },
            _ => RepoError::git("opening the repository")(error),
        }
    })
}

/// The path in libgit2's `repository path '…' is not owned by current user`.
fn owned_path(message: &str) -> Option<PathBuf> {
    let (_, rest) = message.split_once('\'')?;
    let (path, _) = rest.rsplit_once('\'')?;
    Some(PathBuf::from(path.trim_end_matches('/')))
}

pub(super) fn find_commit(git: &Repository, rev: Option<&str>) -> Result<Oid, RepoError> {
    let rev = rev.unwrap_or("HEAD");
    let object = git.revparse_single(rev).map_err(|error| match error.code() {
        ErrorCode::Ambiguous => RepoError::Ambiguous { rev: rev.to_owned() },
        _ if rev == "HEAD" => unborn(git).unwrap_or_else(|| RepoError::git("reading HEAD")(error)),
        _ => RepoError::UnknownRev { rev: rev.to_owned(), near: near_names(git, rev), shallow: git.is_shallow() },
    })?;
    match object.peel(ObjectType::Commit) {
        Ok(commit) => Ok(commit.id()),
        Err(_) => Err(RepoError::NotACommit { rev: rev.to_owned() }),
    }
}

fn unborn(git: &Repository) -> Option<RepoError> {
    let head = git.find_reference("HEAD").ok()?;
    let target = head.symbolic_target().ok()??;
    let branch = target.strip_prefix("refs/heads/").unwrap_or(target).to_owned();
    git.find_reference(target).is_err().then_some(RepoError::Unborn { branch })
}

/// Names of branches and tags that `rev` may have meant, the likeliest first.
fn near_names(git: &Repository, rev: &str) -> Vec<String> {
    let Ok(names) = git.references() else {
        return Vec::new();
    };
    let mut near: Vec<(f64, String)> = names
        .filter_map(Result::ok)
        .filter_map(|reference| {
            let name = reference.shorthand().ok()?.to_owned();
            let last = name.rsplit_once('/').map_or(name.as_str(), |(_, last)| last);
            let likeness = strsim::jaro_winkler(rev, &name).max(strsim::jaro_winkler(rev, last));
            (likeness >= 0.8).then_some((likeness, format!("`{name}`")))
        })
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.dedup_by(|a, b| a.1 == b.1);
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// `--path` as a prefix of paths in the tree.
pub(super) fn fleet_root(path: Option<&str>) -> Result<String, RepoError> {
    let given = path.unwrap_or("");
    let bad = || RepoError::BadPath { path: given.to_owned() };
    if given.starts_with('/') {
        return Err(bad());
    }
    let mut root = String::new();
    for part in given.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if matches!(part, ".." | ".git") {
            return Err(bad());
        }
        root.push_str(part);
        root.push('/');
    }
    Ok(root)
}

/// Whether this is a partial clone: some remote promises the objects that are not here.
pub(super) fn is_partial(git: &Repository) -> bool {
    let Ok(config) = git.config() else {
        return false;
    };
    if config.get_entry("extensions.partialclone").is_ok() {
        return true;
    }
    let Ok(entries) = config.entries(Some("remote\\..*\\.(promisor|partialclonefilter)")) else {
        return false;
    };
    let mut promised = false;
    // A list that breaks off has said nothing of a promise.
    let _ = entries.for_each(|entry| promised |= entry.value().is_ok_and(|value| value != "false"));
    promised
}
