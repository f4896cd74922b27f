//! A release's manifests as people read them, and as golden files pin them.

use serde_json::{Value, json};

use crate::chart::generated::{Part, RandomKind};
use crate::chart::yaml;
use crate::manifest::{ANNOTATION_HASH, Manifest, Release};

/// All manifests in apply order, hooks last, as YAML documents with the template each comes from. They are what is applied, values
/// of Secrets included: whoever asks for them pipes them to a tool.
pub fn yaml(release: &Release) -> String {
    release.objects().map(|manifest| document(manifest, &shown(manifest))).collect()
}

/// The same as golden files keep it: without the values of Secrets, for a repository is read by more people than a
/// cluster, and without the hashes of them, by which they could be guessed. A change of such a value shows where it is
/// given, in the chart or in the values.
pub fn golden(release: &Release) -> String {
    release.objects().map(|manifest| document(manifest, &without_values(manifest))).collect()
}

fn document(manifest: &Manifest, body: &Value) -> String {
    format!("---\n# Source: {}\n{}", manifest.source, yaml::write(body))
}

fn without_values(manifest: &Manifest) -> Value {
    let mut body = shown(manifest);
    if !manifest.id.is_secret() {
        return body;
    }
    let is_generated = |key: &String| manifest.generated.iter().any(|generated| generated.key == *key);
    if let Some(data) = body.get_mut("data").and_then(Value::as_object_mut) {
        for (_, value) in data.iter_mut().filter(|(key, _)| !is_generated(key)) {
            *value = json!("<hidden>");
        }
    }
    if let Some(annotations) = body.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(ANNOTATION_HASH);
    }
    body
}

/// One manifest, with its generated keys as the words that tell what they will be: no base64, so that nobody takes
/// them for values and applies them.
pub fn shown(manifest: &Manifest) -> Value {
    let mut body = manifest.body();
    if manifest.generated.is_empty() {
        return body;
    }
    if let Some(object) = body.as_object_mut() {
        let data = object.entry("data").or_insert_with(|| json!({}));
        if let Some(data) = data.as_object_mut() {
            for key in &manifest.generated {
                let text: String = key.parts.iter().map(part).collect();
                data.insert(key.key.clone(), json!(text));
            }
        }
    }
    body
}

fn part(part: &Part) -> String {
    match part {
        Part::Text(text) => text.clone(),
        // What it is made of may be a password.
        Part::Random { id, kind: RandomKind::Made(made) } => {
            format!("<generated {made}: {} {} {}>", id.secret, id.key, id.ordinal)
        }
        Part::Random { id, kind } => format!("<generated {kind:?}: {} {} {}>", id.secret, id.key, id.ordinal),
    }
}
