//! Who owns which fields, and what apply and update do with it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fields::Set;
use super::merge::{compare, field_set, kept, merge, remove, with_named};
use super::schema::Type;

/// One entry of `managedFields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manager {
    pub(super) name: String,
    /// `true` for `Apply`, `false` for `Update`.
    pub(super) apply: bool,
    api_version: String,
    subresource: Option<String>,
    time: Option<Timestamp>,
    pub(super) owns: Set,
}

/// All entries of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Managers(pub(super) Vec<Manager>);

/// Who writes, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer<'a> {
    pub(super) name: &'a str,
    pub(super) time: Option<Timestamp>,
}

impl Managers {
    /// Out of an object's `metadata.managedFields`.
    pub(super) fn read(object: &Value) -> Self {
        let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
        Self(entries.into_iter().flatten().map(Manager::read).collect())
    }

    /// Into an object's `metadata.managedFields`.
    pub(super) fn write(&self, object: &mut Value) {
        let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
        metadata.insert("managedFields".into(), self.0.iter().map(Manager::to_json).collect());
    }

    /// The fields of one manager's Apply entry.
    pub(super) fn applied(&self, name: &str) -> Option<&Set> {
        self.0.iter().find(|m| m.apply && m.name == name && m.subresource.is_none()).map(|m| &m.owns)
    }

    /// The fields of all Apply entries.
    pub(super) fn all_applied(&self) -> Set {
        self.0.iter().filter(|m| m.apply).fold(Set::default(), |all, manager| all.union(&manager.owns))
    }

    /// The fields of all entries but one.
    fn all_but(&self, entry: &(bool, &str)) -> Set {
        let others = self.0.iter().filter(|m| !m.is(entry));
        others.fold(Set::default(), |all, manager| all.union(&manager.owns))
    }

    /// Whether somebody besides this manager's Apply entry owns something of a set.
    pub(super) fn shared(&self, name: &str, set: &Set) -> Set {
        self.all_but(&(true, name)).intersection(set)
    }

    /// Server-side apply, forced: the object as it is then. `live` is an empty object where there is none.
    pub(super) fn apply(&mut self, of: &Type, live: &Value, config: &Value, writer: Writer<'_>) -> Value {
        let who = (true, writer.name);
        let last = self.take(&who).map(|entry| entry.owns);
        let own = field_set(of, config);
        let mut object = merge(of, live, config);
        if let Some(last) = &last {
            object = prune(of, &object, last, &own.union(&self.all_but(&who)));
        }
        self.give_way(of, live, &object);
        self.put(&who, config, without_identity(&own), writer.time);
        kept(of, object)
    }

    /// A write of a whole object that is not an apply.
    pub(super) fn update(&mut self, of: &Type, old: &Value, new: &Value, writer: Writer<'_>) {
        let who = (false, writer.name);
        let own = self.take(&who).map(|entry| entry.owns).unwrap_or_default();
        let comparison = compare(of, old, new);
        self.give_way(of, old, new);
        let own = own.difference(&comparison.removed).union(&without_identity(&comparison.written()));
        self.put(&who, new, own, writer.time);
    }

    /// Takes from everyone what changed or went.
    fn give_way(&mut self, of: &Type, old: &Value, new: &Value) {
        let comparison = compare(of, old, new);
        let lost = comparison.written().union(&comparison.removed);
        for manager in &mut self.0 {
            manager.owns = manager.owns.difference(&lost);
        }
        self.0.retain(|manager| !manager.owns.is_empty());
    }

    fn take(&mut self, entry: &(bool, &str)) -> Option<Manager> {
        let place = self.0.iter().position(|m| m.is(entry))?;
        Some(self.0.remove(place))
    }

    fn put(&mut self, (apply, name): &(bool, &str), object: &Value, owns: Set, time: Option<Timestamp>) {
        if owns.is_empty() {
            return;
        }
        let api_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = (*name).to_owned();
        self.0.push(Manager { name, apply: *apply, api_version, subresource: None, time, owns });
        self.0.sort_by(|a, b| (!a.apply, a.time, &a.name).cmp(&(!b.apply, b.time, &b.name)));
    }

    /// Whether everyone owns the same, whenever it was written.
    pub(super) fn same(&self, other: &Self) -> bool {
        let entries = |managers: &Self| -> BTreeSet<(bool, String, Option<String>, String)> {
            managers
                .0
                .iter()
                .map(|m| (m.apply, m.name.clone(), m.subresource.clone(), m.owns.to_json().to_string()))
                .collect()
        };
        entries(self) == entries(other)
    }
}

impl Manager {
    fn is(&self, (apply, name): &(bool, &str)) -> bool {
        self.apply == *apply && self.name == *name && self.subresource.is_none()
    }

    fn read(entry: &Value) -> Self {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        Self {
            name: text("manager").unwrap_or_default().to_owned(),
            apply: text("operation") == Some("Apply"),
            api_version: text("apiVersion").unwrap_or_default().to_owned(),
            subresource: text("subresource").filter(|name| !name.is_empty()).map(str::to_owned),
            time: text("time").and_then(|time| time.parse().ok()),
            owns: entry.get("fieldsV1").map(Set::from_root).unwrap_or_default(),
        }
    }

    fn to_json(&self) -> Value {
        let mut entry = json!({
            "manager": self.name, "operation": if self.apply { "Apply" } else { "Update" },
            "apiVersion": self.api_version, "fieldsType": "FieldsV1", "fieldsV1": self.owns.to_json(),
        });
        if let Some(entry) = entry.as_object_mut() {
            entry.extend(self.time.map(|time| ("time".to_owned(), json!(time))));
            entry.extend(self.subresource.iter().map(|name| ("subresource".to_owned(), json!(name))));
        }
        entry
    }
}

/// Takes out what this manager set last time, sets no more, and nobody else (nor it, now) owns.
fn prune(of: &Type, merged: &Value, last: &Set, owned: &Set) -> Value {
    let named = |value: &Value| with_named(of, &field_set(of, value));
    let last = with_named(of, last);
    let pruned = remove(of, merged, &last);
    // Of what that took away, what somebody owns comes back …
    let unowned = named(merged).difference(&named(&pruned).union(&with_named(of, owned)));
    let pruned = remove(of, merged, &unowned);
    // … and so does what was never this manager's.
    let gone = named(merged).difference(&named(&pruned)).intersection(&last);
    remove(of, merged, &gone)
}

/// Identity and what the server itself writes are nobody's.
fn without_identity(set: &Set) -> Set {
    let nobody = json!({
        "f:apiVersion": {}, "f:kind": {}, "f:status": {},
        "f:metadata": {
            ".": {}, "f:name": {}, "f:namespace": {}, "f:creationTimestamp": {}, "f:uid": {}, "f:generation": {},
            "f:managedFields": {}, "f:resourceVersion": {}, "f:deletionTimestamp": {}, "f:selfLink": {},
            "f:deletionGracePeriodSeconds": {},
        },
    });
    set.difference(&Set::from_root(&nobody))
}
