//! The plan as JSON, for programs. [`schema`] describes it; `version` changes when a reader could break.

use jiff::Timestamp;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::shown;
use crate::fleet::{Budgeted, Quantity};
use crate::plan::{self, Action, Aftermath, CauseShown, DriftMode, Drifted, Finding, Outcome, SandboxResult};

/// The version of this format.
pub const VERSION: u32 = 1;

/// What a run does, or did.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Plan {
    /// The version of this format; readers should refuse one that they do not know.
    pub version: u32,
    /// The fleet's name.
    pub fleet: String,
    /// The part of it that this is for, such as `0/4`; null for all of it.
    pub shard: Option<String>,
    /// The commit planned, 40 hexadecimal digits; null with `--worktree`.
    pub commit: Option<String>,
    /// The instant planned for.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub now: Timestamp,
    /// The cluster, for people.
    pub cluster: String,
    /// Whether drift was looked for, or skipped as `--drift skip` asks.
    pub drift: DriftMode,
    /// How many sandboxes are in for what.
    pub summary: Summary,
    /// By name.
    pub sandboxes: Vec<Sandbox>,
    /// What the quotas of all sandboxes come to when it is carried out; null where the fleet has no budget.
    pub budget: Option<Budget>,
    /// What concerns the whole run.
    pub warnings: Vec<String>,
}

/// What the quotas of all sandboxes come to, for each thing that has a budget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "what they are is described in sandboxes/fleet.schema.json")]
pub struct Budget {
    pub cpu: Option<Sum>,
    pub memory: Option<Sum>,
    pub storage: Option<Sum>,
}

/// A sum beside what it may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sum {
    /// What the quotas come to, a Kubernetes quantity.
    #[schemars(with = "String")]
    pub taken: Quantity,
    /// What they may come to.
    #[schemars(with = "String")]
    pub limit: Quantity,
    /// Sandboxes whose quota is not known, and so not in `taken`.
    pub unknown: Vec<String>,
}

/// How many sandboxes are in for what; every action is there, with 0 where there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the actions are described at `Action`")]
pub struct Summary {
    pub create: usize,
    pub update: usize,
    pub correct: usize,
    pub adopt: usize,
    pub replace: usize,
    pub keep: usize,
    pub expire: usize,
    pub remove: usize,
    pub held: usize,
    pub failed: usize,
    pub refused: usize,
}

/// What happens to one sandbox.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Sandbox {
    /// The sandbox's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reason: String,
    /// The files that made it so, the most telling first, with who changed each and when; empty where nothing is
    /// changed for the sake of a file.
    pub causes: Vec<CauseShown>,
    /// For what is held or refused: what to do about it.
    pub remedy: Option<String>,
    /// When its time is over; null for never or unknown.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires: Option<Timestamp>,
    /// Where it answers, when it has a host.
    pub url: Option<String>,
    /// What is noted beside.
    pub notes: Vec<String>,
    /// What is changed, in order, without waits and bookkeeping. Empty where nothing is.
    pub steps: Vec<Step>,
    /// What came of it; only after an apply, and only where there were steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<SandboxOutcome>,
}

/// One change of one object.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// What happens to the object.
    pub action: Action,
    /// The object's kind, such as `Deployment`.
    pub kind: String,
    /// The object's name.
    pub name: String,
    /// The object's namespace; null for objects of the cluster.
    pub namespace: Option<String>,
    /// The commit and file that asked for it, or who changed what and when.
    pub reason: String,
    /// What others changed of it: who, when, from what to what. Empty where nobody did.
    pub drift: Vec<Drifted>,
    /// A unified diff of YAML, secrets masked; empty where there is nothing to show.
    pub diff: String,
}

/// What came of one sandbox's steps.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SandboxOutcome {
    /// How it went.
    pub status: Status,
    /// How many changes were made.
    pub done: usize,
    /// What failed, or was found; null where all went well.
    pub reason: Option<String>,
    /// Where it failed: what its pods and events tell of it.
    pub findings: Vec<Finding>,
    /// What was done about a failure: `removed`, `kept`, `went-back`, `goes-back` (by the next
    /// run), or why it could not be; null where nothing was.
    pub aftermath: Option<String>,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every step was carried out.
    Done,
    /// Every change was made, but readiness was not waited for.
    Applied,
    /// The cluster changed between planning and applying; the next run plans it anew.
    Stale,
    /// The run was told to end; the step in hand was finished.
    Stopped,
    /// A step failed; those after it were not begun.
    Failed,
}

