//! A cluster that answers in another order, or not at all.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use reconcile::cluster::{Apply, Cluster, Error, ErrorKind, Lock, Log, Propagation, Query, Served, Sink, Target};
use reconcile::manifest::{Hash, Kind};
use reconcile::plan::{Meta, Seen};
use serde_json::Value;

/// In front of a cluster.
pub struct Adapter<'a> {
    pub cluster: &'a dyn Cluster,
    /// Where lists come from, as they come, if from elsewhere.
    pub lister: Option<&'a dyn Cluster>,
    /// Lists come in an order that depends on this.
    pub shuffle: Option<u32>,
    /// Kinds whose lists fail, with half of what there is told.
    pub lists: BTreeSet<String>,
    /// Kinds of which nothing can be read by name.
    pub names: BTreeSet<String>,
    /// Namespaces that cannot be deleted.
    pub kept: BTreeSet<String>,
}

impl<'a> Adapter<'a> {
    pub fn new(cluster: &'a dyn Cluster) -> Self {
        Self {
            cluster,
            lister: None,
            shuffle: None,
            lists: BTreeSet::new(),
            names: BTreeSet::new(),
            kept: BTreeSet::new(),
        }
    }

    fn by_name(&self, target: &Target<'_>) -> Result<(), Error> {
        refuse(self.names.contains(&target.kind.kind), format!("get {}", target.id))
    }
}

fn refuse(is_refused: bool, what: String) -> Result<(), Error> {
    if is_refused { Err(Error::new(ErrorKind::Forbidden, what, "it is forbidden")) } else { Ok(()) }
}

#[async_trait]
impl Cluster for Adapter<'_> {
    fn describe(&self) -> &str {
        self.cluster.describe()
    }

    fn context(&self) -> Option<&str> {
        self.cluster.context()
    }

    async fn identity(&self) -> Result<String, Error> {
        self.cluster.identity().await
    }

    async fn clock(&self) -> Result<Option<Timestamp>, Error> {
        self.cluster.clock().await
    }

    async fn resources(&self, kinds: &BTreeSet<Kind>) -> Result<Served, Error> {
        self.cluster.resources(kinds).await
    }

    async fn list(&self, query: &Query<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        if let Some(lister) = self.lister {
            return lister.list(query, sink).await;
        }
        let ready = sink.ready();
        ready.await;
        let mut found = Vec::new();
        self.cluster.list(query, &mut |meta: Meta| found.push(meta)).await?;
        if let Some(seed) = self.shuffle {
            found.sort_by_key(|meta| Hash::of(format!("{seed} {:?} {}", meta.namespace, meta.name).as_bytes()));
        }
        let fails = self.lists.contains(&query.kind.kind);
        let told = if fails { found.len() / 2 } else { found.len() };
        for meta in found.into_iter().take(told) {
            if !sink.passes(&Seen::of(&meta)) {
                sink.take(meta);
            }
        }
        refuse(fails, format!("list {}", query.resource.plural))
    }

    async fn metadata(&self, target: &Target<'_>) -> Result<Option<Meta>, Error> {
        self.by_name(target)?;
        self.cluster.metadata(target).await
    }

    async fn get(&self, target: &Target<'_>) -> Result<Option<Value>, Error> {
        self.by_name(target)?;
        self.cluster.get(target).await
    }

    async fn objects(&self, query: &Query<'_>) -> Result<Vec<Value>, Error> {
        self.cluster.objects(query).await
    }

    async fn every(&self, query: &Query<'_>) -> Result<Vec<Value>, Error> {
        self.cluster.every(query).await
    }

    async fn log(&self, log: &Log<'_>) -> Result<String, Error> {
        self.cluster.log(log).await
    }

    fn lock(&self, fleet_id: &str) -> Result<Lock, Error> {
        self.cluster.lock(fleet_id)
    }

    async fn create(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        self.cluster.create(target, body, manager).await
    }

    async fn make(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        self.cluster.make(target, body, manager).await
    }

    async fn apply(&self, target: &Target<'_>, apply: &Apply<'_>) -> Result<Value, Error> {
        self.cluster.apply(target, apply).await
    }

    async fn patch(&self, target: &Target<'_>, patch: &Value, manager: &str) -> Result<Value, Error> {
        self.cluster.patch(target, patch, manager).await
    }

    async fn try_patch(&self, target: &Target<'_>, patch: &Value, manager: &str) -> Result<Value, Error> {
        self.cluster.try_patch(target, patch, manager).await
    }

    async fn delete(&self, target: &Target<'_>, uid: &str, propagation: Propagation) -> Result<(), Error> {
        refuse(self.kept.contains(&target.id.name), format!("delete {}", target.id))?;
        self.cluster.delete(target, uid, propagation).await
    }
}
