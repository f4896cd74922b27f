//! The plan of a fleet: each sandbox on its own, then the bounds over all of them.

use std::collections::BTreeSet;

use super::cause::{self, Cause, Change};
use super::going::{Going, removal_note, removal_steps};
use super::leftovers::leftovers;
use super::rename::Renames;
use super::room::{budget_sums, budget_warnings, share_room};
use super::round::round;
use super::safety::{bound_removals, excess_pins, hold};
use super::sandbox::{Case, HANGS, Held};
use super::state::{Answers, Input, LiveNamespace, Source, Wanted};
use super::types::{Action, Hold, Plan, SandboxPlan};
use super::words;
use crate::manifest::{Kind, LABEL_FLEET};

/// Decides everything.
pub fn plan(input: &Input, answers: &Answers) -> Plan {
    let pins = excess_pins(input);
    let renames = Renames::of(input);
    let mut plans: Vec<SandboxPlan> = Vec::new();
    for (name, source) in &input.sources {
        plans.push(match source {
            Source::Wanted(wanted) => {
                let case = Case { name, wanted, input, answers, renames: &renames };
                decide(&case, pins.contains(name)).unwrap_or_else(|held| {
                    let mut plan = case.blank(Action::Held, String::new());
                    hold(&mut plan, held);
                    plan
                })
            }
            Source::Broken { namespace, reason, remedy, .. } => {
                let mut plan = broken(name, namespace, Held::new(Hold::Broken, reason.clone(), remedy.clone()));
                name_causes(&mut plan, answers);
                plan
            }
        });
    }
    plans.extend(unasked(input, answers, &renames));
    leftovers(&mut plans, input);
    plans.sort_by(|a, b| (&a.name, &a.namespace).cmp(&(&b.name, &b.namespace)));
    let live = input.live.namespaces.values().filter(|n| n.observed.ours || n.observed.was_ours).count();
    let going = bound_removals(&mut plans, input, live);
    share_room(&mut plans, input);
    let budget = budget_sums(&plans, input);
    let warnings = input.warnings.iter().cloned().chain(budget_warnings(&plans, input)).collect();
    let round = round(&plans, &going, input);
    plans.retain(|plan| input.policy.chosen.has(&plan.name));
    Plan {
        fleet: input.fleet.clone(),
        fleet_id: input.fleet_id.clone(),
        commit: input.commit.clone(),
        cluster: input.cluster.clone(),
        now: input.now,
        drift: input.live.drift,
        shard: input.policy.chosen.shard,
        round,
        sandboxes: plans,
        budget,
        warnings,
    }
}

pub(super) fn wanted(input: &Input) -> impl Iterator<Item = (&str, &Wanted)> {
    input.sources.iter().filter_map(|(name, source)| Some((name.as_str(), source.wanted()?)))
}

fn decide(case: &Case<'_>, pin_in_excess: bool) -> Result<SandboxPlan, Held> {
    let Case { name, wanted, input, .. } = case;
    let live = input.live.namespaces.get(&wanted.namespace);
    // What is over wants nothing, so it does not matter who has taken the name.
    let live = live.filter(|namespace| namespace.observed.was_ours || !wanted.is_over(input.now));
    if let Some(namespace) = live {
        settled(namespace, case.answers, input)?;
        standing(name, wanted, namespace, input)?;
        if let Some(plan) = case.regain(namespace)? {
            return Ok(plan);
        }
        known(case, namespace)?;
    }
    if pin_in_excess && live.is_none() {
        return Ok(SandboxPlan {
            notes: Vec::new(),
            expires: wanted.pinned_past,
            ..case.blank(Action::Keep, "its time is over, and its pin is one more than the fleet allows".to_owned())
        });
    }
    if pin_in_excess {
        return Err(Held::new(
            Hold::Policy,
            "its time is over, and the pin that would keep it is one more than the fleet allows",
            "take another sandbox's [pin] away, or raise max_pins in sandboxes/fleet.toml",
        ));
    }
    if live.is_some() || !wanted.is_over(input.now) {
        let there = live.is_none_or(|namespace| case.asks_there(namespace)).then_some(wanted.namespace.as_str());
        unreadable(wanted.release.objects().map(|m| &m.kind), there, input)?;
    }
    if let Some(at) = wanted.expires.filter(|_| wanted.is_over(input.now)) {
        let ago = words::span(at, input.now);
        return Ok(match live {
            Some(namespace) => {
                let mut plan = case.blank(Action::Expire, format!("its time was over {ago} ago, {}", case.dated()));
                let release = Some(&wanted.release).filter(|release| {
                    namespace.record.release.as_deref().is_none_or(|applied| applied == release.hash.as_str())
                });
                plan.notes.extend(removal_note(namespace, case.answers));
                plan.steps = removal_steps(
                    &Going { sandbox: name, namespace, release, input, answers: case.answers },
                    &plan.reason,
                )?;
                plan
            }
            None => SandboxPlan {
                notes: Vec::new(),
                ..case.blank(Action::Keep, format!("its time was over {ago} ago, and it is gone"))
            },
        });
    }
    match live {
        Some(namespace) => case.maintain(namespace),
        None => case.create(),
    }
}

