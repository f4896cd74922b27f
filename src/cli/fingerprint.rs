//! The key of the fingerprints: the environment's, else one drawn for this run alone.

use std::ffi::OsStr;

use rand::RngCore as _;

use super::failure::{Exit, Failure};
use crate::report::FingerprintKey;

/// Where a team keeps a key of its own, so that the fingerprints of two runs can be compared.
const VARIABLE: &str = "RECONCILE_FINGERPRINT_KEY";

/// The key of this run.
///
/// # Errors
/// Where the environment has one that is too short.
pub(super) fn key() -> Result<FingerprintKey, Failure> {
    of(std::env::var_os(VARIABLE).as_deref())
}

/// Empty is as good as not set: a CI that has no such secret passes it on so.
fn of(given: Option<&OsStr>) -> Result<FingerprintKey, Failure> {
    let mut drawn = [0; 32];
    let bytes = match given.map(OsStr::as_encoded_bytes) {
        Some(bytes) if !bytes.is_empty() => bytes,
        _ => {
            rand::rng().fill_bytes(&mut drawn);
            &drawn
        }
    };
    FingerprintKey::new(bytes).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("{VARIABLE} cannot be used: {error}"),
            "make one with `openssl rand -hex 32`, or leave it out: each run then draws its own",
        )
    })
}
