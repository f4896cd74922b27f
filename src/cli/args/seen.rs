//! Options by which a run is seen from outside.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Subcommand, ValueEnum};

use super::values::Wrong;

// Of each option: a heading of the whole would go on to those behind it.
const HEADING: &str = "Seen from outside";

/// By what a run is seen from outside.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Seen {
    /// Metrics of the run.
    #[arg(help = "Write metrics of this run to FILE: Prometheus text, as node_exporter's textfile collector takes it")]
    #[arg(long, value_name = "FILE", value_parser = file, help_heading = HEADING)]
    pub metrics_file: Option<PathBuf>,
    /// Push them to a Pushgateway; a login in the URL is never shown
    #[arg(long, value_name = "URL", env = "RECONCILE_PUSHGATEWAY", hide_env_values = true, help_heading = HEADING)]
    pub pushgateway: Option<Hidden>,
    /// Add a line to FILE for each write to the cluster, chained to the last (reconcile audit verify FILE); where that
    /// cannot be done, nothing is written to the cluster
    #[arg(long, value_name = "FILE", value_parser = file, help_heading = HEADING)]
    pub audit: Option<PathBuf>,
}

/// A text that is never shown, as a login may be in it.
#[derive(Clone)]
pub struct Hidden(pub String);

impl FromStr for Hidden {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(..)")
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line: all that goes to standard error.
    Json,
}

/// `reconcile audit`.
#[derive(Clone, Debug, clap::Args)]
#[command(subcommand_help_heading = "Commands", disable_help_subcommand = true)]
pub struct Audit {
    /// What to do with it.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What can be done with an audit.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that an audit is whole: no line changed, taken out, added or moved
    #[command(after_help = super::examples::VERIFY)]
    Verify(Verify),
}

/// `reconcile audit verify`.
#[derive(Clone, Debug, clap::Args)]
pub struct Verify {
    /// The file that --audit FILE wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The hash that was the last one earlier: lines that were taken away from the end are missed by nothing else
    #[arg(long, value_name = "SHA256", value_parser = hash)]
    pub head: Option<crate::manifest::Hash>,
    /// text for people, or json for programs
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = super::WhyFormat::Text)]
    pub format: super::WhyFormat,
}

fn file(text: &str) -> Result<PathBuf, Wrong> {
    match text {
        "" | "-" => Err(Wrong("expected a file".into())),
        file => Ok(file.into()),
    }
}

fn hash(text: &str) -> Result<crate::manifest::Hash, Wrong> {
    let text = serde_json::Value::from(text.trim_start_matches("sha256:"));
    serde_json::from_value(text).map_err(|_| Wrong("expected 64 hexadecimal digits, in lower case".into()))
}
