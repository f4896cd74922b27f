//! git: the tree of a commit, the file clock, and what one commit contains of another.
//!
//! The adapter over libgit2. What is read is the tree of one commit, never the working directory, unless that is asked
//! for; and only what lies below `sandboxes/` and `charts/` of the fleet's root.

mod address;
mod begin;
mod checkout;
mod clock;
mod contains;
mod env;
mod error;
mod folder;
mod goldens;
mod history;
mod libgit2;
mod mirror;
mod object;
mod open;
mod scout;
mod transport;
mod tree;
mod walk;
mod worktree;

pub use begin::{Ground, begin, check_identity, commit_new, default_branch, ground};
pub use checkout::Checkout;
pub use clock::{DateError, DateQuery, Dates, FileDate};
pub use contains::Contains;
pub use env::Env;
pub use error::RepoError;
pub use history::{LastChange, Older};
pub use open::{Repo, RepoArgs, Source};
pub use tree::{CommitInfo, Tree};
