//! A cluster, and names in it that nobody else has.

use std::sync::atomic::{AtomicUsize, Ordering};

use reconcile::cluster::{Apply, Cluster, Error, Target};
use reconcile::manifest::{Kind, MANAGER, Manifest, ObjectId, Owner, Resource, Scope, Stamp, builtin};
use reconcile::plan::{Meta, Observed, observe};
use serde_json::{Value, json};

/// The fleet that all objects of the suite belong to.
pub const FLEET: &str = "contract";
/// Somebody else's field manager.
pub const RIVAL: &str = "kubectl-edit";

/// Where one test plays.
pub struct Arena<'a> {
    pub cluster: &'a dyn Cluster,
    stem: String,
    made: AtomicUsize,
}

/// An object's address.
#[derive(Clone, Debug)]
pub struct Address {
    pub kind: Kind,
    pub resource: Resource,
    pub id: ObjectId,
}

impl<'a> Arena<'a> {
    /// `stem` is a DNS label that no other test has.
    pub fn new(cluster: &'a dyn Cluster, stem: &str) -> Self {
        Self { cluster, stem: stem.to_owned(), made: AtomicUsize::new(0) }
    }

    /// A name that nothing else has.
    pub fn name(&self) -> String {
        format!("{}-{}", self.stem, self.made.fetch_add(1, Ordering::Relaxed))
    }

    /// A new namespace.
    pub async fn namespace(&self) -> String {
        let name = self.name();
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.cluster.create(&address(&body).target(), &body, MANAGER).await.expect("a namespace is made");
        name
    }

    /// Server-side apply under our manager.
    pub async fn apply(&self, body: &Value) -> Result<Value, Error> {
        self.apply_as(MANAGER, body).await
    }

    pub async fn apply_as(&self, manager: &str, body: &Value) -> Result<Value, Error> {
        let apply = Apply { body, manager, uid: None, resource_version: None, dry_run: false };
        self.cluster.apply(&address(body).target(), &apply).await
    }

    /// A patch by the rival.
    pub async fn patch(&self, of: &Value, patch: Value) -> Value {
        self.cluster.patch(&address(of).target(), &patch, RIVAL).await.expect("the rival's patch is taken")
    }

    /// The whole object.
    pub async fn get(&self, of: &Value) -> Option<Value> {
        self.cluster.get(&address(of).target()).await.expect("the object can be read")
    }

    /// Its metadata.
    pub async fn meta(&self, of: &Value) -> Option<Meta> {
        self.cluster.metadata(&address(of).target()).await.expect("the metadata can be read")
    }

    /// How planning sees the object.
    pub async fn observe(&self, wanted: &Manifest) -> Observed {
        let meta = self.meta(&wanted.body()).await.expect("the object is there");
        observe(&meta, wanted.id.clone(), FLEET, Some(wanted))
    }
}

impl Address {
    pub fn target(&self) -> Target<'_> {
        Target { kind: &self.kind, resource: &self.resource, id: &self.id }
    }
}

/// Where an object of a built-in kind is.
pub fn address(body: &Value) -> Address {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let kind = Kind::new(text("/apiVersion").expect("apiVersion"), text("/kind").expect("kind"));
    let resource = builtin(&kind).unwrap_or(Resource { plural: "widgets".into(), scope: Scope::Namespaced });
    let id = ObjectId::new(&kind, text("/metadata/namespace"), text("/metadata/name").expect("a name"));
    Address { kind, resource, id }
}

/// What a manifest asks for, as our releases have it.
pub fn manifest(body: Value) -> Manifest {
    let Address { kind, id, .. } = address(&body);
    let owner = Owner { fleet: FLEET.into(), sandbox: "one".into() };
    Manifest::new(kind, id, body, Stamp { owner: &owner, source: "contract", generated: Vec::new() })
}

pub fn config_map(namespace: &str, name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data})
}

pub fn secret(namespace: &str, name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "data": data})
}

/// With two variables in its environment and a port without protocol.
pub fn deployment(namespace: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace, "labels": {"tier": "front"}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{
                    "name": "web", "image": "example.com/web:1",
                    "args": ["serve", "--all"],
                    "env": [{"name": "ONE", "value": "1"}, {"name": "TWO", "value": "2"}],
                    "ports": [{"containerPort": 8069, "name": "http"}],
                    "resources": {"limits": {"cpu": "100m"}},
                }]},
            },
        },
    })
}

/// Waits until a question is answered with yes.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    // Ten pauses a second: a minute for what takes seconds.
    for _ in 0..600 {
        if ask().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("this never came: {what}");
}
