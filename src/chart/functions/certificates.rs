//! Certificates, as sprig makes them: for a name, its addresses and other names, valid for some days.

use std::net::IpAddr;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use sha2::{Digest as _, Sha256};

use super::{Call, Outcome, der, issued::Issued, keys::Key, pem, x509};
use crate::chart::generated::{self, KeyKind, Made, RandomKind, Signer, Wish};
use crate::chart::outside::Outside;
use crate::chart::template::{Fault, Field, Object, Record, Value};

/// What a certificate and its key are in Go.
pub(super) const TYPE: &str = "sprig.certificate";
/// So many steps does the making of a key count for, so that a loop of them ends.
const STEPS: u64 = 250_000;
/// So many certificates may sign one another.
const LONGEST_CHAIN: usize = 8;

/// The arguments of `genCA`.
pub(super) fn authority(call: &Call<'_, '_, '_>) -> Result<Wish, Fault> {
    let name = call.text(0).into_owned();
    Ok(Wish { name, addresses: Vec::new(), names: Vec::new(), days: call.int(1), is_authority: true })
}

/// The first four arguments of the others.
pub(super) fn leaf(call: &Call<'_, '_, '_>) -> Result<Wish, Fault> {
    let printed = |value| call.printed(value).map(|text| String::from_utf8_lossy(&text).into_owned());
    let mut addresses = Vec::new();
    for item in items(call.value(1)) {
        let Value::Str(text) = item else {
            return Err(format!("error parsing ip: {} is not a string", printed(item)?).into());
        };
        let text = text.text();
        addresses.push(text.parse().map_err(|_| Fault::from(format!("error parsing ip: {text}")))?);
    }
    let mut names = Vec::new();
    for item in items(call.value(2)) {
        let Value::Str(text) = item else {
            return Err(format!("error processing alternate dns name: {} is not a string", printed(item)?).into());
        };
        names.push(text.text().into_owned());
    }
    Ok(Wish { name: call.text(0).into_owned(), addresses, names, days: call.int(3), is_authority: false })
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(list) => list.items(),
        _ => &[],
    }
}

/// Where a function's arguments have a key, and a certificate that signs.
#[derive(Clone, Copy, Default)]
pub(super) struct Places {
    pub key: Option<usize>,
    pub signer: Option<usize>,
}

