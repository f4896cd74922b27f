//! Planted secrets, and the search for them in whatever the program writes.
//!
//! All that is planted holds [`CORE`], so that one search finds each, in every form that it can take on its way: as it
//! is, in capitals, backwards, as base64, hexadecimal or percent-encoded, and any of these within another.

use std::collections::BTreeSet;

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What every planted secret holds.
pub const CORE: &str = "zK4n4ryQ7xW9vB2";

/// A planted secret, told apart by what it is.
pub fn canary(what: &str) -> String {
    format!("{what}-{CORE}-{what}")
}

/// What is searched for: the core in every form.
pub struct Canary(BTreeSet<Vec<u8>>);

impl Canary {
    /// The core's forms, up to one within another.
    pub fn planted() -> Self {
        Self::of(CORE)
    }

    /// Of a secret that the run itself made.
    pub fn of(secret: &str) -> Self {
        let once = forms(secret.as_bytes());
        let twice = once.iter().flat_map(|form| forms(form)).collect::<BTreeSet<_>>();
        Self(once.into_iter().chain(twice).filter(|form| form.len() >= secret.len().min(10)).collect())
    }

    /// Each form that is found in a text, with what stands around it.
    pub fn found_in(&self, text: &[u8]) -> Vec<String> {
        let around = |at: usize, form: &[u8]| {
            let end = (at + form.len() + 40).min(text.len());
            String::from_utf8_lossy(text.get(at.saturating_sub(40)..end).unwrap_or_default()).into_owned()
        };
        let found = self.0.iter().filter_map(|form| Some((memchr::memmem::find(text, form)?, form)));
        found.map(|(at, form)| format!("{}: …{}…", String::from_utf8_lossy(form), around(at, form))).collect()
    }

    /// # Panics
    /// Where a text holds it.
    pub fn must_not_be_in(&self, text: &[u8], whose: &str) {
        let found = self.found_in(text);
        assert!(found.is_empty(), "{whose} holds a planted secret:\n{}", found.join("\n"));
    }
}

fn forms(bytes: &[u8]) -> BTreeSet<Vec<u8>> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let mut forms = BTreeSet::from([
        bytes.to_vec(),
        bytes.to_ascii_lowercase(),
        bytes.to_ascii_uppercase(),
        bytes.iter().rev().copied().collect(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        percent.to_lowercase().into_bytes(),
        percent.into_bytes(),
    ]);
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        for shift in 0..3 {
            forms.insert(inner(&engine, bytes, shift));
        }
    }
    forms
}

/// The base64 of bytes that stand so many bytes after a multiple of three: what of it does not depend on what stands
/// around them.
fn inner(engine: &impl base64::Engine, bytes: &[u8], shift: usize) -> Vec<u8> {
    let mut padded = vec![0; shift];
    padded.extend_from_slice(bytes);
    let first = (shift * 4).div_ceil(3);
    let last = padded.len() * 4 / 3;
    let coded = engine.encode(padded).into_bytes();
    coded.get(first..last.min(coded.len())).unwrap_or_default().to_vec()
}

/// The search itself is searched for holes: each way in which a secret could be hidden is one that it finds.
#[test]
fn a_planted_secret_is_found_in_every_form() {
    use base64::Engine as _;

    let planted = Canary::planted();
    let whole = format!("before {} after", canary("token"));
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let base64 = |text: &str| STANDARD_NO_PAD.encode(text);
    let mut hidden = vec![whole.clone(), whole.to_lowercase(), whole.chars().rev().collect(), hex(&whole)];
    for shift in ["", "x", "xy"] {
        let text = format!("{shift}{whole}");
        hidden.extend([base64(&text), URL_SAFE_NO_PAD.encode(&text), base64(&base64(&text)), hex(&base64(&text))]);
        hidden.extend([base64(&hex(&text)), base64(&text).chars().rev().collect::<String>()]);
        let secret = serde_json::json!({"data": {"a": base64(&text)}}).to_string();
        hidden.push(base64(&secret));
    }
    for text in &hidden {
        assert!(!planted.found_in(text.as_bytes()).is_empty(), "{text}");
    }
    assert!(planted.found_in(b"a text without, and one that is cut: zK4n4ryQ7xW9").is_empty());
}
