//! `[values]`: TOML read as the JSON that charts are rendered with.

use serde_json::{Map, Number, Value};
use toml::de::{DeTable, DeValue};

use super::diagnostic::Invalid;
use super::read::{Node, Reader, table};

/// Keys of a sandbox's file, which are never meant at the top of `[values]`, and what we fill in there ourselves.
///
/// TOML takes a `ttl = "3d"` that is written below `[values]` into the values, where it would do nothing.
pub(super) const RESERVED_VALUES: [&str; 10] =
    ["sandbox", "branch", "chart", "ttl", "expires", "profile", "owner", "replace", "pin", "values"];

/// `image` is refused as the text that the file wants alone: `image.tag = "1"` is what many charts are given.
fn slipped(key: &str, value: &DeValue<'_>) -> bool {
    RESERVED_VALUES.contains(&key) || (key == "image" && !value.is_table())
}

/// Reads the table `[values]`; its reserved names are errors.
pub(super) fn values(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Map<String, Value>> {
    let found = table(reader, node)?;
    for (key, value) in found {
        let name: &str = key.get_ref();
        if !slipped(name, value.get_ref()) {
            continue;
        }
        let hint = match name {
            "sandbox" => "`.Values.sandbox` is filled in by reconcile itself".to_owned(),
            name => format!("move `{name}` to the top of the file, above the first `[table]`"),
        };
        let why = Invalid::new(format!("`{name}` is a reserved name at the top of [values]")).hint(hint);
        reader.error(key.span(), why);
    }
    map(reader, found)
}

fn map(reader: &mut Reader<'_>, table: &DeTable<'_>) -> Option<Map<String, Value>> {
    let mut out = Map::new();
    let mut good = true;
    for (key, node) in table {
        match value(reader, node) {
            Some(value) => {
                out.insert(key.get_ref().to_string(), value);
            }
            None => good = false,
        }
    }
    good.then_some(out)
}

fn value(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Value> {
    let read = match node.get_ref() {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Boolean(truth) => Some(Value::from(*truth)),
        DeValue::Datetime(date) => Some(Value::from(date.to_string())),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::from),
        DeValue::Float(number) => number.as_str().parse().ok().and_then(Number::from_f64).map(Value::Number),
        DeValue::Table(table) => return map(reader, table).map(Value::Object),
        DeValue::Array(items) => {
            let all: Vec<Option<Value>> = items.iter().map(|item| value(reader, item)).collect();
            return all.into_iter().collect::<Option<Vec<_>>>().map(Value::Array);
        }
    };
    if read.is_none() {
        reader.error(node.span(), Invalid::new("this number has no JSON form, so no chart can be given it"));
    }
    read
}
