//! The status that a healthy cluster would write: everything is ready at once.

use serde_json::{Value, json};

use super::entry::identity;

/// Gives an object the status of one whose controller is done with it.
pub(super) fn add(object: &mut Value) {
    let Some((_, id)) = identity(object) else { return };
    let at = |pointer: &str| object.pointer(pointer).cloned();
    let generation = at("/metadata/generation").unwrap_or_else(|| json!(1));
    let replicas = at("/spec/replicas").unwrap_or_else(|| json!(1));
    let done = |kind: &str| json!({"type": kind, "status": "True"});
    let status = match (id.group.as_str(), id.kind.as_str()) {
        ("", "Namespace") => {
            let ending = at("/metadata/deletionTimestamp").is_some();
            json!({"phase": if ending { "Terminating" } else { "Active" }})
        }
        ("", "PersistentVolumeClaim") => json!({
            "phase": "Bound",
            "accessModes": at("/spec/accessModes"), "capacity": at("/spec/resources/requests"),
        }),
        ("", "ResourceQuota") => {
            let hard = at("/spec/hard").unwrap_or_else(|| json!({}));
            let used = hard.as_object().into_iter().flatten().map(|(name, _)| (name.clone(), json!("0")));
            json!({"used": Value::Object(used.collect()), "hard": hard})
        }
        ("", "Pod") => json!({"phase": "Running", "conditions": [done("Ready")]}),
        ("apps", "Deployment") => json!({
            "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
            "readyReplicas": replicas, "availableReplicas": replicas,
            "conditions": [done("Available"), done("Progressing")],
        }),
        ("apps", "StatefulSet") => json!({
            "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
            "currentReplicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas,
            "currentRevision": "1", "updateRevision": "1",
        }),
        ("apps", "ReplicaSet") => json!({
            "observedGeneration": generation, "replicas": replicas, "readyReplicas": replicas,
            "availableReplicas": replicas,
        }),
        ("apps", "DaemonSet") => json!({
            "observedGeneration": generation, "desiredNumberScheduled": 1, "currentNumberScheduled": 1,
            "updatedNumberScheduled": 1, "numberReady": 1, "numberAvailable": 1, "numberMisscheduled": 0,
        }),
        ("batch", "Job") => {
            let completions = at("/spec/completions").unwrap_or_else(|| json!(1));
            json!({"succeeded": completions, "conditions": [done("Complete")]})
        }
        ("", "Service") | ("networking.k8s.io", "Ingress") => json!({"loadBalancer": {}}),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            json!({"conditions": [done("NamesAccepted"), done("Established")]})
        }
        _ => return,
    };
    if let Some(object) = object.as_object_mut() {
        object.insert("status".into(), status);
    }
}
