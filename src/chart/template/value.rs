//! The values that templates work on. Maps are shared: who holds one sees what `set` does to it
//! through another name. Numbers keep the Go type that they came with, because charts can tell.

use super::map::{List, Map};
use super::object::Object;
use std::borrow::Cow;
use std::sync::Arc;

/// A value. Cloning one is cheap and shares its insides.
#[derive(Clone)]
pub enum Value {
    /// Nothing: what Go's reflection calls the zero Value, for example the result of a pipeline
    /// that gave nil. Its fields are nothing too.
    Absent,
    /// A nil that was stored: a null of the values, or a missing key of a map. Its fields are errors.
    Nil,
    /// A truth value.
    Bool(bool),
    /// An integer of the named Go type.
    Int(i64, IntKind),
    /// A `float64`: every number of a values file.
    Float(f64),
    /// A `complex128`.
    Complex(f64, f64),
    /// A string, which may hold bytes that are not UTF-8.
    Str(Str),
    /// A `[]byte`.
    Bytes(Arc<[u8]>),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A typed object with fields and methods, such as `.Capabilities`.
    Object(Object),
}

/// The Go integer types that templates meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntKind {
    /// `int`: literals, lengths, indices.
    Int,
    /// `int64`: sprig's arithmetic.
    Int64,
    /// `uint8`: a byte of a string.
    Uint8,
    /// `uint64`: parts of a semantic version.
    Uint64,
    /// `time.Duration`, `time.Month` and their like.
    Named(&'static str),
}

impl IntKind {
    /// The Go type's name.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint64 => "uint64",
            Self::Named(name) => name,
        }
    }

    pub(crate) fn is_unsigned(self) -> bool {
        matches!(self, Self::Uint8 | Self::Uint64)
    }
}

/// A Go string: text, or bytes that are not UTF-8 (a file of the chart, or decoded base64).
#[derive(Clone, Debug)]
pub enum Str {
    /// UTF-8.
    Text(Arc<str>),
    /// Anything else.
    Raw(Arc<[u8]>),
}

impl Str {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Raw(bytes) => bytes,
        }
    }

    /// The text, with U+FFFD for what is not UTF-8.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Raw(bytes) => String::from_utf8_lossy(bytes),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl From<Vec<u8>> for Str {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl From<&[u8]> for Str {
    fn from(bytes: &[u8]) -> Self {
        match simdutf8::basic::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(_) => Self::Raw(bytes.into()),
        }
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Str> for Value {
    fn from(text: Str) -> Self {
        Self::Str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Self::List(list)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<&serde_json::Value> for Value {
    /// Values as a chart's files give them, where every number is a float64, and as command lines do, where whole ones
    /// are int64.
    fn from(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Nil,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => match n.as_i64() {
                Some(whole) => Self::int64(whole),
                None => Self::Float(n.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(s) => Self::Str(s.as_str().into()),
            Json::Array(items) => Self::List(items.iter().map(Value::from).collect()),
            Json::Object(map) => {
                Self::Map(map.iter().map(|(key, value)| (key.as_str().into(), value.into())).collect())
            }
        }
    }
}

impl Value {
    /// An `int`.
    pub fn int(n: i64) -> Self {
        Self::Int(n, IntKind::Int)
    }

    /// An `int64`.
    pub fn int64(n: i64) -> Self {
        Self::Int(n, IntKind::Int64)
    }

    /// A map of the names that a template's data has, such as `Values` and `Release`.
    pub fn data<'n>(entries: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        Self::Map(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// `.Values`, from merged values. Each render needs its own, because templates change it.
    pub fn values(json: &serde_json::Value) -> Self {
        match Self::from(json) {
            Self::Map(map) => Self::Map(map.seen_as(super::map::MapKind::Values)),
            _ => Self::Map(Map::new(super::map::MapKind::Values, super::map::Entries::new())),
        }
    }

    /// The length of something, as an `int`.
    pub(crate) fn length(n: usize) -> Self {
        Self::int(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// Neither a value nor a stored nil.
    pub(crate) fn is_nil(&self) -> bool {
        matches!(self, Self::Absent | Self::Nil)
    }

    /// As `if` and `and` judge it: `None` for what cannot be judged.
    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::Absent | Self::Nil => false,
            Self::Bool(b) => *b,
            Self::Int(n, _) => *n != 0,
            Self::Float(f) => *f != 0.0,
            Self::Complex(re, im) => *re != 0.0 || *im != 0.0,
            Self::Str(s) => !s.is_empty(),
            Self::Bytes(b) => !b.is_empty(),
            Self::List(l) => !l.is_empty(),
            Self::Map(m) => !m.is_empty(),
            Self::Object(o) => o.truth(),
        }
    }

    /// The name of its Go type, as `%T` prints it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Absent | Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_, kind) => kind.type_name(),
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::Str(_) => "string",
            Self::Bytes(_) => "[]uint8",
            Self::List(l) => l.kind().type_name(),
            Self::Map(m) => m.kind().type_name(),
            Self::Object(o) => o.type_name(),
        }
    }

    /// The name of its kind, as `kindOf` prints it.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Absent | Self::Nil => "invalid",
            Self::Int(_, IntKind::Named("time.Duration")) => "int64",
            Self::Int(_, IntKind::Named("time.Month" | "time.Weekday")) => "int",
            Self::Bytes(_) | Self::List(_) => "slice",
            Self::Map(_) => "map",
            Self::Object(o) => o.kind_name(),
            other => other.type_name(),
        }
    }

    /// What a pipeline passes on: a stored nil becomes no value at all.
    pub(crate) fn dug(self) -> Self {
        match self {
            Self::Nil => Self::Absent,
            other => other,
        }
    }

    /// What a map or list keeps: no value becomes a stored nil.
    pub(crate) fn stored(self) -> Self {
        match self {
            Self::Absent => Self::Nil,
            other => other,
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = Vec::new();
        super::format::print_plain(&mut out, self);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}
