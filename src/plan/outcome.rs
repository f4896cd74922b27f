//! What came of a plan.

use serde::{Deserialize, Serialize};

/// What came of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// One for each sandbox that had steps, by name.
    pub sandboxes: Vec<SandboxOutcome>,
}

/// What came of one sandbox's steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SandboxOutcome {
    /// The sandbox.
    pub name: String,
    /// How many of the plan's changes were made.
    pub done: usize,
    /// How it went.
    pub result: SandboxResult,
    /// What was found where it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What was done about a failure.
    #[serde(default)]
    pub aftermath: Aftermath,
}

/// Something that tells why a sandbox failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// The object: `Pod/web-1, container odoo`, or `Job/migrate` for an event of it.
    pub object: String,
    /// What is wrong with it.
    pub says: String,
    /// The last lines that it wrote, values of Secrets masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

/// What was done about a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aftermath {
    /// Nothing had to be, or nothing was asked for.
    #[default]
    None,
    /// What was made was removed again.
    Removed,
    /// It should have been, and was not.
    NotRemoved {
        /// Why.
        reason: String,
    },
    /// What was made was kept, as was asked for.
    Kept,
    /// It is to go back to what it was; nothing of that is done yet.
    GoesBack,
    /// It is as it was before, as of this commit.
    WentBack {
        /// The commit.
        commit: String,
    },
    /// It should be, and is not.
    NotBack {
        /// Why.
        reason: String,
    },
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SandboxResult {
    /// Every step was carried out.
    Done,
    /// Every change was made, but readiness was not waited for.
    Applied,
    /// The cluster changed between planning and applying: nothing more was done here, the next run plans it anew.
    Stale {
        /// What was found.
        reason: String,
    },
    /// The run was told to end: the step in hand was finished, those after it were not begun.
    Stopped {
        /// What told it, and what is left.
        reason: String,
    },
    /// A step failed; those after it were not begun.
    Failed {
        /// What failed and why.
        reason: String,
    },
}
