//! Helm's `toYaml`: Go writes JSON, go-yaml reads it as YAML, and writes that. The way through
//! JSON shows where a text holds characters that JSON leaves alone and YAML does not.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::write;

/// Characters of JSON, quotes included, after which go-yaml gives up on a key.
const LONGEST_KEY: usize = 1024;

/// Writes a value as Helm's `toYaml` does: [`write`] without the last line break; nothing at all
/// where Go fails, for Helm swallows that error (a DEL or another control character above it, or a key of
/// more than 1,024 characters); and with U+0085 folded into a space, as YAML does within quotes.
pub fn to_yaml(value: &Value) -> String {
    let mut through = match reread(value) {
        None => return String::new(),
        Some(Cow::Borrowed(_)) => write(value),
        Some(Cow::Owned(value)) => write(&value),
    };
    if through.ends_with('\n') {
        through.pop();
    }
    through
}

/// What go-yaml reads in Go's JSON of the value.
fn reread(value: &Value) -> Option<Cow<'_, Value>> {
    if is_quiet(value) {
        return Some(Cow::Borrowed(value));
    }
    Some(Cow::Owned(match value {
        Value::String(text) => Value::String(fold(text)?),
        Value::Array(items) => {
            let items = items.iter().map(|item| reread(item).map(Cow::into_owned));
            Value::Array(items.collect::<Option<_>>()?)
        }
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| {
                let fits = !key.contains('\u{85}') && json_length(key) <= LONGEST_KEY;
                let key = fits.then(|| fold(key))??;
                Some((key, reread(value)?.into_owned()))
            });
            Value::Object(entries.collect::<Option<Map<_, _>>>()?)
        }
        other => other.clone(),
    }))
}

/// Whether nothing in the value takes notice of the way through JSON.
fn is_quiet(value: &Value) -> bool {
    let plain = |text: &str| text.bytes().all(|byte| byte < 0x7f);
    let quiet = |text: &str| plain(text) || !text.contains(|c: char| c == '\u{85}' || is_refused(c));
    match value {
        Value::String(text) => quiet(text),
        Value::Array(items) => items.iter().all(is_quiet),
        Value::Object(map) => map.iter().all(|(key, value)| {
            quiet(key) && (key.len() < LONGEST_KEY / 6 || json_length(key) <= LONGEST_KEY) && is_quiet(value)
        }),
        _ => true,
    }
}

/// What Go writes as it is in JSON, and go-yaml does not read.
fn is_refused(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// Folds U+0085 as a line break within double quotes: with the spaces around it into one space,
/// or into one line break less than there are of them.
fn fold(text: &str) -> Option<String> {
    // A line that begins as a document does ends the quotes, for go-yaml.
    let document = |line: &str| {
        let mark = line.strip_prefix("---").or_else(|| line.strip_prefix("..."));
        mark.is_some_and(|rest| rest.starts_with([' ', '\u{85}']))
    };
    let mut lines = text.split_inclusive('\u{85}').skip(1);
    if text.contains(is_refused) || lines.any(document) {
        return None;
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\u{85}') {
        out.push_str(rest[..at].trim_end_matches(' '));
        let after = rest[at..].trim_start_matches([' ', '\u{85}']);
        let run = &rest[at..rest.len() - after.len()];
        match run.matches('\u{85}').count() {
            0 | 1 => out.push(' '),
            more => out.extend(std::iter::repeat_n('\n', more - 1)),
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// How many characters a text has in Go's JSON.
fn json_length(text: &str) -> usize {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' | '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' => 2,
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => 6,
        _ => 1,
    });
    escaped.sum::<usize>() + 2
}
