//! The JSON Schemas of both files, generated from their types, for editors.

use schemars::{JsonSchema, generate::SchemaSettings};

use super::sandbox::SandboxFile;
use super::settings::Settings;

/// The schema of `fleet.toml`, as its file has it.
pub fn fleet_schema() -> String {
    schema_of::<Settings>()
}

/// The schema of a sandbox's file, as its file has it.
pub fn sandbox_schema() -> String {
    schema_of::<SandboxFile>()
}

fn schema_of<T: JsonSchema>() -> String {
    // Draft 7 is what editors' TOML plugins (taplo) read.
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
    format!("{:#}\n", schema.as_value())
}
