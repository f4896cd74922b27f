//! Saved plans: what was reviewed is what is applied, once, or nothing is.

use std::process::Child;

use serde_json::Value;

use super::case::{Case, Meanwhile, file};
use super::plan::Printed;
use crate::fleet_repo::FleetRepo;
use crate::gate::{Gate, Verdict};
use crate::plane::Rights;
use crate::tool::{Run, Tool};

/// Where a test keeps its plan, below the repository's folder but in no commit.
const FILE: &str = ".git/plan.json";
const LEDGER: &str = "/namespaces/reconcile-system/";

impl Case {
    /// Saves a plan with changes.
    fn saves(&self, more: &[&str]) {
        let args = [&["--plan", "--out", FILE, "--format=json"], more].concat();
        self.tool().expect(2, &args);
    }

    fn saved(&self) -> Value {
        let text = std::fs::read_to_string(self.repo.path().join(FILE)).expect("it was saved");
        serde_json::from_str(&text).expect("it is JSON")
    }
}

/// Applies what was saved; the exit status must be this one.
fn applies(tool: &Tool, status: i32) -> Run {
    let run = tool.run(&applying());
    assert_eq!(run.status, status, "{run:?}");
    run
}

fn applying() -> [&'static str; 5] {
    ["apply", FILE, "--yes", "--format=json", "--timeout=240s"]
}

