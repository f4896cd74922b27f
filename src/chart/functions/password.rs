//! `derivePassword`: the Master Password algorithm, which makes a site's password of a person's.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{Call, Outcome};

const SEED: &[u8] = b"com.lyndir.masterpassword";

/// What passwords of a type look like: a letter a kind of character.
const TEMPLATES: &[(&str, &[&str])] = &[
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
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
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];

/// The characters of a kind.
fn characters(kind: u8) -> &'static [u8] {
    match kind {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

pub(super) fn derived(call: &mut Call<'_, '_, '_>) -> Outcome {
    let kind = call.text(1);
    let Some((_, templates)) = TEMPLATES.iter().find(|(name, _)| *name == kind) else {
        return Ok(format!("cannot find password template {kind}").into());
    };
    call.run.step(500_000)?;
    let (user, site) = (call.bytes(3), call.bytes(4));
    let salt = [SEED, &length(user), user].concat();
    let mut key = [0; 64];
    let params = scrypt::Params::new(15, 8, 2).map_err(|error| error.to_string())?;
    scrypt::scrypt(call.bytes(2), &salt, &params, &mut key).map_err(|error| error.to_string())?;
    let counter = u32::try_from(call.int(0)).unwrap_or_default().to_be_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
    mac.update(&[SEED, &length(site), site, &counter].concat());
    let seed = mac.finalize().into_bytes();
    let pick = |at: usize, from: usize| usize::from(seed.get(at).copied().unwrap_or_default()) % from.max(1);
    let template = templates.get(pick(0, templates.len())).copied().unwrap_or_default();
    let password: String = template
        .bytes()
        .enumerate()
        .filter_map(|(at, kind)| {
            let from = characters(kind);
            from.get(pick(at + 1, from.len())).map(|byte| char::from(*byte))
        })
        .collect();
    Ok(password.into())
}

fn length(text: &[u8]) -> [u8; 4] {
    u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes()
}
