//! Fields that are left to others: replicas under an autoscaler, and what the fleet's `[ignore]` names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Takes the fields out that are left to others. `ignore` is by kind: `.spec.replicas`.
pub(super) fn drop_ignored(objects: &mut [Value], ignore: &BTreeMap<String, Vec<String>>) {
    let scaled: BTreeSet<(String, String)> = objects.iter().filter_map(scale_target).collect();
    for object in objects {
        let kind = text(object, "/kind").to_owned();
        if scaled.contains(&(kind.clone(), text(object, "/metadata/name").to_owned())) {
            remove(object, &["spec", "replicas"]);
        }
        for path in ignore.get(&kind).into_iter().flatten() {
            let segments: Vec<&str> = path.split('.').filter(|segment| !segment.is_empty()).collect();
            remove(object, &segments);
        }
    }
}

/// The kind and name that a `HorizontalPodAutoscaler` scales.
fn scale_target(object: &Value) -> Option<(String, String)> {
    (text(object, "/kind") == "HorizontalPodAutoscaler").then(|| {
        let target = |field| text(object, &format!("/spec/scaleTargetRef/{field}")).to_owned();
        (target("kind"), target("name"))
    })
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn remove(value: &mut Value, path: &[&str]) {
    match (value, path) {
        (Value::Object(map), [last]) => {
            map.remove(*last);
        }
        (Value::Object(map), [first, rest @ ..]) => {
            if let Some(child) = map.get_mut(*first) {
                remove(child, rest);
            }
        }
        // Every item of a list: `.spec.template.spec.containers.image`.
        (Value::Array(items), path) => items.iter_mut().for_each(|item| remove(item, path)),
        _ => {}
    }
}
