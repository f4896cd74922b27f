//! A run in numbers, for Prometheus. ci/README.md has the table of the metrics, and a rule that tells when runs stop.
//!
//! Everything tells of one run, the last; whatever else is asked for, such as how often something failed, is for
//! Prometheus to count over time.

mod exposition;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::words::{ACTIONS, of as words};
use crate::manifest::Shard;
use crate::plan::{Action, Hold, Outcome, Plan, SandboxOutcome, SandboxPlan, SandboxResult, Step};
pub use exposition::{Family, Label, text};

/// The metric by which a dead man's switch tells that runs have stopped, or succeed no more.
const LAST_SUCCESS: &str = "reconcile_last_success_timestamp_seconds";
/// A life that ends within this time ends soon.
const SOON: SignedDuration = SignedDuration::from_hours(24);

/// How long things took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// Reading both states and planning.
    pub planning: Duration,
    /// Carrying the plan out; `None` where it was not.
    pub applying: Option<Duration>,
    /// Each sandbox that was begun.
    pub sandboxes: BTreeMap<String, Duration>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Its exit status.
    pub status: u8,
    /// How long it took.
    pub took: Duration,
    /// When one last succeeded, as far as that is known.
    pub success: Option<Timestamp>,
}

/// Whether a run did all that there was to do: only then the dead man's switch is told.
pub fn is_success(plan: &Plan, outcome: Option<&Outcome>, status: u8) -> bool {
    // A plan that nobody carried out changed nothing for the better.
    status == 0 && (outcome.is_some() || !plan.has_changes())
}

/// What every run tells, also one that ended before it could plan.
pub fn of_run(ended: &Ended) -> Vec<Family> {
    let mut families = Vec::new();
    if let Some(at) = ended.success {
        let help = "When a run last succeeded: exit status 0, and nothing left to do.";
        families.push(Family::of(LAST_SUCCESS, help, seconds(at)));
    }
    families.extend([
        Family::of("reconcile_last_run_timestamp_seconds", "When the last run ended.", seconds(ended.at)),
        Family::of(
            "reconcile_last_run_exit_status",
            "The exit status of the last run, as the README lists them.",
            f64::from(ended.status),
        ),
        Family::of("reconcile_last_run_duration_seconds", "How long the last run took.", rounded(ended.took)),
    ]);
    families
}

/// What a run tells that had a plan; `outcome` is `None` where it was not carried out.
pub fn of_plan(plan: &Plan, outcome: Option<&Outcome>, numbers: &Numbers) -> Vec<Family> {
    let came = Came { plan, outcome };
    let mut families = vec![
        came.info(),
        Family::of(
            "reconcile_last_run_planning_seconds",
            "How long the last run took to read both states and plan.",
            rounded(numbers.planning),
        ),
    ];
    if let Some(applying) = numbers.applying {
        let help = "How long the last run took to carry its plan out.";
        families.push(Family::of("reconcile_last_run_applying_seconds", help, rounded(applying)));
    }
    families.extend([came.states(), came.actions(), came.held(), came.failed(), came.troubled(), came.steps()]);
    families.extend([came.durations(&numbers.sandboxes), came.expiries(), came.soon(), came.warnings()]);
    families.extend(came.budget());
    families
}

/// When a run last succeeded, out of the text that an earlier one wrote.
///
/// # Errors
/// Where that is no text of metrics of ours, or of another fleet's.
pub fn last_success(text: &str, fleet: Option<&str>, shard: Option<Shard>) -> Result<Earlier, NotOurs> {
    let is_ours = |line: &&str| line.starts_with("# HELP reconcile_") || line.starts_with("reconcile_");
    if !text.trim().is_empty() && !text.lines().any(|line| is_ours(&line)) {
        return Err(NotOurs::Another);
    }
    let said = |labels: &[(String, String)], label: &str| {
        labels.iter().find(|(name, _)| name == label).map(|(_, value)| value.clone())
    };
    let mut earlier = Earlier::default();
    for name in [LAST_SUCCESS, "reconcile_last_run_timestamp_seconds"] {
        let Some((labels, value)) = text.lines().find_map(|line| exposition::sample(line, name)) else { continue };
        let theirs = said(&labels, "fleet");
        if let (Some(ours), Some(theirs)) = (fleet, &theirs)
            && (ours != theirs || said(&labels, "shard") != shard.map(|shard| shard.to_string()))
        {
            return Err(NotOurs::Fleet(theirs.clone()));
        }
        earlier.fleet = earlier.fleet.or(theirs);
        if name == LAST_SUCCESS {
            #[expect(clippy::cast_possible_truncation, reason = "seconds, and what is beyond the calendar is no time")]
            let at = Timestamp::from_second(value as i64).ok();
            earlier.success = at;
        }
    }
    Ok(earlier)
}

/// What an earlier run left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// Whose metrics they are.
    pub fleet: Option<String>,
    /// When a run last succeeded.
    pub success: Option<Timestamp>,
}

/// Why a text is not continued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// It holds something else.
    #[error("it holds something else than the metrics of a run")]
    Another,
    /// It tells of another fleet.
    #[error("it holds the metrics of fleet {0}")]
    Fleet(String),
}

