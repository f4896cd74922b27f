//! Certificates, as sprig makes them: for a name, its addresses and other names, valid for some days.

use std::net::IpAddr;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use sha2::{Digest as _, Sha256};

use super::{Call, Outcome, der, keys::Key, pem, x509};
use crate::chart::outside::Outside;
use crate::chart::template::{Fault, Field, Object, Record, Value};

/// What a certificate and its key are in Go.
const TYPE: &str = "sprig.certificate";
/// So many steps does the making of a key count for, so that a loop of them ends.
const STEPS: u64 = 250_000;

/// What a certificate is for, as the functions' arguments say it.
pub(super) struct Wish {
    name: String,
    addresses: Vec<IpAddr>,
    names: Vec<String>,
    days: i64,
    is_authority: bool,
}

impl Wish {
    /// The arguments of `genCA`.
    pub fn authority(call: &Call<'_, '_, '_>) -> Self {
        Self {
            name: call.text(0).into_owned(),
            addresses: Vec::new(),
            names: Vec::new(),
            days: call.int(1),
            is_authority: true,
        }
    }

    /// The first four arguments of the others.
    pub fn leaf(call: &Call<'_, '_, '_>) -> Result<Self, Fault> {
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
        Ok(Self { name: call.text(0).into_owned(), addresses, names, days: call.int(3), is_authority: false })
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(list) => list.items(),
        _ => &[],
    }
}

/// The key for a certificate: the one that is given, or a new one.
pub(super) fn key_of(call: &mut Call<'_, '_, '_>, given: Option<usize>, outside: &dyn Outside) -> Result<Key, Fault> {
    call.run.step(STEPS)?;
    match given {
        Some(at) => Ok(Key::read(&call.text(at)).map_err(|why| format!("parsing private key: {why}"))?),
        None => Ok(Key::rsa(2048, outside).map_err(|why| format!("error generating rsa key: {why}"))?),
    }
}

/// A certificate that its own key signs.
pub(super) fn self_signed(wish: &Wish, key: &Key, outside: &dyn Outside) -> Outcome {
    issue(wish, key, None, outside)
}

/// A certificate that the authority of an argument signs.
pub(super) fn signed(wish: &Wish, key: &Key, authority: &Value, outside: &dyn Outside) -> Outcome {
    let part = |name: &str| match authority {
        Value::Object(object @ Object::Record(record)) if record.type_name == TYPE => match object.field(name) {
            Some(Value::Str(text)) => text.text().into_owned(),
            _ => String::new(),
        },
        _ => String::new(),
    };
    let Some((_, content)) = pem::decode(&part("Cert")) else {
        return Err("unable to decode certificate".into());
    };
    let Some(signer) = Signer::read(&content) else {
        return Err("error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate".into());
    };
    let signing = Key::read(&part("Key")).map_err(|why| format!("error parsing private key: {why}"))?;
    issue(wish, key, Some(&(signer, &signing)), outside)
}

/// `buildCustomCert`: a certificate and a key that are given, looked at.
pub(super) fn custom(call: &Call<'_, '_, '_>) -> Outcome {
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

/// What a certificate takes of the one that signs it.
struct Signer {
    /// Its name.
    subject: Vec<u8>,
    /// Its key's mark.
    mark: Option<Vec<u8>>,
}

const KEY_MARK: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x0e];

impl Signer {
    fn read(certificate: &[u8]) -> Option<Self> {
        let inner = der::read(der::read(certificate)?.content)?;
        let mut parts = der::all(inner.content)?.into_iter().peekable();
        parts.next_if(|part| part.tag == 0xa0)?;
        // Serial number, algorithm, issuer, validity.
        let subject = parts.nth(4)?.whole.to_vec();
        let extensions =
            parts.find(|part| part.tag == 0xa3).and_then(|part| der::all(der::read(part.content)?.content));
        let mark = extensions.unwrap_or_default().into_iter().find_map(|extension| {
            let parts = der::all(extension.content)?;
            let is_mark = parts.first()?.whole == KEY_MARK;
            is_mark.then(|| Some(der::read(parts.last()?.content)?.content.to_vec()))?
        });
        Some(Self { subject, mark })
    }
}

fn issue(wish: &Wish, key: &Key, signer: Option<&(Signer, &Key)>, outside: &dyn Outside) -> Outcome {
    let wrong = |why: String| Fault::from(format!("error creating certificate: {why}"));
    let subject = name(&wish.name);
    let public = key.public().map_err(wrong)?;
    let (issuer, signing) = match signer {
        Some((signer, signing)) => (signer.subject.clone(), *signing),
        None => (subject.clone(), key),
    };
    let parent_mark = signer.and_then(|(signer, _)| signer.mark.clone()).filter(|_| issuer != subject);
    let mut serial = [0; 16];
    outside.fill(&mut serial);
    let now = outside.now();
    let end = now.saturating_add(SignedDuration::from_hours(wish.days.saturating_mul(24).clamp(-1 << 40, 1 << 40)));
    let end = end.unwrap_or(Timestamp::MAX);
    let body = der::sequence(&[
        &der::tagged(0xa0, &der::integer(&[2])),
        &der::integer(&serial),
        &signing.algorithm(),
        &issuer,
        &der::sequence(&[&time(now), &time(end)]),
        &subject,
        &public,
        &der::tagged(0xa3, &extensions(wish, &public, parent_mark.as_deref())),
    ]);
    let signature = signing.sign(&body).map_err(wrong)?;
    let whole = der::sequence(&[&body, &signing.algorithm(), &der::bits(&signature, 0)]);
    Ok(value(pem::encode("CERTIFICATE", &whole), key.pem().map_err(wrong)?))
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