/// What was said, on one line however it was wrapped.
fn words(run: &Run) -> String {
    run.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a run wrote, but for the note that the plan was used: `verb resource/name`.
fn written(case: &Case, writes: &[crate::audit::Request]) -> Vec<String> {
    let is_note = |namespace: &str, name: &str| [namespace, name].contains(&"reconcile-system");
    // What runs in a namespace that goes is told to end: that is part of its removal.
    let is_hurried = |w: &crate::audit::Request| {
        w.verb == "delete" && ["pods", "persistentvolumeclaims"].contains(&w.object_ref.resource.as_str())
    };
    let mut all: Vec<String> = writes
        .iter()
        .filter(|w| !is_hurried(w))
        .map(|w| &w.object_ref)
        .filter(|o| o.resource != "events" && !is_note(&o.namespace, &o.name))
        .map(|o| format!("{}/{}", o.resource, o.name))
        .collect();
    all.sort();
    all.dedup();
    assert!(writes.iter().all(|w| w.user.username == case.user.name));
    all
}

/// What of a file is to be written, in the same words.
fn reviewed(saved: &Value) -> Vec<String> {
    let plural = |kind: &str| match kind.rsplit_once('/').map_or(kind, |(_, kind)| kind) {
        "NetworkPolicy" => "networkpolicies".to_owned(),
        kind => format!("{}s", kind.to_lowercase()),
    };
    let steps =
        saved["sandboxes"].as_array().expect("a list").iter().flat_map(|s| s["steps"].as_array().expect("a list"));
    let text = |step: &Value, key: &str| step[key].as_str().expect("a text").to_owned();
    let mut all: Vec<String> = steps
        .filter(|step| !text(step, "work").starts_with("await"))
        .map(|step| format!("{}/{}", plural(&text(step, "kind")), text(step, "name")))
        .collect();
    all.sort();
    all.dedup();
    all
}

const CONDITION: &str = r#"--patch={"status": {"conditions": [{"type": "Looked", "status": "True", "reason": "Test", "message": "by hand"}]}}"#;

#[test]
fn what_was_reviewed_is_applied_whatever_the_status_does() {
    let Some(case) = Case::start("saved") else { return };
    case.sandbox("changed", "values.database = true").sandbox("elsewhere", "").sandbox("goes", "").commit("three");
    case.run(0, &[]);
    case.repo.edit(&file("changed"), ":1", ":2").edit(
        "charts/app/templates/database.yaml",
        "user: app",
        "user: another",
    );
    case.repo.edit(&file("changed"), "branch =", "values.greeting = \"bye\"\nbranch =").remove(&file("goes"));
    case.sandbox("new", "values.database = true").commit("one changes, one goes, one is new");
    case.saves(&[]);

    // The cluster's own doings: conditions, a rollout's revision, restarts of pods, an autoscaler, a claim's volume.
    case.kubectl("changed", &["patch", "deployment/web", "--subresource=status", CONDITION]);
    case.kubectl("changed", &["delete", "pods", "--all", "--wait=false"]);
    for (object, note) in [
        ("deployment/web", "deployment.kubernetes.io/revision=7"),
        ("statefulset/database", "example.com/seen=1"),
        ("configmap/settings", "example.com/seen=1"),
        ("secret/database", "example.com/seen=1"),
    ] {
        let args = ["annotate", object, note, "--overwrite", "--field-manager=kube-controller-manager"];
        case.kubectl("changed", &args);
    }
    // Drift of a sandbox that the plan does not touch, and what is committed later, wait for the next run.
    case.kubectl("elsewhere", &["scale", "deployment/web", "--replicas=3"]);
    case.repo.edit(&file("changed"), ":2", ":3");
    case.commit("and later another");

    let mark = case.plane.mark();
    let check = case.tool().expect(0, &["apply", FILE, "--check", "--format=json"]);
    assert_eq!(Printed::read(&check).action("new"), "create");
    assert!(case.plane.writes(mark, &case.user).is_empty(), "a check writes");
    let mark = case.plane.mark();
    let run = Printed::read(&applies(case.tool(), 0).stdout);
    let results = ["changed", "goes", "new"].map(|name| run.came_of(name).0.to_owned());
    assert_eq!(results, ["done", "done", "done"]);
    assert_eq!(run.action("elsewhere"), "held");
    let writes = case.plane.writes(mark, &case.user);
    assert_eq!(written(&case, &writes), reviewed(&case.saved()));
    assert!(writes.iter().filter(|w| w.uri.contains(LEDGER)).count() >= 1, "{writes:#?}");
    assert_eq!(case.field("elsewhere", "deployment/web", ".spec.replicas"), "3", "it was not reviewed");
    let image = case.field("changed", "deployment/web", ".spec.template.spec.containers[0].image");
    assert_eq!(image, "registry.example.com/changed:2");

    // Once. Its note is nobody's sandbox, and a run that has nothing to do leaves it alone.
    let run = applies(case.tool(), 3);
    assert!(words(&run).contains("was applied already"), "{run:?}");
    case.run(0, &[]);
    case.assert_settled();
}

const MEANWHILE: &[Meanwhile] = &[
    Meanwhile {
        name: "edited",
        kubectl: &[&["set", "env", "deployment/web", "LEVEL=debug"]],
        says: "Deployment/web was changed since, by kubectl-set at",
    },
    Meanwhile {
        name: "added-to",
        kubectl: &[&["annotate", "deployment/web", "note=mine"]],
        says: "Deployment/web was changed since, by kubectl-annotate at",
    },
    Meanwhile {
        name: "scaled",
        kubectl: &[&["scale", "deployment/web", "--replicas=3"]],
        says: "Deployment/web was changed since, by kubectl",
    },
    Meanwhile { name: "deleted", kubectl: &[&["delete", "deployment/web"]], says: "Deployment/web was deleted since" },
    Meanwhile {
        name: "remade",
        kubectl: &[
            &["delete", "deployment/web"],
            &["create", "deployment", "web", "--image=registry.example.com/theirs:1"],
        ],
        says: "is there already and is not ours",
    },
    Meanwhile {
        name: "more",
        kubectl: &[&["patch", "service/web", "--type=json", r#"--patch=[{"op": "remove", "path": "/spec/ports/1"}]"#]],
        says: "Service/web would be changed too",
    },
    Meanwhile {
        name: "rejected",
        kubectl: &[&["label", "namespace", "NS", "reconcile.dev/fleet=other", "--overwrite"]],
        says: "Namespace/",
    },
];

#[test]
fn what_somebody_else_did_since_refuses_all_of_it() {
    let Some(case) = Case::start("stale") else { return };
    for meanwhile in MEANWHILE {
        case.sandbox(meanwhile.name, "");
    }
    case.sandbox("fine", "").commit("one for each");
    case.run(0, &[]);
    for Meanwhile { name, .. } in MEANWHILE {
        case.repo.edit(&file(name), ":1", ":2");
    }
    case.repo.edit(&file("fine"), ":1", ":2");
    case.sandbox("taken", "").commit("all of them change");
    case.saves(&[]);
    for Meanwhile { name, kubectl, .. } in MEANWHILE {
        for args in *kubectl {
            let namespace = case.namespace(name);
            case.kubectl(
                name,
                &args.iter().map(|arg| if *arg == "NS" { &namespace } else { *arg }).collect::<Vec<_>>(),
            );
        }
    }
    case.plane.must(&["create", "namespace", &case.namespace("taken")]);
    let mark = case.plane.mark();
    let run = applies(case.tool(), 3);
    assert!(case.plane.writes(mark, &case.user).is_empty(), "it was written to");
    let said = words(&run);
    for Meanwhile { name, says, .. } in MEANWHILE {
        let mut lines = said.split("stale ").filter(|line| line.starts_with(&format!("{name}: ")));
        assert!(lines.any(|line| line.contains(says)), "{name}: {says:?} is not in {said}");
    }
    assert!(said.contains("stale taken: it would be held now"), "{said}");
    assert!(!said.contains("fine:"), "{said}");
}

#[test]
fn a_newer_commit_and_another_namespace_refuse_it() {
    let Some(case) = Case::start("newer") else { return };
    case.sandbox("one", "").sandbox("two", "").commit("two");
    case.run(0, &[]);
    case.repo.edit(&file("one"), ":1", ":2").remove(&file("two"));
    case.commit("one changes, two goes");
    case.saves(&[]);
    let old = std::fs::read(case.repo.path().join(FILE)).expect("it was saved");
    case.repo.edit(&file("one"), ":2", ":3");
    let newer = case.commit("a newer one");
    case.run(0, &["--only=one"]);
    let said = words(&applies(case.tool(), 3));
    assert!(said.contains(&newer[..7]) && said.contains("stale one:"), "{said}");

    // A namespace of the name that was made again is not the one whose removal was reviewed.
    case.repo.edit(&file("one"), ":3", ":4");
    case.commit("newer still");
    case.saves(&["--only=two"]);
    case.plane.must(&["delete", "namespace", &case.namespace("two")]);
    let said = words(&applies(case.tool(), 3));
    assert!(said.contains("two: it is gone, and no file asks for it"), "{said}");
    case.sandbox("two", "").commit("two again");
    case.run(0, &[]);
    case.repo.remove(&file("two"));
    case.commit("two goes again");
    std::fs::write(case.repo.path().join(FILE), old).expect("the folder is there");
    applies(case.tool(), 3);
    assert!(case.lives("two"));
}

/// The exit statuses of runs that were started, sorted.
fn statuses(runs: Vec<Child>) -> Vec<(i32, String)> {
    let mut all: Vec<(i32, String)> = runs.into_iter().map(Run::of).map(|run| (run.status, words(&run))).collect();
    all.sort();
    all
}

#[test]
fn of_several_that_apply_it_at_once_one_does() {
    let Some(case) = Case::start("atonce") else { return };
    case.sandbox("one", "values.database = true").sandbox("two", "").commit("two");
    case.saves(&[]);
    let runs = (0..4).map(|_| case.tool().start(&applying())).collect();
    let ended = statuses(runs);
    assert_eq!(ended.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [0, 3, 3, 3], "{ended:#?}");
    case.assert_settled();
}

#[test]
fn one_that_was_killed_is_completed_by_a_run_and_not_applied_again() {
    let Some(case) = Case::start("halfway") else { return };
    case.sandbox("one", "").commit("one");
    case.saves(&[]);
    let gate = Gate::open(case.plane, &case.user);
    gate.rule(|asked| {
        let is_fifth = asked.is_write() && asked.writes >= 6 && !asked.path.contains("reconcile-system");
        if is_fifth { Verdict::HoldRequest } else { Verdict::Pass }
    });
    let mut run = Tool::new(&case.repo, &gate.user).start(&applying());
    gate.held(std::time::Duration::from_secs(120)).expect("it writes");
    run.kill().expect("it still waits");
    run.wait().expect("it can be waited for");
    let said = words(&applies(case.tool(), 3));
    assert!(said.contains("was applied already") && said.contains("is done by a run"), "{said}");
    case.run(0, &[]);
    case.assert_settled();
}

#[test]
fn without_a_note_that_it_is_used_nothing_is_done() {
    let Some(case) = Case::start("unnoted") else { return };
    case.sandbox("one", "").commit("one");
    case.saves(&[]);
    let gate = Gate::open(case.plane, &case.user);
    gate.rule(|asked| {
        let is_note = asked.is_write() && asked.path.contains("reconcile-system/configmaps");
        if is_note { Verdict::Answer(403, "configmaps is forbidden", &[]) } else { Verdict::Pass }
    });
    let mark = case.plane.mark();
    let tool = Tool::new(&case.repo, &gate.user);
    let said = words(&applies(&tool, 1));
    assert!(said.contains("reconcile-system") && said.contains("get, create and patch"), "{said}");
    let writes = case.plane.writes(mark, &case.user);
    assert!(written(&case, &writes).is_empty(), "{writes:#?}");
    assert!(!case.has_namespace("one"));
    // It was not used, so it still may be.
    gate.rule(|_| Verdict::Pass);
    applies(&tool, 0);
    case.assert_settled();
}

#[test]
fn who_may_only_read_plans_and_another_applies_from_another_clone() {
    let Some(case) = Case::start("reader") else { return };
    case.sandbox("one", "").sandbox("two", "").commit("two");
    case.run(0, &[]);
    case.repo.edit(&file("one"), ":1", ":2");
    case.commit("one changes");
    case.kubectl("two", &["label", "configmap/settings", "reconcile.dev/fleet-"]);
    let reader = case.plane.user(Rights::ReadOnly);
    Tool::new(&case.repo, &reader).expect(2, &["--plan", "--out", FILE]);
    assert_eq!(case.saved()["basis"]["local"].as_array().map(Vec::len), Some(2));

    // On another machine the branch has moved on; the file's commit counts.
    let file = std::fs::read_to_string(case.repo.path().join(FILE)).expect("it was saved");
    case.sandbox("three", "").commit("and three");
    let other = FleetRepo::new();
    git2::build::RepoBuilder::new()
        .clone(case.repo.path().to_str().expect("our own names are UTF-8"), &other.path().join("clone"))
        .expect("it can be cloned");
    other.write("plan.json", &file);
    let tool = Tool::new(&other, &case.user);
    let run = tool.run(&["apply", "--repo=clone", "plan.json", "--yes", "--format=json", "--timeout=240s"]);
    assert_eq!(run.status, 0, "{run:?}");
    let run = Printed::read(&run.stdout);
    assert_eq!((run.came_of("one").0, run.came_of("two").0), ("done", "done"));
    assert_eq!((run.action("three"), case.has_namespace("three")), ("", false));
    let said = words(&applies(case.tool(), 3));
    assert!(said.contains("was applied already"), "{said}");
}

#[test]
fn a_plan_for_another_cluster_is_refused() {
    let Some(case) = Case::start("elsewhere") else { return };
    case.sandbox("one", "").commit("one");
    case.saves(&["--cluster=dir:target/other"]);
    let said = words(&applies(case.tool(), 3));
    assert!(said.contains("was made for cluster dir:target/other, and this is another"), "{said}");
    assert!(!case.has_namespace("one"));
}

#[test]
fn a_copied_secret_is_bound_and_not_told() {
    let Some(case) = Case::start("login") else { return };
    let source = format!("{}-source", case.id);
    let namespace = format!("--namespace={source}");
    case.plane.must(&["create", "namespace", &source]);
    case.plane.must(&["create", "secret", "generic", "login", &namespace, "--from-literal=key=canary-1"]);
    case.settings(&format!("copy_secrets = [\"{source}/login\"]"));
    case.sandbox("one", "values.database = true").commit("one with a login");
    case.saves(&[]);
    let told = case.saved().to_string();
    case.plane.must(&["patch", "secret", "login", &namespace, r#"--patch={"stringData": {"key": "canary-2"}}"#]);
    let said = words(&applies(case.tool(), 3));
    assert!(said.contains(&format!("Secret {source}/login")) && said.contains("was changed since"), "{said}");
    case.saves(&[]);
    applies(case.tool(), 0);
    let told = told + &case.saved().to_string();
    // canary-1 and canary-2 in base64, and in hexadecimal digits.
    for form in ["canary", "Y2FuYXJ5L", "63616e617279"] {
        assert!(!told.contains(form), "{form}");
    }
    let objects = case.kubectl("one", &["get", "secrets", "--output=yaml"]);
    let hashes: Vec<&str> =
        objects.lines().filter_map(|line| line.trim().strip_prefix("reconcile.dev/hash: ")).collect();
    assert_eq!(hashes.len(), 2, "{objects}");
    assert!(hashes.iter().all(|hash| !told.contains(hash)), "{hashes:?}");
}
