//! A chart's documents → the manifests of one sandbox.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, json};

use super::ignore::drop_ignored;
use super::lint::duplicate;
use super::sleep::put_to_sleep;
use super::{Basis, Fault, account};
use crate::chart::hooks::{Event, Hook};
use crate::chart::yaml::Tree;
use crate::chart::{self, Object, Objects};
use crate::fleet::{Sandbox, SecretRef};
use crate::manifest::{Batch, Draft, HookManifest, Kind, Manifest, ObjectId, Owner, Release, Scope, Stamp, scope};

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

pub(super) fn release(
    sandbox: &Sandbox,
    basis: &Basis<'_>,
    rendered: Objects<'_>,
    asleep: bool,
) -> Result<Release, Fault> {
    let owner = Owner { fleet: basis.settings.id.clone(), sandbox: sandbox.name.clone() };
    let mut objects: Vec<Object<'_>> = Vec::with_capacity(rendered.manifests.len());
    rendered.manifests.into_iter().for_each(|object| unfold(object, &mut objects));
    drop_ignored(&mut objects, &basis.settings.ignore);
    if asleep {
        // Also what is left to others while it is awake: an autoscaler leaves alone what has no replicas.
        put_to_sleep(&mut objects);
    }
    let mut generated = rendered.generated;
    let crds = rendered.crds;
    let mut manifests = copies(sandbox, basis, &owner)?;
    manifests.reserve(objects.len());
    let binding = account::binding(sandbox, basis, &owner);
    let mut seen: BTreeSet<ObjectId> = manifests.iter().chain(&binding).map(|m| m.id.clone()).collect();
    let batch = Batch::new(&owner, &sandbox.namespace);
    let mut sources = Sources::default();
    let mut manifest = |Object { template, tree, .. }: Object<'_>, seen: &mut BTreeSet<ObjectId>| {
        let (kind, id) = identity(&tree, template, sandbox)?;
        if !seen.insert(id.clone()) {
            return Err(Fault::new(
                format!("{template} makes {id} once more"),
                "give the objects of a release different names",
            ));
        }
        if let Some((path, key)) = duplicate(&tree) {
            return Err(Fault::new(
                format!("{template}: {id} has two items with {key} in {path}"),
                "keep one of the two; an API server refuses such an object",
            ));
        }
        let keys = if id.is_secret() { generated.remove(&id.name).unwrap_or_default() } else { Vec::new() };
        Ok(batch.manifest(Draft { kind, id, tree, source: sources.shared(template), generated: keys }))
    };
    let mut definitions = Vec::with_capacity(crds.len());
    for object in crds {
        definitions.push(manifest(object, &mut seen)?);
    }
    for object in objects {
        manifests.push(manifest(object, &mut seen)?);
    }
    let mut hooks = Vec::new();
    for (object, hook) in rendered.hooks.into_iter().filter(|(_, hook)| is_run(hook)) {
        // Hooks of different moments may share a name.
        hooks.push(HookManifest { manifest: manifest(object, &mut seen.clone())?, hook });
    }
    chart::sort_for_install(&mut manifests, |manifest| manifest.kind.kind.as_str());
    manifests.splice(0..0, definitions);
    // Before all else: without it whoever runs this may do nothing in the namespace.
    manifests.splice(0..0, binding);
    // They come in the order of their kinds, which counts only among equals.
    hooks.sort_by(|a, b| (a.hook.weight, &a.manifest.id.name).cmp(&(b.hook.weight, &b.manifest.id.name)));
    Ok(Release::with_hooks(manifests, hooks))
}

/// Whether a hook has a moment in the life of a sandbox; tests are run when somebody asks for them.
fn is_run(hook: &Hook) -> bool {
    hook.events.iter().any(|event| *event != Event::Test)
}

/// The names of templates, each kept once for all objects in a row that it makes.
#[derive(Default)]
struct Sources(Option<Arc<str>>);

impl Sources {
    fn shared(&mut self, template: &str) -> Arc<str> {
        let known = self.0.take().filter(|known| **known == *template);
        Arc::clone(self.0.insert(known.unwrap_or_else(|| Arc::from(template))))
    }
}

/// The items of a `List`, or the object itself.
fn unfold<'t>(mut object: Object<'t>, into: &mut Vec<Object<'t>>) {
    let is_list = object.tree.text(&["kind"]).is_some_and(|kind| kind.ends_with("List"));
    let Some(Tree::List(items)) = object.tree.entries_mut().filter(|_| is_list).and_then(|list| list.get_mut("items"))
    else {
        into.push(object);
        return;
    };
    for tree in std::mem::take(items) {
        into.push(Object { tree, ..object });
    }
}

pub(super) fn identity(object: &Tree<'_>, source: &str, sandbox: &Sandbox) -> Result<(Kind, ObjectId), Fault> {
    let text = |path: &[&str]| object.text(path).filter(|text| !text.is_empty());
    let missing =
        |what: &str| Fault::new(format!("{source} makes an object without {what}"), "every Kubernetes object has one");
    let api_version = text(&["apiVersion"]).ok_or_else(|| missing("apiVersion"))?;
    let kind = Kind::new(api_version, text(&["kind"]).ok_or_else(|| missing("kind"))?);
    let name = text(&["metadata", "name"]).ok_or_else(|| missing("metadata.name"))?;
    if kind.group.is_empty() && kind.kind == "Namespace" {
        return Err(Fault::new(
            format!("{source} makes Namespace {name}, and namespaces are reconcile's own"),
            "put the template behind a value that is off here",
        ));
    }
    let id = |namespace| ObjectId::new(&kind, namespace, name);
    if scope(&kind) == Some(Scope::Cluster) {
        let id = id(None);
        return Ok((kind, id));
    }
    match text(&["metadata", "namespace"]) {
        Some(other) if other != sandbox.namespace => Err(Fault::new(
            format!("{source} puts {}/{name} into namespace {other}, which is not its sandbox's", kind.kind),
            format!("leave metadata.namespace out, or use .Release.Namespace ({})", sandbox.namespace),
        )),
        _ => {
            let id = id(Some(sandbox.namespace.as_str()));
            Ok((kind, id))
        }
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
    // Few manifests have the word in them at all.
    manifest.mentions(COPIED_FROM)
        && manifest
            .body()
            .pointer("/metadata/annotations")
            .is_some_and(|annotations| annotations.get(COPIED_FROM).is_some())
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
