//! What bounds a plan: ceilings on removals, limits on sandboxes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::sandbox::Held;
use super::state::{Input, Source};
use super::types::{Action, Hold, SandboxPlan};
use super::words;

/// Which removals are let through.
///
/// Removals nobody foresaw (files gone) are all refused when they are more than the ceiling. Expiries use what is left
/// of it, oldest first; the rest wait for the next run, so that nothing freezes.
pub(super) fn bound_removals(plans: &mut [SandboxPlan], input: &Input, live: usize) {
    let ceiling = input.policy.allow_removals.unwrap_or_else(|| input.policy.max_removals.of(live));
    let is_empty = input.sources.is_empty();
    let gone: Vec<usize> = of_action(plans, Action::Remove);
    let refuse = gone.len() > ceiling || (is_empty && input.policy.allow_removals.is_none());
    if refuse {
        let reason = if is_empty {
            "the fleet has no sandbox files at all, which looks like an accident".to_owned()
        } else {
            format!("{} would be removed at once, and {ceiling} may be", words::sandboxes(gone.len()))
        };
        for &at in &gone {
            let plan = &mut plans[at];
            plan.action = Action::Refused;
            plan.reason = format!("{}; {reason}", plan.reason);
            plan.remedy = Some(format!("if all of them are meant to go: --allow-removals {}", gone.len()));
            plan.hold = Some(Hold::Safety);
            plan.steps.clear();
        }
    }
    let mut expiring = of_action(plans, Action::Expire);
    let left = ceiling.saturating_sub(if refuse { 0 } else { gone.len() });
    expiring.sort_by_key(|at| plans[*at].expires);
    for &at in expiring.iter().skip(left) {
        let plan = &mut plans[at];
        let reason = format!("{}; one run removes {ceiling} at most, the oldest first", plan.reason);
        let remedy = format!("the next run goes on; all at once: --allow-removals {}", expiring.len() + gone.len());
        hold(plan, Held::new(Hold::Policy, reason, remedy));
    }
}

fn of_action(plans: &[SandboxPlan], action: Action) -> Vec<usize> {
    (0..plans.len()).filter(|at| plans[*at].action == action && !plans[*at].steps.is_empty()).collect()
}

/// How the room is shared out: live sandboxes keep their place, held and unreadable ones included; among new ones
/// the older file goes first.
pub(super) fn bound_sandboxes(plans: &mut [SandboxPlan], input: &Input, live_names: &BTreeSet<String>) {
    let stays = |plan: &SandboxPlan| live_names.contains(&plan.name) && !is_going(plan);
    let mut total = plans.iter().filter(|p| stays(p)).count();
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for plan in plans.iter().filter(|p| stays(p)) {
        if let Some(owner) = owner(input, &plan.name) {
            *owners.entry(owner).or_default() += 1;
        }
    }
    let mut new: Vec<usize> = (0..plans.len())
        .filter(|at| plans[*at].action == Action::Create && !live_names.contains(&plans[*at].name))
        .collect();
    new.sort_by_key(|at| (since(input, &plans[*at].name), plans[*at].name.clone()));
    let undated: Vec<usize> = new.iter().copied().filter(|at| since(input, &plans[*at].name).is_none()).collect();
    for at in new {
        let held = over_limit(input, &plans[at].name, total, &owners);
        match held {
            Some(held) => hold(&mut plans[at], held),
            None => {
                total += 1;
                if let Some(owner) = owner(input, &plans[at].name) {
                    *owners.entry(owner).or_default() += 1;
                }
            }
        }
    }
    hold_guesses(plans, &undated);
}

/// Files older than the history that is here go first, but which of them is the oldest is unknown: where the limit
/// has to choose among them, none is made.
fn hold_guesses(plans: &mut [SandboxPlan], undated: &[usize]) {
    let is_held = |at: &usize| plans[*at].action == Action::Held;
    if undated.iter().all(is_held) || !undated.iter().any(is_held) {
        return;
    }
    for &at in undated {
        let reason = "the limit leaves room for some of the new sandboxes, and which files are older is unknown in \
                      this shallow clone";
        let remedy = "fetch the whole history: git fetch --unshallow (in CI: fetch-depth: 0)";
        hold(&mut plans[at], Held::new(Hold::Broken, reason, remedy));
    }
}

fn over_limit(input: &Input, name: &str, total: usize, owners: &BTreeMap<&str, usize>) -> Option<Held> {
    let policy = &input.policy;
    if let Some(most) = policy.max_sandboxes.filter(|most| total >= *most) {
        return Some(Held::new(
            Hold::Policy,
            format!("there would be {}, and the fleet's limit is {most}", words::sandboxes(total + 1)),
            "delete another sandbox's file, wait for one to expire, or raise max_sandboxes in sandboxes/fleet.toml",
        ));
    }
    let owner = owner(input, name)?;
    let own = owners.get(owner).copied().unwrap_or_default();
    policy.max_per_owner.filter(|most| own >= *most).map(|most| {
        Held::new(
            Hold::Policy,
            format!("{owner} would have {}, and the limit for one owner is {most}", words::sandboxes(own + 1)),
            "delete another of this owner's files, or raise max_per_owner in sandboxes/fleet.toml",
        )
    })
}

fn is_going(plan: &SandboxPlan) -> bool {
    matches!(plan.action, Action::Expire | Action::Remove)
}

fn owner<'a>(input: &'a Input, name: &str) -> Option<&'a str> {
    match input.sources.get(name) {
        Some(Source::Wanted(wanted)) => wanted.owner.as_deref(),
        _ => None,
    }
}

fn since(input: &Input, name: &str) -> Option<Timestamp> {
    match input.sources.get(name) {
        Some(Source::Wanted(wanted)) => wanted.since,
        _ => None,
    }
}

/// Sandboxes kept past their natural expiry by more pins than the fleet allows: the earliest pinned keep theirs, the
/// others count for nothing, and are held rather than removed.
pub(super) fn excess_pins(input: &Input) -> BTreeSet<String> {
    let Some(most) = input.policy.max_pins else { return BTreeSet::new() };
    let mut pinned: Vec<(Timestamp, &str)> = input
        .sources
        .iter()
        .filter_map(|(name, source)| match source {
            Source::Wanted(wanted) => Some((wanted.pinned_past.filter(|natural| *natural < input.now)?, name.as_str())),
            Source::Broken { .. } => None,
        })
        .collect();
    pinned.sort_unstable();
    pinned.into_iter().skip(most).map(|(_, name)| name.to_owned()).collect()
}

/// Makes a plan a held one. What was noted of it speaks of what will not happen now.
pub(super) fn hold(plan: &mut SandboxPlan, held: Held) {
    plan.action = Action::Held;
    plan.reason = held.reason;
    plan.remedy = Some(held.remedy);
    plan.hold = Some(held.hold);
    plan.notes.clear();
    plan.steps.clear();
}
