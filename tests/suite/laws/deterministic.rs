//! The same files, the same cluster and the same time give the same plan.

use proptest::prelude::*;
use reconcile::plan::plan;

use super::cases;
use super::history::history;
use super::world::World;

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn planning_is_deterministic(history in history(None)) {
        let mut fleet = history.fleet.clone();
        let mut world = World::begun(&history);
        for step in &history.steps {
            world.live_through(step, &mut fleet);
            let (input, once) = world.plan(&fleet);
            let (_, again) = world.plan(&fleet);
            prop_assert_eq!(&once, &again);
            prop_assert_eq!(serde_json::to_string(&once).unwrap(), serde_json::to_string(&again).unwrap());
            // Nothing but the input and the answers counts.
            let blind = [plan(&input, &Default::default()), plan(&input.clone(), &Default::default())];
            prop_assert_eq!(&blind[0], &blind[1]);
            world.run(&fleet);
        }
    }
}
