//! What is wrong with a file, and where: the line itself, and how to mend it.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level as Grade, Renderer, Snippet};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::sensitive;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The file cannot be used: its sandbox (or the whole fleet) is held as it is.
    Error,
    /// The file is used as it stands.
    Warning,
}

/// A place in a file, with the line it lies on, so that it can be shown without the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line itself, without its line break; where it names a secret, without the value.
    pub source: String,
    /// The bytes of `source` that are meant.
    pub span: Range<usize>,
}

impl Position {
    /// The place of the bytes `span` of `text`; a span over several lines is cut at the first.
    pub fn of(text: &str, span: &Range<usize>) -> Position {
        let start = floor(text, span.start.min(text.len()));
        let end = floor(text, span.end.min(text.len())).max(start);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(line_start..).unwrap_or_default();
        let source = rest.split('\n').next().unwrap_or_default();
        let whole = source.strip_suffix('\r').unwrap_or(source);
        let shown = sensitive::line(before, whole);
        let source = shown.as_str();
        let from = floor(source, (start - line_start).min(source.len()));
        let to = floor(source, (end - line_start).min(source.len()));
        Position {
            line: before.matches('\n').count() + 1,
            column: whole.get(..start - line_start).unwrap_or(whole).chars().count() + 1,
            source: source.to_owned(),
            span: from..to,
        }
    }
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// One finding about one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The file, relative to the fleet's root.
    pub path: String,
    /// How bad it is.
    pub level: Level,
    /// Where, unless the file as a whole is meant.
    pub at: Option<Position>,
    /// What is wrong: a lower-case phrase without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error about a file as a whole.
    pub fn error(path: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { path: path.into(), level: Level::Error, at: None, message: message.into(), hint: None }
    }

    /// A warning about a file as a whole.
    pub fn warning(path: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { level: Level::Warning, ..Diagnostic::error(path, message) }
    }

    /// The same with a place.
    #[must_use]
    pub fn at(mut self, at: Position) -> Diagnostic {
        self.at = Some(at);
        self
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    /// The finding as a compiler would show it: file, line, column, the line itself, the hint.
    ///
    /// `color` asks for ANSI escapes. There is no line break at the end.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let grade = match self.level {
            Level::Error => Grade::ERROR,
            Level::Warning => Grade::WARNING,
        };
        let (message, hint) = (wrapped(&self.message), self.hint.as_deref().map(wrapped));
        let mut group = Group::with_title(grade.primary_title(message.as_str()));
        group = match &self.at {
            Some(at) => group.element(
                Snippet::source(at.source.as_str())
                    .line_start(at.line)
                    .path(self.path.as_str())
                    .annotation(AnnotationKind::Primary.span(at.span.clone())),
            ),
            None => group.element(annotate_snippets::Origin::path(self.path.as_str())),
        };
        if let Some(hint) = &hint {
            group = group.element(Grade::HELP.message(hint.as_str()));
        }
        renderer.render(&[group])
    }
}

/// In lines that fit 80 columns with what is set before them.
fn wrapped(text: &str) -> String {
    const WIDTH: usize = 66;
    let mut column = 0;
    let mut out = String::with_capacity(text.len() + 8);
    for (at, word) in text.split(' ').enumerate() {
        let long = word.width();
        if at > 0 {
            let breaks = column + 1 + long > WIDTH;
            out.push(if breaks { '\n' } else { ' ' });
            column = if breaks { 0 } else { column + 1 };
        }
        out.push_str(word);
        column += long;
    }
    out
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{}:{}:{}: ", self.path, at.line, at.column)?,
            None => write!(f, "{}: ", self.path)?,
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Why a text is not what it should be; a reader adds where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Invalid {
    /// Without a hint.
    pub fn new(message: impl Into<String>) -> Invalid {
        Invalid { message: message.into(), hint: None }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Invalid {
        self.hint = Some(hint.into());
        self
    }
}