/// Whether a namespace that is there may be worked on for this sandbox.
pub(super) fn standing(name: &str, wanted: &Wanted, namespace: &LiveNamespace, input: &Input) -> Result<(), Held> {
    let observed = &namespace.observed;
    if !observed.was_ours {
        return Err(Held::new(
            Hold::Safety,
            format!("namespace {} is there already and is not ours", wanted.namespace),
            "rename the sandbox's file, or delete the namespace by hand if nobody needs it",
        ));
    }
    let owner = namespace.sandbox();
    if owner != name && !owner.is_empty() {
        return Err(Held::new(
            Hold::Safety,
            format!("namespace {} belongs to sandbox {owner}", wanted.namespace),
            "rename one of the two",
        ));
    }
    settled(namespace, &Answers::default(), input)?;
    rewound(namespace, input)
}

/// Whether all that a live sandbox has or had could be read.
fn known(case: &Case<'_>, namespace: &LiveNamespace) -> Result<(), Held> {
    let there = case.asks_there(namespace).then_some(case.wanted.namespace.as_str());
    unreadable(namespace.record.kinds.iter(), there, case.input)
}

/// Not on its way out, and with a record that can be read.
fn settled(namespace: &LiveNamespace, answers: &Answers, input: &Input) -> Result<(), Held> {
    if let Some(fault) = &namespace.fault {
        return Err(Held::new(
            Hold::Broken,
            format!("the record on its namespace cannot be read: {fault}"),
            "put the annotation right: kubectl edit namespace",
        ));
    }
    let Some(since) = namespace.observed.deleting else { return Ok(()) };
    let own = namespace.finalizers.iter().map(|finalizer| format!("finalizer {finalizer}"));
    let inside = answers.ending.get(&namespace.observed.id.name).into_iter().flatten().cloned();
    let keepers: Vec<String> = own.chain(inside).collect();
    let keepers = if keepers.is_empty() { String::new() } else { format!(", kept by {}", keepers.join(", ")) };
    let hangs = input.now.duration_since(since) > HANGS;
    let remedy = if hangs {
        "it hangs: see to whoever has to end that; a later run goes on when it is gone"
    } else {
        "a later run goes on when it is gone"
    };
    Err(Held::new(
        if hangs { Hold::Broken } else { Hold::Policy },
        format!("its namespace is being deleted for {}, since {since}{keepers}", words::span(since, input.now)),
        remedy,
    ))
}

/// A live generation whose commit the planned one does not contain: an old checkout, another branch, a fork.
fn rewound(namespace: &LiveNamespace, input: &Input) -> Result<(), Held> {
    let Some(commit) = &namespace.record.commit else { return Ok(()) };
    if input.policy.allow_rewind || input.contained.contains(commit) {
        return Ok(());
    }
    let short = words::short(commit);
    Err(Held::new(
        Hold::Safety,
        format!("it was applied from commit {short}, which the planned commit does not contain"),
        "plan from a newer commit (git pull), or --allow-rewind if going back is meant",
    ))
}

fn unreadable<'a>(kinds: impl Iterator<Item = &'a Kind>, namespace: Option<&str>, input: &Input) -> Result<(), Held> {
    for kind in kinds {
        if let Some(unread) = input.live.fault(kind, namespace) {
            return Err(Held::new(
                Hold::Broken,
                format!("its live state is unknown: {}", unread.error),
                unread.remedy.as_deref().unwrap_or("see whether the cluster is well; the next run tries again"),
            ));
        }
    }
    Ok(())
}

