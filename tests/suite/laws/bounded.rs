//! Ceilings are never crossed: removals, sandboxes, owners, pins, the budget.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::subsequence;
use reconcile::manifest::LABEL_FLEET;
use reconcile::plan::{Action, Plan, SandboxPlan, Work};
use serde_json::Value;

use super::adapter::Adapter;
use super::cases;
use super::fleet::{Fleet, NAMES, hour};
use super::history::history;
use super::settles::told;
use super::world::World;

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn no_ceiling_is_crossed(history in history(None), kept in subsequence(NAMES.to_vec(), 0..3)) {
        let mut fleet = history.fleet.clone();
        let mut world = World::new();
        let mut known = BTreeMap::new();
        bounded_run(&mut world, &fleet, &mut known, &BTreeSet::new())?;
        for step in &history.steps {
            world.live_through(step, &mut fleet);
            bounded_run(&mut world, &fleet, &mut known, &BTreeSet::new())?;
            world.live_through(&super::history::Step { meddling: Vec::new(), ..step.clone() }, &mut fleet);
            // Some namespaces cannot be removed, and their room is not there.
            let kept = kept.iter().map(|name| format!("sb-{name}")).collect();
            bounded_run(&mut world, &fleet, &mut known, &kept)?;
        }
    }
}

/// What the file of a sandbox said when it could last be read, and, for the room that it takes, carried out.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    owner: Option<&'static str>,
    cpu: Option<u32>,
}

/// Plans and applies, and judges both by what the cluster holds before and after.
fn bounded_run(
    world: &mut World,
    fleet: &Fleet,
    known: &mut BTreeMap<String, Known>,
    kept: &BTreeSet<String>,
) -> Result<(), TestCaseError> {
    let before = live(world, fleet);
    let (_, plan) = world.plan(fleet);
    let outcome = world.apply_through(&plan, &Adapter { kept: kept.clone(), ..Adapter::new(&world.cluster) });
    let after = live(world, fleet);
    let told = || format!("{:#?}\n{outcome:#?}\nbefore {before:?}\nafter {after:?}", told(&plan));
    removals(fleet, &plan, before.len()).map_err(|why| TestCaseError::fail(format!("{why}: {}", told())))?;

    for (name, sandbox) in fleet.sandboxes.iter().filter(|(_, sandbox)| !sandbox.broken) {
        if after.contains_key(&format!("sb-{name}")) {
            let known = known.entry(name.clone()).or_default();
            known.owner = sandbox.owner;
            let is_done = |s: &SandboxPlan| s.name == *name && !matches!(s.action, Action::Held | Action::Refused);
            if plan.sandboxes.iter().any(is_done) {
                known.cpu = sandbox.cpu;
            }
        }
    }
    let made: BTreeSet<&String> = after.keys().filter(|namespace| !before.contains_key(*namespace)).collect();
    let most = fleet.bounds.max_sandboxes.map_or(1000, |most| most as usize);
    prop_assert!(made.is_empty() || after.len() <= most, "more than {most}: {}", told());
    let known = |namespace: &String| known.get(namespace.strip_prefix("sb-").unwrap_or_default());
    let owner = |namespace: &String| known(namespace).and_then(|known| known.owner);
    for namespace in &made {
        let Some(owner_of_it) = owner(namespace) else { continue };
        let own = after.keys().filter(|namespace| owner(namespace) == Some(owner_of_it)).count();
        let most = fleet.bounds.max_per_owner.map_or(1000, |most| most as usize);
        prop_assert!(own <= most, "more than {most} of {owner_of_it}: {}", told());
    }
    if let Some(limit) = fleet.bounds.cpu {
        // A quota that somebody deleted comes back.
        let cpu = |(namespace, cpu): (&String, &Option<u32>)| cpu.or(known(namespace).and_then(|known| known.cpu));
        let all: Option<u32> = after.iter().map(cpu).sum();
        let is_within = all.is_some_and(|all| all <= limit);
        prop_assert!(made.is_empty() || is_within, "{all:?} CPUs of {limit}: {}", told());
    }
    pins(world, fleet, &plan).map_err(|why| TestCaseError::fail(format!("{why}: {}", told())))
}

/// The fleet's namespaces, and what the quota in each allows of CPU. One from which the label was taken is looked for
/// only where a file asks for it; else nobody knows of it.
fn live(world: &World, fleet: &Fleet) -> BTreeMap<String, Option<u32>> {
    let objects = world.objects();
    let cpu = |namespace: &String| {
        let quota =
            objects.iter().find(|(id, _)| id.kind == "ResourceQuota" && id.namespace.as_ref() == Some(namespace));
        let hard = quota.map(|(_, quota)| quota["spec"]["hard"]["requests.cpu"].to_string());
        hard.and_then(|hard| hard.trim_matches('"').parse().ok())
    };
    let is_found = |namespace: &str, object: &Value| {
        let name = namespace.strip_prefix("sb-").unwrap_or_default();
        object["metadata"]["labels"][LABEL_FLEET] == "ours" || fleet.sandboxes.contains_key(name)
    };
    let found = world.namespaces().into_iter().filter(|(namespace, object)| is_found(namespace, object));
    found.map(|(namespace, _)| (namespace.clone(), cpu(&namespace))).collect()
}

/// How many may go at once.
pub fn ceiling(fleet: &Fleet, live: usize) -> usize {
    match fleet.bounds.max_removals {
        None => (live * 30 / 100).max(3),
        Some("\"50%\"") => (live / 2).max(1),
        Some("\"100%\"") => live.max(1),
        Some(count) => count.parse().expect("a count"),
    }
}

fn removals(fleet: &Fleet, plan: &Plan, live: usize) -> Result<(), String> {
    let ceiling = ceiling(fleet, live);
    let goes = |s: &&SandboxPlan| {
        s.steps.iter().any(|step| step.id.kind == "Namespace" && matches!(step.work, Work::Delete { .. }))
    };
    let going: Vec<_> = plan.sandboxes.iter().filter(goes).collect();
    let of = |action| plan.sandboxes.iter().filter(|s| s.action == action).count();
    if going.len() > ceiling {
        return Err(format!("{} go, and {ceiling} may", going.len()));
    }
    if of(Action::Remove) > 0 && (of(Action::Refused) > 0 || fleet.sandboxes.is_empty()) {
        return Err("some are removed, and others refused".into());
    }
    Ok(())
}

/// Past their natural expiry live no more than the fleet has pins for, and none longer than a pin may be.
fn pins(world: &World, fleet: &Fleet, plan: &Plan) -> Result<(), String> {
    let works =
        |action| matches!(action, Action::Create | Action::Update | Action::Correct | Action::Adopt | Action::Keep);
    let mut count = 0;
    for sandbox in plan.sandboxes.iter().filter(|s| works(s.action)) {
        let lives = world.namespaces().contains_key(&sandbox.namespace);
        let Some(file) = fleet.sandboxes.get(&sandbox.name).filter(|_| lives) else { continue };
        let Some(natural) = file.natural().filter(|natural| hour(*natural) < world.time()) else { continue };
        let until = file.pin.ok_or_else(|| format!("{} lives on without a pin", sandbox.name))?.min(natural + 24);
        if hour(until) < world.time() {
            return Err(format!("{} lives on past its pin", sandbox.name));
        }
        count += 1;
    }
    let most = fleet.bounds.max_pins.unwrap_or(1000);
    if count > most { Err(format!("{count} pins of {most}")) } else { Ok(()) }
}
