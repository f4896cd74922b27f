//! From nodes to JSON: the meaning of scalars and keys, and what merges and aliases bring.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{
    super::{
        Error, MAX_DEPTH, number,
        resolve::{Scalar, resolve},
        timestamp::is_timestamp,
    },
    Numbers,
    cursor::Mark,
    golang,
    parse::{Anchored, Node},
};

/// When go-yaml, or who makes JSON of what it read, comes to complain of something.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    /// When nodes get their meaning: once the whole text is known to be YAML.
    Meaning,
    /// When keys become texts.
    Keys,
    /// When JSON is written.
    Json,
}

/// What nodes become, and how many there were.
pub(super) struct Builder {
    numbers: Numbers,
    /// Whether a key given twice is an error.
    strict: bool,
    /// Nodes seen, and how many of them were copied from an anchor.
    nodes: usize,
    copied: usize,
    /// The first complaint of each phase, which waits for the end of the text.
    complaints: [Option<Error>; 3],
    /// Whether scalars and collections become Go's syntax for them, which an error shows.
    literal: bool,
}

/// A mapping in the making.
#[derive(Default)]
pub(super) struct Mapping {
    map: Map<String, Value>,
    /// The keys given so far, where it matters; those that came by a merge may be given once more.
    given: BTreeSet<String>,
}

impl Builder {
    pub(super) fn new(numbers: Numbers, strict: bool) -> Self {
        Self { numbers, strict, nodes: 0, copied: 0, complaints: [None, None, None], literal: false }
    }

    /// One that makes Go's syntax of everything.
    pub(super) fn literal() -> Self {
        Self { literal: true, ..Self::new(Numbers::Exact, false) }
    }

    /// Notes what is wrong with a meaning; a text that is no YAML at all is told first.
    pub(super) fn complain(&mut self, phase: Phase, mut error: Error) {
        error.after = !matches!(phase, Phase::Meaning);
        let first = match phase {
            Phase::Meaning => &mut self.complaints[0],
            Phase::Keys => &mut self.complaints[1],
            Phase::Json => &mut self.complaints[2],
        };
        first.get_or_insert(error);
    }

    /// Whether an error would be the first of its phase.
    pub(super) fn is_content(&self) -> bool {
        self.complaints[0].is_none() && !self.literal
    }

