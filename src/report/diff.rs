//! Unified diffs of text.

use similar::TextDiff;

/// How many unchanged lines surround a change.
const CONTEXT: usize = 3;

/// The unified diff from `before` to `after`, with `name` in its header and `/dev/null` for the side that is not there.
/// Empty where both are equal.
///
/// A last line without an end is given one: YAML means the same either way.
pub fn unified(before: Option<&str>, after: Option<&str>, name: &str) -> String {
    let old = before.map(ended).unwrap_or_default();
    let new = after.map(ended).unwrap_or_default();
    if old == new {
        return String::new();
    }
    let header = |side: Option<&str>, prefix: &str| match side {
        Some(_) => format!("{prefix}/{name}"),
        None => "/dev/null".to_owned(),
    };
    // Without a deadline, which would be a clock: the default algorithm bounds its own search.
    TextDiff::from_lines(old.as_str(), new.as_str())
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&header(before, "live"), &header(after, "wanted"))
        .to_string()
}

fn ended(text: &str) -> String {
    let mut text = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
