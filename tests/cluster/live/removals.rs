//! Namespaces on their way out, by our hand and by others'.

use super::case::{Case, file};
use crate::wait::wait_until;

#[test]
fn a_namespace_that_hangs_is_told_with_what_keeps_it_and_nothing_is_stripped() {
    let Some(case) = Case::start("hangs") else { return };
    case.sandbox("one", "").sandbox("other", "").commit("two");
    case.run(0, &[]);
    let yaml = format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: keeps, namespace: {}, finalizers: [example.com/keep]}}}}",
        case.namespace("one")
    );
    case.plane.apply("somebody", &yaml);
    case.repo.remove(&file("one"));
    case.commit("one goes");
    let run = case.run(4, &["--timeout=20s"]);
    let (status, reason) = run.came_of("one");
    assert_eq!(status, "failed");
    assert!(reason.contains("ConfigMap/keeps (finalizer example.com/keep)"), "{reason}");
    assert_eq!(case.field("one", "configmap/keeps", ".metadata.finalizers[0]"), "example.com/keep");

    // Until it is gone, nothing is made in it, nor is it removed once more.
    let plan = case.plan(0, &[]);
    assert_eq!(plan.action("one"), "held");
    let says = "ConfigMap/keeps (finalizer example.com/keep)";
    assert!(plan.reason("one").contains("is being deleted for "), "{}", plan.reason("one"));
    assert!(plan.reason("one").contains(says), "{}", plan.reason("one"));
    // With its age, and after a while as the trouble that it is.
    let plan = case.plan(4, &["--now=+2h"]);
    assert!(plan.reason("one").contains("for 2 h") && plan.reason("one").contains(says), "{}", plan.reason("one"));
    case.sandbox("one", "").commit("one comes back");
    let run = case.run(0, &[]);
    assert_eq!((run.action("one"), run.action("other")), ("held", "keep"));
    case.kubectl("one", &["patch", "configmap/keeps", "--type=merge", r#"--patch={"metadata": {"finalizers": null}}"#]);
    wait_until("the namespace is gone", std::time::Duration::from_secs(60), || {
        if case.has_namespace("one") { Err("it is still there".to_owned()) } else { Ok(()) }
    });
    assert_eq!(case.run(0, &[]).came_of("one"), ("done", ""));
    case.assert_settled();
}

#[test]
fn a_namespace_that_somebody_deleted_is_made_again() {
    let Some(case) = Case::start("again") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    case.plane.must(&["delete", "namespace", &case.namespace("one"), "--wait=true"]);
    let run = case.run(0, &[]);
    assert_eq!((run.action("one"), run.came_of("one")), ("create", ("done", "")));
    case.assert_settled();
}

/// Something that is no longer in the release goes; what is beside it in the namespace stays.
#[test]
fn what_the_release_drops_is_removed_and_nothing_else() {
    let Some(case) = Case::start("drops") else { return };
    case.sandbox("one", "values.database = true").commit("one");
    case.run(0, &[]);
    case.kubectl("one", &["create", "secret", "generic", "theirs"]);
    case.repo.edit(&file("one"), "database = true", "database = false");
    case.commit("no database");
    let run = case.run(0, &[]);
    let mut steps = run.steps("one");
    steps.sort();
    assert_eq!(steps, ["remove Secret/database", "remove Service/database", "remove StatefulSet/database"]);
    for (object, stays) in [("secret/theirs", true), ("pvc/data-database-0", true), ("secret/database", false)] {
        assert_eq!(case.has("one", object), stays, "{object}");
    }
    case.assert_settled();
}

/// A pod has little time, unless it asks for much; claims do not wait for it. All by the rights of the account.
#[test]
fn what_runs_in_a_namespace_that_goes_is_told_at_once() {
    let Some(case) = Case::start("hurries") else { return };
    case.sandbox("one", "values.database = true").sandbox("other", "").commit("two");
    case.run(0, &[]);
    let namespace = case.namespace("one");
    for (name, seconds) in [("stray", 30), ("patient", 31)] {
        let yaml = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {namespace}}}, spec: \
             {{terminationGracePeriodSeconds: {seconds}, containers: [{{name: it, image: none}}]}}}}"
        );
        case.plane.apply("somebody", &yaml);
    }
    case.repo.remove(&file("one"));
    case.commit("one goes");
    let mark = case.plane.mark();
    case.run(0, &[]);
    assert!(!case.has_namespace("one"));
    let requests = case.plane.requests(mark, &case.user);
    let deleted: Vec<_> = requests.iter().filter(|request| request.verb == "delete").collect();
    // Not before the namespace: their controllers would make them anew.
    assert_eq!(deleted[0].object_ref.resource, "namespaces");
    let within: Vec<_> = deleted[1..].iter().map(|request| &request.object_ref).collect();
    assert!(within.iter().all(|object| object.namespace == namespace), "{within:?}");
    let named = |resource: &str, name: &str| within.iter().any(|o| o.resource == resource && o.name == name);
    assert!(named("pods", "stray") && named("pods", "database-0"), "{within:?}");
    assert!(named("persistentvolumeclaims", "data-database-0"), "{within:?}");
    assert!(!named("pods", "patient"), "{within:?}");
    // It may have been quicker than this.
    let codes: Vec<u16> = deleted.iter().map(|request| request.response_status.code).collect();
    assert!(codes.iter().all(|code| [200, 202, 404].contains(code)), "{codes:?}");
    assert!(codes.contains(&200), "{codes:?}");
}

