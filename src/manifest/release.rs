//! Manifests with their hashes, and the release that a sandbox's manifests make together.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{ANNOTATION_HASH, Kind, LABEL_FLEET, LABEL_SANDBOX, ObjectId, canonical};
use crate::chart::generated::GeneratedKey;

/// A sha256, as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hash(String);

impl Hash {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let mut text = String::with_capacity(64);
        for byte in digest {
            use fmt::Write as _;
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose an object is; written on it as labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owner {
    /// The fleet's id.
    pub fleet: String,
    /// The sandbox's name.
    pub sandbox: String,
}

/// What a manifest is made from.
#[derive(Clone, Debug)]
pub struct Stamp<'a> {
    /// The sandbox that it belongs to.
    pub owner: &'a Owner,
    /// The template it was rendered from, such as `odoo/templates/service.yaml`.
    pub source: &'a str,
    /// Keys of a Secret that are generated in the cluster.
    pub generated: Vec<GeneratedKey>,
}

/// One object as it is wanted, ready to be applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its kind, with the version it is written in.
    pub kind: Kind,
    /// What it is called.
    pub id: ObjectId,
    /// The template it was rendered from.
    pub source: String,
    /// The canonical object with our labels and its hash, without the generated keys.
    pub body: Value,
    /// The hash of the body (without the hash annotation) and of what is generated in it.
    pub hash: Hash,
    /// Keys of a Secret that are generated in the cluster, once, and kept.
    pub generated: Vec<GeneratedKey>,
}

impl Manifest {
    /// Canonical, labelled and hashed. `id` must be the identity of `value`.
    pub fn new(kind: Kind, id: ObjectId, value: Value, stamp: Stamp<'_>) -> Self {
        let mut body = canonical(value);
        let metadata = child(&mut body, "metadata");
        if let Some(namespace) = &id.namespace {
            metadata.insert("namespace".into(), json!(namespace));
        }
        let labels = entry(metadata, "labels");
        labels.insert(LABEL_FLEET.into(), json!(stamp.owner.fleet));
        labels.insert(LABEL_SANDBOX.into(), json!(stamp.owner.sandbox));
        let hash = hash(&body, &stamp.generated);
        entry(child(&mut body, "metadata"), "annotations").insert(ANNOTATION_HASH.into(), json!(hash));
        Self { kind, id, source: stamp.source.to_owned(), body, hash, generated: stamp.generated }
    }

    /// The same object as one that belongs to no namespace.
    #[must_use]
    pub fn in_no_namespace(mut self) -> Self {
        self.id.namespace = None;
        let metadata = child(&mut self.body, "metadata");
        metadata.remove("namespace");
        entry(metadata, "annotations").remove(ANNOTATION_HASH);
        self.hash = hash(&self.body, &self.generated);
        entry(child(&mut self.body, "metadata"), "annotations").insert(ANNOTATION_HASH.into(), json!(self.hash));
        self
    }
}

/// Over an object without its hash, and what is generated in it.
fn hash(body: &Value, generated: &[GeneratedKey]) -> Hash {
    let mut content = body.to_string();
    if !generated.is_empty() {
        content.push_str(&json!(generated).to_string());
    }
    Hash::of(content.as_bytes())
}

/// A sandbox's manifests in the order in which they are applied, and one hash over them.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// The content address: equal hashes ask the cluster for the same things.
    pub hash: Hash,
    /// In apply order.
    pub manifests: Vec<Manifest>,
}

impl Release {
    /// The release of these manifests. Their order in the hash is by identity, so that a new sort order of kinds
    /// touches no sandbox.
    pub fn new(manifests: Vec<Manifest>) -> Self {
        let mut lines: Vec<String> = manifests.iter().map(|m| format!("{} {:?} {}\n", m.kind, m.id, m.hash)).collect();
        lines.sort_unstable();
        Self { hash: Hash::of(lines.concat().as_bytes()), manifests }
    }
}

fn child<'a>(value: &'a mut Value, key: &str) -> &'a mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    // The line above made it an object.
    entry(value.as_object_mut().expect("an object"), key)
}

fn entry<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = map.entry(key).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    // The line above made it an object.
    value.as_object_mut().expect("an object")
}
