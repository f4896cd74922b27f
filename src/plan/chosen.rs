//! Which sandboxes a run is for.

use std::collections::BTreeSet;

use crate::manifest::Shard;

/// All sandboxes, some by name, or those of one shard. What bounds a fleet is decided over all of them in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// `--only`: these alone; empty for all.
    pub only: BTreeSet<String>,
    /// `--shard`: those of a part of the fleet alone.
    pub shard: Option<Shard>,
}

impl Chosen {
    /// Whether a sandbox is one of them.
    pub fn has(&self, sandbox: &str) -> bool {
        self.is_worked_on(sandbox) && self.shard.is_none_or(|shard| shard.has(sandbox))
    }

    /// Whether a sandbox is seen to by this run, or by that of another shard.
    pub fn is_worked_on(&self, sandbox: &str) -> bool {
        self.only.is_empty() || self.only.contains(sandbox)
    }

    /// Some of them.
    #[must_use]
    pub fn some<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> Self {
        Self { only: names.into_iter().cloned().collect(), shard: self.shard }
    }
}
