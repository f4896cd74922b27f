//! Where a change is made: the fleet's branch as it is now, what is wanted of it, and the commit.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use super::super::args::{Args, Committing};
use super::super::desired::{self, Desired, did_you_mean};
use super::super::failure::{Exit, Failure};
use super::super::planning::{Planning, Request};
use super::super::print::Printer;
use super::super::render::only_named;
use super::Then;
use crate::fleet::{Fleet, Sandbox};
use crate::plan::Action;
use crate::release::{self, Charts};
use crate::repo::{Change, CommitInfo, Committed, Env, Repo, RepoError, Tree, Trunk};
use crate::report::unified;

impl From<RepoError> for Failure {
    fn from(error: RepoError) -> Self {
        desired::of_repo(&error)
    }
}

/// The fleet's branch, opened for a change.
pub struct Desk<'a> {
    trunk: Trunk,
    env: Env,
    args: &'a Args,
    printer: &'a Printer,
    /// What is to be done with the sandbox then.
    then: Option<Then<'a>>,
    /// The sandbox that the change in hand is of.
    changed: RefCell<Option<String>>,
    /// The instant at which the change is made.
    pub now: Timestamp,
}

/// The fleet at one commit of its branch.
pub struct State {
    /// The repository, at that commit.
    pub repo: Repo,
    /// Its files.
    pub tree: Tree,
    /// What they say.
    pub fleet: Fleet,
}

/// A change of one sandbox's file, and what is said of it.
pub struct Edit {
    /// The sandbox.
    pub name: String,
    /// The file's new text; `None` where it goes.
    pub text: Option<String>,
    /// The commit's message, where the command line has none.
    pub message: String,
}

/// A checkout that falls behind its branch.
#[derive(Clone, Debug)]
pub struct Behind {
    /// The branch.
    pub branch: String,
    /// The checkout's top.
    pub checkout: PathBuf,
    /// The files that it lacks, by their paths from there.
    pub paths: Vec<String>,
}

/// What became of a change.
#[derive(Clone, Debug)]
pub struct Landed {
    /// The sandbox.
    pub name: String,
    /// Its file.
    pub path: String,
    /// The commit that has it.
    pub commit: CommitInfo,
    /// Whether that commit was made for it.
    pub is_new: bool,
    /// The fleet's branch.
    pub branch: String,
    /// Where it was pushed to.
    pub remote: Option<String>,
    /// The checkout of that branch, which has the change as something that is missing.
    pub behind: Option<Behind>,
    /// The sandbox as it is now; none where it is gone.
    pub sandbox: Option<Sandbox>,
    /// When its life ends, where that is known; only of one that is there.
    pub expires: Option<Timestamp>,
    /// The change, as a unified diff.
    pub diff: String,
}

impl<'a> Desk<'a> {
    /// Opens the fleet's branch.
    ///
    /// # Errors
    /// Where there is none, or the command line asks for what cannot be written.
    pub fn open(args: &'a Args, printer: &'a Printer) -> Result<Self, Failure> {
        if args.source.worktree {
            let hint = "leave out --worktree; files of the working directory are committed with git";
            return Err(Failure::new(Exit::Usage, "a command's change goes onto the fleet's branch", hint));
        }
        let env = Env::of_process();
        let trunk = Trunk::open(&desired::repo_args(&args.source), &env)?;
        Ok(Self { trunk, env, args, printer, then: None, changed: RefCell::default(), now: desired::now(args)? })
    }

    /// The same for a change that is applied at once: it is not committed where the sandbox would be held, or the cluster
    /// cannot be asked.
    pub fn applying(mut self, then: Option<Then<'a>>) -> Self {
        self.then = then;
        self
    }

