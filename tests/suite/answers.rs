//! What commands answer to programs, against the schemas beside `src/report/answers.rs`.

use reconcile::report::{answers, changes};
use schemars::Schema;
use serde_json::{Value, json};

use super::init::Place;
use super::json_schema::fits;
use super::schemas::assert_current;

/// Each schema, by the name of its file.
fn schemas() -> [(&'static str, Schema); 9] {
    [
        ("init", answers::schema::<answers::Begun>()),
        ("comment", answers::schema::<answers::Commented>()),
        ("update", answers::schema::<answers::Updated>()),
        ("change", answers::schema::<changes::Changed>()),
        ("gc", answers::schema::<changes::Collected>()),
        ("history", answers::schema::<changes::History>()),
        ("doctor", answers::schema::<changes::Examined>()),
        ("explain", answers::schema::<Vec<reconcile::release::Explained>>()),
        ("verify", answers::schema::<changes::Verification>()),
    ]
}

#[test]
fn the_schemas_of_answers_are_current() {
    for (file, schema) in schemas() {
        let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
        assert_current(&format!("src/report/{file}.schema.json"), &text);
    }
}

/// What a step prints, once it fits its schema.
fn answer(place: &Place, status: i32, schema: &str, step: &str) -> Value {
    let said = place.expect(status, &format!("{step} --format json 2> /dev/null"));
    let said = said.trim_end_matches(&format!(" [exit {status}]"));
    let read: Value = serde_json::from_str(said).unwrap_or_else(|error| panic!("$ {step}\n{error}: {said}"));
    let (_, wanted) = schemas().into_iter().find(|(file, _)| *file == schema).expect("one of them");
    fits(&read, &serde_json::to_value(wanted).expect("JSON"));
    read
}

#[test]
fn what_sets_up_answers_by_its_schema() {
    let place = Place::new();
    place.expect(0, "mkdir new && cd new && git init -q -b main && echo x > README.md");
    let begun = answer(&place, 0, "init", "cd new && reconcile init --name team");
    assert_eq!((&begun["name"], &begun["left"]), (&"team".into(), &json!(["README.md"])));
    let head = place.expect(0, "git -C new rev-parse HEAD");
    assert_eq!(begun["commit"], head);
}

#[test]
fn what_changes_a_file_answers_by_its_schema() {
    let place = Place::new();
    place.expect(0, "reconcile init --yes --name team . && git restore -s@ -SW .");
    let change = |step: &str| answer(&place, 0, "change", &format!("{step} --now 2030-01-01T01:00:00Z"));
    let image = "registry.example.com/odoo:18";
    let made = change(&format!("reconcile create one --branch topic --owner me --ttl 2d --image {image}"));
    assert_eq!((&made["name"], &made["branch"], &made["owner"]), (&"one".into(), &"topic".into(), &"me".into()));
    assert_eq!((&made["image"], &made["changed"]), (&image.into(), &true.into()));
    assert!(made["expires"].is_string() && made["commit"].as_str().is_some_and(|id| id.len() == 40), "{made}");
    for (step, changes) in [
        ("set one owner=you", true),
        ("set one owner=you", false),
        ("extend one --ttl 3d", true),
        ("pin one --until 2030-01-02T00:00:00Z --reason demo", true),
        ("unpin one", true),
        ("sleep one", true),
        ("wake one", true),
        ("rollback one", true),
        ("extend one --ttl never", true),
    ] {
        let said = change(&format!("reconcile {step}"));
        assert_eq!(said["changed"], changes, "{step}: {said}");
        assert_eq!(said["diff"].as_str().map(str::is_empty), Some(!changes), "{step}: {said}");
        assert!(said["namespace"].as_str().is_some_and(|namespace| namespace.ends_with("-one")), "{said}");
    }
    let gone = answer(&place, 0, "change", "reconcile destroy one");
    assert_eq!((&gone["namespace"], &gone["branch"], &gone["expires"]), (&Value::Null, &Value::Null, &Value::Null));

    let told = answer(&place, 0, "history", "reconcile history one --cluster dir:cluster");
    let versions = told["versions"].as_array().expect("a list");
    assert_eq!(versions.len(), 10, "{told}");
    assert_eq!((&versions[0]["what"], &versions[9]["what"]), (&"removed".into(), &"created".into()));
    assert!(versions.iter().all(|version| version["applied"] == false && version["applied_at"].is_null()), "{told}");

    place.expect(0, "reconcile create two --branch two --ttl 1h --now 2030-01-01T01:00:00Z");
    let collected = answer(&place, 0, "gc", "reconcile gc --now 2030-03-01T00:00:00Z --dry-run");
    assert!(collected["commit"].is_null(), "{collected}");
    let names: Vec<&Value> = collected["collected"].as_array().expect("a list").iter().map(|it| &it["name"]).collect();
    assert!(names.contains(&&"two".into()), "{collected}");
    let collected = answer(&place, 0, "gc", "reconcile gc --now 2030-03-01T00:00:00Z");
    assert!(collected["commit"].is_string(), "{collected}");
}

#[test]
fn what_looks_answers_by_its_schema() {
    let place = Place::new();
    let found = answer(&place, 1, "doctor", "reconcile doctor --cluster dir:cluster");
    assert!(found["failed"].as_u64() > Some(0) && found["checks"][0]["remedy"].is_string(), "{found}");
    place.expect(0, "reconcile init --yes --name team . && reconcile --cluster dir:cluster --audit ../log --now 2030-01-01T01:00:00Z -q");
    let verified = answer(&place, 0, "verify", "reconcile audit verify ../log");
    assert_eq!((&verified["whole"], &verified["broken"]), (&true.into(), &Value::Null));
    place.expect(0, "sed -i '2s/a/b/' ../log");
    let verified = answer(&place, 1, "verify", "reconcile audit verify ../log");
    assert_eq!(
        (&verified["whole"], &verified["lines"], &verified["broken"]["line"]),
        (&false.into(), &Value::Null, &2.into())
    );
}
