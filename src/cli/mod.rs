//! The command line: types, one file a command, one printer.

pub mod args;
mod check;
mod desired;
mod failure;
mod fingerprint;
mod planning;
mod print;
mod reconcile;
mod render;

use std::ffi::OsString;
use std::process::ExitCode;

use args::{Args, Command};
use failure::Failure;
use print::Printer;

/// Runs a command line, the program's name first, and answers with the exit status.
pub fn run(line: impl Iterator<Item = OsString>) -> ExitCode {
    let args = match Args::parse_line(line) {
        Ok(args) => args,
        Err(error) => {
            // Where neither output can be written there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(args::exit_status(&error));
        }
    };
    let printer = Printer::new(&args);
    log(&args);
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
        None => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .map_err(|error| Failure::of(&error))?;
            runtime.block_on(reconcile::reconcile(args, printer))
        }
    }
}

/// The one place where the clock is read.
#[allow(clippy::disallowed_methods, reason = "the edge, where time comes in")]
fn clock() -> jiff::Timestamp {
    // Whole seconds are what people read, and what git keeps.
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

fn log(args: &Args) {
    use tracing_subscriber::EnvFilter;
    // The client logs each failed request, which the error that it leads to says better.
    let usual = match args.output.verbose {
        0 => "warn,kube_client=off",
        1 => "reconcile=info,warn,kube_client=off",
        _ => "reconcile=debug,info",
    };
    let filter = args.output.log.as_deref().unwrap_or(usual);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
}
