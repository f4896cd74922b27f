//! Passwords, keys and certificates. What is random in them is made in the cluster, unless the render may ask chance.

use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::certificates::{Places, authority, custom, leaf, pair};
use super::{Call, Func, Outcome, Ty, certificates, keys::Key, password};
use crate::chart::generated::{self, KeyKind, Made, RandomKind};
use crate::chart::outside::Outside;
use crate::chart::template::{Fault, Str, Value};

/// What addresses and names are given as.
const LIST: Ty = Ty::Named("[]interface {}");
/// What signs.
const CERTIFICATE: Ty = Ty::Named(certificates::TYPE);

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("bcrypt", &[Ty::Str], |call| Ok(hashed(call, 0)?.into())).pass(),
    Func::new("htpasswd", &[Ty::Str, Ty::Str], |call| {
        let user = call.text(0);
        if call.run.session.tokens.are_in(user.as_bytes()) {
            return Err(generated::refusal(call.name));
        }
        if user.contains(':') {
            return Ok(format!("invalid username: {user}").into());
        }
        Ok(format!("{user}:{}", hashed(call, 1)?).into())
    })
    .pass(),
    Func::new("genPrivateKey", &[Ty::Str], private_key),
    Func::new("derivePassword", &[Ty::Uint32, Ty::Str, Ty::Str, Ty::Str, Ty::Str], password::derived),
    Func::new("buildCustomCert", &[Ty::Str, Ty::Str], |call| custom(call)).pass(),
    Func::new("genCA", &[Ty::Str, Ty::Int], |call| pair(call, authority, Places::default())).pass(),
    Func::new("genCAWithKey", &[Ty::Str, Ty::Int, Ty::Str], |call| {
        pair(call, authority, Places { key: Some(2), signer: None })
    })
    .pass(),
    Func::new("genSelfSignedCert", &[Ty::Str, LIST, LIST, Ty::Int], |call| pair(call, leaf, Places::default())).pass(),
    Func::new("genSelfSignedCertWithKey", &[Ty::Str, LIST, LIST, Ty::Int, Ty::Str], |call| {
        pair(call, leaf, Places { key: Some(4), signer: None })
    })
    .pass(),
    Func::new("genSignedCert", &[Ty::Str, LIST, LIST, Ty::Int, CERTIFICATE], |call| {
        pair(call, leaf, Places { key: None, signer: Some(4) })
    })
    .pass(),
    Func::new("genSignedCertWithKey", &[Ty::Str, LIST, LIST, Ty::Int, CERTIFICATE, Ty::Str], |call| {
        pair(call, leaf, Places { key: Some(5), signer: Some(4) })
    })
    .pass(),
    Func::new("encryptAES", &[Ty::Str, Ty::Str], encrypt).pass(),
    Func::new("decryptAES", &[Ty::Str, Ty::Str], decrypt),
];

/// The texts of arguments that a value is made of in the cluster.
fn ingredients<const N: usize>(call: &Call<'_, '_, '_>, at: [usize; N]) -> Result<[String; N], Fault> {
    let texts = at.map(|at| match call.string(at) {
        Some(Str::Text(text)) if call.run.session.tokens.are_plain(text) => Some(text.to_string()),
        None => Some(String::new()),
        Some(_) => None,
    });
    if texts.iter().any(Option::is_none) {
        return Err(generated::refusal(call.name));
    }
    Ok(texts.map(Option::unwrap_or_default))
}

fn hashed(call: &mut Call<'_, '_, '_>, at: usize) -> Result<String, Fault> {
    call.run.step(100_000)?;
    let text = call.bytes(at);
    if text.len() > LONGEST_PASSWORD && !call.run.session.tokens.are_in(text) {
        return Ok(TOO_LONG.to_owned());
    }
    match call.run.session.outside() {
        Some(outside) => Ok(bcrypted(text, &*outside)?),
        None => {
            let [of] = ingredients(call, [at])?;
            Ok(call.run.session.tokens.made(Made::Bcrypt { of }))
        }
    }
}

const LONGEST_PASSWORD: usize = 72;
const TOO_LONG: &str = "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";

/// A password's hash.
pub(super) fn bcrypted(text: &[u8], outside: &dyn Outside) -> Result<String, String> {
    const COST: u32 = 10;
    if text.len() > LONGEST_PASSWORD {
        return Err(TOO_LONG.to_owned());
    }
    let mut salt = [0; 16];
    outside.fill(&mut salt);
    let hash = bcrypt::hash_with_salt(text, COST, salt).map_err(|error| error.to_string())?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

fn private_key(call: &mut Call<'_, '_, '_>) -> Outcome {
    call.run.step(1_000_000)?;
    let kind = match &*call.text(0) {
        "" | "rsa" => KeyKind::Rsa(4096),
        "ecdsa" => KeyKind::Ecdsa,
        "ed25519" => KeyKind::Ed25519,
        "dsa" => return Err("genPrivateKey \"dsa\" is not supported: such keys are of no use any more".into()),
        other => return Ok(format!("Unknown type {other}").into()),
    };
    let Some(outside) = call.run.session.outside() else {
        return Ok(call.run.session.tokens.random(RandomKind::Key(kind)).into());
    };
    Ok(match Key::new(kind, &*outside).and_then(|key| key.pem()) {
        Ok(text) => text.into(),
        Err(why) => format!("failed to generate private key: {why}").into(),
    })
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
    let text = call.bytes(1);
    if text.is_empty() {
        return Ok("".into());
    }
    call.room(text.len() * 2)?;
    match call.run.session.outside() {
        Some(outside) => Ok(encrypted(call.bytes(0), text, &*outside).into()),
        None => {
            let [password, text] = ingredients(call, [0, 1])?;
            Ok(call.run.session.tokens.made(Made::Aes { password, text }).into())
        }
    }
}

/// A text, encrypted under a password.
pub(super) fn encrypted(password: &[u8], text: &[u8], outside: &dyn Outside) -> String {
    let cipher = cipher(password);
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
    STANDARD.encode(out)
}

fn decrypt(call: &mut Call<'_, '_, '_>) -> Outcome {
    let text = call.bytes(1);
    if text.is_empty() {
        return Ok("".into());
    }
    call.room(text.len())?;
    Ok(Value::Str(decrypted(call.bytes(0), text)?.into()))
}

/// What was encrypted under a password.
pub(super) fn decrypted(password: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    let bytes = super::encoding::decode(text).map_err(|at| format!("illegal base64 data at input byte {at}"))?;
    let cipher = cipher(password);
    if bytes.len() < BLOCK {
        // The room that Go's decoder makes for the text.
        let room = text.len() / 4 * 3;
        return Err(format!("runtime error: slice bounds out of range [:{BLOCK}] with capacity {room}"));
    }
    if bytes.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".to_owned());
    }
    if bytes.len() == BLOCK {
        return Err("runtime error: index out of range [-1]".to_owned());
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
            return Err(format!("runtime error: slice bounds out of range [:{end}]"));
        }
    }
    Ok(out)
}
