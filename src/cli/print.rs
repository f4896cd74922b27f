//! The one printer: everything that a person or a program reads goes through here.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum as _;
use serde_json::json;

use super::args::{Args, Color, LogFormat};
use super::failure::Failure;
use crate::report::{plain, text};

/// Where output goes, and whether in colour.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    choice: ColorChoice,
    quiet: bool,
    /// How standard error is written.
    format: LogFormat,
}

impl Printer {
    /// As the command line asks.
    pub fn new(args: &Args) -> Self {
        let format = args.output.log_format;
        Self { choice: args.output.color.into(), quiet: args.output.quiet, format }
    }

    /// For a command line that cannot be read, as far as that goes: it asks for colours, or not.
    pub fn of_line(line: &[OsString]) -> Self {
        let words: Vec<&str> = line.iter().filter_map(|word| word.to_str()).collect();
        let given = |option: &str| {
            words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(option) {
                Some("") => words.get(at + 1).copied(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            })
        };
        let color = given("--color").and_then(|color| Color::from_str(color, false).ok()).unwrap_or(Color::Auto);
        let format = given("--log-format").and_then(|format| LogFormat::from_str(format, false).ok());
        Self { choice: color.into(), quiet: false, format: format.unwrap_or_default() }
    }

    /// What clap says: the help on standard output, what is wrong on standard error.
    pub fn usage(&self, error: &clap::Error) {
        let text = error.render().ansi().to_string();
        if error.use_stderr() {
            match self.format {
                LogFormat::Text => self.error_line(&text::usage(&text, width())),
                LogFormat::Json => self.json_line("ERROR", &text, &[]),
            }
        } else {
            // A closed pipe has had enough; a full disk cannot be told of by help.
            let _ = self.answer(&text);
        }
    }

    /// What the command answers, on standard output. A closed pipe is a reader that has had enough.
    ///
    /// # Errors
    /// Where standard output cannot be written, such as on a full disk.
    pub fn answer(&self, text: &str) -> Result<(), Failure> {
        let mut out = AutoStream::new(io::stdout(), self.choice);
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let failure = Failure::of(&error);
                Err(Failure { message: format!("standard output cannot be written: {}", failure.message), ..failure })
            }
            _ => Ok(()),
        }
    }

    /// What a program that runs elsewhere writes to its standard output, as it is.
    ///
    /// # Errors
    /// As [`Printer::answer`].
    pub fn pass_on(bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let failure = Failure::of(&error);
                Err(Failure { message: format!("standard output cannot be written: {}", failure.message), ..failure })
            }
            _ => Ok(()),
        }
    }

    /// The same of its standard error.
    pub fn pass_on_error(bytes: &[u8]) {
        let mut err = io::stderr().lock();
        // Where standard error is closed there is nobody to tell.
        let _ = err.write_all(bytes).and_then(|()| err.flush());
    }

    /// An error as Helm words it, lines and all.
    pub fn helms_error(&self, message: &str) {
        match self.format {
            LogFormat::Text => {
                let mut err = AutoStream::new(io::stderr(), self.choice);
                // Where standard error is closed there is nobody to tell.
                let _ = writeln!(err, "Error: {message}");
            }
            LogFormat::Json => self.json_line("ERROR", message, &[]),
        }
    }

    /// A line on standard error as it is, however wide.
    pub fn plain(&self, text: &str) {
        self.line("WARN", text);
    }

    /// What is worth knowing beside the answer, on standard error.
    pub fn note(&self, text: &str) {
        self.line("INFO", text);
    }

    /// Whether lines may move: somebody reads them, and wants to.
    pub fn may_move(&self) -> bool {
        !self.quiet && self.format == LogFormat::Text && io::stderr().is_terminal()
    }

    /// What goes on at the moment; not with `--quiet`.
    pub fn progress(&self, text: &str) {
        if !self.quiet {
            self.line("INFO", text);
        }
    }

    /// Why a command ended early.
    pub fn failure(&self, failure: &Failure) {
        for finding in &failure.findings {
            self.finding(finding);
        }
        if self.format == LogFormat::Json {
            return self.json_line("ERROR", &failure.message, &failure.hints);
        }
        self.error(&failure.message);
        for hint in &failure.hints {
            self.hint(hint);
        }
    }

    /// A place in a file, of several lines, which stands apart.
    pub fn finding(&self, text: &str) {
        self.line("WARN", text);
        if self.format == LogFormat::Text {
            self.error_line("");
        }
    }

    /// What is not as it should be, and stops nothing.
    pub fn warning(&self, message: &str) {
        match self.format {
            LogFormat::Text => self.error_line(&text::warning(message, width())),
            LogFormat::Json => self.json_line("WARN", message, &[]),
        }
    }

    /// What is wrong.
    pub fn error(&self, message: &str) {
        match self.format {
            LogFormat::Text => self.error_line(&text::error(message, width())),
            LogFormat::Json => self.json_line("ERROR", message, &[]),
        }
    }

    /// What to do about what was said last.
    pub fn hint(&self, hint: &str) {
        match self.format {
            LogFormat::Text => self.error_line(&text::hint(hint, width())),
            LogFormat::Json => self.json_line("INFO", hint, &[]),
        }
    }

    /// Whether standard error shows colours.
    pub fn colours_errors(&self) -> bool {
        AutoStream::new(io::stderr(), self.choice).current_choice() != ColorChoice::Never
    }

    /// Asks a question that only `y` or `yes` affirms.
    pub fn asks(&self, question: &str) -> bool {
        let mut out = AutoStream::new(io::stderr(), self.choice);
        let mut answer = String::new();
        let asked = write!(out, "{question} [y/N] ").and_then(|()| out.flush());
        let read = asked.and_then(|()| io::stdin().read_line(&mut answer));
        if !answer.ends_with('\n') {
            // The cursor stands behind the question.
            let _ = writeln!(out);
        }
        read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
    }

    /// Asks a question that any line answers; an empty one by the default. None where nobody answers.
    pub fn question(&self, question: &str, default: &str) -> Option<String> {
        let mut out = AutoStream::new(io::stderr(), self.choice);
        let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        write!(out, "{question}{shown}: ").and_then(|()| out.flush()).ok()?;
        let mut answer = String::new();
        match io::stdin().read_line(&mut answer) {
            Ok(count) if count > 0 => {}
            _ => {
                // The cursor stands behind the question.
                let _ = writeln!(out);
                return None;
            }
        }
        let answer = answer.trim();
        Some(if answer.is_empty() { default.to_owned() } else { answer.to_owned() })
    }

    /// Text that is written for people.
    fn line(&self, level: &str, text: &str) {
        match self.format {
            LogFormat::Text => self.error_line(text),
            LogFormat::Json => self.json_line(level, text, &[]),
        }
    }

    /// As the log writes its own lines.
    fn json_line(&self, level: &str, text: &str, hints: &[String]) {
        let mut fields = json!({"message": plain(text).trim()});
        if !hints.is_empty() {
            fields["hints"] = json!(hints);
        }
        let line = json!({"timestamp": super::clock(), "level": level, "fields": fields, "target": "reconcile"});
        self.error_line(&line.to_string());
    }

    fn error_line(&self, text: &str) {
        let mut err = AutoStream::new(io::stderr(), self.choice);
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(err, "{}", text.trim_end_matches('\n'));
    }
}

/// Whether somebody is there to answer a question.
pub fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// How many columns the terminal has; 80 where there is none.
pub fn width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).clamp(40, 120))
}