    /// The fleet as its branch has it now.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn state(&self) -> Result<State, Failure> {
        State::read(self.trunk.tip(&self.env)?, self.printer)
    }

    /// Commits an edit of one sandbox, which is made anew where others push between; shows it where nothing is to be committed.
    ///
    /// # Errors
    /// What `edit` says, where what it makes cannot be used, or where it cannot be committed.
    pub fn commit(
        &self,
        options: &Committing,
        edit: &dyn Fn(&State) -> Result<Edit, Failure>,
    ) -> Result<Option<Landed>, Failure> {
        let mut last: Option<Landed> = None;
        let mut make = |repo: &Repo| -> Result<Change, Failure> {
            let state = State::read(repo.reopened()?, self.printer)?;
            let edit = edit(&state)?;
            self.changed.replace(Some(edit.name.clone()));
            let (change, landed) = self.checked(&state, edit, options)?;
            last = Some(landed);
            Ok(change)
        };
        if options.dry_run {
            make(&self.trunk.tip(&self.env)?)?;
            let diff = last.map(|landed| landed.diff).unwrap_or_default();
            self.printer.answer(&diff)?;
            if diff.is_empty() {
                self.printer.note("there is nothing to change");
            }
            return Ok(None);
        }
        let committed = self.trunk.commit(&self.env, &mut make, &|repo| self.judge(repo))?;
        let Some(mut landed) = last else { return Ok(None) };
        landed.is_new = matches!(committed, Committed::New(_));
        landed.commit = committed.commit().clone();
        Ok(Some(landed))
    }

    /// Whether the run that is to follow a commit would do what is meant.
    fn judge(&self, repo: Repo) -> Result<(), Failure> {
        let Some(then) = &self.then else { return Ok(()) };
        let Some(name) = self.changed.borrow().clone() else { return Ok(()) };
        let args = then.args(self.args, &name, "HEAD");
        let request = Request::new(&args.run, self.now);
        let desired = Desired::of(repo, &args.source, self.printer)?;
        let planning = Planning::new(desired, &args.target, &request);
        let refused = |mut failure: Failure| {
            failure.hints.push("nothing was committed".into());
            failure
        };
        let planning = super::super::runtime()?.block_on(planning).map_err(refused)?;
        let plan = planning.plan.sandboxes.iter().find(|plan| plan.name == name);
        match plan.filter(|plan| matches!(plan.action, Action::Held | Action::Refused)) {
            None => Ok(()),
            Some(plan) => {
                let message = format!("sandbox {name} would be held: {}", plan.reason);
                Err(refused(Failure {
                    hints: plan.remedy.iter().cloned().collect(),
                    ..Failure::new(Exit::Refused, message, "")
                }))
            }
        }
    }

    /// An edit as a change, once it is known that the sandbox can be rendered with it.
    fn checked(&self, state: &State, edit: Edit, options: &Committing) -> Result<(Change, Landed), Failure> {
        let path = format!("{}{}.toml", crate::fleet::SANDBOXES, edit.name);
        let before = state.tree.files.get(&path).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let old = format!("a/{path}");
        let new = format!("b/{path}");
        let diff = unified(before.as_deref(), edit.text.as_deref(), (&old, &new));
        let mut sandbox = None;
        if let Some(text) = &edit.text {
            let mut files = state.tree.files.clone();
            files.insert(path.clone(), text.as_bytes().into());
            sandbox = Some(self.sandbox(&edit.name, &files, state)?);
        }
        let commit = state.tree.commit.clone();
        let Some(commit) = commit else { return Err(RepoError::NoTrunk.into()) };
        let is_same = before == edit.text;
        let expires = match &sandbox {
            None => None,
            // What is not committed starts no time anew.
            Some(sandbox) if is_same => super::extend::life_of(self, state, sandbox)?.and_then(|life| life.expiry),
            Some(sandbox) => {
                crate::fleet::Lifetime::at(self.now, self.now, &sandbox.terms(&state.fleet.settings)).expiry
            }
        };
        let landed = Landed {
            name: edit.name,
            path: path.clone(),
            commit,
            is_new: false,
            branch: self.trunk.branch().to_owned(),
            remote: self.trunk.remote().map(str::to_owned),
            behind: self.behind([path.as_str()]),
            sandbox,
            expires,
            diff,
        };
        let message = options.message.clone().unwrap_or(edit.message);
        let text = edit.text.map(String::into_bytes);
        Ok((Change { files: BTreeMap::from([(path, text)]), message }, landed))
    }

    /// The sandbox that these files make.
    fn sandbox(
        &self,
        name: &str,
        files: &BTreeMap<String, std::sync::Arc<[u8]>>,
        state: &State,
    ) -> Result<Sandbox, Failure> {
        let fleet = Fleet::parse(files, &state.tree.odd).map_err(|unusable| Failure::of(&unusable))?;
        if let Some(broken) = fleet.broken.get(name) {
            let colours = self.printer.colours_errors();
            let findings = broken.diagnostics.iter().map(|found| found.render(colours)).collect();
            let hint = "nothing was committed";
            let failure = Failure::new(Exit::Failed, format!("{} could not be used like that", broken.path), hint);
            return Err(Failure { findings, ..failure });
        }
        let Some(sandbox) = fleet.sandboxes.get(name) else {
            return Err(Failure::new(Exit::Failed, format!("sandbox {name} is not read"), "nothing was committed"));
        };
        let charts = Charts::load(files, std::iter::once(sandbox.chart.as_str()));
        let copied = only_named(&fleet.settings);
        let basis = release::Basis { settings: &fleet.settings, charts: &charts, copied: &copied, kept: None };
        if let Err(fault) = release::render(sandbox, &basis) {
            let failure =
                Failure::new(Exit::Failed, format!("sandbox {name} cannot be made: {}", fault.message), fault.hint);
            return Err(failure.hint(Some("nothing was committed")));
        }
        Ok(sandbox.clone())
    }

    /// Commits several edits of the fleet's files at once.
    ///
    /// # Errors
    /// As [`Desk::commit`].
    pub fn commit_files(&self, make: &dyn Fn(&State) -> Result<Change, Failure>) -> Result<Committed, Failure> {
        self.trunk.commit(
            &self.env,
            &mut |repo: &Repo| make(&State::read(repo.reopened()?, self.printer)?),
            &|_| Ok(()),
        )
    }

    /// The branch, and where it is pushed to.
    pub fn place(&self) -> (&str, Option<&str>) {
        (self.trunk.branch(), self.trunk.remote())
    }

    /// The checkout of that branch, which falls behind by a commit of these files.
    pub fn behind<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Option<Behind> {
        let checkout = self.trunk.checkout()?;
        let root = self.trunk.root();
        let paths = paths.into_iter().map(|path| format!("{root}{path}")).collect();
        Some(Behind { branch: self.trunk.branch().to_owned(), checkout, paths })
    }
}

