//! How one live sandbox's objects differ from what is wanted.

use std::collections::BTreeSet;

use super::extras::to_remove;
use super::live::{Drift, Observed};
use super::record::Record;
use super::state::{Input, Live, Wanted};
use crate::chart::uninstall_rank;
use crate::manifest::{Manifest, ObjectId, Path};

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
    /// It is as wanted, and others have added to it what the fleet has taken out.
    Extras,
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
    let mut found: Vec<Difference<'a>> = wanted
        .release
        .manifests
        .iter()
        .filter(|m| !live.objects.is_settled(m))
        .filter_map(|m| difference(m, live, record).or_else(|| added(m, wanted, input)))
        .collect();
    found.extend(unwanted(wanted, sandbox, input));
    found
}

/// What is ours and that nobody wants: without its namespace, what a sandbox has left in the cluster.
pub(super) fn unwanted<'a>(wanted: &'a Wanted, sandbox: &str, input: &'a Input) -> Vec<Difference<'a>> {
    let mut owned = owned_objects(sandbox, &wanted.namespace, &input.live).peekable();
    if owned.peek().is_none() {
        return Vec::new();
    }
    // What a hook leaves is there until it runs again.
    let ids: BTreeSet<&ObjectId> = wanted.release.objects().map(|m| &m.id).collect();
    let nothing = Record::default();
    let record = input.live.namespaces.get(&wanted.namespace).map_or(&nothing, |namespace| &namespace.record);
    let unwanted =
        owned.filter(|o| !ids.contains(&o.id) && o.deleting.is_none() && !record.spares(o)).map(|observed| {
            Difference { id: &observed.id, manifest: None, observed: Some(observed), kind: DifferenceKind::Unwanted }
        });
    let mut unwanted: Vec<Difference<'a>> = unwanted.collect();
    unwanted.sort_by_key(|difference| uninstall_rank(&difference.id.kind));
    unwanted
}

/// The sandbox that a wanted cluster-scoped object belongs to, where that is another one, which is asked for or lives. A
/// label that somebody changed is not ours any more, and says nothing.
pub(super) fn holder<'a>(difference: &Difference<'a>, sandbox: &str, input: &Input) -> Option<&'a str> {
    let observed = difference.observed.filter(|o| o.id.namespace.is_none() && o.ours && o.label_is_ours)?;
    let holder = observed.sandbox.as_str();
    let lives = || input.live.namespaces.values().any(|namespace| namespace.sandbox() == holder);
    let is_there = |holder: &str| input.sources.contains_key(holder) || lives();
    (!holder.is_empty() && holder != sandbox && is_there(holder)).then_some(holder)
}

/// The live objects of a sandbox that are ours: in its namespace, or cluster-scoped with its label.
pub(super) fn owned_objects<'a>(
    sandbox: &str,
    namespace: &str,
    live: &'a Live,
) -> impl Iterator<Item = &'a Observed> + use<'a> {
    // Somebody may have written another sandbox's name on what is in no namespace.
    live.objects.of(sandbox, namespace).filter(|observed| observed.ours && observed.label_is_ours)
}

pub(super) fn difference<'a>(manifest: &'a Manifest, live: &'a Live, record: &Record) -> Option<Difference<'a>> {
    if live.objects.is_settled(manifest) {
        return None;
    }
    let observed = live.objects.get(&manifest.id);
    let kind = match observed {
        None => DifferenceKind::Missing,
        Some(observed) if manifest.is_of_crds() && observed.deleting.is_none() => return None,
        Some(observed) if observed.deleting.is_some() => DifferenceKind::Deleting,
        Some(observed) if !observed.was_ours && !observed.stripped && !is_put_back(observed, record) => {
            DifferenceKind::Foreign
        }
        Some(observed) => difference_of(manifest, observed, record)?,
    };
    Some(Difference { id: &manifest.id, manifest: Some(manifest), observed, kind })
}

fn added<'a>(manifest: &'a Manifest, wanted: &Wanted, input: &'a Input) -> Option<Difference<'a>> {
    let observed = input.live.objects.get(&manifest.id).filter(|_| !manifest.is_of_crds())?;
    let goes = !to_remove(observed, wanted, &input.policy).is_empty();
    let kind = DifferenceKind::Extras;
    goes.then_some(Difference { id: &manifest.id, manifest: Some(manifest), observed: Some(observed), kind })
}

/// What others put beside what drifted: in the same list or map, where it may stand in the way of putting ours back.
pub(super) fn beside(observed: &Observed) -> Vec<Path> {
    let above = |path: &Path| path.split_last().map(|(_, above)| above.to_vec());
    let parents: Vec<Path> = observed.drift.iter().filter_map(|drift| above(&drift.at)).collect();
    let is_beside = |at: &Path| above(at).is_some_and(|parent| parents.contains(&parent));
    observed.extras.iter().map(|extra| &extra.at).filter(|at| is_beside(at)).cloned().collect()
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
