//! What was read as Go writes it in its own syntax (`%#v`), for the words about keys that can be none.

use serde_json::{Map, Value};

use crate::chart::template::{Keep, go_quote, quote_with};

use super::super::{number, resolve::Scalar};

/// A scalar.
pub(super) fn scalar(meaning: &Scalar, text: &str) -> String {
    match meaning {
        Scalar::Null => "interface {}(nil)".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Unsigned(value) => format!("{value:#x}"),
        Scalar::Float(value) if value.is_nan() => "NaN".to_owned(),
        Scalar::Float(value) if value.is_infinite() => if *value > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        Scalar::Float(value) => number::general(*value),
        Scalar::Text { .. } => go_quote(text),
    }
}

/// A list of what is written already.
pub(super) fn list(items: &[Value]) -> Value {
    let items: Vec<&str> = items.iter().map(written).collect();
    Value::String(format!("[]interface {{}}{{{}}}", items.join(", ")))
}

/// A mapping of what is written already.
pub(super) fn map(map: &Map<String, Value>) -> Value {
    let entries: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", written(value))).collect();
    Value::String(format!("map[interface {{}}]interface {{}}{{{}}}", entries.join(", ")))
}

fn written(value: &Value) -> &str {
    value.as_str().unwrap_or("interface {}(nil)")
}

/// A scalar that is an operand of its own, under the flags of a message (`%+#v`).
pub(super) fn operand(meaning: &Scalar, text: &str) -> String {
    match meaning {
        Scalar::Null => "<nil>".to_owned(),
        Scalar::Int(value) => format!("{value:+}"),
        Scalar::Float(value) => format!("{}{}", if *value < 0.0 { "" } else { "+" }, scalar(meaning, text)),
        Scalar::Text { .. } => quote_with(text.as_bytes(), '"', Keep::Ascii),
        _ => scalar(meaning, text),
    }
}
