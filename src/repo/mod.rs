//! git: the tree of a commit, the file clock, and what one commit contains of another.
//!
//! The adapter over libgit2. What is read is the tree of one commit, never the working directory, unless that is asked
//! for; and only what lies below `sandboxes/` and `charts/` of the fleet's root. What is written is a commit on the fleet's branch
//! ([`Trunk`]), pushed where there is a remote; the checkout and the index are never touched.

mod address;
mod app;
mod begin;
mod clock;
mod commit;
mod contains;
mod env;
mod error;
mod find;
mod folder;
mod goldens;
mod history;
mod libgit2;
mod mirror;
mod object;
mod open;
mod remembered;
mod scout;
mod sign;
mod transport;
mod tree;
mod trunk;
mod versions;
mod walk;
mod worktree;

pub use app::App;
pub use begin::{Ground, begin, check_identity, commit_new, default_branch, ground};
pub use clock::{DateError, DateQuery, Dates, FileDate};
pub use commit::{Change, Committed};
pub use contains::Contains;
pub use env::Env;
pub use error::RepoError;
pub use find::setting;
pub use history::{LastChange, Older};
pub use open::{Repo, RepoArgs, Source};
pub use remembered::remembered;
pub use tree::{CommitInfo, Tree};
pub use trunk::Trunk;
pub use versions::{Version, Versions};

/// Takes away what this process left for itself; the last thing that is done with git.
pub fn tidy() {
    libgit2::tidy();
}
