//! `reconcile sleep` and `reconcile wake`.

use jiff::{SignedDuration, Timestamp};

use super::super::args::{Sleep, Wake};
use super::super::failure::Failure;
use super::super::place;
use super::desk::{Desk, State};
use super::{Work, change};
use crate::fleet::Assignment;

/// How long a sandbox is awake outside its hours, where nobody says.
const SPELL: SignedDuration = SignedDuration::from_hours(4);

/// Lets nothing of a sandbox run until it is woken.
///
/// # Errors
/// Where it cannot be committed.
pub fn sleep(work: Work<'_>, options: &Sleep) -> Result<u8, Failure> {
    let edit = |_: &Desk<'_>, state: &State| {
        let name = place::name(&state.fleet, options.name.as_deref())?;
        let keys = [assigned(&["asleep"], Some(true.into())), assigned(&["schedule", "awake_until"], None)];
        change::assigned(state, &name, &keys, format!("Put sandbox {name} to sleep"))
    };
    work.finish((&options.commit, &options.then), &edit)
}

/// Lets a sandbox run again.
///
/// # Errors
/// As [`sleep`].
pub fn wake(work: Work<'_>, options: &Wake) -> Result<u8, Failure> {
    let edit = |desk: &Desk<'_>, state: &State| {
        let name = place::name(&state.fleet, options.name.as_deref())?;
        let mut keys = vec![assigned(&["asleep"], None)];
        let sandbox = state.sandbox(&name)?;
        if let Some(schedule) = &sandbox.schedule
            && (options.span.is_some() || !schedule.is_awake(desk.now))
        {
            let until = desk.now.checked_add(options.span.unwrap_or(SPELL)).unwrap_or(Timestamp::MAX);
            keys.extend(awake_until(schedule, until));
        }
        change::assigned(state, &name, &keys, format!("Wake sandbox {name}"))
    };
    work.finish((&options.commit, &options.then), &edit)
}

/// A file with a schedule of its own is whole: the fleet's hours come with it.
fn awake_until(schedule: &crate::fleet::Schedule, until: Timestamp) -> Vec<Assignment> {
    let until: Option<toml_edit::Datetime> = until.to_string().parse().ok();
    vec![
        assigned(&["schedule", "awake"], Some(schedule.awake.to_string().into())),
        assigned(&["schedule", "timezone"], Some(schedule.timezone.to_string().into())),
        assigned(&["schedule", "awake_until"], until.map(Into::into)),
    ]
}

fn assigned(key: &[&str], value: Option<toml_edit::Value>) -> Assignment {
    Assignment { key: key.iter().map(|part| (*part).to_owned()).collect(), value }
}
