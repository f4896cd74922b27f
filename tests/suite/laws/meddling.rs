//! What others do to a cluster: they change what is ours, and make what is not.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use reconcile::cluster::{Apply, Cluster as _};
use reconcile::manifest::{ANNOTATION_HASH, LABEL_FLEET, LABEL_SANDBOX, MANAGER};
use serde_json::{Value, json};

use super::fleet::NAMES;
use super::world::{Address, World};

const RIVAL: &str = "kubectl-edit";

/// One deed.
#[derive(Clone, Debug)]
pub enum Meddling {
    /// A change of an object of ours.
    Change(Index, Change),
    Delete(Index),
    /// Something of theirs, made where it may be in the way.
    Make(Theirs, &'static str, Index),
}

#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// Something declared.
    Value,
    /// Something beside.
    Extra,
    /// A label beside ours.
    Label,
    TakeFleet,
    OtherFleet,
    TakeSandbox,
    OtherSandbox,
    TakeHash,
    TakeAnnotations,
    /// Who owns what is forgotten.
    Strip,
    /// An equal apply by a rival.
    Share,
    Finalizer,
    /// The same of its namespace.
    Keep,
}

/// What is not ours, and looks more or less as if it were.
#[derive(Clone, Copy, Debug)]
pub enum Theirs {
    /// A namespace of the name that a sandbox would have.
    Namespace,
    /// One with all our labels and annotations.
    LookAlikeNamespace,
    /// One that another fleet of this program made.
    OtherFleetsNamespace,
    /// An object of a name that is wanted.
    Squatter,
    /// A copy of an object of ours, labels and all.
    Copy,
    /// One that is controlled by another, though it was applied by our manager.
    Controlled,
    /// A cluster-scoped object of a name that is wanted.
    ClusterSquatter,
    /// The same with all our labels and annotations.
    ClusterLookAlike,
    /// A cluster-scoped copy, labels and all.
    ClusterCopy,
    /// A cluster-scoped object that another fleet of this program made.
    OtherFleets,
}

pub fn meddling() -> impl Strategy<Value = Meddling> {
    let changes = [
        Change::Value,
        Change::Extra,
        Change::Label,
        Change::TakeFleet,
        Change::OtherFleet,
        Change::TakeSandbox,
        Change::OtherSandbox,
        Change::TakeHash,
        Change::TakeAnnotations,
        Change::Strip,
        Change::Share,
        Change::Finalizer,
        Change::Keep,
    ];
    let theirs = [
        Theirs::Namespace,
        Theirs::LookAlikeNamespace,
        Theirs::OtherFleetsNamespace,
        Theirs::Squatter,
        Theirs::Copy,
        Theirs::Controlled,
        Theirs::ClusterSquatter,
        Theirs::ClusterLookAlike,
        Theirs::ClusterCopy,
        Theirs::OtherFleets,
    ];
    let made = (select(theirs.to_vec()), select(&NAMES[..]), any::<Index>());
    prop_oneof![
        4 => (any::<Index>(), select(changes.to_vec())).prop_map(|(index, change)| Meddling::Change(index, change)),
        1 => any::<Index>().prop_map(Meddling::Delete),
        3 => made.prop_map(|(theirs, name, index)| Meddling::Make(theirs, name, index)),
    ]
}

impl Meddling {
    pub fn make(&self, world: &mut World) {
        match self {
            Meddling::Change(index, change) => {
                if let Some(object) = own(world, *index) {
                    change.make(world, &object);
                }
            }
            Meddling::Delete(index) => {
                if let Some(object) = own(world, *index) {
                    world.delete(&Address::of(&object).id);
                }
            }
            Meddling::Make(theirs, name, index) => theirs.make(world, name, *index),
        }
    }
}

/// Some object of ours.
fn own(world: &World, index: Index) -> Option<Value> {
    let objects: Vec<Value> =
        world.objects().into_iter().filter(|(id, _)| !world.foreign.contains(id)).map(|(_, object)| object).collect();
    (!objects.is_empty()).then(|| index.get(&objects).clone())
}

