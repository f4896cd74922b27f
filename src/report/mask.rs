//! What of an object is not shown: a Secret's values, and what the server keeps for itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::fingerprint::FingerprintKey;
use crate::manifest::ANNOTATION_HASH;

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

/// An object with the values of Secrets hidden: each reads `<hidden 1a2b3c4d>`, by its fingerprint, so that two states
/// of one Secret show which values differ; [`GENERATED`] is shown. Nothing else of a value is told: no length, no
/// likeness to another key's or another Secret's.
///
/// Annotations of Secrets are hidden in the same way: several tools keep a copy of the whole object there
/// (`kubectl.kubernetes.io/last-applied-configuration`, `kapp.k14s.io/original`), and ours is a hash of it. What is no
/// Secret comes back as it is.
pub fn mask(mut object: Value, key: &FingerprintKey) -> Value {
    if !is_secret(&object) {
        return object;
    }
    let at = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let hide = Hide { namespace: at("/metadata/namespace"), name: at("/metadata/name"), key };
    // Values and annotations may be anything that the API would refuse; then nobody knows what they hold.
    for (field, place) in [("data", "data"), ("stringData", "data")] {
        if let Some(values) = object.get_mut(field) {
            hide.each(values, place, |value| plain(field, value));
        }
    }
    if let Some(annotations) = object.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations")) {
        hide.each(annotations, "annotations", |value| value.to_string().into_bytes());
    }
    object
}

/// Without an apiVersion it may be one, too.
fn is_secret(object: &Value) -> bool {
    object["kind"] == "Secret" && object["apiVersion"].as_str().is_none_or(|version| !version.contains('/'))
}

/// Hides what is in one Secret.
struct Hide<'a> {
    namespace: String,
    name: String,
    key: &'a FingerprintKey,
}

impl Hide<'_> {
    fn each(&self, values: &mut Value, place: &str, bytes: impl Fn(&Value) -> Vec<u8>) {
        match values.as_object_mut() {
            Some(map) => {
                for (name, value) in map.iter_mut().filter(|(_, value)| *value != GENERATED) {
                    *value = self.hidden(place, name, &bytes(value));
                }
            }
            None => *values = self.hidden(place, "", &bytes(values)),
        }
    }

    fn hidden(&self, place: &str, name: &str, value: &[u8]) -> Value {
        let parts = [self.namespace.as_bytes(), self.name.as_bytes(), place.as_bytes(), name.as_bytes(), value];
        json!(format!("<hidden {}>", self.key.of(&parts)))
    }
}

/// What a value is once the API server has it, whichever field it was written in; else its JSON.
fn plain(field: &str, value: &Value) -> Vec<u8> {
    let text = value.as_str();
    let plain = match field {
        "stringData" => text.map(|text| text.as_bytes().to_vec()),
        _ => text.and_then(|text| STANDARD.decode(text).ok()),
    };
    plain.unwrap_or_else(|| value.to_string().into_bytes())
}
