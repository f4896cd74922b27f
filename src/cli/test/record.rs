//! What a test writes, and what is made of it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;

use super::{Came, Ended, seconds};
use crate::cli::args::Test;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Printer;
use crate::release::LogForm;
use crate::report::junit::{Suite, TestCase, Verdict, junit};
use crate::report::odoo::odoo_tests;

/// So much is kept to be read for results; the file has all of it.
const KEPT: usize = 64 << 20;

/// How single tests are told.
pub(super) enum Form {
    /// In the output.
    Log(LogForm),
    /// As they are.
    Cases(Vec<TestCase>),
}

/// What is written while the tests run.
#[derive(Default)]
pub(super) struct Record {
    file: Option<File>,
    /// The file's name, for people.
    name: String,
    kept: Vec<u8>,
}

impl Record {
    /// Nothing yet; the file is there from now on.
    pub(super) fn new(options: &Test) -> Result<Self, Failure> {
        let name = options.output.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
        let file = options.output.as_ref().map(File::create).transpose().map_err(|error| unwritable(&name, &error))?;
        Ok(Self { file, name, kept: Vec::new() })
    }

    /// What a test wrote.
    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), Failure> {
        Printer::pass_on(piece)?;
        if let Some(file) = &mut self.file {
            file.write_all(piece).map_err(|error| unwritable(&self.name, &error))?;
        }
        let room = KEPT.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(piece.get(..piece.len().min(room)).unwrap_or_default());
        Ok(())
    }

    /// What came of it.
    pub(super) fn judge(&self, sandbox: &str, began: Timestamp, ended: Timestamp, how: Result<Ended, Failure>) -> Came {
        let output = String::from_utf8_lossy(&self.kept).into_owned();
        let whole = |verdict| TestCase { class: sandbox.to_owned(), name: "test".into(), seconds: None, verdict };
        let (mut cases, passed) = match how {
            Ok(Ended::Status(status, form)) => of_status(status, form, &output),
            Ok(Ended::Interrupted) => {
                let failure =
                    Failure { exit: Exit::Failed, message: String::new(), hints: Vec::new(), findings: Vec::new() };
                (vec![whole(Verdict::Error("interrupted".into()))], Err(failure))
            }
            Err(failure) => (vec![whole(Verdict::Error(failure.message.clone()))], Err(failure)),
        };
        if cases.is_empty() {
            let verdict = match &passed {
                Ok(true) => Verdict::Passed,
                Ok(false) => Verdict::Failed(last_lines(&output)),
                Err(failure) => Verdict::Error(failure.message.clone()),
            };
            cases.push(whole(verdict));
        }
        let suite = Suite { name: sandbox.to_owned(), began, seconds: seconds(began, ended), cases, output };
        Came { suite, passed }
    }
}

/// What an exit status and an output tell.
fn of_status(status: i32, form: Form, output: &str) -> (Vec<TestCase>, Result<bool, Failure>) {
    let cases = match form {
        Form::Cases(cases) => return (cases, Ok(status == 0)),
        Form::Log(LogForm::Plain) => return (Vec::new(), Ok(status == 0)),
        Form::Log(LogForm::Odoo) => {
            let told = odoo_tests(output);
            // Tags that match nothing end well in Odoo, and say nothing of what was meant to be tested.
            if status == 0 && told.cases.is_empty() && told.ran.unwrap_or_default() == 0 {
                let failure = Failure::new(
                    Exit::Failed,
                    "no test was run: Odoo ended well, and tells of none",
                    "see whether the tags match any test: reconcile test NAME -- --test-tags /MODULE",
                );
                return (Vec::new(), Err(failure));
            }
            told.cases
        }
    };
    let is_bad = |case: &TestCase| matches!(case.verdict, Verdict::Failed(_) | Verdict::Error(_));
    let any_bad = cases.iter().any(is_bad);
    let mut cases = cases;
    if status != 0 && !any_bad {
        // It ended before, or beside, what single tests tell.
        let text = format!("it ended with status {status}\n{}", last_lines(output));
        cases.push(TestCase {
            class: "run".into(),
            name: "status".into(),
            seconds: None,
            verdict: Verdict::Error(text),
        });
    }
    (cases, Ok(status == 0 && !any_bad))
}

/// The end of an output.
fn last_lines(output: &str) -> String {
    const LINES: usize = 40;
    let lines: Vec<&str> = output.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}

/// Writes what came of each test.
pub(super) fn write(file: &Path, suite: &Suite) -> Result<(), Failure> {
    std::fs::write(file, junit(suite)).map_err(|error| unwritable(&file.display().to_string(), &error))
}

fn unwritable(file: &str, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{file} cannot be written: {error}"), "name a file in a folder that is there")
}