/// A certificate and its key: made where the render may ask chance, else words that stand for them.
pub(super) fn pair(
    call: &mut Call<'_, '_, '_>,
    wish: fn(&Call<'_, '_, '_>) -> Result<Wish, Fault>,
    places: Places,
) -> Outcome {
    call.run.step(STEPS)?;
    let Some(outside) = call.run.session.outside() else {
        return promised(call, wish, places);
    };
    let key = match places.key {
        Some(at) => Key::read(&call.text(at)).map_err(|why| format!("parsing private key: {why}"))?,
        None => {
            Key::new(generated::CERTIFICATE_KEY, &*outside).map_err(|why| format!("error generating rsa key: {why}"))?
        }
    };
    let wish = wish(call)?;
    let signer = places.signer.map(|at| fixed_signer(&signer_of(call.value(at)))).transpose()?;
    let cert = issue(&wish, &key, signer.as_ref(), &*outside)?;
    let key = key.pem().map_err(|why| format!("error creating certificate: {why}"))?;
    Ok(value(cert, key))
}

/// The same as tokens.
fn promised(
    call: &mut Call<'_, '_, '_>,
    wish: fn(&Call<'_, '_, '_>) -> Result<Wish, Fault>,
    places: Places,
) -> Outcome {
    let tokens = &call.run.session.tokens;
    let looks = |(at, arg): (usize, &Value)| places.key != Some(at) && tokens.are_in_value(arg, generated::DEEP);
    if call.args.iter().enumerate().any(looks) {
        return Err(generated::refusal(call.name));
    }
    let key = places.key.map(|at| call.text(at).into_owned());
    match &key {
        Some(key) if tokens.are_in(key.as_bytes()) => {
            let signs = |kind: &RandomKind| match kind {
                RandomKind::Key(kind) => *kind != KeyKind::Dsa,
                kind => *kind == RandomKind::CertificateKey,
            };
            if !tokens.is_one(key, signs) {
                return Err("parsing private key: what is generated there is no key that can sign".into());
            }
        }
        Some(key) => drop(Key::read(key).map_err(|why| format!("parsing private key: {why}"))?),
        None => {}
    }
    let wish = wish(call)?;
    let signer = places.signer.map(|at| signer_of(call.value(at)));
    if let Some(signer) = &signer {
        if tokens.signers(&signer.cert) >= LONGEST_CHAIN {
            return Err(Fault::bound(format!("more than {LONGEST_CHAIN} certificates sign one another")));
        }
        // What is fixed is looked at now.
        if !tokens.are_in(signer.cert.as_bytes()) {
            signer_cert(&signer.cert)?;
        }
        if !tokens.are_in(signer.key.as_bytes()) {
            signer_key(&signer.key)?;
        }
    }
    let tokens = &mut call.run.session.tokens;
    let key = key.unwrap_or_else(|| tokens.random(RandomKind::CertificateKey));
    let cert = tokens.made(Made::Certificate { wish, key: key.clone(), signer });
    Ok(value(cert, key))
}

/// The certificate and the key of an argument; empty where it has none.
fn signer_of(value: &Value) -> Signer<String> {
    let part = |name: &str| match value {
        Value::Object(object @ Object::Record(record)) if record.type_name == TYPE => match object.field(name) {
            Some(Value::Str(text)) => text.text().into_owned(),
            _ => String::new(),
        },
        _ => String::new(),
    };
    Signer { cert: part("Cert"), key: part("Key") }
}

/// What a certificate takes of the one that signs it.
struct Signing {
    /// Its name.
    subject: Vec<u8>,
    /// Its key's mark.
    mark: Option<Vec<u8>>,
    key: Key,
}

fn fixed_signer(signer: &Signer<String>) -> Result<Signing, Fault> {
    let content = signer_cert(&signer.cert)?;
    let key = signer_key(&signer.key)?;
    let read = Issued::read(&content).map(|cert| (cert.subject.to_vec(), cert.mark()));
    let (subject, mark) = read.unwrap_or_default();
    Ok(Signing { subject, mark, key })
}

fn signer_cert(cert: &str) -> Result<Vec<u8>, Fault> {
    let Some((_, content)) = pem::decode(cert) else {
        return Err("unable to decode certificate".into());
    };
    match Issued::read(&content) {
        Some(_) => Ok(content),
        None => Err("error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate".into()),
    }
}

fn signer_key(key: &str) -> Result<Key, Fault> {
    Ok(Key::read(key).map_err(|why| format!("error parsing private key: {why}"))?)
}

/// A certificate of texts.
pub(super) fn certificate(
    wish: &Wish,
    key: &str,
    signer: Option<&Signer<String>>,
    outside: &dyn Outside,
) -> Result<String, Fault> {
    let key = Key::read(key).map_err(|why| format!("parsing private key: {why}"))?;
    let signer = signer.map(fixed_signer).transpose()?;
    issue(wish, &key, signer.as_ref(), outside)
}

/// Whether a certificate is as it is wished, of what is known of its key and of its signer, and valid still.
pub(super) fn fits(wish: &Wish, cert: &str, made: (Option<&str>, Option<&str>), now: Timestamp) -> bool {
    let Some((_, content)) = pem::decode(cert) else { return false };
    let Some(cert) = Issued::read(&content) else { return false };
    let (key, signer) = made;
    let wanted = extensions(wish, cert.public, cert.parent_mark().as_deref());
    let Some(begin) = cert.begin() else { return false };
    let is_as_wished = cert.subject == name(&wish.name)
        && cert.extensions == wanted
        && cert.validity == [time(begin), time(end(begin, wish.days))].concat()
        && now < end(begin, wish.days);
    let of_key = |key: &str| Key::read(key).and_then(|key| key.public()).is_ok_and(|public| public == cert.public);
    let of_signer = |signer: &str| {
        let content = pem::decode(signer).map(|(_, content)| content).unwrap_or_default();
        Issued::read(&content).is_some_and(|signer| cert.is_signed_by(&signer))
    };
    is_as_wished && key.is_none_or(of_key) && signer.is_none_or(of_signer)
}

/// `buildCustomCert`: a certificate and a key that are given, looked at.
pub(super) fn custom(call: &Call<'_, '_, '_>) -> Outcome {
    let tokens = &call.run.session.tokens;
    if tokens.are_in(call.bytes(0)) || tokens.are_in(call.bytes(1)) {
        let given = |at: usize| tokens.decoded(&call.text(at)).filter(|text| tokens.is_pem(text));
        return given(0).zip(given(1)).map(|(cert, key)| value(cert, key)).ok_or_else(|| generated::refusal(call.name));
    }
    let given =
        |at: usize| STANDARD.decode(call.bytes(at)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let cert = given(0).ok_or("unable to decode base64 certificate")?;
    let key = given(1).ok_or("unable to decode base64 private key")?;
    let (_, content) = pem::decode(&cert).ok_or("unable to decode certificate")?;
    x509::certificate(&content).map_err(|why| format!("error parsing certificate: decodedCert.Bytes: {why}"))?;
    let (kind, content) = pem::decode(&key).ok_or("error parsing private key: no PEM data in input")?;
    x509::key(&kind, &content).map_err(|why| format!("error parsing private key: {why}"))?;
    Ok(value(cert, key))
}

fn value(cert: String, key: String) -> Value {
    let field = |name, text: String| Field { name, json: "", omit_empty: false, value: text.into() };
    Value::Object(Object::Record(Rc::new(Record {
        type_name: TYPE,
        fields: vec![field("Cert", cert), field("Key", key)],
        methods: &[],
        text: None,
        text_is_json: false,
    })))
}

fn issue(wish: &Wish, key: &Key, signer: Option<&Signing>, outside: &dyn Outside) -> Result<String, Fault> {
    let wrong = |why: String| Fault::from(format!("error creating certificate: {why}"));
    let subject = name(&wish.name);
    let public = key.public().map_err(wrong)?;
    let (issuer, signing) = match signer {
        Some(signer) => (signer.subject.clone(), &signer.key),
        None => (subject.clone(), key),
    };
    let parent_mark = signer.and_then(|signer| signer.mark.clone()).filter(|_| issuer != subject);
    let mut serial = [0; 16];
    outside.fill(&mut serial);
    let now = outside.now();
    let body = der::sequence(&[
        &der::tagged(0xa0, &der::integer(&[2])),
        &der::integer(&serial),
        &signing.algorithm(),
        &issuer,
        &der::sequence(&[&time(now), &time(end(now, wish.days))]),
        &subject,
        &public,
        &der::tagged(0xa3, &extensions(wish, &public, parent_mark.as_deref())),
    ]);
    let signature = signing.sign(&body).map_err(wrong)?;
    let whole = der::sequence(&[&body, &signing.algorithm(), &der::bits(&signature, 0)]);
    Ok(pem::encode("CERTIFICATE", &whole))
}

fn end(begin: Timestamp, days: i64) -> Timestamp {
    let days = SignedDuration::from_hours(days.saturating_mul(24).clamp(-1 << 40, 1 << 40));
    begin.saturating_add(days).unwrap_or(Timestamp::MAX)
}

/// A name that is a common name alone.
fn name(common: &str) -> Vec<u8> {
    if common.is_empty() {
        return der::sequence(&[]);
    }
    let printable = |b: u8| b.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(&b);
    let tag = if common.bytes().all(printable) { 0x13 } else { 0x0c };
    let pair = der::sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &der::tagged(tag, common.as_bytes())]);
    der::sequence(&[&der::tagged(0x31, &pair)])
}

fn time(at: Timestamp) -> Vec<u8> {
    let at = at.to_zoned(TimeZone::UTC);
    let short = (1950..2050).contains(&at.year());
    let text = at.strftime(if short { "%y%m%d%H%M%SZ" } else { "%Y%m%d%H%M%SZ" }).to_string();
    der::tagged(if short { 0x17 } else { 0x18 }, text.as_bytes())
}

fn extensions(wish: &Wish, public: &[u8], parent_mark: Option<&[u8]>) -> Vec<u8> {
    let extension = |id: u8, critical: bool, content: &[u8]| {
        let critical: &[u8] = if critical { &[0x01, 0x01, 0xff] } else { &[] };
        der::sequence(&[&[0x06, 0x03, 0x55, 0x1d, id], critical, &der::tagged(0x04, content)])
    };
    let purpose = |last: u8| [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, last];
    let uses: (u8, u8) = if wish.is_authority { (0xa4, 2) } else { (0xa0, 5) };
    let is_authority: &[u8] = if wish.is_authority { &[0x01, 0x01, 0xff] } else { &[] };
    let mut all = vec![
        extension(0x0f, true, &der::bits(&[uses.0], uses.1)),
        extension(0x25, false, &der::sequence(&[&purpose(1), &purpose(2)])),
        extension(0x13, true, &der::sequence(&[is_authority])),
    ];
    if wish.is_authority {
        let mark = Sha256::digest(public);
        all.push(extension(0x0e, false, &der::tagged(0x04, mark.get(..20).unwrap_or_default())));
    }
    if let Some(mark) = parent_mark {
        all.push(extension(0x23, false, &der::sequence(&[&der::tagged(0x80, mark)])));
    }
    let mut names: Vec<Vec<u8>> = wish.names.iter().map(|name| der::tagged(0x82, name.as_bytes())).collect();
    names.extend(wish.addresses.iter().map(|address| match address {
        IpAddr::V4(address) => der::tagged(0x87, &address.octets()),
        IpAddr::V6(address) => der::tagged(0x87, &address.octets()),
    }));
    if !names.is_empty() {
        all.push(extension(0x11, wish.name.is_empty(), &der::tagged(0x30, &names.concat())));
    }
    der::tagged(0x30, &all.concat())
}
