//! From events to a JSON value: the meaning of scalars, keys, anchors and merges.

use std::{collections::BTreeMap, rc::Rc};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Number, Value};

use super::{
    Error, MAX_DEPTH,
    event::{Event, Events, Mark},
    number,
    resolve::{Scalar, resolve},
    timestamp::is_timestamp,
};

/// What numbers become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// All are doubles, as in Helm's values.
    Float64,
    /// Integers of 64 bits stay integers, as in a manifest on its way to the API server.
    Exact,
}

/// Reads the first document of a text as Helm does: of equal keys the last one counts.
///
/// # Errors
/// What is wrong and where: text that is not YAML, a document nested deeper than [`MAX_DEPTH`], or
/// one that JSON cannot hold (`.nan`, a null key).
pub fn read(text: &str, numbers: Numbers) -> Result<Value, Error> {
    document(text, numbers, false)
}

/// The same, except that a key that is given twice in one mapping is an error.
///
/// # Errors
/// As [`read`], and the second of two equal keys.
pub fn read_strict(text: &str, numbers: Numbers) -> Result<Value, Error> {
    document(text, numbers, true)
}

fn document(text: &str, numbers: Numbers, strict: bool) -> Result<Value, Error> {
    printable(text)?;
    let mut builder =
        Builder { events: Events::new(text), numbers, strict, anchors: BTreeMap::new(), nodes: 0, copied: 0 };
    let (event, mark) = builder.events.next()?;
    if matches!(event, Event::End) {
        return Ok(Value::Null);
    }
    let value = builder.node(event, mark, 0)?;
    // What follows the first document is not Helm's to read, but a token that cannot follow it is an error.
    builder.events.next()?;
    Ok(value)
}

/// Refuses the control characters that YAML has no place for.
fn printable(text: &str) -> Result<(), Error> {
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
    let Some((at, _)) = text.char_indices().find(|(_, c)| !allowed(*c)) else {
        return Ok(());
    };
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let mark = Mark { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 };
    Err(mark.error("control characters are not allowed"))
}

/// An anchored node: nothing while it is still open.
type Anchor = Option<Rc<(Value, usize)>>;

struct Builder<'a> {
    events: Events<'a>,
    numbers: Numbers,
    strict: bool,
    anchors: BTreeMap<String, Anchor>,
    /// Nodes built, and how many of them were copied from an anchor.
    nodes: usize,
    copied: usize,
}

