//! The repository around this folder, as the application's: its branches and their commits.

use std::path::Path;

use git2::{ErrorCode, Repository};

use super::error::RepoError;
use super::libgit2;

/// The application's repository.
pub struct App {
    git: Repository,
    /// The branch that is checked out.
    pub branch: Option<String>,
}

impl App {
    /// The one around this folder, as git finds it.
    ///
    /// # Errors
    /// Where it is there and cannot be read.
    pub fn around() -> Result<Option<App>, RepoError> {
        libgit2::prepare().map_err(RepoError::git("preparing libgit2"))?;
        let git = match Repository::open_from_env() {
            Ok(git) => git,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(error) if error.code() == ErrorCode::Owner => {
                return Err(RepoError::NotOwned { path: Path::new(".").to_owned() });
            }
            Err(error) => return Err(RepoError::git("opening the repository")(error)),
        };
        let head = git.find_reference("HEAD").ok();
        let target = head.as_ref().and_then(|head| head.symbolic_target().ok().flatten());
        let branch = target.and_then(|target| target.strip_prefix("refs/heads/")).map(str::to_owned);
        drop(head);
        Ok(Some(App { git, branch }))
    }

    /// The top of the working directory.
    pub fn folder(&self) -> Option<&Path> {
        self.git.workdir()
    }

    /// The commit of a branch: its own here, else the one that was last fetched.
    pub fn head_of(&self, branch: &str) -> Option<String> {
        let own = self.of_reference(&format!("refs/heads/{branch}"));
        own.or_else(|| self.of_reference(&format!("refs/remotes/origin/{branch}")))
    }

    /// The commit of any name that git knows.
    pub fn commit(&self, name: &str) -> Option<String> {
        let commit = self.git.revparse_single(name).ok()?.peel_to_commit().ok()?;
        Some(commit.id().to_string())
    }

    fn of_reference(&self, name: &str) -> Option<String> {
        let commit = self.git.find_reference(name).ok()?.peel_to_commit().ok()?;
        Some(commit.id().to_string())
    }
}
