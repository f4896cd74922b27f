//! Schemas that lead back to themselves without a step into the values: a look at them would never end.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt as _};
use serde_json::Value;

/// Whether one of a document's schemas does.
pub(super) fn has_circle(document: &Value) -> bool {
    let mut seen = HashMap::new();
    // Without a reference every step is one further in.
    any(document, &mut |schema| schema.get("$ref").is_some())
        && any(document, &mut |schema| goes_round(document, schema, &mut seen))
}

/// Whether a schema has been left by now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Within,
    Left,
}

fn any(value: &Value, test: &mut impl FnMut(&Value) -> bool) -> bool {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if value.is_object() && test(value) {
            return true;
        }
        match value {
            Value::Object(map) => open.extend(map.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    false
}

/// Follows what judges the same value, one schema after the other; without recursion, for chains may be long.
fn goes_round(document: &Value, schema: &Value, seen: &mut HashMap<usize, State>) -> bool {
    let mut open = vec![(schema, false)];
    while let Some((schema, is_done)) = open.pop() {
        let address = std::ptr::from_ref(schema).addr();
        if is_done {
            seen.insert(address, State::Left);
            continue;
        }
        match seen.get(&address) {
            Some(State::Left) => continue,
            Some(State::Within) => return true,
            None => {}
        }
        seen.insert(address, State::Within);
        open.push((schema, true));
        let next = in_place(document, schema);
        if next.iter().any(|next| seen.get(&std::ptr::from_ref(*next).addr()) == Some(&State::Within)) {
            return true;
        }
        open.extend(next.into_iter().map(|next| (next, false)));
    }
    false
}

fn in_place<'v>(document: &'v Value, schema: &'v Value) -> Vec<&'v Value> {
    let mut next = Vec::new();
    let Some(map) = schema.as_object() else { return next };
    let reference = map.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit_once('#'));
    if let Some(("" | super::elsewhere::OWN | "values.schema.json", local)) = reference {
        next.extend(
            percent_encoding::percent_decode_str(local).decode_utf8().ok().and_then(|at| document.pointer(&at)),
        );
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        next.extend(map.get(key).and_then(Value::as_array).into_iter().flatten());
    }
    next.extend(["not", "if", "then", "else"].iter().filter_map(|key| map.get(*key)));
    next.extend(map.get("dependentSchemas").and_then(Value::as_object).into_iter().flat_map(|all| all.values()));
    next
}

/// Where each schema of a document is, by what tells it from others.
pub(super) fn places(document: &Value) -> BTreeMap<usize, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![(document, String::new())];
    while let Some((value, at)) = open.pop() {
        let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Object(map) => open.extend(map.iter().map(|(name, value)| (value, below(name)))),
            Value::Array(items) => {
                open.extend(items.iter().enumerate().map(|(i, value)| (value, below(&i.to_string()))));
            }
            _ => {}
        }
        found.insert(std::ptr::from_ref(value).addr(), at);
    }
    found
}
