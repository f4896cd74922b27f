//! Values that templates asked for, made for real, and looked at again later.

use jiff::Timestamp;

use super::{certificates, crypto, keys::Key};
use crate::chart::generated::{KeyKind, Made};
use crate::chart::outside::Outside;

/// A private key, in PEM.
///
/// # Errors
/// Where the crate that makes it fails.
pub fn private_key(kind: KeyKind, outside: &dyn Outside) -> Result<String, String> {
    Key::new(kind, outside)?.pem()
}

/// A value made of others.
///
/// # Errors
/// Where they are not what they should be.
pub fn make(made: &Made<String>, outside: &dyn Outside) -> Result<String, String> {
    match made {
        Made::Certificate { wish, key, signer } => {
            certificates::certificate(wish, key, signer.as_ref(), outside).map_err(|fault| fault.text)
        }
        Made::Bcrypt { of } => crypto::bcrypted(of.as_bytes(), outside),
        Made::Aes { password, text } => Ok(crypto::encrypted(password.as_bytes(), text.as_bytes(), outside)),
    }
}

/// Whether a value is what would be made, as far as what it is made of is known.
pub fn fits(made: &Made<Option<String>>, value: &str, now: Timestamp) -> bool {
    match made {
        Made::Certificate { wish, key, signer } => {
            let signer = signer.as_ref().and_then(|signer| signer.cert.as_deref());
            certificates::fits(wish, value, (key.as_deref(), signer), now)
        }
        Made::Bcrypt { of } => of.as_ref().is_none_or(|of| bcrypt::verify(of, value).unwrap_or(false)),
        Made::Aes { password: Some(password), text: Some(text) } => {
            crypto::decrypted(password.as_bytes(), value.as_bytes()).is_ok_and(|plain| plain == text.as_bytes())
        }
        Made::Aes { .. } => true,
    }
}
