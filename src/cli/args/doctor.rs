//! `reconcile doctor`.

use clap::ValueEnum;

use super::Target;
use crate::manifest::BUCKETS;

pub(super) const EXAMPLES: &str = "\
Examples:
  reconcile doctor                            one line for each thing that has to be so, and what to do where it is not
  reconcile doctor --cluster dir:target/demo
  reconcile doctor --format json | jq -r '.checks[] | select(.status == \"failed\").remedy'
  kubectl auth can-i --list                   what the server says of this account, whole

It changes nothing: it reads, asks what this account may do, and tries one dry run.
Exit status: 0, also with warnings; 1 where something failed";

/// `reconcile doctor`.
#[derive(Clone, Debug, clap::Args)]
pub struct Doctor {
    /// text for people, or json for programs
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = DoctorFormat::Text)]
    pub format: DoctorFormat,
    /// Whether the rights are enough for so many shards (--shard) that run side by side
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=i64::from(BUCKETS)))]
    pub shards: Option<u8>,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DoctorFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}
