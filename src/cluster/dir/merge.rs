//! What server-side apply does with values: merge, compare, take fields out, and name the fields that there are. The
//! rules are those of `structured-merge-diff`, the library that API servers use.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::fields::Set;
use super::schema::{Shape, Type};

/// How one value became another.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) removed: Set,
    pub(super) modified: Set,
    pub(super) added: Set,
}

impl Comparison {
    /// What is new or another.
    pub(super) fn written(&self) -> Set {
        self.added.union(&self.modified)
    }
}

pub(super) fn name(field: &str) -> String {
    format!("f:{field}")
}

/// The element of a list item; items without one have been refused before (see `validate`).
fn element(list: &Type, item: &Value) -> String {
    list.element(item).unwrap_or_default()
}

/// `live` with all that `config` says: maps by key, lists by item where items have names, the rest replaced.
pub(super) fn merge(of: &Type, live: &Value, config: &Value) -> Value {
    match (of.shape(live), of.shape(config)) {
        (Shape::Map(live), Shape::Map(config)) if !live.is_empty() || !config.is_empty() => {
            let mut merged = live.clone();
            for (key, value) in config {
                let value = match (live.get(key), of.field(key)) {
                    (Some(live), Some(of)) => merge(of, live, value),
                    _ => value.clone(),
                };
                merged.insert(key.clone(), value);
            }
            Value::Object(merged)
        }
        (Shape::List(live), Shape::List(config)) => Value::Array(merge_items(of, live, config)),
        _ => config.clone(),
    }
}

/// Items that only `live` has keep their places among those that both have; where both order these otherwise, that of
/// `config` counts. It walks as the library does, since order is part of the result.
fn merge_items(of: &Type, live: &[Value], config: &[Value]) -> Vec<Value> {
    let elements = |items: &[Value]| items.iter().map(|item| element(of, item)).collect::<Vec<_>>();
    let (left, right) = (elements(live), elements(config));
    let merged = |r: usize| match left.iter().position(|element| *element == right[r]) {
        Some(l) => merge(of.item(), &live[l], &config[r]),
        None => config[r].clone(),
    };
    let mut shared = right.iter().filter(|element| left.contains(element)).peekable();
    let mut out = Vec::new();
    let (mut l, mut r) = (0, 0);
    loop {
        match (left.get(l), right.get(r)) {
            (None, None) => return out,
            (Some(one), Some(other)) if one == other => {
                out.push(merged(r));
                (l, r) = (l + 1, r + 1);
                shared.next();
            }
            // One that both have, but not the next of those in the configuration's order.
            (Some(one), Some(_)) if right.contains(one) && shared.peek().is_some_and(|next| *next != one) => l += 1,
            (Some(one), _) if !right.contains(one) => {
                out.push(live[l].clone());
                l += 1;
            }
            (one, other) => {
                // One that has come already with the configuration's.
                l += usize::from(one.is_some_and(|one| right[..r].contains(one)));
                if let Some(other) = other {
                    out.push(merged(r));
                    r += 1;
                    shared.next_if_eq(&other);
                }
            }
        }
    }
}

/// The fields that a value sets.
pub(super) fn field_set(of: &Type, value: &Value) -> Set {
    let mut set = Set::default();
    add_fields(of, value, &mut set);
    set
}

fn add_fields(of: &Type, value: &Value, set: &mut Set) {
    match of.shape(value) {
        Shape::Leaf => set.insert_self(),
        Shape::Map(map) => {
            for (key, value) in map {
                let below = set.at(name(key));
                add_fields(of.field(key).unwrap_or(of), value, below);
                if value.as_object().is_some_and(Map::is_empty) || value.is_null() || !of.names(key) {
                    below.insert_self();
                }
            }
        }
        Shape::List(items) => {
            for item in items {
                let below = set.at(element(of, item));
                add_fields(of.item(), item, below);
                below.insert_self();
            }
        }
    }
}

/// How `old` became `new`.
pub(super) fn compare(of: &Type, old: &Value, new: &Value) -> Comparison {
    let mut comparison = Comparison::default();
    let Comparison { removed, modified, added } = &mut comparison;
    compare_at(of, Some(old), Some(new), &mut Three { removed, modified, added });
    comparison
}

struct Three<'a> {
    removed: &'a mut Set,
    modified: &'a mut Set,
    added: &'a mut Set,
}

impl Three<'_> {
    fn at(&mut self, element: &str) -> Three<'_> {
        Three {
            removed: self.removed.at(element.to_owned()),
            modified: self.modified.at(element.to_owned()),
            added: self.added.at(element.to_owned()),
        }
    }
}

fn compare_at(of: &Type, old: Option<&Value>, new: Option<&Value>, sets: &mut Three<'_>) {
    match (old, new) {
        (None, None) => return,
        (None, Some(_)) => sets.added.insert_self(),
        (Some(_), None) => sets.removed.insert_self(),
        (Some(_), Some(_)) => {}
    }
    match (old.map(|old| of.shape(old)), new.map(|new| of.shape(new))) {
        (Some(Shape::Map(old)), Some(Shape::Map(new))) => compare_maps(of, old, new, sets),
        (None, Some(Shape::Map(new))) => compare_maps(of, &Map::new(), new, sets),
        (Some(Shape::Map(old)), None) => compare_maps(of, old, &Map::new(), sets),
        (Some(Shape::List(old)), Some(Shape::List(new))) => compare_lists(of, old, new, sets),
        (None, Some(Shape::List(new))) => compare_lists(of, &[], new, sets),
        (Some(Shape::List(old)), None) => compare_lists(of, old, &[], sets),
        // What lost all it had is still there itself.
        (Some(Shape::Map(old)), Some(Shape::Leaf)) if is_null(new) && !old.is_empty() => {
            compare_maps(of, old, &Map::new(), sets);
        }
        (Some(Shape::List(old)), Some(Shape::Leaf)) if is_null(new) && !old.is_empty() => {
            compare_lists(of, old, &[], sets);
        }
        (Some(_), Some(_)) if old != new => sets.modified.insert_self(),
        _ => {}
    }
}

