//! The command line: types, one file a command, one printer.

mod apply;
pub mod args;
mod check;
mod desired;
mod doctor;
mod failure;
mod fingerprint;
mod former;
mod history;
mod lock;
mod needs;
mod passes;
mod planning;
mod print;
mod progress;
mod rbac;
mod reconcile;
mod render;
mod save;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use args::{Args, Command};
use failure::Failure;
use print::Printer;

/// Runs a command line, the program's name first, and answers with the exit status.
pub fn run(line: impl Iterator<Item = OsString>) -> ExitCode {
    let line: Vec<OsString> = line.collect();
    let args = match Args::parse_line(&line) {
        Ok(args) => args,
        Err(error) => {
            Printer::of_line(&line).usage(&error);
            return ExitCode::from(args::exit_status(&error));
        }
    };
    let printer = Printer::new(&args);
    log(&args, printer.colours_errors());
    match dispatch(&args, &printer) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            printer.failure(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn dispatch(args: &Args, printer: &Printer) -> Result<u8, Failure> {
    match &args.command {
        Some(Command::Render(options)) => render::render(args, options, printer),
        Some(Command::Check(options)) => check::check(args, options, printer),
        Some(Command::Why(options)) => runtime()?.block_on(why::why(args, options, printer)),
        Some(Command::Apply(options)) => runtime()?.block_on(apply::apply(args, options, printer)),
        Some(Command::Doctor(options)) => runtime()?.block_on(doctor::doctor(args, options, printer)),
        Some(Command::Rbac(options)) => runtime()?.block_on(rbac::rbac(args, options, printer)),
        None => runtime()?.block_on(reconcile::reconcile(args, printer)),
    }
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

fn log(args: &Args, is_coloured: bool) {
    use tracing_subscriber::EnvFilter;
    // The client logs each failed request, which the error that it leads to says better.
    let usual = match args.output.verbose {
        0 => "warn,kube_client=off",
        1 => "reconcile=info,warn,kube_client=off",
        _ => "reconcile=debug,info",
    };
    let filter = args.output.log.as_deref().unwrap_or(usual);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_coloured)
        .without_time()
        .init();
}
