//! Values that are generated once in the cluster, then kept.
//!
//! While templates run, such a value is a token: a word that stands for it and means nothing. Templates may
//! move tokens, join them to other text, quote and encode them, but not look into them. Afterwards the tokens are
//! found again in the Secrets, named for where they are used, and taken out of the objects.

mod extract;
mod made;
mod refuse;
mod tokens;

pub use extract::{Misplaced, SecretKeys, extract};
pub use made::{KeyKind, Made, Signer, Wish};
pub(crate) use refuse::{DEEP, check_format, refusal, refused};
pub use tokens::Tokens;

use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// A private key, in PEM.
    Key(KeyKind),
    /// The private key that comes with a certificate, in PEM.
    CertificateKey,
    /// What is made of other values.
    Made(Box<Made<Vec<Part>>>),
}

/// The key that comes with a certificate.
pub const CERTIFICATE_KEY: KeyKind = KeyKind::Rsa(2048);

impl RandomKind {
    /// Whether it is text in PEM.
    pub fn is_pem(&self) -> bool {
        match self {
            Self::Key(_) | Self::CertificateKey => true,
            Self::Made(made) => matches!(**made, Made::Certificate { .. }),
            _ => false,
        }
    }

    /// Whether it may be made anew where it is lost, or is no longer as it is wanted: nobody remembers it.
    pub fn is_renewable(&self) -> bool {
        matches!(self, Self::CertificateKey | Self::Made(_))
    }

    /// The parts that it is made of.
    pub fn of(&self) -> Vec<&Part> {
        match self {
            Self::Made(made) => made.of().into_iter().flat_map(|(_, parts)| parts).collect(),
            _ => Vec::new(),
        }
    }
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

impl fmt::Display for RandomKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlphaNum(n) => write!(f, "{n} alphanumeric characters"),
            Self::Alpha(n) => write!(f, "{n} letters"),
            Self::Numeric(n) => write!(f, "{n} digits"),
            Self::Ascii(n) => write!(f, "{n} printable characters"),
            Self::Bytes(n) => write!(f, "{n} bytes as base64"),
            Self::Uuid => f.write_str("a UUID"),
            Self::Key(kind) => write!(f, "{kind}"),
            Self::CertificateKey => write!(f, "{CERTIFICATE_KEY}"),
            Self::Made(made) => write!(f, "{made}"),
        }
    }
}

impl fmt::Display for GeneratedKey {
    /// For people: what is fixed as it is, and `<generated: 24 alphanumeric characters, secret odoo, key password>`
    /// for each value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Random { id, kind } => {
                write!(f, "<generated: {kind}, secret {}, key {}", id.secret, id.key)?;
                if id.ordinal > 0 {
                    write!(f, ", the {}th of it", id.ordinal + 1)?;
                }
                f.write_str(">")
            }
        })
    }
}
