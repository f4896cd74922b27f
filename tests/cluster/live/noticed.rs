//! Events on the Namespaces of sandboxes.

use serde_json::Value;

use super::case::{Case, applying, file};
use crate::gate::{Gate, Verdict};
use crate::tool::Tool;

/// The Events on a sandbox's Namespace, as kubectl finds them by what they regard.
fn events(case: &Case, name: &str) -> Vec<Value> {
    let selector =
        format!("--field-selector=involvedObject.kind=Namespace,involvedObject.name={}", case.namespace(name));
    let found = case.plane.must(&["get", "events", "--namespace=default", "--output=json", &selector]);
    let found: Value = serde_json::from_str(&found).expect("kubectl writes JSON");
    let mut items = found["items"].as_array().expect("a list").clone();
    items.sort_by_key(|event| event["eventTime"].to_string());
    items
}

fn reasons(case: &Case, name: &str) -> Vec<String> {
    events(case, name).iter().map(|event| event["reason"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn each_change_of_a_sandbox_is_an_event_on_its_namespace() {
    let Some(case) = Case::start("noticed") else { return };
    case.sandbox("one", "").sandbox("goes", "").commit("two");
    case.run(0, &[]);
    for name in ["one", "goes"] {
        let [event] = events(&case, name).try_into().expect("one Event");
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        assert_eq!((text("/reason"), text("/action"), text("/type")), ("Created", "Create", "Normal"));
        assert_eq!((text("/reportingComponent"), text("/metadata/namespace")), ("reconcile", "default"));
        let namespace = case.plane.object("namespace", "", &case.namespace(name));
        assert_eq!(event["involvedObject"]["uid"], namespace["metadata"]["uid"], "{event:#}");
        assert!(text("/message").contains(&format!("sandboxes/{name}.toml")), "{event:#}");
        assert_eq!(event["metadata"]["labels"], Value::Null, "no survey may find it");
    }
    // As people look for them.
    let namespace = case.namespace("one");
    let shown = case.plane.must(&["events", "--for", &format!("namespace/{namespace}"), "--namespace=default"]);
    assert!(shown.contains("Created") && shown.contains("sandbox one"), "{shown}");

    // Nothing changes: nothing is told.
    case.assert_settled();
    assert_eq!(reasons(&case, "one"), ["Created"]);

    case.kubectl("one", &["scale", "deployment/web", "--replicas=3"]);
    case.run(0, &[]);
    case.repo.edit(&file("one"), "one:1", "one:2").remove(&file("goes"));
    case.commit("one changes, the other goes");
    case.run(0, &[]);
    assert_eq!(reasons(&case, "one"), ["Created", "Corrected", "Updated"]);
    // What is told outlives what it tells of, and keeps nothing.
    assert_eq!(reasons(&case, "goes"), ["Created", "Removed"]);
    assert!(!case.has_namespace("goes"));
    case.assert_settled();
}

#[test]
fn a_failure_is_a_warning() {
    let Some(case) = Case::start("warned") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    let yaml = format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: keeps, namespace: {}, finalizers: [example.com/keep]}}}}",
        case.namespace("one")
    );
    case.plane.apply("somebody", &yaml);
    case.repo.remove(&file("one"));
    case.sandbox("two", "").commit("one goes and hangs, two comes");
    case.run(4, &["--timeout=15s"]);
    let last = events(&case, "one").pop().expect("an Event");
    assert_eq!((last["reason"].as_str(), last["type"].as_str()), (Some("RemoveFailed"), Some("Warning")));
    assert!(last["message"].as_str().is_some_and(|note| note.contains("example.com/keep")), "{last:#}");
    case.kubectl("one", &["patch", "configmap/keeps", "--type=merge", r#"--patch={"metadata": {"finalizers": null}}"#]);
}

#[test]
fn an_event_that_cannot_be_written_fails_nothing() {
    let Some(case) = Case::start("unnoticed") else { return };
    let gate = Gate::open(case.plane, &case.user);
    gate.rule(|asked| {
        let is_event = asked.path.contains("/events");
        if is_event { Verdict::Answer(403, "events is forbidden", &[]) } else { Verdict::Pass }
    });
    case.sandbox("one", "").sandbox("two", "").commit("two");
    let run = Tool::new(&case.repo, &gate.user).run(&applying(&[]));
    assert_eq!(run.status, 0, "{run:?}");
    let told = run.stderr.matches("not told by Events").count();
    assert!(told == 1 && run.stderr.contains("events"), "{run:?}");
    assert!(case.lives("one") && case.lives("two") && events(&case, "one").is_empty());
    case.assert_settled();
}
