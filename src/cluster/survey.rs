//! Live state, read: one metadata-only list a kind, side by side, so that the cost grows with the kinds and not with
//! the sandboxes; then by name what is wanted and in no list.
//!
//! What is wanted may come later than the first lists: they are fetched meanwhile, and judged when it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use futures::StreamExt as _;
use futures::future::{join, join_all, try_join};
use jiff::Timestamp;
use tokio::sync::SetOnce;

use super::judge::{Index, Judge, Listed};
use super::namespace::{has_its_bucket, live_namespace};
use super::scrutiny::Scrutiny;
use super::withheld::{Pieces, is_withheld, list_each};
use super::{Cluster, Error, ErrorKind, Query, Served, Sink, Target};
use crate::manifest::{
    Kind, LABEL_FLEET, LABEL_SANDBOX, Manifest, ObjectId, Resource, Scope, Shard, builtin, namespaces,
};
use crate::plan::{Chosen, DriftMode, Live, LiveNamespace, Meta, Seen, Source, Unread, observe, recorded_kinds};

/// How many single objects are asked for side by side.
pub(super) const SIDE_BY_SIDE: usize = 16;
/// More namespaces than this are not asked for one by one, but looked for in a list of all.
const BY_NAME: usize = 8;

/// What the repository asks for, by name.
pub type Sources = BTreeMap<String, Source>;

/// What live state is read for.
#[derive(Clone, Debug)]
pub struct Survey<'a> {
    /// The fleet's id.
    pub fleet_id: &'a str,
    /// Labels of every namespace.
    pub namespace_labels: &'a BTreeMap<String, String>,
    /// The instant planned for.
    pub now: Timestamp,
    /// Whether drift is looked for.
    pub drift: DriftMode,
    /// The objects of these sandboxes alone are looked at.
    pub chosen: &'a Chosen,
    /// Whether each sandbox gives the account that runs here its rights there: then Secrets are listed in each of our
    /// namespaces where the list of all is forbidden.
    pub by_namespace: bool,
}

/// Why there is nothing to plan with.
#[derive(Debug)]
pub enum Unknown<E> {
    /// The cluster could not be read.
    Live(Error),
    /// What is wanted could not be told.
    Wanted(E),
}

/// How the kinds of manifests are served that are not Kubernetes' own: whether their objects live in a namespace is
/// known only then. Nothing is asked where there are none.
///
/// # Errors
/// Where the cluster cannot be asked at all.
pub async fn discover<'k>(cluster: &dyn Cluster, kinds: impl Iterator<Item = &'k Kind>) -> Result<Served, Error> {
    let custom = one_version_each(kinds.filter(|kind| builtin(kind).is_none()));
    if custom.is_empty() { Ok(Served::default()) } else { cluster.resources(&custom).await }
}

/// Reads what the cluster holds of a fleet, while `sources` finds out what is wanted.
///
/// # Errors
/// Where the namespaces cannot be listed: then nothing is known. A list of any other kind that fails is noted in
/// [`Live::unreadable`], and concerns only the sandboxes that have that kind; one of a single namespace in
/// [`Live::unread_in`].
pub async fn survey<E>(
    cluster: &dyn Cluster,
    survey: &Survey<'_>,
    sources: impl Future<Output = Result<(Sources, Served), Unknown<E>>>,
) -> Result<(Sources, Live), Unknown<E>> {
    let wanted = OnceLock::new();
    let live = {
        let index = SetOnce::new();
        let reader = Reader { cluster, survey, index: &index };
        let coming = async {
            let (sources, served) = sources.await?;
            // Set here alone.
            let _ = index.set(Index::of(wanted.get_or_init(|| sources)));
            Ok::<_, Unknown<E>>(served)
        };
        let begun = async { reader.begin().await.map_err(Unknown::<E>::Live) };
        let (begun, served) = try_join(begun, coming).await?;
        let Some(sources) = wanted.get() else { return Err(Unknown::Live(never_told())) };
        reader.finish(begun, sources, served).await.map_err(Unknown::Live)?
    };
    let sources = wanted.into_inner().ok_or_else(|| Unknown::Live(never_told()))?;
    Ok((sources, live))
}

/// An empty fleet must never stand for one that was not told.
fn never_told() -> Error {
    Error::new(ErrorKind::Other, "survey", "what is wanted was never told")
}

/// The kinds listed, and how that went.
type Lists = BTreeMap<Kind, Result<Heard, Error>>;

