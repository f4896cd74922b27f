//! Changes behind our back: each is seen, told with its author where one is left, and put back in one run.

use super::case::{Case, applying};
use super::plan::Printed;
use crate::canary::canary;

/// One change by somebody else, in a sandbox of its own.
struct Change {
    /// The sandbox's name.
    name: &'static str,
    /// What somebody else does, `NS` for the namespace's name.
    kubectl: &'static [&'static str],
    /// The step that it has to lead to.
    step: &'static str,
    /// What the step's reason says: where, and who or that it is not recorded.
    says: [&'static str; 2],
    /// What has to be there afterwards: object, JSON path, text.
    restored: [&'static str; 3],
}

const UNKNOWN: &str = "by whom is not recorded";
const CONTAINER: &str = ".spec.template.spec.containers[0]";

/// The issue's list, and what comes near it.
const CHANGES: &[Change] = &[
    Change {
        name: "image",
        kubectl: &["set", "image", "deployment/web", "web=example.com/other:1"],
        step: "correct Deployment/web",
        says: [".image", "kubectl-set"],
        restored: ["deployment/web", ".spec.template.spec.containers[0].image", "registry.example.com/image:1"],
    },
    Change {
        name: "replicas",
        kubectl: &["scale", "deployment/web", "--replicas=3"],
        step: "correct Deployment/web",
        says: [".spec.replicas", "kubectl"],
        restored: ["deployment/web", ".spec.replicas", "2"],
    },
    Change {
        name: "env-value",
        kubectl: &["set", "env", "deployment/web", "LEVEL=debug"],
        step: "correct Deployment/web",
        says: [r#".env[name="LEVEL"]"#, "kubectl-set"],
        restored: ["deployment/web", ".spec.template.spec.containers[0].env[1].value", "info"],
    },
    Change {
        name: "env-removed",
        kubectl: &[
            "patch",
            "deployment/web",
            "--type=json",
            r#"--patch=[{"op": "remove", "path": "/spec/template/spec/containers/0/env/0"}]"#,
        ],
        step: "correct Deployment/web",
        says: [".env", UNKNOWN],
        restored: ["deployment/web", ".spec.template.spec.containers[0].env[?(@.name==\"COLOUR\")].value", "blue"],
    },
    Change {
        name: "port-removed",
        kubectl: &["patch", "service/web", "--type=json", r#"--patch=[{"op": "remove", "path": "/spec/ports/1"}]"#],
        step: "correct Service/web",
        says: [".spec.ports", UNKNOWN],
        restored: ["service/web", ".spec.ports[1].port", "9090"],
    },
    Change {
        name: "key-removed",
        kubectl: &[
            "patch",
            "configmap/settings",
            "--type=json",
            r#"--patch=[{"op": "remove", "path": "/data/greeting"}]"#,
        ],
        step: "correct ConfigMap/settings",
        says: [".data.greeting", UNKNOWN],
        restored: ["configmap/settings", ".data.greeting", "hello"],
    },
    Change {
        name: "secret",
        kubectl: &["patch", "secret/database", r#"--patch={"data": {"user": "bWFsbG9yeQ=="}}"#],
        step: "correct Secret/database",
        says: [".data.user", "kubectl-patch"],
        restored: ["secret/database", ".data.user", "YXBw"],
    },
    Change {
        name: "deleted",
        kubectl: &["delete", "service/web"],
        step: "create Service/web",
        says: ["deleted", UNKNOWN],
        restored: ["service/web", ".spec.ports[0].port", "80"],
    },
    Change {
        name: "label",
        kubectl: &["label", "configmap/settings", "reconcile.dev/fleet-"],
        step: "correct ConfigMap/settings",
        says: ["reconcile.dev/fleet", UNKNOWN],
        restored: ["configmap/settings", ".metadata.labels.reconcile\\.dev/sandbox", "label"],
    },
    Change {
        name: "label-changed",
        kubectl: &["label", "configmap/settings", "reconcile.dev/fleet=other", "--overwrite"],
        step: "correct ConfigMap/settings",
        says: ["reconcile.dev/fleet", "kubectl-label"],
        restored: ["configmap/settings", ".metadata.labels.reconcile\\.dev/sandbox", "label-changed"],
    },
    Change {
        name: "hash",
        kubectl: &["annotate", "configmap/settings", "reconcile.dev/hash-"],
        step: "adopt ConfigMap/settings",
        says: ["reconcile.dev/hash", UNKNOWN],
        restored: ["configmap/settings", ".data.greeting", "hello"],
    },
    Change {
        name: "namespace-label",
        kubectl: &["label", "namespace", "NS", "reconcile.dev/fleet-"],
        step: "correct Namespace/NS",
        says: ["reconcile.dev/fleet", UNKNOWN],
        restored: ["namespace/NS", ".metadata.labels.reconcile\\.dev/sandbox", "namespace-label"],
    },
    Change {
        name: "namespace-name",
        kubectl: &["label", "namespace", "NS", "reconcile.dev/sandbox=untouched", "--overwrite"],
        step: "correct Namespace/NS",
        says: ["reconcile.dev/sandbox", "kubectl-label"],
        restored: ["namespace/NS", ".metadata.labels.reconcile\\.dev/sandbox", "namespace-name"],
    },
    Change {
        name: "namespace-stripped",
        kubectl: &["patch", "namespace", "NS", "--type=merge", r#"--patch={"metadata": {"managedFields": [{}]}}"#],
        step: "correct Namespace/NS",
        says: [".metadata", UNKNOWN],
        restored: ["namespace/NS", ".metadata.labels.reconcile\\.dev/sandbox", "namespace-stripped"],
    },
    Change {
        name: "restricted",
        kubectl: &["label", "namespace", "NS", "pod-security.kubernetes.io/enforce=privileged", "--overwrite"],
        step: "correct Namespace/NS",
        says: ["pod-security.kubernetes.io/enforce", "kubectl-label"],
        restored: ["namespace/NS", ".metadata.labels.pod-security\\.kubernetes\\.io/enforce", "restricted"],
    },
    Change {
        name: "expires",
        kubectl: &["annotate", "namespace", "NS", "reconcile.dev/expires=2020-01-01T00:00:00Z", "--overwrite"],
        step: "correct Namespace/NS",
        says: ["expir", "kubectl-annotate"],
        restored: ["namespace/NS", ".metadata.annotations.reconcile\\.dev/expires", "never"],
    },
    Change {
        name: "args",
        kubectl: &[
            "patch",
            "deployment/web",
            "--type=json",
            r#"--patch=[{"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": ["sleep"]}]"#,
        ],
        step: "correct Deployment/web",
        says: [".args", "kubectl-patch"],
        restored: ["deployment/web", ".spec.template.spec.containers[0].args[0]", "serve"],
    },
    Change {
        name: "opened",
        kubectl: &["patch", "networkpolicy/deny", "--type=merge", r#"--patch={"spec": {"ingress": [{}]}}"#],
        step: "correct NetworkPolicy/deny",
        says: [".spec.ingress", "kubectl-patch"],
        restored: ["networkpolicy/deny", ".spec.ingress[0]", ""],
    },
    Change {
        name: "quota",
        kubectl: &["patch", "resourcequota/quota", r#"--patch={"spec": {"hard": {"pods": "100"}}}"#],
        step: "correct ResourceQuota/quota",
        says: [".spec.hard.pods", "kubectl-patch"],
        restored: ["resourcequota/quota", ".spec.hard.pods", "10"],
    },
    Change {
        name: "stripped",
        kubectl: &["patch", "deployment/web", "--type=merge", r#"--patch={"metadata": {"managedFields": [{}]}}"#],
        step: "adopt Deployment/web",
        says: ["as wanted", UNKNOWN],
        restored: ["deployment/web", ".metadata.labels.reconcile\\.dev/sandbox", "stripped"],
    },
    Change {
        name: "there-and-back",
        kubectl: &["scale", "deployment/web", "--replicas=2"],
        step: "adopt Deployment/web",
        says: [".spec.replicas", "kubectl"],
        restored: ["deployment/web", ".spec.replicas", "2"],
    },
];

impl Change {
    fn filled(&self, text: &str, case: &Case) -> String {
        text.replace("NS", &case.namespace(self.name))
    }

    fn make(&self, case: &Case) {
        if self.name == "there-and-back" {
            case.kubectl(self.name, &["scale", "deployment/web", "--replicas=3"]);
        }
        let args: Vec<String> = self.kubectl.iter().map(|arg| self.filled(arg, case)).collect();
        case.kubectl(self.name, &args.iter().map(String::as_str).collect::<Vec<_>>());
    }

    fn assert_seen(&self, case: &Case, plan: &Printed) {
        let name = self.name;
        let wanted = self.filled(self.step, case);
        assert_eq!(plan.steps(name), [wanted.as_str()], "{name}: {:#}", plan.sandbox(name));
        let (verb, object) = wanted.split_once(' ').expect("an action and an object");
        let action = if verb == "adopt" { "adopt" } else { "correct" };
        assert_eq!(plan.action(name), action, "{name}: {:#}", plan.sandbox(name));
        let reason = plan.step(name, object)["reason"].as_str().unwrap_or_default();
        for words in self.says {
            assert!(reason.contains(words), "{name}: {words:?} is not in {reason:?}");
        }
    }

    fn assert_restored(&self, case: &Case) {
        let [object, path, text] = self.restored;
        let found = case.field(self.name, &self.filled(object, case), path);
        assert_eq!(found, text, "{}: {object} {path}", self.name);
    }
}

#[test]
fn every_foreign_change_is_seen_told_and_put_back_in_one_run() {
    let Some(case) = Case::start("drift") else { return };
    for change in CHANGES {
        let database = if change.name == "secret" { "values.database = true" } else { "" };
        case.sandbox(change.name, database);
    }
    case.sandbox("untouched", "").commit("a sandbox for each change");
    case.run(0, &[]);
    case.assert_settled();

    for change in CHANGES {
        change.make(&case);
    }
    let plan = case.plan(2, &[]);
    for change in CHANGES {
        change.assert_seen(&case, &plan);
    }
    assert_eq!(plan.action("untouched"), "keep");

    let mark = case.plane.mark();
    let run = case.run(0, &[]);
    for change in CHANGES {
        assert_eq!(run.came_of(change.name), ("done", ""), "{}", change.name);
        change.assert_restored(&case);
    }
    let untouched = case.namespace("untouched");
    let writes = case.plane.writes(mark, &case.user);
    assert!(writes.iter().all(|write| write.object_ref.namespace != untouched), "{writes:#?}");
    case.assert_settled();
}

#[test]
fn a_corrected_secret_is_shown_without_its_values() {
    let Some(case) = Case::start("masked") else { return };
    case.sandbox("one", "values.database = true").commit("sandbox one");
    case.run(0, &["--timeout=0s"]);
    let copy = r#"--patch={"data": {"user": "bWFsbG9yeQ=="}, "metadata": {"annotations": {"theirs": "PLANTED"}}}"#;
    case.kubectl("one", &["patch", "secret/database", &copy.replace("PLANTED", &canary("annotation"))]);
    let rival = format!("--patch={{\"stringData\": {{\"token\": \"{}\"}}}}", canary("rival"));
    case.kubectl("one", &["patch", "secret/database", &rival]);
    for format in ["json", "markdown"] {
        let plan = case.tool().run(&["--plan", "-vv", "--log=trace", "--format", format]);
        assert!(plan.status == 2 && plan.stdout.contains("<hidden "), "{plan:?}");
    }
    let run = case.tool().run(&applying(&["-vv", "--log=trace"]));
    let said = format!("{}{}", run.stdout, run.stderr);
    for value in ["bWFsbG9yeQ==", "mallory", "YXBw"] {
        assert!(!said.contains(value), "{value} is shown: {said}");
    }
    assert!(said.contains("<hidden "), "{said}");
}

#[test]
fn several_changes_of_one_object_are_one_step_that_names_them_all() {
    let Some(case) = Case::start("several") else { return };
    case.sandbox("one", "").commit("sandbox one");
    case.run(0, &[]);
    case.kubectl("one", &["scale", "deployment/web", "--replicas=1"]);
    case.kubectl("one", &["set", "image", "deployment/web", "web=example.com/other:1"]);
    case.kubectl("one", &["label", "deployment/web", "reconcile.dev/fleet-"]);
    let plan = case.plan(2, &[]);
    assert_eq!(plan.steps("one"), ["correct Deployment/web"]);
    let reason = plan.step("one", "Deployment/web")["reason"].as_str().unwrap_or_default();
    for words in [".spec.replicas", ".image", "reconcile.dev/fleet"] {
        assert!(reason.contains(words), "{reason}");
    }
    case.run(0, &[]);
    assert_eq!(case.field("one", "deployment/web", &format!("{CONTAINER}.image")), "registry.example.com/one:1");
    case.assert_settled();
}

/// What another manager holds beside us stays when we stop applying it, unless it is taken out by name.
#[test]
fn what_the_commit_drops_goes_even_where_somebody_else_holds_it_too() {
    let Some(case) = Case::start("dropped") else { return };
    case.settings("namespace.labels.team = \"ada\"");
    let names = ["ours-alone", "stripped", "rival"];
    for name in names {
        case.sandbox(name, "");
    }
    case.commit("three");
    case.run(0, &[]);
    case.kubectl(
        "stripped",
        &["patch", "deployment/web", "--type=merge", r#"--patch={"metadata": {"managedFields": [{}]}}"#],
    );
    let text = case.kubectl("rival", &["get", "deployment/web", "--output=json"]);
    let mut rival: serde_json::Value = serde_json::from_str(&text).expect("kubectl writes JSON");
    rival["status"] = serde_json::Value::Null;
    for key in ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation"] {
        rival["metadata"].as_object_mut().expect("it has metadata").remove(key);
    }
    case.plane.apply("rival", &rival.to_string());
    case.run(0, &[]);
    case.assert_settled();

    case.repo.edit("charts/app/values.yaml", "  LEVEL: info\n", "");
    case.repo.edit("sandboxes/fleet.toml", "namespace.labels.team = \"ada\"\n", "");
    case.commit("less");
    case.run(0, &[]);
    for name in names {
        let level = case.field(name, "deployment/web", &format!("{CONTAINER}.env[*].name"));
        assert_eq!(level, "COLOUR MODE", "{name}");
        let namespace = format!("namespace/{}", case.namespace(name));
        assert_eq!(case.field(name, &namespace, ".metadata.labels.team"), "", "{name}");
    }
    case.assert_settled();
}
