//! Objects as the text of a file.

use serde_json::Value;

use crate::chart::yaml::{Numbers, read_strict, write as to_text};

/// What is wrong with a text, and where.
pub(super) struct Wrong {
    /// From 1.
    pub(super) line: usize,
    /// From 1.
    pub(super) column: usize,
    pub(super) message: String,
}

/// The object that a text holds.
pub(super) fn read(text: &str) -> Result<Value, Wrong> {
    if let Some(line) = second_document(text) {
        return Err(Wrong { line, column: 1, message: "a second document: a file holds one object".into() });
    }
    read_strict(text, Numbers::Exact).map_err(|error| Wrong {
        line: error.line,
        column: error.column,
        // It may be a Secret that is misread.
        message: error.unquoted(),
    })
}

/// An object as text.
pub(super) fn write(object: &Value) -> String {
    to_text(object)
}

/// The line at which something follows a first document. A marker at the start of a line is one wherever it stands.
fn second_document(text: &str) -> Option<usize> {
    let is_marker =
        |line: &str| line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    let is_content = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#') && !is_marker(line);
    let mut seen = false;
    let mut marker = None;
    for (number, line) in text.lines().enumerate() {
        if is_marker(line) && seen {
            marker = marker.or(Some(number + 1));
        } else if is_content(line) {
            if marker.is_some() {
                return marker;
            }
            seen = true;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_document_a_file() {
        for text in ["a: b\n", "---\na: b\n", "# c\n---\na: b\n---\n# end\n", "a: |\n  ---\n"] {
            assert_eq!(second_document(text), None, "{text}");
        }
        assert_eq!(second_document("a: b\n---\nc: d\n"), Some(2));
    }
}
