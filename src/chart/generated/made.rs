//! Values that are made of other ones: certificates of their keys, hashes of passwords.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The kinds of private keys that templates ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyKind {
    /// RSA, of so many bits.
    Rsa(usize),
    /// ECDSA over P-256.
    Ecdsa,
    /// Ed25519.
    Ed25519,
    /// DSA, of 2048 bits.
    Dsa,
}

/// What a certificate is for, as the functions' arguments say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Its common name.
    pub name: String,
    /// The addresses that it is for.
    pub addresses: Vec<IpAddr>,
    /// The names that it is for.
    pub names: Vec<String>,
    /// How long it is valid.
    pub days: i64,
    /// Whether it may sign others.
    pub is_authority: bool,
}

/// Who signs a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer<T> {
    /// The certificate.
    pub cert: T,
    /// Its key.
    pub key: T,
}

/// How a value is made of others, which are texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Made<T> {
    /// A certificate for a key, in PEM.
    Certificate {
        /// What it is for.
        wish: Wish,
        /// Its private key.
        key: T,
        /// Who signs it; itself where that is nobody.
        signer: Option<Signer<T>>,
    },
    /// A password's hash, salted.
    Bcrypt {
        /// The password.
        of: T,
    },
    /// A text, encrypted.
    Aes {
        /// Under this password.
        password: T,
        /// The text.
        text: T,
    },
}

impl<T> Made<T> {
    /// What it is made of, with what that is to it.
    pub fn of(&self) -> Vec<(&'static str, &T)> {
        match self {
            Self::Certificate { key, signer, .. } => {
                let signer = signer.iter().flat_map(|s| [("signer", &s.cert), ("signer-key", &s.key)]);
                std::iter::once(("its-key", key)).chain(signer).collect()
            }
            Self::Bcrypt { of } => vec![("password", of)],
            Self::Aes { password, text } => vec![("password", password), ("text", text)],
        }
    }

    /// The same of something else.
    pub fn map<U>(&self, mut to: impl FnMut(&T) -> U) -> Made<U> {
        match self {
            Self::Certificate { wish, key, signer } => Made::Certificate {
                wish: wish.clone(),
                key: to(key),
                signer: signer.as_ref().map(|signer| Signer { cert: to(&signer.cert), key: to(&signer.key) }),
            },
            Self::Bcrypt { of } => Made::Bcrypt { of: to(of) },
            Self::Aes { password, text } => Made::Aes { password: to(password), text: to(text) },
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "an RSA key of {bits} bits"),
            Self::Ecdsa => f.write_str("an ECDSA key"),
            Self::Ed25519 => f.write_str("an Ed25519 key"),
            Self::Dsa => f.write_str("a DSA key"),
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} days", if self.is_authority { "an authority" } else { "a certificate" }, self.days)?;
        let addresses = self.addresses.iter().map(ToString::to_string);
        let all: Vec<String> =
            std::iter::once(self.name.clone()).chain(self.names.iter().cloned()).chain(addresses).collect();
        write!(f, " for {}", all.join(", "))
    }
}

impl<T> fmt::Display for Made<T> {
    /// For people: nothing of the texts, which may be passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate { wish, signer: None, .. } => write!(f, "{wish}"),
            Self::Certificate { wish, signer: Some(_), .. } => write!(f, "{wish}, signed by another"),
            Self::Bcrypt { .. } => f.write_str("a bcrypt hash"),
            Self::Aes { .. } => f.write_str("an encrypted text"),
        }
    }
}
