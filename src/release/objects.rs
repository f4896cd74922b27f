//! A chart's documents → the manifests of one sandbox.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::ignore::drop_ignored;
use super::lint::duplicate;
use super::{Basis, Fault};
use crate::chart::{self, Document};
use crate::fleet::{Sandbox, SecretRef};
use crate::manifest::{Kind, Manifest, ObjectId, Owner, Release, Scope, Stamp, builtin};

/// A Secret as it is copied.
#[derive(Clone, PartialEq, Eq)]
pub enum Copied {
    /// Read from the cluster: its type and its data, base64.
    Read {
        /// Its `type`.
        kind: String,
        /// Its `data`.
        data: BTreeMap<String, String>,
    },
    /// Not read, as no cluster is asked: what is rendered says where it would come from.
    Named,
    /// It could not be read, and why: nothing is rendered without it.
    Unreadable(String),
}

impl std::fmt::Debug for Copied {
    /// Without its data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Copied::Read { .. } => "Read",
            Copied::Named => "Named",
            Copied::Unreadable(_) => "Unreadable",
        })
    }
}

pub(super) fn release(sandbox: &Sandbox, basis: &Basis<'_>, rendered: chart::Rendered) -> Result<Release, Fault> {
    let owner = Owner { fleet: basis.settings.id.clone(), sandbox: sandbox.name.clone() };
    let (sources, mut objects): (Vec<String>, Vec<Value>) =
        rendered.manifests.into_iter().flat_map(items).map(|document| (document.template, document.value)).unzip();
    drop_ignored(&mut objects, &basis.settings.ignore);
    let mut generated = rendered.generated;
    let mut manifests = copies(sandbox, basis, &owner)?;
    let mut seen: BTreeSet<ObjectId> = manifests.iter().map(|m| m.id.clone()).collect();
    for (source, object) in sources.into_iter().zip(objects) {
        let (kind, id) = identity(&object, &source, sandbox)?;
        if !seen.insert(id.clone()) {
            return Err(Fault::new(
                format!("{source} makes {id} once more"),
                "give the objects of a release different names",
            ));
        }
        if let Some((path, key)) = duplicate(&object) {
            return Err(Fault::new(
                format!("{source}: {id} has two items with {key} in {path}"),
                "keep one of the two; an API server refuses such an object",
            ));
        }
        let keys = if id.is_secret() { generated.remove(&id.name).unwrap_or_default() } else { Vec::new() };
        manifests.push(Manifest::new(kind, id, object, Stamp { owner: &owner, source: &source, generated: keys }));
    }
    chart::sort_for_install(&mut manifests, |manifest| manifest.kind.kind.as_str());
    Ok(Release::new(manifests))
}

/// The items of a `List`, or the document itself.
fn items(document: Document) -> Vec<Document> {
    let is_list = document.value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    match document.value.get("items").and_then(Value::as_array) {
        Some(items) if is_list => {
            items.iter().map(|item| Document { value: item.clone(), ..document.clone() }).collect()
        }
        _ => vec![document],
    }
}

fn identity(object: &Value, source: &str, sandbox: &Sandbox) -> Result<(Kind, ObjectId), Fault> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let missing =
        |what: &str| Fault::new(format!("{source} makes an object without {what}"), "every Kubernetes object has one");
    let api_version = text("/apiVersion").ok_or_else(|| missing("apiVersion"))?;
    let kind = Kind::new(api_version, text("/kind").ok_or_else(|| missing("kind"))?);
    let name = text("/metadata/name").ok_or_else(|| missing("metadata.name"))?;
    if kind.group.is_empty() && kind.kind == "Namespace" {
        return Err(Fault::new(
            format!("{source} makes Namespace {name}, and namespaces are reconcile's own"),
            "put the template behind a value that is off here",
        ));
    }
    if builtin(&kind).is_some_and(|resource| resource.scope == Scope::Cluster) {
        return Ok((kind.clone(), ObjectId::new(&kind, None, name)));
    }
    match text("/metadata/namespace") {
        Some(other) if other != sandbox.namespace => Err(Fault::new(
            format!("{source} puts {}/{name} into namespace {other}, which is not its sandbox's", kind.kind),
            format!("leave metadata.namespace out, or use .Release.Namespace ({})", sandbox.namespace),
        )),
        _ => Ok((kind.clone(), ObjectId::new(&kind, Some(&sandbox.namespace), name))),
    }
}

fn copies(sandbox: &Sandbox, basis: &Basis<'_>, owner: &Owner) -> Result<Vec<Manifest>, Fault> {
    let references = basis.settings.copy_secrets.iter();
    references
        .map(|reference| match basis.copied.get(reference) {
            Some(Copied::Unreadable(why)) => Err(Fault::new(
                format!("Secret {}/{} cannot be copied: {why}", reference.namespace, reference.name),
                "make it, allow this account to read it, or take it out of copy_secrets in sandboxes/fleet.toml",
            )),
            copied => Ok(copy(reference, copied, &sandbox.namespace, owner)),
        })
        .collect()
}

/// Where a copied Secret comes from stands on it.
const COPIED_FROM: &str = "reconcile.dev/copied-from";

/// Whether a manifest is a copy of a Secret of the cluster.
pub fn is_copy(manifest: &Manifest) -> bool {
    manifest.body.pointer("/metadata/annotations").is_some_and(|annotations| annotations.get(COPIED_FROM).is_some())
}

fn copy(reference: &SecretRef, copied: Option<&Copied>, namespace: &str, owner: &Owner) -> Manifest {
    let from = format!("{}/{}", reference.namespace, reference.name);
    let mut body = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": reference.name, "annotations": { COPIED_FROM: from } },
    });
    if let (Some(Copied::Read { kind, data }), Some(object)) = (copied, body.as_object_mut()) {
        object.insert("type".into(), json!(kind));
        object.insert("data".into(), data.iter().map(|(k, v)| (k.clone(), json!(v))).collect::<Map<_, _>>().into());
    }
    let kind = Kind::new("v1", "Secret");
    let id = ObjectId::new(&kind, Some(namespace), &reference.name);
    let source = "sandboxes/fleet.toml (copy_secrets)";
    Manifest::new(kind, id, body, Stamp { owner, source, generated: Vec::new() })
}
