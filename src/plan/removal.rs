//! What is taken out of an object by name, as a JSON patch: what apply cannot say.
//!
//! A path is looked up in the object as it is then, and the patch is bound to that version of it, and to the keys of
//! the list items that it names, so that nothing else is taken out. Whoever put it there is no longer said to hold it
//! either: a value that the server fills in by itself would stay theirs for ever.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::extras::is_of_the_system;
use crate::manifest::{Fields, Path, PathElement, look_up};

/// The patch that takes `paths` out of `object`; empty where none of them is there, and none is held by anybody.
pub fn removal(object: &Value, paths: &[Path]) -> Vec<Value> {
    let mut found: Vec<_> = paths.iter().filter_map(|path| Some((look_up(object, path)?, path))).collect();
    found.sort_by(|a, b| b.0.cmp(&a.0));
    found.dedup_by(|a, b| a.0 == b.0);
    let mut patch = Vec::new();
    for (place, path) in found {
        patch.extend(tests(object, path));
        patch.push(json!({"op": "remove", "path": place.pointer()}));
    }
    patch.extend(releases(object, paths));
    bound(object, patch)
}

/// `object` without `paths`.
pub(super) fn without(object: &Value, paths: &[Path]) -> Value {
    let mut left = object.clone();
    let mut found: Vec<_> = paths.iter().filter_map(|path| look_up(object, path)).collect();
    found.sort();
    found.dedup();
    found.iter().rev().for_each(|place| place.remove_from(&mut left));
    left
}

/// The patch that puts what `wanted` has at `paths` into `object` in place of what others have put beside it, `beside`.
/// For what apply cannot do by itself: two things of one name, or of which only one may be there.
pub fn clearing(object: &Value, wanted: &Value, paths: &[Path], beside: &[Path]) -> Vec<Value> {
    let mut cleared = without(object, beside);
    let mut parents: Vec<Path> = Vec::new();
    for path in paths {
        let Some((last, above)) = path.split_last().filter(|(_, above)| !above.is_empty()) else { continue };
        if !beside.iter().any(|other| other.split_last().is_some_and(|(_, parent)| parent == above)) {
            continue;
        }
        let Some(value) = look_up(wanted, path).and_then(|place| wanted.pointer(&place.pointer())) else { continue };
        let Some(place) = look_up(&cleared, above) else { continue };
        put(cleared.pointer_mut(&place.pointer()), last, value);
        parents.push(above.to_vec());
    }
    parents.dedup();
    let replace = |above: &Path| {
        let value = look_up(&cleared, above).and_then(|place| cleared.pointer(&place.pointer()))?;
        Some(json!({"op": "replace", "path": look_up(object, above)?.pointer(), "value": value}))
    };
    let patch = parents.iter().filter_map(replace).collect();
    bound(object, patch)
}

/// What stands where `paths` have to be put back: what others put beside them, and what the server filled in beside that,
/// which nobody holds and the manifest does not have. It fills it in again where it belongs.
pub fn in_the_way(object: &Value, wanted: &Value, paths: &[Path], beside: &[Path]) -> Vec<Path> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let held: Vec<Fields> =
        entries.filter_map(|entry| Fields::parse(entry.get("fieldsV1")?.to_string().as_bytes()).ok()).collect();
    let mut found = beside.to_vec();
    for path in paths {
        let Some((PathElement::Field(_), above)) = path.split_last().filter(|(_, above)| above.len() > 1) else {
            continue;
        };
        let below = |whole: &Value| {
            let place = look_up(whole, above)?;
            whole.pointer(&place.pointer())?.as_object().map(|map| map.keys().cloned().collect::<BTreeSet<String>>())
        };
        let declared = below(wanted).unwrap_or_default();
        for name in below(object).unwrap_or_default().difference(&declared) {
            let sibling = [above, &[PathElement::Field(name.clone())]].concat();
            if !found.contains(&sibling) && !held.iter().any(|fields| fields.touches(&sibling)) {
                found.push(sibling);
            }
        }
    }
    found
}

fn put(parent: Option<&mut Value>, last: &PathElement, value: &Value) {
    let Some(parent) = parent else { return };
    let there = look_up(parent, std::slice::from_ref(last)).map(|place| place.pointer());
    if let Some(there) = there {
        if let Some(there) = parent.pointer_mut(&there) {
            there.clone_from(value);
        }
        return;
    }
    match (parent, last) {
        (Value::Object(map), PathElement::Field(name)) => drop(map.insert(name.clone(), value.clone())),
        (Value::Array(items), _) => items.push(value.clone()),
        _ => {}
    }
}

/// Binds a patch to the object's identity and version.
fn bound(object: &Value, patch: Vec<Value>) -> Vec<Value> {
    if patch.is_empty() {
        return patch;
    }
    let at = |field: &str| object["metadata"][field].clone();
    let mut whole = vec![
        json!({"op": "test", "path": "/metadata/uid", "value": at("uid")}),
        json!({"op": "replace", "path": "/metadata/resourceVersion", "value": at("resourceVersion")}),
    ];
    whole.extend(patch);
    whole
}

/// That the list items on the way are those that the path names.
fn tests(object: &Value, path: &[PathElement]) -> Vec<Value> {
    let mut tests = Vec::new();
    for (depth, element) in path.iter().enumerate() {
        let Some(place) = path.get(..=depth).and_then(|upper| look_up(object, upper)) else { continue };
        let pointer = place.pointer();
        match element {
            PathElement::Key(key) => {
                let fields = key.keys().map(|name| format!("{pointer}/{name}"));
                let there = fields.filter_map(|field| Some((object.pointer(&field)?.clone(), field)));
                tests.extend(there.map(|(value, field)| json!({"op": "test", "path": field, "value": value})));
            }
            PathElement::Item(value) => tests.push(json!({"op": "test", "path": pointer, "value": value})),
            PathElement::Field(_) | PathElement::Index(_) => {}
        }
    }
    tests
}

/// Takes the paths out of the sets of those who put them there. Nobody else's set is touched.
fn releases(object: &Value, paths: &[Path]) -> Vec<Value> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).map(Vec::as_slice);
    let mut patch = Vec::new();
    for (position, entry) in entries.unwrap_or_default().iter().enumerate().rev() {
        let manager = entry["manager"].as_str().unwrap_or_default();
        if is_of_the_system(manager) || entry["subresource"] == "status" {
            continue;
        }
        let Some(before) = entry["fieldsV1"].as_object() else { continue };
        let mut fields = before.clone();
        for path in paths {
            release(&mut fields, path);
        }
        if fields == *before {
            continue;
        }
        let at = format!("/metadata/managedFields/{position}");
        patch.push(json!({"op": "test", "path": format!("{at}/manager"), "value": manager}));
        patch.push(if fields.is_empty() {
            json!({"op": "remove", "path": at})
        } else {
            json!({"op": "replace", "path": format!("{at}/fieldsV1"), "value": fields})
        });
    }
    patch
}

fn release(fields: &mut Map<String, Value>, path: &[PathElement]) {
    let Some((first, rest)) = path.split_first() else { return };
    let is_it = |name: &String| PathElement::try_from(name.clone()).is_ok_and(|element| element == *first);
    let Some(name) = fields.keys().find(|name| is_it(name)).cloned() else { return };
    let is_empty = match fields.get_mut(&name).and_then(Value::as_object_mut) {
        Some(below) if !rest.is_empty() => {
            release(below, rest);
            below.is_empty()
        }
        _ => true,
    };
    if is_empty {
        fields.remove(&name);
    }
}
