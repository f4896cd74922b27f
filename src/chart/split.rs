//! From a rendered text to its documents, by Helm's rule rather than YAML's: a line that begins with `---`
//! separates, whatever follows it there.

use std::sync::LazyLock;

use regex::Regex;

/// One document of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// The document, without white space around it.
    pub text: &'a str,
    /// The line where it begins in the whole text, from 1.
    pub line: usize,
}

/// Splits a text, and leaves empty documents out.
pub fn split(text: &str) -> Vec<Part<'_>> {
    static SEPARATOR: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
        Regex::new(r"(?:^|[\t\n\x0c\r ]*\n)---[\t\n\x0c\r ]*").unwrap()
    });
    let body = trim(text);
    let lead = text.len() - text.trim_start_matches(is_space).len();
    let mut parts = Vec::new();
    let mut start = 0;
    let ends = SEPARATOR.find_iter(body).map(|found| (found.start(), found.end()));
    for (end, next) in ends.chain([(body.len(), body.len())]) {
        let raw = body.get(start..end).unwrap_or_default();
        if !raw.is_empty() {
            let skipped = raw.len() - raw.trim_start_matches(is_space).len();
            let before = text.get(..lead + start + skipped).unwrap_or_default();
            parts.push(Part { text: trim(raw), line: before.matches('\n').count() + 1 });
        }
        start = next;
    }
    parts
}

fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// What Go's `strings.TrimSpace` takes away.
fn is_space(c: char) -> bool {
    c.is_whitespace()
}
