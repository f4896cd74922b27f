//! What cannot be changed in place: fields that a kind lets nobody change once they are there. An object whose wanted state
//! differs in one of them has to be deleted and made again, and something is lost by that.

use serde_json::Value;

use crate::fleet::Quantity;
use crate::manifest::{Manifest, ObjectId};

/// A kind, and the paths below which nothing changes.
struct Rule {
    group: &'static str,
    kind: &'static str,
    paths: &'static [&'static str],
}

const fn rule(group: &'static str, kind: &'static str, paths: &'static [&'static str]) -> Rule {
    Rule { group, kind, paths }
}

/// The kinds and their paths, as the API servers since 1.28 have them. What is not here is never replaced: where a server
/// refuses a change of it, the sandbox is held.
const RULES: &[Rule] = &[
    rule("", "ConfigMap", &["data", "binaryData", "immutable"]),
    rule(
        "",
        "PersistentVolume",
        &["spec.volumeMode", "spec.nodeAffinity", "spec.hostPath", "spec.local", "spec.nfs", "spec.csi", "spec.iscsi"],
    ),
    rule(
        "",
        "PersistentVolumeClaim",
        &[
            "spec.accessModes",
            "spec.selector",
            "spec.storageClassName",
            "spec.volumeName",
            "spec.volumeMode",
            "spec.dataSource",
            "spec.dataSourceRef",
            "spec.resources.requests.storage",
        ],
    ),
    rule(
        "",
        "Pod",
        &[
            "spec.containers",
            "spec.initContainers",
            "spec.volumes",
            "spec.nodeSelector",
            "spec.affinity",
            "spec.serviceAccountName",
            "spec.restartPolicy",
            "spec.hostNetwork",
            "spec.hostPID",
            "spec.hostIPC",
            "spec.securityContext",
            "spec.priorityClassName",
            "spec.runtimeClassName",
        ],
    ),
    rule("", "ResourceQuota", &["spec.scopes"]),
    rule("", "ReplicationController", &["spec.selector"]),
    rule("", "Secret", &["type", "data", "immutable"]),
    rule("", "Service", &["spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.loadBalancerClass"]),
    rule("apps", "ControllerRevision", &["data"]),
    rule("apps", "DaemonSet", &["spec.selector"]),
    rule("apps", "Deployment", &["spec.selector"]),
    rule("apps", "ReplicaSet", &["spec.selector"]),
    rule(
        "apps",
        "StatefulSet",
        &["spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"],
    ),
    rule(
        "batch",
        "Job",
        &[
            "spec.selector",
            "spec.template",
            "spec.completions",
            "spec.completionMode",
            "spec.podFailurePolicy",
            "spec.successPolicy",
            "spec.backoffLimitPerIndex",
            "spec.managedBy",
        ],
    ),
    rule("discovery.k8s.io", "EndpointSlice", &["addressType"]),
    rule("networking.k8s.io", "IngressClass", &["spec.controller"]),
    rule("node.k8s.io", "RuntimeClass", &["handler"]),
    rule("rbac.authorization.k8s.io", "ClusterRoleBinding", &["roleRef"]),
    rule("rbac.authorization.k8s.io", "RoleBinding", &["roleRef"]),
    rule("scheduling.k8s.io", "PriorityClass", &["value", "preemptionPolicy"]),
    rule("storage.k8s.io", "CSIDriver", &["spec.attachRequired", "spec.fsGroupPolicy", "spec.volumeLifecycleModes"]),
    rule("storage.k8s.io", "StorageClass", &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]),
    rule("storage.k8s.io", "VolumeAttributesClass", &["driverName", "parameters"]),
];

/// The paths of an object that cannot become what is wanted in place; empty where it can, as far as is known. `refusal` is
/// what the server says to the change, where it was asked.
pub fn immutable_changes(manifest: &Manifest, live: &Value, refusal: Option<&str>) -> Vec<&'static str> {
    let ObjectId { group, kind, .. } = &manifest.id;
    let Some(rule) = RULES.iter().find(|rule| rule.group == group && rule.kind == kind) else { return Vec::new() };
    let body = manifest.body();
    let differs = |path: &&&'static str| asks_for_other(kind, path, at(&body, path), at(live, path));
    let mut paths: Vec<&'static str> = rule.paths.iter().filter(differs).copied().collect();
    // Where it may be changed at all depends on the object itself.
    if is_frozen_by_choice(kind) && live.get("immutable") != Some(&Value::Bool(true)) {
        paths.retain(|path| *path == "type");
    }
    // What goes from a map is not seen by comparing what is wanted.
    if paths.is_empty()
        && let Some(refusal) = refusal
    {
        let is_named = |path: &&&str| {
            let words = refusal.split([' ', '"']);
            words.into_iter().any(|word| word.trim_start_matches('.').trim_end_matches(':') == **path)
        };
        let is_final = ["immutable", "updates to", "cannot change"].iter().any(|words| refusal.contains(words));
        paths.extend(rule.paths.iter().filter(is_named).filter(|_| is_final).copied());
    }
    paths
}

