//! sandboxes × live × now → Plan.

mod live;
mod types;

pub use live::{By, Drift, Extra, GeneratedKeys, Managed, Meta, Observed, Precondition, observe};
pub use types::{Action, Hold, Outcome, Plan, SandboxOutcome, SandboxPlan, SandboxResult, Step, Work};
