//! The plan: the one value that `--plan` prints and apply executes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cause::Cause;
use super::failure::Failure;
use super::live::Precondition;
use super::outcome::{SandboxOutcome, SandboxResult};
use super::round::Round;
use super::values::Drifted;
use crate::chart::generated::GeneratedKey;
use crate::fleet::{Budgeted, Quantity};
use crate::manifest::{Kind, ObjectId, Owner, Path, Resource, Shard};

/// What a run does, all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The fleet's name.
    pub fleet: String,
    /// The fleet's id.
    pub fleet_id: String,
    /// The commit planned, 40 hexadecimal digits; `None` with `--worktree`.
    pub commit: Option<String>,
    /// The cluster, for people.
    pub cluster: String,
    /// The instant planned for.
    pub now: Timestamp,
    /// Whether drift was looked for.
    #[serde(default)]
    pub drift: DriftMode,
    /// The part of the fleet that it is for.
    #[serde(default)]
    pub shard: Option<Shard>,
    /// What the shards remove together, this plan's removals with it.
    #[serde(default)]
    pub round: Option<Round>,
    /// By name.
    pub sandboxes: Vec<SandboxPlan>,
    /// What the quotas of all sandboxes come to when it is carried out, for each thing that the fleet has a budget for.
    #[serde(default)]
    pub budget: Vec<BudgetSum>,
    /// What concerns the whole run.
    pub warnings: Vec<String>,
}

/// Whether a plan looks for what others changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DriftMode {
    /// Every object of every sandbox is looked at.
    #[default]
    Detect,
    /// Only the objects of sandboxes whose release is not the one that was applied last.
    Skip,
}

/// What the quotas of all sandboxes come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BudgetSum {
    /// Of what.
    pub what: Budgeted,
    /// What they may come to.
    pub limit: Quantity,
    /// What they do, as far as they are known.
    pub taken: Quantity,
    /// Sandboxes whose quota is not known.
    pub unknown: Vec<String>,
}

/// What happens to a sandbox, or to one object of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed, because what is wanted has changed.
    Update,
    /// It is put back, because someone else changed it.
    Correct,
    /// It is as wanted, but owned no more: applied once, to own it again.
    Adopt,
    /// It is deleted and made again, because the change cannot be made in place.
    Replace,
    /// It is left as it is: nothing differs.
    Keep,
    /// It is removed, because its time is over.
    Expire,
    /// It is removed, because nobody asks for it any more.
    Remove,
    /// It is left exactly as it is, although something may differ, until the remedy is taken.
    Held,
    /// Carrying it out failed.
    Failed,
    /// A removal that a safety rule forbids.
    Refused,
}

/// Why a sandbox is held, as far as the exit status goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// A limit, or a ceiling on expiries: a warning, exit 0.
    Policy,
    /// Its source cannot be read or rendered, or its live state cannot be told: exit 4.
    Broken,
    /// A safety rule: exit 3.
    Safety,
}

/// What happens to one sandbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SandboxPlan {
    /// The sandbox's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// What happens.
    pub action: Action,
    /// Why, one line.
    pub reason: String,
    /// The files that made it so, the most telling first, with who changed each and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// For what is held or refused: what to do about it, one line.
    pub remedy: Option<String>,
    /// For what is held: of which sort.
    pub hold: Option<Hold>,
    /// When its time is over; `None` for never or unknown.
    pub expires: Option<Timestamp>,
    /// Where it answers, when it has a host.
    pub url: Option<String>,
    /// What is noted beside: extras, a life that ends soon. Each one line.
    pub notes: Vec<String>,
    /// What is done, in order. Empty where nothing is.
    pub steps: Vec<Step>,
    /// Whether this is only what has to come first: what else there is to do is planned when it is done.
    #[serde(default)]
    pub begins: bool,
    /// Sandboxes whose removal makes room for this one: it is begun only when they are gone.
    #[serde(default)]
    pub after: Vec<String>,
    /// What is done where a step fails, and not for want of a cluster.
    #[serde(default)]
    pub on_failure: OnFailure,
}

/// What is done where a sandbox's steps fail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum OnFailure {
    /// It is left as it is by then; the next run goes on.
    #[default]
    Leave,
    /// What was made of it goes again.
    Remove {
        /// By these steps; without any it stays.
        steps: Vec<Step>,
        /// What is remembered.
        note: Failure,
    },
    /// It goes back to the generation that its namespace names.
    GoBack {
        /// What is remembered.
        note: Failure,
        /// By this step on its namespace, which has the note put into it.
        record: Box<Step>,
    },
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What happens to the object.
    pub action: Action,
    /// The object.
    pub id: ObjectId,
    /// Its kind, with the version to speak.
    pub kind: Kind,
    /// How the kind is served.
    pub resource: Resource,
    /// Why: the commit and file that asked for it, or who changed what and when.
    pub reason: String,
    /// What others changed of it: who, when, from what to what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drifted>,
    /// A unified diff of YAML, secrets masked; empty where there is nothing to show.
    pub diff: String,
    /// Whether it only serves the other steps, so that people need not read it: waits, and the note that all is done.
    pub quiet: bool,
    /// How it is done.
    pub work: Work,
}

