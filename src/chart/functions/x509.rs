//! Certificates and private keys that are given, looked at as far as Go's parsers name what is wrong with their outline.

use super::der::{self, Read};
use super::keys::{Key, OF_EC, OF_ED25519};

/// The curves that Go knows: P-224, P-256, P-384 and P-521.
const CURVES: [&[u8]; 4] = [
    &[0x2b, 0x81, 0x04, 0x00, 0x21],
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
    &[0x2b, 0x81, 0x04, 0x00, 0x22],
    &[0x2b, 0x81, 0x04, 0x00, 0x23],
];
const OF_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const OF_X25519: &[u8] = &[0x2b, 0x65, 0x6e];
/// Larger keys are not computed with.
const LARGE: usize = 4096 / 8;

/// The next value, where it has that tag.
fn take<'b>(input: &mut &'b [u8], tag: u8) -> Option<Read<'b>> {
    let next = der::read(input).filter(|next| next.tag == tag)?;
    *input = next.rest;
    Some(next)
}

/// What is wrong with a certificate's outline, in Go's words.
pub(super) fn certificate(bytes: &[u8]) -> Result<(), &'static str> {
    let mut input = bytes;
    let whole = take(&mut input, 0x30).ok_or("x509: malformed certificate")?;
    let after = input;
    let mut input = whole.content;
    let mut inner = take(&mut input, 0x30).ok_or("x509: malformed tbs certificate")?.content;
    if let Some(version) = take(&mut inner, 0xa0) {
        match take(&mut { version.content }, 0x02).ok_or("x509: malformed version")?.content {
            [0..=2] => {}
            [3..=0x7f] => return Err("x509: invalid version"),
            _ => return Err("x509: malformed version"),
        }
    }
    let serial = take(&mut inner, 0x02).ok_or("x509: malformed serial number")?.content;
    match serial.first() {
        None => return Err("x509: malformed serial number"),
        Some(0x80..) => return Err("x509: negative serial number"),
        Some(_) => {}
    }
    let algorithm = take(&mut inner, 0x30).ok_or("x509: malformed signature algorithm identifier")?;
    let outer = take(&mut input, 0x30).ok_or("x509: malformed algorithm identifier")?;
    if algorithm.content != outer.content {
        return Err("x509: inner and outer signature algorithm identifiers don't match");
    }
    take(&mut inner, 0x30).ok_or("x509: malformed issuer")?;
    take(&mut inner, 0x30).ok_or("x509: malformed validity")?;
    take(&mut inner, 0x30).ok_or("x509: malformed issuer")?;
    let mut public = take(&mut inner, 0x30).ok_or("x509: malformed spki")?.content;
    take(&mut public, 0x30).ok_or("x509: malformed public key algorithm identifier")?;
    take(&mut public, 0x03).ok_or("x509: malformed subjectPublicKey")?;
    take(&mut input, 0x03).ok_or("x509: malformed signature")?;
    if after.is_empty() { Ok(()) } else { Err("x509: trailing data") }
}

/// What is wrong with a private key in PEM.
pub(super) fn key(kind: &str, content: &[u8]) -> Result<(), String> {
    let Some(name) = kind.strip_suffix("PRIVATE KEY") else {
        return Err(format!("no private key data in PEM block of type {kind}"));
    };
    match name.trim_end() {
        "" => pkcs8(content).map_err(|why| format!("decoding PEM as PKCS#8: {why}")),
        "RSA" => rsa(content).map_err(|why| format!("parsing RSA private key from PEM: {why}")),
        "EC" => ec(content, None).map_err(|why| format!("parsing EC private key from PEM: {why}")),
        "DSA" if integers(content).is_some_and(|all| all.len() >= 6) => Ok(()),
        "DSA" => Err("parsing DSA private key from PEM: it is none".to_owned()),
        other => Err(format!("invalid private key type {other}")),
    }
}

