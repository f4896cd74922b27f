//! The command line as types. What it means is in the help texts below; they are the reference.

mod called;
mod command;
mod comment;
mod develop;
mod develop_examples;
mod doctor;
mod examples;
mod formats;
mod image;
mod init;
mod inside;
mod list;
mod open;
mod rbac;
mod seen;
mod shell;
mod status;
mod template;
mod test;
mod update;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args as _, CommandFactory as _, FromArgMatches as _, Parser};

use crate::manifest::Shard;
pub use seen::{Audit, AuditCommand, Hidden, LogFormat, Seen, Verify};
pub use status::Status;
pub use template::{Beside as TemplateBeside, Template, Values as TemplateValues, Written as TemplateWritten};
pub use test::Test;
pub use values::{ClusterName, Now};
use values::{duration, out_file};

pub use command::Command;
pub use comment::Comment;
pub use develop::{
    Applying, Committing, Create, Destroy, Diff, Down, Extend, Gc, History, Pin, Rollback, Set, Sleep, Unpin, Up, Wake,
    Wish, WriteFormat,
};
pub use doctor::{Doctor, DoctorFormat};
pub use formats::{Color, DiffBy, DriftBy, PlanFormat, RenderFormat, WhyFormat};
pub use image::Image;
pub use init::Init;
pub use inside::{Exec, Logs, PortForward, Ports, Since, What};
pub use list::{List, ListFormat};
pub use open::{Credentials, Open};
pub use rbac::{Rbac, RbacFormat};
pub use shell::{Completions, Man};
pub use update::Update;

/// The exit status where the command line is wrong.
pub const USAGE: u8 = 64;

/// The whole command line.
#[derive(Clone, Debug, Parser)]
#[command(name = "reconcile", version, about = examples::ABOUT, after_help = examples::EXAMPLES, max_term_width = 100)]
#[command(subcommand_help_heading = "Commands", disable_help_subcommand = true)]
pub struct Args {
    /// What to do instead of planning and applying.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where the desired state is.
    #[command(flatten)]
    pub source: Source,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
    /// What is planned, and how it is applied.
    #[command(flatten)]
    pub run: Run,
    /// How it is said.
    #[command(flatten)]
    pub output: Output,
}

/// `reconcile render`.
#[derive(Clone, Debug, clap::Args)]
pub struct Render {
    /// The sandboxes to render; all of them where none is named
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Tell where it all comes from: of each object the template and line, of each value that reached it the file
    #[arg(long, requires = "names")]
    pub explain: bool,
    /// yaml documents, or one json array
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = RenderFormat::Yaml)]
    pub format: RenderFormat,
}

/// `reconcile why`.
#[derive(Clone, Debug, clap::Args)]
pub struct Why {
    /// The sandbox: its file's name without .toml
    #[arg(value_name = "NAME")]
    pub name: String,
    /// text for people, or json for programs
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = WhyFormat::Text)]
    pub format: WhyFormat,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}

/// `reconcile check`.
#[derive(Clone, Debug, clap::Args)]
pub struct Check {
    /// Write the golden renderings below snapshots/ instead of comparing them
    #[arg(long)]
    pub update: bool,
}

/// `reconcile apply`.
#[derive(Clone, Debug, clap::Args)]
pub struct Apply {
    /// The file that `reconcile --plan --out FILE` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only say whether it still holds: exit status 0 or 3
    #[arg(long)]
    pub check: bool,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
    /// How it is carried out.
    #[command(flatten)]
    pub how: How,
}

/// Where the desired state is.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub struct Source {
    /// The repository: a folder in it, a bare one, or a URL (file, https, ssh) [default: the one around this folder]
    #[arg(long, global = true, env = "RECONCILE_REPO", hide_env_values = true, value_name = "PATH|URL")]
    pub repo: Option<String>,
    /// The commit to read: a branch, a tag or a hash [default: HEAD]
    #[arg(long, global = true, value_name = "REV")]
    pub rev: Option<String>,
    /// The folder of the fleet inside the repository, above sandboxes/ and charts/ [default: the top]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub path: Option<PathBuf>,
    /// Read the working directory, uncommitted changes included
    #[arg(long, global = true, conflicts_with = "rev")]
    pub worktree: bool,
    /// Plan as of another time: RFC 3339, or a span from now such as +7d or -12h
    #[arg(long, global = true, value_name = "TIME", allow_hyphen_values = true)]
    pub now: Option<Now>,
}