impl<'a> Builder<'a> {
    fn node(&mut self, event: Event<'a>, mark: Mark, depth: usize) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return Err(mark.error(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        let start = self.nodes;
        self.nodes += 1;
        let (value, anchor) = match event {
            Event::Alias(name) => return self.alias(&name, mark, depth),
            Event::Scalar { text, plain, tag, anchor } => {
                let scalar = meaning(&text, plain, tag.as_deref()).map_err(|m| mark.error(m))?;
                (self.scalar(&scalar, &text, tag.as_deref(), mark)?, anchor)
            }
            Event::SequenceStart { anchor } => {
                self.open(anchor.as_deref());
                (self.sequence(depth)?, anchor)
            }
            Event::MappingStart { anchor } => {
                self.open(anchor.as_deref());
                (self.mapping(depth)?, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd | Event::End => {
                return Err(mark.error("did not find expected node content"));
            }
        };
        if let Some(name) = anchor {
            let count = self.nodes - start;
            self.anchors.insert(name, Some(Rc::new((value.clone(), count))));
        }
        Ok(value)
    }

    fn open(&mut self, anchor: Option<&str>) {
        if let Some(name) = anchor {
            self.anchors.insert(name.to_owned(), None);
        }
    }

    fn alias(&mut self, name: &str, mark: Mark, depth: usize) -> Result<Value, Error> {
        let node = match self.anchors.get(name) {
            None => return Err(mark.error(format!("unknown anchor '{name}' referenced"))),
            Some(None) => {
                return Err(mark.error(format!("anchor '{name}' value contains itself")));
            }
            Some(Some(node)) => Rc::clone(node),
        };
        self.nodes += node.1;
        self.copied += node.1;
        if self.copied > 100 && self.nodes > 1000 && self.is_bomb() {
            return Err(mark.error("document contains excessive aliasing"));
        }
        if depth + height(&node.0) > MAX_DEPTH {
            return Err(mark.error(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        Ok(node.0.clone())
    }

    /// go-yaml's rule: up to 400,000 nodes 99 of 100 may be copies, from 4,000,000 on one of ten.
    fn is_bomb(&self) -> bool {
        const LOW: f64 = 400_000.0;
        const HIGH: f64 = 4_000_000.0;
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        let (copied, nodes) = (self.copied as f64, self.nodes as f64);
        let grown = ((nodes - LOW) / (HIGH - LOW)).clamp(0.0, 1.0);
        copied / nodes > 0.99 - 0.89 * grown
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, Error> {
        let mut items = Vec::new();
        loop {
            let (event, mark) = self.events.next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(Value::Array(items));
            }
            items.push(self.node(event, mark, depth + 1)?);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Error> {
        let mut map = Map::new();
        // Keys that came by a merge may be given once more.
        let mut given: Vec<String> = Vec::new();
        loop {
            let (event, mark) = self.events.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(Value::Object(map));
            }
            let is_merge = matches!(&event, Event::Scalar { text, plain, tag, .. }
                if text == "<<" && (*plain || tag.as_deref() == Some("tag:yaml.org,2002:merge")));
            if is_merge {
                self.nodes += 1;
                let (event, mark) = self.events.next()?;
                let alias = matches!(event, Event::Alias(_));
                let value = self.node(event, mark, depth + 1)?;
                merge(&mut map, value, alias).map_err(|message| mark.error(message))?;
                continue;
            }
            let key = self.key(event, mark, depth)?;
            let (event, value_mark) = self.events.next()?;
            let value = self.node(event, value_mark, depth + 1)?;
            if self.strict {
                if given.contains(&key) {
                    return Err(mark.error(format!("key {key:?} already set in map")));
                }
                given.push(key.clone());
            }
            map.insert(key, value);
        }
    }

    /// Keys of any scalar kind become text, as they must in JSON.
    fn key(&mut self, event: Event<'a>, mark: Mark, depth: usize) -> Result<String, Error> {
        let (text, scalar, tag) = match event {
            Event::Scalar { text, plain, tag, anchor: None } => {
                self.nodes += 1;
                let scalar = meaning(&text, plain, tag.as_deref()).map_err(|m| mark.error(m))?;
                (text, scalar, tag)
            }
            event => {
                return match self.node(event, mark, depth + 1)? {
                    Value::String(text) => Ok(text),
                    Value::Bool(value) => Ok(value.to_string()),
                    Value::Number(value) => Ok(number_key(&value)),
                    Value::Null => Err(mark.error("unsupported map key of type: <nil>")),
                    Value::Array(_) | Value::Object(_) => Err(mark.error("invalid map key")),
                };
            }
        };
        Ok(match scalar {
            Scalar::Bool(value) => value.to_string(),
            Scalar::Int(value) => value.to_string(),
            Scalar::Float(value) if value.is_nan() => ".nan".to_owned(),
            Scalar::Float(value) if value.is_infinite() => if value > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
            Scalar::Float(value) => number::general32(value),
            Scalar::Null => return Err(mark.error("unsupported map key of type: <nil>")),
            Scalar::Unsigned(_) => return Err(mark.error("unsupported map key of type: uint64")),
            Scalar::Text { .. } => decoded(&text, tag.as_deref(), mark)?,
        })
    }

    fn scalar(&self, scalar: &Scalar, text: &str, tag: Option<&str>, mark: Mark) -> Result<Value, Error> {
        let double = |value: f64| {
            Number::from_f64(value).map(Value::Number).ok_or_else(|| {
                let name = match value {
                    value if value.is_nan() => "NaN",
                    value if value > 0.0 => "+Inf",
                    _ => "-Inf",
                };
                mark.error(format!("json: unsupported value: {name}"))
            })
        };
        #[expect(clippy::cast_precision_loss, reason = "what a double does to large integers")]
        Ok(match (scalar, self.numbers) {
            (Scalar::Null, _) => Value::Null,
            (Scalar::Bool(value), _) => Value::Bool(*value),
            (Scalar::Int(value), Numbers::Exact) => Value::from(*value),
            (Scalar::Unsigned(value), Numbers::Exact) => Value::from(*value),
            (Scalar::Int(value), Numbers::Float64) => double(*value as f64)?,
            (Scalar::Unsigned(value), Numbers::Float64) => double(*value as f64)?,
            (Scalar::Float(value), Numbers::Float64) => double(*value)?,
            (Scalar::Float(value), Numbers::Exact) => match number::integral(*value) {
                Some(whole) => Value::Number(whole),
                None => double(*value)?,
            },
            (Scalar::Text { .. }, _) => Value::String(decoded(text, tag, mark)?),
        })
    }
}

/// A number as a key; only anchored keys come this way.
fn number_key(value: &Number) -> String {
    match value.as_f64().filter(|_| value.is_f64()) {
        Some(double) => number::integral(double).map_or_else(|| number::general32(double), |whole| whole.to_string()),
        None => value.to_string(),
    }
}

/// Writes the keys of a merged mapping, or of each of several ones, the first of which counts most.
fn merge(map: &mut Map<String, Value>, value: Value, alias: bool) -> Result<(), &'static str> {
    const WANTED: &str = "map merge requires map or sequence of maps as the value";
    match value {
        Value::Object(other) => map.extend(other),
        Value::Array(items) if !alias => {
            for item in items.into_iter().rev() {
                let Value::Object(other) = item else {
                    return Err(WANTED);
                };
                map.extend(other);
            }
        }
        _ => return Err(WANTED),
    }
    Ok(())
}

/// A scalar's meaning under its tag.
fn meaning(text: &str, plain: bool, tag: Option<&str>) -> Result<Scalar, String> {
    const STRING: Scalar = Scalar::Text { timestamp: false };
    let Some(tag) = tag else {
        return Ok(if plain { resolve(text) } else { STRING });
    };
    let Some(kind) = tag.strip_prefix("tag:yaml.org,2002:") else {
        return Ok(STRING);
    };
    // With a tag, the other words for a kind are still looked for in the text, as go-yaml does.
    let found = match resolve(text) {
        Scalar::Text { timestamp: true } if kind != "timestamp" => STRING,
        found => found,
    };
    let ok = match (kind, &found) {
        ("bool", Scalar::Bool(_)) | ("null", Scalar::Null) | ("float", Scalar::Float(_)) => true,
        ("int", Scalar::Int(_) | Scalar::Unsigned(_)) => true,
        #[expect(clippy::cast_precision_loss, reason = "what a double does to large integers")]
        ("float", Scalar::Int(value)) => return Ok(Scalar::Float(*value as f64)),
        ("timestamp", _) => is_timestamp(text),
        ("bool" | "null" | "float" | "int", _) => false,
        _ => return Ok(STRING),
    };
    if ok {
        return Ok(found);
    }
    let name = match found {
        Scalar::Null => "null",
        Scalar::Bool(_) => "bool",
        Scalar::Int(_) | Scalar::Unsigned(_) => "int",
        Scalar::Float(_) => "float",
        Scalar::Text { .. } => "str",
    };
    Err(format!("cannot decode !!{name} `{text}` as a !!{kind}"))
}

/// The text itself, or what `!!binary` holds: a byte that is not UTF-8 becomes U+FFFD, as in Go's JSON.
fn decoded(text: &str, tag: Option<&str>, mark: Mark) -> Result<String, Error> {
    if tag != Some("tag:yaml.org,2002:binary") {
        return Ok(text.to_owned());
    }
    let compact: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = STANDARD.decode(compact).map_err(|_| mark.error("!!binary value contains invalid base64 data"))?;
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    Ok(out)
}

/// How many collections are nested in a value, itself included.
fn height(value: &Value) -> usize {
    let deepest = |heights: &mut dyn Iterator<Item = usize>| 1 + heights.max().unwrap_or(0);
    match value {
        Value::Array(items) => deepest(&mut items.iter().map(height)),
        Value::Object(map) => deepest(&mut map.values().map(height)),
        _ => 0,
    }
}
