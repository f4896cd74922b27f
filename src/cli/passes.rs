//! What a run does after its plan: what changed meanwhile is planned once more, and what failed goes back.

use std::collections::BTreeSet;

use super::notices::Notices;
use super::planning::{LiveSide, Planning, Request};
use super::reconcile::Job;
use super::{args, print};
use crate::apply::{Failures, Stop};
use crate::plan::{Aftermath, Outcome, Plan, SandboxOutcome, SandboxPlan, SandboxResult};
use crate::report::text;

/// A run, and what it is made of.
pub struct Passes<'a> {
    /// The job of the first pass.
    pub job: Job<'a>,
    /// The plan.
    pub plan: &'a Plan,
    /// What it was planned from.
    pub planning: &'a Planning,
    /// Where the live state is.
    pub target: &'a args::Target,
    /// What was asked for.
    pub request: &'a Request,
    /// Whether what has changed since the plan may be planned anew; not where the plan was reviewed.
    pub may_plan_anew: bool,
}

impl Passes<'_> {
    /// Carries the plan out, and what follows from how that went.
    pub async fn carry_out(&self, stop: &Stop) -> Outcome {
        let mut outcome = self.job.carry_out(&*self.planning.cluster, self.plan, stop).await;
        if stop.why().is_none() && self.may_plan_anew {
            self.plan_stale_anew(&mut outcome, stop).await;
        }
        if stop.why().is_none() {
            self.go_back(&mut outcome, stop).await;
        }
        self.forget(&outcome).await;
        Notices::new(self.plan, &*self.planning.cluster, self.job.printer).unfinished(&outcome).await;
        outcome
    }

    /// Once; what is stale again is left for the next run.
    async fn plan_stale_anew(&self, outcome: &mut Outcome, stop: &Stop) {
        let begins = |name: &str| self.plan.sandboxes.iter().any(|sandbox| sandbox.begins && sandbox.name == name);
        let goes_on = |came: &&SandboxOutcome| match came.result {
            SandboxResult::Stale { .. } => true,
            SandboxResult::Done | SandboxResult::Applied => begins(&came.name),
            _ => false,
        };
        let names: Vec<String> = outcome.sandboxes.iter().filter(goes_on).map(|came| came.name.clone()).collect();
        if names.is_empty() {
            return;
        }
        for name in &names {
            self.job.printer.progress(&text::anew(name, begins(name), print::width()));
        }
        let request = Request { chosen: self.request.chosen.some(&names), ..self.request.clone() };
        let anew = match self.plan_anew(&request).await {
            Ok(anew) => anew.plan,
            Err(why) => {
                return outcome.sandboxes.iter_mut().filter(|c| names.contains(&c.name)).for_each(|c| add(c, &why));
            }
        };
        let (may, may_not): (Vec<SandboxPlan>, Vec<SandboxPlan>) =
            anew.sandboxes.iter().cloned().partition(|sandbox| self.is_agreed(sandbox));
        let again = self.job.carry_out(&*self.planning.cluster, &Plan { sandboxes: may.clone(), ..anew }, stop).await;
        for came in outcome.sandboxes.iter_mut().filter(|came| names.contains(&came.name)) {
            let planned = may.iter().find(|sandbox| sandbox.name == came.name);
            match (planned, again.sandboxes.iter().find(|again| again.name == came.name)) {
                (_, Some(again)) => *came = SandboxOutcome { done: came.done + again.done, ..again.clone() },
                // There is nothing more to do: somebody else did the same.
                (Some(planned), None) if planned.hold.is_none() => came.result = SandboxResult::Done,
                (Some(planned), None) => add(came, &planned.reason),
                (None, None) => {
                    let other = may_not.iter().find(|sandbox| sandbox.name == came.name);
                    add(came, other.map_or("it is gone", |_| "what would be done now is not what was agreed to"));
                }
            }
        }
    }

    /// Whether a sandbox that is planned anew may be worked on: where somebody has agreed to the plan, only as there.
    fn is_agreed(&self, anew: &SandboxPlan) -> bool {
        let is_asked = !self.job.how.yes && print::somebody_is_there();
        let before = self.plan.sandboxes.iter().find(|before| before.name == anew.name);
        let shown = |sandbox: &SandboxPlan| {
            let steps = sandbox.shown_steps().map(|step| (step.id.clone(), step.action, step.diff.clone()));
            steps.collect::<BTreeSet<_>>()
        };
        !is_asked || before.is_some_and(|before| shown(anew).is_subset(&shown(before)))
    }

    /// Back to the generation before, where an update failed: as that is noted by now, planning anew does it.
    async fn go_back(&self, outcome: &mut Outcome, stop: &Stop) {
        let goes_back = |came: &&SandboxOutcome| came.aftermath == Aftermath::GoesBack;
        let names: Vec<String> = outcome.sandboxes.iter().filter(goes_back).map(|came| came.name.clone()).collect();
        if names.is_empty() {
            return;
        }
        let request = Request { chosen: self.request.chosen.some(&names), retry: false, ..self.request.clone() };
        let planned = self.plan_anew(&request).await;
        let went = match &planned {
            Ok(anew) => self.job.carry_out(&*self.planning.cluster, &anew.plan, stop).await,
            Err(_) => Outcome { sandboxes: Vec::new() },
        };
        for came in outcome.sandboxes.iter_mut().filter(|came| names.contains(&came.name)) {
            came.aftermath = match &planned {
                Err(why) => Aftermath::NotBack { reason: why.clone() },
                Ok(anew) => ended(anew, &went, &came.name),
            };
        }
    }

    async fn plan_anew(&self, request: &Request) -> Result<LiveSide, String> {
        let Planning { desired, cluster, .. } = self.planning;
        let planned = LiveSide::plan(desired, &**cluster, self.target, request).await;
        planned.map_err(|failure| failure.message)
    }

    /// What failed before and is made now is forgotten.
    async fn forget(&self, outcome: &Outcome) {
        let failures = &self.planning.input.failures;
        let is_made = |came: &&SandboxOutcome| came.result == SandboxResult::Done && failures.contains_key(&came.name);
        let made: Vec<&str> = outcome.sandboxes.iter().filter(is_made).map(|came| came.name.as_str()).collect();
        if made.is_empty() {
            return;
        }
        let forgotten = Failures::new(&*self.planning.cluster, &self.plan.fleet_id).forget(&made).await;
        if let Err(error) = forgotten {
            tracing::warn!(%error, "what failed before could not be forgotten");
        }
    }
}

