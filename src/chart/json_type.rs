//! What Go's JSON decoder says of a value that is not of the type that it is wanted as.

use serde_json::Value;

/// What Go calls a JSON value in such a message.
pub(super) fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The first value that does not fit: later ones are passed over, as Go does.
#[derive(Debug, Default)]
pub(super) struct Misfit(Option<String>);

impl Misfit {
    /// Notes that a value does not fit into a field of a struct, given as `Struct.path.to.field`.
    pub(super) fn field(&mut self, value: &Value, field: &str, wanted: &str) {
        self.note(value, &format!("Go struct field {field}"), wanted);
    }

    /// The same of a whole document.
    pub(super) fn whole(&mut self, value: &Value, wanted: &str) {
        self.note(value, "Go value", wanted);
    }

    fn note(&mut self, value: &Value, place: &str, wanted: &str) {
        let kind = go_kind(value);
        self.0.get_or_insert_with(|| format!("json: cannot unmarshal {kind} into {place} of type {wanted}"));
    }

    /// Whether all of it fits.
    pub(super) fn done(self) -> Result<(), String> {
        self.0.map_or(Ok(()), Err)
    }

    /// A text, or what stands for it: numbers and truth values as they are spelt.
    pub(super) fn text(&mut self, value: &Value, field: &str) -> Option<String> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Number(number) => Some(super::yaml::narrow_number(number)),
            other => {
                self.field(other, field, "string");
                None
            }
        }
    }

    /// The items of a list.
    pub(super) fn items<'v>(&mut self, value: &'v Value, field: &str, wanted: &str) -> Option<&'v [Value]> {
        match value {
            Value::Null => None,
            Value::Array(items) => Some(items),
            other => {
                self.field(other, field, wanted);
                None
            }
        }
    }
}
