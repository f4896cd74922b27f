//! Field sets: what a manager owns of an object, as `managedFields` records it, and the walk of a manifest against it.
//!
//! The walk needs no schema (design: 'The walk'): a map key wants `f:key`; an empty node is owned whole; list items
//! match `k:` entries one to one, by the fields that the entry names; sets match `v:`; no perfect matching is drift.

use std::fmt;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One step of a path into an object, as `fieldsV1` names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum PathElement {
    /// `f:NAME`, a field of a map.
    Field(String),
    /// `k:{…}`, the item of an associative list that has these key fields.
    Key(Map<String, Value>),
    /// `v:…`, an item of a set.
    Item(Value),
    /// `i:N`, an item by position.
    Index(usize),
}

/// The way to a field.
pub type Path = Vec<PathElement>;

/// A set of fields, as a tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// `.`: the item itself is in the set, and below it only what the children say.
    pub itself: bool,
    /// What is below.
    pub children: Vec<(PathElement, Fields)>,
}

impl Fields {
    /// Parses `fieldsV1`.
    pub fn parse(raw: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(raw)
    }

    /// An empty node is owned whole: an atomic map or list, or a scalar.
    pub fn whole(&self) -> bool {
        self.children.is_empty() && !self.itself
    }

    pub(super) fn field(&self, name: &str) -> Option<&Fields> {
        self.children.iter().find_map(|(element, child)| match element {
            PathElement::Field(field) if field == name => Some(child),
            _ => None,
        })
    }

    /// The subtree below one element, where it is in the set.
    pub fn child(&self, element: &PathElement) -> Option<&Fields> {
        self.children.iter().find_map(|(own, child)| (own == element).then_some(child))
    }

    /// The names of the fields right below a field, such as the keys of `data`.
    pub fn names_below(&self, field: &str) -> Vec<String> {
        let below = self.field(field).map(|below| below.children.as_slice()).unwrap_or_default().iter();
        below
            .filter_map(|(element, _)| match element {
                PathElement::Field(name) => Some(name.clone()),
                _ => None,
            })
            .collect()
    }

    /// Whether the set has this path, or owns something above it whole.
    pub fn covers(&self, path: &[PathElement]) -> bool {
        let Some((first, rest)) = path.split_first() else { return true };
        self.whole() || self.child(first).is_some_and(|child| child.covers(rest))
    }

    /// Whether the set has this path itself or something above or below it.
    pub fn touches(&self, path: &[PathElement]) -> bool {
        let mut node = self;
        for element in path {
            match node.child(element) {
                Some(child) => node = child,
                None => return node.whole(),
            }
        }
        true
    }

    /// The topmost paths of this set that `other` lacks.
    pub fn minus(&self, other: &Fields) -> Vec<Vec<PathElement>> {
        let mut found = Vec::new();
        minus(self, other, &mut Vec::new(), &mut found);
        found
    }
}

fn minus(set: &Fields, other: &Fields, path: &mut Vec<PathElement>, found: &mut Vec<Vec<PathElement>>) {
    for (element, child) in &set.children {
        path.push(element.clone());
        match other.child(element) {
            None => found.push(path.clone()),
            // Owned whole on both sides. Where this one has something below, the other has declared an empty map there,
            // or lost what it had in it: what is owned whole by somebody has nothing below for anybody.
            Some(theirs) => minus(child, theirs, path, found),
        }
        path.pop();
    }
}

/// The paths of `manifest` that `fields` does not own, topmost first; empty when everything declared is owned.
///
/// `apiVersion`, `kind`, and the names in `metadata` are never owned and never looked for.
pub fn unowned(manifest: &Value, fields: &Fields) -> Vec<Vec<PathElement>> {
    let mut found = Paths::default();
    walk_object(manifest, fields, &mut found);
    found.missing
}

/// Whether `fields` owns all that the items of a list declare.
pub(super) fn owns_items(items: &[Value], fields: &Fields) -> bool {
    let mut found = Any(false);
    walk_list(items, fields, &mut found);
    !found.0
}

