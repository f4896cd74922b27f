//! The JSON of a plan against its schema, and the schema against the one that was promised.

use std::collections::BTreeSet;

use reconcile::plan::Outcome;
use reconcile::report::json;
use serde_json::{Value, json as value};

use super::report_plans::{every_action, every_result, plan};

/// The schema as it was when version 1 was promised. It is never changed: a reader written for it has to get on with
/// whatever is written now.
const PROMISED: &str = include_str!("plan.schema.v1.json");

/// Keywords that say nothing about what is allowed.
const REMARKS: &[&str] = &["$schema", "$defs", "title", "description", "format"];

/// A checker of the few keywords that the schema uses; any other is a panic, so that none passes unread.
///
/// # Panics
/// Where the value is not what the schema says, or the schema says what the checker does not know.
pub fn fits(value: &Value, schema: &Value) {
    check(value, schema, schema);
}

fn check(value: &Value, schema: &Value, root: &Value) {
    let keywords = schema.as_object().unwrap_or_else(|| panic!("{schema} is no schema"));
    for (keyword, rule) in keywords {
        match keyword.as_str() {
            "$ref" => check(value, resolve(rule, root), root),
            "anyOf" | "oneOf" => {
                let options = rule.as_array().expect("a list");
                let is_it = |option: &&Value| is_of(value, option, root);
                let option = options.iter().find(is_it).unwrap_or_else(|| panic!("{value} is none of {rule}"));
                check(value, option, root);
            }
            "type" => assert!(types(schema).contains(type_of(value)), "{value} is no {rule}"),
            "const" => assert_eq!(value, rule),
            // It is about numbers alone; that a null may stand here is for `type` to say.
            "minimum" => {
                assert!(!value.is_number() || value.as_f64() >= rule.as_f64(), "{value} is less than {rule}");
            }
            "items" => value.as_array().into_iter().flatten().for_each(|item| check(item, rule, root)),
            "properties" => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    check(value, rule.get(key).unwrap_or_else(|| panic!("{key} is not in the schema")), root);
                }
            }
            "required" => {
                for key in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    assert!(value.get(key).is_some(), "{key} is required in {value}");
                }
            }
            "additionalProperties" | "enum" => panic!("{keyword} is not checked yet"),
            other => assert!(REMARKS.contains(&other), "{other} is not checked yet"),
        }
    }
}

fn resolve<'s>(reference: &Value, root: &'s Value) -> &'s Value {
    let pointer = reference.as_str().expect("a text").trim_start_matches('#');
    root.pointer(pointer).unwrap_or_else(|| panic!("there is no {pointer}"))
}

/// Which of several schemas is meant.
fn is_of(value: &Value, option: &Value, root: &Value) -> bool {
    match (option.get("$ref"), option.get("const")) {
        (Some(reference), _) => is_of(value, resolve(reference, root), root),
        (_, Some(name)) => name == value,
        _ if option.get("oneOf").is_some() => {
            option["oneOf"].as_array().into_iter().flatten().any(|option| is_of(value, option, root))
        }
        _ => types(option).contains(type_of(value)),
    }
}

