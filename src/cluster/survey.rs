//! Live state, read: one metadata-only list a kind, side by side, so that the cost grows with the kinds and not with
//! the sandboxes; then by name what is wanted and in no list.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::StreamExt as _;
use futures::future::join_all;

use super::{Apply, Cluster, Error, ErrorKind, Query, Served, Target};
use crate::manifest::{
    Kind, LABEL_FLEET, MANAGER, Manifest, ObjectId, Owner, Release, Resource, Scope, builtin, namespaces,
};
use crate::plan::{
    Answer, Answers, DryRun, Live, LiveNamespace, Meta, Question, Questions, Record, clearing, in_the_way, observe,
};

/// How many single objects are asked for side by side.
const SIDE_BY_SIDE: usize = 16;

/// What live state is read for.
#[derive(Clone, Debug)]
pub struct Survey<'a> {
    /// The fleet's id.
    pub fleet_id: &'a str,
    /// Labels of every namespace.
    pub namespace_labels: &'a BTreeMap<String, String>,
    /// The wanted sandboxes: name, namespace and release.
    pub wanted: Vec<(&'a str, &'a str, &'a Release)>,
    /// How the kinds among them that are not Kubernetes' own are served, see [`discover`].
    pub served: &'a Served,
    /// Namespaces to look for by name although nothing of them could be rendered.
    pub others: Vec<&'a str>,
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

/// Reads what the cluster holds of a fleet.
///
/// # Errors
/// Where the namespaces cannot be listed: then nothing is known. A list of any other kind that fails is noted in
/// [`Live::unreadable`], and concerns only the sandboxes that have that kind.
pub async fn survey(cluster: &dyn Cluster, survey: &Survey<'_>) -> Result<Live, Error> {
    let mut live = Live::default();
    let selector = format!("{LABEL_FLEET}={}", survey.fleet_id);
    let mut found = Vec::new();
    let (kind, resource) = namespaces();
    let query = Query { kind: &kind, resource: &resource, namespace: None, selector: &selector };
    cluster.list(&query, &mut |meta| found.push(meta)).await?;
    for meta in &found {
        live.namespaces.insert(meta.name.clone(), live_namespace(meta, survey));
    }
    let recorded = live.namespaces.values().flat_map(|n| n.record.kinds.iter());
    let asked = survey.wanted.iter().flat_map(|(_, _, release)| release.manifests.iter().map(|m| &m.kind));
    let kinds = one_version_each(asked.chain(recorded));
    let mut served = survey.served.clone();
    let unasked: BTreeSet<Kind> = kinds.into_iter().filter(|kind| !served.has(kind)).collect();
    served.extend(cluster.resources(&unasked).await?);
    live.resources = served.resources;
    live.unserved = served.unserved;
    live.unreadable.extend(served.unknown);
    list_kinds(cluster, survey, &selector, &mut live).await;
    find_namespaces(cluster, survey, &mut live).await?;
    find_objects(cluster, survey, &mut live).await;
    Ok(live)
}

/// Of several versions of one kind the first, which is the wanted one: all are views of the same objects.
fn one_version_each<'k>(kinds: impl Iterator<Item = &'k Kind>) -> BTreeSet<Kind> {
    let mut stores = BTreeSet::new();
    kinds.filter(|kind| stores.insert((&kind.group, &kind.kind))).cloned().collect()
}

fn live_namespace(meta: &Meta, survey: &Survey<'_>) -> LiveNamespace {
    let (record, fault) = match Record::read(&meta.annotations) {
        Ok(record) => (record, None),
        Err(fault) => (Record::default(), Some(fault)),
    };
    let sandbox = meta.sandbox().unwrap_or_default().to_owned();
    let owner = Owner { fleet: survey.fleet_id.to_owned(), sandbox };
    let wanted = record.manifest(&meta.name, &owner, survey.namespace_labels);
    let mut observed = observe(meta, ObjectId::namespace(&meta.name), survey.fleet_id, Some(&wanted));
    let is_labelled = meta.labels.get(LABEL_FLEET).is_some_and(|id| id == survey.fleet_id);
    // Its `managedFields` were stripped: nobody owns our label, as whoever copied it would. It may be put right, but is
    // no reason to remove anything.
    if is_labelled && observed.hash.is_some() && !observed.controlled && !meta.owns_label(LABEL_FLEET) {
        observed.was_ours = true;
    }
    // A run that was killed between claiming a namespace and applying it: the claim says whose it is.
    let claimed = meta.managed.iter().any(|m| !m.apply && m.manager == MANAGER && m.subresource.is_none());
    if claimed && meta.applied_by(MANAGER).is_none() && is_labelled {
        observed.ours = true;
        observed.was_ours = true;
    }
    LiveNamespace { observed, record, fault, finalizers: meta.finalizers.clone() }
}

