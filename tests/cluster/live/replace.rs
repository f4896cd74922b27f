//! What cannot be changed in place is deleted and made again, as the plan says, and never with data in it unless that is
//! meant.

use super::case::{Case, file};
use super::killed::killed_at;
use crate::gate::{Gate, Verdict};

const CHART: &str = r#"
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files}
spec:
  accessModes: [{{ .Values.mode | default "ReadWriteOnce" }}]
  resources: {requests: {storage: {{ .Values.size | default "1Gi" }}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: frozen}
immutable: true
data: {word: {{ .Values.word | default "one" | quote }}}
---
apiVersion: v1
kind: Secret
metadata: {name: sealed}
type: {{ .Values.type | default "Opaque" }}
stringData: {password: {{ randAlphaNum 16 | quote }}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: {{ .Values.role | default "reader" }}}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ .Values.role | default "reader" }}}
subjects: [{kind: ServiceAccount, name: app}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: load}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: main
          image: registry.example.com/load:{{ .Values.load | default "1" }}
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  selector: {matchLabels: {is: {{ .Values.is | default "worker" }}}}
  template:
    metadata: {labels: {is: {{ .Values.is | default "worker" }}}}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 1
      securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
      volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
      containers:
        - name: main
          image: registry.example.com/worker:1
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          volumeMounts: [{name: files, mountPath: /files}]
"#;

fn start(stem: &str) -> Option<Case> {
    let case = Case::start(stem)?;
    case.repo.write("charts/app/templates/frozen.yaml", CHART);
    Some(case)
}

#[test]
fn what_holds_no_data_is_replaced() {
    let Some(case) = start("replaced") else { return };
    case.sandbox("one", "values.x = 1").commit("one");
    case.run(0, &[]);
    let password = case.field("one", "secret/sealed", ".data.password");
    let claim = case.field("one", "pvc/files", ".metadata.uid");
    let more = "values.word = \"two\"\nvalues.role = \"writer\"\nvalues.load = \"2\"\nvalues.is = \"idle\"\n\
                values.type = \"example.com/sealed\"";
    case.repo.edit(&file("one"), "values.x = 1", more);
    case.commit("much of it is final");
    let plan = case.plan(2, &[]);
    for (object, path, loss) in [
        ("ConfigMap/frozen", ".data", "nothing but its age"),
        ("Secret/sealed", ".type", "nothing but its age"),
        ("RoleBinding/readers", ".roleRef", "for a moment it grants nothing"),
        ("Job/load", ".spec.template", "it runs again"),
        ("Deployment/worker", ".spec.selector", "its pods are made anew"),
    ] {
        let step = plan.step("one", object);
        let reason = step["reason"].as_str().unwrap_or_default();
        assert_eq!(step["action"], "replace", "{object}: {step:#}");
        assert!(reason.contains(path) && reason.contains(loss), "{object}: {reason}");
    }
    let run = case.run(0, &[]);
    assert_eq!(run.came_of("one"), ("done", ""));
    assert_eq!(case.field("one", "secret/sealed", ".type"), "example.com/sealed");
    assert_eq!(case.field("one", "secret/sealed", ".data.password"), password, "what was generated is kept");
    assert_eq!(case.field("one", "pvc/files", ".metadata.uid"), claim);
    assert_eq!(case.field("one", "rolebinding/readers", ".roleRef.name"), "writer");
    case.assert_settled();
}

