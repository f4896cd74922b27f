//! How one live sandbox's objects differ from what is wanted.

use std::collections::BTreeSet;

use super::live::{Drift, Observed};
use super::record::Record;
use super::state::{Input, Live, LiveNamespace, Source, Wanted};
use crate::chart::uninstall_rank;
use crate::manifest::{LABEL_SANDBOX, Manifest, ObjectId};

/// One object that is not as it is wanted.
#[derive(Clone, Debug)]
pub(super) struct Difference<'a> {
    pub id: &'a ObjectId,
    pub manifest: Option<&'a Manifest>,
    pub observed: Option<&'a Observed>,
    pub kind: DifferenceKind,
}

/// In what it differs.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum DifferenceKind {
    /// It is not there.
    Missing,
    /// Something of that name is there and is not ours.
    Foreign,
    /// It is being deleted.
    Deleting,
    /// Another content is wanted than was applied.
    Content,
    /// What was applied is still wanted, but not all of it is ours any more.
    Drifted,
    /// Generated keys of it are gone.
    KeysLost(Vec<String>),
    /// It is ours and nobody wants it.
    Unwanted,
}

/// Everything in which a live sandbox differs: wanted objects first, in apply order, then those that go, in theirs (a
/// volume is kept by its claim).
pub(super) fn differences<'a>(wanted: &'a Wanted, sandbox: &str, input: &'a Input) -> Vec<Difference<'a>> {
    let live = &input.live;
    if live.unseen.contains(sandbox) {
        return Vec::new();
    }
    let nothing = Record::default();
    let record = live.namespaces.get(&wanted.namespace).map_or(&nothing, |namespace| &namespace.record);
    let mut found: Vec<Difference<'a>> =
        wanted.release.manifests.iter().filter_map(|manifest| difference(manifest, live, record)).collect();
    found.extend(unwanted(wanted, sandbox, input));
    found
}

/// What is ours and that nobody wants: without its namespace, what a sandbox has left in the cluster.
pub(super) fn unwanted<'a>(wanted: &'a Wanted, sandbox: &str, input: &'a Input) -> Vec<Difference<'a>> {
    let ids: BTreeSet<&ObjectId> = wanted.release.manifests.iter().map(|m| &m.id).collect();
    let unwanted = owned_objects(sandbox, &wanted.namespace, &input.live)
        .filter(|observed| !ids.contains(&observed.id) && observed.deleting.is_none())
        .filter(|observed| !is_anothers(observed, sandbox, input))
        .map(|observed| Difference {
            id: &observed.id,
            manifest: None,
            observed: Some(observed),
            kind: DifferenceKind::Unwanted,
        });
    let mut unwanted: Vec<Difference<'a>> = unwanted.collect();
    unwanted.sort_by_key(|difference| uninstall_rank(&difference.id.kind));
    unwanted
}

/// Whether a cluster-scoped object is wanted by another sandbox, and somebody changed the label that said so.
pub(super) fn is_anothers(observed: &Observed, sandbox: &str, input: &Input) -> bool {
    let wants = |source: &Source| match source {
        Source::Wanted(wanted) => wanted.release.manifests.iter().any(|manifest| manifest.id == observed.id),
        Source::Broken { .. } => false,
    };
    observed.id.namespace.is_none()
        && is_relabelled(observed)
        && input.sources.iter().any(|(name, source)| name != sandbox && wants(source))
}

fn is_relabelled(observed: &Observed) -> bool {
    observed.drift.iter().any(|drift| drift.path.contains(LABEL_SANDBOX))
}

/// The sandbox that a wanted cluster-scoped object belongs to, where that is another one, which is asked for or lives. A
/// label that somebody changed is not ours any more, and says nothing.
pub(super) fn holder<'a>(difference: &Difference<'a>, sandbox: &str, input: &Input) -> Option<&'a str> {
    let observed = difference.observed.filter(|o| o.id.namespace.is_none() && o.ours && !is_relabelled(o))?;
    let holder = observed.sandbox.as_str();
    let lives = || input.live.namespaces.values().any(|namespace| namespace.observed.sandbox == holder);
    let is_there = |holder: &str| input.sources.contains_key(holder) || lives();
    (!holder.is_empty() && holder != sandbox && is_there(holder)).then_some(holder)
}

