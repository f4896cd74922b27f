//! One sandbox and its chart → a release: values laid over each other, the chart rendered, its objects placed in the
//! sandbox's namespace, checked, labelled and hashed. Pure.

mod account;
mod charts;
mod crds;
mod declared;
mod explain;
mod ignore;
mod kept;
mod lint;
mod objects;
mod quoted;
mod sleep;
mod tests;
mod values;

use std::collections::BTreeMap;

pub use crate::access::BINDING;
pub use account::is_account_binding;
pub use charts::Charts;
pub use declared::{CREDENTIALS, LogForm, Login, SERVICE, TEST, Test, checkout, declared};
pub use explain::{Explained, Layer, Line, Used};
pub use kept::Kept;
pub use objects::{Copied, is_copy};
pub use tests::{LABEL_TEST, TestObject};

use crate::chart::{Capabilities, Manner, Objects, ReleaseInfo, RenderInput, Stage};
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
    /// The releases that were made of these settings and charts before.
    pub kept: Option<&'a Kept>,
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
    Renderer::new(basis).render(sandbox)
}

/// The objects that are made when a sandbox is tested (`helm.sh/hook: test`), in their order. They are no part of its
/// release.
///
/// # Errors
/// As [`render()`].
pub fn tests(sandbox: &Sandbox, basis: &Basis<'_>) -> Result<Vec<TestObject>, Fault> {
    Renderer::new(basis).with_objects(sandbox, |objects| tests::tests(sandbox, objects))
}

/// Where the objects of a sandbox come from: each line, and each value that was looked at for it.
///
/// # Errors
/// As [`render()`].
pub fn explain(sandbox: &Sandbox, basis: &Basis<'_>) -> Result<Vec<Explained>, Fault> {
    let chart = basis.charts.get(&sandbox.chart)?;
    let (info, capabilities) = (ReleaseInfo::install(&sandbox.name, &sandbox.namespace), Capabilities::default());
    let mut layers = values::Layers::new(basis);
    let defaults = &basis.settings.defaults.values;
    let hidden = |fault, values: &[&serde_json::Map<String, serde_json::Value>]| quoted::without_secrets(fault, values);
    let values = layers
        .merged(sandbox, chart, &info, &capabilities)
        .map_err(|fault| hidden(fault, &[&sandbox.values, defaults]))?;
    let profile = layers.profile(sandbox, chart)?.clone();
    let input = RenderInput { release: &info, values: &values, capabilities: &capabilities };
    let manner = Manner { traced: true, ..Manner::default() };
    let of_chart = |error| {
        let fault = charts::fault(&sandbox.chart, &error);
        hidden(fault, &[chart.values(), values.as_object().unwrap_or(defaults)])
    };
    let texts = chart.texts_in(&input, &manner).map_err(of_chart)?;
    let objects = texts.objects().map_err(of_chart)?;
    let origins = explain::Origins { sandbox, settings: basis.settings, profile: &profile, chart };
    Ok(explain::explained(&texts, &objects, &origins))
}

/// Renders sandboxes one after another, and keeps what they have in common.
pub struct Renderer<'a> {
    basis: &'a Basis<'a>,
    layers: values::Layers<'a>,
    stages: BTreeMap<String, Stage<'a>>,
    definitions: crds::Definitions,
}

impl<'a> Renderer<'a> {
    /// Of one fleet.
    pub fn new(basis: &'a Basis<'a>) -> Self {
        Self {
            basis,
            layers: values::Layers::new(basis),
            stages: BTreeMap::new(),
            definitions: crds::Definitions::default(),
        }
    }

    /// Renders a sandbox, asleep where its file says so.
    ///
    /// # Errors
    /// As [`render()`].
    pub fn render(&mut self, sandbox: &Sandbox) -> Result<Rendered, Fault> {
        self.render_as(sandbox, sandbox.asleep)
    }

    /// Renders a sandbox, asleep or awake.
    ///
    /// # Errors
    /// As [`render()`].
    pub fn render_as(&mut self, sandbox: &Sandbox, asleep: bool) -> Result<Rendered, Fault> {
        let basis = self.basis;
        if let Some(rendered) = basis.kept.and_then(|kept| kept.find(sandbox, asleep, basis.copied)) {
            return Ok(rendered);
        }
        let rendered = self.with_objects(sandbox, |objects| {
            let notes = objects.warnings.clone();
            let release = objects::release(sandbox, basis, objects, asleep)?;
            Ok(Rendered { release, notes })
        })?;
        if let Some(kept) = basis.kept {
            kept.keep(sandbox, asleep, basis.copied, &rendered);
        }
        Ok(rendered)
    }

    fn with_objects<T>(
        &mut self,
        sandbox: &Sandbox,
        make: impl FnOnce(Objects<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let charts: &'a Charts = self.basis.charts;
        let chart = charts.get(&sandbox.chart)?;
        let new = || Stage::new(chart, Capabilities::default());
        let stage = self.stages.entry(sandbox.chart.clone()).or_insert_with(new);
        let info = ReleaseInfo::install(&sandbox.name, &sandbox.namespace);
        let defaults = &self.basis.settings.defaults.values;
        let values = self
            .layers
            .merged(sandbox, chart, &info, stage.capabilities())
            .map_err(|fault| quoted::without_secrets(fault, &[&sandbox.values, defaults]))?;
        let fault = |error| {
            let fault = charts::fault(&sandbox.chart, &error);
            quoted::without_secrets(fault, &[chart.values(), values.as_object().unwrap_or(defaults)])
        };
        let texts = stage.texts(&info, &values).map_err(fault)?;
        let mut objects = texts.objects().map_err(fault)?;
        objects.crds = self.definitions.of(texts.crds())?;
        make(objects)
    }
}
