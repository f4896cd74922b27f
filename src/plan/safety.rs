//! What bounds a plan: ceilings on removals, pins; and how a plan becomes a held one.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::round::{is_removal, open};
use super::sandbox::Held;
use super::state::Input;
use super::types::{Action, Hold, SandboxPlan};
use super::words;

/// Which removals are let through.
///
/// Removals nobody foresaw (files gone) are all refused when they are more than the ceiling. Expiries use what is left
/// of it, oldest first; the rest wait for the next run, so that nothing freezes. Of a shard's run that is so together with
/// what the others remove in the same round.
///
/// Answers with the sandboxes that were to go and are not refused.
pub(super) fn bound_removals(plans: &mut [SandboxPlan], input: &Input, live: usize) -> BTreeSet<String> {
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
    expiring.sort_by_key(|at| plans[*at].expires);
    let settled = open(input).map(|round| &round.removed);
    let mut left = ceiling.saturating_sub(settled.map_or(0, BTreeSet::len));
    let together = if input.policy.chosen.shard.is_some() { ", all shards together" } else { "" };
    let all: Vec<usize> = if refuse { Vec::new() } else { gone.clone() }.into_iter().chain(expiring.clone()).collect();
    let names = all.iter().map(|at| plans[*at].name.clone()).collect();
    for at in all {
        let plan = &mut plans[at];
        if settled.is_some_and(|settled| settled.contains(&plan.name)) {
            continue;
        }
        if left > 0 {
            left -= 1;
            continue;
        }
        let reason = format!("{}; one run removes {ceiling} at most, the oldest first{together}", plan.reason);
        let remedy = format!("the next run goes on; all at once: --allow-removals {}", expiring.len() + gone.len());
        hold(plan, Held::new(Hold::Policy, reason, remedy));
    }
    names
}

fn of_action(plans: &[SandboxPlan], action: Action) -> Vec<usize> {
    (0..plans.len()).filter(|at| plans[*at].action == action && is_removal(&plans[*at])).collect()
}

/// Sandboxes kept past their natural expiry by more pins than the fleet allows: the earliest pinned keep theirs, the
/// others count for nothing, and are held rather than removed.
pub(super) fn excess_pins(input: &Input) -> BTreeSet<String> {
    let Some(most) = input.policy.max_pins else { return BTreeSet::new() };
    let mut pinned: Vec<(Timestamp, &str)> = input
        .sources
        .iter()
        .filter_map(|(name, source)| {
            let natural = source.wanted()?.pinned_past.filter(|natural| *natural < input.now)?;
            Some((natural, name.as_str()))
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
    plan.after.clear();
}
