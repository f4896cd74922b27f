//! Plan → cluster. Nothing is decided here: order, bodies and preconditions are in the plan.
//!
//! Each change of an object is read again just before it is made (metadata alone), compared with what it was planned
//! against, and sent with the uid and resourceVersion that were read, so that nothing is overwritten that was not seen.

mod aftermath;
mod diagnose;
mod ends;
mod failures;
mod generate;
mod hook;
mod hurry;
mod lease;
mod ledger;
mod made;
mod notes;
mod rounds;
mod step;
mod stop;
mod trace;
mod wait;

use std::time::Duration;

use futures::StreamExt as _;
use tracing::Instrument as _;

use crate::cluster::Cluster;
use crate::plan::{Aftermath, Outcome, Plan, SandboxOutcome, SandboxPlan, SandboxResult, Step};
use aftermath::Failed;
use ends::Ends;
pub use failures::Failures;
pub use lease::{Holder, Lease, Realm, Rivals, Taken};
pub use ledger::Ledger;
pub use notes::NAMESPACE;
pub use rounds::{Part, Rounds};
use step::{Halt, Run};
pub use stop::Stop;

/// How a plan is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// How long a sandbox may take to be ready, or gone; zero looks once and does not wait.
    pub timeout: Duration,
    /// How many sandboxes are worked on side by side.
    pub side_by_side: usize,
    /// Whether what could not be made is kept, for people to look at.
    pub keep_failed: bool,
    /// What tells the run to end.
    pub stop: &'a Stop,
}

/// Something that happened, for whoever watches.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step begins.
    Begins {
        /// The sandbox.
        sandbox: &'a str,
        /// The step.
        step: &'a Step,
    },
    /// A step has to wait for the cluster. Told once for each reason.
    Waits {
        /// The sandbox.
        sandbox: &'a str,
        /// The step.
        step: &'a Step,
        /// What is not as it should be yet.
        why: &'a str,
    },
    /// A sandbox is done with.
    Ends {
        /// How.
        outcome: &'a SandboxOutcome,
        /// The uid of its Namespace, where this run has made that.
        namespace: Option<&'a str>,
    },
}

/// Who is told what happens.
pub type Watch<'a> = &'a (dyn Fn(Event<'_>) + Sync);

/// A plan that is carried out.
struct Job<'a> {
    cluster: &'a dyn Cluster,
    fleet_id: &'a str,
    options: Options<'a>,
    watch: Watch<'a>,
}

/// Carries a plan out. One sandbox that fails never stops the others.
pub async fn run(plan: &Plan, cluster: &dyn Cluster, options: Options<'_>, watch: Watch<'_>) -> Outcome {
    let job = &Job { cluster, fleet_id: &plan.fleet_id, options, watch };
    let mut sandboxes: Vec<SandboxOutcome> = Vec::new();
    for turn in plan.turns() {
        let (before, ends) = (&sandboxes, &Ends::of(cluster, &plan.fleet_id, turn.len()));
        let outcomes = futures::stream::iter(turn.into_iter().map(|sandbox| {
            let span = trace::sandbox(sandbox);
            async move {
                let mut run = Run::new(job.cluster, &job.options, ends);
                let outcome = match sandbox.waits_for(before) {
                    Some(reason) => ended(sandbox, 0, SandboxResult::Stale { reason }),
                    None => job.carry_out(sandbox, &mut run).await,
                };
                trace::ended(&outcome);
                watch(Event::Ends { outcome: &outcome, namespace: run.claimed() });
                outcome
            }
            .instrument(span)
        }));
        let outcomes: Vec<_> = outcomes.buffer_unordered(options.side_by_side.max(1)).collect().await;
        sandboxes.extend(outcomes);
    }
    sandboxes.sort_by(|a, b| a.name.cmp(&b.name));
    Outcome { sandboxes }
}

fn ended(sandbox: &SandboxPlan, done: usize, result: SandboxResult) -> SandboxOutcome {
    let (findings, aftermath) = (Vec::new(), Aftermath::None);
    SandboxOutcome { name: sandbox.name.clone(), done, result, findings, aftermath }
}

impl Job<'_> {
    async fn carry_out(&self, sandbox: &SandboxPlan, run: &mut Run<'_>) -> SandboxOutcome {
        let Self { watch, options, .. } = self;
        let mut done = 0;
        for (at, step) in sandbox.steps.iter().enumerate() {
            if let Some(why) = options.stop.why() {
                return ended(sandbox, done, stopped(why, &sandbox.steps[at..]));
            }
            watch(Event::Begins { sandbox: &sandbox.name, step });
            let waits = |why: &str| watch(Event::Waits { sandbox: &sandbox.name, step, why });
            if let Err(halt) = run.carry_out(step, &waits).instrument(trace::step(step)).await {
                let reason = format!("{}: {}", step.id, halt.reason());
                let result = match halt {
                    Halt::Stale(_) => SandboxResult::Stale { reason },
                    Halt::Stopped(why) => stopped(why, &sandbox.steps[at..]),
                    Halt::NotReady(_) if options.timeout.is_zero() => SandboxResult::Applied,
                    Halt::Interrupted(_) => SandboxResult::Failed { reason },
                    Halt::Failed(_) | Halt::NotReady(_) => {
                        let (findings, aftermath) = Failed { sandbox, reason: &reason }.follow_up(self, run).await;
                        let result = SandboxResult::Failed { reason };
                        return SandboxOutcome { findings, aftermath, ..ended(sandbox, done, result) };
                    }
                };
                return ended(sandbox, done, result);
            }
            if !step.quiet && step.work.is_change() {
                done += 1;
            }
        }
        ended(sandbox, done, SandboxResult::Done)
    }
}

fn stopped(why: &str, left: &[Step]) -> SandboxResult {
    let changes = left.iter().filter(|step| step.work.is_change() && !step.quiet).count();
    let what = match changes {
        0 => "only its readiness was not waited for".to_owned(),
        1 => "1 change is left".to_owned(),
        changes => format!("{changes} changes are left"),
    };
    SandboxResult::Stopped { reason: format!("{why}; {what}") }
}
