//! Reading YAML: from text to tokens, to nodes, to JSON.
//!
//! It is a reader of its own, for those of YAML 1.2 refuse what charts hold and Helm reads: a `]` or the
//! rest of a quoted text at the start of a line, tabs, keys without a space after `:` in `{}`.

mod build;
mod cursor;
mod golang;
mod parse;
mod scalars;
mod scan;
mod tags;

use serde_json::Value;

use self::{build::Builder, cursor::Mark, parse::Parser};
use super::{Error, quick};

/// What numbers become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// All are doubles, as in Helm's values.
    Float64,
    /// Integers of 64 bits stay integers, as in a manifest on its way to the API server.
    Exact,
    /// The same, and what is written as a double stays one, as where a text is wanted.
    Spelt,
}

/// Reads the first document of a text as Helm does: of equal keys the last one counts.
///
/// # Errors
/// What is wrong and where: text that is not YAML, a document nested deeper than [`MAX_DEPTH`], or
/// one that JSON cannot hold (`.nan`, a null key).
pub fn read(text: &str, numbers: Numbers) -> Result<Value, Error> {
    quick::read(text, numbers).map_or_else(|| document(text, numbers, false), |tree| Ok(tree.to_value()))
}

/// The same by the whole reader alone, except that a key that is given twice in one mapping is an error.
///
/// # Errors
/// As [`read`], and the second of two equal keys.
pub fn read_strict(text: &str, numbers: Numbers) -> Result<Value, Error> {
    document(text, numbers, true)
}

fn document(text: &str, numbers: Numbers, strict: bool) -> Result<Value, Error> {
    printable(text)?;
    let read = Parser::new(text, Builder::new(numbers, strict)).document();
    read.map_err(|mut error| {
        // The end of a text counts as a line of its own; what is missing there is missing on the last one.
        error.line = error.line.min(text.lines().count().max(1));
        error
    })
}

/// Refuses the control characters that YAML has no place for.
fn printable(text: &str) -> Result<(), Error> {
    if text.bytes().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')) {
        return Ok(());
    }
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
    let Some((at, _)) = text.char_indices().find(|(_, c)| !allowed(*c)) else {
        return Ok(());
    };
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let mark = Mark { line: before.matches('\n').count(), column: before[line_start..].chars().count(), index: 0 };
    Err(mark.error("control characters are not allowed"))
}