fn types(schema: &Value) -> BTreeSet<&str> {
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What a reader of an older schema would stumble over in what a newer one allows. More may be written than before;
/// nothing that was promised may be missing, or be something else.
fn broken_promises(old: (&Value, &Value), new: (&Value, &Value), at: &str, found: &mut Vec<String>) {
    let whole = |(schema, root): (&Value, &Value)| match schema.get("$ref") {
        Some(reference) => resolve(reference, root).clone(),
        None => schema.clone(),
    };
    let (old_root, new_root) = (old.1, new.1);
    let (old, new) = (&whole(old), &whole(new));
    if types(new).difference(&types(old)).next().is_some() || types(new).is_empty() != types(old).is_empty() {
        found.push(format!("{at}: the type was {} and is {}", old["type"], new["type"]));
    }
    if old.get("format") != new.get("format") {
        found.push(format!("{at}: the format was {} and is {}", old["format"], new["format"]));
    }
    let required = |schema: &Value| -> BTreeSet<String> {
        schema["required"].as_array().into_iter().flatten().filter_map(|key| key.as_str().map(str::to_owned)).collect()
    };
    for key in required(old).difference(&required(new)) {
        found.push(format!("{at}.{key}: need not be there any more"));
    }
    for (key, old) in old["properties"].as_object().into_iter().flatten() {
        match new["properties"].get(key) {
            Some(new) => broken_promises((old, old_root), (new, new_root), &format!("{at}.{key}"), found),
            None => found.push(format!("{at}.{key}: is gone")),
        }
    }
    if let Some(items) = old.get("items") {
        broken_promises((items, old_root), (&new["items"], new_root), &format!("{at}[]"), found);
    }
    let options = |schema: &Value, list: &str| schema[list].as_array().cloned().unwrap_or_default();
    for name in options(old, "oneOf").iter().map(|option| &option["const"]) {
        if !options(new, "oneOf").iter().any(|option| option["const"] == *name) {
            found.push(format!("{at}: {name} is no value any more"));
        }
    }
    let (before, after) = (options(old, "anyOf"), options(new, "anyOf"));
    if before.len() != after.len() {
        found.push(format!("{at}: there were {} forms, and are {}", before.len(), after.len()));
    }
    for (old, new) in before.iter().zip(&after) {
        broken_promises((old, old_root), (new, new_root), at, found);
    }
}

fn promises(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    broken_promises((old, old), (new, new), "plan", &mut found);
    found
}

fn promised() -> Value {
    serde_json::from_str(PROMISED).expect("JSON")
}

fn current() -> Value {
    serde_json::to_value(json::schema()).expect("JSON")
}

/// src/report/README.md says what may change within a version. This holds it.
#[test]
fn what_version_1_promised_is_kept() {
    assert_eq!(json::VERSION, 1, "a new version is promised anew: keep the old file, and add one");
    let found = promises(&promised(), &current());
    assert!(found.is_empty(), "readers of version 1 would break:\n{}", found.join("\n"));
}

/// And what is written now is what was promised then, new fields aside.
#[test]
fn what_is_written_fits_the_schema() {
    for (plan, outcome) in [
        (every_action(), None),
        (every_action(), Some(every_result())),
        (plan(Vec::new()), Some(Outcome { sandboxes: Vec::new() })),
    ] {
        fits(&serde_json::to_value(json::plan(&plan, outcome.as_ref())).expect("JSON"), &current());
    }
}

/// What is said of a change, and the change.
type Breach<'a> = (&'a str, &'a dyn Fn(&mut Value));

#[test]
fn a_broken_promise_is_found() {
    let broken: &[Breach<'_>] = &[
        ("plan.warnings: is gone", &|s| drop(s["properties"].as_object_mut().and_then(|p| p.remove("warnings")))),
        ("plan.sandboxes[].reason: is gone", &|s| {
            drop(s["$defs"]["Sandbox"]["properties"].as_object_mut().and_then(|p| p.remove("reason")));
        }),
        ("plan.fleet: the type was", &|s| s["properties"]["fleet"]["type"] = value!("integer")),
        ("plan.fleet: the type was", &|s| s["properties"]["fleet"]["type"] = value!(["string", "null"])),
        ("plan.now: the format was", &|s| {
            drop(s["properties"]["now"].as_object_mut().and_then(|n| n.remove("format")));
        }),
        ("plan.fleet: need not be there", &|s| s["required"].as_array_mut().expect("a list").retain(|k| k != "fleet")),
        ("\"held\" is no value any more", &|s| {
            s["$defs"]["Action"]["oneOf"].as_array_mut().expect("a list").retain(|a| a["const"] != "held");
        }),
        ("plan.sandboxes[].steps[].diff: the type was", &|s| {
            s["$defs"]["Step"]["properties"]["diff"]["type"] = value!("array");
        }),
    ];
    for (words, change) in broken {
        let mut new = promised();
        change(&mut new);
        let found = promises(&promised(), &new).join("\n");
        assert!(found.contains(words), "{words}: {found:?}");
    }
}

#[test]
fn what_is_only_added_breaks_nothing() {
    let mut new = promised();
    new["properties"]["more"] = value!({"type": "string"});
    new["required"].as_array_mut().expect("a list").push(value!("more"));
    new["$defs"]["Action"]["oneOf"].as_array_mut().expect("a list").push(value!({"const": "pause", "type": "string"}));
    new["$defs"]["Sandbox"]["properties"]["more"] = value!({"type": ["array", "null"]});
    assert_eq!(promises(&promised(), &new), [""; 0]);
}

#[test]
fn the_checker_finds_what_does_not_fit() {
    let good = serde_json::to_value(json::plan(&every_action(), Some(&every_result()))).expect("JSON");
    let wrong: &[&dyn Fn(&mut Value)] = &[
        &|plan| plan["fleet"] = value!(1),
        &|plan| plan["version"] = value!(-1),
        &|plan| plan["more"] = value!(true),
        &|plan| drop(plan.as_object_mut().and_then(|plan| plan.remove("now"))),
        &|plan| plan["sandboxes"][0]["action"] = value!("vanish"),
        &|plan| plan["sandboxes"][0]["expires"] = value!(5),
        &|plan| plan["summary"]["keep"] = value!("3"),
        &|plan| plan["sandboxes"][0]["result"]["status"] = value!("fine"),
    ];
    for (at, change) in wrong.iter().enumerate() {
        let mut plan = good.clone();
        change(&mut plan);
        assert!(std::panic::catch_unwind(|| fits(&plan, &current())).is_err(), "{at} passes");
    }
}
