//! What the laws found once, in many more cases than a normal run has.

use std::collections::BTreeMap;

use reconcile::manifest::ObjectId;
use reconcile::plan::{Action, SandboxResult};

use super::fleet::{Bounds, Fleet, Life, Sandbox};
use super::meddling::{Change, look_alike_role, other_fleets_role};
use super::world::World;

fn sandbox(parts: u8, life: Life) -> Sandbox {
    let (owner, pin, cpu) = (None, None, None);
    Sandbox { owner, life, pin, since: 0, replicas: 1, cpu, parts, broken: false }
}

fn fleet<const N: usize>(sandboxes: [(&str, Sandbox); N]) -> Fleet {
    let sandboxes: BTreeMap<_, _> = sandboxes.into_iter().map(|(name, s)| (name.to_owned(), s)).collect();
    Fleet { id: "ours", prefix: "sb-", bounds: Bounds::default(), sandboxes, layout: 0, broken_chart: false }
}

const LOGIN: u8 = 32;
const ROLE: u8 = 2;

#[test]
fn what_a_record_drops_goes_from_a_namespace_whose_managed_fields_were_stripped() {
    let mut world = World::new();
    world.run(&fleet([("a", sandbox(LOGIN, Life::Never))]));
    let namespace = world.objects()[&ObjectId::namespace("sb-a")].clone();
    Change::Strip.make(&world, &namespace);
    let without = fleet([("a", sandbox(0, Life::Never))]);
    assert!(world.run(&without).plan.has_changes());
    assert!(!world.plan(&without).1.has_changes(), "{:#?}", world.plan(&without).1);
}

#[test]
fn what_others_made_outside_namespaces_holds_who_wants_the_name() {
    for make in [other_fleets_role, look_alike_role] {
        let mut world = World::new();
        make(&mut world, "g");
        let before = world.objects();
        let run = world.run(&fleet([("g", sandbox(ROLE, Life::Never))]));
        assert_eq!(run.plan.sandboxes[0].action, Action::Held);
        assert!(run.plan.sandboxes[0].reason.contains("is not ours"), "{}", run.plan.sandboxes[0].reason);
        assert_eq!(world.objects(), before);
    }
}

#[test]
fn no_room_is_made_by_what_a_finalizer_keeps() {
    let mut world = World::new();
    let bounds = Bounds { max_sandboxes: Some(1), ..Bounds::default() };
    world.run(&Fleet { bounds: bounds.clone(), ..fleet([("a", sandbox(0, Life::Hours(11)))]) });
    let namespace = world.objects()[&ObjectId::namespace("sb-a")].clone();
    Change::Finalizer.make(&world, &namespace);
    world.now += 10;
    let both = [("a", sandbox(0, Life::Hours(11))), ("b", sandbox(0, Life::Never))];
    let run = world.run(&Fleet { bounds, ..fleet(both) });
    let results: Vec<_> = run.outcome.sandboxes.iter().map(|outcome| &outcome.result).collect();
    assert!(matches!(results[..], [SandboxResult::Applied, SandboxResult::Stale { .. }]), "{results:?}");
    assert!(world.namespaces().keys().eq(["sb-a"]));
}

#[test]
fn what_a_sandbox_left_in_the_cluster_goes_when_it_is_made_again_without() {
    let mut world = World::new();
    world.run(&fleet([("a", sandbox(ROLE, Life::Never)), ("b", sandbox(ROLE, Life::Never))]));
    world.delete(&ObjectId::namespace("sb-a"));
    let without = fleet([("a", sandbox(0, Life::Never)), ("b", sandbox(ROLE, Life::Never))]);
    world.run(&without);
    assert!(!world.plan(&without).1.has_changes(), "{:#?}", world.plan(&without).1);
    assert!(!world.objects().keys().any(|id| id.name == "sb-a-see"));
}
