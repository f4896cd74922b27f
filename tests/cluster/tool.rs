//! Running the built `reconcile`, as a user at a shell would, but with nothing of this machine's environment.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::canary::Canary;
use crate::fleet_repo::FleetRepo;
use crate::plane::User;

/// Who runs `reconcile` where.
pub struct Tool {
    folder: PathBuf,
    kubeconfig: PathBuf,
    home: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    /// The exit status; -1 for one that a signal ended.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// From start to end.
    pub took: Duration,
}

impl Tool {
    /// In a repository, as a user of the cluster.
    pub fn new(repo: &FleetRepo, user: &User) -> Self {
        Self {
            folder: repo.path().to_owned(),
            kubeconfig: user.kubeconfig.clone(),
            home: tempfile::tempdir().expect("a temporary folder can be made"),
        }
    }

    /// Its home folder, where caches and git's configuration would be.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Run {
        let started = Instant::now();
        let output = self.command(args).output().expect("the binary starts");
        Run::new(&output, started.elapsed())
    }

    /// Runs it and takes its standard output.
    ///
    /// # Panics
    /// Where the exit status is another.
    pub fn expect(&self, status: i32, args: &[&str]) -> String {
        let run = self.run(args);
        let Run { stdout, stderr, took, .. } = &run;
        assert_eq!(run.status, status, "reconcile {args:?}, after {took:?}\n{stdout}{stderr}");
        run.stdout
    }

    /// Starts it, for a test that does something meanwhile: [`Run::of`] waits for it.
    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().expect("the binary starts")
    }

    /// The command, for a test that wants more of its environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
        command
            .args(args)
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("KUBECONFIG", &self.kubeconfig)
            .env("TZ", "UTC")
            // A git above the temporary folder is not the fleet's.
            .env("GIT_CEILING_DIRECTORIES", std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl Run {
    /// Waits for a run that was started.
    pub fn of(child: Child) -> Self {
        let started = Instant::now();
        let output = child.wait_with_output().expect("the process can be waited for");
        Self::new(&output, started.elapsed())
    }

    fn new(output: &Output, took: Duration) -> Self {
        let planted = Canary::planted();
        planted.must_not_be_in(&output.stdout, "standard output");
        planted.must_not_be_in(&output.stderr, "standard error");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("reconcile writes UTF-8");
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            took,
        }
    }
}
