//! Objects as the text of a file.

use serde_json::Value;

/// What is wrong with a text, and where.
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
}

/// The object that a text holds.
pub(super) fn read(text: &str) -> Result<Value, Wrong> {
    serde_json::from_str(text).map_err(|error| Wrong { line: error.line(), column: error.column(), message: error.to_string() })
}

/// An object as text.
pub(super) fn write(object: &Value) -> String {
    format!("{object:#}\n")
}
