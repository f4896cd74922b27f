//! What cannot be read is not empty: no failure of the cluster ever reads as 'delete'.

use super::case::{Case, applying, file};
use super::plan::Printed;
use crate::gate::{Gate, Verdict};
use crate::plane::{Rights, User};
use crate::tool::Tool;

/// Lets a user do all with every kind of the chart but list Secrets.
fn all_but_secrets(case: &Case, user: &User) {
    let yaml = format!(
        "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: {0}}}
rules:
  - {{apiGroups: [''], resources: [namespaces, configmaps, services, serviceaccounts, resourcequotas, pods], verbs: ['*']}}
  - {{apiGroups: [apps, networking.k8s.io, coordination.k8s.io], resources: ['*'], verbs: ['*']}}
  - {{nonResourceURLs: ['*'], verbs: [get]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: {0}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {0}}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {1}}}]
",
        case.id, user.name
    );
    case.plane.apply("test", &yaml);
}

#[test]
fn a_kind_that_may_not_be_listed_holds_the_sandboxes_that_have_it() {
    let Some(case) = Case::admin("forbidden") else { return };
    for name in ["asked", "changed", "file-gone", "over"] {
        case.sandbox(name, "values.database = true");
    }
    case.sandbox("over", "values.database = true\nttl = \"2h\"");
    case.sandbox("without", "").commit("four have Secrets");
    case.run(0, &[]);
    let holding = ["asked", "changed", "file-gone", "over"];
    let before = holding.map(|name| case.state(name));
    case.repo.remove(&file("file-gone")).edit(&file("changed"), ":1", ":2").edit(&file("without"), ":1", ":2");
    case.sandbox("new", "values.database = true").sandbox("new-without", "").commit("changes");

    let user = case.plane.user(Rights::Nothing);
    all_but_secrets(&case, &user);
    let tool = Tool::new(&case.repo, &user);
    let run = Printed::read(&tool.expect(4, &applying(&["--now=+3h"])));
    for (name, before) in holding.iter().zip(before) {
        assert_eq!(run.action(name), "held", "{name}: {:#}", run.sandbox(name));
        assert!(run.reason(name).contains("list secrets"), "{}", run.reason(name));
        assert_eq!(case.state(name), before, "{name}");
    }
    assert_eq!(run.action("new"), "held", "{:#}", run.sandbox("new"));
    assert!(!case.has_namespace("new"));
    assert_eq!((run.came_of("without").0, run.came_of("new-without").0), ("done", "done"));
}

