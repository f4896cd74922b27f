//! The live half of a sandbox's story.

use std::collections::BTreeMap;

use super::extras;
use super::objects::{DifferenceKind, differences};
use super::state::{Input, LiveNamespace, Wanted};
use super::story::{Differing, KindCount, Live, LiveState};
use super::story_told::{Known, LiveKnown};
use super::words;
use crate::manifest::ObjectId;

/// What the cluster holds of a sandbox, and what others added to it.
pub(super) fn live(known: &Known<'_>, wanted: Option<&Wanted>, namespace: &str) -> (Live, Vec<String>) {
    let (input, since) = match &known.live {
        LiveKnown::Unread(why) => {
            let problem = Some(why.clone());
            return (Live { state: LiveState::Unknown, problem, ..Live::default() }, Vec::new());
        }
        LiveKnown::Read { input, since, .. } => (*input, *since),
    };
    let Some(found) = input.live.namespaces.get(namespace) else { return (Live::default(), Vec::new()) };
    let observed = &found.observed;
    if !observed.was_ours && !observed.ours {
        let problem = Some(format!("namespace {namespace} is there, and is not of this fleet"));
        let uid = Some(observed.precondition.uid.clone());
        return (Live { state: LiveState::Foreign, problem, uid, since, ..Live::default() }, Vec::new());
    }
    let (kinds, differing) = wanted.map(|wanted| objects(known.name, wanted, found, input)).unwrap_or_default();
    let noted = wanted.map(|wanted| extras::notes(wanted, found, input, &[])).unwrap_or_default();
    let release = found.record.release.clone();
    let live = Live {
        state: if observed.deleting.is_some() { LiveState::Ending } else { LiveState::Lives },
        problem: found.fault.clone().or_else(|| unreadable(found, wanted, input)),
        uid: Some(observed.precondition.uid.clone()),
        since,
        as_planned: wanted.map(|wanted| release.as_deref() == Some(wanted.release.hash.as_str())),
        release,
        commit: found.record.commit.clone(),
        kinds,
        differing,
    };
    (live, noted)
}

fn unreadable(found: &LiveNamespace, wanted: Option<&Wanted>, input: &Input) -> Option<String> {
    let own = wanted.into_iter().flat_map(|wanted| wanted.release.objects().map(|manifest| &manifest.kind));
    let mut kinds = found.record.kinds.iter().chain(own);
    let namespace = Some(found.observed.id.name.as_str());
    kinds.find_map(|kind| input.live.fault(kind, namespace)).map(|unread| unread.error.clone())
}

fn objects(name: &str, wanted: &Wanted, namespace: &LiveNamespace, input: &Input) -> (Vec<KindCount>, Vec<Differing>) {
    let differences = differences(wanted, name, input);
    let mut kinds: BTreeMap<&str, KindCount> = BTreeMap::new();
    for manifest in wanted.release.manifests.iter() {
        let kind = manifest.id.kind.as_str();
        let count = kinds.entry(kind).or_insert_with(|| KindCount { kind: kind.to_owned(), wanted: 0, as_wanted: 0 });
        count.wanted += 1;
        if !differences.iter().any(|difference| *difference.id == manifest.id) {
            count.as_wanted += 1;
        }
    }
    let mut differing = Vec::new();
    if !namespace.observed.drift.is_empty() {
        let detail = words::drifts(&namespace.observed.drift);
        differing.push(told(&namespace.observed.id, "drifted", Some(detail)));
    }
    for difference in &differences {
        let drift = difference.observed.map(|observed| observed.drift.as_slice()).unwrap_or_default();
        let (how, detail) = match &difference.kind {
            DifferenceKind::Missing => ("missing", None),
            DifferenceKind::Foreign => ("foreign", Some("it is there already and is not ours".to_owned())),
            DifferenceKind::Deleting => ("ending", Some("it is being deleted".to_owned())),
            DifferenceKind::Content => ("outdated", None),
            DifferenceKind::Drifted => ("drifted", Some(words::drifts(drift)).filter(|text| !text.is_empty())),
            DifferenceKind::KeysLost(keys) => ("lost", Some(format!("generated {}", words::some(keys)))),
            DifferenceKind::Extras => {
                let added =
                    difference.observed.map(|o| extras::to_remove(o, wanted, &input.policy)).unwrap_or_default();
                ("drifted", Some(extras::reason(&added)))
            }
            DifferenceKind::Unwanted => ("unwanted", None),
        };
        differing.push(told(difference.id, how, detail));
    }
    (kinds.into_values().collect(), differing)
}

fn told(id: &ObjectId, how: &str, detail: Option<String>) -> Differing {
    Differing { object: id.to_string(), how: how.to_owned(), detail }
}
