//! Fields dropped from a manifest that another manager holds too. Server-side apply leaves them there; they go by an
//! explicit removal.

use serde_json::Value;

use crate::manifest::{Fields, MANAGER, PathElement};

/// JSON pointers into `dry` of what we applied before, `wanted` lacks, another manager holds too, and the server would
/// therefore leave in place. Sorted so that removing one moves none of the others.
pub(super) fn survivors(live: &Value, dry: &Value, wanted: &Value) -> Vec<String> {
    let Some((own, others)) = field_sets(live) else { return Vec::new() };
    let mut dropped = Vec::new();
    collect(&own, wanted, &mut Vec::new(), &mut dropped);
    let mut pointers: Vec<Vec<Step>> = dropped
        .iter()
        .filter(|path| others.iter().any(|fields| fields.touches(path)))
        .filter_map(|path| pointer(dry, path))
        .collect();
    pointers.sort_unstable();
    pointers.dedup();
    pointers.iter().rev().map(|steps| steps.iter().map(Step::text).collect()).collect()
}

/// A step of a JSON pointer; indexes sort as numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(usize),
}

impl Step {
    /// As RFC 6901 writes it.
    fn text(&self) -> String {
        match self {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("/{index}"),
        }
    }
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

fn collect(own: &Fields, wanted: &Value, path: &mut Vec<PathElement>, dropped: &mut Vec<Vec<PathElement>>) {
    for (element, child) in &own.children {
        path.push(element.clone());
        match step(wanted, element).and_then(|(_, value)| value) {
            Some(value) => collect(child, value, path, dropped),
            None => dropped.push(path.clone()),
        }
        path.pop();
    }
}

fn pointer(object: &Value, path: &[PathElement]) -> Option<Vec<Step>> {
    let mut value = object;
    let mut steps = Vec::new();
    for element in path {
        let (taken, next) = step(value, element)?;
        steps.push(taken);
        value = next?;
    }
    Some(steps)
}

/// One element deeper: what the pointer calls it, and what is there.
fn step<'v>(value: &'v Value, element: &PathElement) -> Option<(Step, Option<&'v Value>)> {
    let position = |matches: &dyn Fn(&Value) -> bool| {
        let at = value.as_array()?.iter().position(matches)?;
        Some((Step::Index(at), value.get(at)))
    };
    match element {
        PathElement::Field(name) => {
            value.as_object().and_then(|map| map.get(name)).map(|found| (Step::Key(name.clone()), Some(found)))
        }
        PathElement::Key(key) => position(&|item| {
            key.iter().all(|(name, wanted)| match item.get(name) {
                Some(found) => found == wanted,
                None => name == "protocol" && wanted == "TCP",
            })
        }),
        PathElement::Item(wanted) => position(&|item| item == wanted),
        PathElement::Index(index) => value.get(*index).map(|found| (Step::Index(*index), Some(found))),
    }
}
