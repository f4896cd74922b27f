//! `KEY=VALUE` on a command line: what it sets in a sandbox's file.
//!
//! The left side is a key of the file, or `values.…` for one of its values; `\.` is a dot inside a key. The right side is read as
//! Helm's `--set` reads it: `true`, `false` and whole numbers are what they look like, `{a,b}` is a list, `[]`
//! an empty one, and anything else is text. Nothing, or `null`, takes the key out.

use toml_edit::{Array, Value};

use super::diagnostic::Invalid;
use crate::near::nearest;

/// A key, part by part, and what it gets; `None` takes it out.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The key, from the top of the file.
    pub key: Vec<String>,
    /// The value.
    pub value: Option<Value>,
}

/// The keys of a sandbox's file that a command may set, beside `values`.
const KEYS: [&str; 9] = ["branch", "image", "chart", "ttl", "expires", "profile", "owner", "replace", "asleep"];

impl Assignment {
    /// One value of the sandbox, as `--set` names it: the key is below `values`.
    pub fn of_value(text: &str) -> Result<Assignment, Invalid> {
        let (key, value) = halves(text)?;
        let mut parts = vec!["values".to_owned()];
        parts.extend(split(key)?);
        Ok(Assignment { key: parts, value: read(value)? })
    }

    /// A key of the file.
    pub fn of_file(text: &str) -> Result<Assignment, Invalid> {
        let (key, value) = halves(text)?;
        let parts = split(key)?;
        match parts.as_slice() {
            [first, _, ..] if first == "values" || first == "schedule" => {
                let value = if first == "values" { read(value)? } else { text_of(value) };
                Ok(Assignment { key: parts, value })
            }
            [only] if KEYS.contains(&only.as_str()) => {
                // A tag may look like a number; only one key is no text.
                let value = if only == "asleep" { read(value)? } else { text_of(value) };
                Ok(Assignment { key: parts, value })
            }
            _ => Err(unknown(key)),
        }
    }
}

fn unknown(key: &str) -> Invalid {
    let hint = match nearest(key, KEYS) {
        Some(known) => format!("did you mean `{known}`?"),
        None if key == "pin" || key.starts_with("pin.") => "see reconcile pin, and reconcile unpin".to_owned(),
        None => {
            let keys = KEYS.join(", ");
            format!("the keys are {keys}, schedule.KEY and values.KEY; a value of the sandbox: --set {key}=…")
        }
    };
    Invalid::new(format!("`{key}` is no key of a sandbox's file")).hint(hint)
}

fn halves(text: &str) -> Result<(&str, &str), Invalid> {
    let halves = text.split_once('=').filter(|(key, _)| !key.is_empty());
    halves.ok_or_else(|| Invalid::new(format!("`{text}` sets nothing")).hint("write KEY=VALUE"))
}

/// A key's parts.
fn split(key: &str) -> Result<Vec<String>, Invalid> {
    let bad = |why: &str| Invalid::new(format!("`{key}` is no key: {why}"));
    let mut parts = vec![String::new()];
    let mut letters = key.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match (letters.next(), parts.last_mut()) {
                (Some(next), Some(part)) => part.push(next),
                _ => return Err(bad("it ends in the middle of something")),
            },
            '.' => parts.push(String::new()),
            '[' => {
                return Err(bad("it names a place in a list").hint("give the whole list: KEY={a,b}, or edit the file"));
            }
            letter => {
                if let Some(part) = parts.last_mut() {
                    part.push(letter);
                }
            }
        }
    }
    if parts.iter().any(String::is_empty) {
        return Err(bad("a part of it is empty"));
    }
    Ok(parts)
}

fn text_of(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::from(text))
}

fn read(text: &str) -> Result<Option<Value>, Invalid> {
    if text.is_empty() || text == "null" {
        return Ok(None);
    }
    if text == "[]" {
        return Ok(Some(Value::Array(Array::new())));
    }
    let Some(list) = text.strip_prefix('{') else {
        return Ok(Some(scalar(text)));
    };
    let Some(list) = list.strip_suffix('}') else {
        return Err(Invalid::new(format!("`{text}` is a list without an end")).hint("write {a,b}"));
    };
    let mut array = Array::new();
    if !list.is_empty() {
        for item in pieces(list) {
            array.push(scalar(&item));
        }
    }
    Ok(Some(Value::Array(array)))
}

/// What the commas divide; `\,` is a comma.
fn pieces(list: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut letters = list.chars();
    while let Some(letter) = letters.next() {
        let next = if letter == '\\' { letters.next() } else { None };
        match (letter, next, all.last_mut()) {
            (_, Some(next), Some(piece)) => piece.push(next),
            (',', None, _) => all.push(String::new()),
            (letter, None, Some(piece)) => piece.push(letter),
            (_, _, None) => {}
        }
    }
    all
}

fn scalar(text: &str) -> Value {
    let digits = text.strip_prefix('-').unwrap_or(text);
    // As Helm has it: a number that begins with 0 is text.
    let is_number = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    match text {
        "true" => Value::from(true),
        "false" => Value::from(false),
        _ if is_number => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
        text => Value::from(text),
    }
}
