//! What of an object is not shown: a Secret's values, and what the server keeps for itself.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::manifest::{ANNOTATION_HASH, data_key_to_base64};

const HIDDEN: &str = "<hidden>";
const HIDDEN_BEFORE: &str = "<hidden 1>";
const HIDDEN_AFTER: &str = "<hidden 2>";

/// What stands for a value that the cluster will generate, before there is one. No base64, so no value can read so.
pub const GENERATED: &str = "<generated in the cluster>";

/// Fields of `metadata` that the server writes and nobody reads in a diff.
const SERVER_METADATA: &[&str] =
    &["managedFields", "uid", "resourceVersion", "creationTimestamp", "generation", "selfLink"];

/// Takes out what the server adds, and our hash, which differs whenever anything else does.
pub fn clean(mut value: Value) -> Value {
    let Some(object) = value.as_object_mut() else { return value };
    object.remove("status");
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in SERVER_METADATA {
            metadata.remove(*field);
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(ANNOTATION_HASH);
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    value
}

/// Two states of one object with the values of Secrets hidden.
///
/// A value that is the same on both sides, or on one side only, reads `<hidden>`; one that differs reads `<hidden 1>`
/// before and `<hidden 2>` after; [`GENERATED`] is shown. Nothing else of it is told: no hash, no length, no likeness to another key's value.
/// Annotations of Secrets are hidden in the same way: several tools keep a copy of the whole object there
/// (`kubectl.kubernetes.io/last-applied-configuration`, `kapp.k14s.io/original`), and ours is a hash of it. What is no
/// Secret comes back as it is.
pub fn mask(pair: (Option<&Value>, Option<&Value>)) -> (Option<Value>, Option<Value>) {
    let (before, after) = pair;
    let masked = |own: Option<&Value>, other: Option<&Value>, changed: &'static str| {
        own.map(|own| if is_secret(own) { masked(own, other, changed) } else { own.clone() })
    };
    (masked(before, after, HIDDEN_BEFORE), masked(after, before, HIDDEN_AFTER))
}

fn is_secret(object: &Value) -> bool {
    object["kind"] == "Secret" && object["apiVersion"].as_str().is_some_and(|version| !version.contains('/'))
}

fn masked(own: &Value, other: Option<&Value>, changed: &'static str) -> Value {
    let mut own = own.clone();
    let Some(object) = own.as_object_mut() else { return own };
    for field in ["data", "stringData"] {
        let Some(values) = object.get_mut(field) else { continue };
        let Some(map) = values.as_object_mut() else {
            // Not what the API takes, so nobody knows what it holds.
            *values = json!(HIDDEN);
            continue;
        };
        hide(map, |key, value| match other.and_then(|other| secret_value(other, key)) {
            Some(there) if there != encoded(field, value) => changed,
            _ => HIDDEN,
        });
    }
    if let Some(annotations) = object.get_mut("metadata").and_then(|m| m.get_mut("annotations")) {
        match annotations.as_object_mut() {
            Some(map) => hide_annotations(map, other, changed),
            None => *annotations = json!(HIDDEN),
        }
    }
    own
}

fn hide(map: &mut Map<String, Value>, text: impl Fn(&str, &Value) -> &'static str) {
    for (key, value) in map.iter_mut().filter(|(_, value)| *value != GENERATED) {
        *value = json!(text(key, value));
    }
}

fn hide_annotations(map: &mut Map<String, Value>, other: Option<&Value>, changed: &'static str) {
    let there = other.map(|other| &other["metadata"]["annotations"]);
    for (key, value) in map.iter_mut() {
        let differs = there.and_then(|there| there.get(key)).is_some_and(|there| there != value);
        *value = json!(if differs { changed } else { HIDDEN });
    }
}

/// A key's value as the API server keeps it, whichever field it was written in. `stringData` wins, as it does there.
fn secret_value<'a>(secret: &'a Value, key: &str) -> Option<Cow<'a, Value>> {
    ["stringData", "data"].into_iter().find_map(|field| secret.get(field)?.get(key).map(|value| encoded(field, value)))
}

fn encoded<'a>(field: &str, value: &'a Value) -> Cow<'a, Value> {
    match value.as_str() {
        Some(text) if field == "stringData" => Cow::Owned(json!(data_key_to_base64(text))),
        _ => Cow::Borrowed(value),
    }
}
