//! Which saved plans were used: noted in the cluster, as a file can be copied to any machine.
//!
//! One `ConfigMap` a fleet, in a namespace that belongs to no sandbox, without labels of ours, so that no survey takes it
//! for a sandbox's. A plan is noted before the first thing that it does: of two that apply it at once one loses, and
//! one that was killed half-way is completed by a run, not by applying it again.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::cluster::{Apply, Cluster, Error, ErrorKind, Target};
use crate::manifest::{Hash, Kind, MANAGER, ObjectId, Resource, Scope, namespaces};
use crate::plan::is_plan_id;

/// The namespace of what is remembered beside the sandboxes.
pub const NAMESPACE: &str = "reconcile-system";
const TRIES: usize = 10;

/// The plans that were used of one fleet.
pub struct Ledger<'a> {
    cluster: &'a dyn Cluster,
    id: ObjectId,
    kind: Kind,
    resource: Resource,
}

impl<'a> Ledger<'a> {
    /// A fleet's, in a cluster.
    pub fn new(cluster: &'a dyn Cluster, fleet_id: &str) -> Self {
        let kind = Kind::new("v1", "ConfigMap");
        let resource = Resource { plural: "configmaps".into(), scope: Scope::Namespaced };
        let id = ObjectId::new(&kind, Some(NAMESPACE), &format!("plans-{}", name_of(fleet_id)));
        Self { cluster, id, kind, resource }
    }

    /// What it is called.
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// When a plan was used; `None` where it was not.
    ///
    /// # Errors
    /// Where the cluster does not say.
    pub async fn used(&self, plan: &str) -> Result<Option<String>, Error> {
        Ok(self.read().await?.and_then(|ledger| entry(&ledger, plan)))
    }

    /// What is noted; an object of that name with anything else in it is somebody else's.
    async fn read(&self) -> Result<Option<Value>, Error> {
        let ledger = self.cluster.get(&self.target()).await?;
        let stranger = ledger.as_ref().and_then(strange_key);
        match stranger {
            None => Ok(ledger),
            Some(key) => {
                let what = format!("read {} in {NAMESPACE}", self.id);
                let why =
                    format!("somebody else made it: its key {key:?} names no plan; save it elsewhere and delete it");
                Err(Error::new(ErrorKind::Other, what, why))
            }
        }
    }

    /// Notes that a plan is used now, and forgets those that were longer ago than `memory`. `Some` where it was used
    /// already, and when: then it must not be.
    ///
    /// # Errors
    /// Where it could not be noted: then it must not be used either.
    pub async fn claim(&self, plan: &str, now: Timestamp, memory: SignedDuration) -> Result<Option<String>, Error> {
        for _ in 0..TRIES {
            let Some(ledger) = self.read().await? else {
                self.begin().await?;
                continue;
            };
            if let Some(at) = entry(&ledger, plan) {
                return Ok(Some(at));
            }
            let mut entries = remembered(&ledger, now, memory);
            entries.insert(plan.to_owned(), json!(now));
            let mut body = self.bare();
            body["data"] = entries.into();
            let text = |pointer: &str| ledger.pointer(pointer).and_then(Value::as_str);
            let apply = Apply {
                body: &body,
                manager: MANAGER,
                uid: text("/metadata/uid"),
                // Somebody who notes something at the same time moves it, and then this does nothing.
                resource_version: text("/metadata/resourceVersion"),
                dry_run: false,
            };
            match self.cluster.apply(&self.target(), &apply).await {
                Ok(_) => return Ok(None),
                Err(error) if error.kind == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        let what = format!("note the plan in {} in {NAMESPACE}", self.id);
        Err(Error::new(ErrorKind::Conflict, what, "it kept changing"))
    }

    /// Empty at first: what is made by POST is owned by another entry, and could not be forgotten.
    async fn begin(&self) -> Result<(), Error> {
        let (kind, resource) = namespaces();
        let id = ObjectId::namespace(NAMESPACE);
        let namespace = Target { kind: &kind, resource: &resource, id: &id };
        if self.cluster.metadata(&namespace).await?.is_none() {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
            there_or_made(self.cluster.create(&namespace, &body, MANAGER).await)?;
        }
        there_or_made(self.cluster.create(&self.target(), &self.bare(), MANAGER).await)
    }

    fn bare(&self) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": self.id.name, "namespace": NAMESPACE},
        })
    }

    fn target(&self) -> Target<'_> {
        Target { kind: &self.kind, resource: &self.resource, id: &self.id }
    }
}

fn there_or_made(made: Result<Value, Error>) -> Result<(), Error> {
    match made {
        Err(error) if error.kind != ErrorKind::Conflict => Err(error),
        _ => Ok(()),
    }
}

/// A key that is no plan's id.
fn strange_key(ledger: &Value) -> Option<&str> {
    let maps = ["/data", "/binaryData"].into_iter().filter_map(|at| ledger.pointer(at)?.as_object());
    maps.flat_map(Map::keys).map(String::as_str).find(|key| !is_plan_id(key))
}

fn entry(ledger: &Value, plan: &str) -> Option<String> {
    ledger.pointer("/data")?.get(plan).map(|at| at.as_str().unwrap_or("an unknown time").to_owned())
}

/// What is kept of a ledger; what cannot be read stays.
fn remembered(ledger: &Value, now: Timestamp, memory: SignedDuration) -> Map<String, Value> {
    let entries = ledger.pointer("/data").and_then(Value::as_object).into_iter().flatten();
    let is_old = |at: &Value| {
        let at = at.as_str().and_then(|at| at.parse::<Timestamp>().ok());
        at.is_some_and(|at| now.duration_since(at) > memory)
    };
    entries.filter(|(_, at)| !is_old(at)).map(|(plan, at)| (plan.clone(), at.clone())).collect()
}

/// A fleet's id as part of an object's name, which may hold less than a label does.
fn name_of(fleet_id: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if fleet_id.chars().all(is_plain) {
        fleet_id.to_owned()
    } else {
        Hash::of(fleet_id.as_bytes()).as_str().chars().take(16).collect()
    }
}
