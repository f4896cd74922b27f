//! `reconcile update`.

use super::develop::{Answer, Committing};

pub(super) const EXAMPLES: &str = "\
Examples:
  reconcile update                            lock every image to what its tag stands for now
  reconcile update main docs                  of these two
  reconcile update --dry-run                  show what would change
  reconcile update --format json | jq '.sandboxes[] | select(.changed).name'

Registries are asked which digest a tag stands for, with the logins that docker login has left
($DOCKER_CONFIG/config.json). The answers are committed to sandboxes/lock.toml, and are what runs
from then on: a tag that is moved changes nothing until it is locked anew, as a change that a plan
shows. An image with a digest of its own needs no lock.

Exit status: 0; 1 where nothing could be resolved or committed; 4 where some could not be resolved";

/// `reconcile update`.
#[derive(Clone, Debug, clap::Args)]
pub struct Update {
    /// The sandboxes; all of them where none is named
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// How it is said.
    #[command(flatten)]
    pub answer: Answer,
}
