//! `reconcile comment`.

use std::path::PathBuf;

use super::values::Wrong;
use crate::forge::Kind;

pub(super) const EXAMPLES: &str = "\
Examples:
  reconcile comment --plan plan.md            in a job, with what --plan --format markdown printed
  reconcile comment --sandbox pr-12 --test junit.xml    its address, its end, and its tests
  echo 'The sandbox is gone.' | reconcile comment --body -
  reconcile comment --plan plan.md --dry-run  print it, and ask no forge
  reconcile comment --forge github --repository team/app --number 12 --plan plan.md

In a job of GitHub, GitLab or Gitea it is known which pull request is meant. The token comes from
the environment alone: RECONCILE_FORGE_TOKEN, or GITHUB_TOKEN, or GITLAB_TOKEN or CI_JOB_TOKEN, or
GITEA_TOKEN. It needs the right to write comments: pull-requests: write; scope api; write:issue.
One comment is kept for each --marker and account.

Exit status: 0; 1 where it could not be kept; 64 where it is not known which pull request is meant";

/// `reconcile comment`.
#[derive(Clone, Debug, clap::Args)]
pub struct Comment {
    /// The forge: github, gitlab or gitea [default: whose job this is]
    #[arg(long, value_enum, hide_possible_values = true)]
    pub forge: Option<Kind>,
    /// The address of its API.
    #[arg(help = "The address of its API, such as https://HOST/api/v1 [default: the job's, else the public forge's]")]
    #[arg(long, value_name = "URL")]
    pub api: Option<String>,
    /// The repository: OWNER/NAME; at GitLab also its number [default: the job's]
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// The number of the pull request [default: the job's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub number: Option<u64>,
    /// Markdown that stands first; - is standard input
    #[arg(long, value_name = "FILE")]
    pub body: Option<PathBuf>,
    /// This sandbox's address and end, as the fleet has them
    #[arg(long, value_name = "NAME")]
    pub sandbox: Option<String>,
    /// What came of its tests.
    #[arg(help = "What came of its tests: a JUnit file, as reconcile test --junit writes it")]
    #[arg(long, value_name = "FILE")]
    pub test: Option<PathBuf>,
    /// A plan, as reconcile --plan --format markdown prints it
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Tells comments of several jobs on one pull request apart
    #[arg(long, value_name = "KEY", default_value = "sandboxes", value_parser = key)]
    pub marker: String,
    /// The account that the token is of [default: it is asked for]
    #[arg(long, value_name = "LOGIN")]
    pub account: Option<String>,
    /// Print the comment, and ask no forge
    #[arg(long, conflicts_with = "format")]
    pub dry_run: bool,
    /// text for people, or json for programs: what was done
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = super::WhyFormat::Text)]
    pub format: super::WhyFormat,
}

/// It stands in an HTML comment, which it must not end.
fn key(text: &str) -> Result<String, Wrong> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(is_plain) && !text.contains("--") && !text.ends_with('-') {
        return Ok(text.to_owned());
    }
    Err(Wrong("expected up to 64 letters, digits, dots, underscores and single dashes".into()))
}
