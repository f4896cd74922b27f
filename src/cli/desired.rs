//! The desired state, read: repository, fleet, dates, charts.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::args::{Args, Source};
use super::failure::{Exit, Failure};
use super::print::Printer;
use crate::fleet::{Fleet, Level, SecretRef};
use crate::near::nearest;
use crate::plan::{self, Start};
use crate::release::{Basis, Charts, Copied, Kept};
use crate::repo::{Contains, DateError, DateQuery, Env, FileDate, Repo, RepoArgs, RepoError, Tree, Trunk};

/// Whether the fleet's branch has to be as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latest {
    /// It is fetched.
    Fetched,
    /// What was fetched last will do: what is asked for is in the cluster.
    NotNeeded,
}

/// What a commit asks for.
pub struct Desired {
    /// The repository.
    pub repo: Repo,
    /// Its files.
    pub tree: Tree,
    /// The fleet.
    pub fleet: Fleet,
    /// The charts that it names.
    pub charts: Charts,
    /// The releases that were made of it so far.
    pub kept: Kept,
    /// What concerns the whole run.
    pub warnings: Vec<String>,
}

impl Desired {
    /// Reads it, and shows what is wrong with its files.
    ///
    /// # Errors
    /// Where the repository or `fleet.toml` cannot be read.
    pub fn read(source: &Source, printer: &Printer) -> Result<Self, Failure> {
        let desired = Self::load(source, printer)?;
        for diagnostic in desired.fleet.diagnostics() {
            printer.finding(&diagnostic.render(printer.colours_errors()));
        }
        Ok(desired)
    }

    /// Reads the fleet's branch as it is now, wherever the checkout is, unless another revision is asked for. What is wrong
    /// with a sandbox's file is left to whoever tells of that sandbox.
    ///
    /// # Errors
    /// As [`Desired::read`].
    pub fn of_branch(source: &Source, printer: &Printer) -> Result<Self, Failure> {
        Self::of_fleet(source, printer, Latest::Fetched)
    }

    /// The same, as it was fetched last where that will do.
    ///
    /// # Errors
    /// As [`Desired::read`].
    pub fn of_fleet(source: &Source, printer: &Printer, latest: Latest) -> Result<Self, Failure> {
        if source.rev.is_some() || source.worktree {
            return Self::load(source, printer);
        }
        Self::of(branch(source, printer, latest)?, source, printer)
    }

    fn load(source: &Source, printer: &Printer) -> Result<Self, Failure> {
        let repo = Repo::open(&repo_args(source)).map_err(|error| of_repo(&error))?;
        Self::of(repo, source, printer)
    }

    /// What a repository asks for at its commit.
    ///
    /// # Errors
    /// As [`Desired::read`].
    pub fn of(repo: Repo, source: &Source, printer: &Printer) -> Result<Self, Failure> {
        let tree = repo.tree().map_err(|error| of_repo(&error))?;
        let fleet = fleet_of(&tree, printer)?;
        let charts = Charts::load(&tree.files, fleet.sandboxes.values().map(|sandbox| sandbox.chart.as_str()));
        let warnings = dirty_warning(&tree, source).into_iter().collect();
        Ok(Self { repo, tree, fleet, charts, kept: Kept::default(), warnings })
    }

    /// Whether a file could not be read.
    pub fn is_broken(&self) -> bool {
        self.fleet.diagnostics().any(|d| d.level == Level::Error)
    }

    /// Whether a file is read from the working directory and differs from the commit there.
    pub fn is_dirty(&self, path: &str) -> bool {
        self.repo.is_worktree()
            && self.tree.dirty.iter().any(|dirty| dirty.strip_prefix(self.repo.root()) == Some(path))
    }

    /// What all releases are made from.
    pub fn basis<'a>(&'a self, copied: &'a BTreeMap<SecretRef, Copied>) -> Basis<'a> {
        Basis { settings: &self.fleet.settings, charts: &self.charts, copied, kept: Some(&self.kept) }
    }

    /// When each sandbox's time starts, by path.
    ///
    /// # Errors
    /// Where not even the commit can be read; a file that cannot be dated has that as its answer.
    pub fn starts(&self, now: Timestamp) -> Result<BTreeMap<String, Start>, Failure> {
        let queries: Vec<DateQuery> = self
            .fleet
            .sandboxes
            .values()
            .map(|sandbox| {
                let terms = sandbox.terms(&self.fleet.settings);
                DateQuery { path: sandbox.path.clone(), oldest: terms.oldest_start(now) }
            })
            .collect();
        let dates = self.repo.dates(&queries).map_err(|error| of_repo(&error))?;
        Ok(dates
            .into_iter()
            .map(|(path, date)| {
                let start = match date {
                    Ok(FileDate::At { time, commit }) => Start::At { time, commit },
                    Ok(FileDate::Behind { time, commit, follows }) => Start::Behind { time, commit, follows },
                    Ok(FileDate::Before(time)) => Start::Before(time),
                    Ok(FileDate::Uncommitted) => Start::Uncommitted,
                    Err(error) => undated(error),
                };
                (path, start)
            })
            .collect())
    }

