//! What goes wrong in a template, in Helm's words and with its place.

use std::fmt;

/// A place in a template: what Go's errors print as `NAME:LINE:COL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file that was parsed, for example `chart/templates/service.yaml`, or `gotpl` below `tpl`.
    pub template: String,
    /// Counted from one.
    pub line: usize,
    /// Counted from zero, in bytes, as Go counts it. Parse errors have none.
    pub column: Option<usize>,
}

/// Whether the text could not be parsed, or could not be executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is not a template.
    Parse,
    /// The template ran, and failed.
    Execute,
    /// The template ran past a bound of the [`Session`](super::Session).
    Bound,
}

/// A template that does not parse or does not render. Its `Display` is the message that Helm prints.
#[derive(Debug, Clone)]
pub struct TemplateError {
    /// Parse or execution.
    pub kind: ErrorKind,
    /// The innermost place, where the message belongs: below three `include`s it is the third file.
    pub place: Place,
    /// The innermost message alone, without places.
    pub message: String,
    /// The whole chain, as Go words it.
    pub(crate) text: String,
}

impl TemplateError {
    /// What it says, without the marks around what a template itself says is wrong.
    pub fn without_marks(&self) -> String {
        self.text.replace(WARN_START, "").replace(WARN_END, "")
    }

    /// An error of the parser, in Go's form `template: NAME:LINE: MESSAGE`.
    pub(crate) fn parse(template: &str, line: usize, message: &str) -> Self {
        Self {
            kind: ErrorKind::Parse,
            place: Place { template: template.to_owned(), line, column: None },
            message: message.to_owned(),
            text: format!("template: {template}:{line}: {message}"),
        }
    }

    /// Rewords the chain as Helm does before it prints it: parse errors lose the middle of their
    /// chain, and the messages of `fail` and `required` lose all but the outermost place.
    #[must_use]
    pub(crate) fn into_helms(mut self) -> Self {
        let text = &self.text;
        if self.kind == ErrorKind::Parse {
            let mut tokens = text.split(": ");
            tokens.next();
            if let (Some(location), Some(last)) = (tokens.next(), text.rsplit(": ").next()) {
                self.text = format!("parse error at ({location}): {last}");
            }
            return self;
        }
        let mut tokens = text.splitn(3, ": ");
        tokens.next();
        if let (Some(location), Some(rest)) = (tokens.next(), tokens.next())
            && let Some(start) = rest.find(WARN_START)
            && let Some(end) = rest.rfind(WARN_END)
            && start + WARN_START.len() <= end
        {
            let said = &rest[start + WARN_START.len()..end];
            self.text = format!("execution error at ({location}): {said}");
        }
        if let Some(start) = self.message.find(WARN_START)
            && let Some(end) = self.message.rfind(WARN_END)
            && start + WARN_START.len() <= end
        {
            self.message = self.message[start + WARN_START.len()..end].to_owned();
        }
        self
    }
}

/// Marks the message of `fail` and `required` inside a chain.
pub(crate) const WARN_START: &str = "HELM_ERR_START";
/// Its end.
pub(crate) const WARN_END: &str = "HELM_ERR_END";

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for TemplateError {}

/// What a template function answers when it fails: the text, and where it happened if that was
/// inside another template.
#[derive(Debug, Clone)]
pub struct Fault {
    pub(crate) text: String,
    pub(crate) inner: Option<Box<TemplateError>>,
    pub(crate) bound: bool,
}

impl Fault {
    /// A failure past a bound of the session.
    pub(crate) fn bound(text: impl Into<String>) -> Self {
        Self { text: text.into(), inner: None, bound: true }
    }

    /// A failure inside another template, its text led by `prefix`.
    pub(crate) fn within(prefix: &str, error: TemplateError) -> Self {
        Self {
            text: format!("{prefix}{}", error.text),
            bound: error.kind == ErrorKind::Bound,
            inner: Some(Box::new(error)),
        }
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Self { text, inner: None, bound: false }
    }
}

impl From<&str> for Fault {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<TemplateError> for Fault {
    fn from(error: TemplateError) -> Self {
        Self::within("", error)
    }
}
