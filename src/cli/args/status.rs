//! `reconcile status`.

use super::{Target, WhyFormat};

pub(super) const EXAMPLES: &str = "\
Examples:
  reconcile status                            of the branch that is checked out
  reconcile status feature-x
  reconcile status feature-x --format json | jq .healthy
  reconcile status feature-x --format json | jq -r '.services[] | \"\\(.name) \\(.health)\"'

Exit status: 0; 1 where the cluster cannot be read, and only half is told; 64 where there is no such sandbox";

/// `reconcile status`.
#[derive(Clone, Debug, clap::Args)]
pub struct Status {
    /// The sandbox [default: that of the branch that is checked out]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// text for people, or json for programs
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = WhyFormat::Text)]
    pub format: WhyFormat,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}
