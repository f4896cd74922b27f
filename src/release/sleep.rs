//! A sandbox asleep: all that runs is scaled to nothing, all that holds data stays.

use std::borrow::Cow;

use crate::chart::Object;
use crate::chart::yaml::Tree;

/// Scales what these objects run to nothing.
pub(super) fn put_to_sleep(objects: &mut [Object<'_>]) {
    for Object { tree, .. } in objects {
        asleep(tree);
    }
}

fn asleep(tree: &mut Tree<'_>) {
    let (field, value) = match tree.text(&["kind"]) {
        Some("Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController") => {
            ("replicas", Tree::Number(0.into()))
        }
        Some("CronJob") => ("suspend", Tree::Bool(true)),
        _ => return,
    };
    if let Some(spec) = tree.entries_mut().and_then(|object| object.get_mut("spec")).and_then(Tree::entries_mut) {
        spec.insert(Cow::Borrowed(field), value);
    }
}
