//! The adapter for a cluster that is a folder: YAML files that another tool can sync (`NAMESPACE/KIND-NAME.yaml`), and
//! beside them, in `.reconcile`, what is not for that tool: who owns which fields, and generated values.
//!
//! It merges as API servers do, by the same schema, and is stricter where they are lax. Every object is ready at once.
//! A file that is edited by hand is a write by the manager `file`; one that is deleted is an object deleted. Each
//! request reads the files anew, under a lock that other processes respect, so two runs meet as they do on a server.

mod disk;
mod entry;
mod fields;
#[cfg(test)]
mod killed;
mod managers;
mod merge;
mod rules;
mod schema;
mod selector;
mod status;
mod store;
mod text;
mod tree;
mod validate;
mod write;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use entry::Entry;
use selector::Selector;
use store::Store;

use super::{Apply, Cluster, Error, ErrorKind, Lock, Log, Propagation, Query, Served, Sink, Target};
use crate::manifest::{Kind, ObjectId, Resource, Scope, builtin};
use crate::plan::{Meta, Seen};

/// A cluster that is a folder.
#[derive(Debug)]
pub struct Dir {
    store: Store,
    description: String,
}

impl Dir {
    /// The cluster in a folder. One that is not there is an empty cluster, made by the first write.
    ///
    /// # Errors
    /// Something that is no folder has the name.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let description = format!("dir:{}", path.display());
        if path.exists() && !path.is_dir() {
            return Err(Error::new(ErrorKind::Other, format!("open {description}"), "this is not a folder"));
        }
        Ok(Self { store: Store::new(path.to_owned()), description })
    }

    fn find(&self, target: &Target<'_>) -> Result<Option<Entry>, Error> {
        let _lock = self.store.disk.shared()?;
        self.served(target.kind, "get")?;
        let folder = self.store.folder(tree::folder(target.id))?;
        self.store.load(&folder, target.id)
    }

    /// # Errors
    /// A kind, or a version of it, that is neither built in nor defined by a custom resource definition in the folder.
    fn served(&self, kind: &Kind, verb: &str) -> Result<(), Error> {
        if schema::of(kind).is_some() || (builtin(kind).is_none() && self.custom(kind)?.is_some()) {
            return Ok(());
        }
        let message = format!("{} does not serve {kind}", self.description);
        Err(Error::new(ErrorKind::NotServed, format!("{verb} {kind}"), message))
    }

    /// How a kind of custom resources is served.
    fn custom(&self, kind: &Kind) -> Result<Option<Resource>, Error> {
        let folder = self.store.folder(tree::CLUSTER)?;
        for id in folder.slots.keys().filter(|id| id.kind == "CustomResourceDefinition") {
            let definition = self.store.load(&folder, id)?;
            if let Some(resource) = definition.and_then(|entry| served_by(&entry.object, kind)) {
                return Ok(Some(resource));
            }
        }
        Ok(None)
    }
}

fn served_by(definition: &Value, kind: &Kind) -> Option<Resource> {
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str);
    let version = |version: &Value| {
        version.get("name").and_then(Value::as_str) == Some(&kind.version)
            && version.get("served").and_then(Value::as_bool).unwrap_or_default()
    };
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array)?;
    let same = text("/spec/group") == Some(&kind.group) && text("/spec/names/kind") == Some(&kind.kind);
    if !same || !versions.iter().any(version) {
        return None;
    }
    let scope = if text("/spec/scope") == Some("Cluster") { Scope::Cluster } else { Scope::Namespaced };
    Some(Resource { plural: text("/spec/names/plural")?.to_owned(), scope })
}

#[async_trait]
impl Cluster for Dir {
    fn describe(&self) -> &str {
        &self.description
    }

    fn context(&self) -> Option<&str> {
        None
    }

