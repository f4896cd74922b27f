//! The command line: types, one file a command, one printer.

mod apply;
pub mod args;
mod audit;
mod check;
mod comment;
mod complete;
mod copied;
mod credentials;
mod declared;
mod desired;
mod doctor;
mod failure;
mod fingerprint;
mod former;
mod history;
mod http;
mod image;
mod init;
mod inside;
mod list;
mod lock;
mod log;
mod metrics_file;
mod needs;
mod notices;
mod open;
mod owner;
mod passes;
mod place;
mod planning;
mod print;
mod progress;
mod pushgateway;
mod rbac;
mod reconcile;
mod render;
mod rounds;
mod save;
mod seen;
mod shell;
mod status;
mod template;
mod test;
mod traces;
mod versions;
mod who;
mod why;
mod word;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;

use args::{Args, Command};
use failure::Failure;
use log::Logging;
use print::Printer;
use seen::Seen;

/// Runs a command line, the program's name first, and answers with the exit status.
pub fn run(line: impl Iterator<Item = OsString>) -> ExitCode {
    let line: Vec<OsString> = line.collect();
    if let Some(status) = complete::answer(&line) {
        return status;
    }
    let args = match Args::parse_line(&line) {
        Ok(args) => args,
        Err(error) => {
            Printer::of_line(&line).usage(&error);
            return ExitCode::from(args::exit_status(&error));
        }
    };
    let printer = Printer::new(&args);
    let logging = log::begin(&args, &printer);
    let ended = dispatch(&args, &printer, &logging);
    logging.end(&printer);
    crate::repo::tidy();
    match ended {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            printer.failure(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn dispatch(args: &Args, printer: &Printer, logging: &Logging) -> Result<u8, Failure> {
    let work = write::Work { args, printer, logging };
    match &args.command {
        Some(Command::Create(options)) => write::create(work, options),
        Some(Command::Up(options)) => write::up(work, options),
        Some(Command::Down(options)) => write::down(work, options),
        Some(Command::Set(options)) => write::set(work, options),
        Some(Command::Extend(options)) => write::extend(work, options),
        Some(Command::Pin(options)) => write::pin(work, options),
        Some(Command::Unpin(options)) => write::unpin(work, options),
        Some(Command::Sleep(options)) => write::sleep(work, options),
        Some(Command::Wake(options)) => write::wake(work, options),
        Some(Command::Destroy(options)) => write::destroy(work, options),
        Some(Command::Rollback(options)) => write::rollback(work, options),
        Some(Command::Gc(options)) => write::gc(work, options),
        Some(Command::Update(options)) => write::update(work, options),
        Some(Command::History(options)) => runtime()?.block_on(versions::history(args, options, printer)),
        Some(Command::Diff(options)) => versions::diff(args, options, printer),
        Some(Command::Render(options)) => render::render(args, options, printer),
        Some(Command::Template(options)) => template::template(options, args.source.repo.as_deref(), printer),
        Some(Command::Check(options)) => check::check(args, options, printer),
        Some(Command::Why(options)) => runtime()?.block_on(why::why(args, options, printer)),
        Some(Command::Audit(options)) => audit::audit(options, printer),
        Some(Command::Apply(options)) => watched(&options.how.seen, (printer, logging), |seen| {
            if !options.check {
                seen.open_audit()?;
            }
            runtime()?.block_on(apply::apply(args, options, printer, seen))
        }),
        Some(Command::Doctor(options)) => runtime()?.block_on(doctor::doctor(args, options, printer)),
        Some(Command::Comment(options)) => comment::comment(args, options, printer),
        Some(Command::Completions(options)) => shell::completions(*options, printer),
        Some(Command::Man(options)) => shell::man(options, printer),
        Some(Command::Image(options)) => image::image(args, options, printer),
        Some(Command::Init(options)) => init::init(options, printer),
        Some(Command::Rbac(options)) => runtime()?.block_on(rbac::rbac(args, options, printer)),
        Some(Command::List(options)) => runtime()?.block_on(list::list(args, options, printer)),
        Some(Command::Status(options)) => runtime()?.block_on(status::status(args, options, printer)),
        Some(Command::Logs(options)) => runtime()?.block_on(inside::logs(args, options, printer)),
        Some(Command::Exec(options)) => runtime()?.block_on(inside::exec(args, options, printer)),
        Some(Command::PortForward(options)) => runtime()?.block_on(inside::forward(args, options, printer)),
        Some(Command::Open(options)) => open::open(args, options, printer),
        Some(Command::Credentials(options)) => runtime()?.block_on(credentials::credentials(args, options, printer)),
        Some(Command::Test(options)) => test::test(work, options),
        None => watched(&args.run.how.seen, (printer, logging), |seen| {
            if !args.run.plan {
                seen.open_audit()?;
            }
            runtime()?.block_on(reconcile::reconcile(args, printer, seen)).map(|ended| ended.status)
        }),
    }
}

/// A run, and what is told of its end, however it ends.
fn watched(
    options: &args::Seen,
    (printer, logging): (&Printer, &Logging),
    run: impl FnOnce(&Seen<'_>) -> Result<u8, Failure>,
) -> Result<u8, Failure> {
    let mut seen = Seen::begin(options, printer)?;
    let span = seen.span(logging);
    let within = span.enter();
    let ended = run(&seen);
    seen.end(ended.as_ref().map_or_else(|failure| failure.exit as u8, |status| *status));
    drop(within);
    ended
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| Failure::of(&error))
}

/// The one place where the clock is read.
#[allow(clippy::disallowed_methods, reason = "the edge, where time comes in")]
fn clock() -> jiff::Timestamp {
    // Whole seconds are what people read, and what git keeps.
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}
