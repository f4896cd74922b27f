//! JSON, as programs read it.

use insta::{assert_json_snapshot, assert_snapshot};
use reconcile::plan::Action;
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
fn the_schema_of_a_story_is_current() {
    let current = serde_json::to_string_pretty(&reconcile::plan::story_schema()).expect("JSON");
    assert_current("src/report/why.schema.json", &format!("{current}\n"));
}

#[test]
fn the_schema_is_current() {
    let current = serde_json::to_string_pretty(&json::schema()).expect("JSON");
    assert_current("src/report/plan.schema.json", &format!("{current}\n"));
}
