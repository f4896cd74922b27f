//! What Helm reads of a document to tell hooks from objects and to put them in order, and what it says where it cannot.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    json_type::Misfit,
    load::{converting, decoding},
    yaml::{self, Numbers},
};

/// The head of a document.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub kind: String,
    /// As they are spelt.
    pub annotations: BTreeMap<String, String>,
}

const METADATA: &str =
    r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#;

impl Head {
    /// Reads a document.
    ///
    /// # Errors
    /// What Helm puts behind `YAML parse error on FILE: `.
    pub fn read(text: &str) -> Result<Self, String> {
        let value = yaml::read(text, Numbers::Spelt).map_err(|error| converting(&error.in_go()))?;
        Self::of(&value).map_err(|problem| decoding(&problem))
    }

    fn of(value: &Value) -> Result<Self, String> {
        let mut misfit = Misfit::default();
        let mut head = Self::default();
        match value {
            Value::Null => {}
            Value::Object(map) => {
                for (key, value) in map {
                    match key.to_ascii_lowercase().as_str() {
                        "apiversion" => drop(misfit.text(value, "SimpleHead.apiVersion")),
                        "kind" => {
                            if let Some(kind) = misfit.text(value, "SimpleHead.kind") {
                                head.kind = kind;
                            }
                        }
                        "metadata" => head.metadata(value, &mut misfit),
                        _ => {}
                    }
                }
            }
            other => misfit.whole(other, "releaseutil.SimpleHead"),
        }
        misfit.done().map(|()| head)
    }

    fn metadata(&mut self, value: &Value, misfit: &mut Misfit) {
        let map = match value {
            Value::Null => return self.annotations.clear(),
            Value::Object(map) => map,
            other => return misfit.field(other, "SimpleHead.metadata", METADATA),
        };
        for (key, value) in map {
            match (key.to_ascii_lowercase().as_str(), value) {
                ("name", value) => drop(misfit.text(value, ".metadata.name")),
                ("annotations", Value::Null) => self.annotations.clear(),
                ("annotations", Value::Object(map)) => {
                    for (key, value) in map {
                        let text = misfit.text(value, ".metadata.annotations").unwrap_or_default();
                        self.annotations.insert(key.clone(), text);
                    }
                }
                ("annotations", other) => misfit.field(other, ".metadata.annotations", "map[string]string"),
                _ => {}
            }
        }
    }
}
