//! `reconcile extend`, `reconcile pin` and `reconcile unpin`: how long a sandbox lives.

use jiff::Timestamp;

use super::super::args::{Committing, Extend, Pin, Unpin, WriteFormat};
use super::super::failure::{Exit, Failure};
use super::super::owner;
use super::super::place;
use super::desk::{Desk, Edit, State};
use super::{Work, told};
use crate::fleet::{self, Life, Lifetime, Sandbox, Settings, Ttl, write_span};
use crate::repo::{DateError, DateQuery, FileDate};

/// Gives a sandbox time, from now on.
///
/// # Errors
/// Where it would live shorter, or has no end.
pub fn extend(work: Work<'_>, options: &Extend) -> Result<u8, Failure> {
    let desk = Desk::open(work.args, work.printer)?;
    finish(work, &desk, &options.commit, options.answer.format, &|state: &State| {
        let name = place::name(&state.fleet, options.name.as_deref())?;
        let text = state.text(&name)?;
        let sandbox = state.sandbox(&name)?;
        let (ttl, end) = match &options.ttl {
            Some(ttl) => (ttl.text.clone(), ttl.end(desk.now)),
            None => {
                let ttl = own_ttl(sandbox, &state.fleet.settings)?;
                let end = ttl.parse::<Ttl>().ok().and_then(|ttl| match ttl {
                    Ttl::Never => None,
                    Ttl::For(span) => Some(desk.now.checked_add(span).unwrap_or(Timestamp::MAX)),
                });
                (ttl, end)
            }
        };
        let life = life_of(&desk, state, sandbox)?;
        let now_ends =
            life.map_or_else(|| matches!(sandbox.life, Life::Never).then_some(None), |life| Some(life.natural));
        if let Some(before) = now_ends
            && end.is_some_and(|end| before.is_none_or(|before| end < before))
        {
            let until = before.map_or_else(|| "has no end".to_owned(), |before| format!("ends {before}"));
            let message = format!("sandbox {name} would live shorter: its life {until}");
            let hint = format!("to shorten it: reconcile set {name} ttl={ttl}");
            return Err(Failure::new(Exit::Refused, message, hint).hint(Some("nothing was committed")));
        }
        // What has no end is not extended by none.
        let is_so = end.is_none() && matches!(sandbox.life, Life::Never);
        let extended = || fleet::extended(&text, &ttl, desk.now).map_err(|invalid| told::invalid(&invalid));
        let text = if is_so { text } else { extended()? };
        let message = match end {
            Some(end) => format!("Extend sandbox {name} to {end}"),
            None => format!("Extend sandbox {name} without an end"),
        };
        Ok(Edit { name, text: Some(text), message })
    })
}

/// Keeps a sandbox past its expiry, for a reason.
///
/// # Errors
/// Where the fleet's limits do not allow it.
pub fn pin(work: Work<'_>, options: &Pin) -> Result<u8, Failure> {
    let desk = Desk::open(work.args, work.printer)?;
    let until = options.until.resolve(super::super::clock());
    let until = until.map_err(|error| Failure { exit: Exit::Usage, ..Failure::of(&error) })?;
    // Whole seconds are what people read.
    let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
    let owner = options.owner.clone().or_else(owner::owner).ok_or_else(|| {
        Failure::new(Exit::Usage, "a pin needs an owner", "name one: --owner, or git config reconcile.owner NAME")
    })?;
    finish(work, &desk, &options.commit, options.answer.format, &|state: &State| {
        let name = options.name.clone();
        let text = state.text(&name)?;
        may_pin(&desk, state, state.sandbox(&name)?, until)?;
        let text =
            fleet::pinned(&text, Some((until, &owner, &options.reason))).map_err(|invalid| told::invalid(&invalid))?;
        let message = format!("Pin sandbox {name} until {until}\n\n{}", options.reason);
        Ok(Edit { name, text: Some(text), message })
    })
}

/// Takes a sandbox's pin away.
///
/// # Errors
/// Where it cannot be committed.
pub fn unpin(work: Work<'_>, options: &Unpin) -> Result<u8, Failure> {
    let desk = Desk::open(work.args, work.printer)?;
    finish(work, &desk, &options.commit, options.answer.format, &|state: &State| {
        let text = state.text(&options.name)?;
        let text = fleet::pinned(&text, None).map_err(|invalid| told::invalid(&invalid))?;
        let message = format!("Unpin sandbox {}", options.name);
        Ok(Edit { name: options.name.clone(), text: Some(text), message })
    })
}

fn finish(
    work: Work<'_>,
    desk: &Desk<'_>,
    commit: &Committing,
    format: WriteFormat,
    edit: &dyn Fn(&State) -> Result<Edit, Failure>,
) -> Result<u8, Failure> {
    if let Some(landed) = desk.commit(commit, edit)? {
        work.printer.answer(&told::answer(&landed, desk.now, format == WriteFormat::Json))?;
        told::notes(&landed, work.printer);
    }
    Ok(0)
}

