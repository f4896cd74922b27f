//! Text that others wrote, as Markdown that means nothing but itself.
//!
//! Punctuation that could mean anything becomes an entity, which `CommonMark` reads as text alone, within HTML too. What
//! forges look for in the text afterwards (a mention, a reference, an address) is broken by an invisible space.

use std::fmt::Write as _;

use crate::report::style::safe;

/// Breaks what a forge would link, and shows nothing.
const BREAK: &str = "&#8203;";

/// Text of any number of lines, for a paragraph, a cell of a table or within HTML. It never contains a line end.
pub(super) fn prose(text: &str) -> String {
    let text = safe(text.trim_end());
    let lines: Vec<String> = text.split('\n').map(line).collect();
    lines.join("<br>")
}

/// At most so many characters of it; what is more is one `…`.
pub(super) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => prose(text),
        Some((end, _)) => format!("{}…", prose(text.get(..end).unwrap_or_default())),
    }
}

fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let next = rest.clone().next();
        match c {
            ' ' | '\t' => out.push(' '),
            // An address is followed by two slashes; a word that ends in a colon is not.
            ':' if next == Some('/') => out.push_str("&#58;&#8203;"),
            _ if c.is_ascii_punctuation() && !",.-/()'\"=+;:?%".contains(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "&#{};", u32::from(c));
                let is_reference = match c {
                    '@' | '#' => next.is_some_and(|next| !next.is_whitespace()),
                    '!' | '$' | '&' | '^' | '~' => next.is_some_and(|next| next.is_ascii_digit()),
                    _ => false,
                };
                if is_reference {
                    out.push_str(BREAK);
                }
            }
            _ => out.push(c),
        }
        let just = |word: &str| text.len() - rest.as_str().len() >= word.len() && ends(text, rest.as_str(), word);
        if (just("www") && next == Some('.')) || (just("gh-") && next.is_some_and(|next| next.is_ascii_digit())) {
            out.push_str(BREAK);
        }
    }
    out
}

/// Whether what was read of a text, up to its `rest`, ends in a word.
fn ends(text: &str, rest: &str, word: &str) -> bool {
    let read = text.len() - rest.len();
    text.as_bytes().get(read - word.len()..read).is_some_and(|tail| tail.eq_ignore_ascii_case(word.as_bytes()))
}

/// Text of one line as code, to be copied.
pub(super) fn code(text: &str) -> String {
    let text = safe(text).replace('\n', " ");
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// The longest run of backticks in a text.
pub(super) fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// An address of a sandbox as a link, where it is one beyond doubt; else as text.
pub(super) fn link(url: &str) -> String {
    let after = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:/".contains(&b));
    match after {
        Some(rest) if !rest.is_empty() && is_plain(rest) => format!("<{url}>"),
        _ => prose(url),
    }
}
