//! Manifests with their hashes, and the release that a sandbox's manifests make together.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::canonical::reduce;
use super::content::{Content, Names};
use super::fields::Fields;
use super::owned::owns_text;
use super::{ANNOTATION_HASH, Hash, Kind, ObjectId};
use crate::chart::generated::GeneratedKey;
use crate::chart::hooks::Hook;
use crate::chart::yaml::Tree;

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
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Its kind, with the version it is written in.
    pub kind: Kind,
    /// What it is called.
    pub id: ObjectId,
    /// The template it was rendered from.
    pub source: Arc<str>,
    /// The hash of the body (without the hash annotation) and of what is generated in it.
    pub hash: Hash,
    /// Keys of a Secret that are generated in the cluster, once, and kept.
    pub generated: Vec<GeneratedKey>,
    owner: Arc<Owner>,
    content: Content,
}

impl Manifest {
    /// Canonical, labelled and hashed. `id` must be the identity of `value`.
    pub fn new(kind: Kind, id: ObjectId, value: Value, stamp: Stamp<'_>) -> Self {
        Batch::new(stamp.owner, id.namespace.as_deref().unwrap_or_default()).manifest(Draft {
            tree: Tree::from(value),
            source: Arc::from(stamp.source),
            generated: stamp.generated,
            kind,
            id,
        })
    }

    /// The canonical object with our labels and its hash, without the generated keys. It is made from text each time.
    pub fn body(&self) -> Value {
        let namespace = self.id.namespace.as_deref().unwrap_or_default();
        let text = self.content.json(&Names::new(&self.owner.fleet, &self.owner.sandbox, namespace));
        // Written by us, so it is JSON.
        let mut body = super::json::read(&text).unwrap_or_default();
        entry(child(&mut body, "metadata"), "annotations").insert(ANNOTATION_HASH.into(), json!(self.hash));
        body
    }

    /// Whose it is.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Whether a field set owns everything that is declared here: [`super::unowned`] of the body finds nothing.
    pub fn is_owned_by(&self, fields: &Fields) -> bool {
        // The names in it are single values, of which only the place matters.
        let text = self.content.json(&Names::new("", "", ""));
        owns_hash(fields) && owns_text(&text, fields).unwrap_or_default()
    }

    /// Whether a word stands anywhere in it; much cheaper than a look at its body.
    pub fn mentions(&self, word: &str) -> bool {
        self.content.mentions(word)
    }

    /// Whether it is of a chart's `crds/`: made where it is not there, then left alone, whoever made it.
    pub fn is_of_crds(&self) -> bool {
        // Few mention it at all; a text that does, such as that of a ConfigMap, is no mark.
        self.content.mentions(super::ANNOTATION_CRDS)
            && self.body().pointer("/metadata/annotations").is_some_and(|all| all.get(super::ANNOTATION_CRDS).is_some())
    }

    /// The same object as one that belongs to no namespace.
    #[must_use]
    pub fn in_no_namespace(mut self) -> Self {
        self.id.namespace = None;
        self.content = self.content.without_namespace();
        self.hash = hash(&self.content, &Names::new(&self.owner.fleet, &self.owner.sandbox, ""), &self.generated);
        self
    }
}

/// Whether the hash annotation is owned, which the content does not have yet.
fn owns_hash(fields: &Fields) -> bool {
    let annotations = fields.field("metadata").and_then(|metadata| metadata.field("annotations"));
    annotations.is_some_and(|own| own.whole() || own.field(ANNOTATION_HASH).is_some_and(Fields::whole))
}

/// Over an object without its hash, and what is generated in it.
fn hash(content: &Content, names: &Names, generated: &[GeneratedKey]) -> Hash {
    let beside = if generated.is_empty() { String::new() } else { json!(generated).to_string() };
    content.hash(names, &beside)
}

/// What a manifest is made of.
pub struct Draft<'t> {
    /// Its kind, with the version it is written in.
    pub kind: Kind,
    /// What it is called.
    pub id: ObjectId,
    /// The object, as it was rendered.
    pub tree: Tree<'t>,
    /// The template it was rendered from.
    pub source: Arc<str>,
    /// Keys of a Secret that are generated in the cluster.
    pub generated: Vec<GeneratedKey>,
}