/// What the walk tells of its way.
trait Trail {
    fn enter(&mut self, element: impl FnOnce() -> PathElement);
    fn leave(&mut self);
    /// The node where it is is not owned; `value` is what is declared there.
    fn misses(&mut self, value: &Value, sharpen: bool);
    /// Whether nothing more is wanted.
    fn is_over(&self) -> bool {
        false
    }
}

#[derive(Default)]
struct Paths {
    path: Path,
    missing: Vec<Path>,
}

impl Trail for Paths {
    fn enter(&mut self, element: impl FnOnce() -> PathElement) {
        self.path.push(element());
    }

    fn leave(&mut self) {
        self.path.pop();
    }

    fn misses(&mut self, value: &Value, sharpen: bool) {
        let path = if sharpen { sharpened(&self.path, value) } else { self.path.clone() };
        self.missing.push(path);
    }
}

/// Whether anything is missing at all.
struct Any(bool);

impl Trail for Any {
    fn enter(&mut self, _: impl FnOnce() -> PathElement) {}

    fn leave(&mut self) {}

    fn misses(&mut self, _: &Value, _: bool) {
        self.0 = true;
    }

    fn is_over(&self) -> bool {
        self.0
    }
}

fn walk_object(manifest: &Value, fields: &Fields, trail: &mut impl Trail) {
    let Value::Object(object) = manifest else { return };
    for (key, value) in object {
        match key.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => {
                if let Value::Object(metadata) = value {
                    let named = metadata
                        .iter()
                        .filter(|(key, _)| !matches!(key.as_str(), "name" | "namespace" | "generateName"));
                    let below = fields.field("metadata");
                    trail.enter(|| PathElement::Field(key.clone()));
                    for (key, value) in named {
                        walk_field(key, value, below.unwrap_or(&NOTHING), trail);
                    }
                    trail.leave();
                }
            }
            _ => walk_field(key, value, fields, trail),
        }
    }
}

/// Stands for a node that is absent: it has nothing, and is not owned whole.
pub(super) static NOTHING: Fields = Fields { itself: true, children: Vec::new() };

fn walk_field(key: &str, value: &Value, fields: &Fields, trail: &mut impl Trail) {
    if trail.is_over() {
        return;
    }
    trail.enter(|| PathElement::Field(key.to_owned()));
    match fields.field(key) {
        Some(child) => walk(value, child, trail),
        None => trail.misses(value, true),
    }
    trail.leave();
}

/// The path of what is missing, down to where it is more than one field.
fn sharpened(path: &Path, value: &Value) -> Path {
    let (mut path, mut value) = (path.clone(), value);
    while let Value::Object(map) = value
        && map.len() == 1
        && let Some((key, below)) = map.iter().next()
    {
        path.push(PathElement::Field(key.clone()));
        value = below;
    }
    path
}

fn walk(value: &Value, fields: &Fields, trail: &mut impl Trail) {
    if fields.whole() {
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                walk_field(key, value, fields, trail);
            }
        }
        Value::Array(items) => walk_list(items, fields, trail),
        // A scalar where the set has something below: what is owned is no longer what is declared.
        _ => trail.misses(value, false),
    }
}

fn walk_list(items: &[Value], fields: &Fields, trail: &mut impl Trail) {
    let edges: Vec<Vec<usize>> = items
        .iter()
        .enumerate()
        .map(|(position, item)| {
            (0..fields.children.len()).filter(|entry| matches(&fields.children[*entry].0, position, item)).collect()
        })
        .collect();
    let matched = perfect_matching(&edges, fields.children.len());
    for (position, item) in items.iter().enumerate() {
        if let Some(entry) = matched[position] {
            let (element, child) = &fields.children[entry];
            trail.enter(|| element.clone());
            walk(item, child, trail);
        } else {
            trail.enter(|| element_of(position, item, fields));
            trail.misses(item, false);
        }
        trail.leave();
    }
}

fn matches(entry: &PathElement, position: usize, item: &Value) -> bool {
    match entry {
        PathElement::Key(key) => {
            item.as_object().is_some_and(|item| key.iter().all(|(name, wanted)| key_matches(name, wanted, item)))
        }
        PathElement::Item(value) => value == item,
        PathElement::Index(index) => *index == position,
        PathElement::Field(_) => false,
    }
}

