//! How the fleet's room is shared out: so many sandboxes, so many of one owner, so much of the cluster.
//!
//! Live sandboxes keep their place, held and unreadable ones included; among new ones the older file goes first.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::quota::larger;
use super::safety::hold;
use super::sandbox::Held;
use super::state::{Input, LiveNamespace, Policy, Source, Wanted};
use super::types::{Action, BudgetSum, Hold, SandboxPlan};
use super::words;
use crate::fleet::{Budget, Budgeted, Quantity};
use crate::manifest::ANNOTATION_QUOTA;

/// Holds new sandboxes for which there is no room, and notes in the others whose removal makes theirs.
pub(super) fn share_room(plans: &mut [SandboxPlan], input: &Input) {
    let policy = &input.policy;
    let mut taken = staying(plans, input);
    let going: Vec<Share> =
        plans.iter().filter(|plan| is_going(plan, policy)).filter_map(|plan| live_share(plan, input)).collect();
    let mut new: Vec<usize> = (0..plans.len()).filter(|at| is_new(&plans[*at], input)).collect();
    new.retain(|at| match taken.never_fits(&new_share(&plans[*at], input), policy) {
        Some(held) => {
            hold(&mut plans[*at], held);
            false
        }
        None => true,
    });
    new.sort_by_key(|at| (since(&plans[*at], input), plans[*at].name.clone()));
    let undated: Vec<usize> = new.iter().copied().filter(|at| since(&plans[*at], input).is_none()).collect();
    for at in new {
        let share = new_share(&plans[at], input);
        match taken.over(&share, policy) {
            Some(held) => hold(&mut plans[at], held),
            None => {
                plans[at].after = made_by(&taken, &going, &share, policy);
                taken.add(&share);
            }
        }
    }
    hold_guesses(plans, &undated);
    for plan in plans {
        wait_for_others(plan, policy);
    }
}

/// A shard's sandbox that takes the room of one that another shard removes: whether that is gone only a later run sees.
fn wait_for_others(plan: &mut SandboxPlan, policy: &Policy) {
    let Some(shard) = policy.chosen.shard.filter(|shard| shard.has(&plan.name)) else { return };
    let others: Vec<&String> = plan.after.iter().filter(|name| !shard.has(name)).collect();
    if !others.is_empty() {
        let reason = format!("it takes the room of {}, which another shard removes", words::some(&others));
        hold(plan, Held::new(Hold::Policy, reason, "the next run goes on, when that is gone"));
    }
}

/// What the quotas come to once the plan is carried out; empty without a budget.
pub(super) fn budget_sums(plans: &[SandboxPlan], input: &Input) -> Vec<BudgetSum> {
    let mut taken = staying(plans, input);
    for plan in plans.iter().filter(|plan| is_new(plan, input)) {
        taken.add(&new_share(plan, input));
    }
    let sum = |(what, limit)| BudgetSum {
        what,
        limit,
        taken: taken.sum(what),
        unknown: taken.unknown.get(&what).into_iter().flatten().cloned().collect(),
    };
    input.policy.budget.bounds().map(sum).collect()
}

/// Why nothing new is made, where that is so whatever is asked for: what lives is over the budget, or not known.
pub(super) fn budget_warnings(plans: &[SandboxPlan], input: &Input) -> Vec<String> {
    let taken = staying(plans, input);
    let mut warnings = Vec::new();
    for (what, limit) in input.policy.budget.bounds() {
        let (name, sum) = (what.name(), taken.sum(what));
        if sum > limit {
            let (sum, limit) = (sum.readable(), limit.readable());
            warnings.push(format!(
                "the live sandboxes take more than the budget, {name}: {sum} of {limit}; nothing that takes more is made"
            ));
        }
        if let Some(unknown) = taken.unknown.get(&what) {
            let names = words::some(&unknown.iter().collect::<Vec<_>>());
            warnings.push(format!(
                "what {names} may take of the budget is not known, {name}: no ResourceQuota of theirs is on record that \
                 bounds it; nothing new is made that takes of it"
            ));
        }
    }
    warnings
}

/// What one sandbox takes of the room.
struct Share {
    name: String,
    owner: Option<String>,
    quota: Budget,
}

