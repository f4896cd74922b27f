//! The events of one YAML document, from `saphyr-parser`.

use std::borrow::Cow;

use saphyr_parser::{Event as Raw, Parser, ScalarStyle, ScanError, StrInput, Tag};

use super::Error;

/// A place in the text, both from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Mark {
    pub(super) fn error(self, message: impl Into<String>) -> Error {
        Error { line: self.line, column: self.column, message: message.into() }
    }
}

/// One step through a document.
#[derive(Debug)]
pub(super) enum Event<'a> {
    Scalar {
        text: Cow<'a, str>,
        /// Whether the text was not quoted, so that its meaning is looked for in it.
        plain: bool,
        tag: Option<String>,
        anchor: Option<String>,
    },
    SequenceStart {
        anchor: Option<String>,
    },
    SequenceEnd,
    MappingStart {
        anchor: Option<String>,
    },
    MappingEnd,
    Alias(String),
    /// The first document is over.
    End,
}

/// Where events come from.
pub(super) struct Events<'a> {
    parser: Parser<'a, StrInput<'a>>,
}

impl<'a> Events<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { parser: Parser::new_from_str(text) }
    }

    pub(super) fn next(&mut self) -> Result<(Event<'a>, Mark), Error> {
        loop {
            let Some(next) = self.parser.next_event() else {
                return Ok((Event::End, Mark { line: 1, column: 1 }));
            };
            let (event, span) = next.map_err(|error| convert(&error))?;
            let mark = Mark { line: span.start.line(), column: span.start.col() + 1 };
            let event = match event {
                Raw::Nothing | Raw::StreamStart | Raw::DocumentStart(_) => continue,
                Raw::StreamEnd | Raw::DocumentEnd => Event::End,
                Raw::Alias(id) => Event::Alias(id.to_string()),
                Raw::Scalar(text, style, anchor, tag) => {
                    let tag = tag_name(tag.as_deref());
                    Event::Scalar {
                        plain: style == ScalarStyle::Plain || tag.as_deref() == Some("!"),
                        text,
                        tag: tag.filter(|tag| tag != "!"),
                        anchor: name(anchor),
                    }
                }
                Raw::SequenceStart(anchor, _) => Event::SequenceStart { anchor: name(anchor) },
                Raw::SequenceEnd => Event::SequenceEnd,
                Raw::MappingStart(anchor, _) => Event::MappingStart { anchor: name(anchor) },
                Raw::MappingEnd => Event::MappingEnd,
            };
            return Ok((event, mark));
        }
    }
}

fn name(anchor: usize) -> Option<String> {
    (anchor > 0).then(|| anchor.to_string())
}

fn tag_name(tag: Option<&Tag>) -> Option<String> {
    tag.map(|tag| format!("{}{}", tag.handle, tag.suffix))
}

fn convert(error: &ScanError) -> Error {
    Mark { line: error.marker().line(), column: error.marker().col() + 1 }.error(error.info())
}
