//! sandboxes × live × now → Plan.
//!
//! [`questions`] tells what has to be asked of the cluster before every change can be judged; [`plan`] decides, from
//! the input and the answers alone.

mod decide;
mod desired;
mod live;
mod lost;
mod objects;
mod ready;
mod record;
mod safety;
mod sandbox;
mod saved;
mod show;
mod stale;
mod state;
mod survivors;
mod types;
mod words;

pub use decide::{Questions, plan, questions};
pub use desired::{Start, sources};
pub use live::{By, Drift, Extra, GeneratedKeys, Managed, Meta, Observed, Precondition, UNKNOWN_MANAGER, observe};
pub use ready::{Readiness, readiness};
pub use record::{Record, expires_text};
pub use saved::{
    Basis, FORMAT, MAX_AGE, Making, NotSaved, Saved, SavedPolicy, SavedSandbox, SavedStep, Version, is_saved_plan,
};
pub use stale::Difference;
pub use state::{Answer, Answers, DryRun, Input, Live, LiveNamespace, Policy, Question, Source, Wanted};
pub use types::{Action, Hold, Outcome, Plan, SandboxOutcome, SandboxPlan, SandboxResult, Step, Work};
