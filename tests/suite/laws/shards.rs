//! The shards of a fleet have nothing in common, leave nothing out, and together do what one run does; ceilings and limits
//! hold over all of them, whichever order they run in.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::subsequence;
use reconcile::manifest::{ANNOTATION_HASH, ObjectId, Shard};
use reconcile::plan::{Action, Chosen, Hold, Plan, Round, SandboxPlan, removed};

use super::bounded::ceiling;
use super::cases;
use super::fleet::{Fleet, NAMES};
use super::history::history;
use super::settles::told;
use super::world::World;

/// Runs after which nothing waits for the next one any more.
const RUNS: usize = 6;

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn shards_plan_what_one_run_plans(history in history(None), count in 1_u8..9) {
        let mut fleet = history.fleet.clone();
        let mut world = World::begun(&history);
        for step in &history.steps {
            world.live_through(step, &mut fleet);
            let (_, whole) = world.plan(&fleet);
            let parts: Vec<Plan> = Shard::all(count).map(|shard| world.plan_shard(&fleet, shard, None)).collect();
            let mut together = BTreeMap::new();
            for (shard, part) in Shard::all(count).zip(&parts) {
                for sandbox in &part.sandboxes {
                    prop_assert!(shard.has(&sandbox.name), "{} in shard {shard}", sandbox.name);
                    let twice = together.insert((sandbox.name.clone(), sandbox.namespace.clone()), sandbox);
                    prop_assert!(twice.is_none(), "{} twice", sandbox.name);
                }
            }
            for sandbox in &whole.sandboxes {
                let part = together.remove(&(sandbox.name.clone(), sandbox.namespace.clone()));
                let Some(part) = part else {
                    return Err(TestCaseError::fail(format!("{} is in no shard", sandbox.name)));
                };
                let shard = Shard::all(count).find(|shard| shard.has(&sandbox.name)).expect("each has one");
                if sandbox.after.iter().all(|name| shard.has(name)) {
                    prop_assert_eq!(in_short(part), in_short(sandbox), "{:#?}", told(&whole));
                } else {
                    // The room that it takes is made by another shard.
                    prop_assert_eq!((part.action, part.hold), (Action::Held, Some(Hold::Policy)));
                }
            }
            prop_assert!(together.is_empty(), "beyond the whole: {:?}", together.keys());
            world.run(&fleet);
        }
    }

    #[test]
    fn shards_remove_no_more_than_one_run(
        history in history(None),
        order in Just((0..4).collect::<Vec<usize>>()).prop_shuffle(),
        keeps in subsequence(NAMES.to_vec(), 1..6),
    ) {
        let mut fleet = history.fleet.clone();
        let mut world = World::begun(&history);
        for step in &history.steps {
            world.live_through(step, &mut fleet);
            let (_, whole) = world.plan(&fleet);
            let most = removed(&whole.sandboxes, &Chosen::default());
            let mut round = None;
            let gone = run_shards(&mut world, &fleet, &order, &mut round);
            prop_assert_eq!(&gone, &most, "{:#?}", told(&whole));
            // Those that run later may be asked for more to go: together it is still one run's worth.
            let (input, _) = world.plan(&fleet);
            let live = input.live.namespaces.values().filter(|n| n.observed.ours || n.observed.was_ours).count();
            let (early, others) = order.split_at(2);
            let mut round = None;
            let mut gone = run_shards(&mut world, &fleet, early, &mut round);
            let mut later = fleet.clone();
            later.sandboxes.retain(|name, _| keeps.contains(&name.as_str()));
            gone.extend(run_shards(&mut world, &later, others, &mut round));
            let ceiling = ceiling(&fleet, live);
            prop_assert!(gone.len() <= ceiling, "{gone:?}, and {ceiling} might go");
            fleet = later;
        }
    }

    #[test]
    fn shards_come_to_where_one_run_comes(history in history(None)) {
        let (mut one, mut many) = (World::begun(&history), World::begun(&history));
        let (mut fleet, mut same) = (history.fleet.clone(), history.fleet.clone());
        for step in &history.steps {
            one.live_through(step, &mut fleet);
            many.live_through(step, &mut same);
            let mut round = None;
            for _ in 0..RUNS {
                one.run(&fleet);
                run_shards(&mut many, &same, &[0, 1, 2, 3], &mut round);
            }
            prop_assert_eq!(there(&one), there(&many));
        }
    }
}

/// What is done to a sandbox.
fn in_short(sandbox: &SandboxPlan) -> (Action, Option<Hold>, Vec<String>) {
    let steps = sandbox.steps.iter().map(|step| format!("{:?} {}: {:?}", step.action, step.id, step.work));
    (sandbox.action, sandbox.hold, steps.collect())
}

/// Runs some of four shards, one after another; the sandboxes that they removed.
fn run_shards(world: &mut World, fleet: &Fleet, order: &[usize], round: &mut Option<Round>) -> BTreeSet<String> {
    let mut gone = BTreeSet::new();
    for shard in order.iter().filter_map(|index| Shard::all(4).nth(*index)) {
        let plan = world.plan_shard(fleet, shard, round.clone());
        gone.extend(removed(&plan.sandboxes, &Chosen::default()));
        if plan.round.is_some() {
            round.clone_from(&plan.round);
        }
        world.apply_through(&plan, &world.cluster);
    }
    gone
}

/// Every object, with what we wrote on it.
fn there(world: &World) -> BTreeMap<ObjectId, String> {
    let hash = |object: &serde_json::Value| object["metadata"]["annotations"][ANNOTATION_HASH].to_string();
    world.objects().into_iter().map(|(id, object)| (id, hash(&object))).collect()
}