/// A list of a kind.
enum Heard {
    /// Of the whole cluster.
    Whole(Listed),
    /// Of each namespace that was known by then to be ours; these.
    Pieces(Pieces, BTreeSet<String>),
}

/// What is read before it is known what is wanted.
#[derive(Default)]
struct Begun {
    /// The shard whose objects are listed.
    shard: Option<Shard>,
    namespaces: BTreeMap<String, LiveNamespace>,
    /// How the kinds are served that the namespaces record.
    served: Served,
    lists: Lists,
}

/// Which objects of a fleet are listed: those of some sandboxes, or of a shard.
type Part<'p> = (Option<&'p [String]>, Option<Shard>);

struct Reader<'r, 'm> {
    cluster: &'r dyn Cluster,
    survey: &'r Survey<'r>,
    /// What is wanted, as soon as it is known.
    index: &'r SetOnce<Index<'m>>,
}

impl Reader<'_, '_> {
    /// The namespaces, and, where all objects are looked at, the lists of the kinds that they record.
    async fn begin(&self) -> Result<Begun, Error> {
        let mut begun = Begun::default();
        let (kind, resource) = namespaces();
        // All of them: what bounds a fleet is counted over all shards.
        let selector = self.selector((None, None));
        let query = Query { kind: &kind, resource: &resource, namespace: None, selector: &selector };
        let found = list_all(self.cluster, &query).await?;
        let is_chosen = |meta: &&Meta| self.survey.chosen.has(meta.sandbox().unwrap_or_default());
        begun.shard = self.survey.chosen.shard.filter(|_| found.iter().filter(is_chosen).all(has_its_bucket));
        if self.survey.drift == DriftMode::Detect && self.survey.chosen.only.is_empty() {
            let recorded = recorded_kinds(found.iter().map(|meta| &meta.annotations));
            begun.served = self.cluster.resources(&with_volumes(one_version_each(recorded.iter()))).await?;
        }
        // What is on the namespaces is read while the lists are on their way.
        let read = async { found.iter().map(|meta| (meta.name.clone(), live_namespace(meta, self.survey))).collect() };
        let names = found.iter().filter(is_chosen).map(|meta| meta.name.clone()).collect();
        (begun.lists, begun.namespaces) =
            join(self.lists(&begun.served.resources, (None, begun.shard), &names), read).await;
        Ok(begun)
    }

    /// The rest, now that it is known what is wanted.
    async fn finish(&self, begun: Begun, sources: &Sources, mut served: Served) -> Result<Live, Error> {
        let Begun { shard, mut namespaces, served: recorded, mut lists } = begun;
        self.find_namespaces(sources, &mut namespaces).await?;
        let scope = Scrutiny::of(self.survey, sources, &namespaces);
        let mut asked = one_version_each(scope.wanted.iter().chain(&scope.recorded).copied());
        if scope.names.is_none() {
            asked = with_volumes(asked);
        }
        let mut unasked: BTreeSet<Kind> = asked.iter().filter(|kind| !served.has(kind)).cloned().collect();
        served.extend(recorded.only(&unasked));
        unasked.retain(|kind| !served.has(kind));
        served.extend(self.cluster.resources(&unasked).await?);
        let mut missing = served.resources.clone();
        missing.retain(|kind, resource| {
            let is_listed = lists.iter().any(|(other, result)| other.same_store(kind) && result.is_ok());
            !is_listed && !lists.contains_key(kind) && scope.wants(kind, resource)
        });
        // One that failed in a version that is wanted no more does not matter.
        lists.retain(|kind, result| result.is_ok() || served.resources.contains_key(kind));
        let is_seen = |n: &LiveNamespace| !scope.unseen.contains(n.sandbox());
        let ours = namespaces.iter().filter(|(_, n)| (n.observed.was_ours || n.observed.ours) && is_seen(n));
        let ours: BTreeSet<String> = ours.map(|(name, _)| name.clone()).collect();
        lists.extend(self.lists(&missing, (scope.names.as_deref(), shard), &ours).await);
        // A namespace whose label was taken away is found by its name, after the first lists.
        self.complete(&mut lists, (&served.resources, shard), &ours).await;
        let mut live = Live {
            drift: self.survey.drift,
            unseen: scope.unseen,
            resources: served.resources,
            unserved: served.unserved,
            ..Live::default()
        };
        live.unreadable
            .extend(served.unknown.into_iter().map(|(kind, error)| (kind, Unread { error, ..Unread::default() })));
        live.namespaces = namespaces;
        for (kind, result) in lists {
            match result {
                Ok(heard) => {
                    let Pieces { listed, unread: faults } = match heard {
                        Heard::Whole(listed) => Pieces { listed, unread: BTreeMap::new() },
                        Heard::Pieces(pieces, _) => pieces,
                    };
                    live.objects.settle(listed.settled);
                    listed.found.into_iter().for_each(|observed| live.objects.insert(observed));
                    for (namespace, error) in faults {
                        live.unread_in.entry(namespace).or_default().insert(kind.clone(), unread(&error));
                    }
                }
                Err(error) => {
                    live.unreadable.insert(kind, unread(&error));
                }
            }
        }
        self.find_objects(sources, &mut live).await;
        Ok(live)
    }

