//! Fields dropped from a manifest that another manager holds too. Server-side apply leaves them there; they go by an
//! explicit removal.

use serde_json::Value;

use crate::manifest::{Fields, MANAGER, Path, look_up};

/// What we applied before and `wanted` lacks, where another manager holds it too and it is in `dry`: the server would
/// leave it in place.
pub(super) fn survivors(live: &Value, dry: &Value, wanted: &Value) -> Vec<Path> {
    let Some((own, others)) = field_sets(live) else { return Vec::new() };
    let mut dropped = Vec::new();
    collect(&own, wanted, &mut Vec::new(), &mut dropped);
    dropped.retain(|path| others.iter().any(|fields| fields.touches(path)) && look_up(dry, path).is_some());
    dropped
}

fn field_sets(live: &Value) -> Option<(Fields, Vec<Fields>)> {
    let mut own = None;
    let mut others = Vec::new();
    for entry in live.pointer("/metadata/managedFields")?.as_array()? {
        let Some(fields) = entry.get("fieldsV1").and_then(|raw| Fields::parse(raw.to_string().as_bytes()).ok()) else {
            continue;
        };
        match (entry["manager"].as_str(), entry["operation"].as_str(), entry["subresource"].as_str()) {
            (Some(MANAGER), Some("Apply"), None) => own = Some(fields),
            (_, _, Some("status")) => {}
            _ => others.push(fields),
        }
    }
    Some((own?, others))
}

fn collect(own: &Fields, wanted: &Value, path: &mut Path, dropped: &mut Vec<Path>) {
    for (element, child) in &own.children {
        path.push(element.clone());
        match look_up(wanted, std::slice::from_ref(element)).and_then(|found| wanted.pointer(&found.pointer())) {
            Some(value) => collect(child, value, path, dropped),
            None => dropped.push(path.clone()),
        }
        path.pop();
    }
}
