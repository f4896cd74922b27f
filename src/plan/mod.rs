//! sandboxes × live × now → Plan.
//!
//! [`questions`] tells what has to be asked of the cluster before every change can be judged; [`plan`] decides, from
//! the input and the answers alone.

mod decide;
mod desired;
mod live;
mod live_objects;
mod lost;
mod objects;
mod ready;
mod record;
mod safety;
mod sandbox;
mod settled;
mod show;
mod state;
mod survivors;
mod types;
mod words;

pub use decide::{Questions, plan, questions};
pub use desired::{Start, sources};
pub use live::{By, Drift, Extra, GeneratedKeys, Managed, Meta, Observed, Precondition, UNKNOWN_MANAGER, observe};
pub use live_objects::Objects;
pub use ready::{Readiness, readiness};
pub use record::{Record, expires_text};
pub use settled::{FieldSets, Seen, SeenManaged, is_settled};
pub use state::{Answer, Answers, DryRun, Input, Live, LiveNamespace, Policy, Question, Source, Unread, Wanted};
pub use types::{Action, DriftMode, Hold, Outcome, Plan, SandboxOutcome, SandboxPlan, SandboxResult, Step, Work};
