//! What others add beside ours: reported where somebody should know, and never touched.

use super::case::{Case, file};
use crate::wait::wait_until;

const SOON: std::time::Duration = std::time::Duration::from_secs(60);

/// One addition by somebody else, in a sandbox of its own.
struct Addition {
    name: &'static str,
    kubectl: &'static [&'static str],
    /// What the note says; empty for what is not worth one.
    says: &'static [&'static str],
    /// What has to be there still: object, JSON path, text.
    stays: [&'static str; 3],
}

const SIDECAR: &str = r#"--patch={"spec": {"template": {"spec": {"containers": [{"name": "sidecar", "image": "example.com/sidecar:1",
    "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}}}"#;
const CONDITION: &str = r#"--patch={"status": {"conditions": [{"type": "Looked", "status": "True", "reason": "Test", "message": "by hand"}]}}"#;

const ADDITIONS: &[Addition] = &[
    Addition {
        name: "sidecar",
        kubectl: &["patch", "deployment/web", SIDECAR],
        says: [r#"containers[name="sidecar"]"#, "kubectl-patch", "can weaken the sandbox"].as_slice(),
        stays: [
            "deployment/web",
            ".spec.template.spec.containers[?(@.name==\"sidecar\")].image",
            "example.com/sidecar:1",
        ],
    },
    Addition {
        name: "env",
        kubectl: &["set", "env", "deployment/web", "EXTRA=1"],
        says: [r#"env[name="EXTRA"]"#, "kubectl-set"].as_slice(),
        stays: ["deployment/web", ".spec.template.spec.containers[0].env[?(@.name==\"EXTRA\")].value", "1"],
    },
    Addition {
        name: "key",
        kubectl: &["patch", "configmap/settings", r#"--patch={"data": {"extra": "1"}}"#],
        says: [".data.extra", "kubectl-patch"].as_slice(),
        stays: ["configmap/settings", ".data.extra", "1"],
    },
    Addition {
        name: "annotation",
        kubectl: &["annotate", "service/web", "note=looked at"],
        says: [".metadata.annotations.note", "kubectl-annotate"].as_slice(),
        stays: ["service/web", ".metadata.annotations.note", "looked at"],
    },
    Addition {
        name: "exposed",
        kubectl: &["patch", "service/web", r#"--patch={"spec": {"externalIPs": ["192.0.2.9"]}}"#],
        says: [".spec.externalIPs", "kubectl-patch", "can weaken the sandbox"].as_slice(),
        stays: ["service/web", ".spec.externalIPs[0]", "192.0.2.9"],
    },
    Addition {
        name: "status",
        kubectl: &["patch", "deployment/web", "--subresource=status", CONDITION],
        says: &[],
        stays: ["deployment/web", ".status.conditions[?(@.type==\"Looked\")].message", "by hand"],
    },
    Addition {
        name: "object",
        kubectl: &["create", "configmap", "theirs", "--from-literal=key=value"],
        says: &[],
        stays: ["configmap/theirs", ".data.key", "value"],
    },
];

#[test]
fn what_others_add_is_reported_and_stays() {
    let Some(case) = Case::start("extra") else { return };
    for addition in ADDITIONS {
        case.sandbox(addition.name, "");
    }
    case.commit("a sandbox for each addition");
    case.run(0, &[]);
    for addition in ADDITIONS {
        case.kubectl(addition.name, addition.kubectl);
    }

    let check = |plan: &super::plan::Printed| {
        for Addition { name, says, .. } in ADDITIONS {
            let notes = plan.notes(name);
            assert_eq!(notes.is_empty(), says.is_empty(), "{name}: {notes:?}");
            for words in *says {
                assert!(notes.iter().any(|note| note.contains(words)), "{name}: {words:?} is not in {notes:?}");
            }
        }
    };
    check(&case.plan(0, &[]));
    case.assert_settled();

    // Not even a change of the same objects takes them along.
    for addition in ADDITIONS {
        case.repo.edit(&file(addition.name), ":1\"", ":2\"");
        case.repo.edit(&file(addition.name), "branch =", "values.greeting = \"bye\"\nbranch =");
    }
    case.commit("everything changes");
    check(&case.run(0, &[]));
    for Addition { name, stays: [object, path, text], .. } in ADDITIONS {
        assert_eq!(case.field(name, object, path), *text, "{name}: {object} {path}");
        assert_eq!(case.field(name, "configmap/settings", ".data.greeting"), "bye", "{name}");
    }
    case.assert_settled();
}

/// Controllers copy a Service's labels to its `Endpoints` and `EndpointSlices`, and those of `Endpoints` to the slices
/// that mirror them: ours too.
#[test]
fn copies_of_our_labels_authorise_nothing() {
    let Some(case) = Case::start("copies") else { return };
    case.sandbox("one", "values.outside = true").commit("sandbox one");
    case.run(0, &[]);
    let labelled = "--selector=reconcile.dev/sandbox=one";
    let all = || {
        let line = "--output=jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.uid}{\"\\n\"}{end}";
        case.kubectl("one", &["get", "endpoints,endpointslices", labelled, line])
    };
    let copied = wait_until("the controllers have copied the labels", SOON, || {
        let all = all();
        if all.lines().count() >= 5 { Ok(all) } else { Err(all) }
    });
    case.assert_settled();
    assert_eq!(all(), copied);

    // What is no longer wanted goes, and of these kinds that is one object each.
    case.repo.edit(&file("one"), "outside = true", "outside = false");
    case.commit("nothing outside");
    let mark = case.plane.mark();
    let run = case.run(0, &[]);
    let mut steps = run.steps("one");
    steps.sort();
    assert_eq!(steps, ["remove EndpointSlice/outside-by-hand", "remove Endpoints/outside", "remove Service/outside"]);
    let written: Vec<String> = case
        .plane
        .writes(mark, &case.user)
        .into_iter()
        .filter(|write| write.object_ref.resource.starts_with("endpoint"))
        .map(|write| write.object_ref.name)
        .collect();
    // Without their Service the controller may be first to remove its Endpoints.
    let ours = ["outside", "outside-by-hand"];
    assert!(written.iter().all(|name| ours.contains(&name.as_str())), "{written:?}");
    let left = all();
    for line in copied.lines().filter(|line| line.contains(" web")) {
        assert!(left.contains(line), "{line:?} is gone or another one: {left}");
    }
    case.assert_settled();
}

/// An object made by hand with all our labels, and even our hash: nobody applied it as us.
#[test]
fn an_object_with_our_labels_alone_is_not_removed() {
    let Some(case) = Case::start("pretender") else { return };
    case.sandbox("one", "").commit("sandbox one");
    case.run(0, &[]);
    let namespace = case.namespace("one");
    let yaml = format!(
        "{{apiVersion: v1, kind: ConfigMap, data: {{a: b}}, metadata: {{name: theirs, namespace: {namespace}, \
         labels: {{reconcile.dev/fleet: {}, reconcile.dev/sandbox: one}}, annotations: {{reconcile.dev/hash: x}}}}}}",
        case.id
    );
    case.plane.apply("somebody", &yaml);
    case.assert_settled();
    assert!(case.has("one", "configmap/theirs"));
}

#[test]
fn replicas_that_an_autoscaler_or_the_fleet_leaves_to_others_are_not_put_back() {
    let Some(case) = Case::start("ignored") else { return };
    let autoscaler = "{{- if .Values.scaled }}\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: web\n\
        spec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 1\n  maxReplicas: 5\n\
        {{- end }}\n";
    case.repo.write("charts/app/templates/scale.yaml", autoscaler);
    case.settings("ignore.Deployment = [\".spec.template.spec.containers.env\"]");
    case.sandbox("scaled", "values.scaled = true").sandbox("released", "").commit("two");
    case.run(0, &[]);
    case.kubectl("scaled", &["scale", "deployment/web", "--replicas=3"]);
    case.kubectl("released", &["set", "env", "deployment/web", "MODE=theirs"]);
    case.assert_settled();
    assert_eq!(case.field("scaled", "deployment/web", ".spec.replicas"), "3");
}
