//! A release's manifests as people read them, and as golden files pin them.

use serde_json::{Value, json};

use crate::chart::generated::Part;
use crate::chart::yaml;
use crate::manifest::{Manifest, Release};

/// All manifests in apply order, as YAML documents with the template each comes from.
pub fn yaml(release: &Release) -> String {
    release
        .manifests
        .iter()
        .map(|manifest| format!("---\n# Source: {}\n{}", manifest.source, yaml::write(&shown(manifest))))
        .collect()
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
        Part::Random { id, kind } => format!("<generated {kind:?}: {} {} {}>", id.secret, id.key, id.ordinal),
    }
}
