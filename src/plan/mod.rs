//! sandboxes × live × now → Plan.
//!
//! [`questions`] tells what has to be asked of the cluster before every change can be judged; [`plan`] decides, from
//! the input and the answers alone.

mod claims;
mod decide;
mod desired;
mod extras;
mod live;
mod lost;
mod objects;
mod quota;
mod ready;
mod record;
mod removal;
mod room;
mod safety;
mod sandbox;
mod show;
mod state;
mod survivors;
mod types;
mod words;

pub use decide::{Questions, plan, questions};
pub use desired::{Start, place, sources};
pub use extras::UNKNOWN_MANAGER;
pub use live::{By, Drift, Extra, GeneratedKeys, Managed, Meta, Observed, Precondition, observe};
pub use ready::{Readiness, readiness};
pub use record::{Record, expires_text};
pub use removal::{clearing, in_the_way, removal};
pub use state::{Answer, Answers, DryRun, Input, Live, LiveNamespace, Policy, Question, Source, Wanted};
pub use types::{Action, BudgetSum, Clear, Hold, Outcome, Plan, SandboxOutcome, SandboxPlan, SandboxResult, Step, Work};