impl State {
    fn read(repo: Repo, printer: &Printer) -> Result<Self, Failure> {
        let tree = repo.tree()?;
        let fleet = desired::fleet_of(&tree, printer)?;
        Ok(Self { repo, tree, fleet })
    }

    /// The path of a sandbox's file, whatever stands there.
    ///
    /// # Errors
    /// Where there is no such sandbox.
    pub fn path(&self, name: &str) -> Result<String, Failure> {
        if self.fleet.sandboxes.contains_key(name) || self.fleet.broken.contains_key(name) {
            Ok(format!("{}{name}.toml", crate::fleet::SANDBOXES))
        } else {
            Err(self.unknown(name))
        }
    }

    /// The text of a sandbox's file.
    ///
    /// # Errors
    /// Where there is no such sandbox, or its file is no text.
    pub fn text(&self, name: &str) -> Result<String, Failure> {
        let path = self.path(name)?;
        let Some(bytes) = self.tree.files.get(&path) else {
            let hint = format!("take it out: reconcile destroy {name}");
            return Err(Failure::new(Exit::Failed, format!("{path} is no file that could be edited"), hint));
        };
        String::from_utf8(bytes.to_vec())
            .map_err(|_| Failure::new(Exit::Failed, format!("{path} is not UTF-8"), "save it as UTF-8"))
    }

    /// A sandbox that can be used.
    ///
    /// # Errors
    /// Where there is none of that name, or its file is broken.
    pub fn sandbox(&self, name: &str) -> Result<&Sandbox, Failure> {
        match (self.fleet.sandboxes.get(name), self.fleet.broken.get(name)) {
            (Some(sandbox), _) => Ok(sandbox),
            (None, Some(broken)) => Err(Failure::new(
                Exit::Failed,
                format!("{} cannot be used as it is", broken.path),
                "reconcile check shows what is wrong; reconcile rollback brings its former text back",
            )),
            (None, None) => Err(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &str) -> Failure {
        let known: Vec<&String> = self.fleet.sandboxes.keys().chain(self.fleet.broken.keys()).collect();
        Failure::new(Exit::Usage, format!("there is no sandbox {name}"), did_you_mean(name, &known))
    }
}