    /// What the repository asks for, at one instant.
    ///
    /// # Errors
    /// As [`Desired::starts`].
    pub fn sources(
        &self,
        copied: &BTreeMap<SecretRef, Copied>,
        now: Timestamp,
    ) -> Result<BTreeMap<String, plan::Source>, Failure> {
        let starts = self.starts(now)?;
        Ok(plan::sources(&self.fleet, &self.basis(copied), &starts, now))
    }

    /// Of some commits those that the planned one contains.
    ///
    /// # Errors
    /// Where the history cannot be walked.
    pub fn contained<'c>(
        &self,
        commits: impl IntoIterator<Item = &'c str>,
    ) -> Result<std::collections::BTreeSet<String>, Failure> {
        let answers = self.repo.contains(commits).map_err(|error| of_repo(&error))?;
        Ok(answers.into_iter().filter(|(_, answer)| *answer == Contains::Yes).map(|(commit, _)| commit).collect())
    }

    /// The sandboxes of these names; all without any.
    ///
    /// # Errors
    /// Where one is not in the fleet.
    pub fn named(&self, names: &[String]) -> Result<Vec<String>, Failure> {
        let known: Vec<&String> = self.fleet.sandboxes.keys().chain(self.fleet.broken.keys()).collect();
        for name in names {
            if !known.contains(&name) {
                let hint = did_you_mean(name, &known);
                return Err(Failure::new(Exit::Usage, format!("there is no sandbox {name}"), hint));
            }
        }
        Ok(if names.is_empty() { known.into_iter().cloned().collect() } else { names.to_vec() })
    }
}

/// The fleet's branch as it is now; as it was fetched last where that will do, or nothing newer can be had.
///
/// # Errors
/// Where there is none, or it was never fetched and cannot be.
pub(super) fn branch(source: &Source, printer: &Printer, latest: Latest) -> Result<Repo, Failure> {
    let env = Env::of_process();
    let trunk = Trunk::open(&repo_args(source), &env).map_err(|error| of_repo(&error))?;
    let known = || trunk.known().map_err(|error| of_repo(&error));
    if latest == Latest::NotNeeded
        && let Some(repo) = known()?
    {
        return Ok(repo);
    }
    trunk.tip(&env).or_else(|error| {
        let failure = of_repo(&error);
        // Who is cut off from it still sees what there was.
        let Some(repo) = known()? else { return Err(failure) };
        printer.warning(&format!("{}; the fleet is as it was fetched last", failure.message));
        Ok(repo)
    })
}

fn undated(error: DateError) -> Start {
    let why = error.to_string();
    let remedy = error.hint().unwrap_or("see the file's history: git log").to_owned();
    match error {
        DateError::Shallow { commit, .. } => Start::CutOff { commit, why, remedy },
        _ => Start::Unknown { why, remedy },
    }
}

/// The fleet that these files are.
///
/// # Errors
/// Where its settings cannot be used: with every place in a file.
pub(super) fn fleet_of(tree: &Tree, printer: &Printer) -> Result<Fleet, Failure> {
    Fleet::parse(&tree.files, &tree.odd).map_err(|unusable| {
        let mut failure = Failure::of(&unusable);
        failure.findings = unusable.diagnostics.iter().map(|d| d.render(printer.colours_errors())).collect();
        failure.hints.push("nothing is changed until it can be read".into());
        failure
    })
}

/// The hint about a name that no sandbox has.
pub(super) fn did_you_mean(name: &str, known: &[&String]) -> String {
    match nearest(name, known.iter().map(|known| known.as_str())) {
        Some(near) => format!("did you mean {near}?"),
        None => "the files below sandboxes/ are the sandboxes there are".to_owned(),
    }
}

pub(super) fn repo_args(source: &Source) -> RepoArgs {
    RepoArgs {
        repo: source.repo.clone(),
        rev: source.rev.clone(),
        path: source.path.as_deref().map(Path::to_string_lossy).map(std::borrow::Cow::into_owned),
        worktree: source.worktree,
    }
}

pub(super) fn of_repo(error: &RepoError) -> Failure {
    Failure::of(error).hint(error.hint())
}

fn dirty_warning(tree: &Tree, source: &Source) -> Option<String> {
    // Who names another commit than the one that is checked out knows.
    if source.worktree || source.rev.is_some() || tree.dirty.is_empty() {
        return None;
    }
    let shown = tree.dirty.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if tree.dirty.len() > 5 { format!(" and {} more", tree.dirty.len() - 5) } else { String::new() };
    Some(format!("not committed, so not read: {shown}{more} (--worktree reads them)"))
}

/// The instant to plan for.
///
/// # Errors
/// Where `--now` is beyond the calendar.
pub fn now(args: &Args) -> Result<Timestamp, Failure> {
    let clock = super::clock();
    match args.source.now {
        None => Ok(clock),
        Some(now) => now.resolve(clock).map_err(|error| Failure { exit: Exit::Usage, ..Failure::of(&error) }),
    }
}
