//! The admission policy of the chart `reconcile`: it keeps the account to what is its fleet's, whatever its roles allow.
//! Asked with raw requests of an account that RBAC lets do everything.

use std::process::Output;
use std::time::Duration;

use super::case::Case;
use crate::plane::ControlPlane;
use crate::wait::wait_until;

/// Every right there is.
fn unbound(case: &Case) {
    let yaml = format!(
        "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: {0}-everything}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: '{1}'}}]
",
        case.id, case.user.name
    );
    case.plane.apply("test", &yaml);
}

/// What the account gets for a request of kubectl's.
fn asks(case: &Case, args: &[&str]) -> Output {
    case.plane.kubectl_as(&case.user, args).output().expect("kubectl starts")
}

/// The requests that were answered otherwise than with a refusal by the policy.
fn not_refused(case: &Case, requests: &[Vec<String>]) -> Vec<String> {
    let wrong = requests.iter().filter_map(|request| {
        let args: Vec<&str> = request.iter().map(String::as_str).collect();
        let output = asks(case, &args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let refused = !output.status.success()
            && said.contains("ValidatingAdmissionPolicy")
            && said.contains("this account may only");
        (!refused).then(|| format!("{args:?}: {output:?}"))
    });
    wrong.collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// A file of one object, for `kubectl create` and `apply`.
fn file(case: &Case, name: &str, yaml: &str) -> String {
    let path = case.repo.path().join(name);
    std::fs::write(&path, yaml).expect("it can be written");
    path.display().to_string()
}

fn labelled(kind: &str, name: &str, fleet: &str) -> String {
    let (api, rest) = match kind {
        "Namespace" => ("v1", ""),
        "PriorityClass" => ("scheduling.k8s.io/v1", ", value: 7"),
        other => panic!("{other} is none of the two"),
    };
    format!(
        "{{apiVersion: {api}, kind: {kind}, metadata: {{name: {name}, labels: {{reconcile.dev/fleet: '{fleet}'}}}}{rest}}}"
    )
}

/// A fleet whose account such a policy keeps out; `None` where the server has none.
fn kept() -> Option<Case> {
    let plane = ControlPlane::start()?;
    if !plane.admits_by("ValidatingAdmissionPolicy") {
        plane.left_out("what the admission policy of charts/reconcile refuses: this server has no such policies");
        return None;
    }
    Some(Case::least(plane, &plane.unique("kept")))
}

#[test]
fn the_account_is_kept_to_its_fleet() {
    let Some(case) = kept() else { return };
    let plane = case.plane;
    case.sandbox("own", "values.database = true").commit("one");
    case.run(0, &[]);
    unbound(&case);
    let (id, own) = (case.id.as_str(), case.namespace("own"));
    let foreign = plane.unique("foreign");
    plane.must(&["create", "namespace", &foreign]);
    plane.must(&["create", "configmap", "theirs", "--namespace", &foreign]);
    let class = plane.unique("class");
    plane.apply("test", &labelled("PriorityClass", &class, "another"));
    wait_until("RBAC and the policy are known", Duration::from_secs(60), || {
        let output = asks(&case, &["delete", "configmap", "theirs", "--namespace", &foreign, "--dry-run=server"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if said.contains("ValidatingAdmissionPolicy") { Ok(()) } else { Err(said) }
    });

    let new = |name: &str, text: String| file(&case, name, &text);
    let namespace = |name: &str, fleet: &str| labelled("Namespace", name, fleet);
    let unlabelled = new("unlabelled.yaml", format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {id}-x}}}}"));
    let others = new("others.yaml", namespace(&format!("{id}-x"), "another"));
    let elsewhere = new("elsewhere.yaml", namespace("elsewhere", id));
    let taken = new("taken.yaml", labelled("PriorityClass", &class, id));
    let bare = new(
        "bare.yaml",
        "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: bare}, value: 7}".into(),
    );
    let finalize = new(
        "finalize.json",
        format!(
            r#"{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{own}"}}, "spec": {{"finalizers": []}}}}"#
        ),
    );
    let refused = [
        // Namespaces: made with the fleet's label and prefix alone, and never anybody else's.
        format!("create --dry-run=server -f {unlabelled}"),
        format!("create --dry-run=server -f {others}"),
        format!("create --dry-run=server -f {elsewhere}"),
        format!("label namespace {foreign} reconcile.dev/fleet={id} --dry-run=server"),
        format!("label namespace kube-system reconcile.dev/fleet={id} --dry-run=server"),
        format!("annotate namespace {foreign} a=b --dry-run=server"),
        format!("delete namespace {foreign} --dry-run=server"),
        format!("label namespace {own} reconcile.dev/fleet- --dry-run=server"),
        format!("label namespace {own} reconcile.dev/fleet=another --overwrite --dry-run=server"),
        format!("replace --raw /api/v1/namespaces/{own}/finalize -f {finalize}"),
        // What is in those of others, those of the cluster among them.
        format!("create configmap x --namespace {foreign} --dry-run=server"),
        format!("annotate configmap theirs a=b --namespace {foreign} --dry-run=server"),
        format!("delete configmap theirs --namespace {foreign} --dry-run=server"),
        "create configmap x --namespace kube-system --dry-run=server".to_owned(),
        "create configmap x --namespace default --dry-run=server".to_owned(),
        format!(
            "create rolebinding x --clusterrole=reconcile-{id}-sandbox --user=x --namespace kube-system --dry-run=server"
        ),
        format!("create token default --namespace {foreign}"),
        // What is remembered beside the sandboxes, of other fleets.
        "create configmap plans-another --namespace reconcile-system --dry-run=server".to_owned(),
        "create secret generic x --namespace reconcile-system --dry-run=server".to_owned(),
        // What is in no namespace.
        format!("create --dry-run=server -f {bare}"),
        format!("apply --server-side --force-conflicts --dry-run=server -f {taken}"),
        format!("delete priorityclass {class} --dry-run=server"),
        "create clusterrolebinding x --clusterrole=cluster-admin --user=x --dry-run=server".to_owned(),
    ];
    let wrong = not_refused(&case, &refused.map(|request| words(&request)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let ours = new("ours.yaml", namespace(&format!("{id}-x"), id));
    let ours_too = new("ours-too.yaml", labelled("PriorityClass", &plane.unique("ours"), id));
    let event = |namespace: &str| {
        format!(
            "{{apiVersion: events.k8s.io/v1, kind: Event, metadata: {{name: e, namespace: default}}, type: Normal, note: x, \
             reason: X, action: X, reportingController: x, reportingInstance: x, \
             eventTime: '2026-01-01T00:00:00.000000Z', regarding: {{apiVersion: v1, kind: Namespace, name: {namespace}}}}}"
        )
    };
    let their_event = new("their-event.yaml", event(&foreign));
    let wrong = not_refused(&case, &[words(&format!("create --dry-run=server -f {their_event}"))]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let our_event = new("our-event.yaml", event(&own));
    let lease = "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {namespace: reconcile-system, name: ";
    let lease = new("lease.yaml", format!("{lease}fleet-{id}-1}}}}"));
    let allowed = [
        format!("create --dry-run=server -f {ours}"),
        format!("create --dry-run=server -f {ours_too}"),
        format!("create --dry-run=server -f {lease}"),
        format!("create --dry-run=server -f {our_event}"),
        format!("create configmap plans-{id} --namespace reconcile-system --dry-run=server"),
        format!("create configmap x --namespace {own} --dry-run=server"),
        format!("annotate deployment web a=b --namespace {own} --dry-run=server"),
        format!("delete secret --all --namespace {own} --dry-run=server"),
        format!("annotate namespace {own} a=b --dry-run=server"),
        format!("delete namespace {own} --dry-run=server"),
        "auth can-i create pods".to_owned(),
        "auth whoami".to_owned(),
    ];
    for request in allowed {
        let output = asks(&case, &request.split(' ').collect::<Vec<_>>());
        assert!(output.status.success(), "{request}: {output:?}");
    }
    // Nobody else is asked.
    plane.must(&["create", "configmap", "x", "--namespace", &foreign]);
    plane.must(&["label", "namespace", &own, "reconcile.dev/fleet-"]);
    // What it had made itself it may put back.
    let run = case.run(0, &[]);
    assert_eq!((run.action("own"), run.came_of("own").0), ("correct", "done"), "{:#}", run.sandbox("own"));
    case.assert_settled();
}
