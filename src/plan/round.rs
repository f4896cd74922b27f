//! A round of a fleet's shards, in which each of them runs once: what they remove in it together is no more than one run of
//! the whole fleet may.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::chosen::Chosen;
use super::state::Input;
use super::types::{Action, SandboxPlan};
use crate::manifest::Shard;

/// A shard that has not run by then belongs to the next round.
const LASTS: SignedDuration = SignedDuration::from_mins(15);

/// What the shards have settled between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// When the first of them began it.
    pub began: Timestamp,
    /// How many shards there are.
    pub count: u8,
    /// Those that have run.
    pub ran: BTreeSet<u8>,
    /// The sandboxes that go in it, of all shards.
    pub removed: BTreeSet<String>,
}

impl Round {
    /// Whether a shard still has its run in it.
    pub fn is_open(&self, shard: Shard, now: Timestamp) -> bool {
        let age = now.duration_since(self.began);
        let lasts = !age.is_negative() && age <= LASTS;
        lasts && self.count == shard.count() && !self.ran.contains(&shard.index())
    }

    /// The same once a shard has run.
    #[must_use]
    pub fn with(mut self, shard: Shard) -> Self {
        self.ran.insert(shard.index());
        self
    }
}

/// The round that a run of a shard would take part in, and has not begun.
pub(super) fn open(input: &Input) -> Option<&Round> {
    let shard = input.policy.chosen.shard?;
    input.round.as_ref().filter(|round| round.is_open(shard, input.now))
}

/// The round as it is with what this plan removes; `None` where no shard runs, or of this one nothing is to go. `going` is
/// what would go without a ceiling: a shard that has to wait has had its run all the same.
pub(super) fn round(plans: &[SandboxPlan], going: &BTreeSet<String>, input: &Input) -> Option<Round> {
    let shard = input.policy.chosen.shard?;
    if !going.iter().any(|name| input.policy.chosen.has(name)) {
        return None;
    }
    let mut round = open(input).cloned().unwrap_or_else(|| Round {
        began: input.now,
        count: shard.count(),
        ran: BTreeSet::new(),
        removed: BTreeSet::new(),
    });
    round.removed.extend(removed(plans, &Chosen::default()));
    Some(round.with(shard))
}

/// The sandboxes that a plan removes.
pub fn removed(plans: &[SandboxPlan], chosen: &Chosen) -> BTreeSet<String> {
    let goes = |plan: &&SandboxPlan| is_removal(plan) && chosen.has(&plan.name);
    plans.iter().filter(goes).map(|plan| plan.name.clone()).collect()
}

/// Whether a sandbox goes, or what it has left in no namespace.
pub(super) fn is_removal(plan: &SandboxPlan) -> bool {
    matches!(plan.action, Action::Remove | Action::Expire) && !plan.steps.is_empty()
}
