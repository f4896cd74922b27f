//! How many requests a plan takes, and what `--drift skip` looks at.

use std::collections::BTreeMap;

use super::case::{Case, file};
use crate::audit::Object;

/// The requests of one plan, by what was asked.
fn requests(case: &Case, status: i32, more: &[&str]) -> Vec<String> {
    let mark = case.plane.mark();
    case.plan(status, more);
    let all = case.plane.requests(mark, &case.user).into_iter();
    all.map(|request| format!("{} {} {}", request.verb, request.object_ref.resource, request.object_ref.name)).collect()
}

#[test]
fn requests_grow_with_the_kinds_and_not_with_the_sandboxes_or_files() {
    let Some(case) = Case::start("requests") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    let of_one = requests(&case, 0, &[]);
    assert!(of_one.iter().all(|request| request.starts_with("list ")), "{of_one:?}");
    for number in 0..20 {
        case.sandbox(&format!("over-{number}"), "expires = 2020-01-01T00:00:00Z");
    }
    case.sandbox("two", "").sandbox("three", "").commit_ago("two more, and twenty whose time was over long ago", 1);
    case.run(0, &[]);
    let of_many = requests(&case, 0, &[]);
    // Those that are over may live without their label: one more list tells, of all namespaces.
    assert_eq!(of_many.len(), of_one.len() + 1, "{of_many:?}");
    assert_eq!(requests(&case, 0, &["--drift=skip"]), ["list namespaces "]);
}

/// What one run asked, by verb and kind, and about the sandbox of this name.
fn of_sandbox(case: &Case, mark: crate::audit::Mark, name: &str) -> BTreeMap<String, usize> {
    let namespace = case.namespace(name);
    let mut asked = BTreeMap::new();
    for request in case.plane.requests(mark, &case.user) {
        let Object { resource, namespace: within, name, .. } = &request.object_ref;
        if *within == namespace || *name == namespace || (resource == "events" && name.starts_with(&namespace)) {
            *asked.entry(format!("{} {resource}", request.verb)).or_default() += 1;
        }
    }
    asked
}

#[test]
fn a_creation_reads_little_and_writes_each_object_once() {
    let Some(case) = Case::admin("frugal") else { return };
    case.sandbox("one", "values.database = true").commit("one");
    let mark = case.plane.mark();
    case.run(0, &[]);
    let asked = of_sandbox(&case, mark, "one");
    let writes: BTreeMap<&str, usize> = asked
        .iter()
        .filter(|(what, _)| !what.starts_with("get ") && !what.starts_with("list "))
        .map(|(what, count)| (what.as_str(), *count))
        .collect();
    let expected = [
        // The claim, and the record when all is done.
        ("patch namespaces", 2),
        // Its generated values, and the rest of it.
        ("patch secrets", 2),
        ("patch configmaps", 1),
        ("patch deployments", 1),
        ("patch networkpolicies", 1),
        // It, and its status ahead of its controller, so that nobody waits.
        ("patch resourcequotas", 2),
        ("patch serviceaccounts", 1),
        ("patch services", 2),
        ("patch statefulsets", 1),
        ("create events", 1),
    ];
    assert_eq!(writes, expected.into(), "{asked:?}");
    // Before the plan: whether it is somebody else's.
    assert_eq!(asked.get("get namespaces"), Some(&1), "{asked:?}");
    let once_made = ["secrets", "configmaps", "services", "networkpolicies", "serviceaccounts", "resourcequotas"];
    assert!(once_made.iter().all(|kind| !asked.contains_key(&format!("get {kind}"))), "{asked:?}");
}

#[test]
fn the_end_of_many_namespaces_is_looked_for_in_one_list() {
    let Some(case) = Case::admin("many") else { return };
    let names: Vec<String> = (0..10).map(|number| format!("n{number}")).collect();
    for name in &names {
        case.sandbox(name, "");
    }
    case.sandbox("stays", "").commit("many");
    case.run(0, &["--timeout=0s"]);
    for name in &names {
        case.repo.remove(&file(name));
    }
    case.commit("all but one go");
    let mark = case.plane.mark();
    case.run(0, &["--allow-removals=10"]);
    for name in &names {
        assert!(!case.has_namespace(name), "{name}");
        let asked = of_sandbox(&case, mark, name);
        // Just before it is deleted, and when it is in no list.
        assert_eq!(asked.get("get namespaces"), Some(&2), "{name}: {asked:?}");
    }
    assert!(case.has_namespace("stays"));
}

#[test]
fn skipping_drift_looks_at_what_differs_alone() {
    let Some(case) = Case::start("skip") else { return };
    case.sandbox("still", "").sandbox("changed", "").sandbox("over", "ttl = \"2h\"").sandbox("goes", "");
    case.commit("four");
    case.run(0, &[]);
    for name in ["still", "changed"] {
        case.kubectl(name, &["scale", "deployment/web", "--replicas=3"]);
    }
    assert!(case.plan(0, &["--drift=skip"]).is_empty());
    assert_eq!(case.plan(2, &[]).action("still"), "correct");

    case.repo.edit(&file("changed"), "changed:1", "changed:2").remove(&file("goes"));
    case.sandbox("new", "").commit("a change, a removal, a new one");
    let mark = case.plane.mark();
    let plan = case.plan(2, &["--drift=skip", "--now=+3h"]);
    assert_eq!(plan.0["drift"], "skip");
    let actions = ["still", "changed", "over", "goes", "new"].map(|name| plan.action(name));
    assert_eq!(actions, ["keep", "update", "expire", "remove", "create"], "{:#}", plan.0);
    // What differs is planned from what is there.
    assert!(plan.step("changed", "Deployment/web")["diff"].as_str().unwrap_or_default().contains("-  replicas: 3"));
    let lists = case.plane.requests(mark, &case.user);
    let lists: Vec<_> = lists.iter().filter(|r| r.verb == "list" && r.object_ref.resource != "namespaces").collect();
    assert!(!lists.is_empty() && lists.iter().all(|list| list.uri.contains("sandbox")), "{lists:?}");

    case.run(0, &["--drift=skip", "--now=+3h"]);
    assert!(case.lives("new") && !case.lives("goes") && !case.lives("over"));
    assert_eq!(case.field("still", "deployment/web", ".spec.replicas"), "3", "it was not looked at");
    assert_eq!(case.field("changed", "deployment/web", ".spec.replicas"), "2");
    case.run(0, &[]);
    assert_eq!(case.field("still", "deployment/web", ".spec.replicas"), "2");
}
