//! What a fleet may take of a cluster, all sandboxes together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::quantity::Quantity;

/// How much the quotas of all sandboxes may come to, or of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Budget {
    /// CPUs requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Quantity>,
    /// Memory requested, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Quantity>,
    /// Storage requested by volume claims, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Quantity>,
}

/// What a budget counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Budgeted {
    /// CPUs.
    Cpu,
    /// Memory.
    Memory,
    /// Storage.
    Storage,
}

impl Budgeted {
    /// All that there is, in the order in which it is said.
    pub const ALL: [Budgeted; 3] = [Budgeted::Cpu, Budgeted::Memory, Budgeted::Storage];

    /// As files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Budgeted::Cpu => "cpu",
            Budgeted::Memory => "memory",
            Budgeted::Storage => "storage",
        }
    }
}

impl Budget {
    /// How much of one thing; `None` where that is not bounded.
    pub fn of(&self, what: Budgeted) -> Option<Quantity> {
        match what {
            Budgeted::Cpu => self.cpu,
            Budgeted::Memory => self.memory,
            Budgeted::Storage => self.storage,
        }
    }

    /// Where one thing is kept.
    pub fn of_mut(&mut self, what: Budgeted) -> &mut Option<Quantity> {
        match what {
            Budgeted::Cpu => &mut self.cpu,
            Budgeted::Memory => &mut self.memory,
            Budgeted::Storage => &mut self.storage,
        }
    }

    /// What is bounded, and how.
    pub fn bounds(&self) -> impl Iterator<Item = (Budgeted, Quantity)> {
        Budgeted::ALL.into_iter().filter_map(|what| Some((what, self.of(what)?)))
    }
}