async fn list_kinds(cluster: &dyn Cluster, survey: &Survey<'_>, selector: &str, live: &mut Live) {
    let wanted: HashMap<&ObjectId, &Manifest> = survey
        .wanted
        .iter()
        .flat_map(|(_, _, release)| release.manifests.iter().map(|manifest| (&manifest.id, manifest)))
        .collect();
    let wanted = &wanted;
    let lists = live.resources.iter().map(|(kind, resource)| async move {
        let mut found = Vec::new();
        let query = Query { kind, resource, namespace: None, selector };
        let result = cluster
            .list(&query, &mut |meta| {
                let id = ObjectId::new(kind, meta.namespace.as_deref(), &meta.name);
                let manifest = wanted.get(&id).copied();
                found.push(observe(&meta, id, survey.fleet_id, manifest));
            })
            .await;
        (kind.clone(), result.map(|()| found))
    });
    for (kind, result) in join_all(lists).await {
        match result {
            Ok(found) => {
                live.strangers.extend(found.iter().filter(|o| o.stranger.is_some()).map(|o| o.id.clone()));
                live.objects.extend(found.into_iter().map(|o| (o.id.clone(), o)));
            }
            Err(error) => {
                live.unreadable.insert(kind, error.to_string());
            }
        }
    }
}

/// Namespaces that a sandbox would have and that carry no label of ours: foreign, or ours with the label taken.
async fn find_namespaces(cluster: &dyn Cluster, survey: &Survey<'_>, live: &mut Live) -> Result<(), Error> {
    let (kind, resource) = namespaces();
    let names = survey.wanted.iter().map(|(_, namespace, _)| *namespace).chain(survey.others.iter().copied());
    let missing: Vec<ObjectId> =
        names.filter(|name| !live.namespaces.contains_key(*name)).map(ObjectId::namespace).collect();
    let (kind, resource) = (&kind, &resource);
    let found: Vec<Result<Option<Meta>, Error>> = futures::stream::iter(&missing)
        .map(|id| async move { cluster.metadata(&Target { kind, resource, id }).await })
        .buffered(SIDE_BY_SIDE)
        .collect()
        .await;
    for meta in found {
        if let Some(meta) = meta? {
            live.namespaces.insert(meta.name.clone(), live_namespace(&meta, survey));
        }
    }
    Ok(())
}

/// Wanted objects that are in no list: those of live namespaces, and those that need none.
async fn find_objects(cluster: &dyn Cluster, survey: &Survey<'_>, live: &mut Live) {
    let missing: Vec<(&Manifest, Resource)> = survey
        .wanted
        .iter()
        .flat_map(|(_, namespace, release)| {
            let lives = live.namespaces.get(*namespace).is_some_and(|n| n.observed.was_ours);
            release.manifests.iter().filter(move |m| lives || m.id.namespace.is_none())
        })
        .filter(|m| !live.objects.contains_key(&m.id) && live.fault(&m.kind).is_none())
        .filter_map(|m| Some((m, live.resource(&m.kind)?.clone())))
        .collect();
    let found: Vec<(&Manifest, Result<Option<Meta>, Error>)> = futures::stream::iter(missing)
        .map(|(manifest, resource)| async move {
            let target = Target { kind: &manifest.kind, resource: &resource, id: &manifest.id };
            (manifest, cluster.metadata(&target).await)
        })
        .buffered(SIDE_BY_SIDE)
        .collect()
        .await;
    for (manifest, result) in found {
        match result {
            Ok(None) => {}
            Ok(Some(meta)) => {
                let observed = observe(&meta, manifest.id.clone(), survey.fleet_id, Some(manifest));
                live.objects.insert(manifest.id.clone(), observed);
            }
            Err(error) => {
                live.unreadable.insert(manifest.kind.clone(), error.to_string());
            }
        }
    }
}