fn may_pin(desk: &Desk<'_>, state: &State, sandbox: &Sandbox, until: Timestamp) -> Result<(), Failure> {
    let refused = |message: String, hint: String| {
        Err(Failure::new(Exit::Refused, message, hint).hint(Some("nothing was committed")))
    };
    if until <= desk.now {
        return refused(format!("a pin until {until} would be over already"), "name a later time".to_owned());
    }
    let limits = &state.fleet.settings.limits;
    // A commit that changes the file starts its time anew: what a pin may add counts from there.
    let latest = match sandbox.life {
        Life::Never => {
            return refused(
                format!("sandbox {} never expires: a pin would keep it from nothing", sandbox.name),
                format!("give it an end first: reconcile set {} ttl=7d", sandbox.name),
            );
        }
        Life::For(span) => desk.now.checked_add(span),
        Life::Until(at) => Ok(at),
    };
    let latest = latest.and_then(|natural| natural.checked_add(limits.max_pin.0)).unwrap_or(Timestamp::MAX);
    if until > latest {
        let message = format!("the fleet lets a pin keep {} until {latest} at most (max_pin)", sandbox.name);
        return refused(message, "name an earlier time, or raise max_pin in sandboxes/fleet.toml".to_owned());
    }
    let others = state
        .fleet
        .sandboxes
        .values()
        .filter(|other| other.name != sandbox.name && other.pin.as_ref().is_some_and(|pin| pin.until >= desk.now));
    let others: Vec<&str> = others.map(|other| other.name.as_str()).collect();
    let most = usize::try_from(limits.max_pins).unwrap_or(usize::MAX);
    if others.len() >= most {
        let message = format!("the fleet allows {most} pins (max_pins), and has them: {}", others.join(", "));
        return refused(message, "take one away: reconcile unpin NAME".to_owned());
    }
    Ok(())
}

/// The life of a sandbox as its file started it; `None` where the history is too short to tell.
pub(super) fn life_of(desk: &Desk<'_>, state: &State, sandbox: &Sandbox) -> Result<Option<Lifetime>, Failure> {
    let terms = sandbox.terms(&state.fleet.settings);
    let query = DateQuery { path: sandbox.path.clone(), oldest: terms.oldest_start(desk.now) };
    let dates = state.repo.dates(std::slice::from_ref(&query))?;
    Ok(dates.get(&sandbox.path).and_then(start_of).map(|start| Lifetime::at(desk.now, start, &terms)))
}

/// When a file started its sandbox's life. Where a clock ran backwards, the later of the two instants: nothing is over by
/// such a clock.
fn start_of(date: &Result<FileDate, DateError>) -> Option<Timestamp> {
    match date {
        Ok(FileDate::At { time, .. } | FileDate::Behind { follows: time, .. } | FileDate::Before(time)) => Some(*time),
        Ok(FileDate::Uncommitted) | Err(_) => None,
    }
}

/// Whether a sandbox's time is over.
pub(super) fn is_over(desk: &Desk<'_>, state: &State, name: &str) -> Result<bool, Failure> {
    let sandbox = state.sandbox(name)?;
    Ok(life_of(desk, state, sandbox)?.is_some_and(|life| life.is_over(desk.now)))
}

/// When each sandbox's time was over, of those whose time is: all of them by one walk, however long ago it was.
pub(super) fn ended(desk: &Desk<'_>, state: &State) -> Result<Vec<(String, Timestamp)>, Failure> {
    let sandboxes = || state.fleet.sandboxes.values();
    let queries: Vec<DateQuery> =
        sandboxes().map(|sandbox| DateQuery { path: sandbox.path.clone(), oldest: None }).collect();
    let dates = state.repo.dates(&queries)?;
    let end = |sandbox: &Sandbox| {
        let start = dates.get(&sandbox.path).and_then(start_of)?;
        let life = Lifetime::at(desk.now, start, &sandbox.terms(&state.fleet.settings));
        life.expiry.filter(|_| life.is_over(desk.now))
    };
    Ok(sandboxes().filter_map(|sandbox| Some((sandbox.name.clone(), end(sandbox)?))).collect())
}

/// The time to live that a sandbox was given, by its file or its fleet.
pub(super) fn own_ttl(sandbox: &Sandbox, settings: &Settings) -> Result<String, Failure> {
    let ttl = match (sandbox.life, settings.defaults.ttl) {
        (Life::For(span), _) | (Life::Until(_), Ttl::For(span)) => Some(span),
        (Life::Never, _) | (Life::Until(_), Ttl::Never) => None,
    };
    ttl.map(write_span).ok_or_else(|| {
        let name = &sandbox.name;
        Failure::new(
            Exit::Failed,
            format!("how long {name} is to live is not said"),
            "say it: --ttl 3d, or --ttl never",
        )
    })
}
