//! The main job: a file is committed, its sandbox made, left alone, changed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::case::{Case, file};
use crate::audit::Request;

const OBJECTS: [&str; 9] = [
    "serviceaccount/app",
    "resourcequota/quota",
    "networkpolicy/deny",
    "configmap/settings",
    "secret/database",
    "service/web",
    "service/database",
    "deployment/web",
    "statefulset/database",
];

/// The namespace's annotation of ours.
fn record(case: &Case, name: &str, key: &str) -> String {
    let path = format!(".metadata.annotations.reconcile\\.dev/{key}");
    case.plane.must(&["get", "namespace", &case.namespace(name), &format!("--output=jsonpath={{{path}}}")])
}

fn lists(requests: &[Request]) -> Vec<&str> {
    requests.iter().filter(|r| r.verb == "list").map(|r| r.object_ref.resource.as_str()).collect()
}

#[test]
fn a_committed_sandbox_is_made_left_alone_and_changed() {
    let Some(case) = Case::start("first") else { return };
    case.sandbox("one", "values.database = true\nttl = \"7d\"");
    let commit = case.commit("sandbox one");

    let plan = case.plan(2, &[]);
    assert_eq!((plan.action("one"), plan.count("create")), ("create", 1));
    assert!(!case.has_namespace("one"), "--plan changes nothing");
    let run = case.run(0, &[]);
    assert_eq!(run.came_of("one"), ("done", ""));

    for object in OBJECTS {
        assert!(case.has("one", object), "{object} is not there");
    }
    for (object, ready) in [("deployment/web", "2"), ("statefulset/database", "1")] {
        assert_eq!(case.field("one", object, ".status.readyReplicas"), ready, "{object}");
    }
    assert_eq!(case.field("one", "pvc/data-database-0", ".status.phase"), "Bound");
    let kinds: BTreeSet<String> = record(&case, "one", "kinds").split(',').map(str::to_owned).collect();
    let made = ["apps/v1/Deployment", "apps/v1/StatefulSet", "networking.k8s.io/v1/NetworkPolicy"];
    let core = ["ConfigMap", "ResourceQuota", "Secret", "Service", "ServiceAccount"].map(|kind| format!("v1/{kind}"));
    let binding = case.is_least().then(|| "rbac.authorization.k8s.io/v1/RoleBinding".to_owned());
    assert_eq!(kinds, made.map(str::to_owned).into_iter().chain(core).chain(binding).collect());
    assert_eq!(record(&case, "one", "commit"), commit);
    assert_eq!(record(&case, "one", "path"), file("one"));
    assert_eq!(record(&case, "one", "release").len(), 64);
    assert_eq!(record(&case, "one", "expires"), plan.sandbox("one")["expires"].as_str().unwrap_or_default());
    case.assert_settled();

    case.repo.edit(&file("one"), "one:1", "one:2");
    let second = case.commit("one: a new image");
    let mark = case.plane.mark();
    let run = case.run(0, &[]);
    assert_eq!((run.action("one"), run.steps("one")), ("update", vec!["update Deployment/web".to_owned()]));
    let diff = run.step("one", "Deployment/web")["diff"].as_str().unwrap_or_default();
    assert!(diff.contains("registry.example.com/one:1") && diff.contains("registry.example.com/one:2"), "{diff}");
    let written: BTreeSet<String> = case
        .plane
        .writes(mark, &case.user)
        .iter()
        .filter(|write| !["leases", "events"].contains(&write.object_ref.resource.as_str()))
        .map(|write| format!("{} {}", write.object_ref.resource, write.object_ref.name))
        .collect();
    let namespace = format!("namespaces {}", case.namespace("one"));
    assert_eq!(written, BTreeSet::from(["deployments web".to_owned(), namespace]));
    assert_eq!(
        case.field("one", "deployment/web", ".spec.template.spec.containers[0].image"),
        "registry.example.com/one:2"
    );
    assert_eq!(record(&case, "one", "commit"), second);
    case.assert_settled();
}