/// What is lost where an object is replaced, in words.
pub fn loss(id: &ObjectId, live: Option<&Value>) -> String {
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "PersistentVolumeClaim") => "what is on its volume is lost".to_owned(),
        ("", "PersistentVolume") => "what is on it may be lost".to_owned(),
        ("apps", "StatefulSet") if has_claims(live) => {
            "its pods are made anew; its volume claims stay as they are, with \
                                                         what is on them"
                .to_owned()
        }
        ("apps", _) | ("", "ReplicationController") => "its pods are made anew".to_owned(),
        ("", "Pod") => "what it has written outside of volumes is lost, and its log".to_owned(),
        ("batch", "Job") => "its pods go with their logs, and it runs again".to_owned(),
        ("", "Service") => "its address may be another one".to_owned(),
        ("rbac.authorization.k8s.io", _) => "for a moment it grants nothing".to_owned(),
        _ => "nothing but its age is lost".to_owned(),
    }
}

/// Whether an object holds data that may be lost with it.
pub fn holds_data(id: &ObjectId, live: Option<&Value>) -> bool {
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "PersistentVolumeClaim" | "PersistentVolume") => true,
        ("apps", "StatefulSet") => has_claims(live),
        _ => false,
    }
}

fn has_claims(live: Option<&Value>) -> bool {
    let claims = live.and_then(|live| live.pointer("/spec/volumeClaimTemplates"));
    claims.and_then(Value::as_array).is_some_and(|claims| !claims.is_empty())
}

fn is_frozen_by_choice(kind: &str) -> bool {
    matches!(kind, "ConfigMap" | "Secret")
}

fn at<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(object, |value, name| value.get(name))
}

fn asks_for_other(kind: &str, path: &str, wanted: Option<&Value>, live: Option<&Value>) -> bool {
    let Some(wanted) = wanted else { return false };
    let Some(live) = live else { return !is_nothing(wanted) };
    match (kind, path) {
        // It may grow.
        ("PersistentVolumeClaim", "spec.resources.requests.storage") => match (quantity(wanted), quantity(live)) {
            (Some(wanted), Some(live)) => wanted < live,
            _ => false,
        },
        // All of it counts: nothing is filled in.
        (_, "spec.selector" | "data" | "binaryData" | "parameters") if kind != "Job" => {
            differs(wanted, live, kind) || differs(live, wanted, kind)
        }
        _ => differs(wanted, live, kind),
    }
}

/// Whether something is declared that is not so; what the server has filled in beside does not count.
fn differs(wanted: &Value, live: &Value, kind: &str) -> bool {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => wanted.iter().any(|(name, value)| {
            // The image of a Pod's container may change.
            let is_free = kind == "Pod" && name == "image";
            !is_free && live.get(name).map_or(!is_nothing(value), |live| differs(value, live, kind))
        }),
        (Value::Array(wanted), Value::Array(live)) => {
            let named = |name: &Value, live: &[Value]| live.iter().find(|item| item.get("name") == Some(name)).cloned();
            wanted.len() != live.len()
                || wanted.iter().zip(live).any(|(item, beside)| {
                    let twin = item.get("name").and_then(|name| named(name, live));
                    differs(item, twin.as_ref().unwrap_or(beside), kind)
                })
        }
        (wanted, live) if wanted == live => false,
        (wanted, live) => match (quantity(wanted), quantity(live)) {
            (Some(wanted), Some(live)) => wanted != live,
            _ => true,
        },
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(flag) => !flag,
        Value::Number(_) => false,
    }
}

fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// The claims by name that an object's pods use.
pub fn claims_used(object: &Value) -> Vec<&str> {
    let templates = ["/spec/template/spec/volumes", "/spec/volumes", "/spec/jobTemplate/spec/template/spec/volumes"];
    let volumes = templates.iter().filter_map(|at| object.pointer(at)?.as_array()).flatten();
    volumes.filter_map(|volume| volume.pointer("/persistentVolumeClaim/claimName")?.as_str()).collect()
}
