//! What a saved plan was made of: the commit, the cluster, and what the command line said.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chosen::Chosen;
use crate::manifest::{ObjectId, Shard};

/// What a plan was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The fleet's name.
    pub fleet: String,
    /// The fleet's id.
    pub fleet_id: String,
    /// The commit.
    pub commit: String,
    /// The fleet's folder in the repository: empty, or a path that ends in `/`.
    pub path: String,
    /// The cluster, for people.
    pub cluster: String,
    /// What tells it from every other.
    pub cluster_id: String,
    /// The instant planned for.
    pub now: Timestamp,
    /// What the command line said.
    pub policy: SavedPolicy,
    /// The Secrets that are copied into what is written.
    pub copied: BTreeSet<Version>,
    /// Objects of which no dry run could be had when it was planned. None is asked for when it is applied, as its answer
    /// could lead to other steps.
    pub local: BTreeSet<ObjectId>,
}

/// What the command line said about a plan. What `fleet.toml` says is the commit's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPolicy {
    /// These sandboxes alone; empty for all.
    pub only: BTreeSet<String>,
    /// Those of this shard alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// So many removals are meant.
    pub allow_removals: Option<usize>,
    /// Plan from a commit that lacks a live one.
    pub allow_rewind: bool,
    /// Diffs are made here, not by the server.
    pub diff_local: bool,
    /// Drift is not looked for.
    #[serde(default)]
    pub skip_drift: bool,
}

impl SavedPolicy {
    /// Which sandboxes the plan is for.
    pub fn chosen(&self) -> Chosen {
        Chosen { only: self.only.clone(), shard: self.shard }
    }
}

/// One version of one Secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The Secret's namespace.
    pub namespace: String,
    /// The Secret's name.
    pub name: String,
    /// Another one of the same name has another.
    pub uid: String,
    /// Moves with every write.
    pub resource_version: String,
}
