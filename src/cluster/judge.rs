//! Listed objects, judged as they arrive against what is wanted of them, so that little is kept.

use std::collections::HashMap;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::SetOnce;

use super::Sink;
use crate::manifest::{Hash, Kind, Manifest, ObjectId};
use crate::plan::{FieldSets, Meta, Observed, Seen, Source, is_settled, observe};

/// The wanted manifests of one kind, by namespace and name.
type OfKind<'m> = HashMap<(Option<&'m str>, &'m str), &'m Manifest>;

/// The wanted manifests, by group and kind.
#[derive(Debug, Default)]
pub(super) struct Index<'m>(HashMap<(&'m str, &'m str), OfKind<'m>>);

impl<'m> Index<'m> {
    pub(super) fn of(sources: &'m super::survey::Sources) -> Self {
        let mut index = Self::default();
        for manifest in sources.values().filter_map(Source::wanted).flat_map(|wanted| wanted.release.manifests.iter()) {
            let id = &manifest.id;
            let of_kind = index.0.entry((&id.group, &id.kind)).or_default();
            // Of two sandboxes that want one object of the cluster itself the first counts.
            of_kind.entry((id.namespace.as_deref(), &id.name)).or_insert(manifest);
        }
        index
    }

    fn find(&self, kind: &Kind, namespace: Option<&str>, name: &str) -> Option<&'m Manifest> {
        self.0.get(&(kind.group.as_str(), kind.kind.as_str()))?.get(&(namespace, name)).copied()
    }
}

/// What came of a list.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Objects that are wholly as wanted, by the hashes of their manifests.
    pub(super) settled: Vec<(Hash, ObjectId)>,
    /// All other objects.
    pub(super) found: Vec<Observed>,
}

/// Judges the objects of one kind.
pub(super) struct Judge<'j, 'm> {
    pub(super) listed: Listed,
    kind: &'j Kind,
    fleet: &'j str,
    index: &'j SetOnce<Index<'m>>,
    sets: FieldSets,
}

impl<'j, 'm> Judge<'j, 'm> {
    pub(super) fn new(kind: &'j Kind, fleet: &'j str, index: &'j SetOnce<Index<'m>>) -> Self {
        Self { listed: Listed::default(), kind, fleet, index, sets: FieldSets::default() }
    }

    fn wanted(&self, namespace: Option<&str>, name: &str) -> Option<&'m Manifest> {
        self.index.get().and_then(|index| index.find(self.kind, namespace, name))
    }
}

impl Sink for Judge<'_, '_> {
    fn is_ready(&self) -> bool {
        self.index.initialized()
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        let index = self.index;
        async move {
            index.wait().await;
        }
        .boxed()
    }

    fn passes(&mut self, seen: &Seen<'_>) -> bool {
        let Some(wanted) = self.wanted(seen.namespace, seen.name) else { return false };
        let settled = is_settled(seen, self.fleet, wanted, &mut self.sets);
        if settled {
            self.listed.settled.push((wanted.hash, wanted.id.clone()));
        }
        settled
    }

    fn take(&mut self, meta: Meta) {
        let id = ObjectId::new(self.kind, meta.namespace.as_deref(), &meta.name);
        let wanted = self.wanted(meta.namespace.as_deref(), &meta.name);
        self.listed.found.push(observe(&meta, id, self.fleet, wanted));
    }
}
