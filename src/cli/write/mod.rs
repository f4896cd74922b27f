//! The commands that change what the fleet asks for: each makes one commit on the fleet's branch, and may have it applied.

mod change;
mod create;
mod desk;
mod destroy;
mod extend;
mod gc;
mod local;
mod rollback;
mod sleep;
mod told;
mod update;

pub use create::{create, up};
pub use destroy::{destroy, down};
pub use extend::{extend, pin, unpin};
pub use gc::gc;
pub use rollback::rollback;
pub use sleep::{sleep, wake};

pub use change::set;
pub use update::update;

use super::args::{Applying, Args, Committing, How, PlanFormat, Target};
use super::failure::Failure;
use super::log::Logging;
use super::print::Printer;
use super::reconcile;
use desk::{Desk, Edit, Landed, State};

/// What a command works with beside its own options.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// The whole command line.
    pub args: &'a Args,
    /// Where it is said.
    pub printer: &'a Printer,
    /// Where it is logged.
    pub logging: &'a Logging,
}

/// How the sandbox of a change is reconciled, with how many removals meant.
#[derive(Clone, Copy)]
struct Then<'a> {
    target: &'a Target,
    how: &'a How,
    removal: bool,
}

impl<'a> Then<'a> {
    /// Where a command line asks for it.
    fn asked(applying: &'a Applying) -> Option<Self> {
        applying.apply.then_some(Self { target: &applying.target, how: &applying.how, removal: false })
    }

    /// The command line of the run.
    fn args(&self, args: &Args, name: &str, commit: &str) -> Args {
        let mut args = args.run_of(name, commit, self.target, self.how);
        args.run.allow_removals = self.removal.then_some(1);
        args.run.going = self.removal.then(|| name.to_owned());
        args
    }
}

impl Work<'_> {
    /// Commits an edit, tells of it, and where the command line asks for it has the sandbox reconciled.
    fn finish(
        &self,
        (commit, then): (&Committing, &Applying),
        edit: &dyn Fn(&Desk<'_>, &State) -> Result<Edit, Failure>,
    ) -> Result<u8, Failure> {
        let applied = Then::asked(then);
        let desk = Desk::open(self.args, self.printer)?.applying(applied);
        let Some(landed) = desk.commit(commit, &|state| edit(&desk, state))? else { return Ok(0) };
        self.printer.answer(&told::landed(&landed, desk.now, then))?;
        told::notes(&landed, self.printer);
        applied.map_or(Ok(0), |then| self.apply(&landed, &then))
    }

    /// Reconciles the one sandbox of a change, and answers with the run's exit status.
    fn apply(&self, landed: &Landed, then: &Then<'_>) -> Result<u8, Failure> {
        let args = then.args(self.args, &landed.name, &landed.commit.id);
        let mut is_held = false;
        let status = super::watched(&then.how.seen, (self.printer, self.logging), |seen| {
            seen.open_audit()?;
            let ended = super::runtime()?.block_on(reconcile::reconcile(&args, self.printer, seen))?;
            is_held = ended.is_held;
            Ok(ended.status)
        })?;
        let is_awake = landed.sandbox.as_ref().is_none_or(|sandbox| !sandbox.asleep);
        if status == 0 && !is_held && is_awake && !then.removal && then.how.format == PlanFormat::Text {
            self.printer.answer(&told::reached(landed))?;
        }
        Ok(status)
    }
}
