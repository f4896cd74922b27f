//! What a server refuses beyond an object's form: names, fields that never change, and a few mistakes that would only
//! show when something is started.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::entry::identity;
use super::validate::{dns_label, dns_subdomain, path_segment};
use crate::manifest::ObjectId;

/// Kind, and the paths below which nothing changes once it is there.
const IMMUTABLE: &[(&str, &str, &[&str])] = &[
    ("apps", "Deployment", &["/spec/selector"]),
    ("apps", "DaemonSet", &["/spec/selector"]),
    ("apps", "ReplicaSet", &["/spec/selector"]),
    (
        "apps",
        "StatefulSet",
        &["/spec/selector", "/spec/serviceName", "/spec/volumeClaimTemplates", "/spec/podManagementPolicy"],
    ),
    ("batch", "Job", &["/spec/selector", "/spec/template", "/spec/completionMode"]),
    (
        "",
        "PersistentVolumeClaim",
        &[
            "/spec/accessModes",
            "/spec/selector",
            "/spec/storageClassName",
            "/spec/volumeMode",
            "/spec/dataSource",
            "/spec/dataSourceRef",
        ],
    ),
    ("", "Secret", &["/type"]),
    ("rbac.authorization.k8s.io", "RoleBinding", &["/roleRef"]),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", &["/roleRef"]),
    ("storage.k8s.io", "StorageClass", &["/provisioner", "/parameters", "/reclaimPolicy", "/volumeBindingMode"]),
    ("networking.k8s.io", "IngressClass", &["/spec/controller"]),
    ("scheduling.k8s.io", "PriorityClass", &["/value", "/preemptionPolicy"]),
];

/// What may be set once, but neither changed nor taken away.
const SET_ONCE: &[(&str, &str, &[&str])] =
    &[("", "Service", &["/spec/clusterIP"]), ("", "PersistentVolumeClaim", &["/spec/volumeName"])];

/// Checks a name.
///
/// # Errors
/// What is wrong with it.
pub(super) fn name(id: &ObjectId) -> Result<(), String> {
    let (good, rule) = match (id.group.as_str(), id.kind.as_str()) {
        ("", "Namespace") => (dns_label(&id.name), "a DNS label"),
        ("", "Service") => (
            dns_label(&id.name) && id.name.starts_with(|c: char| c.is_ascii_lowercase()),
            "a DNS label that begins with a letter",
        ),
        ("rbac.authorization.k8s.io", _) => (path_segment(&id.name), "free of '/' and '%'"),
        _ => (dns_subdomain(&id.name), "a DNS subdomain"),
    };
    if !good {
        return Err(format!(".metadata.name: {:?} has to be {rule} (lower case)", id.name));
    }
    match &id.namespace {
        Some(namespace) if !dns_label(namespace) => Err(format!(".metadata.namespace: {namespace:?} is no DNS label")),
        _ => Ok(()),
    }
}

/// Checks an object on its own.
///
/// # Errors
/// All that is wrong.
pub(super) fn object(object: &Value) -> Result<(), Vec<String>> {
    let Some((_, id)) = identity(object) else {
        return Err(vec!["it needs apiVersion, kind and metadata.name".into()]);
    };
    let mut wrongs: Vec<String> = name(&id).err().into_iter().collect();
    if id.is_secret() {
        secret(object, &mut wrongs);
    }
    if id.group.is_empty() && matches!(id.kind.as_str(), "Secret" | "ConfigMap") {
        keys(object, &mut wrongs);
    }
    if let ("apps" | "batch", Some(template)) = (id.group.as_str(), object.pointer("/spec/template")) {
        selector(object, template, &mut wrongs);
        let claims = object.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
        let claims: Vec<&str> =
            claims.into_iter().flatten().filter_map(|claim| claim.pointer("/metadata/name")?.as_str()).collect();
        containers(template, "/spec/template/spec", &claims, &mut wrongs);
    }
    if id.group.is_empty() && id.kind == "Pod" {
        containers(object, "/spec", &[], &mut wrongs);
    }
    if wrongs.is_empty() { Ok(()) } else { Err(wrongs) }
}

