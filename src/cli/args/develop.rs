//! The commands that change what a fleet asks for: each is a commit on the fleet's branch.

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};

use super::values::Wrong;
use super::{Args, How, Now, Target};
use crate::fleet::{Assignment, Ttl, parse_span};

/// What a new sandbox is like.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Sandbox")]
pub struct Wish {
    /// The branch that it shows [default: the one that is checked out]
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// The image that it runs
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// How long it lives, such as 12h, 7d, or never [default: the fleet's]
    #[arg(long, value_name = "DURATION", value_parser = ttl, allow_hyphen_values = true)]
    pub ttl: Option<TtlText>,
    /// The chart, a folder below charts/ [default: the fleet's]
    #[arg(long, value_name = "CHART")]
    pub chart: Option<String>,
    /// The profile: values-PROFILE.yaml of the chart [default: the fleet's]; local mounts this checkout
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Whose it is [default: git's reconcile.owner, else your address's part before the @]
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// A value for the chart, such as odoo.workers=2; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = of_value)]
    pub set: Vec<Assignment>,
}

/// How a change is committed.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Commit")]
pub struct Committing {
    /// The commit's message [default: what is done]
    #[arg(long, short, value_name = "TEXT", value_parser = message)]
    pub message: Option<String>,
    /// Show the change and commit nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What is done once a change is committed.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Apply")]
pub struct Applying {
    /// Reconcile this sandbox now, wait until it is ready, and print its URL
    #[arg(long, conflicts_with = "dry_run")]
    pub apply: bool,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
    /// How it is carried out.
    #[command(flatten)]
    pub how: How,
}

/// How the answer of a command that only commits is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WriteFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How the answer is printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Answer {
    /// text for people, or json for programs
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = WriteFormat::Text)]
    pub format: WriteFormat,
}

/// `reconcile create`.
#[derive(Clone, Debug, clap::Args)]
pub struct Create {
    /// The sandbox's name [default: made from the branch]
    #[arg(value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub name: Option<String>,
    /// What it is like.
    #[command(flatten)]
    pub wish: Wish,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// What is done then.
    #[command(flatten)]
    pub then: Applying,
}

/// `reconcile up`.
#[derive(Clone, Debug, clap::Args)]
pub struct Up {
    /// What it is like.
    #[command(flatten)]
    pub wish: Wish,
    /// The commit's message [default: what is done]
    #[arg(long, short, value_name = "TEXT", value_parser = message)]
    pub message: Option<String>,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
    /// How it is carried out.
    #[command(flatten)]
    pub how: How,
}

/// `reconcile down`.
#[derive(Clone, Debug, clap::Args)]
pub struct Down {
    /// The branch whose sandbox goes [default: the one that is checked out]
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// The commit's message [default: what is done]
    #[arg(long, short, value_name = "TEXT", value_parser = message)]
    pub message: Option<String>,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
    /// How it is carried out.
    #[command(flatten)]
    pub how: How,
}

/// `reconcile extend`.
#[derive(Clone, Debug, clap::Args)]
pub struct Extend {
    /// The sandbox [default: that of the branch that is checked out]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// How long it lives from now on, such as 3d, or never [default: as its file says]
    #[arg(long, value_name = "DURATION", value_parser = ttl, allow_hyphen_values = true)]
    pub ttl: Option<TtlText>,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// How it is said.
    #[command(flatten)]
    pub answer: Answer,
}

/// `reconcile pin`.
#[derive(Clone, Debug, clap::Args)]
pub struct Pin {
    /// The sandbox
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Until when: RFC 3339, or a span from now such as 36h
    #[arg(long, value_name = "TIME", value_parser = until, allow_hyphen_values = true)]
    pub until: Now,
    /// What for
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who wants it [default: as for create]
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// How it is said.
    #[command(flatten)]
    pub answer: Answer,
}

/// `reconcile unpin`.
#[derive(Clone, Debug, clap::Args)]
pub struct Unpin {
    /// The sandbox
    #[arg(value_name = "NAME")]
    pub name: String,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// How it is said.
    #[command(flatten)]
    pub answer: Answer,
}

/// `reconcile destroy`.
#[derive(Clone, Debug, clap::Args)]
pub struct Destroy {
    /// The sandbox
    #[arg(value_name = "NAME")]
    pub name: String,
    // One word with two meanings: elsewhere it takes the instant to plan for, which stands behind a `=` here.
    /// Remove it at once, and wait until nothing of it is left; --now=TIME as of then
    #[arg(id = "now", long = "now", value_name = "TIME", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "+0s", conflicts_with = "dry_run")]
    pub at_once: Option<Now>,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
    /// How it is carried out.
    #[command(flatten)]
    pub how: How,
}