    /// What selects the fleet, or some of its sandboxes.
    fn selector(&self, (names, shard): Part<'_>) -> String {
        let fleet = format!("{LABEL_FLEET}={}", self.survey.fleet_id);
        match (names, shard) {
            (None, None) => fleet,
            (None, Some(shard)) => format!("{fleet},{}", shard.selector()),
            (Some(names), _) => format!("{fleet},{} in ({})", LABEL_SANDBOX, names.join(",")),
        }
    }

    async fn lists(&self, kinds: &BTreeMap<Kind, Resource>, part: Part<'_>, ours: &BTreeSet<String>) -> Lists {
        // What is in no namespace is listed whole: what somebody has left there counts among the removals of all shards.
        let (own, whole_fleet) = (&self.selector(part), &self.selector((part.0, None)));
        let lists = kinds.iter().map(|(kind, resource)| async move {
            let selector = if resource.scope == Scope::Cluster { whole_fleet } else { own };
            let query = Query { kind, resource, namespace: None, selector };
            let result = whole(async || {
                let mut judge = Judge::new(kind, self.survey.fleet_id, self.index);
                self.cluster.list(&query, &mut judge).await.map(|()| judge.listed)
            });
            let heard = match result.await {
                Err(error) if self.survey.by_namespace && is_withheld(kind, &error) => {
                    Ok(Heard::Pieces(self.list_each(&query, ours.iter()).await, ours.clone()))
                }
                result => result.map(Heard::Whole),
            };
            (kind.clone(), heard)
        });
        join_all(lists).await.into_iter().collect()
    }

    async fn list_each(&self, query: &Query<'_>, namespaces: impl Iterator<Item = &String>) -> Pieces {
        let names = namespaces.map(String::as_str);
        list_each(self.cluster, query, names, (self.survey.fleet_id, self.index)).await
    }

    /// What was listed namespace by namespace, of those too that were not known by then.
    async fn complete(
        &self,
        lists: &mut Lists,
        (resources, shard): (&BTreeMap<Kind, Resource>, Option<Shard>),
        ours: &BTreeSet<String>,
    ) {
        let selector = self.selector((None, shard));
        for (kind, heard) in lists {
            let (Ok(Heard::Pieces(pieces, known)), Some(resource)) = (heard, resources.get(kind)) else { continue };
            let query = Query { kind, resource, namespace: None, selector: &selector };
            let more = self.list_each(&query, ours.difference(known)).await;
            pieces.listed.settled.extend(more.listed.settled);
            pieces.listed.found.extend(more.listed.found);
            pieces.unread.extend(more.unread);
        }
    }

    /// Namespaces that a sandbox would have and that carry no label of ours: foreign, or ours with the label taken.
    async fn find_namespaces(
        &self,
        sources: &Sources,
        live: &mut BTreeMap<String, LiveNamespace>,
    ) -> Result<(), Error> {
        let is_looked_for = |source: &Source| match source {
            // Who has taken the name of what is over does not matter, and its label is drift.
            Source::Wanted(wanted) => self.survey.drift == DriftMode::Detect || !wanted.is_over(self.survey.now),
            Source::Broken { .. } => true,
        };
        let names = sources.values().filter(|source| is_looked_for(source)).map(Source::namespace);
        let missing: BTreeSet<&str> = names.filter(|name| !live.contains_key(*name)).collect();
        let (kind, resource) = namespaces();
        let found = if missing.len() > BY_NAME {
            let query = Query { kind: &kind, resource: &resource, namespace: None, selector: "" };
            whole(async || {
                let mut picked = Named { names: &missing, found: Vec::new() };
                self.cluster.list(&query, &mut picked).await.map(|()| picked.found)
            })
            .await?
        } else {
            let ids: Vec<ObjectId> = missing.iter().map(|name| ObjectId::namespace(name)).collect();
            let (kind, resource) = (&kind, &resource);
            let found: Vec<Result<Option<Meta>, Error>> = futures::stream::iter(&ids)
                .map(|id| async move { self.cluster.metadata(&Target { kind, resource, id }).await })
                .buffered(SIDE_BY_SIDE)
                .collect()
                .await;
            found.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?
        };
        for meta in found {
            live.insert(meta.name.clone(), live_namespace(&meta, self.survey));
        }
        Ok(())
    }

