//! Fields that are left to others: replicas under an autoscaler, and what the fleet's `[ignore]` names.

use std::collections::{BTreeMap, BTreeSet};

use crate::chart::Object;
use crate::chart::yaml::Tree;

/// Takes the fields out that are left to others. `ignore` is by kind: `.spec.replicas`.
pub(super) fn drop_ignored(objects: &mut [Object<'_>], ignore: &BTreeMap<String, Vec<String>>) {
    let scaled: BTreeSet<(String, String)> = objects.iter().filter_map(|object| scale_target(&object.tree)).collect();
    if scaled.is_empty() && ignore.is_empty() {
        return;
    }
    for Object { tree, .. } in objects {
        let kind = text(tree, &["kind"]).to_owned();
        if scaled.contains(&(kind.clone(), text(tree, &["metadata", "name"]).to_owned())) {
            remove(tree, &["spec", "replicas"]);
        }
        for path in ignore.get(&kind).into_iter().flatten() {
            let segments: Vec<&str> = path.split('.').filter(|segment| !segment.is_empty()).collect();
            remove(tree, &segments);
        }
    }
}

/// The kind and name that a `HorizontalPodAutoscaler` scales.
fn scale_target(object: &Tree<'_>) -> Option<(String, String)> {
    (text(object, &["kind"]) == "HorizontalPodAutoscaler").then(|| {
        let target = |field| text(object, &["spec", "scaleTargetRef", field]).to_owned();
        (target("kind"), target("name"))
    })
}

fn text<'a>(object: &'a Tree<'_>, path: &[&str]) -> &'a str {
    object.text(path).unwrap_or_default()
}

fn remove(tree: &mut Tree<'_>, path: &[&str]) {
    match (tree, path) {
        (Tree::Map(map), [last]) => {
            map.remove(last);
        }
        (Tree::Map(map), [first, rest @ ..]) => {
            if let Some(child) = map.get_mut(first) {
                remove(child, rest);
            }
        }
        // Every item of a list: `.spec.template.spec.containers.image`.
        (Tree::List(items), path) => items.iter_mut().for_each(|item| remove(item, path)),
        _ => {}
    }
}
