//! Passwords, keys and certificates. What is random in them is made in the cluster or not at all.

use super::keys;
use super::{Func, Ty};

const SALTED: &str = "it salts with random bytes; keep the hash in a value";
const CERTIFICATE: &str = "certificates are random and dated; let cert-manager or a Job in the cluster make them";

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("bcrypt", &[Ty::Str], |call| call.not_hermetic(SALTED)),
    Func::new("htpasswd", &[Ty::Str, Ty::Str], |call| {
        let user = call.text(0);
        if user.contains(':') {
            return Ok(format!("invalid username: {user}").into());
        }
        call.not_hermetic(SALTED)
    }),
    Func::new("genPrivateKey", &[Ty::Str], |call| call.not_hermetic("it makes a random key")),
    Func::new("derivePassword", &[Ty::Uint32, Ty::Str, Ty::Str, Ty::Str, Ty::Str], keys::derive_password),
    Func::new("buildCustomCert", &[Ty::Str, Ty::Str], keys::build_custom_cert),
    Func::new("genCA", &[Ty::Str, Ty::Int], |call| call.not_hermetic(CERTIFICATE)),
    Func::new("genCAWithKey", &[Ty::Str, Ty::Int, Ty::Str], |call| call.not_hermetic(CERTIFICATE)),
    Func::new("genSelfSignedCert", &[Ty::Str, Ty::Any, Ty::Any, Ty::Int], |call| call.not_hermetic(CERTIFICATE)),
    Func::new("genSelfSignedCertWithKey", &[Ty::Str, Ty::Any, Ty::Any, Ty::Int, Ty::Str], |call| {
        call.not_hermetic(CERTIFICATE)
    }),
    Func::new("genSignedCert", &[Ty::Str, Ty::Any, Ty::Any, Ty::Int, Ty::Any], |call| call.not_hermetic(CERTIFICATE)),
    Func::new("genSignedCertWithKey", &[Ty::Str, Ty::Any, Ty::Any, Ty::Int, Ty::Any, Ty::Str], |call| {
        call.not_hermetic(CERTIFICATE)
    }),
    Func::new("encryptAES", &[Ty::Str, Ty::Str], |call| call.not_hermetic("it encrypts with random bytes")),
    Func::new("decryptAES", &[Ty::Str, Ty::Str], keys::decrypt_aes),
];