/// What is taken of it.
#[derive(Clone, Default)]
struct Taken {
    sandboxes: usize,
    owners: BTreeMap<String, usize>,
    sums: BTreeMap<Budgeted, Quantity>,
    /// Whose quota is not known, so that the sum is not either.
    unknown: BTreeMap<Budgeted, BTreeSet<String>>,
}

impl Taken {
    fn add(&mut self, share: &Share) {
        self.sandboxes += 1;
        if let Some(owner) = &share.owner {
            *self.owners.entry(owner.clone()).or_default() += 1;
        }
        for what in Budgeted::ALL {
            match share.quota.of(what) {
                Some(quota) => {
                    let sum = self.sums.entry(what).or_default();
                    *sum = sum.plus(quota);
                }
                None => {
                    self.unknown.entry(what).or_default().insert(share.name.clone());
                }
            }
        }
    }

    fn sum(&self, what: Budgeted) -> Quantity {
        self.sums.get(&what).copied().unwrap_or_default()
    }

    /// Why there is no room for one more.
    fn over(&self, share: &Share, policy: &Policy) -> Option<Held> {
        self.over_count(share, policy).or_else(|| self.over_budget(share, policy))
    }

    /// What no other sandbox's end can help: it asks for more than there is, or for nobody knows how much.
    fn never_fits(&self, share: &Share, policy: &Policy) -> Option<Held> {
        if let Some((what, _)) = policy.budget.bounds().find(|(what, _)| share.quota.of(*what).is_none()) {
            let name = what.name();
            return Some(Held::new(
                Hold::Policy,
                format!("the fleet has a budget for {name}, and no ResourceQuota of this sandbox bounds its {name}"),
                format!(
                    "let its chart have a ResourceQuota with requests.{name}, or take {name} out of [budget] in \
                     sandboxes/fleet.toml"
                ),
            ));
        }
        let over = asked(share, policy).filter(|asked| asked.amount > asked.limit);
        let over: Vec<String> = over.map(|asked| self.arithmetic(&asked)).collect();
        (!over.is_empty()).then(|| {
            Held::new(Hold::Policy, over_budget(&over), "ask for less, or raise [budget] in sandboxes/fleet.toml")
        })
    }

    fn over_count(&self, share: &Share, policy: &Policy) -> Option<Held> {
        if let Some(most) = policy.max_sandboxes.filter(|most| self.sandboxes >= *most) {
            return Some(Held::new(
                Hold::Policy,
                format!("there would be {}, and the fleet's limit is {most}", words::sandboxes(self.sandboxes + 1)),
                "delete another sandbox's file, wait for one to expire, or raise max_sandboxes in sandboxes/fleet.toml",
            ));
        }
        let owner = share.owner.as_ref()?;
        let own = self.owners.get(owner).copied().unwrap_or_default();
        policy.max_per_owner.filter(|most| own >= *most).map(|most| {
            Held::new(
                Hold::Policy,
                format!("{owner} would have {}, and the limit for one owner is {most}", words::sandboxes(own + 1)),
                "delete another of this owner's files, or raise max_per_owner in sandboxes/fleet.toml",
            )
        })
    }

    fn over_budget(&self, share: &Share, policy: &Policy) -> Option<Held> {
        let unknown = |asked: Asked| Some((asked.what.name(), self.unknown.get(&asked.what)?));
        if let Some((what, names)) = asked(share, policy).find_map(unknown) {
            let names = words::some(&names.iter().collect::<Vec<_>>());
            return Some(Held::new(
                Hold::Policy,
                format!(
                    "whether the budget has room for it cannot be told: what {names} may take of {what} is not known"
                ),
                format!("let {names} have a ResourceQuota with requests.{what}, and be applied once"),
            ));
        }
        let over = asked(share, policy).filter(|asked| self.sum(asked.what).plus(asked.amount) > asked.limit);
        let over: Vec<String> = over.map(|asked| self.arithmetic(&asked)).collect();
        (!over.is_empty()).then(|| Held::new(Hold::Policy, over_budget(&over), ROOM))
    }

    /// `cpu: 12 of 16 are taken, it asks for 6`.
    fn arithmetic(&self, asked: &Asked) -> String {
        let (taken, limit, amount) = (self.sum(asked.what).readable(), asked.limit.readable(), asked.amount.readable());
        format!("{}: {taken} of {limit} are taken, it asks for {amount}", asked.what.name())
    }
}

