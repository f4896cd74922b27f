//! The JSON Schemas of both files, generated from their types, for editors.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

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
    let settings = SchemaSettings::draft07().with_transform(RecursiveTransform(plain));
    let schema = settings.into_generator().into_root_schema_for::<T>();
    format!("{:#}\n", schema.as_value())
}

/// TOML has no null, and a description no line ends of its own.
fn plain(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| *choice != json!({"type": "null"}));
        if choices.len() == 1 {
            let only = Value::Array(std::mem::take(choices));
            object.remove("anyOf");
            object.insert("allOf".to_owned(), only);
        }
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.replace('\n', " ");
    }
}
