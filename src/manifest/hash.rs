//! A sha256, as people and annotations write it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

const LENGTH: usize = 64;

/// A sha256, as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash([u8; LENGTH]);

impl Hash {
    /// What stands in the place of a hash where there is nothing: 64 zeros.
    pub const NOTHING: Self = Self([b'0'; LENGTH]);

    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_digest(&Sha256::digest(bytes))
    }

    /// The hash of pieces, one after another.
    pub(super) fn of_all<'p>(pieces: impl Iterator<Item = &'p str>) -> Self {
        let mut hasher = Sha256::new();
        pieces.for_each(|piece| hasher.update(piece));
        Self::from_digest(&hasher.finalize())
    }

    /// The 32 bytes of a digest.
    fn from_digest(digest: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'0'; LENGTH];
        for (pair, byte) in text.chunks_exact_mut(2).zip(digest) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(text)
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        // It is made of digits alone, here or by `deserialize`.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The first seven digits, for people.
    pub fn short(&self) -> &str {
        self.as_str().get(..7).unwrap_or_default()
    }
}

/// The first digits are as good as all of them to find one by.
impl std::hash::Hash for Hash {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        const FIRST: usize = 16;
        state.write(self.0.get(..FIRST).unwrap_or(&self.0));
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hash").field(&self.as_str()).finish()
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        match <[u8; LENGTH]>::try_from(text.as_bytes()) {
            Ok(bytes) if digits => Ok(Self(bytes)),
            _ => Err(de::Error::invalid_value(de::Unexpected::Str(&text), &"64 lower-case hexadecimal digits")),
        }
    }
}
