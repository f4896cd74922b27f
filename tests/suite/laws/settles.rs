//! Plan ∘ apply = an empty plan; and planning writes nothing.

use proptest::prelude::*;
use reconcile::plan::{Action, Hold, Plan, SandboxResult};

use super::cases;
use super::history::history;
use super::world::World;

/// So many runs are enough for anything that has to wait for the next one.
const RUNS: usize = 12;

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn after_an_apply_the_next_plan_is_empty(history in history(None)) {
        let mut fleet = history.fleet.clone();
        let mut world = World::begun(&history);
        for step in &history.steps {
            world.live_through(step, &mut fleet);
            let before = world.files();
            let mut run = world.run(&fleet);
            let mut runs = 1;
            loop {
                for outcome in &run.outcome.sandboxes {
                    let is_meant = match &outcome.result {
                        SandboxResult::Done => true,
                        // What a finalizer keeps ends when somebody takes that away; nothing goes on before.
                        SandboxResult::Applied => world.is_kept(),
                        SandboxResult::Stale { reason } => world.is_kept() && reason.contains("is not gone"),
                        SandboxResult::Stopped { .. } | SandboxResult::Failed { .. } => false,
                    };
                    prop_assert!(is_meant, "{outcome:?}");
                }
                if !run.plan.has_changes() {
                    break;
                }
                let is_done = run.outcome.sandboxes.iter().all(|outcome| outcome.result == SandboxResult::Done);
                let may_go_on = !is_done || waits(&run.plan) || lifts(&run.plan);
                let before = world.files();
                let (_, next) = world.plan(&fleet);
                prop_assert_eq!(&world.files(), &before, "planning wrote something");
                prop_assert!(may_go_on || !next.has_changes(), "{:#?}\nthen {:#?}", told(&run.plan), told(&next));
                runs += 1;
                prop_assert!(runs < RUNS, "it never ends: {:#?}", told(&next));
                run = world.run(&fleet);
            }
            if runs == 1 {
                prop_assert_eq!(&world.files(), &before, "an empty plan wrote something");
            }
        }
    }
}

/// Whether something waits for a later run, as the ceiling and the limits have it, and what is one sandbox's alone.
fn waits(plan: &Plan) -> bool {
    let is_next = |s: &reconcile::plan::SandboxPlan| {
        s.hold == Some(Hold::Policy) || s.reason.contains("cluster-scoped, and belongs to")
    };
    plan.sandboxes.iter().any(|s| s.action == Action::Held && is_next(s))
}

/// Whether removals that were refused may be fewer than the ceiling by the next run: it is a share of what lives then.
fn lifts(plan: &Plan) -> bool {
    let is_any = |action| plan.sandboxes.iter().any(|s| s.action == action);
    is_any(Action::Refused) && is_any(Action::Create)
}

/// A plan in short.
pub fn told(plan: &Plan) -> Vec<String> {
    let steps = |s: &reconcile::plan::SandboxPlan| -> Vec<String> {
        s.steps.iter().map(|step| format!("{:?} {}: {}", step.action, step.id, step.reason)).collect()
    };
    plan.sandboxes.iter().map(|s| format!("{:?} {}: {} {:?}", s.action, s.name, s.reason, steps(s))).collect()
}
