//! Finds the tokens in rendered objects: in a Secret's values they become generated keys; anywhere else
//! they are an error.

use super::tokens::{Piece, Recipe, Tokens};
use super::{GeneratedKey, Part, PlaceholderId, RandomKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Write as _;

/// A generated value where none can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{template}: {object}: {message} at {path}{}", made_at(.made.as_deref()))]
pub struct Misplaced {
    /// The file that the object came from.
    pub template: String,
    /// The object: kind and name.
    pub object: String,
    /// Where in it, for example `spec.template.spec.containers[0].env[2].value`.
    pub path: String,
    /// What is wrong there.
    pub message: String,
    /// Where in the templates the value was made: file, line and column.
    pub made: Option<String>,
}

fn made_at(place: Option<&str>) -> String {
    place.map(|place| format!(", made at {place}")).unwrap_or_default()
}

/// The generated keys of one object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretKeys {
    /// In the order of the keys.
    pub keys: Vec<GeneratedKey>,
}

/// Takes the generated keys out of rendered objects (given with the file that each came from): out of `data` and
/// `stringData` of Secrets. The answer has an entry for each object, empty for most.
///
/// A value is named for the first Secret and key that use it, in the order of their names, so that neither the order of
/// templates nor that of the objects matters.
pub fn extract(objects: &mut [(String, Value)], tokens: &Tokens) -> Result<Vec<SecretKeys>, Misplaced> {
    if tokens.is_empty() {
        return Ok(vec![SecretKeys::default(); objects.len()]);
    }
    let mut found = Vec::with_capacity(objects.len());
    for (template, object) in objects.iter_mut() {
        let mut finder = Finder { tokens, template, object: describe(object) };
        let keys = if is_secret(object) { finder.take(object)? } else { BTreeMap::new() };
        finder.refuse(object, &mut String::new())?;
        found.push((name(object), keys));
    }
    let ids = identify(&found, tokens);
    Ok(found.into_iter().map(|(_, keys)| named(keys, &ids, tokens)).collect())
}

/// A piece of a key's value, by its token's number.
#[derive(Debug, Clone)]
enum Bit {
    Text(String),
    Random(usize),
}

type Keys = BTreeMap<String, Vec<Bit>>;

fn is_secret(object: &Value) -> bool {
    object.get("kind").and_then(Value::as_str) == Some("Secret")
        && object.get("apiVersion").and_then(Value::as_str) == Some("v1")
}

fn name(object: &Value) -> String {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn describe(object: &Value) -> String {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or("object");
    format!("{kind} {}", name(object))
}

struct Finder<'a> {
    tokens: &'a Tokens,
    template: &'a str,
    object: String,
}

