//! Plan → cluster. Nothing is decided here: order, bodies and preconditions are in the plan.
//!
//! Each change of an object is read again just before it is made (metadata alone), compared with what it was planned
//! against, and sent with the uid and resourceVersion that were read, so that nothing is overwritten that was not seen.

mod generate;
mod hook;
mod ledger;
mod step;
mod wait;

use std::time::Duration;

use futures::StreamExt as _;
use tracing::Instrument as _;

use crate::cluster::Cluster;
use crate::plan::{Outcome, Plan, SandboxOutcome, SandboxPlan, SandboxResult, Step};
pub use ledger::Ledger;
use step::{Halt, Run};

/// How a plan is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long a sandbox may take to be ready, or gone; zero looks once and does not wait.
    pub timeout: Duration,
    /// How many sandboxes are worked on side by side.
    pub side_by_side: usize,
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
    },
}

/// Carries a plan out. One sandbox that fails never stops the others.
pub async fn run(plan: &Plan, cluster: &dyn Cluster, options: Options, watch: &(dyn Fn(Event<'_>) + Sync)) -> Outcome {
    let mut sandboxes: Vec<SandboxOutcome> = Vec::new();
    for turn in plan.turns() {
        let before = &sandboxes;
        let outcomes = futures::stream::iter(turn.into_iter().map(|sandbox| {
            let span = tracing::info_span!("sandbox", name = %sandbox.name, action = ?sandbox.action);
            async move {
                let outcome = match sandbox.waits_for(before) {
                    Some(reason) => stale(sandbox, reason),
                    None => carry_out(sandbox, cluster, options, watch).await,
                };
                watch(Event::Ends { outcome: &outcome });
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

fn stale(sandbox: &SandboxPlan, reason: String) -> SandboxOutcome {
    SandboxOutcome { name: sandbox.name.clone(), done: 0, result: SandboxResult::Stale { reason } }
}

async fn carry_out(
    sandbox: &SandboxPlan,
    cluster: &dyn Cluster,
    options: Options,
    watch: &(dyn Fn(Event<'_>) + Sync),
) -> SandboxOutcome {
    let mut run = Run::new(cluster, options.timeout);
    let mut done = 0;
    for step in &sandbox.steps {
        watch(Event::Begins { sandbox: &sandbox.name, step });
        tracing::debug!(object = %step.id, action = ?step.action, "step begins");
        let waits = |why: &str| watch(Event::Waits { sandbox: &sandbox.name, step, why });
        if let Err(halt) = run.carry_out(step, &waits).await {
            let result = match halt {
                Halt::Stale(reason) => SandboxResult::Stale { reason: format!("{}: {reason}", step.id) },
                Halt::Failed(reason) => SandboxResult::Failed { reason: format!("{}: {reason}", step.id) },
                Halt::NotReady(_) if options.timeout.is_zero() => SandboxResult::Applied,
                Halt::NotReady(reason) => SandboxResult::Failed { reason: format!("{}: {reason}", step.id) },
            };
            return SandboxOutcome { name: sandbox.name.clone(), done, result };
        }
        if !step.quiet && step.work.is_change() {
            done += 1;
        }
    }
    SandboxOutcome { name: sandbox.name.clone(), done, result: SandboxResult::Done }
}
