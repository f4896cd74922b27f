//! Stub until the YAML writer arrives.

/// A value as YAML.
pub fn write(value: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
