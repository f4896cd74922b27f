//! What is remembered beside the sandboxes: one `ConfigMap` a fleet for each subject, in a namespace that belongs to no
//! sandbox, without labels of ours, so that no survey takes it for a sandbox's.

use serde_json::{Map, Value, json};

use crate::cluster::{Apply, Cluster, Error, ErrorKind, Target};
use crate::manifest::{Kind, MANAGER, ObjectId, Resource, Scope, namespaces};

/// The namespace of what is remembered.
pub use crate::access::SYSTEM as NAMESPACE;
pub(super) use crate::access::name_of;
const TRIES: usize = 10;

/// The notes of a fleet on one subject.
pub(super) struct Notes<'a> {
    cluster: &'a dyn Cluster,
    id: ObjectId,
    kind: Kind,
    resource: Resource,
    about: About,
}

/// What is said of a key that is not one of ours, and whether an entry is.
type About = (&'static str, fn(&str, &Value) -> bool);

impl<'a> Notes<'a> {
    /// Those of a fleet, called `SUBJECT-FLEET`.
    pub fn new(cluster: &'a dyn Cluster, subject: &str, fleet_id: &str, about: About) -> Self {
        let kind = Kind::new("v1", "ConfigMap");
        let resource = Resource { plural: "configmaps".into(), scope: Scope::Namespaced };
        let id = ObjectId::new(&kind, Some(NAMESPACE), &format!("{subject}-{}", name_of(fleet_id)));
        Self { cluster, id, kind, resource, about }
    }

    /// What they are called.
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// What is noted, by key; an object of that name with anything else in it is somebody else's.
    pub async fn read(&self) -> Result<Map<String, Value>, Error> {
        Ok(self.object().await?.map(|object| entries(&object)).unwrap_or_default())
    }

    async fn object(&self) -> Result<Option<Value>, Error> {
        let object = self.cluster.get(&self.target()).await?;
        let (what, is_own) = self.about;
        let stranger = object.as_ref().and_then(|object| {
            let maps = ["/data", "/binaryData"].into_iter().filter_map(|at| object.pointer(at)?.as_object());
            maps.flatten().find(|(key, value)| !is_own(key, value)).map(|(key, _)| key)
        });
        match stranger {
            None => Ok(object),
            Some(key) => {
                let read = format!("read {} in {NAMESPACE}", self.id);
                let why = format!("somebody else made it: its key {key:?} {what}; save it elsewhere and delete it");
                Err(Error::new(ErrorKind::Other, read, why))
            }
        }
    }

    /// Changes what is noted, unless `edit` finds a reason not to, which is the answer. Of two who change it at once each
    /// sees what the other wrote.
    pub async fn change<T: Send>(
        &self,
        edit: &(dyn Fn(&mut Map<String, Value>) -> Option<T> + Sync),
    ) -> Result<Option<T>, Error> {
        for _ in 0..TRIES {
            let Some(object) = self.object().await? else {
                // Nothing to change where nothing is noted: the namespace is not made for that.
                let mut nothing = Map::new();
                if let Some(reason) = edit(&mut nothing) {
                    return Ok(Some(reason));
                }
                if nothing.is_empty() {
                    return Ok(None);
                }
                self.begin().await?;
                continue;
            };
            let before = entries(&object);
            let mut after = before.clone();
            if let Some(reason) = edit(&mut after) {
                return Ok(Some(reason));
            }
            if after == before {
                return Ok(None);
            }
            let mut body = self.bare();
            body["data"] = after.into();
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
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
        let what = format!("change {} in {NAMESPACE}", self.id);
        Err(Error::new(ErrorKind::Conflict, what, "it kept changing"))
    }

    /// Empty at first: what is made by POST is owned by another entry, and could not be forgotten.
    async fn begin(&self) -> Result<(), Error> {
        make_namespace(self.cluster).await?;
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

/// Makes the namespace of what is remembered, where it is not there.
pub(super) async fn make_namespace(cluster: &dyn Cluster) -> Result<(), Error> {
    let (kind, resource) = namespaces();
    let id = ObjectId::namespace(NAMESPACE);
    let namespace = Target { kind: &kind, resource: &resource, id: &id };
    if cluster.metadata(&namespace).await?.is_none() {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        there_or_made(cluster.create(&namespace, &body, MANAGER).await)?;
    }
    Ok(())
}

fn there_or_made(made: Result<Value, Error>) -> Result<(), Error> {
    match made {
        Err(error) if error.kind != ErrorKind::Conflict => Err(error),
        _ => Ok(()),
    }
}

fn entries(object: &Value) -> Map<String, Value> {
    object.pointer("/data").and_then(Value::as_object).cloned().unwrap_or_default()
}