impl Change {
    pub fn make(self, world: &World, object: &Value) {
        let mut address = Address::of(object);
        if let (Change::Keep, Some(namespace)) = (self, address.id.namespace.clone()) {
            address = Address::of(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
        }
        if let Change::Share = self {
            let mut body = object.clone();
            for key in ["managedFields", "uid", "resourceVersion", "creationTimestamp", "generation"] {
                body["metadata"].as_object_mut().expect("metadata").remove(key);
            }
            let apply = Apply { body: &body, manager: "argocd", uid: None, resource_version: None, dry_run: false };
            // A namespace that ends takes nothing.
            let _ = world.wait(world.cluster.apply(&address.target(), &apply));
            return;
        }
        let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
        let label = |key: &str| format!("/metadata/labels/{}", escaped(key));
        let patch = match self {
            Change::Value => match address.id.kind.as_str() {
                "ConfigMap" => json!([{"op": "add", "path": "/data/replicas", "value": "many"}]),
                "Deployment" => json!([{"op": "add", "path": "/spec/replicas", "value": 7}]),
                "Service" => json!([{"op": "add", "path": "/spec/ports/0/port", "value": 81}]),
                "Widget" => json!([{"op": "add", "path": "/spec/size", "value": 7}]),
                "Secret" => json!([{"op": "add", "path": "/data/user", "value": "cm9vdA=="}]),
                "ClusterRole" => json!([{"op": "add", "path": "/rules/0/verbs/0", "value": "list"}]),
                _ => json!([{"op": "remove", "path": label(LABEL_SANDBOX)}]),
            },
            Change::Extra => match address.id.kind.as_str() {
                "ConfigMap" => json!([{"op": "add", "path": "/data/more", "value": "more"}]),
                "Deployment" => json!([{"op": "add", "path": "/spec/template/spec/hostPID", "value": true}]),
                "Widget" => json!([{"op": "add", "path": "/spec/colour", "value": "red"}]),
                _ => json!([{"op": "add", "path": label("seen"), "value": "yes"}]),
            },
            Change::Label => json!([{"op": "add", "path": label("team"), "value": "blue"}]),
            Change::TakeFleet => json!([{"op": "remove", "path": label(LABEL_FLEET)}]),
            Change::OtherFleet => json!([{"op": "add", "path": label(LABEL_FLEET), "value": "theirs"}]),
            Change::TakeSandbox => json!([{"op": "remove", "path": label(LABEL_SANDBOX)}]),
            Change::OtherSandbox => json!([{"op": "add", "path": label(LABEL_SANDBOX), "value": "b"}]),
            Change::TakeHash => {
                json!([{"op": "remove", "path": format!("/metadata/annotations/{}", escaped(ANNOTATION_HASH))}])
            }
            Change::TakeAnnotations => json!([{"op": "remove", "path": "/metadata/annotations"}]),
            Change::Strip => json!([{"op": "add", "path": "/metadata/managedFields", "value": []}]),
            Change::Finalizer | Change::Keep => {
                json!([{"op": "add", "path": "/metadata/finalizers", "value": ["example.com/wait"]}])
            }
            Change::Share => unreachable!("done above"),
        };
        // Another deed may have taken it away already.
        let _ = world.wait(world.cluster.patch(&address.target(), &patch, RIVAL));
    }
}

impl Theirs {
    fn make(self, world: &mut World, name: &str, index: Index) {
        let namespace = format!("sb-{name}");
        let labels = |fleet: &str| json!({LABEL_FLEET: fleet, LABEL_SANDBOX: name});
        let hash = || json!({ANNOTATION_HASH: "0".repeat(64)});
        let role = |name: &str, labels: Value, annotations: Value| {
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                "metadata": {"name": name, "labels": labels, "annotations": annotations}, "rules": []})
        };
        let space = |name: &str, labels: Value, annotations: Value| {
            json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": name, "labels": labels, "annotations": annotations}})
        };
        match self {
            Theirs::Namespace => world.make(RIVAL, &space(&namespace, json!({}), json!({}))),
            Theirs::LookAlikeNamespace => {
                world.make(RIVAL, &space(&format!("copy-{name}"), labels("ours"), hash()));
            }
            Theirs::OtherFleetsNamespace => apply(world, &space(&namespace, labels("theirs"), hash())),
            Theirs::Squatter => {
                let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace},
                    "spec": {"selector": {"app": "other"}, "ports": [{"port": 1}]}});
                world.make(RIVAL, &service);
            }
            Theirs::Copy => {
                let Some(mut copy) = own(world, index).filter(|own| own["kind"] != "Namespace") else { return };
                let metadata = copy["metadata"].as_object_mut().expect("metadata");
                metadata.retain(|key, _| ["labels", "annotations", "namespace"].contains(&key.as_str()));
                metadata.insert("name".into(), "copy".into());
                world.make(RIVAL, &copy);
            }
            Theirs::Controlled => {
                let slice = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                    "endpoints": [], "metadata": {"name": "web-1", "namespace": namespace, "labels": labels("ours"),
                    "annotations": hash(), "ownerReferences": [{"apiVersion": "v1", "kind": "Service", "name": "web",
                    "uid": "1", "controller": true}]}});
                apply(world, &slice);
            }
            Theirs::ClusterSquatter => {
                world.make(RIVAL, &role(&format!("{namespace}-see"), json!({}), json!({})));
            }
            Theirs::ClusterLookAlike => look_alike_role(world, name),
            Theirs::ClusterCopy => world.make(RIVAL, &role(&format!("copy-{name}"), labels("ours"), hash())),
            Theirs::OtherFleets => other_fleets_role(world, name),
        }
    }
}

/// A cluster-scoped object that another fleet made, of the name that a sandbox of ours would give it.
pub fn other_fleets_role(world: &mut World, name: &str) {
    apply(world, &wanted_role("theirs", name));
}

/// One that somebody made with all our labels and annotations.
pub fn look_alike_role(world: &mut World, name: &str) {
    world.make(RIVAL, &wanted_role("ours", name));
}

fn wanted_role(fleet: &str, name: &str) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": [],
        "metadata": {"name": format!("sb-{name}-see"), "labels": {LABEL_FLEET: fleet, LABEL_SANDBOX: name},
        "annotations": {ANNOTATION_HASH: "0".repeat(64)}}})
}

/// Made by this program's manager, for somebody else.
fn apply(world: &mut World, object: &Value) {
    let address = Address::of(object);
    let is_there = world.wait(world.cluster.metadata(&address.target())).expect("it can be read").is_some();
    let apply = Apply { body: object, manager: MANAGER, uid: None, resource_version: None, dry_run: false };
    // Its namespace may be missing.
    if !is_there && world.wait(world.cluster.apply(&address.target(), &apply)).is_ok() {
        world.foreign.insert(address.id);
    }
}