fn key_matches(name: &str, wanted: &Value, item: &Map<String, Value>) -> bool {
    match item.get(name) {
        Some(value) => value == wanted,
        // The one key field with a default among the built-in kinds; others that were left out match anything.
        None if name == "protocol" => wanted == "TCP",
        None => true,
    }
}

/// Kuhn's algorithm: for each item the entry it is matched with, as many as can be.
fn perfect_matching(edges: &[Vec<usize>], entries: usize) -> Vec<Option<usize>> {
    fn augment(item: usize, edges: &[Vec<usize>], seen: &mut [bool], taken: &mut [Option<usize>]) -> bool {
        for &entry in &edges[item] {
            if std::mem::replace(&mut seen[entry], true) {
                continue;
            }
            if taken[entry].is_none_or(|other| augment(other, edges, seen, taken)) {
                taken[entry] = Some(item);
                return true;
            }
        }
        false
    }
    let mut taken: Vec<Option<usize>> = vec![None; entries];
    for item in 0..edges.len() {
        augment(item, edges, &mut vec![false; entries], &mut taken);
    }
    let mut matched = vec![None; edges.len()];
    for (entry, item) in taken.iter().enumerate() {
        if let Some(item) = item {
            matched[*item] = Some(entry);
        }
    }
    matched
}

/// How a path names an item that no entry matches: by the same key fields that its neighbours have.
fn element_of(position: usize, item: &Value, fields: &Fields) -> PathElement {
    let neighbour = fields.children.iter().find_map(|(element, _)| match element {
        PathElement::Key(key) => Some(key),
        _ => None,
    });
    match (neighbour, item) {
        (Some(key), Value::Object(item)) => PathElement::Key(
            key.keys()
                .map(|name| {
                    let default = if name == "protocol" { Value::from("TCP") } else { Value::Null };
                    (name.clone(), item.get(name).cloned().unwrap_or(default))
                })
                .collect(),
        ),
        (None, item) if !item.is_object() && !item.is_array() => PathElement::Item(item.clone()),
        _ => PathElement::Index(position),
    }
}

/// A path as people write it: `.spec.template.spec.containers[name="odoo"].image`.
pub fn field_path(path: &[PathElement]) -> String {
    path.iter().map(ToString::to_string).collect()
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathElement::Field(name) if name.contains(['.', '/', '[']) => write!(f, "[{name:?}]"),
            PathElement::Field(name) => write!(f, ".{name}"),
            PathElement::Key(key) => {
                f.write_str("[")?;
                for (position, (name, value)) in key.iter().enumerate() {
                    write!(f, "{}{name}={value}", if position == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            PathElement::Item(value) => write!(f, "[={value}]"),
            PathElement::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tree;
        impl<'de> Visitor<'de> for Tree {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a fieldsV1 object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    if name == "." {
                        map.next_value::<IgnoredAny>()?;
                        fields.itself = true;
                        continue;
                    }
                    let element = element(&name).map_err(de::Error::custom)?;
                    fields.children.push((element, map.next_value()?));
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Tree)
    }
}

impl From<PathElement> for String {
    /// As `fieldsV1` has it.
    fn from(element: PathElement) -> String {
        match element {
            PathElement::Field(name) => format!("f:{name}"),
            PathElement::Key(key) => format!("k:{}", Value::Object(key)),
            PathElement::Item(value) => format!("v:{value}"),
            PathElement::Index(index) => format!("i:{index}"),
        }
    }
}

impl TryFrom<String> for PathElement {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        element(&text)
    }
}

fn element(name: &str) -> Result<PathElement, String> {
    let parsed = name.split_once(':').and_then(|(kind, rest)| match kind {
        "f" => Some(PathElement::Field(rest.to_owned())),
        "k" => serde_json::from_str(rest).ok().map(PathElement::Key),
        "v" => serde_json::from_str(rest).ok().map(PathElement::Item),
        "i" => rest.parse().ok().map(PathElement::Index),
        _ => None,
    });
    parsed.ok_or_else(|| format!("unknown path element {name:?}"))
}