/// Where the live state is. Commands that ask a cluster have it as their own.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub struct Target {
    /// The cluster: kube for the one that kubectl would use, or dir:PATH for a folder of YAML files
    #[arg(long, value_name = "CLUSTER", default_value = "kube")]
    pub cluster: ClusterName,
    /// The kubeconfig file [default: as kubectl finds it]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig context [default: its current one]
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

/// What is planned, and how it is applied. Only without a command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Plan and apply")]
pub struct Run {
    /// Only plan; exit status 2 where there are changes
    #[arg(long)]
    pub plan: bool,
    /// With --plan: save the plan to this file, for reconcile apply
    #[arg(long, value_name = "FILE", requires = "plan", conflicts_with = "worktree", value_parser = out_file)]
    pub out: Option<PathBuf>,
    /// Only this sandbox; may be given several times
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Only the sandboxes of one part of the fleet, such as 0/4 for the first of four that run side by side
    #[arg(long, value_name = "INDEX/COUNT", conflicts_with = "only")]
    pub shard: Option<Shard>,
    /// Who makes the diffs: the server, by a dry run that shows its defaults; or local, which needs no right to change
    #[arg(long, value_enum, value_name = "BY", hide_possible_values = true, default_value_t = DiffBy::Server)]
    pub diff: DiffBy,
    /// detect looks at every object; skip reads the namespaces alone, and looks only at the objects of sandboxes whose
    /// release is not the one that was applied last
    #[arg(long, value_enum, value_name = "HOW", hide_possible_values = true, default_value_t = DriftBy::Detect)]
    pub drift: DriftBy,
    /// How it is carried out.
    #[command(flatten)]
    pub how: How,
    /// Allow this many removals of sandboxes whose files are gone [default: the fleet's ceiling]
    #[arg(long, value_name = "N")]
    pub allow_removals: Option<u32>,
    /// Try again now what has failed, whatever its pause
    #[arg(long)]
    pub retry: bool,
    /// Allow a commit that does not contain the one that was applied last
    #[arg(long)]
    pub allow_rewind: bool,
    /// The sandbox that is to go, and may be gone already.
    #[arg(skip)]
    pub going: Option<String>,
}

/// How a plan is printed and carried out.
#[derive(Clone, Debug, clap::Args)]
pub struct How {
    /// text for people, json for programs, or markdown for a pull request
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = PlanFormat::Text)]
    pub format: PlanFormat,
    /// How long to wait until a sandbox is ready, such as 90s or 15m; 0s does not wait
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    pub timeout: Duration,
    /// Apply without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Keep what was made of a sandbox whose creation failed, to look at it
    #[arg(long)]
    pub keep_failed: bool,
    /// How long to wait for another run of this fleet to end, such as 5m; 0s leaves at once, with exit status 75
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub lock_timeout: Duration,
    /// How it is seen from outside.
    #[command(flatten)]
    pub seen: Seen,
}

/// How it is said.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// When to colour.
    #[arg(help = "When to colour: auto (on a terminal, unless NO_COLOR is set), always or never")]
    #[arg(long, global = true, value_enum, hide_possible_values = true, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,
    /// Show every diff, also of what is made or removed whole (--plan does anyway); twice: log requests too
    #[arg(long, short, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// One line a sandbox, no diffs
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// What to log to standard error, such as debug or reconcile=trace,kube=warn
    #[arg(long, global = true, env = "RECONCILE_LOG", hide_env_values = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// text, or json: whatever goes to standard error as a JSON object a line
    #[arg(long, global = true, value_enum, hide_possible_values = true, value_name = "FORMAT", default_value_t)]
    pub log_format: LogFormat,
}

/// Commands that have nothing to do with a fleet that is there.
const NO_FLEET: [&str; 4] = ["init", "completions", "man", "template"];

