//! What the charts declare for the people who use their sandboxes.

use serde::de::DeserializeOwned;

use super::desired::Desired;
use super::failure::{Exit, Failure};
use super::render::only_named;
use crate::release;

/// The service that is meant where none is named.
///
/// # Errors
/// Where the chart's declaration cannot be read.
pub fn service(desired: &Desired, name: &str) -> Result<Option<String>, Failure> {
    declared(desired, name, release::SERVICE)
}

/// Its logins; none where the chart declares none, or no file that can be read asks for the sandbox.
///
/// # Errors
/// As [`service`].
pub fn logins(desired: &Desired, name: &str) -> Result<Vec<release::Login>, Failure> {
    declared(desired, name, release::CREDENTIALS).map(Option::unwrap_or_default)
}

/// Its test.
///
/// # Errors
/// As [`service`].
pub fn test(desired: &Desired, name: &str) -> Result<Option<release::Test>, Failure> {
    declared(desired, name, release::TEST)
}

fn declared<T: DeserializeOwned>(desired: &Desired, name: &str, annotation: &str) -> Result<Option<T>, Failure> {
    let Some(sandbox) = desired.fleet.sandboxes.get(name) else { return Ok(None) };
    let copied = only_named(&desired.fleet.settings);
    release::declared(sandbox, &desired.basis(&copied), annotation)
        .map_err(|fault| Failure::new(Exit::Failed, fault.message, fault.hint))
}