    /// Wanted objects that are in no list: those of live namespaces, and those that need none.
    async fn find_objects(&self, sources: &Sources, live: &mut Live) {
        let missing: Vec<(&Manifest, Resource)> = sources
            .iter()
            .filter(|(name, _)| !live.unseen.contains(*name))
            .filter_map(|(_, source)| source.wanted())
            .flat_map(|wanted| {
                let lives = live.namespaces.get(&wanted.namespace).is_some_and(|n| n.observed.was_ours);
                let gone = !lives && wanted.is_over(self.survey.now);
                wanted.release.manifests.iter().filter(move |m| lives || (m.id.namespace.is_none() && !gone))
            })
            .filter(|m| !live.objects.has(m) && live.fault(&m.kind, m.id.namespace.as_deref()).is_none())
            .filter_map(|m| Some((m, live.resource(&m.kind)?.clone())))
            .collect();
        let found: Vec<(&Manifest, Result<Option<Meta>, Error>)> = futures::stream::iter(missing)
            .map(|(manifest, resource)| async move {
                let target = Target { kind: &manifest.kind, resource: &resource, id: &manifest.id };
                (manifest, self.cluster.metadata(&target).await)
            })
            .buffered(SIDE_BY_SIDE)
            .collect()
            .await;
        for (manifest, result) in found {
            match result {
                Ok(None) => {}
                Ok(Some(meta)) => {
                    let observed = observe(&meta, manifest.id.clone(), self.survey.fleet_id, Some(manifest));
                    live.objects.insert(observed);
                }
                Err(error) => match manifest.id.namespace.clone() {
                    Some(namespace) => {
                        let there = live.unread_in.entry(namespace).or_default();
                        there.insert(manifest.kind.clone(), unread(&error));
                    }
                    None => {
                        live.unreadable.insert(manifest.kind.clone(), unread(&error));
                    }
                },
            }
        }
    }
}

/// Takes namespaces of some names out of a list of all.
struct Named<'n> {
    names: &'n BTreeSet<&'n str>,
    found: Vec<Meta>,
}

impl Sink for Named<'_> {
    fn passes(&mut self, seen: &Seen<'_>) -> bool {
        !self.names.contains(seen.name)
    }

    fn take(&mut self, meta: Meta) {
        self.found.push(meta);
    }
}

/// All that a query finds.
///
/// # Errors
/// Where the list fails.
pub async fn list_all(cluster: &dyn Cluster, query: &Query<'_>) -> Result<Vec<Meta>, Error> {
    whole(async || {
        let mut found = Vec::new();
        cluster.list(query, &mut |meta: Meta| found.push(meta)).await.map(|()| found)
    })
    .await
}

/// A list that expired half-way begins anew, once, with nothing kept of the first time.
pub(super) async fn whole<T>(list: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    match list().await {
        Err(error) if error.kind == ErrorKind::Expired => {
            tracing::debug!(%error, "the list begins anew");
            list().await
        }
        result => result,
    }
}

fn unread(error: &Error) -> Unread {
    let forbidden = error.kind == ErrorKind::Forbidden;
    Unread { error: error.to_string(), remedy: error.remedy.clone(), forbidden }
}

/// Of several versions of one kind the first, which is the wanted one: all are views of the same objects.
fn one_version_each<'k>(kinds: impl Iterator<Item = &'k Kind>) -> BTreeSet<Kind> {
    let mut stores = BTreeSet::new();
    kinds.filter(|kind| stores.insert((&kind.group, &kind.kind))).cloned().collect()
}

/// The kinds, and where volumes are claimed the kind of volumes, of which one may be left behind.
fn with_volumes(mut kinds: BTreeSet<Kind>) -> BTreeSet<Kind> {
    let claims = |kind: &Kind| ["PersistentVolumeClaim", "StatefulSet"].contains(&kind.kind.as_str());
    if kinds.iter().any(claims) {
        kinds.insert(Kind::new("v1", "PersistentVolume"));
    }
    kinds
}