fn keys(object: &Value, wrongs: &mut Vec<String>) {
    let good = |key: &str| {
        !key.is_empty()
            && key.len() <= 253
            && !matches!(key, "." | "..")
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    for field in ["data", "binaryData"] {
        let keys = object.get(field).and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key);
        wrongs.extend(
            keys.filter(|key| !good(key))
                .map(|key| format!(".{field}: {key:?} is no key: they are made of letters, digits, '-', '_', '.'")),
        );
    }
}

fn secret(object: &Value, wrongs: &mut Vec<String>) {
    if object.get("stringData").is_some() {
        wrongs.push(".stringData: it is owned under a name that no longer exists afterwards; use .data".into());
    }
    for (key, value) in object.get("data").and_then(Value::as_object).into_iter().flatten() {
        if value.as_str().is_none_or(|text| STANDARD.decode(text).is_err()) {
            wrongs.push(format!(".data.{key}: this is not base64"));
        }
    }
}

fn selector(object: &Value, template: &Value, wrongs: &mut Vec<String>) {
    let wanted = object.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let labels = template.pointer("/metadata/labels").and_then(Value::as_object);
    for (key, value) in wanted.into_iter().flatten() {
        if labels.and_then(|labels| labels.get(key)) != Some(value) {
            wrongs.push(format!(".spec.selector: the pods of .spec.template do not have the label {key}"));
        }
    }
}

/// `claims` are the names of a `StatefulSet`'s `volumeClaimTemplates`, each a volume of its pods.
fn containers(pod: &Value, path: &str, claims: &[&str], wrongs: &mut Vec<String>) {
    let Some(spec) = pod.get("spec") else { return };
    let items = |key: &str| spec.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let dotted = path.replace('/', ".");
    if items("containers").is_empty() {
        wrongs.push(format!("{dotted}.containers: at least one is needed"));
    }
    let has_volume = |wanted: &str| {
        claims.contains(&wanted)
            || items("volumes").iter().any(|v| v.get("name").and_then(Value::as_str) == Some(wanted))
    };
    for key in ["initContainers", "containers"] {
        for (place, container) in items(key).iter().enumerate() {
            if container.get("image").and_then(Value::as_str).unwrap_or_default().is_empty() {
                wrongs.push(format!("{dotted}.{key}[{place}].image: it is missing"));
            }
            let mounts = container.get("volumeMounts").and_then(Value::as_array);
            for mount in mounts.into_iter().flatten().filter_map(|m| m.get("name").and_then(Value::as_str)) {
                if !has_volume(mount) {
                    wrongs.push(format!("{dotted}.{key}[{place}].volumeMounts: there is no volume {mount:?}"));
                }
            }
        }
    }
}

/// Checks a change.
///
/// # Errors
/// The fields that cannot change.
pub(super) fn change(old: &Value, new: &Value) -> Result<(), Vec<String>> {
    let Some((_, id)) = identity(new) else { return Ok(()) };
    let of = |table: &'static [(&str, &str, &'static [&'static str])]| {
        let row = table.iter().find(|(group, kind, _)| *group == id.group && *kind == id.kind);
        row.map_or(&[][..], |row| row.2).iter().copied()
    };
    let mut fields: Vec<&str> = of(IMMUTABLE).filter(|at| old.pointer(at) != new.pointer(at)).collect();
    fields.extend(of(SET_ONCE).filter(|at| old.pointer(at).is_some() && old.pointer(at) != new.pointer(at)));
    if matches!(id.kind.as_str(), "Secret" | "ConfigMap") && old.get("immutable") == Some(&Value::Bool(true)) {
        fields.extend(["/data", "/binaryData", "/immutable"].iter().filter(|at| old.pointer(at) != new.pointer(at)));
    }
    if fields.is_empty() {
        return Ok(());
    }
    Err(fields.iter().map(|at| format!("{}: field is immutable", at.replace('/', "."))).collect())
}
