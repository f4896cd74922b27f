//! What keeps a namespace that is being deleted: as its conditions say, and by name where that can be found.

use std::collections::BTreeMap;

use serde_json::Value;

use super::survey::list_all;
use super::{Cluster, Query, Target};
use crate::manifest::{Kind, ObjectId, Resource, builtin_called, namespaces};
use crate::plan::Meta;

/// So many objects are named at most.
const NAMED: usize = 5;

/// What keeps it, each in short; empty where the cluster does not say. `known` are kinds beside Kubernetes' own.
pub async fn remains(cluster: &dyn Cluster, namespace: &str, known: &BTreeMap<Kind, Resource>) -> Vec<String> {
    let (kind, resource) = namespaces();
    let id = ObjectId::namespace(namespace);
    let Ok(Some(object)) = cluster.get(&Target { kind: &kind, resource: &resource, id: &id }).await else {
        return Vec::new();
    };
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut named = Vec::new();
    let mut told = Vec::new();
    for condition in conditions.iter().filter(|condition| condition["status"] == "True") {
        let message = condition["message"].as_str().unwrap_or_default();
        if condition["type"] == "NamespaceContentRemaining" {
            let found = objects(cluster, namespace, known, message).await;
            if found.is_empty() {
                told.push(message.to_owned());
            }
            named.extend(found);
        } else if condition["type"] != "NamespaceFinalizersRemaining" || named.is_empty() {
            told.push(message.to_owned());
        }
    }
    if named.iter().any(|object| object.contains("finalizer")) {
        told.retain(|message| !message.contains("finalizers remaining"));
    }
    if named.len() > NAMED {
        let more = named.len() - NAMED;
        named.truncate(NAMED);
        named.push(format!("and {more} more"));
    }
    named.extend(told);
    named
}

/// The objects that a message counts: `Some resources are remaining: pods. has 1 resource instances, …`.
async fn objects(
    cluster: &dyn Cluster,
    namespace: &str,
    known: &BTreeMap<Kind, Resource>,
    message: &str,
) -> Vec<String> {
    let mut named = Vec::new();
    let counted = message.split(' ').filter(|word| word.contains('.') && !word.ends_with(':'));
    for word in counted {
        let (plural, group) = word.split_once('.').unwrap_or((word, ""));
        let own = known.iter().find(|(kind, resource)| kind.group == group && resource.plural == plural);
        let own = own.map(|(kind, resource)| (kind.clone(), resource.clone()));
        let Some((kind, resource)) = own.or_else(|| builtin_called(group, plural)) else { continue };
        let query = Query { kind: &kind, resource: &resource, namespace: Some(namespace), selector: "" };
        let Ok(found) = list_all(cluster, &query).await else { continue };
        named.extend(found.iter().map(|meta| called(&kind, meta)));
    }
    named
}

fn called(kind: &Kind, meta: &Meta) -> String {
    let name = format!("{}/{}", kind.kind, meta.name);
    match meta.finalizers.as_slice() {
        [] => name,
        [finalizer] => format!("{name} (finalizer {finalizer})"),
        finalizers => format!("{name} (finalizers {})", finalizers.join(", ")),
    }
}
