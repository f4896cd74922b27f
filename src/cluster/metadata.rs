//! An object's metadata, out of the whole object.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::{Managed, Meta};

/// The metadata of a whole object.
pub fn of(object: &Value) -> Meta {
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    let text = |key: &str| metadata.get(key).and_then(Value::as_str).map(str::to_owned);
    Meta {
        name: text("name").unwrap_or_default(),
        namespace: text("namespace"),
        uid: text("uid").unwrap_or_default(),
        resource_version: text("resourceVersion").unwrap_or_default(),
        labels: texts(metadata.get("labels")),
        annotations: texts(metadata.get("annotations")),
        created: text("creationTimestamp").and_then(|time| time.parse().ok()),
        deleting: text("deletionTimestamp").and_then(|time| time.parse().ok()),
        finalizers: list(metadata.get("finalizers")).filter_map(Value::as_str).map(str::to_owned).collect(),
        controller: list(metadata.get("ownerReferences")).find_map(controller),
        managed: list(metadata.get("managedFields")).map(managed).collect(),
    }
}

fn texts(map: Option<&Value>) -> BTreeMap<String, String> {
    let entries = map.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn controller(owner: &Value) -> Option<String> {
    let text = |key: &str| owner.get(key).and_then(Value::as_str).unwrap_or_default();
    let controls = owner.get("controller").and_then(Value::as_bool).unwrap_or_default();
    controls.then(|| format!("{}/{}", text("kind"), text("name")))
}

fn managed(entry: &Value) -> Managed {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    Managed {
        manager: text("manager").unwrap_or_default().to_owned(),
        apply: text("operation") == Some("Apply"),
        subresource: text("subresource").filter(|name| !name.is_empty()).map(str::to_owned),
        time: text("time").and_then(|time| time.parse().ok()),
        fields: entry.get("fieldsV1").map(|fields| fields.to_string().into_bytes()).unwrap_or_default(),
    }
}