fn is_null(value: Option<&Value>) -> bool {
    value.is_some_and(Value::is_null)
}

fn compare_maps(of: &Type, old: &Map<String, Value>, new: &Map<String, Value>, sets: &mut Three<'_>) {
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        compare_at(of.field(key).unwrap_or(of), old.get(key), new.get(key), &mut sets.at(&name(key)));
    }
}

fn compare_lists(of: &Type, old: &[Value], new: &[Value], sets: &mut Three<'_>) {
    let find = |items: &[Value], wanted: &str| items.iter().position(|item| element(of, item) == wanted);
    for wanted in old.iter().chain(new).map(|item| element(of, item)).collect::<BTreeSet<_>>() {
        let (old, new) = (find(old, &wanted).map(|i| &old[i]), find(new, &wanted).map(|i| &new[i]));
        compare_at(of.item(), old, new, &mut sets.at(&wanted));
    }
}

/// The value without the fields of a set. A map or list that loses all it had becomes null: it is still there for
/// whoever owns it itself, until it is [`kept`].
pub(super) fn remove(of: &Type, value: &Value, set: &Set) -> Value {
    match of.shape(value) {
        Shape::Map(map) if !map.is_empty() => {
            let mut left = Map::new();
            for (key, value) in map {
                match set.below(&name(key)) {
                    Some(below) if below.has_self() => {}
                    Some(below) if !below.is_empty() => {
                        left.insert(key.clone(), remove(of.field(key).unwrap_or(of), value, below));
                    }
                    _ => {
                        left.insert(key.clone(), value.clone());
                    }
                }
            }
            if left.is_empty() { Value::Null } else { Value::Object(left) }
        }
        Shape::List(items) if !items.is_empty() => {
            let left: Vec<Value> = items
                .iter()
                .filter_map(|item| match set.below(&element(of, item)) {
                    Some(below) if below.has_self() => None,
                    Some(below) if !below.is_empty() => Some(remove(of.item(), item, below)),
                    _ => Some(item.clone()),
                })
                .collect();
            if left.is_empty() { Value::Null } else { Value::Array(left) }
        }
        _ => value.clone(),
    }
}

/// As a server keeps it: without nulls, and without maps and lists that are empty (an empty struct is kept, since it
/// may mean something). Who set such a field still owns it.
pub(super) fn kept(of: &Type, value: Value) -> Value {
    let of_any = matches!(of, Type::Any { .. });
    let is_dropped = |of: &Type, value: &Value| match (of, value) {
        (_, Value::Null) => true,
        (Type::Map { .. }, Value::Object(map)) => map.is_empty(),
        (Type::List { .. }, Value::Array(items)) => items.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(map) => {
            let fields = map.into_iter().map(|(key, value)| {
                let below = of.field(&key).unwrap_or(of);
                let value = kept(below, value);
                (is_dropped(below, &value), key, value)
            });
            Value::Object(fields.filter(|field| !field.0).map(|(_, key, value)| (key, value)).collect())
        }
        Value::Array(items) => {
            let items = items.into_iter().filter(|item| of_any || !item.is_null());
            Value::Array(items.map(|item| kept(of.item(), item)).collect())
        }
        other => other,
    }
}

/// The value with the empty maps and lists that a set has and a server does not keep: a manifest that declares
/// `ingress: []` goes on saying so.
pub(super) fn with_empty(of: &Type, value: &Value, set: &Set) -> Value {
    match of.shape(value) {
        Shape::Map(map) => {
            let mut all = map.clone();
            for (element, below) in set.children() {
                let Some((field, of)) = element.strip_prefix("f:").and_then(|f| Some((f, of.field(f)?))) else {
                    continue;
                };
                let value = match (all.get(field), of) {
                    (Some(value), _) => with_empty(of, value, below),
                    (None, Type::List { .. }) if below.is_leaf() => Value::Array(Vec::new()),
                    (None, Type::Map { .. }) if below.is_leaf() => Value::Object(Map::new()),
                    _ => continue,
                };
                all.insert(field.to_owned(), value);
            }
            Value::Object(all)
        }
        Shape::List(items) => {
            let nothing = Set::default();
            let item = |item: &Value| with_empty(of.item(), item, set.below(&element(of, item)).unwrap_or(&nothing));
            Value::Array(items.iter().map(item).collect())
        }
        Shape::Leaf => value.clone(),
    }
}

/// The set with every named field that something in it is below of: owning `a.b.c` is owning `a`, as far as `a` is the
/// field of a struct and not the key of a map.
pub(super) fn with_named(of: &Type, set: &Set) -> Set {
    let mut all = Set::default();
    if set.has_self() {
        all.insert_self();
    }
    for (element, below) in set.children() {
        let field = element.strip_prefix("f:");
        let below_of = match field {
            Some(field) => of.field(field).unwrap_or(of),
            None => of.item(),
        };
        let mut below = with_named(below_of, below);
        if field.is_some_and(|field| of.names(field)) && !below.is_empty() {
            below.insert_self();
        }
        *all.at(element.to_owned()) = below;
    }
    all
}
