//! Commits to the fleet's branch, made of the objects alone: no checkout, no index.

use std::collections::BTreeMap;
use std::time::Duration;

use git2::build::TreeUpdateBuilder;
use git2::{Commit, ErrorCode, FileMode, Oid, PushOptions, RemoteCallbacks, Repository, Signature};

use super::env::Env;
use super::error::RepoError;
use super::open::Repo;
use super::sign::sign;
use super::transport::{Problem, Route};
use super::tree::CommitInfo;
use super::trunk::{Remote, Trunk, is_locked};

/// How often a change is made anew where others push between.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// What is to be changed, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The files, by their paths below the fleet's root: their text, or `None` where they go.
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    /// The commit's message.
    pub message: String,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// A commit, which the branch has now.
    New(CommitInfo),
    /// The branch at this commit has it already.
    Unchanged(CommitInfo),
}

impl Committed {
    /// The commit that has the change.
    pub fn commit(&self) -> &CommitInfo {
        match self {
            Committed::New(commit) | Committed::Unchanged(commit) => commit,
        }
    }
}

impl Trunk {
    /// Makes a change on the branch as it is now, and pushes it where there is a remote. `change` is asked again where others
    /// were faster, with what they made of the branch, and `judge` is shown each commit before the branch has it; nothing is
    /// left of a change that does not come through.
    ///
    /// # Errors
    /// What `change` or `judge` says; or where the commit cannot be made or pushed.
    pub fn commit<E: From<RepoError>>(
        &self,
        env: &Env,
        change: &mut dyn FnMut(&Repo) -> Result<Change, E>,
        judge: &dyn Fn(Repo) -> Result<(), E>,
    ) -> Result<Committed, E> {
        let mut repo = self.tip(env)?;
        for _ in 0..TRIES {
            let change = change(&repo)?;
            let Some(tip) = repo.commit else { return Err(RepoError::NoTrunk.into()) };
            let Some(made) = self.write(tip, &repo.root, &change)? else {
                return Ok(Committed::Unchanged(repo.info(tip)?));
            };
            judge(self.at(made)?)?;
            let landed = match &self.remote {
                Some(remote) => self.push(remote, made, env)?,
                None => self.advance(tip, made, &change.message)?,
            };
            if landed {
                return Ok(Committed::New(self.at(made)?.info(made)?));
            }
            // Who was faster may be about to be once more.
            std::thread::sleep(PAUSE);
            repo = self.tip_anew(env)?;
        }
        let lock = self.git.commondir().join(format!("refs/heads/{}.lock", self.branch));
        if self.remote.is_none() && lock.exists() {
            return Err(RepoError::Locked { branch: self.branch.clone(), path: lock }.into());
        }
        Err(RepoError::Outrun { branch: self.branch.clone(), tries: TRIES }.into())
    }

    /// The commit; `None` where it would change nothing.
    fn write(&self, tip: Oid, root: &str, change: &Change) -> Result<Option<Oid>, RepoError> {
        let failed = RepoError::git("making the commit");
        let parent = self.git.find_commit(tip).map_err(&failed)?;
        let old = parent.tree().map_err(&failed)?;
        let mut update = TreeUpdateBuilder::new();
        for (path, text) in &change.files {
            let path = format!("{root}{path}");
            let known = old.get_path(std::path::Path::new(&path)).ok();
            match text {
                Some(text) => {
                    let blob = self.git.blob(text).map_err(&failed)?;
                    let mode = known.filter(|entry| entry.filemode() == i32::from(FileMode::BlobExecutable));
                    let mode = mode.map_or(FileMode::Blob, |_| FileMode::BlobExecutable);
                    update.upsert(path, blob, mode);
                }
                None if known.is_some() => {
                    update.remove(path);
                }
                None => {}
            }
        }
        let new = update.create_updated(&self.git, &old).map_err(&failed)?;
        if new == old.id() {
            return Ok(None);
        }
        self.commit_tree(new, &[&parent], &change.message).map(Some)
    }