#[test]
fn planning_costs_a_list_for_each_kind_however_many_sandboxes_there_are() {
    let Some(case) = Case::start("cost") else { return };
    case.sandbox("one", "").commit("one sandbox");
    case.run(0, &[]);
    let requests = |case: &Case| {
        let mark = case.plane.mark();
        case.plan(0, &[]);
        case.plane.requests(mark, &case.user)
    };
    let few = requests(&case);
    case.sandbox("two", "").sandbox("three", "").sandbox("four", "").commit("four sandboxes");
    case.run(0, &[]);
    let many = requests(&case);

    let kinds: BTreeSet<&str> = lists(&many).into_iter().collect();
    assert_eq!(lists(&many).len(), kinds.len(), "a kind is listed twice");
    let wanted = 7 + usize::from(case.is_least());
    assert_eq!(kinds.len(), wanted, "six kinds of the chart, the binding of an account, the namespaces: {kinds:?}");
    assert_eq!(few.len(), many.len(), "{many:#?}");
    assert!(many.iter().all(|request| request.object_ref.name.is_empty()), "an object asked for by name: {many:#?}");
}

#[test]
fn what_is_applied_is_what_was_planned() {
    let Some(case) = Case::start("same") else { return };
    case.sandbox("stays", "").sandbox("changes", "values.greeting = \"hello\"").commit("two sandboxes");
    case.run(0, &[]);
    case.sandbox("changes", "values.greeting = \"bye\"").sandbox("new", "").commit("a change and a new one");
    case.kubectl("stays", &["delete", "service", "web"]);

    let now = format!("--now={}", jiff::Timestamp::now());
    let mut planned = case.plan(2, &[&now]);
    let mark = case.plane.mark();
    let mut applied = case.run(0, &[&now]);
    let mut asked: BTreeSet<String> = BTreeSet::new();
    for sandbox in planned.sandboxes() {
        let name = sandbox["name"].as_str().unwrap_or_default();
        let steps = planned.steps(name).into_iter();
        asked.extend(steps.filter_map(|step| Some(step.split_once('/')?.1.to_owned())));
        asked.extend((!planned.steps(name).is_empty()).then(|| case.namespace(name)));
    }
    let written: BTreeSet<String> = case
        .plane
        .writes(mark, &case.user)
        .into_iter()
        .filter(|write| !["leases", "events"].contains(&write.object_ref.resource.as_str()))
        .map(|write| if write.verb == "create" { case.namespace("new") } else { write.object_ref.name })
        .collect();
    // The namespace of what was corrected needs no note that all is done: it says so already.
    asked.remove(&case.namespace("stays"));
    assert_eq!(written, asked);
    for plan in [&mut planned.0, &mut applied.0] {
        for sandbox in plan["sandboxes"].as_array_mut().into_iter().flatten() {
            sandbox["result"] = Value::Null;
        }
    }
    assert_eq!(planned.0, applied.0);
}

#[test]
fn a_commit_that_leaves_the_content_alone_writes_nothing() {
    let Some(case) = Case::start("noise") else { return };
    case.sandbox("one", "").commit("sandbox one");
    case.run(0, &[]);
    case.repo.write("README.md", "Not part of any sandbox.\n");
    case.repo.write("charts/app/README.md", "Nor is this.\n");
    case.repo.edit(&file("one"), "branch =", "# A comment.\nbranch =");
    case.commit("words");
    case.assert_settled();
}

#[test]
fn the_commit_is_the_source_and_not_the_working_directory() {
    let Some(case) = Case::start("dirty") else { return };
    case.sandbox("one", "").commit("sandbox one");
    case.run(0, &[]);
    case.repo.edit(&file("one"), "one:1", "one:2");
    case.sandbox("two", "");

    let plan = case.plan(0, &[]);
    assert!(plan.is_empty(), "{:#}", plan.0);
    let warning = plan.0["warnings"][0].as_str().unwrap_or_default();
    assert!(warning.contains(&file("one")) && warning.contains(&file("two")), "{warning}");
    let plan = case.plan(2, &["--worktree"]);
    assert_eq!((plan.action("one"), plan.action("two")), ("update", "create"));
}
