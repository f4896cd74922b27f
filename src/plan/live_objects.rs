//! The live objects of a fleet: those of which something is to be said, and of the others that there is nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::live::Observed;
use crate::manifest::{Hash, Manifest, ObjectId};

/// Live objects, found by identity and by the sandbox that they belong to, in the time that one sandbox takes.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// By namespace.
    namespaced: BTreeMap<String, BTreeMap<ObjectId, Observed>>,
    /// Those of the cluster itself.
    cluster_scoped: BTreeMap<ObjectId, Observed>,
    /// Those of the cluster itself by the sandbox that their label names.
    by_sandbox: BTreeMap<String, BTreeSet<ObjectId>>,
    /// Those that are settled ([`super::is_settled`]), by the hash of the manifest that they are as: it has their names in
    /// it, so no two have the same.
    settled: HashMap<Hash, ObjectId>,
}

impl Objects {
    /// What is known of an object. Of a settled one nothing is kept.
    pub fn get(&self, id: &ObjectId) -> Option<&Observed> {
        match &id.namespace {
            Some(namespace) => self.namespaced.get(namespace)?.get(id),
            None => self.cluster_scoped.get(id),
        }
    }

    /// Whether a manifest's object is there, settled or not.
    pub fn has(&self, manifest: &Manifest) -> bool {
        self.is_settled(manifest) || self.get(&manifest.id).is_some()
    }

    /// Whether a manifest's object is there wholly as wanted.
    pub fn is_settled(&self, manifest: &Manifest) -> bool {
        self.settled.contains_key(&manifest.hash)
    }

    /// Whether an object is there wholly as it is wanted.
    pub fn is_as_wanted(&self, id: &ObjectId) -> bool {
        self.settled.values().any(|settled| settled == id)
    }

    /// Adds an object.
    pub fn insert(&mut self, observed: Observed) {
        let id = observed.id.clone();
        match &id.namespace {
            Some(namespace) => {
                self.namespaced.entry(namespace.clone()).or_default().insert(id, observed);
            }
            None => {
                self.by_sandbox.entry(observed.sandbox.clone()).or_default().insert(id.clone());
                // What it was before may have been another sandbox's.
                if let Some(before) = self.cluster_scoped.insert(id.clone(), observed)
                    && let Some(others) = self.by_sandbox.get_mut(&before.sandbox)
                    && self.cluster_scoped[&id].sandbox != before.sandbox
                {
                    others.remove(&id);
                }
            }
        }
    }

    /// The objects of the cluster itself.
    pub fn outside(&self) -> impl Iterator<Item = &Observed> {
        self.cluster_scoped.values()
    }

    /// Notes objects that are settled, with the hashes of their manifests.
    pub fn settle(&mut self, settled: impl IntoIterator<Item = (Hash, ObjectId)>) {
        self.settled.extend(settled);
    }

    /// What is known of the objects in a namespace, and of those of the cluster itself with a sandbox's label.
    pub fn of<'a>(&'a self, sandbox: &str, namespace: &str) -> impl Iterator<Item = &'a Observed> + use<'a> {
        let wide = self.by_sandbox.get(sandbox).into_iter().flatten();
        let wide = wide.filter_map(move |id| self.cluster_scoped.get(id));
        self.namespaced.get(namespace).into_iter().flat_map(BTreeMap::values).chain(wide)
    }
}
