//! sandboxes × live × now → Plan.
//!
//! [`questions`] tells what has to be asked of the cluster before every change can be judged; [`plan`] decides, from
//! the input and the answers alone.

mod asked;
mod basis;
mod blame;
mod cause;
mod change;
mod chosen;
mod claims;
mod counted;
mod decide;
mod desired;
mod extras;
mod failure;
mod forecast;
mod going;
mod hooks;
mod immutable;
mod leftovers;
mod listing;
mod live;
mod live_objects;
mod lost;
mod objects;
mod outcome;
mod questions;
mod quota;
mod ready;
mod record;
mod recorded;
mod regain;
mod removal;
mod rename;
mod replace;
mod room;
mod round;
mod safety;
mod sandbox;
mod saved;
mod service;
mod settled;
mod show;
mod stale;
mod standing;
mod state;
mod status;
mod story;
mod story_live;
mod story_told;
mod survivors;
mod types;
mod values;
mod words;

pub use basis::{Basis, SavedPolicy, Version};
pub use blame::{Culprit, Inquiry, Now, Suspect};
pub use cause::{Blame, Cause, CauseShown, Change, Commit, History};
pub use chosen::Chosen;
pub use decide::plan;
pub use desired::{Start, brought, defined, generation, place, sources};
pub use extras::UNKNOWN_MANAGER;
pub use failure::{Failure, backed_off, with_failure};
pub use forecast::{Ahead, Outlook, Turn, forecast};
pub use immutable::immutable_changes;
pub use listing::{LISTING_VERSION, Listed, Listing, LiveFleet, Ready, listing, listing_schema};
pub use live::{By, Drift, Extra, GeneratedKeys, Managed, Meta, Observed, Precondition, observe};
pub use live_objects::Objects;
pub use outcome::{Aftermath, Finding, Outcome, SandboxOutcome, SandboxResult};
pub use questions::{Questions, questions};
pub use ready::{Readiness, completion, readiness};
pub use record::{Record, expires_text, recorded_kinds};
pub use removal::{clearing, in_the_way, removal};
pub use round::{Round, removed};
pub use saved::{
    FORMAT, MAX_AGE, Making, NotSaved, Saved, SavedSandbox, SavedStep, is_plan_id, is_saved_plan, plan_id,
};
pub use service::{ContainerSeen, PodSeen, of_service, service_of, services};
pub use settled::{FieldSets, Seen, SeenManaged, is_settled};
pub use stale::Difference;
pub use standing::Standing;
pub use state::{
    Answer, Answers, DryRun, Input, Live, LiveNamespace, Policy, Question, Source, Unread, Volume, Wanted,
};
pub use status::{
    EventSeen, Generation, QuotaLine, STATUS_VERSION, Service, ServiceHealth, Status, VolumeSeen, Within, status,
    status_schema,
};
pub use story::{
    Desired, Differing, Expiry, Held as HeldTold, KindCount, Live as LiveTold, LiveState, Next, Pin, Place, Rendered,
    STORY_VERSION, StepTold, Story, short_commit, story_schema,
};
pub use story_told::{Known, LiveKnown, story};
pub use types::{Action, BudgetSum, Clear, DriftMode, Hold, OnFailure, Plan, SandboxPlan, Step, Work};
pub use values::Drifted;
