//! `reconcile test NAME`: the tests of a sandbox, in it.

mod hooks;
mod program;
mod record;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::args::{Args, Committing, Destroy, How, Now, Test};
use super::declared;
use super::desired::Latest;
use super::failure::{Exit, Failure};
use super::inside::Room;
use super::print::Printer;
use super::write::{self, Work};
use crate::report::junit::Suite;
use record::Record;

/// The exit status of what a Ctrl-C ends, as shells have it.
const INTERRUPTED: u8 = 130;

/// What came of it.
struct Came {
    /// What came of each test.
    suite: Suite,
    /// Whether they passed; where they could not be run, why.
    passed: Result<bool, Failure>,
}

/// Runs them; exit status 1 where one fails. Where all pass the sandbox may be destroyed.
///
/// # Errors
/// Where they could not be run.
pub fn test(work: Work<'_>, options: &Test) -> Result<u8, Failure> {
    let (name, status) = super::runtime()?.block_on(run(work.args, options, work.printer))?;
    if status != 0 || !options.destroy_on_success {
        return Ok(status);
    }
    let destroy = Destroy {
        name,
        at_once: Some(Now::From(SignedDuration::ZERO)),
        commit: Committing { message: None, dry_run: false },
        target: options.target.clone(),
        how: How::of_command(),
    };
    write::destroy(work, &destroy)
}

async fn run(args: &Args, options: &Test, printer: &Printer) -> Result<(String, u8), Failure> {
    let room = Room::enter(args, options.name.as_deref(), &options.target, (printer, Latest::Fetched)).await?;
    let mut record = Record::new(options)?;
    let began = super::clock();
    let run = async {
        match declared::test(&room.desired, &room.name)? {
            Some(test) => program::run(&room, &test, &options.args, &mut record).await,
            None => hooks::run(&room, options, &mut record).await,
        }
    };
    let ended = tokio::select! {
        ended = timeout(options.timeout, run) => ended.unwrap_or_else(|_| Err(too_long(options.timeout))),
        _ = tokio::signal::ctrl_c() => {
            printer.warning("interrupted; what was begun in the sandbox may go on");
            Ok(Ended::Interrupted)
        }
    };
    let came = record.judge(&room.name, began, super::clock(), ended);
    if let Some(file) = &options.junit {
        record::write(file, &came.suite)?;
    }
    let passed = match came.passed {
        Ok(passed) => passed,
        Err(failure) if failure.message.is_empty() => return Ok((room.name, INTERRUPTED)),
        Err(failure) => return Err(failure),
    };
    printer.answer(&summary(&room.name, &came.suite, passed))?;
    Ok((room.name, if passed { 0 } else { Exit::Failed as u8 }))
}

/// How the run of a test ended.
enum Ended {
    /// With this exit status, and these cases where its output does not tell them.
    Status(i32, record::Form),
    /// By whoever sits here.
    Interrupted,
}

fn too_long(limit: Duration) -> Failure {
    let limit = SignedDuration::try_from(limit).map(crate::fleet::human::span).unwrap_or_default();
    Failure::new(
        Exit::Failed,
        format!("the tests were not over within {limit}"),
        "what was begun in the sandbox may go on; give it more time: --timeout 1h",
    )
}

fn summary(name: &str, suite: &Suite, passed: bool) -> String {
    let [all, _, _, skipped] = suite.counts();
    let tests = if all == 1 { "1 test".to_owned() } else { format!("{all} tests") };
    let took = SignedDuration::try_from_secs_f64(suite.seconds).map(crate::fleet::human::span).unwrap_or_default();
    let skipped = if skipped > 0 { format!(", {skipped} left out") } else { String::new() };
    if passed {
        return format!("\npassed: {tests} of {name} in {took}{skipped}\n");
    }
    let failed = suite.failed();
    let shown = failed.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
    let more = if failed.len() > 10 { format!(" and {} more", failed.len() - 10) } else { String::new() };
    format!("\nfailed: {} of {tests} of {name} in {took}{skipped}: {shown}{more}\n", failed.len())
}

/// The time between two instants, in seconds.
fn seconds(began: Timestamp, ended: Timestamp) -> f64 {
    ended.duration_since(began).as_secs_f64()
}
