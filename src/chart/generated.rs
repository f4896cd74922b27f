//! Values that are generated once in the cluster, then kept.

use serde::{Deserialize, Serialize};

/// Which placeholder a value belongs to: the same id is the same value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlaceholderId {
    /// The first Secret that uses it.
    pub secret: String,
    /// The first key of that Secret that uses it.
    pub key: String,
    /// Its place among the placeholders of that key.
    pub ordinal: usize,
}

/// What is generated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RandomKind {
    /// Letters and digits.
    AlphaNum(usize),
    /// Letters.
    Alpha(usize),
    /// Digits.
    Numeric(usize),
    /// Printable ASCII.
    Ascii(usize),
    /// Bytes, as base64.
    Bytes(usize),
    /// A version 4 UUID.
    Uuid,
}

/// A piece of a generated key's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Fixed text.
    Text(String),
    /// A generated value.
    Random {
        /// Which.
        id: PlaceholderId,
        /// Of what kind.
        kind: RandomKind,
    },
}

/// A key of a Secret whose value is generated in the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedKey {
    /// The key in the Secret's `data`.
    pub key: String,
    /// The value's pieces, in order.
    pub parts: Vec<Part>,
}