impl Args {
    /// Parses a command line, the program's name first.
    ///
    /// # Errors
    /// What clap says, which includes the wish for help or the version: see [`exit_status`].
    pub fn parse_line<I, T>(line: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<std::ffi::OsString> + Clone,
    {
        let line: Vec<std::ffi::OsString> = line.into_iter().map(Into::into).collect();
        let command = called::as_called(Self::command(), line.first());
        let matches = command.clone().try_get_matches_from(line).map_err(called::with_a_hint)?;
        let args = Self::from_arg_matches(&matches)?;
        args.check(&matches, command)?;
        Ok(args)
    }

    /// What clap's attributes cannot say.
    fn check(&self, matches: &ArgMatches, mut command: clap::Command) -> Result<(), clap::Error> {
        let mut error = |kind, message: String| Err(command.error(kind, message));
        if let Some(name) = matches.subcommand_name() {
            let options = Target::augment_args(Run::augment_args(clap::Command::new("run")));
            let given = options
                .get_arguments()
                .find(|option| matches.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine));
            if let Some(option) = given {
                let option = option.get_long().unwrap_or_default();
                let own = Self::command()
                    .find_subcommand(name)
                    .is_some_and(|command| command.get_opts().any(|o| o.get_long() == Some(option)));
                let message = if own {
                    format!("write --{option} behind {name}: reconcile {name} --{option} …")
                } else {
                    format!("{name} does not take --{option}")
                };
                return error(ErrorKind::ArgumentConflict, message);
            }
        }
        if matches!(self.command, Some(Command::Apply(_)))
            && let Some(option) = self.source.given_beside_a_file()
        {
            let message = format!("apply does not take {option}: the file says what was planned");
            return error(ErrorKind::ArgumentConflict, message);
        }
        if let Some(name) = matches.subcommand_name().filter(|name| NO_FLEET.contains(name)) {
            let options = Source::augment_args(clap::Command::new("source"));
            // Helm has a --repo of its own.
            let is_helms = |option: &clap::Arg| name == "template" && option.get_long() == Some("repo");
            let given = options.get_arguments().find(|option| {
                matches.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine) && !is_helms(option)
            });
            if let Some(option) = given.and_then(clap::Arg::get_long) {
                return error(
                    ErrorKind::ArgumentConflict,
                    format!("{name} does not take --{option}: it reads no fleet"),
                );
            }
        }
        let target = self.target();
        if matches!(target.cluster, ClusterName::Dir(_)) && (target.kubeconfig.is_some() || target.context.is_some()) {
            let message = "--kubeconfig and --context are of no use with --cluster dir:PATH";
            return error(ErrorKind::ArgumentConflict, message.into());
        }
        Ok(())
    }

    /// The cluster of the command that is run.
    pub fn target(&self) -> &Target {
        match &self.command {
            Some(Command::Apply(apply)) => &apply.target,
            Some(Command::Create(create)) => &create.then.target,
            Some(Command::Up(up)) => &up.target,
            Some(Command::Down(down)) => &down.target,
            Some(Command::Set(set)) => &set.then.target,
            Some(Command::Sleep(sleep)) => &sleep.then.target,
            Some(Command::Wake(wake)) => &wake.then.target,
            Some(Command::Destroy(destroy)) => &destroy.target,
            Some(Command::History(history)) => &history.target,
            Some(Command::Rollback(rollback)) => &rollback.then.target,
            Some(Command::Why(why)) => &why.target,
            Some(Command::Rbac(rbac)) => &rbac.target,
            Some(Command::Doctor(doctor)) => &doctor.target,
            Some(Command::List(list)) => &list.target,
            Some(Command::Status(status)) => &status.target,
            Some(Command::Credentials(credentials)) => &credentials.target,
            Some(Command::Logs(logs)) => &logs.target,
            Some(Command::Exec(exec)) => &exec.target,
            Some(Command::PortForward(forward)) => &forward.target,
            Some(Command::Test(test)) => &test.target,
            _ => &self.target,
        }
    }
}

impl Source {
    /// An option that says anew what a saved plan says.
    fn given_beside_a_file(&self) -> Option<&'static str> {
        let given = [
            (self.rev.is_some(), "--rev"),
            (self.path.is_some(), "--path"),
            (self.worktree, "--worktree"),
            (self.now.is_some(), "--now"),
        ];
        given.into_iter().find_map(|(given, option)| given.then_some(option))
    }
}

/// The exit status of what [`Args::parse_line`] answers in place of arguments: 0 for help and the version, else 64.
pub fn exit_status(error: &clap::Error) -> u8 {
    if error.use_stderr() { USAGE } else { 0 }
}