    fn commit_tree(&self, tree: Oid, parents: &[&Commit<'_>], message: &str) -> Result<Oid, RepoError> {
        commit_tree(&self.git, tree, parents, message)
    }

    /// Moves the branch here, unless somebody else has moved it.
    fn advance(&self, tip: Oid, made: Oid, message: &str) -> Result<bool, RepoError> {
        let name = format!("refs/heads/{}", self.branch);
        let log = format!("reconcile: {}", message.lines().next().unwrap_or_default());
        match self.git.reference_matching(&name, made, true, tip, &log) {
            Ok(_) => Ok(true),
            Err(error) if error.code() == ErrorCode::Modified || is_locked(&error) => Ok(false),
            Err(error) => Err(RepoError::git("moving the branch")(error)),
        }
    }

    /// Pushes the commit; false where the branch has moved there.
    fn push(&self, remote: &Remote, made: Oid, env: &Env) -> Result<bool, RepoError> {
        let route = Route::to(&remote.address, env);
        let mut refused: Option<String> = None;
        let mut said = Vec::new();
        let mut callbacks = RemoteCallbacks::new();
        callbacks.push_update_reference(|_, status| {
            refused = status.map(str::to_owned);
            Ok(())
        });
        callbacks.sideband_progress(|text| {
            said.extend_from_slice(text);
            true
        });
        let mut options = PushOptions::new();
        options.remote_callbacks(callbacks);
        let refspec = format!("{made}:refs/heads/{}", self.branch);
        let sent = self
            .git
            .remote_anonymous(&route.push_url())
            .and_then(|mut elsewhere| elsewhere.push(&[refspec], Some(&mut options)));
        drop(options);
        let said = String::from_utf8_lossy(&said).lines().map(str::trim).collect::<Vec<_>>().join("\n");
        let declined = |why: String| RepoError::Declined {
            branch: self.branch.clone(),
            remote: remote.shown.clone(),
            why,
            said: said.trim().to_owned(),
        };
        if let Err(error) = sent {
            if error.code() == ErrorCode::NotFastForward {
                return Ok(false);
            }
            return Err(match route.access.problem() {
                Some(Problem::Login) => RepoError::NoPush { url: remote.address.to_string() },
                Some(problem) => declined(problem.to_string()),
                None => declined(error.message().to_owned()),
            });
        }
        match refused {
            Some(why) if is_race(&why) => return Ok(false),
            Some(why) => return Err(declined(why)),
            None => {}
        }
        // As `git push` does; that it could not be noted is no failure of the push.
        let _ = self.git.reference(&remote.tracking, made, true, "reconcile: push");
        Ok(true)
    }
}

/// Who commits: the author and the committer, as git finds them.
pub(super) fn identity(git: &Repository) -> Result<(Signature<'static>, Signature<'static>), RepoError> {
    let found = git.author_from_env().and_then(|author| Ok((author, git.committer_from_env()?)));
    found.map_err(|error| match error.code() {
        ErrorCode::NotFound => RepoError::NoIdentity,
        _ => RepoError::git("reading who you are")(error),
    })
}

/// A commit of a tree, signed where git is so configured; no branch has it yet.
pub(super) fn commit_tree(
    git: &Repository,
    tree: Oid,
    parents: &[&Commit<'_>],
    message: &str,
) -> Result<Oid, RepoError> {
    let failed = RepoError::git("making the commit");
    let (author, committer) = identity(git)?;
    let tree = git.find_tree(tree).map_err(&failed)?;
    let text = git.commit_create_buffer(&author, &committer, message, &tree, parents).map_err(&failed)?;
    let config = git.config().map_err(&failed)?;
    let who = format!(
        "{} <{}>",
        String::from_utf8_lossy(committer.name_bytes()),
        String::from_utf8_lossy(committer.email_bytes())
    );
    match sign(&config, &text, &who)? {
        Some(signature) => {
            let text = std::str::from_utf8(&text);
            let text = text.map_err(|_| RepoError::Unsigned { why: "the commit is not UTF-8".to_owned() })?;
            git.commit_signed(text, &signature, None).map_err(&failed)
        }
        None => {
            let odb = git.odb().map_err(&failed)?;
            odb.write(git2::ObjectType::Commit, &text).map_err(&failed)
        }
    }
}

/// Whether a server's words say that the branch is not any more where we found it.
fn is_race(why: &str) -> bool {
    const WORDS: [&str; 6] = [
        "non-fast-forward",
        "fetch first",
        "failed to update ref",
        "cannot lock ref",
        "stale info",
        "reference already",
    ];
    let why = why.to_lowercase();
    WORDS.iter().any(|words| why.contains(words))
}
