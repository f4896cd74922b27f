//! What a chart declares for the people who use its sandboxes: annotations of its Chart.yaml, YAML in each. A text that
//! holds `{{` is a template over the sandbox's values.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Basis, Charts, Fault, values};
use crate::chart::yaml::{self, Numbers};
use crate::chart::{Capabilities, ReleaseInfo, RenderInput};
use crate::fleet::Sandbox;

/// The service that is meant where none is named.
pub const SERVICE: &str = "reconcile.dev/service";
/// Who may log in, and where that is kept.
pub const CREDENTIALS: &str = "reconcile.dev/credentials";
/// How it is tested.
pub const TEST: &str = "reconcile.dev/test";

/// Which values name folders of a developer's checkout, under the profile `local`: a value's path, and the folder below
/// the top of the checkout.
pub const CHECKOUT: &str = "reconcile.dev/checkout";

/// The folders that a chart mounts from a checkout, by the path of the value that names each.
///
/// # Errors
/// Where there is no such chart, or it cannot be read.
pub fn checkout(charts: &Charts, chart: &str) -> Result<BTreeMap<String, String>, Fault> {
    let Some(text) = charts.get(chart)?.metadata().annotations.get(CHECKOUT) else { return Ok(BTreeMap::new()) };
    let wrong = |why: String| {
        Fault::new(
            format!("charts/{chart}/Chart.yaml, annotation {CHECKOUT}: {why}"),
            "charts/README.md says how it is written",
        )
    };
    let value = yaml::read(text, Numbers::Exact).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_value(value).map_err(|error| wrong(error.to_string()))
}

/// A login.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// To what.
    pub label: String,
    /// Behind the sandbox's address.
    #[serde(default)]
    pub path: Option<String>,
    /// The user, where that is no secret.
    #[serde(default)]
    pub user: Option<String>,
    /// The Secret that holds the rest.
    pub secret: String,
    /// What is shown, and the key of the Secret that it is in.
    pub keys: BTreeMap<String, String>,
}

/// A test: a program that is run in a pod of the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// In which service.
    pub service: String,
    /// In which container, where it is not the pod's main one.
    #[serde(default)]
    pub container: Option<String>,
    /// The program and its arguments; what somebody adds stands behind them.
    pub command: Vec<String>,
    /// What stands behind them where nobody adds anything.
    #[serde(default)]
    pub args: Vec<String>,
    /// How its output tells of single tests.
    #[serde(default)]
    pub log: LogForm,
}

/// How the output of a test tells of single tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogForm {
    /// Not in a way that can be read.
    #[default]
    Plain,
    /// As Odoo's log does.
    Odoo,
}

/// What the chart of a sandbox declares in an annotation; `None` where it has none.
///
/// # Errors
/// Where it cannot be read.
pub fn declared<T: DeserializeOwned>(sandbox: &Sandbox, basis: &Basis<'_>, name: &str) -> Result<Option<T>, Fault> {
    let chart = basis.charts.get(&sandbox.chart)?;
    let Some(text) = chart.metadata().annotations.get(name) else { return Ok(None) };
    let wrong = |why: &dyn std::fmt::Display| {
        Fault::new(
            format!("charts/{}/Chart.yaml, annotation {name}: {why}", sandbox.chart),
            "charts/README.md says how it is written",
        )
    };
    let text = if text.contains("{{") {
        let info = ReleaseInfo::install(&sandbox.name, &sandbox.namespace);
        let capabilities = Capabilities::default();
        let values = values::Layers::new(basis).merged(sandbox, chart, &info, &capabilities)?;
        let input = RenderInput { release: &info, values: &values, capabilities: &capabilities };
        chart.render_text(text, &input).map_err(|error| wrong(&error))?
    } else {
        text.clone()
    };
    let value: Value = yaml::read(&text, Numbers::Exact).map_err(|error| wrong(&error))?;
    serde_json::from_value(value).map(Some).map_err(|error| wrong(&error))
}
