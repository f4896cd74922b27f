//! Checksums. A text with generated values is hashed with each one replaced by its kind and size, so
//! that a checksum annotation stays what it is.

use super::{Func, Ty};
use crate::chart::template::Value;
use sha2::Digest as _;
use std::borrow::Cow;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("sha1sum", &[Ty::Str], |call| {
        let text = call.hashed_text()?;
        Ok(call.digest(matches!(text, Cow::Owned(_)), hex(&sha1::Sha1::digest(&*text))))
    })
    .pass(),
    Func::new("sha256sum", &[Ty::Str], |call| {
        let text = call.hashed_text()?;
        Ok(call.digest(matches!(text, Cow::Owned(_)), hex(&sha2::Sha256::digest(&*text))))
    })
    .pass(),
    Func::new("sha512sum", &[Ty::Str], |call| {
        let text = call.hashed_text()?;
        Ok(call.digest(matches!(text, Cow::Owned(_)), hex(&sha2::Sha512::digest(&*text))))
    })
    .pass(),
    Func::new("adler32sum", &[Ty::Str], |call| {
        let text = call.hashed_text()?;
        Ok(call.digest(matches!(text, Cow::Owned(_)), adler32(&text).to_string()))
    })
    .pass(),
];

impl<'a> super::Call<'a, '_, '_> {
    /// The text to hash, with its generated values put in a form that depends on no position.
    fn hashed_text(&mut self) -> Result<Cow<'a, [u8]>, crate::chart::template::Fault> {
        let bytes = self.bytes(0);
        self.room(bytes.len())?;
        Ok(self.run.session.tokens.normalised(bytes))
    }

    /// Remembers the digest of a text that held generated values: it is no secret, and must not be
    /// taken for one.
    fn digest(&mut self, held_generated: bool, digest: String) -> Value {
        if held_generated {
            self.run.session.tokens.remember_digest(&digest);
        }
        digest.into()
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// RFC 1950's checksum.
fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    b << 16 | a
}
