//! The order of files, lists and pages does not matter.

use std::time::Duration;

use proptest::prelude::*;
use reconcile::plan::{Action, Plan};

use super::adapter::Adapter;
use super::cases;
use super::deterministic::said;
use super::history::history;
use super::pages::serve;
use super::world::World;

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn the_order_of_lists_and_files_does_not_matter(history in history(None), seed in any::<u32>(), layout in 0_u8..4) {
        let mut fleet = history.fleet.clone();
        let mut world = World::begun(&history);
        for step in &history.steps {
            world.live_through(step, &mut fleet);
            let (input, plan) = world.plan(&fleet);
            let shuffled = Adapter { shuffle: Some(seed), ..Adapter::new(&world.cluster) };
            let (_, other) = world.plan_through(&fleet, &shuffled).expect("the cluster can be read");
            prop_assert_eq!(&plan, &other);
            prop_assert_eq!(said(&plan), said(&other));

            // The same objects out of other templates are the same release.
            let moved = super::fleet::Fleet { layout, ..fleet.clone() };
            let (other_input, other) = world.plan(&moved);
            prop_assert_eq!(verdicts(&plan), verdicts(&other));
            for (name, source) in &input.sources {
                let hash = |source: &reconcile::plan::Source| match source {
                    reconcile::plan::Source::Wanted(wanted) => Some(wanted.release.hash),
                    reconcile::plan::Source::Broken { .. } => None,
                };
                prop_assert_eq!(hash(source), hash(&other_input.sources[name]));
            }
            world.run(&fleet);
        }
    }

    #[test]
    fn the_size_and_the_order_of_pages_do_not_matter(
        history in history(None), seed in any::<u32>(), page in 1_usize..6, late in 0_u64..20,
    ) {
        let mut fleet = history.fleet.clone();
        let mut world = World::begun(&history);
        for step in &history.steps {
            world.live_through(step, &mut fleet);
            let server = serve(world.objects(), page, seed);
            let lister = world.wait(server.client());
            let (_, plan) = world.plan(&fleet);
            world.late = Duration::from_millis(late);
            let paged = Adapter { lister: Some(&lister), ..Adapter::new(&world.cluster) };
            let (_, other) = world.plan_through(&fleet, &paged).expect("the lists can be read");
            world.late = Duration::ZERO;
            prop_assert_eq!(&plan, &other);
            prop_assert_eq!(said(&plan), said(&other));
            world.run(&fleet);
        }
    }
}

/// What happens to each sandbox and object; templates, which are named in reasons, aside.
fn verdicts(plan: &Plan) -> Vec<(String, Action, Vec<String>)> {
    let steps = |s: &reconcile::plan::SandboxPlan| {
        let mut steps: Vec<String> = s.steps.iter().map(|step| format!("{:?} {:?}", step.work, step.id)).collect();
        steps.sort();
        steps
    };
    plan.sandboxes.iter().map(|s| (s.namespace.clone(), s.action, steps(s))).collect()
}
