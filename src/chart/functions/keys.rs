//! What sprig makes of keys and passwords that a chart brings along: nothing in it is random.

use super::{Call, Outcome};
use crate::chart::template::{Fault, Field, Object, Record, Value};
use aes::Aes256;
use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::rc::Rc;

/// A block of AES.
const BLOCK: usize = 16;

/// `decryptAES PASSWORD TEXT`: AES-256 in CBC mode, its start value first, all in base64.
pub(super) fn decrypt_aes(call: &mut Call<'_, '_, '_>) -> Outcome {
    let text = call.bytes(1);
    if text.is_empty() {
        return Ok("".into());
    }
    let bytes = super::encoding::decode(text).map_err(|at| format!("illegal base64 data at input byte {at}"))?;
    let Some((start, body)) = bytes.split_at_checked(BLOCK) else {
        return Err(format!(
            "runtime error: slice bounds out of range [:{BLOCK}] with capacity {}",
            capacity(text.len())
        )
        .into());
    };
    if body.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().zip(call.bytes(0)) {
        *place = *byte;
    }
    let mut plain = body.to_vec();
    let opened = cbc::Decryptor::<Aes256>::new_from_slices(&key, start).map_err(|error| error.to_string())?;
    opened.decrypt_padded::<NoPadding>(&mut plain).map_err(|error| error.to_string())?;
    let padding = usize::from(*plain.last().ok_or("runtime error: index out of range [-1]")?);
    let Some(length) = plain.len().checked_sub(padding) else {
        let end = i64::try_from(plain.len()).unwrap_or(0) - i64::try_from(padding).unwrap_or(0);
        return Err(format!("runtime error: slice bounds out of range [:{end}]").into());
    };
    plain.truncate(length);
    Ok(Value::Str(plain.into()))
}

/// How much room Go's decoder makes for a text.
fn capacity(length: usize) -> usize {
    length / 4 * 3
}

/// What passwords of a type look like: one letter a kind of character.
fn shapes(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return None,
    })
}

/// The characters of a kind.
fn alphabet(kind: char) -> &'static [u8] {
    match kind {
        'V' => b"AEIOU",
        'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        'v' => b"aeiou",
        'c' => b"bcdfghjklmnpqrstvwxyz",
        'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        'n' => b"0123456789",
        'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// What all passwords of this kind begin their seeds with.
const SEED: &[u8] = b"com.lyndir.masterpassword";

/// `derivePassword COUNTER TYPE PASSWORD USER SITE`: the password of a site that follows from a master password.
pub(super) fn derive_password(call: &mut Call<'_, '_, '_>) -> Outcome {
    let kind = call.text(1);
    let Some(shapes) = shapes(&kind) else {
        return Ok(format!("cannot find password template {kind}").into());
    };
    // It takes a tenth of a second of every machine.
    call.run.step(500_000)?;
    let counter = u32::try_from(call.int(0)).unwrap_or(0);
    let (user, site) = (call.bytes(3), call.bytes(4));
    let length = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    let salt = [SEED, &length(user), user].concat();
    let params = scrypt::Params::new(15, 8, 2).map_err(|error| Fault::from(error.to_string()))?;
    let mut key = [0; 64];
    scrypt::scrypt(call.bytes(2), &salt, &params, &mut key).map_err(|error| Fault::from(error.to_string()))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| Fault::from(error.to_string()))?;
    mac.update(&[SEED, &length(site), site, &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let at = |i: usize| usize::from(seed.get(i).copied().unwrap_or(0));
    let shape = shapes.get(at(0) % shapes.len()).copied().unwrap_or_default();
    let chars = shape.chars().enumerate().map(|(i, kind)| {
        let alphabet = alphabet(kind);
        alphabet.get(at(i + 1) % alphabet.len()).copied().map_or('x', char::from)
    });
    Ok(chars.collect::<String>().into())
}

/// `buildCustomCert CERT KEY`: both in base64 of PEM, as `.Cert` and `.Key`.
pub(super) fn build_custom_cert(call: &mut Call<'_, '_, '_>) -> Outcome {
    let decoded = |n: usize, what: &str| {
        super::encoding::decode(call.bytes(n)).map_err(|_| Fault::from(format!("unable to decode base64 {what}")))
    };
    let cert = decoded(0, "certificate")?;
    let key = decoded(1, "private key")?;
    let Some((_, der)) = pem(&cert) else {
        return Err("unable to decode certificate".into());
    };
    if !is_sequence(&der) {
        return Err("error parsing certificate: decodedCert.Bytes: x509: malformed certificate".into());
    }
    let Some((kind, _)) = pem(&key) else {
        return Err("error parsing private key: no PEM data in input".into());
    };
    if !kind.ends_with("PRIVATE KEY") {
        return Err(format!("error parsing private key: no private key data in PEM block of type {kind}").into());
    }
    let field = |name, bytes: Vec<u8>| Field { name, json: "", omit_empty: false, value: Value::Str(bytes.into()) };
    Ok(Value::Object(Object::Record(Rc::new(Record {
        type_name: "sprig.certificate",
        fields: vec![field("Cert", cert), field("Key", key)],
        methods: &[],
        text: None,
        text_is_json: false,
    }))))
}

/// The first block of a PEM text: its type and its bytes.
fn pem(text: &[u8]) -> Option<(String, Vec<u8>)> {
    let text = std::str::from_utf8(text).ok()?;
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (kind, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {kind}-----"))?;
    let body: String = body.lines().filter(|line| !line.contains(':')).flat_map(|line| line.trim().chars()).collect();
    Some((kind.to_owned(), STANDARD.decode(body).ok()?))
}

/// Whether bytes are one sequence of DER, whole.
fn is_sequence(der: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = der else { return false };
    match usize::from(*length) {
        short @ 0..=0x7f => rest.len() == short,
        long => {
            let count = long & 0x7f;
            let size = rest.iter().take(count).fold(0_usize, |size, byte| size << 8 | usize::from(*byte));
            (1..=4).contains(&count) && rest.len() == count + size
        }
    }
}
