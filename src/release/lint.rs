//! What an API server would refuse for good, found before a namespace is made for it: server-side apply takes no list
//! twice with the same key. Where the namespace exists the server's own dry run tells more.

use std::collections::BTreeSet;

use serde_json::Value;

/// Lists of built-in kinds that are merged by key, and the fields that make it. A port's protocol is TCP by default.
const KEYED: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("env", &["name"]),
    ("volumes", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("imagePullSecrets", &["name"]),
    ("hostAliases", &["ip"]),
];

/// The first list with two items of one key, as its path and the key: `.spec.template.spec.containers[0].env`,
/// `name=A`. `None` where there is none, and for kinds of others, whose lists mean what their schema says.
pub(super) fn duplicate(object: &Value) -> Option<(String, String)> {
    let group = object.get("apiVersion").and_then(Value::as_str)?;
    let is_workload = matches!(group, "v1" | "apps/v1" | "batch/v1");
    if !is_workload {
        return None;
    }
    walk(object.get("spec")?, &mut ".spec".to_owned())
}

fn walk(value: &Value, path: &mut String) -> Option<(String, String)> {
    match value {
        Value::Object(map) => map.iter().find_map(|(key, value)| {
            let length = path.len();
            path.push('.');
            path.push_str(key);
            let found = twice(key, value, path).or_else(|| walk(value, path));
            path.truncate(length);
            found
        }),
        Value::Array(items) => items.iter().enumerate().find_map(|(position, item)| {
            let length = path.len();
            path.push_str(&format!("[{position}]"));
            let found = walk(item, path);
            path.truncate(length);
            found
        }),
        _ => None,
    }
}

fn twice(list: &str, value: &Value, path: &str) -> Option<(String, String)> {
    let items = value.as_array()?;
    let fields: &[&str] = if list == "ports" {
        if items.iter().any(|item| item.get("containerPort").is_some()) {
            &["containerPort", "protocol"]
        } else {
            &["port", "protocol"]
        }
    } else {
        KEYED.iter().find(|(name, _)| *name == list)?.1
    };
    let mut seen = BTreeSet::new();
    items.iter().find_map(|item| {
        let key: Vec<String> = fields
            .iter()
            .map(|field| match item.get(*field) {
                Some(Value::String(text)) => format!("{field}={text}"),
                Some(other) => format!("{field}={other}"),
                None if *field == "protocol" => "protocol=TCP".into(),
                None => format!("{field}="),
            })
            .collect();
        let key = key.join(", ");
        (!seen.insert(key.clone())).then(|| (path.to_owned(), key))
    })
}