impl Finder<'_> {
    fn misplaced<T>(&self, path: &str, message: impl Into<String>) -> Result<T, Misplaced> {
        Err(Misplaced {
            template: self.template.to_owned(),
            object: self.object.clone(),
            path: path.to_owned(),
            message: message.into(),
            made: None,
        })
    }

    /// The same, of a text that holds a token.
    fn misplaced_text<T>(&self, path: &str, text: &str, message: &str) -> Result<T, Misplaced> {
        let made = self.tokens.place(text).map(str::to_owned);
        self.misplaced(path, message).map_err(|why| Misplaced { made, ..why })
    }

    /// Takes the generated keys out of a Secret. `stringData` wins over `data`, as on an API server.
    fn take(&mut self, object: &mut Value) -> Result<Keys, Misplaced> {
        let mut keys = Keys::new();
        for section in ["data", "stringData"] {
            let Some(map) = object.get_mut(section).and_then(Value::as_object_mut) else { continue };
            let mut taken = BTreeSet::new();
            for (key, value) in map.iter() {
                let Some(text) = value.as_str() else { continue };
                let path = format!("{section}.{key}");
                if section == "stringData" {
                    keys.remove(key);
                }
                let plain = if section == "data" { self.decode(text, &path)? } else { Some(text.to_owned()) };
                let Some(plain) = plain else { continue };
                if self.tokens.holds_digest(&plain) {
                    return self.misplaced(&path, "the hash of a generated value cannot be stored in a Secret");
                }
                if self.tokens.are_in(plain.as_bytes()) {
                    keys.insert(key.clone(), self.bits(&plain, &path)?);
                    taken.insert(key.clone());
                }
            }
            map.retain(|key, _| !taken.contains(key));
            if map.is_empty()
                && !taken.is_empty()
                && let Some(object) = object.as_object_mut()
            {
                object.remove(section);
            }
        }
        // A key that is generated in one section and fixed in the other would come from the cluster twice.
        for section in ["data", "stringData"] {
            if let Some(map) = object.get(section).and_then(Value::as_object)
                && let Some(key) = keys.keys().find(|key| map.contains_key(*key))
            {
                return self.misplaced(&format!("{section}.{key}"), "a generated key is given a second time");
            }
        }
        Ok(keys)
    }

    /// The value below base64; `None` where it holds no token.
    fn decode(&self, text: &str, path: &str) -> Result<Option<String>, Misplaced> {
        let text = text.trim();
        if !self.tokens.are_in(text.as_bytes()) {
            // Fixed text, which may still be the base64 of a digest.
            let decoded = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            return Ok(decoded.filter(|plain| self.tokens.holds_digest(plain)));
        }
        match self.tokens.decoded(text) {
            Some(plain) => Ok(Some(plain)),
            None => {
                const MESSAGE: &str =
                    "a generated value must be encoded whole: `… | b64enc`, or belongs in stringData;";
                self.misplaced_text(path, text, MESSAGE)
            }
        }
    }

    fn bits(&self, text: &str, path: &str) -> Result<Vec<Bit>, Misplaced> {
        let mut bits = Vec::new();
        for piece in self.tokens.pieces(text) {
            bits.push(match piece {
                Piece::Text(text) => Bit::Text(text.to_owned()),
                Piece::Token(number) => match self.tokens.recipe(number) {
                    Some(Recipe::Random(_) | Recipe::Made(_)) => Bit::Random(number),
                    _ => return self.misplaced(path, "base64 within base64 cannot be generated"),
                },
            });
        }
        Ok(bits)
    }

    /// An error for the first token in what is left of an object.
    fn refuse(&self, value: &Value, path: &mut String) -> Result<(), Misplaced> {
        const MESSAGE: &str = "a generated value can only be in the data of a Secret;";
        const BUNDLE: &str = "a generated certificate can only be in the data of a Secret; from there cert-manager's CA injector \
            copies it into objects with the annotation cert-manager.io/inject-ca-from-secret: NAMESPACE/SECRET;";
        match value {
            Value::String(text) if self.tokens.are_in(text.as_bytes()) => {
                self.misplaced_text(path, text, if path.ends_with("caBundle") { BUNDLE } else { MESSAGE })
            }
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    let length = path.len();
                    // Writing to a String cannot fail.
                    let _ = write!(path, "[{i}]");
                    self.refuse(item, path)?;
                    path.truncate(length);
                }
                Ok(())
            }
            Value::Object(map) => {
                for (key, item) in map {
                    let length = path.len();
                    if self.tokens.are_in(key.as_bytes()) {
                        return self.misplaced_text(path, key, MESSAGE);
                    }
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                    self.refuse(item, path)?;
                    path.truncate(length);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The id of each token: the first Secret and key that use it, and its place there. What is in no Secret, but others are
/// made of, is named for the first of those.
fn identify(found: &[(String, Keys)], tokens: &Tokens) -> HashMap<usize, PlaceholderId> {
    let mut uses: Vec<(&str, &str, usize, usize)> = Vec::new();
    for (secret, keys) in found {
        for (key, bits) in keys {
            let mut ordinals: Vec<usize> = Vec::new();
            for bit in bits {
                if let Bit::Random(number) = bit
                    && !ordinals.contains(number)
                {
                    uses.push((secret, key, ordinals.len(), *number));
                    ordinals.push(*number);
                }
            }
        }
    }
    uses.sort_unstable();
    let mut ids = HashMap::new();
    let mut waiting = VecDeque::new();
    for (secret, key, ordinal, number) in uses {
        let id = || PlaceholderId { secret: secret.to_owned(), key: key.to_owned(), ordinal };
        ids.entry(number).or_insert_with(|| {
            waiting.push_back(number);
            id()
        });
    }
    while let Some(number) = waiting.pop_front() {
        let (Some(Recipe::Made(made)), Some(id)) = (tokens.recipe(number), ids.get(&number).cloned()) else { continue };
        for (role, text) in made.of() {
            for (ordinal, piece) in tokens.pieces(text).into_iter().enumerate() {
                if let Piece::Token(number) = piece
                    && !ids.contains_key(&number)
                {
                    // No key of a Secret has a slash in it.
                    let key = format!("{}/{}/{role}", id.key, id.ordinal);
                    ids.insert(number, PlaceholderId { secret: id.secret.clone(), key, ordinal });
                    waiting.push_back(number);
                }
            }
        }
    }
    ids
}

fn named(keys: Keys, ids: &HashMap<usize, PlaceholderId>, tokens: &Tokens) -> SecretKeys {
    let part = |bit: Bit| match bit {
        Bit::Text(text) => Some(Part::Text(text)),
        Bit::Random(number) => part_of(number, ids, tokens),
    };
    let keys =
        keys.into_iter().map(|(key, bits)| GeneratedKey { key, parts: bits.into_iter().filter_map(part).collect() });
    SecretKeys { keys: keys.collect() }
}

fn part_of(number: usize, ids: &HashMap<usize, PlaceholderId>, tokens: &Tokens) -> Option<Part> {
    let parts = |text: &String| {
        let piece = |piece: &Piece<'_>| match *piece {
            Piece::Text(text) => Some(Part::Text(text.to_owned())),
            Piece::Token(number) => part_of(number, ids, tokens),
        };
        tokens.pieces(text).iter().filter_map(piece).collect()
    };
    let kind = match tokens.recipe(number)? {
        Recipe::Random(kind) => kind.clone(),
        Recipe::Made(made) => RandomKind::Made(Box::new(made.map(parts))),
        Recipe::Base64(_) => return None,
    };
    Some(Part::Random { id: ids.get(&number)?.clone(), kind })
}
