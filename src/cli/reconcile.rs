//! `reconcile` and `reconcile --plan`, and what applying a saved plan has in common with them.

use tokio::sync::mpsc::unbounded_channel;
use tracing::{Instrument as _, info_span};

use super::args::{Args, How, PlanFormat};
use super::desired::{Desired, now};
use super::failure::Failure;
use super::notices;
use super::planning::{Planning, Request};
use super::print::{Printer, somebody_is_there, width};
use super::save;
use super::seen::Seen;
use crate::apply::{self, Event, Options};
use crate::cluster::Cluster;
use crate::plan::{Outcome, Plan};
use crate::report::text::{self, Diffs, TextOptions};
use crate::report::{exit_status, json, markdown};

/// How many sandboxes are worked on side by side.
const SIDE_BY_SIDE: usize = 16;

/// Plans, and without `--plan` applies.
///
/// # Errors
/// Where nothing could be done at all.
pub async fn reconcile(args: &Args, printer: &Printer, seen: &Seen<'_>) -> Result<u8, Failure> {
    if let Some(file) = &args.run.out {
        save::may_write(file)?;
    }
    let request = Request::new(&args.run, now(args)?);
    let desired = Desired::read(&args.source, printer)?;
    seen.fleet(&desired.fleet.settings.name);
    let mut planning = Planning::new(desired, &args.target, &request).instrument(info_span!("plan")).await?;
    planning.cluster = seen.planned(&planning.plan, planning.cluster, &planning.input.key);
    let job = Job { plan: &planning.plan, how: &args.run.how, diffs: diffs(args), printer, seen };
    job.print()?;
    if args.run.plan
        && let Some(file) = &args.run.out
    {
        save::save(file, &planning, &request).await?;
        printer.note(&save::next(file, args));
    }
    let mut outcome = None;
    if !args.run.plan && job.is_wanted() {
        outcome = Some(job.carry_out(&*planning.cluster).await);
    }
    seen.came(&planning.plan, outcome.as_ref());
    job.finish(outcome.as_ref())?;
    let status = exit_status(&planning.plan, outcome.as_ref(), args.run.plan);
    // The process ends: to take a fleet apart, object by object, would take longer than to leave it.
    let Planning { input, plan, .. } = planning;
    std::mem::forget((input, plan));
    Ok(status)
}

/// Which diffs a command line asks for.
pub fn diffs(args: &Args) -> Diffs {
    match (args.output.quiet, args.run.plan || args.output.verbose > 0) {
        (true, _) => Diffs::None,
        (false, true) => Diffs::All,
        (false, false) => Diffs::Changes,
    }
}

/// A plan, and how it is printed and carried out.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The plan.
    pub plan: &'a Plan,
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
    pub fn print(&self) -> Result<(), Failure> {
        match self.how.format {
            PlanFormat::Json | PlanFormat::Markdown => Ok(()),
            PlanFormat::Text => self.printer.answer(&self.text()),
        }
    }

    /// Whether there is something to do, and whoever has seen the plan wants it.
    pub fn is_wanted(&self) -> bool {
        if !self.plan.has_changes() {
            return false;
        }
        if self.how.yes || !somebody_is_there() {
            return true;
        }
        if self.how.format != PlanFormat::Text {
            self.printer.note(&self.text());
        }
        let agreed = self.printer.asks("Apply this plan?");
        if !agreed {
            self.printer.note("nothing was changed");
        }
        agreed
    }

    /// Carries it out.
    pub async fn carry_out(&self, cluster: &dyn Cluster) -> Outcome {
        let options = Options { timeout: self.how.timeout, side_by_side: SIDE_BY_SIDE };
        let (ends, ended) = unbounded_channel();
        // The sender goes with the run: after it nothing more ends.
        let run = async move {
            let watch = |event: Event<'_>| {
                self.seen.watch(&event);
                if let Event::Ends { outcome } = event {
                    // Nobody listens where no Events are written.
                    let _ = ends.send(outcome.clone());
                }
                tell(event, self.printer);
            };
            apply::run(self.plan, cluster, options, &watch).instrument(info_span!("apply")).await
        };
        let (outcome, ()) = tokio::join!(run, notices::write(self, cluster, ended));
        outcome
    }

    /// Prints what came of it, where it was carried out.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub fn finish(&self, outcome: Option<&Outcome>) -> Result<(), Failure> {
        match (self.how.format, outcome) {
            (PlanFormat::Json, _) => {
                let value = json::plan(self.plan, outcome);
                let text = serde_json::to_string_pretty(&value).map_err(|error| Failure::of(&error))?;
                self.printer.answer(&format!("{text}\n"))?;
            }
            (PlanFormat::Markdown, _) => self.printer.answer(&markdown::page(self.plan, outcome, self.diffs))?,
            (PlanFormat::Text, Some(outcome)) => {
                let options = TextOptions { diffs: Diffs::None, width: width() };
                self.printer.answer(&text::outcome(self.plan, outcome, &options))?;
            }
            (PlanFormat::Text, None) => {}
        }
        Ok(())
    }

    fn text(&self) -> String {
        text::plan(self.plan, &TextOptions { diffs: self.diffs, width: width() })
    }
}

fn tell(event: Event<'_>, printer: &Printer) {
    if let Event::Waits { sandbox, step, why } = event {
        printer.progress(&text::waits(sandbox, &format!("{}: {why}", step.id), width()));
    }
}
