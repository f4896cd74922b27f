//! A certificate that is there, taken apart.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

use super::der;

/// The parts of a certificate, each in DER.
pub(super) struct Issued<'b> {
    body: &'b [u8],
    issuer: &'b [u8],
    /// The two times, one after the other.
    pub validity: &'b [u8],
    pub subject: &'b [u8],
    /// Its public key.
    pub public: &'b [u8],
    /// The sequence of its extensions; empty where it has none.
    pub extensions: &'b [u8],
    signature: &'b [u8],
}

const KEY_MARK: u8 = 0x0e;
const PARENT_MARK: u8 = 0x23;

impl<'b> Issued<'b> {
    /// Reads one.
    pub fn read(certificate: &'b [u8]) -> Option<Self> {
        let outer = der::all(der::read(certificate)?.content)?;
        let body = outer.first()?;
        // The first byte says how many bits of the last one are not used.
        let signature = outer.get(2)?.content.get(1..)?;
        let mut parts = der::all(body.content)?.into_iter().peekable();
        parts.next_if(|part| part.tag == 0xa0)?;
        // Before it a serial number and how it is signed.
        let issuer = parts.nth(2)?.whole;
        let validity = parts.next()?.content;
        let subject = parts.next()?.whole;
        let public = parts.next()?.whole;
        let extensions = parts.find(|part| part.tag == 0xa3).map_or(&[][..], |part| part.content);
        Some(Self { body: body.whole, issuer, validity, subject, public, extensions, signature })
    }

    fn extension(&self, id: u8) -> Option<&'b [u8]> {
        let all = der::all(der::read(self.extensions)?.content)?;
        all.into_iter().find_map(|extension| {
            let parts = der::all(extension.content)?;
            (parts.first()?.whole == [0x06, 0x03, 0x55, 0x1d, id]).then_some(parts.last()?.content)
        })
    }

    /// What certificates that it signs know its key by.
    pub fn mark(&self) -> Option<Vec<u8>> {
        Some(der::read(self.extension(KEY_MARK)?)?.content.to_vec())
    }

    /// What it knows its signer's key by.
    pub fn parent_mark(&self) -> Option<Vec<u8>> {
        let inner = der::read(self.extension(PARENT_MARK)?)?.content;
        Some(der::read(inner)?.content.to_vec())
    }

    /// From when on it is valid.
    pub fn begin(&self) -> Option<Timestamp> {
        let begin = der::read(self.validity)?;
        let text = std::str::from_utf8(begin.content).ok()?;
        let century = match (begin.tag, text.get(..2)?.parse::<u8>().ok()?) {
            (0x17, 0..50) => "20",
            (0x17, _) => "19",
            _ => "",
        };
        let at = DateTime::strptime("%Y%m%d%H%M%SZ", format!("{century}{text}")).ok()?;
        Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }

    /// Whether the key of another one has signed it.
    pub fn is_signed_by(&self, signer: &Issued<'_>) -> bool {
        let verifies = || {
            let parts = der::all(der::read(signer.public)?.content)?;
            let key = parts.get(1)?.content.get(1..)?;
            let kind = der::read(parts.first()?.content)?.content;
            let algorithm: &'static dyn VerificationAlgorithm = match kind {
                super::keys::OF_EC => &signature::ECDSA_P256_SHA256_ASN1,
                super::keys::OF_ED25519 => &signature::ED25519,
                _ => &signature::RSA_PKCS1_2048_8192_SHA256,
            };
            UnparsedPublicKey::new(algorithm, key).verify(self.body, self.signature).ok()
        };
        self.issuer == signer.subject && verifies().is_some()
    }
}
