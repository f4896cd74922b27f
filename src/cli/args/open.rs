//! `reconcile open` and `reconcile credentials`.

use super::{Target, WhyFormat};

pub(super) const OPEN_EXAMPLES: &str = "\
Examples:
  reconcile open feature-x                        on a terminal in a browser, too
  curl \"$(reconcile open feature-x --print)/web/health\"

The browser is BROWSER, else open or xdg-open. A sandbox without a host is reached by reconcile port-forward, which is
then said.

Exit status: 0; 1 where the sandbox has no address; 64 where there is no such sandbox";

pub(super) const CREDENTIALS_EXAMPLES: &str = "\
Examples:
  reconcile credentials feature-x
  reconcile credentials feature-x --format json --show | jq -r '.logins[0].values.password'

It is the one command that shows a secret: on a terminal, or with --show. What it shows is declared by the chart
(reconcile.dev/credentials in Chart.yaml), and read from the sandbox's Secrets.

Exit status: 0; 1 where a Secret cannot be read, or nobody watches; 64 where there is no such sandbox";

/// `reconcile open`.
#[derive(Clone, Debug, clap::Args)]
pub struct Open {
    /// The sandbox [default: that of the branch that is checked out]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Only print the address
    #[arg(long)]
    pub print: bool,
}

/// `reconcile credentials`.
#[derive(Clone, Debug, clap::Args)]
pub struct Credentials {
    /// The sandbox [default: that of the branch that is checked out]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Show them although standard output is no terminal
    #[arg(long)]
    pub show: bool,
    /// text for people, or json for programs
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = WhyFormat::Text)]
    pub format: WhyFormat,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}
