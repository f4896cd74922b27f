//! `reconcile image`.

use super::values::Wrong;
use crate::fleet::Image as Reference;

pub(super) const EXAMPLES: &str = "\
Examples:
  docker build --tag \"$(reconcile image feature-x)\" .    what sandbox feature-x is to run
  reconcile image                             of the branch that is checked out
  reconcile image feature-x --commit HEAD     of this commit, as in a job without a branch
  reconcile image --branch feature/x --repository registry.example.com/team/app

It prints REPOSITORY:BRANCH-COMMIT: the branch as a DNS label, and the first seven digits of the
commit, which is the branch's in the repository around this folder: the application's. The fleet is
that of --repo, RECONCILE_REPO, or git config reconcile.repo.

Exit status: 0; 1 where the branch or the fleet cannot be read; 64 where there is no such sandbox";

/// `reconcile image`.
#[derive(Clone, Debug, clap::Args)]
pub struct Image {
    /// The sandbox that is to run it [default: none; its branch is the one checked out]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// The repository of the image, without a tag [default: that of the sandbox's or the fleet's image]
    #[arg(long, value_name = "REPOSITORY", value_parser = repository)]
    pub repository: Option<String>,
    /// The branch [default: the sandbox's]
    #[arg(long, value_name = "BRANCH", conflicts_with = "name")]
    pub branch: Option<String>,
    /// The commit: a hash, or a name in the repository around this folder [default: the branch's]
    #[arg(long, value_name = "COMMIT")]
    pub commit: Option<String>,
}

fn repository(text: &str) -> Result<String, Wrong> {
    let image: Reference = text.parse().map_err(|why: crate::fleet::Invalid| Wrong(why.to_string()))?;
    match (image.tag, image.digest) {
        (None, None) => Ok(image.repository),
        _ => Err(Wrong(format!("leave out the tag: {}", image.repository))),
    }
}
