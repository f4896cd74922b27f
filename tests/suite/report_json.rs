//! JSON, as programs read it.

use insta::{assert_json_snapshot, assert_snapshot};
use reconcile::plan::{Action, Outcome};
use reconcile::report::json;
use serde_json::Value;

use super::report_plans::{every_action, every_result, plan, sandbox};
use super::schemas::assert_current;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn every_action_in_json() {
    assert_json_snapshot!(json::plan(&every_action(), None));
}

#[test]
fn an_outcome_stands_beside_its_sandbox() {
    let json = serde_json::to_value(json::plan(&every_action(), Some(&every_result()))).expect("JSON");
    let results: Vec<String> = json["sandboxes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| format!("{}: {}", s["name"], s.get("result").unwrap_or(&Value::Null)))
        .collect();
    assert_snapshot!(results.join("\n"));
}

#[test]
fn the_promised_keys_are_always_there() {
    let plan = plan(vec![sandbox("bare", Action::Keep, "nothing differs")]);
    let json = serde_json::to_value(json::plan(&plan, None)).expect("JSON");
    for key in ["version", "fleet", "commit", "now", "summary", "sandboxes", "warnings"] {
        assert!(keys(&json).contains(&key), "{key}");
    }
    for key in ["name", "namespace", "action", "reason", "expires", "steps"] {
        assert!(keys(&json["sandboxes"][0]).contains(&key), "{key}");
    }
    assert_eq!(keys(&json["summary"]).len(), 11);
    assert_eq!(json["summary"]["keep"], 1);
    assert_eq!(json["summary"]["create"], 0);
}

#[test]
fn waits_and_bookkeeping_are_not_changes() {
    let json = json::plan(&every_action(), None);
    let main = json.sandboxes.iter().find(|s| s.name == "main").expect("main");
    let kinds: Vec<&str> = main.steps.iter().map(|s| s.kind.as_str()).collect();
    assert_eq!(kinds, ["Namespace", "ResourceQuota", "Secret", "Deployment"]);
}

#[test]
fn a_change_of_the_record_alone_is_shown() {
    let mut plan = every_action();
    plan.sandboxes.retain(|s| s.name == "main");
    plan.sandboxes.iter_mut().for_each(|s| s.steps.retain(|step| step.quiet));
    let json = json::plan(&plan, None);
    let kinds: Vec<&str> = json.sandboxes.iter().flat_map(|s| &s.steps).map(|s| s.kind.as_str()).collect();
    assert_eq!(kinds, ["Namespace"]);
}

#[test]
fn a_secret_is_in_neither_form() {
    let (plan, outcome) = (every_action(), every_result());
    let json = serde_json::to_string(&json::plan(&plan, Some(&outcome))).expect("JSON");
    for secret in ["aHVudGVyMg", "c2VjcmV0"] {
        assert!(!json.contains(secret));
    }
    assert!(json.contains("<hidden "));
}

#[test]
fn the_schema_is_current() {
    let current = serde_json::to_string_pretty(&json::schema()).expect("JSON");
    assert_current("src/report/plan.schema.json", &format!("{current}\n"));
}

/// What is written is what the schema says, as far as names and presence go.
#[test]
fn what_is_written_fits_the_schema() {
    let schema = serde_json::to_value(json::schema()).expect("JSON");
    let written = serde_json::to_value(json::plan(&every_action(), Some(&every_result()))).expect("JSON");
    fits(&written, &schema, &schema);
    let empty = json::plan(&plan(Vec::new()), Some(&Outcome { sandboxes: Vec::new() }));
    fits(&serde_json::to_value(empty).expect("JSON"), &schema, &schema);
}

/// A checker of the few keywords that the schema uses.
fn fits(value: &Value, schema: &Value, root: &Value) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).expect("a definition");
        return fits(value, target, root);
    }
    if let Some(options) = schema["anyOf"].as_array() {
        let is_null = |option: &&Value| option["type"] == "null";
        return match value {
            Value::Null => assert!(options.iter().any(|o| is_null(&o)), "{schema}"),
            _ => options.iter().filter(|o| !is_null(o)).for_each(|o| fits(value, o, root)),
        };
    }
    if let Some(names) = schema["oneOf"].as_array() {
        assert!(names.iter().any(|name| name["const"] == *value), "{value} in {schema}");
        return;
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(types.contains(&found), "{value} is no {types:?}");
    for item in value.as_array().into_iter().flatten() {
        fits(item, &schema["items"], root);
    }
    if let Some(object) = value.as_object() {
        for (key, value) in object {
            let property = schema["properties"].get(key).unwrap_or_else(|| panic!("{key} is not in the schema"));
            fits(value, property, root);
        }
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(object.contains_key(key), "{key} is required");
        }
    }
}
