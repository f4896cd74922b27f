//! One object: its file in the tree, which people may edit, and its record beside the tree, which has all the rest.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fields::Set;
use super::managers::{Managers, Writer};
use super::merge::{kept, with_empty};
use super::schema::{self, Type};
use super::{text, tree, validate};
use crate::manifest::{GENERATED_MANAGER, Hash, Kind, ObjectId, canonical};

/// The field manager of edits by hand.
pub(super) const BY_HAND: &str = "file";
/// What the server writes into metadata, and the tree leaves out.
const SERVERS: [&str; 8] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
];

/// What is kept of an object beside the tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// The object as a server would have it, `managedFields` and generated values included.
    pub(super) object: Value,
    /// The hash of its file as it was written last.
    pub(super) text: Hash,
}

/// An object as it is now.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: ObjectId,
    /// As a server would have it.
    pub(super) object: Value,
    /// The name of its file, and the hash of what is there.
    pub(super) file: String,
    pub(super) text: Option<Hash>,
}

/// A file of the tree.
pub(super) struct Found<'a> {
    pub(super) folder: &'a str,
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) time: Option<SystemTime>,
}

impl Record {
    /// Whose record this is; `None` for one that is no object.
    pub(super) fn id(&self) -> Option<ObjectId> {
        identity(&self.object).map(|(_, id)| id)
    }

    /// The object, where its file is as it was written.
    pub(super) fn entry(self, id: ObjectId, file: &str) -> Entry {
        Entry { id, object: self.object, file: file.to_owned(), text: Some(self.text) }
    }
}

impl Found<'_> {
    /// The object in the file, as it stands there.
    ///
    /// # Errors
    /// What is wrong, with the line and column where they are known.
    pub(super) fn parse(&self) -> Result<(ObjectId, Value), String> {
        let raw = text::read(self.text)
            .map_err(|wrong| format!("line {} column {}: {}", wrong.line, wrong.column, wrong.message))?;
        let mut raw = raw;
        let Some((kind, mut id)) = identity(&raw) else {
            return Err("this is no Kubernetes object: it needs apiVersion, kind and metadata.name".into());
        };
        if kind.kind == "List" {
            return Err("a file holds one object, not a list of them".into());
        }
        if self.folder != tree::CLUSTER && !tree::is_namespace(&id) && id.namespace.is_none() {
            id.namespace = Some(self.folder.to_owned());
            if let Some(metadata) = raw.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.insert("namespace".into(), json!(self.folder));
            }
        }
        if tree::folder(&id) != self.folder {
            return Err(format!("{id} belongs in the folder {}", tree::folder(&id)));
        }
        validate::object(type_of(&kind), &canonical(raw.clone())).map_err(|wrongs| wrongs.join("; "))?;
        Ok((id, raw))
    }

    /// The object of a file that no run has written.
    pub(super) fn foreign(&self, id: ObjectId, raw: &Value) -> Entry {
        let hash = Hash::of(self.text.as_bytes());
        let mut object = as_kept(raw);
        let mut managers = Managers::read(raw);
        if managers.0.is_empty() {
            managers.update(of_object(&object), &empty(), &object, self.writer());
        }
        let made = self.writer().time.unwrap_or(Timestamp::UNIX_EPOCH);
        let servers = json!({
            "uid": uid_of(&id), "resourceVersion": hash.short(), "generation": 1, "creationTimestamp": made.to_string(),
        });
        let own = raw.get("metadata").and_then(Value::as_object);
        if let (Some(metadata), Value::Object(servers)) = (metadata(&mut object), servers) {
            for (key, value) in servers {
                let own = own.and_then(|own| own.get(&key)).filter(|own| !own.is_null());
                metadata.insert(key, own.cloned().unwrap_or(value));
            }
        }
        managers.write(&mut object);
        Entry { id, object, file: self.name.into(), text: Some(hash) }
    }

    /// The object of a file that is not as it was written last.
    pub(super) fn edited(&self, id: ObjectId, raw: &Value, record: &Record) -> Entry {
        let hash = Hash::of(self.text.as_bytes());
        let old = &record.object;
        let mut new = as_kept(raw);
        keep_hidden(old, &mut new);
        keep_servers(old, &mut new);
        let mut managers = Managers::read(old);
        let before = managers.clone();
        managers.update(of_object(&new), &contents(old), &contents(&new), self.writer());
        if contents(old) != contents(&new) || !managers.same(&before) {
            bump(old, &mut new);
            let version = format!("{}.{}", version(old), hash.short());
            if let Some(metadata) = metadata(&mut new) {
                metadata.insert("resourceVersion".into(), json!(version));
            }
            managers.write(&mut new);
        } else {
            before.write(&mut new);
        }
        Entry { id, object: new, file: self.name.into(), text: Some(hash) }
    }

    fn writer(&self) -> Writer<'static> {
        Writer { name: BY_HAND, time: self.time.and_then(|time| Timestamp::try_from(time).ok()).map(seconds) }
    }
}

