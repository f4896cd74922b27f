//! Private keys: made, read and written as Go does, and what they sign.

use p256::ecdsa::signature::Signer as _;
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _};
use rsa::signature::SignatureEncoding as _;

use super::{der, pem};
use crate::chart::generated::KeyKind;
use crate::chart::outside::Outside;

/// A private key.
pub(super) enum Key {
    Rsa(Box<RsaPrivateKey>),
    Ec(Box<p256::ecdsa::SigningKey>),
    /// Its seed.
    Ed([u8; 32]),
}

pub(super) const OF_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
pub(super) const OF_ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
const ECDSA_SHA256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const RSA_SHA256: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00];
const EC: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

impl Key {
    /// A new key.
    pub fn new(kind: KeyKind, outside: &dyn Outside) -> Result<Self, String> {
        Ok(match kind {
            KeyKind::Rsa(bits) => {
                let key = RsaPrivateKey::new(&mut Chance(outside), bits);
                Self::Rsa(Box::new(key.map_err(|error| error.to_string())?))
            }
            KeyKind::Ecdsa => Self::Ec(Box::new(p256::ecdsa::SigningKey::random(&mut Chance(outside)))),
            KeyKind::Ed25519 => {
                let mut seed = [0; 32];
                outside.fill(&mut seed);
                Self::Ed(seed)
            }
            KeyKind::Dsa => return Err("such keys are of no use any more".to_owned()),
        })
    }

    /// Reads a key.
    pub fn read(text: &str) -> Result<Self, String> {
        let Some((kind, content)) = pem::decode(text) else {
            return Err("no PEM data in input".to_owned());
        };
        let rsa = |key| Self::Rsa(Box::new(key));
        match kind.as_str() {
            "PRIVATE KEY" => {
                pkcs8(&content).ok_or_else(|| "decoding PEM as PKCS#8: the key is of no kind that is known".to_owned())
            }
            "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(&content)
                .map(rsa)
                .map_err(|error| format!("parsing RSA private key from PEM: {error}")),
            "EC PRIVATE KEY" => {
                sec1(&content).ok_or_else(|| "parsing EC private key from PEM: it is not of the curve P-256".to_owned())
            }
            other => match other.strip_suffix(" PRIVATE KEY") {
                Some(other) => Err(format!("invalid private key type {other}")),
                None => Err(format!("no private key data in PEM block of type {other}")),
            },
        }
    }

    /// Whether it is an RSA key of PKCS #1.
    pub fn is_rsa(content: &[u8]) -> bool {
        RsaPrivateKey::from_pkcs1_der(content).is_ok()
    }

    /// The key as Go writes it.
    pub fn pem(&self) -> Result<String, String> {
        Ok(match self {
            Self::Rsa(key) => {
                let content = key.to_pkcs1_der().map_err(|error| error.to_string())?;
                pem::encode("RSA PRIVATE KEY", content.as_bytes())
            }
            Self::Ec(key) => {
                let public = key.verifying_key().to_encoded_point(false);
                let content = der::sequence(&[
                    &der::integer(&[1]),
                    &der::tagged(0x04, &key.to_bytes()),
                    &der::tagged(0xa0, P256),
                    &der::tagged(0xa1, &der::bits(public.as_bytes(), 0)),
                ]);
                pem::encode("EC PRIVATE KEY", &content)
            }
            Self::Ed(seed) => {
                let inner = der::tagged(0x04, seed);
                let content =
                    der::sequence(&[&der::integer(&[]), &der::sequence(&[ED25519]), &der::tagged(0x04, &inner)]);
                pem::encode("PRIVATE KEY", &content)
            }
        })
    }

    /// The public key, as a certificate holds it.
    pub fn public(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Rsa(key) => key
                .to_public_key()
                .to_public_key_der()
                .map(rsa::pkcs8::Document::into_vec)
                .map_err(|error| error.to_string()),
            Self::Ec(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                Ok(der::sequence(&[&der::sequence(&[EC, P256]), &der::bits(point.as_bytes(), 0)]))
            }
            Self::Ed(seed) => {
                let pair = ed_pair(seed)?;
                let public = ring::signature::KeyPair::public_key(&pair);
                Ok(der::sequence(&[&der::sequence(&[ED25519]), &der::bits(public.as_ref(), 0)]))
            }
        }
    }

    /// How it signs, as a certificate names it.
    pub fn algorithm(&self) -> Vec<u8> {
        der::sequence(&[match self {
            Self::Rsa(_) => RSA_SHA256,
            Self::Ec(_) => ECDSA_SHA256,
            Self::Ed(_) => ED25519,
        }])
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        Ok(match self {
            Self::Rsa(key) => {
                let signer = rsa::pkcs1v15::SigningKey::<rsa::sha2::Sha256>::new((**key).clone());
                signer.try_sign(message).map_err(|error| error.to_string())?.to_vec()
            }
            Self::Ec(key) => {
                let signature: p256::ecdsa::DerSignature = key.try_sign(message).map_err(|error| error.to_string())?;
                signature.as_bytes().to_vec()
            }
            Self::Ed(seed) => ed_pair(seed)?.sign(message).as_ref().to_vec(),
        })
    }
}

fn ed_pair(seed: &[u8; 32]) -> Result<ring::signature::Ed25519KeyPair, String> {
    ring::signature::Ed25519KeyPair::from_seed_unchecked(seed).map_err(|error| error.to_string())
}

fn sec1(content: &[u8]) -> Option<Key> {
    let parts = der::all(der::read(content)?.content)?;
    let scalar = parts.get(1).filter(|part| part.tag == 0x04)?.content;
    Some(Key::Ec(Box::new(p256::ecdsa::SigningKey::from_slice(scalar).ok()?)))
}

fn pkcs8(content: &[u8]) -> Option<Key> {
    if let Ok(key) = RsaPrivateKey::from_pkcs8_der(content) {
        return Some(Key::Rsa(Box::new(key)));
    }
    let parts = der::all(der::read(content)?.content)?;
    let inner = parts.get(2).filter(|part| part.tag == 0x04)?.content;
    if parts.get(1)?.content == ED25519 {
        return der::read(inner)?.content.try_into().ok().map(Key::Ed);
    }
    sec1(inner)
}

/// Chance, for the crates that make keys.
struct Chance<'o>(&'o dyn Outside);

impl rsa::rand_core::RngCore for Chance<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for Chance<'_> {}
