//! The logins of a sandbox, with what is secret of them. They go to whoever asked for them, and nowhere else: they can be
//! neither logged nor compared.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// The version of the JSON.
pub const LOGINS_VERSION: u32 = 1;

/// The logins of a sandbox.
#[derive(Serialize, JsonSchema)]
pub struct Logins {
    /// The version of this format; readers should refuse one that they do not know.
    pub version: u32,
    /// The sandbox's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The logins, in the order of the chart.
    pub logins: Vec<Login>,
}

/// A login.
#[derive(Serialize, JsonSchema)]
pub struct Login {
    /// To what.
    pub label: String,
    /// Where, when the sandbox has a host.
    pub url: Option<String>,
    /// What the chart names: `user`, `password`.
    pub values: BTreeMap<String, String>,
}

/// The JSON Schema of [`Logins`], kept in `src/report/credentials.schema.json`.
pub fn logins_schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Logins>()
}