impl Entry {
    /// What its file says: no server's metadata, no status, and of generated values nothing.
    pub(super) fn visible(&self) -> Value {
        let object = without_servers(self.object.clone());
        let mut object = with_empty(of_object(&object), &object, &Managers::read(&self.object).all_applied());
        let hidden = hidden(&self.object);
        if let Some(object) = object.as_object_mut() {
            object.remove("status");
            if let Some(Value::Object(data)) = object.get_mut("data") {
                data.retain(|key, _| !hidden.contains(key));
                if data.is_empty() && !hidden.is_empty() {
                    object.remove("data");
                }
            }
        }
        object
    }
}

/// Times in objects are of whole seconds.
pub(super) fn seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// The type of a kind; what is not built in is a custom resource.
pub(super) fn type_of(kind: &Kind) -> &'static Type {
    schema::of(kind).unwrap_or_else(schema::custom)
}

/// The type of an object.
pub(super) fn of_object(object: &Value) -> &'static Type {
    identity(object).map_or_else(schema::custom, |(kind, _)| type_of(&kind))
}

/// What an object says that it is.
pub(super) fn identity(object: &Value) -> Option<(Kind, ObjectId)> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let kind = Kind::new(text("/apiVersion")?, text("/kind")?);
    let id = ObjectId::new(&kind, text("/metadata/namespace"), text("/metadata/name")?);
    Some((kind, id))
}

pub(super) fn empty() -> Value {
    Value::Object(Map::new())
}

pub(super) fn metadata(object: &mut Value) -> Option<&mut Map<String, Value>> {
    object.get_mut("metadata").and_then(Value::as_object_mut)
}

pub(super) fn version(object: &Value) -> &str {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default()
}

/// What is written by others than the server: what merging and comparing are about.
pub(super) fn contents(object: &Value) -> Value {
    let mut object = without_servers(object.clone());
    if let Some(object) = object.as_object_mut() {
        object.remove("status");
    }
    object
}

/// What a file says, as a server would keep it.
fn as_kept(raw: &Value) -> Value {
    let object = without_servers(canonical(raw.clone()));
    kept(of_object(&object), object)
}

fn without_servers(mut object: Value) -> Value {
    if let Some(metadata) = metadata(&mut object) {
        metadata.retain(|key, _| !SERVERS.contains(&key.as_str()));
    }
    object
}

/// Gives `new` what the server wrote into `old`.
pub(super) fn keep_servers(old: &Value, new: &mut Value) {
    let Some(Value::Object(kept)) = old.get("metadata") else { return };
    if let Some(metadata) = metadata(new) {
        let kept = kept.iter().filter(|(key, _)| SERVERS.contains(&key.as_str()));
        metadata.extend(kept.map(|(key, value)| (key.clone(), value.clone())));
    }
}

/// The generation moves with what is not metadata.
pub(super) fn bump(old: &Value, new: &mut Value) {
    let rest = |object: &Value| {
        let mut rest = contents(object);
        if let Some(rest) = rest.as_object_mut() {
            rest.remove("metadata");
        }
        rest
    };
    let generation = old.pointer("/metadata/generation").and_then(Value::as_u64).unwrap_or(1);
    let generation = generation + u64::from(rest(old) != rest(new));
    if let Some(metadata) = metadata(new) {
        metadata.insert("generation".into(), json!(generation));
    }
}

/// The keys of a Secret that only the manager of generated values owns.
fn hidden(object: &Value) -> Vec<String> {
    if !identity(object).is_some_and(|(_, id)| id.is_secret()) {
        return Vec::new();
    }
    let managers = Managers::read(object);
    let Some(generated) = managers.applied(GENERATED_MANAGER) else { return Vec::new() };
    let own = generated.difference(&managers.shared(GENERATED_MANAGER, generated));
    let data = own.below("f:data");
    let names = data.into_iter().flat_map(Set::children).filter_map(|(e, _)| e.strip_prefix("f:"));
    names.map(str::to_owned).collect()
}

/// Gives an edited Secret the generated values that its file does not have.
fn keep_hidden(old: &Value, new: &mut Value) {
    let hidden = hidden(old);
    if hidden.is_empty() {
        return;
    }
    let Some(new) = new.as_object_mut() else { return };
    let Some(data) = new.entry("data").or_insert_with(empty).as_object_mut() else { return };
    for key in hidden {
        if let Some(value) = old.pointer("/data").and_then(|data| data.get(&key)) {
            data.entry(key).or_insert_with(|| value.clone());
        }
    }
}

/// The uid of an object that no run has made: always the same one, since reading writes nothing.
fn uid_of(id: &ObjectId) -> String {
    let hash = Hash::of(format!("{} {} {:?} {}", id.group, id.kind, id.namespace, id.name).as_bytes());
    let part = |from: usize, to: usize| hash.as_str().get(from..to).unwrap_or_default();
    // Version 8 of RFC 9562: a UUID made in one's own way.
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