/// Namespaces of the fleet that no file asks for.
fn unasked(input: &Input, answers: &Answers, renames: &Renames<'_>) -> Vec<SandboxPlan> {
    let asked: BTreeSet<&str> = input.sources.values().map(Source::namespace).collect();
    let mut plans = Vec::new();
    for (name, namespace) in &input.live.namespaces {
        if asked.contains(name.as_str()) {
            continue;
        }
        let sandbox = namespace.sandbox().to_owned();
        let path = namespace.record.path.clone().unwrap_or_else(|| format!("sandboxes/{sandbox}.toml"));
        let mut plan = SandboxPlan {
            action: Action::Remove,
            reason: format!("{path} is gone{}", at_commit(input)),
            ..SandboxPlan::blank(&sandbox, name)
        };
        name_removal(&mut plan, &path, answers);
        let allowed = made_by_us(namespace)
            .and_then(|()| moved(&sandbox, name, input))
            .and_then(|()| settled(namespace, answers, input))
            .and_then(|()| rewound(namespace, input))
            .and_then(|()| unreadable(namespace.record.kinds.iter(), None, input))
            .and_then(|()| renames.of_old(name, &plan.reason));
        let going = Going { sandbox: &sandbox, namespace, release: None, input, answers };
        match allowed.and_then(|note| Ok((note, removal_steps(&going, &plan.reason)?))) {
            Ok((note, steps)) => {
                plan.steps = steps;
                plan.notes.extend(note);
                plan.notes.extend(removal_note(namespace, answers));
            }
            Err(held) => hold(&mut plan, held),
        }
        plans.push(plan);
    }
    plans
}

/// A namespace with this fleet's label, whoever put it there.
fn made_by_us(namespace: &LiveNamespace) -> Result<(), Held> {
    if namespace.observed.ours {
        return Ok(());
    }
    let name = &namespace.observed.id.name;
    Err(Held::new(
        Hold::Policy,
        format!("namespace {name} has this fleet's label, and nothing shows that it was made for it"),
        format!(
            "delete it by hand if nobody needs it, or take the label off: kubectl label namespace {name} {LABEL_FLEET}-"
        ),
    ))
}

/// A sandbox that is asked for in another namespace by now, as after a change of `namespace_prefix`: what is in the
/// old one is not let go for that.
fn moved(sandbox: &str, from: &str, input: &Input) -> Result<(), Held> {
    let Some(to) = input.sources.get(sandbox).map(Source::namespace) else { return Ok(()) };
    Err(Held::new(
        Hold::Safety,
        format!("it is asked for in namespace {to} now, and still lives in {from}"),
        format!(
            "put namespace_prefix in sandboxes/fleet.toml back, or give it up by hand: kubectl delete namespace {from}"
        ),
    ))
}

/// Who removed a file, where history was asked.
fn name_removal(plan: &mut SandboxPlan, path: &str, answers: &Answers) {
    let Some(blame) = answers.history.get(&plan.namespace) else { return };
    plan.causes.clone_from(&blame.causes);
    match (&blame.remark, blame.causes.as_slice()) {
        (Some(remark), _) => plan.reason = format!("{}; {remark}", plan.reason),
        (None, [Cause { change: Change::By(commit), .. }, ..]) => {
            plan.reason = format!("{path} is gone, removed by {}", words::commit(commit));
        }
        (None, [Cause { change: Change::Uncommitted, .. }, ..]) => {
            plan.reason = format!("{path} is gone, which is not committed");
        }
        (None, [Cause { change: Change::Before(id), .. }, ..]) => {
            plan.reason = format!("{path} is gone, removed by commit {} or before", words::short(id));
        }
        (None, [Cause { change: Change::Nobody, .. }, ..]) => {
            plan.reason = format!("{}, and no commit of it is known", plan.reason);
        }
        (None, [Cause { change: Change::Unknown(why), .. }, ..]) => {
            plan.reason = format!("{}; by which commit is not known: {why}", plan.reason);
        }
        (None, []) => {}
    }
}

/// Who broke what is held, where history was asked.
fn name_causes(plan: &mut SandboxPlan, answers: &Answers) {
    let Some(blame) = answers.history.get(&plan.namespace).filter(|blame| !blame.causes.is_empty()) else { return };
    plan.causes.clone_from(&blame.causes);
    let causes = cause::sentences(&blame.causes.iter().collect::<Vec<_>>());
    let told = match &blame.remark {
        Some(word) => format!("{word} {causes}"),
        None => format!("so since {causes}"),
    };
    // A place in a file comes below the first line, and stays there.
    let (first, rest) = plan.reason.split_once('\n').map_or((plan.reason.as_str(), None), |(a, b)| (a, Some(b)));
    let rest = rest.map(|rest| format!("\n{rest}")).unwrap_or_default();
    plan.reason = format!("{first}; {told}{rest}");
}

fn at_commit(input: &Input) -> String {
    input.commit.as_ref().map(|commit| format!(" at {}", words::short(commit))).unwrap_or_default()
}

fn broken(name: &str, namespace: &str, held: Held) -> SandboxPlan {
    let mut plan = SandboxPlan::blank(name, namespace);
    hold(&mut plan, held);
    plan
}