/// An answer that the server gives seldom, to the lists of one resource.
struct Fault {
    answer: (u16, &'static str, &'static [&'static str]),
    resource: &'static str,
    /// The exit status; 1 where nothing can be known, 4 where some sandboxes are held.
    status: i32,
}

const FAULTS: &[Fault] = &[
    Fault { answer: (500, "etcdserver: request timed out", &[]), resource: "/namespaces?", status: 1 },
    Fault {
        answer: (403, "namespaces is forbidden: User \"x\" cannot list", &[]),
        resource: "/namespaces?",
        status: 1,
    },
    Fault {
        answer: (404, "the server could not find the requested resource", &[]),
        resource: "/namespaces?",
        status: 1,
    },
    Fault { answer: (500, "etcdserver: request timed out", &[]), resource: "/deployments?", status: 4 },
    Fault {
        answer: (404, "the server could not find the requested resource", &[]),
        resource: "/configmaps?",
        status: 4,
    },
    Fault { answer: (410, "the provided continue parameter is too old", &[]), resource: "/services?", status: 4 },
    Fault { answer: (401, "Unauthorized", &[]), resource: "/serviceaccounts?", status: 4 },
];

#[test]
fn a_list_that_fails_changes_and_removes_nothing_it_concerns() {
    let Some(case) = Case::start("failing") else { return };
    case.sandbox("changed", "").sandbox("file-gone", "").commit("two");
    case.run(0, &[]);
    let before = ["changed", "file-gone"].map(|name| case.state(name));
    case.repo.remove(&file("file-gone")).edit(&file("changed"), ":1", ":2");
    case.sandbox("new", "").commit("changes");
    let gate = Gate::open(case.plane, &case.user);
    let tool = Tool::new(&case.repo, &gate.user);
    let mark = case.plane.mark();
    for Fault { answer, resource, status } in FAULTS {
        gate.rule(move |asked| {
            let listed = asked.method == "GET" && asked.path.contains(resource);
            if listed { Verdict::Answer(answer.0, answer.1, answer.2) } else { Verdict::Pass }
        });
        for args in [applying(&[]), vec!["--plan", "--format=json"]] {
            let run = tool.run(&args);
            assert_eq!(run.status, *status, "{} to {resource}: {run:?}", answer.0);
            if *status == 4 {
                let plan = Printed::read(&run.stdout);
                for name in ["changed", "file-gone", "new"] {
                    assert_eq!(plan.action(name), "held", "{} to {resource}: {:#}", answer.0, plan.sandbox(name));
                }
            }
        }
    }
    assert_eq!(case.plane.writes(mark, &case.user).len(), 0);
    assert_eq!(["changed", "file-gone"].map(|name| case.state(name)), before);

    gate.rule(|_| Verdict::Pass);
    case.run(0, &["--timeout=0s"]);
    assert!(!case.lives("file-gone") && case.lives("new"));
}

#[test]
fn a_dry_run_that_fails_holds_the_sandbox() {
    let Some(case) = Case::start("untold") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    let before = case.state("one");
    case.repo.edit(&file("one"), ":1", ":2");
    case.commit("a change");
    let gate = Gate::open(case.plane, &case.user);
    gate.rule(|asked| {
        let tried = asked.path.contains("dryRun=All");
        if tried { Verdict::Answer(500, "failed calling webhook \"x\"", &[]) } else { Verdict::Pass }
    });
    let plan = Printed::read(&Tool::new(&case.repo, &gate.user).expect(4, &applying(&[])));
    assert_eq!(plan.action("one"), "held");
    assert!(plan.reason("one").contains("webhook"), "{}", plan.reason("one"));
    assert_eq!(case.state("one"), before);
}

#[test]
fn a_reviewers_token_plans_with_local_diffs_and_says_so() {
    let Some(case) = Case::start("reviewer") else { return };
    case.sandbox("one", "values.database = true").commit("one");
    case.run(0, &[]);
    case.repo.edit(&file("one"), "one:1", "one:2");
    case.sandbox("new", "values.database = true").commit("a change");
    case.kubectl("one", &["scale", "deployment/web", "--replicas=1"]);
    let before = case.state("one");

    let reader = case.plane.user(Rights::ReadOnly);
    let tool = Tool::new(&case.repo, &reader);
    let plan = Printed::read(&tool.expect(2, &["--plan", "--format=json"]));
    assert_eq!((plan.steps("one"), plan.action("new")), (vec!["update Deployment/web".to_owned()], "create"));
    let step = plan.step("one", "Deployment/web");
    let [reason, diff] = ["reason", "diff"].map(|key| step[key].as_str().unwrap_or_default());
    assert!(reason.contains("local diff"), "{reason}");
    for line in [
        "-        image: registry.example.com/one:1",
        "+        image: registry.example.com/one:2",
        "-  replicas: 1",
        "+  replicas: 2",
    ] {
        assert!(
            diff.lines().any(|own| own.trim_end().replace("  - image", "    image") == line || own.trim_end() == line),
            "{line:?} is not in\n{diff}"
        );
    }
    let server = case.plan(2, &[]);
    assert!(!server.step("one", "Deployment/web")["reason"].as_str().unwrap_or_default().contains("local"));

    // It cannot apply, and says what it lacks.
    let run = tool.run(&applying(&[]));
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("leases") && run.stderr.contains("would allow it with the rule"), "{run:?}");
    assert_eq!(case.state("one"), before);
    assert!(!case.has_namespace("new"));
}

#[test]
fn a_cluster_that_cannot_be_reached_is_an_error() {
    let Some(case) = Case::start("nowhere") else { return };
    case.sandbox("one", "").commit("one");
    for (args, says) in [
        (vec!["--plan", "--kubeconfig=/nonexistent/config"], "/nonexistent/config"),
        (vec!["--plan", "--context=missing"], "missing"),
    ] {
        let run = case.tool().run(&args);
        assert_eq!(run.status, 1, "{args:?}: {run:?}");
        assert!(run.stderr.contains(says), "{run:?}");
    }
    let text = std::fs::read_to_string(&case.user.kubeconfig).expect("it was written");
    let server = text.lines().find(|line| line.contains("server:")).expect("it names a server");
    let closed = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    std::fs::write(closed.path(), text.replace(server, "    server: http://127.0.0.1:1")).expect("it can be written");
    let run = case.tool().run(&["--plan", &format!("--kubeconfig={}", closed.path().display())]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("127.0.0.1:1"), "{run:?}");
    assert!(run.stderr.starts_with("error: ") && run.stderr.matches("refused").count() == 1, "told once: {run:?}");
}

#[test]
fn a_server_that_asks_for_patience_is_asked_again() {
    let Some(case) = Case::start("patience") else { return };
    case.sandbox("one", "").commit("one");
    let gate = Gate::open(case.plane, &case.user);
    let mut seen = std::collections::BTreeSet::new();
    // The first of each request is turned away; a create may only be sent again where it was not begun.
    gate.rule(move |asked| {
        let is_new = seen.insert((asked.method.clone(), asked.path.clone()));
        if is_new { Verdict::Answer(429, "too many requests", &["Retry-After: 0"]) } else { Verdict::Pass }
    });
    let run = Printed::read(&Tool::new(&case.repo, &gate.user).expect(0, &applying(&[])));
    assert_eq!(run.came_of("one"), ("done", ""));
    case.assert_settled();
}
