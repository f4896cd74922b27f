//! What a step shows of an object: a diff of YAML, secrets masked.

use serde_json::Value;

use super::removal::without;
use super::state::{Answer, DryRun};
use crate::manifest::{Manifest, ObjectId, Path};
use crate::report::{FingerprintKey, GENERATED, clean, object_diff};

/// The diff of a manifest against its answer, and a word on where the diff is local.
pub(super) fn change(manifest: &Manifest, answer: Option<&Answer>, key: &FingerprintKey) -> (String, Option<String>) {
    let live = answer.and_then(|a| a.live.as_ref());
    let local = |why: Option<String>| {
        let after = with_generated(manifest, manifest.body(), live);
        let before = live.map(|live| project(live, &after));
        (object_diff(before.as_ref(), Some(&after), &name(&manifest.id), key), why)
    };
    match answer.map(|a| &a.dry_run) {
        Some(DryRun::Server(dry) | DryRun::Cleared(dry) | DryRun::Replaced(dry)) => {
            let dry = with_generated(manifest, dry.clone(), live);
            (object_diff(live, Some(&dry), &name(&manifest.id), key), None)
        }
        Some(DryRun::Local(why)) => local(Some(why.clone())),
        Some(DryRun::Refused(_) | DryRun::Unknown(_)) | None => local(None),
    }
}

/// The diff of a removal.
pub(super) fn removal(id: &ObjectId, live: Option<&Value>, key: &FingerprintKey) -> String {
    live.map(|live| object_diff(Some(live), None, &name(id), key)).unwrap_or_default()
}

/// The same, where `paths` are taken out of it as well.
pub(super) fn removing(
    manifest: &Manifest,
    answer: &Answer,
    paths: &[Path],
    key: &FingerprintKey,
) -> (String, Option<String>) {
    let dry_run = match &answer.dry_run {
        DryRun::Server(dry) => DryRun::Server(without(dry, paths)),
        DryRun::Cleared(dry) => DryRun::Cleared(without(dry, paths)),
        // Of a local diff the live object is the only whole one there is.
        other => match &answer.live {
            Some(live) if is_same(manifest, answer) => DryRun::Server(without(live, paths)),
            _ => other.clone(),
        },
    };
    change(manifest, Some(&Answer { live: answer.live.clone(), dry_run }), key)
}

/// The diff of what is taken out of an object that is otherwise as it should be.
pub(super) fn taken_out(id: &ObjectId, live: Option<&Value>, paths: &[Path], key: &FingerprintKey) -> String {
    live.map(|live| object_diff(Some(live), Some(&without(live, paths)), &name(id), key)).unwrap_or_default()
}

/// Whether a dry run would leave the object as it is.
pub(super) fn is_same(manifest: &Manifest, answer: &Answer) -> bool {
    match (&answer.live, &answer.dry_run) {
        (Some(live), DryRun::Server(dry)) => clean(live.clone()) == clean(dry.clone()),
        (Some(live), _) => project(live, &manifest.body()) == manifest.body(),
        (None, _) => false,
    }
}

/// Keys that will be generated, shown as what they are; those that exist already stay as they are.
fn with_generated(manifest: &Manifest, mut shown: Value, live: Option<&Value>) -> Value {
    if manifest.generated.is_empty() {
        return shown;
    }
    if let Some(object) = shown.as_object_mut() {
        let data = object.entry("data").or_insert_with(|| Value::Object(serde_json::Map::new()));
        if let Some(data) = data.as_object_mut() {
            for key in &manifest.generated {
                let there = live.and_then(|live| live.get("data")?.get(&key.key)).cloned();
                let value = there.unwrap_or_else(|| Value::String(GENERATED.into()));
                data.entry(key.key.clone()).or_insert(value);
            }
        }
    }
    shown
}

/// What `live` has of the fields that `wanted` names: the local stand-in for a server's dry run.
fn project(live: &Value, wanted: &Value) -> Value {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => Value::Object(
            wanted
                .iter()
                .filter_map(|(key, wanted)| live.get(key).map(|live| (key.clone(), project(live, wanted))))
                .collect(),
        ),
        (Value::Array(live), Value::Array(wanted)) => Value::Array(
            live.iter()
                .enumerate()
                .map(|(at, live)| wanted.get(at).map_or(live.clone(), |w| project(live, w)))
                .collect(),
        ),
        (live, _) => live.clone(),
    }
}

/// How a diff's header names an object.
fn name(id: &ObjectId) -> String {
    match &id.namespace {
        Some(namespace) => format!("{namespace}/{id}"),
        None => id.to_string(),
    }
}
