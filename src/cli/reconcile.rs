//! `reconcile` and `reconcile --plan`, and what applying a saved plan has in common with them.

use std::sync::Arc;

use super::args::{Args, How, PlanFormat};
use super::desired::now;
use super::failure::Failure;
use super::lock;
use super::passes::Passes;
use super::planning::{Planning, Request};
use super::print::{Printer, somebody_is_there, width};
use super::progress::Progress;
use super::save;
use crate::apply::{self, Event, Options, Stop};
use crate::cluster::Cluster;
use crate::plan::{Outcome, Plan};
use crate::report::text::{self, Diffs, TextOptions};
use crate::report::{exit_status, json, markdown};

/// How many sandboxes are worked on side by side: most of it is waiting, and requests have a bound of their own.
const SIDE_BY_SIDE: usize = 128;

/// Plans, and without `--plan` applies.
///
/// # Errors
/// Where nothing could be done at all.
pub async fn reconcile(args: &Args, printer: &Printer) -> Result<u8, Failure> {
    if let Some(file) = &args.run.out {
        save::may_write(file)?;
    }
    let request = Request::new(&args.run, now(args)?);
    let mut planning = Planning::new(&args.source, &args.target, &request, printer).await?;
    let job = Job { how: &args.run.how, diffs: diffs(args), printer };
    job.print(&planning.plan)?;
    if args.run.plan
        && let Some(file) = &args.run.out
    {
        save::save(file, &planning, &request).await?;
        printer.note(&save::next(file, args));
    }
    let mut outcome = None;
    if !args.run.plan && job.is_wanted(&planning.plan) {
        outcome = carry_out(args, &request, &mut planning, &job).await?;
    }
    job.finish(&planning.plan, outcome.as_ref())?;
    let status = exit_status(&planning.plan, outcome.as_ref(), args.run.plan);
    // The process ends: to take a fleet apart, object by object, would take longer than to leave it.
    let Planning { input, plan, .. } = planning;
    std::mem::forget((input, plan));
    Ok(status)
}

/// Carries the plan out, alone. What was planned while another run was at work is planned anew first.
async fn carry_out(
    args: &Args,
    request: &Request,
    planning: &mut Planning,
    job: &Job<'_>,
) -> Result<Option<Outcome>, Failure> {
    let stop = lock::listen();
    let cluster = Arc::clone(&planning.cluster);
    let (lease, waited) = lock::take(&*cluster, &planning.plan.fleet_id, job.how.lock_timeout, job.printer).await?;
    if waited {
        let before = planning.plan.clone();
        planning.again(&args.target, request).await?;
        let is_same = planning.plan.sandboxes == before.sandboxes;
        if !is_same {
            job.print(&planning.plan)?;
        }
        if !planning.plan.has_changes() || (!is_same && !job.is_wanted(&planning.plan)) {
            lease.give_back().await;
            return Ok(None);
        }
    }
    let (job, plan, target) = (*job, &planning.plan, &args.target);
    let passes = Passes { job, plan, planning, target, request, may_plan_anew: true };
    let outcome = lease.while_held(passes.carry_out(&stop), &stop).await;
    lease.give_back().await;
    Ok(Some(outcome))
}

/// Which diffs a command line asks for.
pub fn diffs(args: &Args) -> Diffs {
    match (args.output.quiet, args.run.plan || args.output.verbose > 0) {
        (true, _) => Diffs::None,
        (false, true) => Diffs::All,
        (false, false) => Diffs::Changes,
    }
}

/// How a plan is printed and carried out.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// How it is carried out.
    pub how: &'a How,
    /// Which diffs are shown.
    pub diffs: Diffs,
    /// Where it is said.
    pub printer: &'a Printer,
}

impl Job<'_> {
    /// Prints the plan, unless that comes with what came of it.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub fn print(&self, plan: &Plan) -> Result<(), Failure> {
        match self.how.format {
            PlanFormat::Json | PlanFormat::Markdown => Ok(()),
            PlanFormat::Text => self.printer.answer(&self.text(plan)),
        }
    }

    /// Whether there is something to do, and whoever has seen the plan wants it.
    pub fn is_wanted(&self, plan: &Plan) -> bool {
        if !plan.has_changes() {
            return false;
        }
        if self.how.yes || !somebody_is_there() {
            return true;
        }
        if self.how.format != PlanFormat::Text {
            self.printer.note(&self.text(plan));
        }
        let agreed = self.printer.asks("Apply this plan?");
        if !agreed {
            self.printer.note("nothing was changed");
        }
        agreed
    }

    /// Carries a plan out.
    pub async fn carry_out(&self, cluster: &dyn Cluster, plan: &Plan, stop: &Stop) -> Outcome {
        let How { timeout, keep_failed, .. } = *self.how;
        let options = Options { timeout, side_by_side: SIDE_BY_SIDE, keep_failed, stop };
        let progress = Progress::new(self.printer, plan);
        let watch = |event: Event<'_>| progress.tell(event);
        apply::run(plan, cluster, options, &watch).await
    }

    /// Prints what came of it, where it was carried out.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub fn finish(&self, plan: &Plan, outcome: Option<&Outcome>) -> Result<(), Failure> {
        match (self.how.format, outcome) {
            (PlanFormat::Json, _) => {
                let value = json::plan(plan, outcome);
                let text = serde_json::to_string_pretty(&value).map_err(|error| Failure::of(&error))?;
                self.printer.answer(&format!("{text}\n"))?;
            }
            (PlanFormat::Markdown, _) => self.printer.answer(&markdown::page(plan, outcome, self.diffs))?,
            (PlanFormat::Text, Some(outcome)) => {
                let options = TextOptions { diffs: Diffs::None, width: width() };
                self.printer.answer(&text::outcome(plan, outcome, &options))?;
            }
            (PlanFormat::Text, None) => {}
        }
        Ok(())
    }

    fn text(&self, plan: &Plan) -> String {
        text::plan(plan, &TextOptions { diffs: self.diffs, width: width() })
    }
}
