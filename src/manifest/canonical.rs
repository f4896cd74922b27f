//! The canonical form of a manifest: what is left when everything is taken out that does not change what the
//! cluster is asked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// The canonical form of one object.
///
/// Nulls go (the API server drops them, but would own them); `status` and `metadata.creationTimestamp` go (the cluster
/// writes them); a Secret's `stringData` becomes `data` (it would be owned under a name that no longer exists, so that
/// changes go unseen). Keys are sorted by the map itself.
pub fn canonical(value: Value) -> Value {
    let mut value = without_nulls(value);
    if let Value::Object(object) = &mut value {
        object.remove("status");
        if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
            metadata.remove("creationTimestamp");
            metadata.remove("managedFields");
        }
        if object.get("kind").and_then(Value::as_str) == Some("Secret")
            && object.get("apiVersion").and_then(Value::as_str) == Some("v1")
        {
            string_data_to_data(object);
        }
    }
    value
}

/// The value of a Secret's `data` key for a plain text.
pub fn data_key_to_base64(text: &str) -> String {
    STANDARD.encode(text)
}

fn string_data_to_data(secret: &mut Map<String, Value>) {
    let Some(Value::Object(plain)) = secret.remove("stringData") else { return };
    if plain.is_empty() {
        return;
    }
    let data = secret.entry("data").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(data) = data {
        for (key, value) in plain {
            let text = match value {
                Value::String(text) => text,
                // The API server refuses anything else; it is passed on so that the refusal names it.
                other => {
                    data.insert(key, other);
                    continue;
                }
            };
            data.insert(key, Value::String(STANDARD.encode(text)));
        }
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, without_nulls(v))).collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        scalar => scalar,
    }
}
