//! One sandbox and its chart → a release: values laid over each other, the chart rendered, its objects placed in the
//! sandbox's namespace, checked, labelled and hashed. Pure.

mod charts;
mod ignore;
mod lint;
mod objects;
mod values;

use std::collections::BTreeMap;

use serde_json::Value;

pub use charts::Charts;
pub use objects::{Copied, is_copy};

use crate::chart::{Capabilities, ReleaseInfo, RenderInput};
use crate::fleet::{Sandbox, SecretRef, Settings};
use crate::manifest::Release;

/// Why a sandbox has no release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What is wrong; of several lines where a place in a template is shown.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Fault {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// What all releases of a fleet are made from.
#[derive(Clone, Debug)]
pub struct Basis<'a> {
    /// The fleet's settings.
    pub settings: &'a Settings,
    /// The charts below `charts/`.
    pub charts: &'a Charts,
    /// The Secrets that are copied into every sandbox. Without a cluster each is a name alone.
    pub copied: &'a BTreeMap<SecretRef, Copied>,
}

/// A rendered sandbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// Its manifests.
    pub release: Release,
    /// What is left out of it and ought to be known, one line each.
    pub notes: Vec<String>,
}

/// Renders a sandbox.
///
/// # Errors
/// Where the chart, its values or what they make of each other cannot be used; the sandbox is then held.
pub fn render(sandbox: &Sandbox, basis: &Basis<'_>) -> Result<Rendered, Fault> {
    let chart = basis.charts.get(&sandbox.chart)?;
    let info = ReleaseInfo::install(&sandbox.name, &sandbox.namespace);
    let capabilities = Capabilities::default();
    let values: Value = values::merged(sandbox, basis, chart, &info)?;
    let input = RenderInput { release: &info, values: &values, capabilities: &capabilities };
    let rendered = chart.render(&input).map_err(|error| charts::fault(&sandbox.chart, &error))?;
    let mut notes = Vec::new();
    if !rendered.hooks.is_empty() {
        notes.push(format!("{} Helm hooks of chart {} are not run", rendered.hooks.len(), sandbox.chart));
    }
    let release = objects::release(sandbox, basis, rendered)?;
    Ok(Rendered { release, notes })
}
