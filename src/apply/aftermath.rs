//! What follows a failure: its causes are found, what was made goes again, and it is remembered.

use super::diagnose::diagnose;
use super::failures::Failures;
use super::step::Run;
use super::{Event, Job};
use crate::cluster::Target;
use crate::plan::{Aftermath, Failure, Finding, OnFailure, SandboxPlan, Step, Work, with_failure};

/// A failure of one sandbox.
pub(super) struct Failed<'a> {
    pub sandbox: &'a SandboxPlan,
    pub reason: &'a str,
}

impl Failed<'_> {
    /// Does what the plan says is done then.
    pub(super) async fn follow_up(&self, job: &Job<'_>, run: &mut Run<'_>) -> (Vec<Finding>, Aftermath) {
        let findings = diagnose(job.cluster, &self.sandbox.namespace, run.values()).await;
        let aftermath = match &self.sandbox.on_failure {
            OnFailure::Leave => Aftermath::None,
            OnFailure::Remove { steps, note } => self.remove(steps, note, job, run).await,
            OnFailure::GoBack { note, record } => self.note_on(record, note, run).await,
        };
        (findings, aftermath)
    }

    async fn remove(&self, steps: &[Step], note: &Failure, job: &Job<'_>, run: &mut Run<'_>) -> Aftermath {
        let failures = Failures::new(job.cluster, job.fleet_id);
        if let Err(error) = failures.note(&self.sandbox.name, &note.clone().because(self.reason)).await {
            let (sandbox, error) = (&self.sandbox.name, error.with_remedy());
            tracing::warn!(sandbox, error, "that it failed could not be noted, so the next run tries it again");
        }
        if job.options.keep_failed || steps.is_empty() {
            return Aftermath::Kept;
        }
        run.begin_anew();
        for step in steps {
            (job.watch)(Event::Begins { sandbox: &self.sandbox.name, step });
            let waits = |why: &str| (job.watch)(Event::Waits { sandbox: &self.sandbox.name, step, why });
            if let Err(halt) = run.carry_out(step, &waits).await {
                return Aftermath::NotRemoved { reason: format!("{}: {}", step.id, halt.reason()) };
            }
        }
        Aftermath::Removed
    }

    /// The way back is planned when this run is through.
    async fn note_on(&self, record: &Step, note: &Failure, run: &Run<'_>) -> Aftermath {
        let Work::Record { body, uid, .. } = &record.work else { return Aftermath::None };
        let target = Target { kind: &record.kind, resource: &record.resource, id: &record.id };
        let body = with_failure(body, &note.clone().because(self.reason));
        match run.record(target, &body, uid.as_deref()).await {
            Ok(_) => Aftermath::GoesBack,
            Err(halt) => Aftermath::NotBack { reason: format!("it could not be noted: {}", halt.reason()) },
        }
    }
}
