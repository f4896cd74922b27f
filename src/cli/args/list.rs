//! `reconcile list`.

use clap::ValueEnum;

use super::Target;

pub(super) const EXAMPLES: &str = "\
Examples:
  reconcile list
  reconcile list --mine --watch               my own, drawn anew until Ctrl-C
  reconcile list --format wide                with namespace and commit, nothing shortened
  reconcile list --format json | jq -r '.sandboxes[] | select(.state != \"lives\") | \"\\(.name): \\(.reason)\"'
  reconcile list --format name | xargs -n1 reconcile why

STATE is what the next run does (create, update, expire, remove …), or how it is: lives, asleep, expiring (its time is
nearly over), held, refused, failed, broken (its file or chart), ending (its namespace is being deleted), foreign, over. READY
counts Deployments, StatefulSets and DaemonSets. What others changed is not looked for: that is plan, and why.
--mine goes by `git config reconcile.owner`, else by the part of `user.email` before the @.

Exit status: 0; 1 where the cluster cannot be read, and only what git asks for is shown";

/// `reconcile list`.
#[derive(Clone, Debug, clap::Args)]
pub struct List {
    /// table; wide for more columns; json for programs; or name for the names alone
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
    /// Show it anew every two seconds, until Ctrl-C; where nobody watches, only when it has changed
    #[arg(long)]
    pub watch: bool,
    /// Only those that are mine
    #[arg(long)]
    pub mine: bool,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}

/// How sandboxes are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Table,
    /// The same with more columns.
    Wide,
    /// For programs.
    Json,
    /// A name a line.
    Name,
}
