//! How a sandbox stands, in one word: the word of what the next run does to it, or of what it is where nothing is done.

use schemars::JsonSchema;
use serde::Serialize;

use super::state::{Input, LiveNamespace, Source};
use super::types::{Action, Hold, SandboxPlan};
use crate::fleet::{Fleet, Lifetime};

/// How a sandbox stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It lives, as it was asked for.
    Lives,
    /// So it does, and nothing of it runs.
    Asleep,
    /// It lives, and its time is nearly over.
    Expiring,
    /// It is asked for, and not made yet.
    Create,
    /// Another generation of it is asked for than lives.
    Update,
    /// Somebody else changed it.
    Correct,
    /// It is as asked for, and not all ours.
    Adopt,
    /// It is to be deleted in part, and made again.
    Replace,
    /// Its time is over.
    Expire,
    /// Nobody asks for it any more.
    Remove,
    /// It is left as it is until somebody does something.
    Held,
    /// It would be removed, but a safety rule forbids it.
    Refused,
    /// What was asked for could not be made, and is tried again later.
    Failed,
    /// Its file or its chart cannot be used.
    Broken,
    /// Its namespace is being deleted.
    Ending,
    /// Its namespace belongs to somebody else.
    Foreign,
    /// Its time is over, and it is gone.
    Over,
    /// The cluster could not be read.
    Unknown,
}

impl Standing {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lives => "lives",
            Self::Asleep => "asleep",
            Self::Expiring => "expiring",
            Self::Create => "create",
            Self::Update => "update",
            Self::Correct => "correct",
            Self::Adopt => "adopt",
            Self::Replace => "replace",
            Self::Expire => "expire",
            Self::Remove => "remove",
            Self::Held => "held",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Broken => "broken",
            Self::Ending => "ending",
            Self::Foreign => "foreign",
            Self::Over => "over",
            Self::Unknown => "unknown",
        }
    }

    /// Of a sandbox, by its plan.
    pub fn of(plan: &SandboxPlan, input: &Input, fleet: &Fleet) -> Self {
        let source = input.sources.get(&plan.name).filter(|source| source.namespace() == plan.namespace);
        let live = input.live.namespaces.get(&plan.namespace);
        let own = live.filter(|live| live.observed.ours || live.observed.was_ours);
        if own.is_some_and(|own| own.observed.deleting.is_some()) {
            return Self::Ending;
        }
        if matches!(source, Some(Source::Broken { .. })) {
            return Self::Broken;
        }
        if plan.action == Action::Held && live.is_some() && own.is_none() {
            return Self::Foreign;
        }
        match plan.action {
            Action::Held if has_failed(plan, own, input) => Self::Failed,
            Action::Keep if own.is_none() => Self::Over,
            Action::Keep if ends_soon(plan, input, fleet) => Self::Expiring,
            Action::Keep if rests(plan, input, fleet) => Self::Asleep,
            Action::Keep => Self::Lives,
            Action::Create => Self::Create,
            Action::Update => Self::Update,
            Action::Correct => Self::Correct,
            Action::Adopt => Self::Adopt,
            Action::Replace => Self::Replace,
            Action::Expire => Self::Expire,
            Action::Remove => Self::Remove,
            Action::Held => Self::Held,
            Action::Refused => Self::Refused,
            Action::Failed => Self::Failed,
        }
    }
}

/// Whether it is held because it failed before.
fn has_failed(plan: &SandboxPlan, own: Option<&LiveNamespace>, input: &Input) -> bool {
    let noted = own.is_some_and(|own| own.record.failed.is_some()) || input.failures.contains_key(&plan.name);
    noted && plan.hold == Some(Hold::Broken)
}

/// Whether its time is nearly over, as the note in its plan says.
fn ends_soon(plan: &SandboxPlan, input: &Input, fleet: &Fleet) -> bool {
    let sandbox = fleet.sandboxes.get(&plan.name);
    let since = input.sources.get(&plan.name).and_then(Source::wanted).and_then(|wanted| wanted.since);
    sandbox.zip(since).is_some_and(|(sandbox, since)| {
        Lifetime::at(input.now, since, &sandbox.terms(&fleet.settings)).warns(input.now)
    })
}

/// Whether it is meant to be asleep.
fn rests(plan: &SandboxPlan, input: &Input, fleet: &Fleet) -> bool {
    fleet.sandboxes.get(&plan.name).is_some_and(|sandbox| sandbox.rest(input.now).is_some())
}