/// How a step is carried out. The executor adds nothing to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Work {
    /// Claim a Namespace: an apply that fails where the name is taken.
    Claim {
        /// The Namespace as it is until everything in it is done.
        body: Value,
    },
    /// Server-side apply.
    Apply {
        /// The object, without generated values.
        body: Value,
        /// What it must be before; `None` where it is not there yet.
        precondition: Option<Precondition>,
        /// Values to generate where they are missing, in a Secret.
        generated: Vec<GeneratedKey>,
        /// Generated keys that are there; those not in `generated` go.
        kept: Vec<String>,
        /// What others put where ours has to be put back, and what goes before the apply.
        #[serde(default)]
        clear: Option<Clear>,
        /// What goes after the apply, which would leave it: fields that were ours and that another manager holds too,
        /// and what others added, where the fleet has that taken out.
        remove: Vec<Path>,
    },
    /// Make what a chart has in `crds/`. Where it is there by then it is left as it is, whoever made it.
    MakeOnce {
        /// The object.
        body: Value,
    },
    /// Delete.
    Delete {
        /// What it must be before.
        precondition: Precondition,
        /// Whether the end of it is waited for here. A volume is kept by its claim, and that goes with the namespace.
        awaited: bool,
        /// Whether what runs in it, a namespace, is told to end at once.
        #[serde(default)]
        hurried: bool,
    },
    /// Wait until what was deleted is gone.
    AwaitGone {
        /// Its uid.
        uid: String,
    },
    /// Delete, wait for the end of it and of what belongs to it, and make it again.
    Replace {
        /// The object, without generated values.
        body: Value,
        /// What it must be before.
        precondition: Precondition,
        /// Values of it that are kept.
        #[serde(default)]
        generated: Vec<GeneratedKey>,
    },
    /// Run a hook: make its object, and where it is a Job or a Pod wait until that has done its work. What an earlier run
    /// of it has left is deleted first, or applied over.
    Hook {
        /// The object, without generated values.
        body: Value,
        /// Values to generate, in a Secret.
        generated: Vec<GeneratedKey>,
        /// Whether it runs, and is waited for until it has done its work: a Job and a Pod.
        runs: bool,
        /// Whether what is there of it goes first; else it is applied over.
        drops_before: bool,
        /// Whether it goes where it fails.
        drops_failed: bool,
    },
    /// Delete the object of this name where it is its sandbox's, whatever it is like by now; anything else is left.
    Drop {
        /// Whose it is.
        owner: Owner,
        /// Whether the end of it is waited for here.
        awaited: bool,
    },
    /// Wait until a `ResourceQuota` has its `status.hard`, without which it lets everything through.
    AwaitQuota {
        /// In a namespace that this run claims, what the quota controller will come to: the object with the status that it
        /// has where nothing is used yet. It is written ahead of the controller, which puts no more than some twenty a
        /// second in force (seen), unless that has found something else.
        #[serde(default)]
        ahead: Option<Value>,
    },
    /// Wait until a definition is served, however long a run is to wait: what is of its kind comes next.
    AwaitServed,
    /// Wait until the object is ready.
    AwaitReady,
    /// Apply the Namespace's record.
    Record {
        /// The Namespace as it is from now on.
        body: Value,
        /// Its uid; `None` for the one that this run has claimed.
        uid: Option<String>,
        /// What others added, and what goes.
        #[serde(default)]
        remove: Vec<Path>,
    },
}

/// What stands in the way of an apply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clear {
    /// What is put back in one go with it.
    pub restore: Vec<Path>,
    /// What others put beside that.
    pub beside: Vec<Path>,
}

impl Work {
    /// Whether the step changes the object (rather than waits for it, or notes that all is done).
    pub fn is_change(&self) -> bool {
        !matches!(self, Work::AwaitQuota { .. } | Work::AwaitServed | Work::AwaitReady | Work::AwaitGone { .. })
    }
}

impl SandboxPlan {
    /// Of a sandbox that nothing is said of yet.
    pub(super) fn blank(name: &str, namespace: &str) -> Self {
        Self {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            action: Action::Held,
            reason: String::new(),
            causes: Vec::new(),
            remedy: None,
            hold: None,
            expires: None,
            url: None,
            notes: Vec::new(),
            steps: Vec::new(),
            begins: false,
            after: Vec::new(),
            on_failure: OnFailure::Leave,
        }
    }

    /// Why it may not be begun, where a sandbox that had to go before it has not; `outcomes` are of the turns before.
    pub fn waits_for(&self, outcomes: &[SandboxOutcome]) -> Option<String> {
        // One whose end was not waited for may still be there.
        let stays = |name: &&String| !outcomes.iter().any(|o| o.name == **name && o.result == SandboxResult::Done);
        self.after.iter().find(stays).map(|name| format!("{name} is not gone, and there is no room beside it"))
    }

    /// The steps that people are shown.
    pub fn shown_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| !step.quiet)
    }
}

impl Plan {
    /// The sandboxes that something is done to, in the order of their turns: those of one turn side by side. What goes
    /// goes first, as room is made before it is used: the limits are planned as if what goes were gone.
    pub fn turns(&self) -> [Vec<&SandboxPlan>; 2] {
        let busy = self.sandboxes.iter().filter(|sandbox| !sandbox.steps.is_empty());
        let (going, others) = busy.partition(|sandbox| matches!(sandbox.action, Action::Expire | Action::Remove));
        [going, others]
    }

    /// Whether a run would change anything.
    pub fn has_changes(&self) -> bool {
        self.sandboxes.iter().any(|s| !s.steps.is_empty())
    }

    /// How many sandboxes are in for what.
    pub fn summary(&self) -> BTreeMap<Action, usize> {
        let mut summary = BTreeMap::new();
        for sandbox in &self.sandboxes {
            *summary.entry(sandbox.action).or_default() += 1;
        }
        summary
    }
}
