//! Unified diffs of text.

use similar::TextDiff;

/// How many unchanged lines surround a change.
const CONTEXT: usize = 3;

/// The unified diff from `before` to `after`, with the `names` of both in its header and `/dev/null` for the side that
/// is not there. Empty where both are equal.
///
/// A last line without an end is given one: YAML means the same either way.
pub fn unified(before: Option<&str>, after: Option<&str>, names: (&str, &str)) -> String {
    let old = before.map(ended).unwrap_or_default();
    let new = after.map(ended).unwrap_or_default();
    if old == new {
        return String::new();
    }
    let header = |side: Option<&str>, name| if side.is_some() { name } else { "/dev/null" };
    // Without a deadline, which would be a clock: the default algorithm bounds its own search.
    TextDiff::from_lines(old.as_str(), new.as_str())
        .unified_diff()
        .context_radius(CONTEXT)
        .header(header(before, names.0), header(after, names.1))
        .to_string()
}

/// A unified diff without the two lines of its header, where what stands around it names the object.
pub(super) fn body(diff: &str) -> impl Iterator<Item = &str> {
    let is_header = |at: usize, line: &str| at < 2 && (line.starts_with("--- ") || line.starts_with("+++ "));
    diff.lines().enumerate().filter(move |(at, line)| !is_header(*at, line)).map(|(_, line)| line)
}

fn ended(text: &str) -> String {
    let mut text = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