/// Everything in the cluster that has to do with a sandbox, by what it is called, where it lies or what its labels say.
/// Events are left out: they are what people read afterwards, and go by themselves.
fn sweep(case: &Case, name: &str) -> Vec<String> {
    let kinds = case.plane.must(&["api-resources", "--verbs=list", "--output=name"]);
    let kinds: Vec<&str> = kinds.lines().filter(|kind| !kind.starts_with("events")).collect();
    let columns = "--output=custom-columns=:kind,:metadata.namespace,:metadata.name,:metadata.labels,:spec.claimRef";
    let all = case.plane.must(&["get", &kinds.join(","), "--all-namespaces", columns]);
    let (namespace, labelled) = (case.namespace(name), format!("reconcile.dev/fleet:{}", case.id));
    let words = format!("reconcile.dev/sandbox:{name}");
    let is_its_own = |line: &&str| {
        line.contains(&namespace)
            || (line.contains(&labelled)
                && (line.contains(&format!("{words} ")) || line.contains(&format!("{words}]"))))
    };
    all.lines().filter(is_its_own).map(str::to_owned).collect()
}

const FILES: &str = "
{{- if .Values.database }}
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files}
spec:
  storageClassName: ''
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
{{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: {{ .Release.Namespace }}-reader}
rules: [{apiGroups: [''], resources: [nodes], verbs: [get]}]
";

#[test]
fn nothing_of_a_removed_sandbox_is_left_not_even_what_its_class_retains() {
    let Some(case) = Case::start("sweep") else { return };
    case.repo.write("charts/app/templates/files.yaml", FILES);
    let (namespace, volume) = (case.namespace("one"), format!("{}-static", case.id));
    let yaml = format!(
        "{{apiVersion: v1, kind: PersistentVolume, metadata: {{name: {volume}}}, spec: {{capacity: {{storage: 1Gi}}, \
         accessModes: [ReadWriteOnce], persistentVolumeReclaimPolicy: Retain, storageClassName: '', \
         hostPath: {{path: /tmp/none}}, claimRef: {{namespace: {namespace}, name: files}}}}}}"
    );
    case.plane.apply("somebody", &yaml);
    case.sandbox("one", "values.database = true").commit("one");
    case.run(0, &[]);
    let database = case.field("one", "pvc/data-database-0", ".spec.volumeName");
    let retain = r#"--patch={"spec": {"persistentVolumeReclaimPolicy": "Retain"}}"#;
    case.plane.must(&["patch", "persistentvolume", &database, "--type=merge", retain]);
    assert!(sweep(&case, "one").len() > 12, "{:#?}", sweep(&case, "one"));

    case.repo.remove(&file("one"));
    case.sandbox("other", "").commit("one goes");
    let plan = case.plan(2, &["--only=one"]);
    for name in [&volume, &database] {
        let step = plan.step("one", &format!("PersistentVolume/{name}"));
        assert!(step["reason"].as_str().unwrap_or_default().contains("its class retains the volume"), "{step:#}");
    }
    let run = case.run(0, &[]);
    assert_eq!(run.came_of("one"), ("done", ""));
    assert_eq!(sweep(&case, "one"), Vec::<String>::new());
    case.assert_settled();
}

#[test]
fn what_is_left_of_a_removal_is_found_and_named_by_the_next_run() {
    let Some(case) = Case::start("leftover") else { return };
    case.repo.write("charts/app/templates/files.yaml", FILES.split("---").nth(1).unwrap_or_default());
    case.sandbox("one", "").sandbox("other", "").commit("two");
    case.run(0, &[]);
    let role = format!("clusterrole/{}-reader", case.namespace("one"));
    case.plane.must(&["patch", &role, "--type=merge", r#"--patch={"metadata": {"finalizers": ["example.com/keep"]}}"#]);
    case.repo.remove(&file("one"));
    case.commit("one goes");
    let run = case.run(4, &["--timeout=45s"]);
    let (status, reason) = run.came_of("one");
    assert!(status == "failed" && reason.contains("example.com/keep"), "{status}: {reason}");
    assert!(!case.has_namespace("one"), "all else is gone");
    let plan = case.plan(0, &[]);
    assert_eq!(plan.action("one"), "held", "{:#}", plan.0);
    for words in ["ClusterRole/", "is being deleted for ", "finalizer example.com/keep"] {
        assert!(plan.reason("one").contains(words), "{}", plan.reason("one"));
    }
    assert!(case.plan(4, &["--now=+2h"]).reason("one").contains("for 2 h"));
    case.plane.must(&["patch", &role, "--type=merge", r#"--patch={"metadata": {"finalizers": null}}"#]);
    case.assert_settled();
}
