//! Fingerprints of what is not shown: a change of a secret value can be seen, and its content cannot.
//!
//! Each is keyed (HMAC-SHA256) over the object, the place in it and the value. So equal values of two keys, or of two
//! objects, do not look alike, and without the key nobody can try guesses against a plan. The key is an input, as time
//! is: planning draws no random numbers.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How many bytes of a fingerprint are shown: enough that a change shows, and nothing of a value can be told.
const SHOWN: usize = 4;

/// The key of the fingerprints. It is never shown, saved or sent, not even by `Debug`.
#[derive(Clone)]
pub struct FingerprintKey(Arc<[u8]>);

/// The key is shorter than [`FingerprintKey::SHORTEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is {0} bytes long, and {least} are the least", least = FingerprintKey::SHORTEST)]
pub struct TooShort(pub usize);

impl FingerprintKey {
    /// The fewest bytes of a key. Fewer could be tried out.
    pub const SHORTEST: usize = 16;

    /// A key of these bytes.
    ///
    /// # Errors
    /// Where they are too few.
    pub fn new(bytes: &[u8]) -> Result<Self, TooShort> {
        if bytes.len() < Self::SHORTEST {
            return Err(TooShort(bytes.len()));
        }
        Ok(Self(bytes.into()))
    }

    /// The fingerprint of some parts in their order; where one ends and the next begins counts too.
    pub(super) fn of(&self, parts: &[&[u8]]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(..)")
    }
}
