//! Whether planning anew does what was reviewed, and where not, why: in the words of whoever has to plan again.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::saved::{Before, Saved, SavedSandbox, SavedStep, saved};
use super::state::Live;
use super::types::{Action, Hold, Plan, SandboxPlan};
use super::words;
use crate::manifest::ObjectId;

/// Why a saved plan is not carried out: one thing that is other than it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The sandbox.
    pub sandbox: String,
    /// What was found.
    pub what: String,
    /// The object that somebody wrote to since, where that is what happened: the cluster may know who.
    pub written: Option<ObjectId>,
}

impl Saved {
    /// The plan to carry out: of a plan made anew the steps that are in this file. What is new beside them is held, and
    /// says so.
    ///
    /// # Errors
    /// Where a sandbox of the file has other steps by now: all that is other. Then nothing is carried out.
    pub fn compare(&self, anew: Plan, live: &Live, as_of: Timestamp) -> Result<Plan, Vec<Difference>> {
        let mut differences = Vec::new();
        let by_name: BTreeMap<(&str, &str), &SandboxPlan> =
            anew.sandboxes.iter().map(|s| ((s.name.as_str(), s.namespace.as_str()), s)).collect();
        for reviewed in &self.sandboxes {
            let now = by_name.get(&(reviewed.name.as_str(), reviewed.namespace.as_str())).copied();
            let case = Case { reviewed, now, live, salt: &self.id };
            differences
                .extend(case.over(as_of).or_else(|| case.standing()).map_or_else(|| case.steps(), |one| vec![one]));
        }
        if differences.is_empty() { Ok(self.reviewed(anew)) } else { Err(differences) }
    }

    /// A plan without what is not in this file.
    fn reviewed(&self, mut plan: Plan) -> Plan {
        let own = self.names();
        let chosen = self.basis.policy.chosen();
        plan.shard = chosen.shard;
        plan.sandboxes.retain(|sandbox| chosen.has(&sandbox.name));
        for sandbox in &mut plan.sandboxes {
            if own.contains(&(sandbox.name.as_str(), sandbox.namespace.as_str())) || sandbox.steps.is_empty() {
                continue;
            }
            sandbox.action = Action::Held;
            sandbox.hold = Some(Hold::Policy);
            sandbox.reason = format!("not in this plan, as it differs only since: {}", sandbox.reason);
            sandbox.remedy = Some("the next run, or a plan made anew, sees to it".to_owned());
            sandbox.steps.clear();
        }
        plan
    }
}

/// One sandbox of the file, and what planning anew says of it.
struct Case<'a> {
    reviewed: &'a SavedSandbox,
    now: Option<&'a SandboxPlan>,
    live: &'a Live,
    salt: &'a str,
}

