//! `reconcile` and `reconcile --plan`.

use super::args::{Args, PlanFormat};
use super::desired::now;
use super::failure::Failure;
use super::planning::{Planning, Request};
use super::print::{Printer, somebody_is_there, width};
use crate::apply::{self, Event, Options};
use crate::plan::{Outcome, Plan};
use crate::report::text::{self, Diffs, TextOptions};
use crate::report::{exit_status, json, markdown};

/// How many sandboxes are worked on side by side.
const SIDE_BY_SIDE: usize = 16;

/// Plans, and without `--plan` applies.
///
/// # Errors
/// Where nothing could be done at all.
pub async fn reconcile(args: &Args, printer: &Printer) -> Result<u8, Failure> {
    let request = Request::new(&args.run, now(args)?);
    let Planning { cluster, plan, .. } = Planning::new(&args.source, &args.target, &request, printer).await?;
    print_plan(&plan, args, printer)?;
    if args.run.plan || !plan.has_changes() {
        return finish(&plan, None, args, printer);
    }
    if !args.run.yes && somebody_is_there() && !agreed(&plan, args, printer) {
        printer.note("nothing was changed");
        return finish(&plan, None, args, printer);
    }
    let options = Options { timeout: args.run.timeout, side_by_side: SIDE_BY_SIDE };
    let watch = |event: Event<'_>| tell(event, printer);
    let outcome = apply::run(&plan, &*cluster, options, &watch).await;
    finish(&plan, Some(&outcome), args, printer)
}

fn print_plan(plan: &Plan, args: &Args, printer: &Printer) -> Result<(), Failure> {
    match args.run.format {
        PlanFormat::Json | PlanFormat::Markdown => Ok(()),
        PlanFormat::Text => printer.answer(&plan_text(plan, args)),
    }
}

/// Whether somebody who has seen the plan wants it.
fn agreed(plan: &Plan, args: &Args, printer: &Printer) -> bool {
    if args.run.format != PlanFormat::Text {
        printer.note(&plan_text(plan, args));
    }
    printer.asks("Apply this plan?")
}

fn plan_text(plan: &Plan, args: &Args) -> String {
    text::plan(plan, &TextOptions { diffs: diffs(args), width: width() })
}

fn diffs(args: &Args) -> Diffs {
    match (args.output.quiet, args.run.plan || args.output.verbose > 0) {
        (true, _) => Diffs::None,
        (false, true) => Diffs::All,
        (false, false) => Diffs::Changes,
    }
}

fn finish(plan: &Plan, outcome: Option<&Outcome>, args: &Args, printer: &Printer) -> Result<u8, Failure> {
    match (args.run.format, outcome) {
        (PlanFormat::Json, _) => {
            let value = json::plan(plan, outcome);
            let text = serde_json::to_string_pretty(&value).map_err(|error| Failure::of(&error))?;
            printer.answer(&format!("{text}\n"))?;
        }
        (PlanFormat::Markdown, _) => printer.answer(&markdown::page(plan, outcome, diffs(args)))?,
        (PlanFormat::Text, Some(outcome)) => {
            let options = TextOptions { diffs: Diffs::None, width: width() };
            printer.answer(&text::outcome(plan, outcome, &options))?;
        }
        (PlanFormat::Text, None) => {}
    }
    Ok(exit_status(plan, outcome, args.run.plan))
}

fn tell(event: Event<'_>, printer: &Printer) {
    if let Event::Waits { sandbox, step, why } = event {
        printer.progress(&text::waits(sandbox, &format!("{}: {why}", step.id), width()));
    }
}