/// `reconcile set`.
#[derive(Clone, Debug, clap::Args)]
pub struct Set {
    /// The sandbox
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What is set: a key of the file, or values.KEY; nothing behind the = takes it out
    #[arg(value_name = "KEY=VALUE", value_parser = of_file, required_unless_present = "set")]
    pub keys: Vec<Assignment>,
    /// A value for the chart, such as odoo.workers=2
    #[arg(long, value_name = "KEY=VALUE", value_parser = of_value)]
    pub set: Vec<Assignment>,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// What is done then.
    #[command(flatten)]
    pub then: Applying,
}

/// `reconcile sleep`.
#[derive(Clone, Debug, clap::Args)]
pub struct Sleep {
    /// The sandbox [default: that of the branch that is checked out]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// What is done then.
    #[command(flatten)]
    pub then: Applying,
}

/// `reconcile wake`.
#[derive(Clone, Debug, clap::Args)]
pub struct Wake {
    /// The sandbox [default: that of the branch that is checked out]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// How long it is awake outside the hours of its schedule [default: 4h, where it has one]
    #[arg(long = "for", value_name = "DURATION", value_parser = span, allow_hyphen_values = true)]
    pub span: Option<SignedDuration>,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// What is done then.
    #[command(flatten)]
    pub then: Applying,
}

/// `reconcile gc`.
#[derive(Clone, Debug, clap::Args)]
pub struct Gc {
    /// How long ago a sandbox must have expired
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = span, allow_hyphen_values = true)]
    pub older_than: SignedDuration,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// How it is said.
    #[command(flatten)]
    pub answer: Answer,
}

/// `reconcile rollback`.
#[derive(Clone, Debug, clap::Args)]
pub struct Rollback {
    /// The sandbox
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The commit whose file comes back [default: before the last change]
    #[arg(long, value_name = "REV")]
    pub to: Option<String>,
    /// How it is committed.
    #[command(flatten)]
    pub commit: Committing,
    /// What is done then.
    #[command(flatten)]
    pub then: Applying,
}

/// `reconcile history`.
#[derive(Clone, Debug, clap::Args)]
pub struct History {
    /// The sandbox; also one that is destroyed
    #[arg(value_name = "NAME")]
    pub name: String,
    /// So many versions at most, the newest first
    #[arg(long, short = 'n', value_name = "COUNT")]
    pub limit: Option<u32>,
    /// text for people, or json for programs
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = super::WhyFormat::Text)]
    pub format: super::WhyFormat,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}

/// `reconcile diff`.
#[derive(Clone, Debug, clap::Args)]
pub struct Diff {
    /// The sandbox
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The commits to compare [default: the last change; with one, the fleet's branch is the other]
    #[arg(value_name = "REV", num_args = 0..=2)]
    pub revs: Vec<String>,
    /// The file alone, and not what it renders to
    #[arg(long)]
    pub file: bool,
}

/// A time to live, read and as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TtlText {
    /// As it goes into a file.
    pub text: String,
    /// What it means.
    pub ttl: Ttl,
}

impl TtlText {
    /// Until when something lives that starts now; `None` without an end.
    pub fn end(&self, now: Timestamp) -> Option<Timestamp> {
        match self.ttl {
            Ttl::Never => None,
            Ttl::For(span) => Some(now.checked_add(span).unwrap_or(Timestamp::MAX)),
        }
    }
}

fn said(invalid: &crate::fleet::Invalid) -> Wrong {
    let hint = invalid.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    Wrong(format!("{}{hint}", invalid.message))
}

pub(crate) fn ttl(text: &str) -> Result<TtlText, Wrong> {
    let ttl = text.parse().map_err(|invalid| said(&invalid))?;
    Ok(TtlText { text: text.to_owned(), ttl })
}

fn span(text: &str) -> Result<SignedDuration, Wrong> {
    parse_span(text).map_err(|invalid| said(&invalid))
}

/// As git has it, which takes none without words.
fn message(text: &str) -> Result<String, Wrong> {
    if text.trim().is_empty() { Err(Wrong("a commit needs words".to_owned())) } else { Ok(text.to_owned()) }
}

fn until(text: &str) -> Result<Now, Wrong> {
    match text.parse() {
        Ok(now) => Ok(now),
        // A span is meant from now, with or without its sign.
        Err(wrong) => parse_span(text).map(Now::From).map_err(|_| wrong),
    }
}

fn of_value(text: &str) -> Result<Assignment, Wrong> {
    Assignment::of_value(text).map_err(|invalid| said(&invalid))
}

fn of_file(text: &str) -> Result<Assignment, Wrong> {
    Assignment::of_file(text).map_err(|invalid| said(&invalid))
}

impl Args {
    /// The same command line for a run of one sandbox as `commit` has it.
    #[must_use]
    pub fn run_of(&self, name: &str, commit: &str, target: &Target, how: &How) -> Self {
        let mut args = self.clone();
        args.command = None;
        args.source.rev = Some(commit.to_owned());
        args.source.worktree = false;
        args.target = target.clone();
        args.run.how = How { yes: true, ..how.clone() };
        args.run.plan = false;
        args.run.only = vec![name.to_owned()];
        args
    }
}