/// The integers of a sequence of nothing else.
fn integers(content: &[u8]) -> Option<Vec<&[u8]>> {
    let all = der::all(der::read(content).filter(|whole| whole.tag == 0x30)?.content)?;
    all.iter().all(|one| one.tag == 0x02).then(|| all.iter().map(|one| one.content).collect())
}

fn instead(format: &str) -> String {
    format!("x509: failed to parse private key (use Parse{format}PrivateKey instead for this key format)")
}

/// What an outline looks like, for a key under the name of another kind.
fn outline(content: &[u8]) -> Option<&'static str> {
    if integers(content).is_some_and(|all| all.len() >= 9) {
        return Some("PKCS1");
    }
    let mut inside = der::read(content).filter(|whole| whole.tag == 0x30)?.content;
    take(&mut inside, 0x02)?;
    match der::read(inside)?.tag {
        0x04 => Some("EC"),
        0x30 => Some("PKCS8"),
        _ => None,
    }
}

fn rsa(content: &[u8]) -> Result<(), String> {
    match outline(content) {
        Some("PKCS1") => {
            let numbers = integers(content).unwrap_or_default();
            let is_large = numbers.get(1).is_some_and(|modulus| modulus.len() > LARGE + 1);
            if is_large || Key::is_rsa(content) { Ok(()) } else { Err("crypto/rsa: invalid private key".to_owned()) }
        }
        Some(other) => Err(instead(other)),
        None => Err("asn1: it is no RSA key".to_owned()),
    }
}

fn ec(content: &[u8], named: Option<&[u8]>) -> Result<(), String> {
    match outline(content) {
        Some("EC") => {}
        Some(other) => return Err(instead(other)),
        None => return Err("x509: failed to parse EC private key: it is none".to_owned()),
    }
    let mut inside = der::read(content).map_or(content, |whole| whole.content);
    let version = take(&mut inside, 0x02).map_or(&[][..], |version| version.content);
    if version != [1] {
        let shown = version.last().copied().unwrap_or_default();
        return Err(format!("x509: unknown EC private key version {shown}"));
    }
    take(&mut inside, 0x04);
    let own = take(&mut inside, 0xa0).and_then(|own| der::read(own.content)).map(|own| own.content);
    let known = named.or(own).is_some_and(|curve| CURVES.contains(&curve));
    if known { Ok(()) } else { Err("x509: unknown elliptic curve".to_owned()) }
}

fn pkcs8(content: &[u8]) -> Result<(), String> {
    match outline(content) {
        Some("PKCS8") => {}
        Some(other) => return Err(instead(other)),
        None => return Err("asn1: it is no key".to_owned()),
    }
    let mut inside = der::read(content).map_or(content, |whole| whole.content);
    take(&mut inside, 0x02);
    let mut algorithm = take(&mut inside, 0x30).map_or(&[][..], |algorithm| algorithm.content);
    let name = take(&mut algorithm, 0x06).map_or(&[][..], |name| name.content);
    let key = take(&mut inside, 0x04).map_or(&[][..], |key| key.content);
    match name {
        OF_RSA => rsa(key).map_err(|why| format!("x509: failed to parse RSA private key embedded in PKCS#8: {why}")),
        OF_EC => {
            let curve = take(&mut algorithm, 0x06).map(|curve| curve.content);
            ec(key, curve).map_err(|why| format!("x509: failed to parse EC private key embedded in PKCS#8: {why}"))
        }
        OF_ED25519 | OF_X25519 => match der::read(key).filter(|seed| seed.tag == 0x04).map(|seed| seed.content.len()) {
            Some(32) => Ok(()),
            Some(length) if name == OF_ED25519 => Err(format!("x509: invalid Ed25519 private key length: {length}")),
            _ => Err("x509: invalid private key".to_owned()),
        },
        _ => Err("x509: PKCS#8 wrapping contained private key with unknown algorithm".to_owned()),
    }
}