/// A plan, and what came of it.
#[derive(Clone, Copy)]
struct Came<'a> {
    plan: &'a Plan,
    outcome: Option<&'a Outcome>,
}

/// What a sandbox is after the run.
const STATES: [&str; 8] = ["current", "unready", "pending", "held", "refused", "failed", "removed", "over"];
const HOLDS: [(&str, Option<Hold>); 4] =
    [("policy", Some(Hold::Policy)), ("safety", Some(Hold::Safety)), ("broken", Some(Hold::Broken)), ("unknown", None)];
const FAILURES: [&str; 5] = ["planning", "step", "stale", "stopped", "unbegun"];
const ENDS: [&str; 4] = ["done", "failed", "stale", "unbegun"];

impl<'a> Came<'a> {
    fn sandboxes(&self) -> impl Iterator<Item = &'a SandboxPlan> + use<'a> {
        self.plan.sandboxes.iter()
    }

    fn result(&self, sandbox: &SandboxPlan) -> Option<&'a SandboxOutcome> {
        self.outcome?.sandboxes.iter().find(|came| came.name == sandbox.name)
    }

    fn state(&self, sandbox: &SandboxPlan) -> &'static str {
        let goes = matches!(sandbox.action, Action::Expire | Action::Remove);
        match (sandbox.action, self.result(sandbox).map(|came| &came.result)) {
            (_, Some(SandboxResult::Done)) if goes => "removed",
            (_, Some(SandboxResult::Done)) => "current",
            (_, Some(SandboxResult::Applied)) => "unready",
            (_, Some(SandboxResult::Stale { .. } | SandboxResult::Stopped { .. })) => "pending",
            (_, Some(SandboxResult::Failed { .. })) | (Action::Failed, None) => "failed",
            (Action::Held, None) => "held",
            (Action::Refused, None) => "refused",
            (Action::Keep, None) if sandbox.expires.is_some_and(|at| at <= self.plan.now) => "over",
            (_, None) if sandbox.steps.is_empty() => "current",
            (_, None) => "pending",
        }
    }

    /// Why one failed, as far as it is known without words.
    fn failure(&self, sandbox: &SandboxPlan) -> Option<&'static str> {
        match self.result(sandbox).map(|came| &came.result) {
            Some(SandboxResult::Failed { .. }) => Some("step"),
            Some(SandboxResult::Stale { .. }) => Some("stale"),
            Some(SandboxResult::Stopped { .. }) => Some("stopped"),
            Some(SandboxResult::Done | SandboxResult::Applied) => None,
            None if sandbox.action == Action::Failed => Some("planning"),
            None if self.outcome.is_some() && !sandbox.steps.is_empty() => Some("unbegun"),
            None => None,
        }
    }

    fn info(&self) -> Family {
        let mut family = Family::new("reconcile_last_run_info", "What the last run was, always 1.");
        let commit = self.plan.commit.clone().unwrap_or_else(|| "worktree".into());
        let mode = if self.outcome.is_some() { "apply" } else { "plan" };
        let version = env!("CARGO_PKG_VERSION");
        let labels = [
            ("fleet_id", self.plan.fleet_id.clone()),
            ("cluster", self.plan.cluster.clone()),
            ("commit", commit),
            ("mode", mode.into()),
            ("version", version.into()),
        ];
        family.push(labels, 1.0);
        family
    }

    fn states(&self) -> Family {
        let help = "Sandboxes by what they are after the last run.";
        counted("reconcile_sandboxes", help, "state", &STATES, self.sandboxes().map(|s| self.state(s)))
    }

    fn actions(&self) -> Family {
        let help = "Sandboxes by what the last run planned for them.";
        let all = ACTIONS.map(|action| words(action).verb);
        let are = self.sandboxes().map(|s| words(s.action).verb);
        counted("reconcile_sandboxes_planned", help, "action", &all, are)
    }

    fn held(&self) -> Family {
        let help = "Held sandboxes by the sort of reason: policy waits for room, safety and broken for somebody.";
        let word = |hold: Option<Hold>| HOLDS.iter().find(|(_, of)| *of == hold).map_or("unknown", |(word, _)| *word);
        let reasons = self.sandboxes().filter(|s| s.action == Action::Held).map(|s| word(s.hold));
        counted("reconcile_sandboxes_held", help, "reason", &HOLDS.map(|(word, _)| word), reasons)
    }

    fn failed(&self) -> Family {
        let help = "Sandboxes that the last run did not bring to their end, by why: the plan, a step, somebody who \
                    changed something meanwhile, or the end of the run.";
        let failed = self.sandboxes().filter_map(|s| self.failure(s));
        counted("reconcile_sandboxes_failed", help, "reason", &FAILURES, failed)
    }

    /// Few, so that each may have its name.
    fn troubled(&self) -> Family {
        let help = "Sandboxes that wait for somebody, by name, always 1.";
        let mut family = Family::new("reconcile_sandbox_trouble", help);
        for sandbox in self.sandboxes() {
            let state = self.state(sandbox);
            if ["held", "refused", "failed"].contains(&state) {
                family.push([("sandbox", sandbox.name.clone()), ("state", state.into())], 1.0);
            }
        }
        family
    }

    fn steps(&self) -> Family {
        let help = "Changes of objects in the last run, by what was planned and what came of it.";
        let mut family = Family::new("reconcile_steps", help);
        let mut counts: BTreeMap<(Action, &str), u32> = BTreeMap::new();
        for sandbox in self.sandboxes() {
            let changes: Vec<&Step> =
                sandbox.steps.iter().filter(|step| !step.quiet && step.work.is_change()).collect();
            for (at, step) in changes.iter().enumerate() {
                *counts.entry((step.action, self.end(sandbox, at, step))).or_default() += 1;
            }
        }
        for action in ACTIONS {
            let count = |end: &str| counts.get(&(action, end)).copied().unwrap_or(0);
            let all: &[&str] = if self.outcome.is_some() { &ENDS } else { &["planned"] };
            if all.iter().any(|end| count(end) > 0) {
                for end in all {
                    let labels = [("action", words(action).verb.to_owned()), ("outcome", (*end).to_owned())];
                    family.push(labels, f64::from(count(end)));
                }
            }
        }
        family
    }

    /// What came of the change at a place among a sandbox's.
    fn end(&self, sandbox: &SandboxPlan, at: usize, step: &Step) -> &'static str {
        let Some(came) = self.result(sandbox) else {
            return if self.outcome.is_some() { "unbegun" } else { "planned" };
        };
        // Where it ended at a wait between changes, the next change was not begun.
        let is_here = |reason: &str| at == came.done && reason.starts_with(&format!("{}: ", step.id));
        match &came.result {
            SandboxResult::Done | SandboxResult::Applied => "done",
            _ if at < came.done => "done",
            SandboxResult::Failed { reason } if is_here(reason) => "failed",
            SandboxResult::Stale { reason } if is_here(reason) => "stale",
            SandboxResult::Failed { .. } | SandboxResult::Stale { .. } | SandboxResult::Stopped { .. } => "unbegun",
        }
    }

    fn durations(&self, took: &BTreeMap<String, Duration>) -> Family {
        let help = "How long the last run worked on a sandbox, waiting until it was ready or gone included.";
        let mut family = Family::new("reconcile_sandbox_duration_seconds", help);
        for sandbox in self.sandboxes() {
            if let Some(took) = took.get(&sandbox.name) {
                let labels = [("sandbox", sandbox.name.clone()), ("action", words(sandbox.action).verb.to_owned())];
                family.push(labels, rounded(*took));
            }
        }
        family
    }

    /// Those that live, or are to, and when their time is over.
    fn ending(&self) -> impl Iterator<Item = (&'a SandboxPlan, Timestamp)> {
        let lives = |s: &SandboxPlan| !matches!(self.state(s), "removed" | "over");
        self.sandboxes().filter(move |s| lives(s)).filter_map(|s| Some((s, s.expires?)))
    }

    fn expiries(&self) -> Family {
        let help = "When a sandbox's time is over; one without an end has no sample.";
        let mut family = Family::new("reconcile_sandbox_expiry_timestamp_seconds", help);
        for (sandbox, at) in self.ending() {
            family.push([("sandbox", sandbox.name.clone())], seconds(at));
        }
        family
    }

    fn soon(&self) -> Family {
        let soon = self.ending().filter(|(_, at)| at.duration_since(self.plan.now) <= SOON).count();
        let help = "Sandboxes whose time is over within 24 hours of the last run, or is already.";
        Family::of("reconcile_sandboxes_expiring_soon", help, number(soon))
    }

    fn warnings(&self) -> Family {
        let help = "Warnings of the last run that concern the whole fleet.";
        Family::of("reconcile_warnings", help, number(self.plan.warnings.len()))
    }

    fn budget(&self) -> [Family; 2] {
        let help = "What the quotas of all sandboxes come to, in CPUs or bytes.";
        let mut taken = Family::new("reconcile_budget_taken", help);
        let mut limit = Family::new("reconcile_budget_limit", "What they may come to.");
        for sum in &self.plan.budget {
            let label = || [("resource", sum.what.name().to_owned())];
            taken.push(label(), sum.taken.approximately());
            limit.push(label(), sum.limit.approximately());
        }
        [taken, limit]
    }
}

/// How many there are of each word, also of those of which there is none: a series that comes and goes cannot be
/// watched.
fn counted(
    name: &'static str,
    help: &'static str,
    label: &'static str,
    all: &[&'static str],
    are: impl Iterator<Item = &'static str>,
) -> Family {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    are.for_each(|word| *counts.entry(word).or_default() += 1);
    let mut family = Family::new(name, help);
    for word in all {
        family.push([(label, (*word).to_owned())], number(counts.get(word).copied().unwrap_or(0)));
    }
    family
}

fn seconds(at: Timestamp) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact for 285 million years")]
    let seconds = at.as_second() as f64;
    seconds
}

/// To the millisecond.
fn rounded(took: Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
