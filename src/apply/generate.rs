//! Values that are generated once in the cluster, then kept.
//!
//! They are written under a field manager of their own, which holds all generated keys of a Secret at once. So each
//! write reads the Secret first, keeps what is there, and is bound to the version read: of two runs that generate at the
//! same time one loses, reads again, and finds the value there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::Rng as _;
use rand::distr::{Alphanumeric, SampleString as _};
use serde_json::{Map, Value, json};

use super::step::{Halt, Run, uid_of};
use crate::chart::generated::{GeneratedKey, Part, PlaceholderId, RandomKind};
use crate::cluster::{Apply, ErrorKind, Target};
use crate::manifest::{Fields, GENERATED_MANAGER, Kind, LABEL_BUCKET, LABEL_FLEET, LABEL_SANDBOX, ObjectId};
use crate::plan::UNKNOWN_MANAGER;

const TRIES: usize = 5;

impl Run<'_> {
    /// Brings the generated keys of a Secret to what is wanted: missing ones made, others kept, dropped ones gone. `there`
    /// is the Secret, where it was just written.
    pub(super) async fn generate(
        &mut self,
        target: Target<'_>,
        (keys, kept): (&[GeneratedKey], &[String]),
        mut there: Option<Value>,
    ) -> Result<(), Halt> {
        for _ in 0..TRIES {
            let read = match there.take() {
                None => self.cluster.get(&target).await?,
                there => there,
            };
            let Some(secret) = read else {
                return Err(Halt::Stale("it was deleted since the plan".into()));
            };
            let (mine, theirs) = owned_keys(&secret);
            let is_settled = |key: &String| mine.contains(key) || theirs.contains(key);
            let is_complete = keys.iter().all(|key| has(&secret, &key.key) && is_settled(&key.key));
            let has_dropped = mine.iter().any(|mine| keys.iter().all(|key| key.key != *mine));
            if is_complete && (kept.is_empty() || !has_dropped) {
                return Ok(());
            }
            self.learn(&secret, keys);
            self.learn_elsewhere(target.id, keys).await?;
            let body = self.body(target.id, &secret, keys, &theirs);
            let apply = Apply {
                body: &body,
                manager: GENERATED_MANAGER,
                uid: text(&secret, "/metadata/uid"),
                resource_version: text(&secret, "/metadata/resourceVersion"),
                dry_run: false,
            };
            match self.cluster.apply(&target, &apply).await {
                Ok(_) => return Ok(()),
                Err(error) if error.kind == ErrorKind::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Halt::Stale("it kept changing while its values were generated".into()))
    }

    /// Makes a new Secret by its generated values, with our labels, without which the next run would not know it again.
    /// What is ours comes after it, and with it the hash, so it never looks done without its values. The uid; `None` where
    /// that is no way: it is there already, or is nothing without its other keys.
    pub(super) async fn generate_first(
        &mut self,
        target: Target<'_>,
        whole: &Value,
        keys: &[GeneratedKey],
    ) -> Result<Option<String>, Halt> {
        self.learn_elsewhere(target.id, keys).await?;
        let known = self.known.clone();
        let mut body = self.body(target.id, &Value::Null, keys, &[]);
        body["metadata"]["labels"] = whose(whole);
        // It cannot be changed afterwards.
        if let Some(of_type) = whole.get("type") {
            body["type"] = of_type.clone();
        }
        match self.cluster.make(&target, &body, GENERATED_MANAGER).await {
            Ok(made) => Ok(uid_of(&made)),
            Err(error) if [ErrorKind::Conflict, ErrorKind::Invalid].contains(&error.kind) => {
                // Nobody has these.
                self.known = known;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Values that a Secret has already.
    pub(super) fn learn(&mut self, secret: &Value, keys: &[GeneratedKey]) {
        for key in keys {
            if let Some(value) = plain(secret, &key.key)
                && let Some((id, value)) = only_placeholder(&key.parts, &value)
            {
                self.known.entry(id.clone()).or_insert(value);
            }
        }
    }

    /// A placeholder of another Secret's is resolved from there.
    async fn learn_elsewhere(&mut self, id: &ObjectId, keys: &[GeneratedKey]) -> Result<(), Halt> {
        let placeholders = keys.iter().flat_map(|key| &key.parts).filter_map(|part| match part {
            Part::Random { id, .. } => Some(id),
            Part::Text(_) => None,
        });
        let elsewhere: Vec<&PlaceholderId> =
            placeholders.filter(|p| p.secret != id.name && !self.known.contains_key(p)).collect();
        for placeholder in elsewhere {
            let kind = Kind::new("v1", "Secret");
            let Some(resource) = crate::manifest::builtin(&kind) else { continue };
            let other = ObjectId { name: placeholder.secret.clone(), ..id.clone() };
            let target = Target { kind: &kind, resource: &resource, id: &other };
            let Some(secret) = self.cluster.get(&target).await? else { continue };
            // The key that a placeholder is named for holds it alone, unless it is the second of its key.
            if placeholder.ordinal == 0
                && let Some(value) = plain(&secret, &placeholder.key)
            {
                self.known.insert(placeholder.clone(), value);
            }
        }
        Ok(())
    }

    fn body(&mut self, id: &ObjectId, secret: &Value, keys: &[GeneratedKey], theirs: &[String]) -> Value {
        let mut data = Map::new();
        for key in keys {
            let existing = secret.pointer("/data").and_then(|data| data.get(&key.key));
            match existing {
                // Somebody else's by now: it is kept, and stays theirs.
                Some(_) if theirs.contains(&key.key) => {}
                Some(value) => {
                    data.insert(key.key.clone(), value.clone());
                }
                None => {
                    let value = self.value(&key.parts);
                    data.insert(key.key.clone(), json!(STANDARD.encode(value)));
                }
            }
        }
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": id.name, "namespace": id.namespace },
            "data": data,
        })
    }

    fn value(&mut self, parts: &[Part]) -> String {
        parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Random { id, kind } => self.known.entry(id.clone()).or_insert_with(|| random(kind)).clone(),
            })
            .collect()
    }
}