fn ended(anew: &LiveSide, went: &Outcome, name: &str) -> Aftermath {
    let planned = anew.plan.sandboxes.iter().find(|sandbox| sandbox.name == name);
    let namespace = planned.and_then(|planned| anew.input.live.namespaces.get(&planned.namespace));
    let commit = namespace.and_then(|namespace| namespace.record.commit.clone()).unwrap_or_default();
    let came = went.sandboxes.iter().find(|came| came.name == name);
    match (planned, came.map(|came| &came.result)) {
        (Some(_), Some(SandboxResult::Done | SandboxResult::Applied)) => Aftermath::WentBack { commit },
        (
            Some(_),
            Some(
                SandboxResult::Failed { reason } | SandboxResult::Stale { reason } | SandboxResult::Stopped { reason },
            ),
        ) => Aftermath::NotBack { reason: reason.clone() },
        (Some(planned), None) if anew.back.contains(&planned.name) => Aftermath::WentBack { commit },
        (Some(planned), None) => Aftermath::NotBack { reason: planned.reason.clone() },
        (None, _) => Aftermath::NotBack { reason: "it is gone".to_owned() },
    }
}

/// Says what came of planning once more.
fn add(came: &mut SandboxOutcome, why: &str) {
    match &mut came.result {
        SandboxResult::Stale { reason } => *reason = format!("{reason}; planned anew: {why}"),
        // What had to come first was done.
        result => *result = SandboxResult::Stale { reason: format!("begun; planned anew: {why}") },
    }
}
