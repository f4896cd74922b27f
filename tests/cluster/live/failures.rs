//! What fails is told with its causes, undone, remembered, and not made again by each run.

use std::time::Duration;

use serde_json::Value;

use super::case::{Case, file};
use super::plan::Printed;
use crate::wait::wait_until;

fn findings(run: &Printed, name: &str) -> String {
    run.sandbox(name)["result"]["findings"].to_string()
}

fn aftermath<'a>(run: &'a Printed, name: &str) -> &'a Value {
    &run.sandbox(name)["result"]["aftermath"]
}

#[test]
fn a_creation_that_fails_is_told_removed_and_tried_again_later() {
    let Some(case) = Case::start("failing") else { return };
    case.sandbox("crashing", "image = \"registry.example.com/crashes:1\"");
    case.repo.edit(&file("crashing"), "image = \"registry.example.com/crashing:1\"\n", "");
    case.sandbox("good", "").commit("one is no good");
    let run = case.run(4, &["--timeout=30s"]);
    assert_eq!(run.came_of("good"), ("done", ""));
    let (status, reason) = run.came_of("crashing");
    assert!(status == "failed" && reason.contains("Deployment/web"), "{status}: {reason}");
    assert_eq!(*aftermath(&run, "crashing"), "removed", "{:#}", run.sandbox("crashing"));
    assert!(findings(&run, "crashing").contains("container web"), "{}", findings(&run, "crashing"));
    assert!(!case.has_namespace("crashing"));

    // The same again is not tried before its time, and then is.
    let run = case.run(4, &[]);
    assert_eq!(run.action("crashing"), "held");
    assert!(run.reason("crashing").contains("its creation failed (Deployment/web"), "{}", run.reason("crashing"));
    assert!(!case.has_namespace("crashing"));
    assert_eq!(case.plan(2, &["--retry"]).action("crashing"), "create");
    assert_eq!(case.plan(2, &["--now=+11m"]).action("crashing"), "create");

    // A second failure doubles the pause; another commit does not wait for it.
    case.run(4, &["--retry", "--timeout=6s"]);
    wait_until("what was made is gone", Duration::from_secs(120), || {
        if case.has_namespace("crashing") { Err("it is still there".to_owned()) } else { Ok(()) }
    });
    let plan = case.plan(4, &["--now=+11m"]);
    assert_eq!(plan.action("crashing"), "held");
    assert!(plan.reason("crashing").contains("failed 2 times"), "{}", plan.reason("crashing"));
    case.repo.edit(&file("crashing"), "crashes:1", "crashing:2");
    case.commit("mended");
    assert_eq!(case.run(0, &[]).came_of("crashing"), ("done", ""));
    case.assert_settled();
    // It is forgotten.
    let noted = ["--namespace=reconcile-system", "get", "configmap", &format!("failures-{}", case.id)];
    let noted = case.plane.must(&[&noted[..], &["--output=jsonpath={.data}"]].concat());
    assert_eq!(noted, "", "it is forgotten");
}

#[test]
fn what_is_kept_to_be_looked_at_stays() {
    let Some(case) = Case::start("keeping") else { return };
    case.sandbox("one", "image = \"registry.example.com/no-such-image:1\"");
    case.repo.edit(&file("one"), "image = \"registry.example.com/one:1\"\n", "");
    case.commit("an image that is not there");
    let run = case.run(4, &["--timeout=8s", "--keep-failed"]);
    assert_eq!(*aftermath(&run, "one"), "kept");
    assert!(findings(&run, "one").contains("no-such-image"), "{}", findings(&run, "one"));
    assert!(case.lives("one") && case.has("one", "deployment/web"));
    assert_eq!(case.run(4, &[]).action("one"), "held");
    assert!(case.lives("one"));
    // What was mended goes on in it.
    let uid = case.plane.must(&["get", "namespace", &case.namespace("one"), "--output=jsonpath={.metadata.uid}"]);
    case.repo.edit(&file("one"), "no-such-image", "one");
    case.commit("mended");
    assert_eq!(case.run(0, &[]).came_of("one"), ("done", ""));
    let now = case.plane.must(&["get", "namespace", &case.namespace("one"), "--output=jsonpath={.metadata.uid}"]);
    assert_eq!(now, uid);
    case.assert_settled();
}

#[test]
fn a_failed_update_goes_back_and_stays_back_until_it_is_mended() {
    let Some(case) = Case::start("back") else { return };
    case.sandbox("one", "values.database = true\nvalues.greeting = \"hello\"").commit("one");
    case.run(0, &[]);
    let password = || case.field("one", "secret/database", ".data.password");
    let before = password();
    case.repo.edit(&file("one"), "one:1", "no-such-image:2").edit(&file("one"), "hello", "bye");
    case.commit("no good");
    let run = case.run(4, &["--timeout=20s"]);
    assert_eq!(*aftermath(&run, "one"), "went-back", "{:#}", run.sandbox("one"));
    let image = || case.field("one", "deployment/web", ".spec.template.spec.containers[0].image");
    assert_eq!((image(), password()), ("registry.example.com/one:1".to_owned(), before.clone()));
    assert_eq!(case.field("one", "configmap/settings", ".data.greeting"), "hello");

    // It is kept so: what somebody changes is put back, to what it was.
    case.kubectl("one", &["scale", "deployment/web", "--replicas=5"]);
    let run = case.run(0, &[]);
    assert_eq!(run.action("one"), "update");
    assert!(run.reason("one").contains("goes back"), "{}", run.reason("one"));
    assert_eq!(case.field("one", "deployment/web", ".spec.replicas"), "2");
    let mark = case.plane.mark();
    assert_eq!(case.run(4, &[]).action("one"), "held");
    assert!(case.plane.writes(mark, &case.user).is_empty(), "held, and written to");

    case.repo.edit(&file("one"), "no-such-image:2", "one:3");
    case.commit("mended");
    assert_eq!(case.run(0, &[]).came_of("one"), ("done", ""));
    assert_eq!((image(), password()), ("registry.example.com/one:3".to_owned(), before));
    case.assert_settled();
}

#[test]
fn what_cannot_go_back_is_held() {
    let Some(case) = Case::start("noway") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    case.repo.edit(&file("one"), "one:1", "no-such-image:2");
    case.commit("no good");
    // The commit that it would go back to is not in this clone.
    let clone = case.shallow();
    let run = clone.run(4, &["--timeout=8s", "--allow-rewind"]);
    let said = aftermath(&run, "one").as_str().unwrap_or_default();
    assert!(said.starts_with("not back: "), "{:#}", run.sandbox("one"));
    let plan = clone.plan(4, &["--allow-rewind"]);
    assert_eq!(plan.action("one"), "held");
    // With the whole history it goes back.
    let run = case.run(0, &[]);
    assert!(run.reason("one").contains("goes back"), "{:#}", run.sandbox("one"));
    let image = case.field("one", "deployment/web", ".spec.template.spec.containers[0].image");
    assert_eq!(image, "registry.example.com/one:1");
}
