//! The real programs that the suite runs, and what happens where they cannot be had.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Set to 1 by CI: a suite that cannot run is then a failure.
const REQUIRED: &str = "REQUIRE_CLUSTER";

/// The folder of `tests/cluster/build`, which builds on the first use what is missing.
///
/// `None` where it cannot be built: this is said once, past the capture of test output, and the tests pass.
///
/// # Panics
/// Where it cannot be built and `REQUIRE_CLUSTER=1` is set, or where the build itself failed.
#[allow(dead_code, reason = "what compares with Helm alone takes one family")]
pub fn folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Result<Option<PathBuf>, String>> = OnceLock::new();
    found(FOLDER.get_or_init(|| find(&[], "the suite on a real API server (tests/cluster)")))
}

/// The same folder, for a suite that takes no more than one family of programs.
///
/// # Panics
/// As [`folder`].
#[allow(dead_code, reason = "the suite on a real API server takes all families")]
pub fn family(family: &str, suite: &str) -> Option<&'static Path> {
    static FOLDER: OnceLock<Result<Option<PathBuf>, String>> = OnceLock::new();
    found(FOLDER.get_or_init(|| find(&[family], suite)))
}

fn found(folder: &Result<Option<PathBuf>, String>) -> Option<&Path> {
    match folder {
        Ok(folder) => folder.as_deref(),
        Err(reason) => panic!("no real programs: {reason}"),
    }
}

fn find(families: &[&str], suite: &str) -> Result<Option<PathBuf>, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/build");
    let output = Command::new(&script)
        .args(families)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{}: {error}", script.display()))?;
    match output.status.code() {
        Some(0) => {
            let folder = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
            Ok(Some(PathBuf::from(folder.trim_end())))
        }
        Some(3) if std::env::var(REQUIRED).as_deref() == Ok("1") => {
            Err(format!("{REQUIRED}=1 is set, and Go, which would build it, is not here"))
        }
        Some(3) => {
            // `eprintln!` would be captured, and a passing test's capture is never shown.
            let _ = writeln!(std::io::stderr(), "LEFT OUT: {suite}, for want of Go; {REQUIRED}=1 makes this a failure");
            Ok(None)
        }
        _ => Err(format!("{} failed: {}", script.display(), output.status)),
    }
}