/// What a sandbox asks for of one thing that is bounded.
struct Asked {
    what: Budgeted,
    limit: Quantity,
    amount: Quantity,
}

/// All that it asks for; nothing is no question.
fn asked(share: &Share, policy: &Policy) -> impl Iterator<Item = Asked> {
    let of = |(what, limit)| Some(Asked { what, limit, amount: share.quota.of(what)? });
    policy.budget.bounds().filter_map(of).filter(|asked| asked.amount > Quantity::default())
}

const ROOM: &str = "delete another sandbox's file, wait for one to expire, ask for less, or raise [budget] in \
                    sandboxes/fleet.toml";

fn over_budget(over: &[String]) -> String {
    format!("it is over the fleet's budget, {}", over.join("; "))
}

/// What is there for good, as far as this plan goes.
fn staying(plans: &[SandboxPlan], input: &Input) -> Taken {
    let mut taken = Taken::default();
    let stays = plans.iter().filter(|plan| !is_going(plan, &input.policy));
    for share in stays.filter_map(|plan| live_share(plan, input)) {
        taken.add(&share);
    }
    taken
}

/// The first of those that go without whose end there is no room.
fn made_by(taken: &Taken, going: &[Share], share: &Share, policy: &Policy) -> Vec<String> {
    let has_room = |from: usize| {
        let mut with = taken.clone();
        going.iter().skip(from).for_each(|share| with.add(share));
        with.over(share, policy).is_none()
    };
    // Room only grows as more of them go.
    let (mut few, mut enough) = (0, going.len());
    while few < enough {
        let middle = usize::midpoint(few, enough);
        if has_room(middle) { enough = middle } else { few = middle + 1 }
    }
    going.iter().take(enough).map(|share| share.name.clone()).collect()
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

/// What goes in this run, or in that of another shard, and leaves its room.
fn is_going(plan: &SandboxPlan, policy: &Policy) -> bool {
    policy.chosen.is_worked_on(&plan.name) && matches!(plan.action, Action::Expire | Action::Remove)
}

/// What is made, and has no place yet.
fn is_new(plan: &SandboxPlan, input: &Input) -> bool {
    plan.action == Action::Create && live(plan, input).is_none()
}

fn live<'a>(plan: &SandboxPlan, input: &'a Input) -> Option<&'a LiveNamespace> {
    input.live.namespaces.get(&plan.namespace).filter(|n| n.observed.ours || n.observed.was_ours)
}

fn wanted<'a>(plan: &SandboxPlan, input: &'a Input) -> Option<&'a Wanted> {
    match input.sources.get(&plan.name) {
        Some(Source::Wanted(wanted)) if wanted.namespace == plan.namespace => Some(wanted),
        _ => None,
    }
}

fn since(plan: &SandboxPlan, input: &Input) -> Option<Timestamp> {
    wanted(plan, input).and_then(|wanted| wanted.since)
}

fn new_share(plan: &SandboxPlan, input: &Input) -> Share {
    let wanted = wanted(plan, input);
    Share {
        name: plan.name.clone(),
        owner: wanted.and_then(|wanted| wanted.owner.clone()),
        quota: wanted.map(|wanted| wanted.quota).unwrap_or_default(),
    }
}

/// A live sandbox counts what was applied, or where it is changed what it asks for then, if that is more.
fn live_share(plan: &SandboxPlan, input: &Input) -> Option<Share> {
    let namespace = live(plan, input)?;
    let record = &namespace.record;
    let after = new_share(plan, input);
    let is_changed = namespace.observed.drift.iter().any(|drift| drift.path.contains(ANNOTATION_QUOTA));
    let before = record.quota.filter(|_| !is_changed);
    let asked = wanted(plan, input).filter(|wanted| {
        !matches!(plan.action, Action::Held | Action::Refused | Action::Expire | Action::Remove)
            || record.release.as_deref() == Some(wanted.release.hash.as_str())
    });
    let quota = match (before, asked) {
        (Some(before), Some(_)) => larger(&before, &after.quota),
        (None, Some(_)) => after.quota,
        (before, None) => before.unwrap_or_default(),
    };
    let owner = if wanted(plan, input).is_some() { after.owner } else { record.owner.clone() };
    Some(Share { name: plan.name.clone(), owner, quota })
}