/// Asks what [`crate::plan::questions`] wants to know.
///
/// With `dry_run` false nothing is tried on the server, and the answers say so.
pub async fn answer(cluster: &dyn Cluster, questions: &Questions<'_>, live: &Live, dry_run: bool) -> Answers {
    let changed = futures::stream::iter(&questions.objects).map(|question| async move {
        let manifest = question.manifest;
        let resource = live.resource(&manifest.kind)?;
        let target = Target { kind: &manifest.kind, resource, id: &manifest.id };
        let live = if question.present { cluster.get(&target).await.ok().flatten() } else { None };
        let mut tried = try_out(cluster, target, manifest, dry_run).await;
        if let (DryRun::Refused(_), Some(live)) = (&tried, &live)
            && let Some(cleared) = try_cleared(cluster, target, question, live).await
        {
            tried = DryRun::Cleared(cleared);
        }
        Some((manifest.id.clone(), Answer { live, dry_run: tried }))
    });
    let removed = futures::stream::iter(&questions.removed).map(|id| async move {
        let namespaces = (ObjectId::namespace(&id.name) == **id).then(namespaces);
        let of_namespaces = namespaces.as_ref().map(|(kind, resource)| (kind, resource));
        let (kind, resource) = of_namespaces.or_else(|| live.served(id))?;
        let live = cluster.get(&Target { kind, resource, id }).await.ok().flatten();
        Some(((*id).clone(), Answer { live, dry_run: DryRun::Local("it goes".into()) }))
    });
    let mut answers = Answers::default();
    answers.objects.extend(changed.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await.into_iter().flatten());
    answers.objects.extend(removed.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await.into_iter().flatten());
    for namespace in &questions.claims {
        answers.claims.insert(namespace.clone(), count_claims(cluster, namespace).await);
    }
    answers
}

async fn try_out(cluster: &dyn Cluster, target: Target<'_>, manifest: &Manifest, dry_run: bool) -> DryRun {
    if !dry_run {
        return DryRun::Local("--diff local".into());
    }
    let apply = Apply { body: &manifest.body(), manager: MANAGER, uid: None, resource_version: None, dry_run: true };
    match cluster.apply(&target, &apply).await {
        Ok(object) => DryRun::Server(object),
        Err(error) if error.kind == ErrorKind::Forbidden => {
            DryRun::Local("a dry run is forbidden to this account".into())
        }
        Err(error) if error.kind == ErrorKind::Invalid => DryRun::Refused(error.message),
        Err(error) => DryRun::Unknown(error.to_string()),
    }
}

/// What the server says once what others put beside ours is taken out of the way of it.
async fn try_cleared(
    cluster: &dyn Cluster,
    target: Target<'_>,
    question: &Question<'_>,
    live: &serde_json::Value,
) -> Option<serde_json::Value> {
    let wanted = question.manifest.body();
    let beside = in_the_way(live, &wanted, &question.drifted, &question.beside);
    let patch = clearing(live, &wanted, &question.drifted, &beside);
    if patch.is_empty() {
        return None;
    }
    cluster.try_patch(&target, &serde_json::Value::Array(patch), MANAGER).await.ok()
}

async fn count_claims(cluster: &dyn Cluster, namespace: &str) -> Result<usize, String> {
    let kind = Kind::new("v1", "PersistentVolumeClaim");
    let resource = builtin(&kind)
        .unwrap_or_else(|| Resource { plural: "persistentvolumeclaims".into(), scope: Scope::Namespaced });
    let mut count = 0;
    let query = Query { kind: &kind, resource: &resource, namespace: Some(namespace), selector: "" };
    cluster.list(&query, &mut |_| count += 1).await.map_err(|error| error.to_string())?;
    Ok(count)
}
