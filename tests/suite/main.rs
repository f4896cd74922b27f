//! Unit and golden cases.

mod clock;
mod repo_git;
