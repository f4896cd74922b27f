//! A fleet that runs as the account of the chart `reconcile`: it lists Secrets in its own namespaces alone, under a
//! `RoleBinding` that each sandbox brings, and where that is lost it concerns one sandbox.

use std::time::Duration;

use super::case::{Case, file};
use crate::audit::Request;
use crate::plane::ControlPlane;
use crate::wait::wait_until;

fn start(stem: &str) -> Option<Case> {
    let plane = ControlPlane::start()?;
    Some(Case::least(plane, &plane.unique(stem)))
}

/// The lists of Secrets among some requests: where, and how they were answered.
fn of_secrets(requests: &[Request]) -> Vec<(String, u16)> {
    let lists = requests.iter().filter(|r| r.verb == "list" && r.object_ref.resource == "secrets");
    let mut lists: Vec<_> = lists.map(|r| (r.object_ref.namespace.clone(), r.response_status.code)).collect();
    lists.sort();
    lists
}

#[test]
fn a_fleet_lives_with_the_rights_of_the_chart() {
    let Some(case) = start("least") else { return };
    for name in ["one", "two", "gone"] {
        case.sandbox(name, "values.database = true");
    }
    case.commit("three");
    let run = case.run(0, &[]);
    for name in ["one", "two", "gone"] {
        assert_eq!(run.came_of(name), ("done", ""), "{name}");
    }
    case.assert_settled();

    let mark = case.plane.mark();
    case.plan(0, &[]);
    let mut wanted: Vec<(String, u16)> =
        ["gone", "one", "two"].map(|name| (case.namespace(name), 200)).into_iter().collect();
    wanted.insert(0, (String::new(), 403));
    assert_eq!(of_secrets(&case.plane.requests(mark, &case.user)), wanted);

    case.kubectl("one", &["scale", "deployment/web", "--replicas=0"]);
    case.repo.edit(&file("two"), ":1", ":2").remove(&file("gone"));
    case.commit("a change, and one goes");
    let run = case.run(0, &["--allow-removals=1"]);
    assert_eq!(run.came_of("two").0, "done");
    assert_eq!((run.action("one"), run.came_of("one").0), ("correct", "done"));
    assert!(!case.lives("gone"));
    case.assert_settled();
}

/// Takes a sandbox's binding away, and waits until the API server knows.
fn lose_binding(case: &Case, name: &str) {
    case.kubectl(name, &["delete", "rolebinding/reconcile"]);
    let (namespace, user) = (case.namespace(name), format!("--as={}", case.user.name));
    wait_until("the account may do nothing there", Duration::from_secs(30), || {
        let may = case.plane.kubectl(&["auth", "can-i", "list", "secrets", "--namespace", &namespace, &user]);
        if may.status.success() { Err("it still may".to_owned()) } else { Ok(()) }
    });
}

#[test]
fn a_lost_binding_concerns_its_sandbox_alone_and_comes_back() {
    let Some(case) = start("unbound") else { return };
    for name in ["bound", "over", "gone", "unbound"] {
        case.sandbox(name, "values.database = true");
    }
    case.sandbox("over", "values.database = true\nttl = \"2h\"").commit("four");
    case.run(0, &[]);
    let before = ["bound", "unbound"].map(|name| case.state(name));
    for name in ["over", "gone", "unbound"] {
        lose_binding(&case, name);
    }
    case.repo.remove(&file("gone")).edit(&file("unbound"), ":1", ":2");
    case.commit("one goes, one changes");

    // Of what goes nothing has to be known, as all of it goes.
    let plan = case.plan(2, &["--now=+3h", "--allow-removals=2"]);
    let actions = ["bound", "gone", "over", "unbound"].map(|name| plan.action(name));
    assert_eq!(actions, ["keep", "remove", "expire", "correct"], "{:#}", plan.0);
    assert_eq!(plan.steps("unbound"), ["create RoleBinding/reconcile"]);
    assert_eq!(["bound", "unbound"].map(|name| case.state(name)), before);

    // One run: what comes first, and when it is done the rest.
    let run = case.run(0, &["--allow-removals=2", "--now=+3h"]);
    assert_eq!(run.came_of("unbound").0, "done");
    assert_eq!(
        case.field("unbound", "deployment/web", ".spec.template.spec.containers[0].image"),
        "registry.example.com/unbound:2"
    );
    assert!(!case.lives("over") && !case.lives("gone"));
}
