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

use super::made;
use super::step::{Halt, Run, uid_of};
use crate::chart::generated::{GeneratedKey, PlaceholderId, RandomKind};
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
            let is_kept = is_complete && (kept.is_empty() || !has_dropped);
            if is_kept && !keys.iter().any(made::is_renewable) {
                return Ok(());
            }
            let known = self.known.clone();
            let body = self.body(target.id, &secret, keys, &theirs).await?;
            if is_kept && body["data"].as_object().is_some_and(|data| is_there(&secret, data)) {
                return Ok(());
            }
            let apply = Apply {
                body: &body,
                manager: GENERATED_MANAGER,
                uid: text(&secret, "/metadata/uid"),
                resource_version: text(&secret, "/metadata/resourceVersion"),
                dry_run: false,
            };
            match self.cluster.apply(&target, &apply).await {
                Ok(_) => return Ok(()),
                // What was made is nobody's.
                Err(error) if error.kind == ErrorKind::Conflict => self.known = known,
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
        let known = self.known.clone();
        let mut body = self.body(target.id, &Value::Null, keys, &[]).await?;
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
        self.learn_of(secret, keys, |_, _| true);
    }

    fn learn_of(
        &mut self,
        secret: &Value,
        keys: &[GeneratedKey],
        which: impl Fn(&PlaceholderId, &GeneratedKey) -> bool,
    ) {
        for key in keys {
            let Some(value) = plain(secret, &key.key) else { continue };
            for (id, value) in made::taken_apart(&key.parts, &value).unwrap_or_default() {
                if which(id, key) {
                    self.known.entry(id.clone()).or_insert(value);
                }
            }
        }
    }

    /// A placeholder of another Secret's is resolved from there.
    async fn learn_elsewhere(&mut self, id: &ObjectId, keys: &[GeneratedKey]) -> Result<(), Halt> {
        for (placeholder, of_kind) in made::elsewhere(keys, &id.name) {
            if self.known.contains_key(placeholder) {
                continue;
            }
            let kind = Kind::new("v1", "Secret");
            let Some(resource) = crate::manifest::builtin(&kind) else { continue };
            let other = ObjectId { name: placeholder.secret.clone(), ..id.clone() };
            let target = Target { kind: &kind, resource: &resource, id: &other };
            let Some(secret) = self.cluster.get(&target).await? else { continue };
            // The key that a placeholder is named for holds it alone, unless it is the second of its key.
            if placeholder.ordinal == 0
                && let Some(value) = plain(&secret, &placeholder.key)
            {
                let value = if of_kind.is_pem() { made::first_block(&value) } else { value };
                self.known.insert(placeholder.clone(), value);
            }
        }
        Ok(())
    }

    /// What is applied: of what is there the same, and of what is missing or no longer fits something new.
    async fn body(
        &mut self,
        id: &ObjectId,
        secret: &Value,
        keys: &[GeneratedKey],
        theirs: &[String],
    ) -> Result<Value, Halt> {
        // What can be made anew is as the first Secret has it, the rest as any has it.
        self.learn_of(secret, keys, |of, key| of.secret == id.name || !made::is_renewable(key));
        self.learn_elsewhere(id, keys).await?;
        self.learn(secret, keys);
        let is_theirs = |key: &GeneratedKey| has(secret, &key.key) && theirs.contains(&key.key);
        let stays = |key: &GeneratedKey| match plain(secret, &key.key) {
            Some(value) => !made::is_renewable(key) || made::taken_apart(&key.parts, &value).is_none(),
            None => has(secret, &key.key),
        };
        let fixed: Vec<&GeneratedKey> = keys.iter().filter(|key| is_theirs(key)).collect();
        let open: Vec<&GeneratedKey> = keys.iter().filter(|key| !is_theirs(key) && !stays(key)).collect();
        self.settle(&id.name, &open, &fixed).await?;
        let mut data = Map::new();
        // Somebody else's by now is kept, and stays theirs.
        for key in keys.iter().filter(|key| !is_theirs(key)) {
            let value = match secret.pointer("/data").and_then(|data| data.get(&key.key)) {
                Some(value) if stays(key) => value.clone(),
                _ => {
                    let unknown = || Halt::Failed(format!("key {:?} of Secret {} could not be made", key.key, id.name));
                    json!(STANDARD.encode(self.text(&key.parts).ok_or_else(unknown)?))
                }
            };
            data.insert(key.key.clone(), value);
        }
        Ok(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": id.name, "namespace": id.namespace },
            "data": data,
        }))
    }
}

/// A value that is made of nothing else.
pub(super) fn random(kind: &RandomKind) -> String {
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
        // These are made elsewhere.
        RandomKind::Key(_) | RandomKind::CertificateKey | RandomKind::Made(_) => String::new(),
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

/// Whether a Secret holds these values.
fn is_there(secret: &Value, data: &Map<String, Value>) -> bool {
    data.iter().all(|(key, value)| secret.pointer("/data").and_then(|data| data.get(key)) == Some(value))
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