impl Case<'_> {
    fn found(&self, what: impl Into<String>) -> Difference {
        Difference { sandbox: self.reviewed.name.clone(), what: what.into(), written: None }
    }

    /// What is made or changed must not be over by the time it is done: the next run would remove it.
    fn over(&self, as_of: Timestamp) -> Option<Difference> {
        let expires = self.now?.expires.filter(|at| *at < as_of)?;
        let goes = matches!(self.reviewed.action, Action::Expire | Action::Remove);
        (!goes).then(|| self.found(format!("its time was over at {expires}, which is after the plan was made")))
    }

    /// The sandbox as a whole is another than the one that was reviewed.
    fn standing(&self) -> Option<Difference> {
        let Some(now) = self.now else {
            return Some(self.found("it is gone, and no file asks for it"));
        };
        if matches!(now.action, Action::Held | Action::Refused) {
            return Some(self.found(format!("it would be {} now: {}", held(now.action), now.reason)));
        }
        let what = match (&self.reviewed.before, saved(now, self.live, self.salt).before) {
            (None, None) => return None,
            (None, Some(_)) => "its namespace was made since".to_owned(),
            (Some(_), None) => "its namespace is gone".to_owned(),
            (Some(before), Some(now)) => changed(before, &now)?,
        };
        Some(self.found(what))
    }

    fn steps(&self) -> Vec<Difference> {
        let Some(now) = self.now else { return Vec::new() };
        let anew = saved(now, self.live, self.salt).steps;
        if anew.len() == self.reviewed.steps.len() && anew.iter().zip(&self.reviewed.steps).all(|(a, b)| same(a, b)) {
            return Vec::new();
        }
        let twin = |step: &SavedStep, steps: &[SavedStep]| {
            let equal = steps.iter().find(|other| same(step, other));
            equal.or_else(|| steps.iter().find(|other| of_one(step, other))).cloned()
        };
        let mut differences = Vec::new();
        for step in &self.reviewed.steps {
            let what = self.step(step, twin(step, &anew).as_ref());
            differences.extend(what.filter(|what| !differences.contains(what)));
        }
        for (step, planned) in anew.iter().zip(&now.steps).filter(|(_, planned)| planned.work.is_change()) {
            if twin(step, &self.reviewed.steps).is_none() && !differences.iter().any(|d| named(d, step)) {
                let what = format!("{} would be changed too: {}", called(step), planned.reason);
                differences.push(Difference { written: None, ..self.found(what) });
            }
        }
        if differences.is_empty() {
            differences.push(self.found("what is done and waited for is not what was reviewed"));
        }
        differences
    }

    fn step(&self, step: &SavedStep, now: Option<&SavedStep>) -> Option<Difference> {
        let name = called(step);
        let Some(now) = now else {
            return is_change(step).then(|| self.vanished(step));
        };
        if same(step, now) {
            return None;
        }
        let (what, written) = match (&step.precondition, &now.precondition) {
            (Some(before), Some(after)) if before.uid != after.uid => ("was deleted and made again", true),
            (Some(before), Some(after)) if before.digest != after.digest => ("was changed", true),
            (None, Some(_)) => ("was made", true),
            (Some(_), None) => ("was deleted", false),
            _ => {
                return Some(self.found(format!("what would be written of {name} is not what was reviewed")));
            }
        };
        Some(Difference { written: written.then(|| id(step)), ..self.found(format!("{name} {what} since")) })
    }

    /// A step that is not to be done any more.
    fn vanished(&self, step: &SavedStep) -> Difference {
        let name = called(step);
        let live = self.live.objects.get(&id(step));
        let what = match (live, step.work.as_str()) {
            (None, _) if self.live.objects.is_as_wanted(&id(step)) => {
                return Difference {
                    written: Some(id(step)),
                    ..self.found(format!("{name} was changed since, and is as wanted now"))
                };
            }
            (None, "delete") => format!("{name} is gone already"),
            (None, _) => format!("{name} would not be written any more"),
            (Some(_), "delete") => format!("{name} would not be removed any more"),
            (Some(live), _) => {
                return Difference {
                    written: Some(live.id.clone()),
                    ..self.found(format!("{name} was changed since, and is as wanted now"))
                };
            }
        };
        self.found(what)
    }
}

fn held(action: Action) -> &'static str {
    if action == Action::Refused { "refused" } else { "held" }
}

/// What became of a namespace's record.
fn changed(before: &Before, now: &Before) -> Option<String> {
    let commit = |commit: &Option<String>| commit.as_deref().map_or("none", words::short).to_owned();
    if before.uid != now.uid {
        return Some("its namespace was deleted and made again".to_owned());
    }
    if before.commit != now.commit {
        let (before, now) = (commit(&before.commit), commit(&now.commit));
        return Some(format!("it was applied from commit {now} since (it was {before})"));
    }
    (before.expires != now.expires).then(|| {
        let text = |expires: &Option<String>| expires.clone().unwrap_or_else(|| "unknown".to_owned());
        format!("its expiry was moved since, from {} to {}", text(&before.expires), text(&now.expires))
    })
}

/// Whether two steps do the same to the same. The action is only a word for it: who may ask for a dry run calls
/// `adopt` what others call `correct`.
fn same(a: &SavedStep, b: &SavedStep) -> bool {
    of_one(a, b) && a.precondition == b.precondition && a.content == b.content
}

fn of_one(a: &SavedStep, b: &SavedStep) -> bool {
    (&a.kind, &a.namespace, &a.name, &a.work) == (&b.kind, &b.namespace, &b.name, &b.work)
}

fn is_change(step: &SavedStep) -> bool {
    !step.work.starts_with("await")
}

fn id(step: &SavedStep) -> ObjectId {
    let (api_version, kind) = step.kind.rsplit_once('/').unwrap_or(("", &step.kind));
    ObjectId {
        group: api_version.split_once('/').map_or("", |(group, _)| group).to_owned(),
        kind: kind.to_owned(),
        namespace: step.namespace.clone(),
        name: step.name.clone(),
    }
}

fn called(step: &SavedStep) -> String {
    id(step).to_string()
}

fn named(difference: &Difference, step: &SavedStep) -> bool {
    difference.what.contains(&called(step))
}
