//! From a rendered text to its documents, by Helm's rule rather than YAML's: a line that begins with `---`
//! separates, whatever follows it there.

use memchr::{memchr_iter, memmem};

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
    let body = trim(text);
    let lead = text.len() - text.trim_start_matches(is_space).len();
    let mut parts = Vec::new();
    let (mut start, mut line, mut counted) = (0, 1, 0);
    loop {
        let (end, next) = separator(body.as_bytes(), start).unwrap_or((body.len(), body.len()));
        let raw = body.get(start..end).unwrap_or_default();
        if !raw.is_empty() {
            let skipped = raw.len() - raw.trim_start_matches(is_space).len();
            let begin = lead + start + skipped;
            line += memchr_iter(b'\n', text.as_bytes().get(counted..begin).unwrap_or_default()).count();
            counted = begin;
            parts.push(Part { text: trim(raw), line });
        }
        if end == body.len() {
            return parts;
        }
        start = next;
    }
}

/// The next separator from a place on: Helm's `(?:^|\s*\n)---\s*`, of which the line break before it must not be part
/// of the separator before that.
fn separator(body: &[u8], start: usize) -> Option<(usize, usize)> {
    let rest = body.get(start..)?;
    let found = memmem::find_iter(rest, b"---")
        .map(|at| start + at)
        .find(|at| *at == 0 || (*at > start && body[at - 1] == b'\n'))?;
    let before = body[start..found].iter().rev().take_while(|byte| is_ascii_space(**byte)).count();
    let after = body[found + 3..].iter().take_while(|byte| is_ascii_space(**byte)).count();
    Some((found - before, found + 3 + after))
}

/// What Go's regular expressions take for white space.
fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// What Go's `strings.TrimSpace` takes away.
fn is_space(c: char) -> bool {
    c.is_whitespace()
}
