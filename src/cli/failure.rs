//! What ends a command early: a message with its chain, hints, and an exit status.

use std::error::Error;
use std::fmt::Write as _;

/// The exit status of each kind of failure (the table in the README).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing could be done.
    Failed = 1,
    /// A safety rule refused it.
    Refused = 3,
    /// The command line is wrong.
    Usage = 64,
    /// Another run is at work.
    Busy = 75,
}

/// Why a command ended early.
#[derive(Debug)]
pub struct Failure {
    /// The exit status.
    pub exit: Exit,
    /// What is wrong, its causes after it.
    pub message: String,
    /// What to do.
    pub hints: Vec<String>,
    /// Shown before it: places in files, each of several lines.
    pub findings: Vec<String>,
}

impl Failure {
    /// A failure with a hint.
    pub fn new(exit: Exit, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hints: vec![hint.into()], findings: Vec::new() }
    }

    /// Of an error and all its causes.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // Writing to a String cannot fail.
            let _ = write!(message, ": {cause}");
            source = cause.source();
        }
        Self { exit: Exit::Failed, message, hints: Vec::new(), findings: Vec::new() }
    }

    /// The same with a hint, where there is one.
    #[must_use]
    pub fn hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hints.extend(hint.map(Into::into));
        self
    }
}
