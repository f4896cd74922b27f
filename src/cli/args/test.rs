//! `reconcile test`.

use std::path::PathBuf;
use std::time::Duration;

use super::values::{duration, out_file};
use super::{How, PlanFormat, Seen, Target};

pub(super) const EXAMPLES: &str = "\
Examples:
  reconcile test feature-x
  reconcile test feature-x --junit report.xml --output test.log
  reconcile test feature-x -- --test-tags /woow_paas_platform:TestPlan

What is run is declared by the chart (reconcile.dev/test in Chart.yaml): a program in a pod of the sandbox, behind which
the ARGS stand. Where the chart declares none, its helm.sh/hook: test objects are made, as helm test does.
The sandbox stays as it is, unless --destroy-on-success asks for its end.

Exit status: 0 where the tests passed; 1 where one failed, or they could not be run, which is said; 64 where there is no
such sandbox";

/// `reconcile test`.
#[derive(Clone, Debug, clap::Args)]
pub struct Test {
    /// The sandbox [default: that of the branch that is checked out]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Write what the tests write to FILE, too
    #[arg(long, value_name = "FILE", value_parser = out_file)]
    pub output: Option<PathBuf>,
    /// Where what came of each test goes.
    #[arg(help = "Write what came of each test to FILE, as JUnit XML")]
    #[arg(long, value_name = "FILE", value_parser = out_file)]
    pub junit: Option<PathBuf>,
    /// How long the tests may take, such as 90s or 1h
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = duration)]
    pub timeout: Duration,
    /// Destroy the sandbox where its tests pass, as destroy --now does
    #[arg(long)]
    pub destroy_on_success: bool,
    /// Given to the test program behind its own arguments
    #[arg(value_name = "ARGS", last = true)]
    pub args: Vec<String>,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}

impl How {
    /// As it is carried out where nothing is said, and nobody is asked.
    pub fn of_command() -> Self {
        Self {
            format: PlanFormat::Text,
            timeout: Duration::from_secs(15 * 60),
            yes: true,
            keep_failed: false,
            lock_timeout: Duration::from_secs(30),
            seen: Seen::default(),
        }
    }
}