    /// Where the folder lies: it has nothing else before the first write.
    async fn identity(&self) -> Result<String, Error> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Other, format!("find {}", self.description), error.to_string())
        };
        let path = std::path::absolute(self.store.disk.path("")).map_err(failed)?;
        let mut below = Vec::new();
        for there in path.ancestors() {
            match there.canonicalize() {
                Ok(there) => {
                    let whole: PathBuf = std::iter::once(there.as_path()).chain(below.into_iter().rev()).collect();
                    return Ok(format!("dir:{}", whole.display()));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    below.extend(there.file_name().map(Path::new));
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(format!("dir:{}", path.display()))
    }

    async fn clock(&self) -> Result<Option<Timestamp>, Error> {
        Ok(None)
    }

    async fn resources(&self, kinds: &BTreeSet<Kind>) -> Result<Served, Error> {
        let _lock = self.store.disk.shared()?;
        let mut served = Served::default();
        for kind in kinds {
            let resource = match builtin(kind) {
                Some(resource) => schema::of(kind).map(|_| resource),
                None => self.custom(kind)?,
            };
            match resource {
                Some(resource) => drop(served.resources.insert(kind.clone(), resource)),
                None => drop(served.unserved.insert(kind.clone())),
            }
        }
        Ok(served)
    }

    async fn list(&self, query: &Query<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let ready = sink.ready();
        ready.await;
        let what = format!("list {}", query.resource.plural);
        let selector =
            Selector::parse(query.selector).map_err(|message| Error::new(ErrorKind::Invalid, what, message))?;
        let _lock = self.store.disk.shared()?;
        self.served(query.kind, "list")?;
        let anything = ObjectId::new(query.kind, None, "");
        let folders = match (query.resource.scope, query.namespace) {
            (Scope::Cluster, _) if !tree::is_namespace(&anything) => vec![tree::CLUSTER.to_owned()],
            (Scope::Namespaced, Some(namespace)) => vec![namespace.to_owned()],
            _ => self.store.namespaces()?,
        };
        // All of it before any of it: a list that fails has given nothing.
        let mut found = Vec::new();
        for folder in folders {
            let slots = self.store.folder(&folder)?.slots.into_iter();
            let of_kind = slots.filter(|(id, _)| (&id.group, &id.kind) == (&query.kind.group, &query.kind.kind));
            found.extend(of_kind.map(|(_, slot)| slot.meta).filter(|meta| selector.selects(&meta.labels)));
        }
        for meta in found {
            if !sink.passes(&Seen::of(&meta)) {
                sink.take(Arc::unwrap_or_clone(meta));
            }
        }
        Ok(())
    }

    async fn metadata(&self, target: &Target<'_>) -> Result<Option<Meta>, Error> {
        let _lock = self.store.disk.shared()?;
        self.served(target.kind, "get")?;
        let slot = self.store.folder(tree::folder(target.id))?.slots.remove(target.id);
        Ok(slot.map(|slot| Arc::unwrap_or_clone(slot.meta)))
    }

    async fn get(&self, target: &Target<'_>) -> Result<Option<Value>, Error> {
        let entry = self.find(target)?;
        Ok(entry.map(|mut entry| {
            status::add(&mut entry.object);
            entry.object
        }))
    }

    async fn objects(&self, query: &Query<'_>) -> Result<Vec<Value>, Error> {
        let mut found = self.every(query).await?;
        found.truncate(super::MOST);
        Ok(found)
    }

    async fn every(&self, query: &Query<'_>) -> Result<Vec<Value>, Error> {
        let mut found = Vec::new();
        self.list(query, &mut |meta: Meta| found.push(meta)).await?;
        let mut objects = Vec::new();
        for meta in found {
            let id = ObjectId::new(query.kind, meta.namespace.as_deref(), &meta.name);
            objects.extend(self.get(&Target { kind: query.kind, resource: query.resource, id: &id }).await?);
        }
        Ok(objects)
    }

    async fn log(&self, log: &Log<'_>) -> Result<String, Error> {
        let what = format!("get log of pod {} in {}", log.pod, log.namespace);
        Err(Error::new(ErrorKind::NotServed, what, "nothing runs in a folder"))
    }

    fn lock(&self, fleet_id: &str) -> Result<Lock, Error> {
        self.store.disk.lock_run(fleet_id)
    }

    async fn create(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        self.create_object(target, body, manager)
    }

    async fn make(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        self.make_object(target, body, manager)
    }

    async fn apply(&self, target: &Target<'_>, apply: &Apply<'_>) -> Result<Value, Error> {
        self.apply_object(target, apply)
    }

    async fn patch(&self, target: &Target<'_>, patch: &Value, manager: &str) -> Result<Value, Error> {
        self.patch_object(target, patch, manager, false)
    }

    async fn try_patch(&self, target: &Target<'_>, patch: &Value, manager: &str) -> Result<Value, Error> {
        self.patch_object(target, patch, manager, true)
    }

    async fn delete(&self, target: &Target<'_>, uid: &str, _propagation: Propagation) -> Result<(), Error> {
        self.delete_object(target, uid)
    }
}
