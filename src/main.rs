//! Parse, run, exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    reconcile::cli::run(std::env::args_os())
}
