//! `reconcile destroy` and `reconcile down`.

use super::super::args::{Committing, Destroy, Down, How, PlanFormat};
use super::super::failure::Failure;
use super::super::place;
use super::super::print::somebody_is_there;
use super::desk::{Desk, Edit, State};
use super::{Then, Work, told};

/// Takes a sandbox's file out, and with `--now` the sandbox.
///
/// # Errors
/// Where there is none.
pub fn destroy(work: Work<'_>, options: &Destroy) -> Result<u8, Failure> {
    let then = Then { target: &options.target, how: &options.how, removal: true };
    let then = options.at_once.map(|_| then);
    let desk = Desk::open(work.args, work.printer)?.applying(then);
    desk.state()?.path(&options.name)?;
    if !options.commit.dry_run && !is_meant(work, &options.name, &options.how) {
        return Ok(0);
    }
    let landed = desk.commit(&options.commit, &|state| gone(state, &options.name))?;
    let Some(landed) = landed else { return Ok(0) };
    let as_json = options.how.format == PlanFormat::Json;
    if !(options.at_once.is_some() && as_json) {
        work.printer.answer(&told::answer(&landed, desk.now, as_json))?;
    }
    told::notes(&landed, work.printer);
    if options.at_once.is_none() {
        if !as_json {
            work.printer.note("the next run removes it, with all its data");
        }
        return Ok(0);
    }
    then.map_or(Ok(0), |then| work.apply(&landed, &then))
}

/// Removes the sandbox of the current branch, now.
///
/// # Errors
/// Where it has none.
pub fn down(work: Work<'_>, options: &Down) -> Result<u8, Failure> {
    let then = Then { target: &options.target, how: &options.how, removal: true };
    let desk = Desk::open(work.args, work.printer)?.applying(Some(then));
    let branch = place::branch_here(options.branch.as_deref())?;
    let name = place::of_branch(&desk.state()?.fleet, &branch)?;
    if !is_meant(work, &name, &options.how) {
        return Ok(0);
    }
    let commit = Committing { message: options.message.clone(), dry_run: false };
    let Some(landed) = desk.commit(&commit, &|state| gone(state, &name))? else { return Ok(0) };
    work.printer.progress(&told::committed(&landed));
    told::notes(&landed, work.printer);
    work.apply(&landed, &then)
}

/// Its file goes, also one that nobody can read.
fn gone(state: &State, name: &str) -> Result<Edit, Failure> {
    state.path(name)?;
    Ok(Edit { name: name.to_owned(), text: None, message: format!("Destroy sandbox {name}") })
}

fn is_meant(work: Work<'_>, name: &str, how: &How) -> bool {
    if how.yes || !somebody_is_there() {
        return true;
    }
    let is_meant = work.printer.asks(&format!("Destroy sandbox {name}, with all its data?"));
    if !is_meant {
        work.printer.note("nothing was changed");
    }
    is_meant
}
