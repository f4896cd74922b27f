//! Readiness by status.

use reconcile::plan::{Readiness, readiness};
use serde_json::{Value, json};

fn with_status(api_version: &str, kind: &str, spec: &Value, status: &Value) -> Readiness {
    let metadata = json!({"name": "it", "generation": 2});
    readiness(&json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, "status": status}))
}

fn waiting(why: &str) -> Readiness {
    Readiness::Waiting(why.into())
}

#[test]
fn deployments() {
    let of = |spec: Value, status: Value| with_status("apps/v1", "Deployment", &spec, &status);
    let two = || json!({"replicas": 2});
    let done = json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2});
    assert_eq!(of(two(), done), Readiness::Ready);
    assert_eq!(of(json!({"replicas": 0}), json!({"observedGeneration": 2})), Readiness::Ready);
    assert_eq!(
        of(two(), json!({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2})),
        waiting("the deployment controller has not seen this generation")
    );
    assert_eq!(of(two(), json!({})), waiting("the deployment controller has not seen this generation"));
    assert_eq!(
        of(two(), json!({"observedGeneration": 2, "updatedReplicas": 2, "availableReplicas": 1})),
        waiting("1 of 2 replicas available")
    );
    assert_eq!(
        of(two(), json!({"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 2})),
        waiting("1 of 2 replicas updated")
    );
    let old = json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 2});
    assert_eq!(of(two(), old), waiting("1 old replicas are still there"));
    let condition =
        json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "late"});
    let late = json!({"observedGeneration": 2, "conditions": [condition]});
    assert_eq!(of(two(), late), Readiness::Failed("late".into()));
}

#[test]
fn stateful_sets() {
    let of = |spec: Value, status: Value| with_status("apps/v1", "StatefulSet", &spec, &status);
    let status = |updated: u64, ready: u64, current: &str| {
        json!({
            "observedGeneration": 2, "updatedReplicas": updated, "readyReplicas": ready,
            "currentRevision": current, "updateRevision": "b",
        })
    };
    assert_eq!(of(json!({}), status(1, 1, "b")), Readiness::Ready);
    assert_eq!(of(json!({}), status(0, 1, "a")), waiting("0 of 1 replicas updated"));
    assert_eq!(of(json!({}), status(1, 1, "a")), waiting("its update is under way"));
    assert_eq!(of(json!({}), status(1, 0, "b")), waiting("0 of 1 replicas ready"));
    let partition = json!({"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}});
    assert_eq!(of(partition, status(1, 2, "a")), Readiness::Ready);
    assert_eq!(of(json!({"updateStrategy": {"type": "OnDelete"}}), status(0, 1, "a")), Readiness::Ready);
}

#[test]
fn other_workloads() {
    let daemons = |updated: u64, available: u64| {
        json!({
            "observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": updated,
            "numberAvailable": available,
        })
    };
    assert_eq!(with_status("apps/v1", "DaemonSet", &json!({}), &daemons(2, 2)), Readiness::Ready);
    assert_eq!(with_status("apps/v1", "DaemonSet", &json!({}), &daemons(1, 2)), waiting("1 of 2 pods updated"));
    assert_eq!(with_status("apps/v1", "DaemonSet", &json!({}), &daemons(2, 0)), waiting("0 of 2 pods available"));

    let job = |status: Value| with_status("batch/v1", "Job", &json!({}), &status);
    assert_eq!(job(json!({"conditions": [{"type": "Complete", "status": "True"}]})), Readiness::Ready);
    assert_eq!(job(json!({})), waiting("0 of 1 completions"));
    let failed = json!({"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"});
    assert_eq!(job(json!({"conditions": [failed]})), Readiness::Failed("BackoffLimitExceeded".into()));

    let pod = |status: Value| with_status("v1", "Pod", &json!({}), &status);
    let ready = |status: &str| json!({"phase": "Running", "conditions": [{"type": "Ready", "status": status}]});
    assert_eq!(pod(ready("True")), Readiness::Ready);
    assert_eq!(pod(ready("False")), waiting("it is not ready"));
    assert_eq!(pod(json!({"phase": "Pending"})), waiting("it is Pending"));
    assert_eq!(pod(json!({"phase": "Failed"})), Readiness::Failed("it failed".into()));
}

#[test]
fn what_a_workload_needs() {
    let claim = |status: Value| with_status("v1", "PersistentVolumeClaim", &json!({}), &status);
    assert_eq!(claim(json!({"phase": "Bound"})), Readiness::Ready);
    assert_eq!(claim(json!({"phase": "Pending"})), waiting("it is Pending"));
    assert_eq!(claim(json!({"phase": "Lost"})), Readiness::Failed("its volume is lost".into()));

    let quota = |hard: Value| {
        with_status("v1", "ResourceQuota", &json!({"hard": {"pods": "5", "requests.cpu": "2"}}), &json!({"hard": hard}))
    };
    assert_eq!(quota(json!({"pods": "5", "requests.cpu": "2"})), Readiness::Ready);
    assert_eq!(quota(json!({"pods": "5"})), waiting("requests.cpu is not counted yet"));
    assert_eq!(quota(Value::Null), waiting("pods is not counted yet"));
}

#[test]
fn custom_resources_and_all_else() {
    let of = |status: Value| with_status("cert-manager.io/v1", "Certificate", &json!({}), &status);
    let ready = |status: &str| json!({"conditions": [{"type": "Ready", "status": status, "message": "issuing"}]});
    assert_eq!(of(ready("True")), Readiness::Ready);
    assert_eq!(of(ready("False")), waiting("issuing"));
    assert_eq!(of(json!({})), Readiness::Ready);
    let mut behind = ready("True");
    behind["observedGeneration"] = json!(1);
    assert_eq!(of(behind), waiting("its controller has not seen this generation"));
    assert_eq!(with_status("v1", "ConfigMap", &Value::Null, &Value::Null), Readiness::Ready);
    assert_eq!(readiness(&Value::Null), Readiness::Ready);
}

#[test]
fn pod_securitys_refusal_is_final_for_what_was_applied_before_it() {
    let refused = |message: &str, applied: &str| {
        let condition = json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
            "message": message, "lastTransitionTime": "2026-01-02T03:04:05Z"});
        readiness(&json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"generation": 1, "managedFields": [
                {"manager": "reconcile", "operation": "Apply", "time": applied},
                {"manager": "other", "operation": "Apply", "time": "2000-01-01T00:00:00Z"},
            ]},
            "spec": {"replicas": 1}, "status": {"observedGeneration": 1, "conditions": [condition]},
        }))
    };
    let security = "pods \"a\" is forbidden: violates PodSecurity \"restricted:latest\": privileged";
    assert_eq!(refused(security, "2026-01-02T03:04:05Z"), Readiness::Failed(security.into()));
    assert_eq!(refused(security, "2026-01-02T03:04:06Z"), waiting(&format!("0 of 1 replicas updated: {security}")));
    let quota = "pods \"a\" is forbidden: exceeded quota";
    assert_eq!(refused(quota, "2026-01-02T03:04:05Z"), waiting(&format!("0 of 1 replicas updated: {quota}")));
}