/// The live objects of a sandbox that are ours: in its namespace, or cluster-scoped with its label.
pub(super) fn owned_objects<'a>(
    sandbox: &str,
    namespace: &str,
    live: &'a Live,
) -> impl Iterator<Item = &'a Observed> + use<'a> {
    live.objects.of(sandbox, namespace).filter(|observed| observed.ours)
}

pub(super) fn difference<'a>(manifest: &'a Manifest, live: &'a Live, record: &Record) -> Option<Difference<'a>> {
    if live.objects.is_settled(manifest) {
        return None;
    }
    let observed = live.objects.get(&manifest.id);
    let kind = match observed {
        None => DifferenceKind::Missing,
        Some(observed) if observed.deleting.is_some() => DifferenceKind::Deleting,
        Some(observed) if !observed.was_ours && !observed.stripped && !is_put_back(observed, record) => {
            DifferenceKind::Foreign
        }
        Some(observed) => difference_of(manifest, observed, record)?,
    };
    Some(Difference { id: &manifest.id, manifest: Some(manifest), observed, kind })
}

fn difference_of(manifest: &Manifest, observed: &Observed, record: &Record) -> Option<DifferenceKind> {
    let generated = &observed.generated;
    let lost: Vec<String> = manifest
        .generated
        .iter()
        .map(|g| g.key.clone())
        .filter(|key| !generated.kept.contains(key) && !generated.taken.iter().any(|(taken, _)| taken == key))
        .collect();
    let known_before = observed.hash.as_deref() == Some(manifest.hash.as_str());
    if !lost.is_empty() && (known_before || lost.iter().any(|key| record.had_value(&manifest.id.name, key))) {
        return Some(DifferenceKind::KeysLost(lost));
    }
    if !known_before && !drifted_hash(observed) {
        return Some(DifferenceKind::Content);
    }
    (!observed.drift.is_empty() || !known_before).then_some(DifferenceKind::Drifted)
}

/// Whether the hash annotation itself is what somebody changed.
fn drifted_hash(observed: &Observed) -> bool {
    let hash = crate::manifest::ANNOTATION_HASH;
    observed.drift.iter().any(|Drift { path, .. }| path.contains(hash) || path == ".metadata.annotations")
}

/// A Secret whose generated values were lost and that somebody made again by hand, as the remedy says: our namespace
/// says that it had them, and nobody else's label says otherwise.
fn is_put_back(observed: &Observed, record: &Record) -> bool {
    let is_plain = !observed.controlled && observed.sandbox.is_empty() && observed.hash.is_none();
    observed.id.is_secret() && is_plain && record.had_values(&observed.id.name)
}

/// What is noted of objects that are as wanted, or will be: fields of others.
pub(super) fn notes(wanted: &Wanted, namespace: &LiveNamespace, live: &Live) -> Vec<String> {
    let objects = wanted.release.manifests.iter().filter_map(|m| live.objects.get(&m.id));
    let objects = objects.filter(|observed| !live.unseen.contains(&observed.sandbox));
    let mut notes = Vec::new();
    for observed in std::iter::once(&namespace.observed).chain(objects) {
        for extra in &observed.extras {
            let weight = if extra.security { " and can weaken the sandbox" } else { "" };
            notes.push(format!(
                "{}: {} was added by {}{weight}; it is not ours and is left alone",
                observed.id,
                extra.path,
                super::words::by(&extra.by)
            ));
        }
        for (key, by) in &observed.generated.taken {
            notes.push(format!(
                "{}: the generated value of {key:?} was replaced by {}; it is kept",
                observed.id,
                super::words::by(by)
            ));
        }
    }
    notes
}
