//! What later runs will do to a sandbox where no commit comes between: the plan is a function of time as well.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::cause::{Blame, Cause};
use super::decide::plan;
use super::state::{Answers, Input, Source};
use super::types::{Action, Hold, SandboxPlan};
use crate::fleet::{Fleet, Lifetime};

/// How many instants are looked at, at most.
const INSTANTS: usize = 64;

/// What will be done from an instant on.
#[derive(Clone, Debug)]
pub struct Ahead {
    /// The instant.
    pub at: Timestamp,
    /// What then.
    pub plan: SandboxPlan,
}

/// What is known now.
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    /// The sandbox's name.
    pub name: &'a str,
    /// The fleet.
    pub fleet: &'a Fleet,
    /// What is asked of the cluster.
    pub answers: &'a Answers,
    /// Its file, with who changed it last.
    pub asked: Option<&'a Cause>,
    /// When its hours will next put it to sleep or wake it, where that changes what it is.
    pub turn: Option<&'a Turn>,
}

/// A sandbox falls asleep, or wakes, by its hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// Which of both, in words.
    pub reason: String,
}

/// Looks ahead from `first`, the plan of now: at each instant at which something ends, the sandbox's own life and pin,
/// and where it waits for room or a ceiling, those of the others. Nothing is asked of the cluster for it.
pub fn forecast(mut input: Input, outlook: &Outlook<'_>, first: &SandboxPlan) -> Vec<Ahead> {
    if matches!(first.action, Action::Expire | Action::Remove) || first.hold == Some(Hold::Broken) {
        return Vec::new();
    }
    let mut answers = outlook.answers.clone();
    answers.history.clear();
    answers.history.extend(outlook.asked.map(|cause| (first.namespace.clone(), Blame::of(cause.clone()))));
    let waits = first.action == Action::Held && first.hold == Some(Hold::Policy);
    let mut ahead: Vec<Ahead> = Vec::new();
    for at in instants(&input, outlook, waits) {
        let Ok(after) = at.checked_add(SignedDuration::from_secs(1)) else { break };
        shift(&mut input, outlook.fleet, after);
        let planned = plan(&input, &answers);
        let Some(mut own) =
            planned.sandboxes.into_iter().find(|plan| plan.name == outlook.name && plan.namespace == first.namespace)
        else {
            continue;
        };
        let is_over = own.expires.is_some_and(|expires| expires <= at);
        if is_over {
            let made = |plan: &SandboxPlan| plan.action == Action::Create;
            over(&mut own, made(first) || ahead.iter().any(|ahead| made(&ahead.plan)));
        }
        let before = ahead.last().map_or(first, |ahead| &ahead.plan);
        if own.action != before.action || (own.action == Action::Held && own.remedy != before.remedy) {
            ahead.push(Ahead { at, plan: own });
        }
        if is_over {
            break;
        }
    }
    if let Some(turn) = outlook.turn {
        turned(&mut ahead, turn, first);
    }
    ahead
}

/// Adds the next turn of its hours, where the sandbox will be there for it.
fn turned(ahead: &mut Vec<Ahead>, turn: &Turn, first: &SandboxPlan) {
    let place = ahead.partition_point(|ahead| ahead.at <= turn.at);
    let before = place.checked_sub(1).and_then(|place| ahead.get(place)).map_or(first, |ahead| &ahead.plan);
    let lives =
        !matches!(before.action, Action::Expire | Action::Remove | Action::Held | Action::Failed | Action::Refused);
    if lives && before.expires.is_none_or(|expires| expires > turn.at) {
        let (reason, steps) = (turn.reason.clone(), Vec::new());
        let plan = SandboxPlan { action: Action::Update, reason, steps, remedy: None, hold: None, ..first.clone() };
        ahead.insert(place, Ahead { at: turn.at, plan });
    }
}

/// A sandbox whose time is over just then; `made` where a run before makes it.
fn over(plan: &mut SandboxPlan, made: bool) {
    let reason = match plan.action {
        Action::Keep if made => {
            plan.action = Action::Expire;
            "its time is over"
        }
        Action::Keep => "its time is over, and it is not made any more",
        Action::Expire => "its time is over",
        _ => return,
    };
    reason.clone_into(&mut plan.reason);
    for step in &mut plan.steps {
        reason.clone_into(&mut step.reason);
    }
}

/// The instants at which something ends, in order.
fn instants(input: &Input, outlook: &Outlook<'_>, waits: bool) -> Vec<Timestamp> {
    let own = |name: &str| waits || name == outlook.name;
    let mut all = BTreeSet::new();
    for (name, source) in input.sources.iter().filter(|(name, _)| own(name)) {
        let Source::Wanted(wanted) = source else { continue };
        all.extend(wanted.expires);
        all.extend(wanted.pinned_past);
        let pin = outlook.fleet.sandboxes.get(name).and_then(|sandbox| sandbox.pin.as_ref());
        all.extend(pin.map(|pin| pin.until));
    }
    all.into_iter().filter(|at| *at >= input.now).take(INSTANTS).collect()
}

/// Moves the planned instant on; what is wanted stays the same but for its life.
fn shift(input: &mut Input, fleet: &Fleet, now: Timestamp) {
    input.now = now;
    for (name, source) in &mut input.sources {
        let (Source::Wanted(wanted), Some(sandbox)) = (source, fleet.sandboxes.get(name)) else { continue };
        let start = wanted.since.unwrap_or(Timestamp::MIN);
        let life = Lifetime::at(now, start, &sandbox.terms(&fleet.settings));
        wanted.expires = life.expiry;
        wanted.pinned_past = life.natural.filter(|_| life.pin.counts());
    }
}