#[test]
fn what_holds_data_is_replaced_only_where_that_is_allowed() {
    let Some(case) = start("data") else { return };
    case.sandbox("one", "values.database = true\nvalues.x = 1").commit("one");
    case.run(0, &[]);
    let uid = |object: &str| case.field("one", object, ".metadata.uid");
    let (files, data, database) = (uid("pvc/files"), uid("pvc/data-database-0"), uid("statefulset/database"));
    case.repo.edit(&file("one"), "values.x = 1", "values.mode = \"ReadWriteMany\"");
    case.commit("another mode");
    let plan = case.plan(3, &[]);
    assert_eq!(plan.action("one"), "held");
    let says = "what is on its volume is lost";
    assert!(plan.reason("one").contains("PersistentVolumeClaim/files") && plan.reason("one").contains(says));
    assert_eq!(case.run(3, &[]).action("one"), "held");
    assert_eq!(uid("pvc/files"), files);

    case.repo.edit(&file("one"), "branch =", "replace = \"allow\"\nbranch =");
    case.commit("that is meant");
    let run = case.run(0, &[]);
    assert_eq!(run.came_of("one"), ("done", ""));
    assert_ne!(uid("pvc/files"), files);
    assert_eq!(case.field("one", "pvc/files", ".spec.accessModes[0]"), "ReadWriteMany");
    assert_eq!(uid("pvc/data-database-0"), data, "another claim");
    assert_eq!(uid("statefulset/database"), database);
    case.assert_settled();

    // A StatefulSet is replaced around its claims.
    case.repo.edit("charts/app/templates/database.yaml", "storage: 1Gi", "storage: 2Gi");
    case.commit("more room");
    let plan = case.plan(2, &[]);
    let reason = plan.step("one", "StatefulSet/database")["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(".spec.volumeClaimTemplates") && reason.contains("claims stay"), "{reason}");
    case.run(0, &[]);
    assert_ne!(uid("statefulset/database"), database);
    assert_eq!(uid("pvc/data-database-0"), data, "nothing is lost");
    case.assert_settled();
}

#[test]
fn a_replacement_that_would_be_refused_takes_nothing_away() {
    let Some(case) = start("refusal") else { return };
    case.sandbox("one", "values.x = 1").commit("one");
    case.run(0, &[]);
    let uid = case.field("one", "deployment/worker", ".metadata.uid");
    case.repo.edit(&file("one"), "values.x = 1", "values.is = \"no such label!\"");
    case.commit("a label that is none");
    let run = case.run(4, &[]);
    assert_eq!(run.action("one"), "held", "{:#}", run.sandbox("one"));
    assert!(run.reason("one").contains("would be refused"), "{}", run.reason("one"));
    assert_eq!(case.field("one", "deployment/worker", ".metadata.uid"), uid);
}

#[test]
fn a_replacement_that_is_killed_is_completed() {
    let kills =
        [(2, Verdict::HoldAnswer), (3, Verdict::HoldRequest), (4, Verdict::HoldAnswer), (5, Verdict::HoldRequest)];
    let more = [(6, Verdict::HoldAnswer), (8, Verdict::HoldRequest), (10, Verdict::HoldAnswer)];
    std::thread::scope(|scope| {
        for (write, verdict) in kills.into_iter().chain(more) {
            scope.spawn(move || killed_while_replacing(write, &verdict));
        }
    });
}

fn killed_while_replacing(write: usize, verdict: &Verdict) {
    let Some(case) = start("rekilled") else { return };
    let gate = Gate::open(case.plane, &case.user);
    case.sandbox("one", "values.x = 1").commit("one");
    case.run(0, &[]);
    let password = case.field("one", "secret/sealed", ".data.password");
    let more = "values.word = \"two\"\nvalues.role = \"writer\"\nvalues.is = \"idle\"";
    case.repo.edit(&file("one"), "values.x = 1", more);
    case.commit("much of it is final");
    killed_at(&case, &gate, write, verdict);
    case.run(0, &[]);
    assert_eq!(case.field("one", "configmap/frozen", ".data.word"), "two", "{write} {verdict:?}");
    assert_eq!(case.field("one", "rolebinding/readers", ".roleRef.name"), "writer", "{write} {verdict:?}");
    let label = case.field("one", "deployment/worker", ".spec.selector.matchLabels.is");
    assert_eq!(label, "idle", "{write} {verdict:?}");
    assert_eq!(case.field("one", "secret/sealed", ".data.password"), password, "{write} {verdict:?}");
    case.assert_settled();
}