/// The plan, and after an apply what came of it.
pub fn plan(plan: &plan::Plan, outcome: Option<&Outcome>) -> Plan {
    let mut summary = Summary::default();
    for sandbox in &plan.sandboxes {
        *summary.of(sandbox.action) += 1;
    }
    Plan {
        version: VERSION,
        fleet: plan.fleet.clone(),
        shard: plan.shard.map(|shard| shard.to_string()),
        commit: plan.commit.clone(),
        now: plan.now,
        cluster: plan.cluster.clone(),
        drift: plan.drift,
        summary,
        sandboxes: plan.sandboxes.iter().map(|s| sandbox(s, outcome)).collect(),
        budget: budget(&plan.budget),
        warnings: plan.warnings.clone(),
    }
}

fn budget(sums: &[plan::BudgetSum]) -> Option<Budget> {
    let of = |what| {
        let sum = sums.iter().find(|sum| sum.what == what)?;
        Some(Sum { taken: sum.taken, limit: sum.limit, unknown: sum.unknown.clone() })
    };
    (!sums.is_empty()).then(|| Budget {
        cpu: of(Budgeted::Cpu),
        memory: of(Budgeted::Memory),
        storage: of(Budgeted::Storage),
    })
}

/// The JSON Schema of [`Plan`], kept in `src/report/plan.schema.json`.
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Plan>()
}

impl Summary {
    fn of(&mut self, action: Action) -> &mut usize {
        match action {
            Action::Create => &mut self.create,
            Action::Update => &mut self.update,
            Action::Correct => &mut self.correct,
            Action::Adopt => &mut self.adopt,
            Action::Replace => &mut self.replace,
            Action::Keep => &mut self.keep,
            Action::Expire => &mut self.expire,
            Action::Remove => &mut self.remove,
            Action::Held => &mut self.held,
            Action::Failed => &mut self.failed,
            Action::Refused => &mut self.refused,
        }
    }
}

fn sandbox(sandbox: &plan::SandboxPlan, outcome: Option<&Outcome>) -> Sandbox {
    let result = outcome.and_then(|outcome| outcome.sandboxes.iter().find(|s| s.name == sandbox.name));
    Sandbox {
        name: sandbox.name.clone(),
        namespace: sandbox.namespace.clone(),
        action: sandbox.action,
        reason: sandbox.reason.clone(),
        causes: sandbox.causes.iter().map(CauseShown::from).collect(),
        remedy: sandbox.remedy.clone(),
        expires: sandbox.expires,
        url: sandbox.url.clone(),
        notes: sandbox.notes.clone(),
        steps: shown(sandbox).into_iter().filter(|s| s.work.is_change()).map(step).collect(),
        result: result.map(came_of),
    }
}

fn step(step: &plan::Step) -> Step {
    Step {
        action: step.action,
        kind: step.id.kind.clone(),
        name: step.id.name.clone(),
        namespace: step.id.namespace.clone(),
        reason: step.reason.clone(),
        drift: step.drift.clone(),
        diff: step.diff.clone(),
    }
}

fn came_of(outcome: &plan::SandboxOutcome) -> SandboxOutcome {
    let (status, reason) = match &outcome.result {
        SandboxResult::Done => (Status::Done, None),
        SandboxResult::Applied => (Status::Applied, None),
        SandboxResult::Stale { reason } => (Status::Stale, Some(reason.clone())),
        SandboxResult::Stopped { reason } => (Status::Stopped, Some(reason.clone())),
        SandboxResult::Failed { reason } => (Status::Failed, Some(reason.clone())),
    };
    let aftermath = match &outcome.aftermath {
        Aftermath::None => None,
        Aftermath::Removed => Some("removed".to_owned()),
        Aftermath::NotRemoved { reason } => Some(format!("not removed: {reason}")),
        Aftermath::Kept => Some("kept".to_owned()),
        Aftermath::GoesBack => Some("goes-back".to_owned()),
        Aftermath::WentBack { .. } => Some("went-back".to_owned()),
        Aftermath::NotBack { reason } => Some(format!("not back: {reason}")),
    };
    SandboxOutcome { status, done: outcome.done, reason, findings: outcome.findings.clone(), aftermath }
}
