//! Unit and golden cases.

mod yaml;
mod clock;
mod repo_git;
