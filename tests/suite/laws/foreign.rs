//! No plan touches what is not ours, whatever it looks like.

use proptest::prelude::*;
use reconcile::manifest::LABEL_FLEET;
use reconcile::plan::{Plan, Work};

use super::cases;
use super::fleet::Fleet;
use super::history::{History, history};
use super::settles::told;
use super::world::World;

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn what_is_not_ours_is_never_touched(history in history(None)) {
        let mut fleet = history.fleet.clone();
        let mut world = World::begun(&history);
        for step in &history.steps {
            world.live_through(step, &mut fleet);
            let before = world.objects();
            let run = world.run(&fleet);
            let after = world.objects();
            for (id, object) in before.iter().filter(|(id, _)| world.foreign.contains(id)) {
                let touched = run.plan.sandboxes.iter().flat_map(|s| &s.steps).any(|step| step.id == *id);
                prop_assert!(!touched, "{id:?}: {:#?}", told(&run.plan));
                // A sandbox that goes takes along what anybody put into its namespace.
                let gone = id.namespace.as_deref().is_some_and(|namespace| is_removed(&run.plan, namespace));
                prop_assert!(gone || after.get(id) == Some(object), "{id:?}: {:#?}", told(&run.plan));
            }
        }
    }

    /// Two fleets of this program, with the same names of sandboxes, and perhaps of namespaces.
    #[test]
    fn two_fleets_in_one_cluster_never_touch_each_other(
        mine in history(None), theirs in history(None), is_same_prefix in any::<bool>(),
    ) {
        let prefix = if is_same_prefix { "sb-" } else { "th-" };
        let mut fleets = [mine.fleet.clone(), Fleet { id: "theirs", prefix, ..theirs.fleet.clone() }];
        let mut world = World::new();
        for at in 0..4 {
            for (fleet, History { steps, .. }) in fleets.iter_mut().zip([&mine, &theirs]) {
                if at > 0 {
                    for edit in steps.get(at - 1).into_iter().flat_map(|step| &step.edits) {
                        edit.make(fleet, world.now);
                    }
                    world.now += 10;
                }
                let before = world.objects();
                let run = world.run(fleet);
                let after = world.objects();
                for (id, object) in before {
                    let label = object["metadata"]["labels"][LABEL_FLEET].as_str();
                    if label != Some(fleet.id) {
                        prop_assert_eq!(after.get(&id), Some(&object), "{:#?}", told(&run.plan));
                    }
                }
            }
        }
    }
}

fn is_removed(plan: &Plan, namespace: &str) -> bool {
    let steps = plan.sandboxes.iter().flat_map(|sandbox| &sandbox.steps);
    let mut deletes = steps.filter(|step| matches!(step.work, Work::Delete { .. }) && step.id.kind == "Namespace");
    deletes.any(|step| step.id.name == namespace)
}
