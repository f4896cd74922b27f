//! Passwords, keys and certificates. What is random in them is made in the cluster or not at all, unless the render may ask
//! chance.

use std::sync::Arc;

use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::certificates::{Wish, custom, key_of, self_signed, signed};
use super::{Call, Func, Outcome, Ty, keys::Key, password};
use crate::chart::outside::Outside;
use crate::chart::template::Fault;

const SALTED: &str = "it salts with random bytes; keep the hash in a value";
const CERTIFICATE: &str = "certificates are random and dated; let cert-manager or a Job in the cluster make them";

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("bcrypt", &[Ty::Str], |call| Ok(hashed(call, 0)?.into())),
    Func::new("htpasswd", &[Ty::Str, Ty::Str], |call| {
        let user = call.text(0);
        if user.contains(':') {
            return Ok(format!("invalid username: {user}").into());
        }
        Ok(format!("{user}:{}", hashed(call, 1)?).into())
    }),
    Func::new("genPrivateKey", &[Ty::Str], private_key),
    Func::new("derivePassword", &[Ty::Uint32, Ty::Str, Ty::Str, Ty::Str, Ty::Str], password::derived),
    Func::new("buildCustomCert", &[Ty::Str, Ty::Str], |call| custom(call)),
    Func::new("genCA", &[Ty::Str, Ty::Int], |call| authority(call, None)),
    Func::new("genCAWithKey", &[Ty::Str, Ty::Int, Ty::Str], |call| authority(call, Some(2))),
    Func::new("genSelfSignedCert", &[Ty::Str, Ty::Any, Ty::Any, Ty::Int], |call| alone(call, None)),
    Func::new("genSelfSignedCertWithKey", &[Ty::Str, Ty::Any, Ty::Any, Ty::Int, Ty::Str], |call| alone(call, Some(4))),
    Func::new("genSignedCert", &[Ty::Str, Ty::Any, Ty::Any, Ty::Int, Ty::Any], |call| below(call, None)),
    Func::new("genSignedCertWithKey", &[Ty::Str, Ty::Any, Ty::Any, Ty::Int, Ty::Any, Ty::Str], |call| {
        below(call, Some(5))
    }),
    Func::new("encryptAES", &[Ty::Str, Ty::Str], encrypt),
    Func::new("decryptAES", &[Ty::Str, Ty::Str], decrypt),
];

/// Whom a render asks for the moment and for chance, where it may.
fn outside(call: &Call<'_, '_, '_>, why: &str) -> Result<Arc<dyn Outside>, Fault> {
    match call.run.session.outside() {
        Some(outside) => Ok(outside),
        None => call.not_hermetic(why),
    }
}

fn hashed(call: &mut Call<'_, '_, '_>, at: usize) -> Result<String, Fault> {
    const COST: u32 = 10;
    let outside = outside(call, SALTED)?;
    call.run.step(100_000)?;
    let text = call.bytes(at);
    if text.len() > 72 {
        return Ok("failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_owned());
    }
    let mut salt = [0; 16];
    outside.fill(&mut salt);
    let hash = bcrypt::hash_with_salt(text, COST, salt).map_err(|error| error.to_string())?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

fn private_key(call: &mut Call<'_, '_, '_>) -> Outcome {
    let outside = outside(call, "it makes a random key")?;
    call.run.step(1_000_000)?;
    let kind = call.text(0);
    let key = match &*kind {
        "" | "rsa" => Key::rsa(4096, &*outside),
        "ecdsa" => Ok(Key::ec(&*outside)),
        "ed25519" => Ok(Key::ed(&*outside)),
        "dsa" => return Err("genPrivateKey \"dsa\" is not supported: such keys are of no use any more".into()),
        other => return Ok(format!("Unknown type {other}").into()),
    };
    Ok(match key.and_then(|key| key.pem()) {
        Ok(text) => text.into(),
        Err(why) => format!("failed to generate private key: {why}").into(),
    })
}

fn authority(call: &mut Call<'_, '_, '_>, key: Option<usize>) -> Outcome {
    let outside = outside(call, CERTIFICATE)?;
    let key = key_of(call, key, &*outside)?;
    self_signed(&Wish::authority(call), &key, &*outside)
}

fn alone(call: &mut Call<'_, '_, '_>, key: Option<usize>) -> Outcome {
    let outside = outside(call, CERTIFICATE)?;
    let key = key_of(call, key, &*outside)?;
    self_signed(&Wish::leaf(call)?, &key, &*outside)
}

fn below(call: &mut Call<'_, '_, '_>, key: Option<usize>) -> Outcome {
    let outside = outside(call, CERTIFICATE)?;
    let key = key_of(call, key, &*outside)?;
    signed(&Wish::leaf(call)?, &key, call.value(4), &*outside)
}

/// The length of a block.
const BLOCK: usize = 16;

/// A cipher under a password, which is cut or filled with zeroes.
fn cipher(password: &[u8]) -> aes::Aes256 {
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(password) {
        *to = *from;
    }
    aes::Aes256::new(&key.into())
}

fn encrypt(call: &mut Call<'_, '_, '_>) -> Outcome {
    let outside = outside(call, "it encrypts with random bytes")?;
    let text = call.bytes(1);
    if text.is_empty() {
        return Ok("".into());
    }
    call.room(text.len() * 2)?;
    let cipher = cipher(call.bytes(0));
    let mut chain = [0; BLOCK];
    outside.fill(&mut chain);
    let mut out = chain.to_vec();
    let padding = BLOCK - text.len() % BLOCK;
    let mut padded = text.to_vec();
    // At most the length of a block.
    padded.resize(text.len() + padding, u8::try_from(padding).unwrap_or_default());
    for block in padded.chunks(BLOCK) {
        for (to, from) in chain.iter_mut().zip(block) {
            *to ^= from;
        }
        let mut block = chain.into();
        cipher.encrypt_block(&mut block);
        chain = block.into();
        out.extend_from_slice(&chain);
    }
    Ok(STANDARD.encode(out).into())
}

fn decrypt(call: &mut Call<'_, '_, '_>) -> Outcome {
    let text = call.bytes(1);
    if text.is_empty() {
        return Ok("".into());
    }
    call.room(text.len())?;
    let bytes = super::encoding::decode(text).map_err(|at| format!("illegal base64 data at input byte {at}"))?;
    let cipher = cipher(call.bytes(0));
    if bytes.len() < BLOCK {
        // The room that Go's decoder makes for the text.
        let room = text.len() / 4 * 3;
        return Err(format!("runtime error: slice bounds out of range [:{BLOCK}] with capacity {room}").into());
    }
    if bytes.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    if bytes.len() == BLOCK {
        return Err("runtime error: index out of range [-1]".into());
    }
    let mut out = Vec::with_capacity(bytes.len());
    for (before, block) in bytes.chunks(BLOCK).zip(bytes.chunks(BLOCK).skip(1)) {
        let mut plain = [0; BLOCK];
        plain.copy_from_slice(block);
        let mut plain = plain.into();
        cipher.decrypt_block(&mut plain);
        out.extend(plain.iter().zip(before).map(|(byte, mask)| byte ^ mask));
    }
    let padding = out.last().copied().map_or(0, usize::from);
    match out.len().checked_sub(padding) {
        Some(length) => out.truncate(length),
        None => {
            let end = i64::try_from(out.len()).unwrap_or(0) - i64::try_from(padding).unwrap_or(0);
            return Err(format!("runtime error: slice bounds out of range [:{end}]").into());
        }
    }
    Ok(crate::chart::template::Value::Str(out.into()))
}