    /// The value, unless there was something to complain of.
    pub(super) fn finish(&mut self, value: Value) -> Result<Value, Error> {
        match self.complaints.iter_mut().find_map(Option::take) {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }

    /// A list, or what Go writes for it.
    pub(super) fn list(&self, items: Vec<Value>) -> Value {
        if self.literal { golang::list(&items) } else { Value::Array(items) }
    }

    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// The value of a node, at a depth.
    pub(super) fn value(&mut self, node: Node<'_>, mark: Mark, depth: usize) -> Result<Value, Error> {
        self.nodes += 1;
        match node {
            Node::Collection(value) => Ok(value),
            Node::Scalar { text, plain, tag } => Ok(self.scalar(&text, plain, tag.as_deref(), mark)),
            Node::Alias(anchored) => {
                self.copy(&anchored, mark, depth)?;
                match &anchored.node {
                    Node::Collection(value) => Ok(value.clone()),
                    Node::Scalar { text, plain, tag } => Ok(self.scalar(text, *plain, tag.as_deref(), mark)),
                    Node::Alias(_) => Ok(Value::Null), // not reached: an alias has no anchor
                }
            }
        }
    }

    /// Counts what an alias copies.
    fn copy(&mut self, anchored: &Anchored<'_>, mark: Mark, depth: usize) -> Result<(), Error> {
        self.nodes += anchored.count;
        self.copied += anchored.count;
        if self.copied > 100 && self.nodes > 1000 && self.is_bomb() {
            return Err(mark.error("document contains excessive aliasing"));
        }
        if depth + anchored.height > MAX_DEPTH {
            return Err(mark.error(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        Ok(())
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

    /// Keys of any scalar kind become text, as they must in JSON. `value` is how an error shows what they lead to.
    fn key(&mut self, node: &Node<'_>, mark: Mark, value: Option<&str>) -> Result<String, Error> {
        let (text, plain, tag) = match node {
            Node::Scalar { text, plain, tag } => (text, *plain, tag.as_deref()),
            Node::Alias(anchored) => {
                self.copy(anchored, mark, 0)?;
                return self.key(&anchored.node, mark, value);
            }
            Node::Collection(_) => {
                self.complain(Phase::Meaning, mark.error("invalid map key"));
                return Ok(String::new());
            }
        };
        self.nodes += 1;
        let meaning = match meaning(text, plain, tag) {
            Ok(meaning) => meaning,
            Err(message) => {
                self.complain(Phase::Meaning, mark.error(message));
                return Ok(String::new());
            }
        };
        if self.literal {
            return Ok(golang::scalar(&meaning, text));
        }
        Ok(match meaning {
            Scalar::Bool(value) => value.to_string(),
            Scalar::Int(value) => value.to_string(),
            Scalar::Float(value) if value.is_nan() => ".nan".to_owned(),
            Scalar::Float(value) if value.is_infinite() => if value > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
            Scalar::Float(value) => number::general32(value),
            Scalar::Null => {
                let value = value.unwrap_or("a collection");
                let mut error = mark.error("unsupported map key of type: <nil>");
                error.in_go = Some(format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {value}"));
                self.complain(Phase::Keys, error);
                String::new()
            }
            Scalar::Unsigned(key) => {
                let value = value.unwrap_or("a collection");
                let mut error = mark.error("unsupported map key of type: uint64");
                error.in_go = Some(format!("unsupported map key of type: uint64, key: {key:#x}, value: {value}"));
                self.complain(Phase::Keys, error);
                String::new()
            }
            Scalar::Text { .. } => self.decoded(text, tag, mark),
        })
    }

    fn scalar(&mut self, text: &str, plain: bool, tag: Option<&str>, mark: Mark) -> Value {
        let scalar = match meaning(text, plain, tag) {
            Ok(scalar) => scalar,
            Err(message) => {
                self.complain(Phase::Meaning, mark.error(message));
                return Value::Null;
            }
        };
        if self.literal {
            return Value::String(golang::scalar(&scalar, text));
        }
        match &scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(*value),
            Scalar::Text { .. } => Value::String(self.decoded(text, tag, mark)),
            Scalar::Int(_) | Scalar::Unsigned(_) | Scalar::Float(_) => match number::wanted(&scalar, self.numbers) {
                Some(number) => Value::Number(number),
                None => {
                    let name = match scalar {
                        Scalar::Float(value) if value.is_nan() => "NaN",
                        Scalar::Float(value) if value > 0.0 => "+Inf",
                        _ => "-Inf",
                    };
                    self.complain(Phase::Json, mark.error(format!("json: unsupported value: {name}")));
                    Value::Null
                }
            },
        }
    }

    /// The text itself, or what `!!binary` holds: a byte that is not UTF-8 becomes U+FFFD, as in Go's JSON.
    fn decoded(&mut self, text: &str, tag: Option<&str>, mark: Mark) -> String {
        if tag != Some("tag:yaml.org,2002:binary") {
            return text.to_owned();
        }
        let compact: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        let Ok(bytes) = STANDARD.decode(compact) else {
            self.complain(Phase::Meaning, mark.error("!!binary value contains invalid base64 data"));
            return String::new();
        };
        let mut out = String::new();
        for chunk in bytes.utf8_chunks() {
            out.push_str(chunk.valid());
            out.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
        }
        out
    }
}

impl Mapping {
    /// Adds an entry, or merges what follows `<<`.
    pub(super) fn entry(
        &mut self,
        builder: &mut Builder,
        (key, key_mark): (Node<'_>, Mark),
        (value, mark): (Node<'_>, Mark),
        depth: usize,
    ) -> Result<(), Error> {
        if is_merge(&key) {
            builder.nodes += 1;
            let alias = matches!(value, Node::Alias(_));
            let value = builder.value(value, mark, depth)?;
            if let Err(message) = self.merge(value, alias) {
                builder.complain(Phase::Meaning, mark.error(message));
            }
            return Ok(());
        }
        let shown = match &value {
            Node::Scalar { text, plain, tag } => {
                meaning(text, *plain, tag.as_deref()).ok().map(|m| golang::operand(&m, text))
            }
            _ => None,
        };
        let key = builder.key(&key, key_mark, shown.as_deref())?;
        let value = builder.value(value, mark, depth)?;
        if builder.strict && !self.given.insert(key.clone()) {
            builder.complain(Phase::Meaning, key_mark.error(format!("key {key:?} already set in map")));
        }
        self.map.insert(key, value);
        Ok(())
    }

    /// Writes the keys of a mapping, or of each of several ones, the first of which counts most.
    fn merge(&mut self, value: Value, alias: bool) -> Result<(), &'static str> {
        const WANTED: &str = "map merge requires map or sequence of maps as the value";
        match value {
            Value::Object(other) => self.map.extend(other),
            Value::Array(items) if !alias => {
                for item in items.into_iter().rev() {
                    let Value::Object(other) = item else {
                        return Err(WANTED);
                    };
                    self.map.extend(other);
                }
            }
            _ => return Err(WANTED),
        }
        Ok(())
    }

    pub(super) fn finish(self, builder: &Builder) -> Value {
        if builder.literal { golang::map(&self.map) } else { Value::Object(self.map) }
    }
}

fn is_merge(key: &Node<'_>) -> bool {
    matches!(key, Node::Scalar { text, plain, tag }
        if text == "<<" && (*plain || tag.as_deref() == Some("tag:yaml.org,2002:merge")))
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
        ("bool", Scalar::Bool(_))
        | ("null", Scalar::Null)
        | ("float", Scalar::Float(_))
        | ("int", Scalar::Int(_) | Scalar::Unsigned(_)) => true,
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

/// How many collections are nested in a value, itself included.
pub(super) fn height(value: &Value) -> usize {
    let deepest = |heights: &mut dyn Iterator<Item = usize>| 1 + heights.max().unwrap_or(0);
    match value {
        Value::Array(items) => deepest(&mut items.iter().map(height)),
        Value::Object(map) => deepest(&mut map.values().map(height)),
        _ => 0,
    }
}
