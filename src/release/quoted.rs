//! What a fault quotes: functions of templates name the text that they cannot take, and that may be a password.

use serde_json::{Map, Value};

use super::Fault;
use crate::fleet::is_sensitive;

const HIDDEN: &str = "<hidden>";
/// Shorter texts are left: they would be found within other words.
const SHORTEST: usize = 4;

/// The same fault without the values that are secrets by their names.
pub(super) fn without_secrets(mut fault: Fault, values: &[&Map<String, Value>]) -> Fault {
    let mut secrets = Vec::new();
    for map in values {
        collect(map, false, &mut secrets);
    }
    // The longest first: one may be part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in secrets {
        let escaped = secret.escape_debug().to_string();
        for text in [&mut fault.message, &mut fault.hint] {
            *text = text.replace(&secret, HIDDEN).replace(&escaped, HIDDEN);
        }
    }
    fault
}

/// The texts below names that are sensitive, or below those that already were.
fn collect(map: &Map<String, Value>, below: bool, secrets: &mut Vec<String>) {
    for (name, value) in map {
        let below = below || is_sensitive(name);
        let mut values = vec![value];
        while let Some(value) = values.pop() {
            match value {
                Value::Object(map) => collect(map, below, secrets),
                Value::Array(items) => values.extend(items),
                Value::String(text) if below && text.len() >= SHORTEST => secrets.push(text.clone()),
                Value::Number(number) if below && number.to_string().len() >= SHORTEST => {
                    secrets.push(number.to_string());
                }
                _ => {}
            }
        }
    }
}
