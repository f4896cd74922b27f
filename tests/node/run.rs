//! Running a program to its end, and what it said.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How a program ended.
#[derive(Debug)]
pub struct Run {
    /// The exit status; -1 for one that a signal ended.
    pub status: i32,
    /// Standard output, then standard error.
    pub text: String,
    /// Standard output alone.
    pub stdout: String,
    /// From start to end.
    pub took: Duration,
}

/// Runs a command to its end.
///
/// # Panics
/// Where it cannot be started.
pub fn run(command: &mut Command) -> Run {
    let started = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Run::new(&output, started.elapsed())
}

impl Run {
    /// Of a process that was waited for.
    pub fn new(output: &Output, took: Duration) -> Self {
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let text = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
        Self { status: output.status.code().unwrap_or(-1), text, stdout, took }
    }

    /// Whether all of it is said, wherever lines were broken.
    pub fn says(&self, words: &str) -> bool {
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        plain(&self.text).contains(&plain(words))
    }

    /// # Panics
    /// Where it is not said.
    pub fn must_say(&self, words: &str) -> &Self {
        assert!(self.says(words), "not said: {words}\n(exit status {})\n{}", self.status, self.text);
        self
    }
}