/// The value of the one placeholder among the parts, where the text around it says which piece it is.
fn only_placeholder<'p>(parts: &'p [Part], value: &str) -> Option<(&'p PlaceholderId, String)> {
    let (mut before, mut after, mut found) = (String::new(), String::new(), None);
    for part in parts {
        match (part, found) {
            (Part::Text(text), None) => before.push_str(text),
            (Part::Text(text), Some(_)) => after.push_str(text),
            (Part::Random { id, .. }, None) => found = Some(id),
            (Part::Random { .. }, Some(_)) => return None,
        }
    }
    let inner = value.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
    Some((found?, inner.to_owned()))
}

fn random(kind: &RandomKind) -> String {
    let mut rng = rand::rng();
    let mut from = |set: &[u8], count: usize| -> String {
        // The sets below are not empty.
        (0..count).map(|_| char::from(set[rng.random_range(0..set.len())])).collect()
    };
    match *kind {
        RandomKind::AlphaNum(count) => Alphanumeric.sample_string(&mut rand::rng(), count),
        RandomKind::Alpha(count) => from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", count),
        RandomKind::Numeric(count) => from(b"0123456789", count),
        RandomKind::Ascii(count) => {
            let printable: Vec<u8> = (b' '..=b'~').collect();
            from(&printable, count)
        }
        RandomKind::Bytes(count) => {
            let bytes: Vec<u8> = (0..count).map(|_| rand::rng().random()).collect();
            STANDARD.encode(bytes)
        }
        RandomKind::Uuid => uuid(),
    }
}

/// A version 4 UUID (RFC 9562, section 5.4).
fn uuid() -> String {
    let mut bits: u128 = rand::rng().random();
    bits = (bits & !(0xf << 76)) | (0x4 << 76);
    bits = (bits & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    // 32 digits, all of them ASCII.
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The labels that say whose an object is.
fn whose(body: &Value) -> Value {
    let labels = body.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    let ours = labels.filter(|(name, _)| [LABEL_BUCKET, LABEL_FLEET, LABEL_SANDBOX].contains(&name.as_str()));
    Value::Object(ours.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer).and_then(Value::as_str)
}

fn has(secret: &Value, key: &str) -> bool {
    secret.pointer("/data").and_then(|data| data.get(key)).is_some()
}

fn plain(secret: &Value, key: &str) -> Option<String> {
    let encoded = secret.pointer("/data")?.get(key)?.as_str()?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

/// The keys that the generated-values manager holds, and those that only somebody else does.
fn owned_keys(secret: &Value) -> (Vec<String>, Vec<String>) {
    let entries = secret.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry["manager"].as_str() {
            Some(GENERATED_MANAGER) if entry["operation"] == "Apply" => mine.extend(data_keys(entry)),
            None | Some(UNKNOWN_MANAGER) => {}
            Some(_) => theirs.extend(data_keys(entry)),
        }
    }
    theirs.retain(|key| !mine.contains(key));
    (mine, theirs)
}

fn data_keys(entry: &Value) -> Vec<String> {
    let fields = entry.get("fieldsV1").and_then(|raw| Fields::parse(raw.to_string().as_bytes()).ok());
    fields.map(|fields| fields.names_below("data")).unwrap_or_default()
}