/// Makes the manifests of one sandbox.
pub struct Batch {
    owner: Arc<Owner>,
    names: Names,
}

impl Batch {
    /// For a sandbox and its namespace.
    pub fn new(owner: &Owner, namespace: &str) -> Self {
        Self { names: Names::new(&owner.fleet, &owner.sandbox, namespace), owner: Arc::new(owner.clone()) }
    }

    /// Canonical, labelled and hashed.
    pub fn manifest(&self, draft: Draft<'_>) -> Manifest {
        let Draft { kind, id, mut tree, source, generated } = draft;
        reduce(&mut tree);
        let content = Content::new(&tree, id.namespace.is_some());
        let hash = hash(&content, &self.names, &generated);
        Manifest { kind, id, source, hash, generated, owner: Arc::clone(&self.owner), content }
    }
}

/// An object that is applied at a moment of a release rather than with it.
#[derive(Clone, Debug, PartialEq)]
pub struct HookManifest {
    /// The object.
    pub manifest: Manifest,
    /// When and how.
    pub hook: Hook,
}

/// A sandbox's manifests in the order in which they are applied, and one hash over them.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// The content address: equal hashes ask the cluster for the same things.
    pub hash: Hash,
    /// In apply order.
    pub manifests: Arc<[Manifest]>,
    /// In the order in which those of one moment run.
    pub hooks: Arc<[HookManifest]>,
}

impl Release {
    /// The release of these manifests, without hooks.
    pub fn new(manifests: Vec<Manifest>) -> Self {
        Self::with_hooks(manifests, Vec::new())
    }

    /// The release of these manifests and hooks. Their order in the hash is by identity, so that a new sort order of
    /// kinds touches no sandbox.
    pub fn with_hooks(manifests: Vec<Manifest>, hooks: Vec<HookManifest>) -> Self {
        let mut text = String::with_capacity(manifests.len() * 256);
        let mut lines = Vec::with_capacity(manifests.len());
        for manifest in manifests.iter().chain(hooks.iter().map(|hook| &hook.manifest)) {
            let start = text.len();
            write_line(manifest, &mut text);
            lines.push(start..text.len());
        }
        lines.sort_unstable_by(|a, b| text.get(a.clone()).cmp(&text.get(b.clone())));
        Self {
            hash: Hash::of_all(lines.into_iter().filter_map(|line| text.get(line))),
            manifests: manifests.into(),
            hooks: hooks.into(),
        }
    }

    /// Every object of it: the manifests, then the hooks.
    pub fn objects(&self) -> impl Iterator<Item = &Manifest> + Clone {
        self.manifests.iter().chain(self.hooks.iter().map(|hook| &hook.manifest))
    }
}

/// `{kind} {id:?} {hash}`, without the machinery of formatting for the words that need none.
fn write_line(manifest: &Manifest, out: &mut String) {
    let Manifest { kind, id, hash, .. } = manifest;
    if !kind.group.is_empty() {
        out.push_str(&kind.group);
        out.push('/');
    }
    for piece in [&*kind.version, "/", &kind.kind, " ObjectId { group: "] {
        out.push_str(piece);
    }
    write_quoted(&id.group, out);
    out.push_str(", kind: ");
    write_quoted(&id.kind, out);
    out.push_str(", namespace: ");
    match &id.namespace {
        Some(namespace) => {
            out.push_str("Some(");
            write_quoted(namespace, out);
            out.push(')');
        }
        None => out.push_str("None"),
    }
    out.push_str(", name: ");
    write_quoted(&id.name, out);
    for piece in [" } ", hash.as_str(), "\n"] {
        out.push_str(piece);
    }
}

fn write_quoted(word: &str, out: &mut String) {
    if word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/' | b':')) {
        for piece in ["\"", word, "\""] {
            out.push_str(piece);
        }
    } else {
        out.push_str(&format!("{word:?}"));
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
