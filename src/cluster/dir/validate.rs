//! Whether an object is what its kind allows: no unknown field, no value of another sort, no two items of one name,
//! and names and labels as the server wants them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::schema::{Keys, Scalar, Type};

/// Checks a whole object.
///
/// # Errors
/// All that is wrong, each with its path.
pub(super) fn object(of: &Type, object: &Value) -> Result<(), Vec<String>> {
    let mut wrongs = Vec::new();
    value(of, object, "", &mut wrongs);
    for (key, check) in [("labels", label_value as fn(&str) -> bool), ("annotations", |_| true)] {
        let entries = object.pointer(&format!("/metadata/{key}")).and_then(Value::as_object);
        for (name, text) in entries.into_iter().flatten() {
            if !label_name(name) {
                wrongs.push(format!(".metadata.{key}: {name:?} is no name of a label or annotation"));
            }
            if !text.as_str().is_none_or(check) {
                wrongs.push(format!(
                    ".metadata.{key}.{name}: a label's value is at most 63 letters, digits, '-', '_', '.'"
                ));
            }
        }
    }
    if wrongs.is_empty() { Ok(()) } else { Err(wrongs) }
}

fn value(of: &Type, value: &Value, path: &str, wrongs: &mut Vec<String>) {
    let mut expect = |is: bool, what: &str| {
        if !is {
            wrongs.push(format!("{}: expected {what}", at(path)));
        }
    };
    match of {
        Type::Any { .. } => {}
        Type::Scalar(scalar) => match scalar {
            Scalar::Text => expect(value.is_string(), "text"),
            Scalar::Integer => expect(value.is_i64() || value.is_u64(), "an integer"),
            Scalar::Number => expect(value.is_number(), "a number"),
            Scalar::Boolean => expect(value.is_boolean(), "true or false"),
            Scalar::Quantity => expect(value.is_string() || value.is_number(), "text or a number"),
        },
        Type::Map { .. } | Type::Struct { .. } => match value {
            Value::Object(fields) => map(of, fields, path, wrongs),
            _ => expect(false, "a map"),
        },
        Type::List { keys, .. } => match value {
            Value::Array(items) => list(of, keys, items, path, wrongs),
            _ => expect(false, "a list"),
        },
    }
}

fn map(of: &Type, fields: &Map<String, Value>, path: &str, wrongs: &mut Vec<String>) {
    for (key, field) in fields {
        let path = format!("{path}.{key}");
        match of.field(key) {
            Some(of) => value(of, field, &path, wrongs),
            None => wrongs.push(format!("{path}: there is no such field")),
        }
    }
}

fn list(of: &Type, keys: &Keys, items: &[Value], path: &str, wrongs: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (position, item) in items.iter().enumerate() {
        let here = format!("{path}[{position}]");
        value(of.item(), item, &here, wrongs);
        if *keys == Keys::Atomic {
            continue;
        }
        match of.element(item) {
            // What stands twice may be a value; its key fields are none.
            Ok(element) if !seen.insert(element.clone()) => {
                wrongs
                    .push(format!("{here}: duplicate entries for key {}", element.split_once(':').map_or("", |e| e.1)));
            }
            Ok(_) => {}
            Err(why) => wrongs.push(format!("{here}: {why}")),
        }
    }
}

fn at(path: &str) -> &str {
    if path.is_empty() { "the object" } else { path }
}

/// `[a-z0-9]`, and `-` inside, at most 63.
pub(super) fn dns_label(name: &str) -> bool {
    name.len() <= 63
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// DNS labels with dots between, at most 253.
pub(super) fn dns_subdomain(name: &str) -> bool {
    let label = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// What can stand between two slashes of a URL: the rule for names of RBAC objects.
pub(super) fn path_segment(name: &str) -> bool {
    !name.is_empty() && !matches!(name, "." | "..") && !name.contains(['/', '%'])
}

fn label_name(name: &str) -> bool {
    let (prefix, name) = name.split_once('/').map_or((None, name), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(dns_subdomain) && !name.is_empty() && label_value(name)
}

fn label_value(value: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    value.len() <= 63
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && ends(value.chars().next())
        && ends(value.chars().last())
}
