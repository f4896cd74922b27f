//! What can go wrong before a fleet is read, each with its remedy.

use std::path::PathBuf;

use super::object::ReadError;

/// Why a repository, or what is asked of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// There is no repository.
    #[error("{} is not in a git repository", .path.display())]
    NotARepository {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Somebody else owns it, and libgit2 refuses to read it (git's `safe.directory`).
    #[error("the repository at {} is owned by someone else", .path.display())]
    NotOwned {
        /// Where it is.
        path: PathBuf,
    },
    /// It has no commit yet.
    #[error("branch `{branch}` has no commit yet")]
    Unborn {
        /// The branch that HEAD names.
        branch: String,
    },
    /// The revision is not known.
    #[error("unknown revision `{rev}`")]
    UnknownRev {
        /// What was asked for.
        rev: String,
        /// Branches and tags with like names.
        near: Vec<String>,
        /// Whether the history was cut off, so that it may be missing.
        shallow: bool,
    },
    /// The revision means several things.
    #[error("revision `{rev}` is ambiguous")]
    Ambiguous {
        /// What was asked for.
        rev: String,
    },
    /// The revision is no commit.
    #[error("revision `{rev}` is no commit")]
    NotACommit {
        /// What was asked for.
        rev: String,
    },
    /// There is no `sandboxes/fleet.toml`.
    #[error("there is no {path} {at}")]
    NoFleet {
        /// The file that was looked for.
        path: String,
        /// Where: `at commit 1a2b3c4`, `in the working directory`.
        at: String,
        /// Folders of the same tree that hold one.
        others: Vec<String>,
    },
    /// No branch is checked out.
    #[error("no branch is checked out here")]
    Detached,
    /// `--path` is no path inside the repository.
    #[error("`{path}` is no folder below the root of the repository")]
    BadPath {
        /// What was given.
        path: String,
    },
    /// A bare repository has no working directory to read.
    #[error("the repository at {} is bare: it has no working directory", .path.display())]
    NoWorktree {
        /// Where it is.
        path: PathBuf,
    },
    /// `--worktree` reads what is checked out, so it goes with no other revision.
    #[error("--worktree reads the working directory, and --rev a commit")]
    WorktreeOrRev,
    /// `--repo` is no URL that can be used.
    #[error("`{url}` cannot be used: {why}")]
    BadUrl {
        /// The URL, without a login.
        url: String,
        /// Why.
        why: &'static str,
    },
    /// There is no folder for caches.
    #[error("there is no folder to keep a mirror in")]
    NoCache,
    /// A mirror cannot be opened.
    #[error("the mirror at {} cannot be read: {why}", .path.display())]
    Mirror {
        /// Where it is.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Another run is at the same mirror, and does not end.
    #[error("another run is fetching {url}, and does not end")]
    Busy {
        /// The URL.
        url: String,
    },
    /// The other side wants a login.
    #[error("{url} wants a login")]
    Login {
        /// The URL.
        url: String,
    },
    /// The other side leads to another host, where no login is sent.
    #[error("{url} leads elsewhere, to {to}")]
    Elsewhere {
        /// The URL.
        url: String,
        /// Where to.
        to: String,
    },
    /// It could not be fetched.
    #[error("{url} cannot be fetched: {why}")]
    Fetch {
        /// The URL.
        url: String,
        /// Why.
        why: String,
    },
    /// The other side names no branch to read.
    #[error("{url} has no default branch")]
    NoDefaultBranch {
        /// The URL.
        url: String,
    },
    /// A partial clone that lacks what is needed.
    #[error("this is a partial clone, and object {object} is not in it")]
    Partial {
        /// The object that is missing.
        object: String,
    },
    /// An object that should be there is not, or is not readable.
    #[error("the repository is damaged")]
    Damaged {
        /// Which, and how.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file of the working directory cannot be read.
    #[error("{} cannot be read", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The fleet's branch is not there.
    #[error("there is no branch `{branch}` in {place}")]
    NoBranch {
        /// The branch.
        branch: String,
        /// The remote, or this repository.
        place: String,
    },
    /// It cannot be told which branch is the fleet's.
    #[error("it cannot be told which branch is the fleet's")]
    NoTrunk,
    /// The configured remote is not there.
    #[error("there is no remote `{name}`")]
    NoRemote {
        /// Its name.
        name: String,
    },
    /// It cannot be told which remote has the fleet's branch.
    #[error("it cannot be told which remote has the fleet's branch: {}", .names.join(", "))]
    ManyRemotes {
        /// The remotes there are.
        names: Vec<String>,
    },
    /// git does not know who commits.
    #[error("git does not know who you are")]
    NoIdentity,
    /// A commit could not be signed.
    #[error("the commit cannot be signed: {why}")]
    Unsigned {
        /// Why.
        why: String,
    },
    /// Others pushed each time before us.
    #[error("others changed branch `{branch}` {tries} times while this change was made")]
    Outrun {
        /// The branch.
        branch: String,
        /// How often it was tried.
        tries: usize,
    },
    /// Another program is at the branch, or has left its lock.
    #[error("branch `{branch}` is locked: {} is there", .path.display())]
    Locked {
        /// The branch.
        branch: String,
        /// The lock.
        path: PathBuf,
    },
    /// This account may not push there, or is not known.
    #[error("{url} does not let us push")]
    NoPush {
        /// The URL.
        url: String,
    },
    /// The other side declined the push.
    #[error("{remote} declined the push to `{branch}`: {why}{}", lines(.said))]
    Declined {
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
        /// Why, in a few words.
        why: String,
        /// What the other side said beside it.
        said: String,
    },
    /// Anything else that libgit2 says.
    #[error("{doing}: {why}")]
    Git {
        /// What was being done.
        doing: &'static str,
        /// libgit2's own words.
        why: String,
    },
}

impl RepoError {
    /// libgit2's error while doing something.
    pub(super) fn git(doing: &'static str) -> impl Fn(git2::Error) -> RepoError {
        move |error| RepoError::Git { doing, why: error.message().to_owned() }
    }

    /// An object that cannot be read, in a clone that is partial or not.
    pub(super) fn object(error: ReadError, partial: bool) -> RepoError {
        match error {
            ReadError::Missing(id) if partial => RepoError::Partial { object: id.to_string() },
            error => RepoError::Damaged { source: Box::new(error) },
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            RepoError::NotARepository { .. } => {
                "run this inside a git repository, or name one: --repo, or git config reconcile.repo".to_owned()
            }
            RepoError::NotOwned { path } => {
                format!("if you trust it: git config --global --add safe.directory {}", path.display())
            }
            RepoError::Unborn { .. } => {
                "commit the fleet first, or read the uncommitted files with --worktree".to_owned()
            }
            RepoError::UnknownRev { near, shallow, .. } => unknown_rev(near, *shallow),
            RepoError::Ambiguous { .. } => "write more of the commit's id, or refs/heads/NAME".to_owned(),
            RepoError::NotACommit { .. } => "name a branch, a tag or a commit".to_owned(),
            RepoError::NoFleet { others, .. } => match others.as_slice() {
                [] => {
                    "make one: reconcile init; where the fleet is in another repository: git config reconcile.repo URL"
                        .to_owned()
                }
                others => format!("there is one below: --path {}", others.join(", --path ")),
            },
            RepoError::Detached => "check out the branch that is meant: git switch BRANCH".to_owned(),
            RepoError::BadPath { .. } => "name a folder relative to the root of the repository".to_owned(),
            RepoError::NoWorktree { .. } => "leave out --worktree".to_owned(),
            RepoError::Partial { .. } => REFETCH.to_owned(),
            RepoError::Damaged { .. } => "see what `git fsck` says, or clone it again".to_owned(),
            RepoError::WorktreeOrRev => "leave out one of them".to_owned(),
            RepoError::BadUrl { .. } => "write https://…, ssh://…, git@host:path or file:///…".to_owned(),
            RepoError::NoCache => "set XDG_CACHE_HOME, or HOME".to_owned(),
            RepoError::Mirror { path, .. } => format!("it is only a copy: rm -r {}", path.display()),
            RepoError::Busy { .. } => "wait for that run, or end it".to_owned(),
            RepoError::Login { .. } => {
                "set RECONCILE_GIT_TOKEN, or give git a credential helper that knows it; a token needs read access"
                    .to_owned()
            }
            RepoError::Elsewhere { to, .. } => format!("if that is meant: --repo {to}"),
            RepoError::NoDefaultBranch { .. } => "name a branch with --rev".to_owned(),
            RepoError::NoBranch { .. } | RepoError::NoTrunk => {
                "name it with --rev BRANCH, or: git config reconcile.branch BRANCH".to_owned()
            }
            RepoError::NoRemote { .. } | RepoError::ManyRemotes { .. } => {
                "name it: git config reconcile.remote NAME".to_owned()
            }
            RepoError::NoIdentity => {
                "say it: git config --global user.name NAME; git config --global user.email ADDRESS".to_owned()
            }
            RepoError::Unsigned { .. } => {
                "nothing was committed; see git's commit.gpgSign, gpg.format and user.signingKey".to_owned()
            }
            RepoError::Outrun { .. } => "nothing was changed; try again".to_owned(),
            RepoError::Locked { .. } => {
                "nothing was changed; wait for the git that is at work there, or remove what a killed one left"
                    .to_owned()
            }
            RepoError::NoPush { .. } => {
                "nothing was changed; set RECONCILE_GIT_TOKEN to a token with write access, or give \
                                         git a credential helper that knows one"
                    .to_owned()
            }
            RepoError::Declined { .. } => {
                "nothing was changed; where the branch is protected, ask for the right to push, or \
                                           for the change by a pull request (--dry-run shows it)"
                    .to_owned()
            }
            RepoError::Fetch { url, .. } => {
                format!("see whether its address is right; git says more: git ls-remote {url}")
            }
            RepoError::Io { .. } | RepoError::Git { .. } => return None,
        };
        Some(hint)
    }
}

/// What the other side said, below.
fn lines(said: &str) -> String {
    said.lines().map(|line| format!("\n  {line}")).collect()
}

/// How a partial clone becomes a whole one.
pub(super) const REFETCH: &str = "fetch all of it: git fetch --refetch --no-filter";

fn unknown_rev(near: &[String], shallow: bool) -> String {
    match near {
        [] if shallow => "this clone is shallow: git fetch --unshallow (in CI: fetch-depth: 0)".to_owned(),
        [] => "name a branch, a tag or a commit of this repository".to_owned(),
        near if shallow => {
            format!("did you mean {}? or else, as this clone is shallow: git fetch --unshallow", near.join(" or "))
        }
        near => format!("did you mean {}?", near.join(" or ")),
    }
}
