//! Unreadable is not empty: what cannot be read is held, and the rest goes on as if nothing were wrong.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::subsequence;
use reconcile::plan::{Action, Input, SandboxPlan, Source};

use super::adapter::Adapter;
use super::cases;
use super::fleet::{Bounds, NAMES};
use super::history::history;
use super::settles::told;
use super::world::World;

const KINDS: [&str; 9] = [
    "ConfigMap",
    "Deployment",
    "Service",
    "ClusterRole",
    "Widget",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "Secret",
    "ResourceQuota",
];

/// Nothing that one sandbox does takes anything from another.
fn roomy() -> Bounds {
    Bounds { max_removals: Some("\"100%\""), ..Bounds::default() }
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn what_cannot_be_read_is_held_and_the_rest_goes_on(
        history in history(Some(&roomy())),
        files in subsequence(NAMES.to_vec(), 0..3),
        lists in subsequence(KINDS.to_vec(), 0..3),
        names in subsequence(KINDS.to_vec(), 0..2),
        chart in proptest::option::weighted(0.1, Just(())),
    ) {
        let mut fleet = history.fleet.clone().without_seats();
        let mut world = World::new();
        world.run(&fleet);
        for step in &history.steps {
            world.live_through(step, &mut fleet);
            fleet = fleet.without_seats();
            let (input, whole) = world.plan(&fleet);
            let mut torn = fleet.clone();
            for (name, sandbox) in &mut torn.sandboxes {
                sandbox.broken |= files.contains(&name.as_str());
            }
            torn.broken_chart = chart.is_some();
            let unread_files = torn.broken_chart || !files.is_empty();
            let set = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect::<BTreeSet<_>>();
            let adapter = Adapter { lists: set(&lists), names: set(&names), ..Adapter::new(&world.cluster) };
            let (_, plan) = world.plan_through(&torn, &adapter).expect("the namespaces can be read");

            prop_assert_eq!(plan.sandboxes.len(), whole.sandboxes.len());
            for (is, was) in plan.sandboxes.iter().zip(&whole.sandboxes) {
                let kinds = kinds(was, &input);
                let is_any = |broken: &[&str]| broken.iter().any(|kind| kinds.contains(*kind));
                let unread = torn.sandboxes.get(&is.name).is_some_and(|s| s.broken || torn.broken_chart);
                if unread && was.namespace == format!("sb-{}", was.name) || is_any(&lists) {
                    let is_idle = matches!(is.action, Action::Held | Action::Keep) && is.steps.is_empty();
                    prop_assert!(is_idle, "{:?} of {:#?}", told(&plan), is.name);
                } else if is_any(&names) {
                    let is_held = is.action == Action::Held && is.steps.is_empty();
                    // Without the object it cannot be told whether anything is to be put back.
                    let is_same = is.action == was.action || is_repair(is) && is_repair(was);
                    prop_assert!(is_held || is_same, "{:?} of {}", told(&plan), is.name);
                } else if unread_files && is.action == Action::Held {
                    // A new file that cannot be read may be a gone one, renamed: nothing is removed for that, and
                    // another of the same content may be taken for it.
                    let could_be_one = matches!(was.action, Action::Remove | Action::Create | Action::Held);
                    prop_assert!(could_be_one, "{:?} of {}", told(&plan), is.name);
                    prop_assert!(is.steps.is_empty());
                } else {
                    // How many are meant to go is said of those that could.
                    let remedy = if is.action == Action::Refused { was.remedy.clone() } else { is.remedy.clone() };
                    // One that cannot be read may be of the same content.
                    let notes = if unread_files { was.notes.clone() } else { is.notes.clone() };
                    prop_assert_eq!(&SandboxPlan { remedy, notes, ..is.clone() }, was);
                }
            }
            world.run(&fleet);
        }
    }

    #[test]
    fn where_the_namespaces_cannot_be_read_nothing_is_planned(history in history(None)) {
        let world = World::begun(&history);
        let lists = BTreeSet::from(["Namespace".to_owned()]);
        let input = world.input(&history.fleet, &Adapter { lists, ..Adapter::new(&world.cluster) });
        prop_assert!(input.is_err());
    }
}

fn is_repair(plan: &SandboxPlan) -> bool {
    matches!(plan.action, Action::Correct | Action::Adopt)
}

/// The kinds that matter to a sandbox: those it wants, and those it has had.
fn kinds(plan: &SandboxPlan, input: &Input) -> BTreeSet<String> {
    let wanted = match input.sources.get(&plan.name) {
        Some(Source::Wanted(wanted)) if wanted.namespace == plan.namespace => &wanted.release.manifests[..],
        _ => &[],
    };
    let had = input.live.namespaces.get(&plan.namespace).into_iter().flat_map(|n| &n.record.kinds);
    wanted.iter().map(|manifest| &manifest.kind).chain(had).map(|kind| kind.kind.clone()).collect()
}
