//! YAML in and out.

use super::json::{from_json, to_json};
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Map, Value};
use crate::chart::yaml::{self, Numbers};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("toYaml", &[Ty::Any], to_yaml).pass(),
    Func::new("toYamlPretty", &[Ty::Any], super::yamlpretty::to_yaml_pretty).pass(),
    Func::new("fromYaml", &[Ty::Str], from_yaml).pass(),
    Func::new("fromYamlArray", &[Ty::Str], from_yaml_array).pass(),
];

fn to_yaml(call: &mut Call<'_, '_, '_>) -> Outcome {
    let value = call.value(0);
    let text = call.run.known_or_called(("toYaml", 0), value, |run| {
        // Helm swallows the error of a value that JSON cannot hold.
        Ok(to_json(run, value)?.map_or_else(String::new, |json| yaml::to_yaml(&json)).into())
    });
    Ok(Value::Str(text?))
}

fn read(call: &Call<'_, '_, '_>) -> Result<serde_json::Value, String> {
    yaml::read(&call.text(0), Numbers::Float64)
        .map_err(|error| format!("error converting YAML to JSON: {}", error.in_go()))
}

/// What Go says of a document that is not what was asked for.
fn mismatch(json: &serde_json::Value, wanted: &str) -> String {
    let is = super::json::go_kind(json);
    format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {is} into Go value of type {wanted}")
}

fn from_yaml(call: &mut Call<'_, '_, '_>) -> Outcome {
    call.reading(call.bytes(0).len())?;
    let error = match read(call) {
        Ok(json @ serde_json::Value::Object(_)) => return Ok(from_json(&json)),
        Ok(serde_json::Value::Null) => return Ok(Value::Map(Map::from_iter([]))),
        Ok(other) => mismatch(&other, "map[string]interface {}"),
        Err(error) => error,
    };
    Ok(Value::Map(Map::from_iter([("Error".into(), error.into())])))
}

fn from_yaml_array(call: &mut Call<'_, '_, '_>) -> Outcome {
    call.reading(call.bytes(0).len())?;
    let error = match read(call) {
        Ok(json @ serde_json::Value::Array(_)) => return Ok(from_json(&json)),
        Ok(serde_json::Value::Null) => return Ok(super::lists::list(Vec::new())),
        Ok(other) => mismatch(&other, "[]interface {}"),
        Err(error) => error,
    };
    Ok(super::lists::list(vec![error.into()]))
}
