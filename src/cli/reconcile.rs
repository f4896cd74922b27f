//! `reconcile` and `reconcile --plan`, and what applying a saved plan has in common with them.

use std::sync::Arc;

use tracing::{Instrument as _, info_span};

use super::args::{Args, How, PlanFormat};
use super::desired::{Desired, now};
use super::failure::Failure;
use super::lock;
use super::notices::Notices;
use super::passes::Passes;
use super::planning::{Planning, Request};
use super::print::{Printer, somebody_is_there, width};
use super::progress::Progress;
use super::rounds;
use super::save;
use super::seen::Seen;
use crate::apply::{self, Event, Options, Realm, Stop};
use crate::cluster::Cluster;
use crate::plan::{Action, Outcome, Plan};
use crate::report::text::{self, Diffs, TextOptions};
use crate::report::{exit_status, json, markdown};

/// How many sandboxes are worked on side by side: most of it is waiting, and requests have a bound of their own.
const SIDE_BY_SIDE: usize = 256;

/// Plans, and without `--plan` applies.
///
/// # Errors
/// Where nothing could be done at all.
pub async fn reconcile(args: &Args, printer: &Printer, seen: &Seen<'_>) -> Result<Ended, Failure> {
    if let Some(file) = &args.run.out {
        save::may_write(file)?;
    }
    let request = Request::new(&args.run, now(args)?);
    let desired = info_span!("read").in_scope(|| Desired::read(&args.source, printer))?;
    seen.fleet(&desired.fleet.settings.name, args.run.shard);
    let mut planning = Planning::new(desired, &args.target, &request).instrument(info_span!("plan")).await?;
    planning.cluster = seen.planned(&planning);
    let job = Job { how: &args.run.how, diffs: diffs(args), printer, seen };
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
    } else if !args.run.plan && !planning.plan.has_changes() {
        rounds::note(&planning).await;
    }
    seen.came(&planning.plan, outcome.as_ref());
    job.finish(&planning.plan, outcome.as_ref())?;
    let status = exit_status(&planning.plan, outcome.as_ref(), args.run.plan);
    let is_held = planning.plan.sandboxes.iter().any(|plan| matches!(plan.action, Action::Held | Action::Refused));
    // The process ends: to take a fleet apart, object by object, would take longer than to leave it.
    let Planning { input, plan, .. } = planning;
    std::mem::forget((input, plan));
    Ok(Ended { status, is_held })
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// The exit status.
    pub status: u8,
    /// Whether a sandbox is left as it is, for some reason.
    pub is_held: bool,
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
    let fleet_id = planning.plan.fleet_id.clone();
    let realm = Realm { fleet_id: &fleet_id, shard: request.chosen.shard };
    let (lease, waited) = lock::take(&*cluster, realm, job.how.lock_timeout, job.printer).await?;
    let work = async {
        if !is_still_wanted(args, request, (planning, waited), job).await? {
            return Ok(None);
        }
        let (job, plan, target) = (*job, &planning.plan, &args.target);
        let passes = Passes { job, plan, planning, target, request, may_plan_anew: true };
        Ok(Some(passes.carry_out(&stop).await))
    };
    let outcome = lease.while_held(Box::pin(work), &stop).await;
    lease.give_back().await;
    outcome
}

/// Whether the plan still holds where another run was waited for, or other shards have settled on something else; if not,
/// whether what is planned then is wanted.
async fn is_still_wanted(
    args: &Args,
    request: &Request,
    (planning, waited): (&mut Planning, bool),
    job: &Job<'_>,
) -> Result<bool, Failure> {
    const TRIES: usize = 10;
    let mut is_stale = waited;
    for _ in 0..TRIES {
        if is_stale {
            let before = planning.plan.clone();
            planning.again(&args.target, request).await?;
            let is_same = planning.plan.sandboxes == before.sandboxes;
            if !is_same {
                job.print(&planning.plan)?;
            }
            if !planning.plan.has_changes() || (!is_same && !job.is_wanted(&planning.plan)) {
                return Ok(false);
            }
        }
        if rounds::join(planning).await? {
            return Ok(true);
        }
        is_stale = true;
    }
    Err(rounds::restless())
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
    /// Who is told outside.
    pub seen: &'a Seen<'a>,
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
        let notices = Notices::new(plan, cluster, self.printer);
        let progress = Progress::new(self.printer, plan);
        let watch = |event: Event<'_>| {
            self.seen.watch(&event);
            notices.watch(&event);
            progress.tell(event);
        };
        let run = apply::run(plan, cluster, options, &watch).instrument(info_span!("apply"));
        notices.beside(run).await
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
