//! The control plane itself: what the other tests take for granted.

use std::time::Duration;

use crate::plane::{ControlPlane, Rights};
use crate::wait::wait_until;

/// Generous: a quiet machine needs two seconds.
const SOON: Duration = Duration::from_secs(60);

/// A Deployment with a claim, as YAML.
fn workload(namespace: &str, image: &str, class: &str) -> String {
    format!(
        "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data, namespace: {namespace}}}
spec:
  storageClassName: {class}
  accessModes: [ReadWriteOnce]
  resources: {{requests: {{storage: 1Gi}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: {namespace}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers: [{{name: web, image: '{image}', volumeMounts: [{{name: data, mountPath: /data}}]}}]
      volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]
"
    )
}

fn phase(plane: &ControlPlane, namespace: &str) -> String {
    plane.must(&["get", "pvc", "data", "--namespace", namespace, "--output=jsonpath={.status.phase}"])
}

#[test]
fn deployments_become_ready_and_their_volumes_come_and_go() {
    let Some(plane) = ControlPlane::start() else {
        return;
    };
    let namespaces = ["standard", "on-first-use"].map(|class| {
        let namespace = plane.unique("smoke");
        plane.must(&["create", "namespace", &namespace]);
        plane.apply("smoke", &workload(&namespace, "example.com/web:1", class));
        namespace
    });
    for namespace in &namespaces {
        wait_until("the Deployment is ready", SOON, || {
            match plane.object("deployment", namespace, "web")["status"]["readyReplicas"].as_u64() {
                Some(2) => Ok(()),
                other => Err(format!("{other:?} replicas ready")),
            }
        });
        assert_eq!(phase(plane, namespace), "Bound");
        plane.must(&["delete", "namespace", namespace, "--wait=false"]);
    }
    for namespace in &namespaces {
        plane.must(&["wait", "--for=delete", "namespace", namespace, "--timeout=60s"]);
        wait_until("the volume is gone", SOON, || {
            let left = plane.must(&["get", "pv", "--output=jsonpath={.items[*].spec.claimRef.namespace}"]);
            if left.split(' ').any(|owner| owner == namespace) { Err(left) } else { Ok(()) }
        });
    }
}

#[test]
fn some_images_fail_and_some_claims_wait() {
    let Some(plane) = ControlPlane::start() else {
        return;
    };
    for (image, reason) in
        [("example.com/no-such-image:1", "ImagePullBackOff"), ("example.com/crashes:1", "CrashLoopBackOff")]
    {
        let namespace = plane.unique("failing");
        plane.must(&["create", "namespace", &namespace]);
        plane.apply("smoke", &workload(&namespace, image, "standard"));
        wait_until("the pods say why they are not ready", SOON, || {
            let path = "--output=jsonpath={.items[*].status.containerStatuses[0].state.waiting.reason}";
            let reasons = plane.must(&["get", "pods", "--namespace", &namespace, path]);
            if reasons == format!("{reason} {reason}") { Ok(()) } else { Err(reasons) }
        });
        let status = plane.object("deployment", &namespace, "web");
        assert_eq!(status["status"]["unavailableReplicas"], 2);
    }

    let namespace = plane.unique("waiting");
    plane.must(&["create", "namespace", &namespace]);
    let all = workload(&namespace, "example.com/web:1", "on-first-use");
    let (claim, deployment) = all.split_once("---").expect("the workload has two documents");
    plane.apply("smoke", claim);
    wait_until("the controller has seen the claim", SOON, || {
        let seen = plane.must(&["get", "events", "--namespace", &namespace, "--output=jsonpath={.items[*].reason}"]);
        if seen.contains("WaitForFirstConsumer") { Ok(()) } else { Err(seen) }
    });
    assert_eq!(phase(plane, &namespace), "Pending");
    plane.apply("smoke", deployment);
    wait_until("the claim is bound", SOON, || {
        let phase = phase(plane, &namespace);
        if phase == "Bound" { Ok(()) } else { Err(phase) }
    });
}

#[test]
fn the_audit_log_tells_one_user_from_another() {
    let Some(plane) = ControlPlane::start() else {
        return;
    };
    let (one, other) = (plane.user(Rights::Admin), plane.user(Rights::Admin));
    let name = plane.unique("audited");
    let mark = plane.mark();
    for user in [&one, &other] {
        let reading = plane.kubectl_as(user, &["get", "namespaces"]).output().expect("kubectl starts");
        assert!(reading.status.success());
    }
    for dry_run in ["--dry-run=server", "--dry-run=none"] {
        let made = plane.kubectl_as(&one, &["create", "namespace", &name, dry_run]).output().expect("kubectl starts");
        assert!(made.status.success());
    }

    let writes = plane.writes(mark, &one);
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!((writes[0].verb.as_str(), writes[0].response_status.code), ("create", 201));
    assert_eq!(
        (writes[0].object_ref.resource.as_str(), writes[0].object_ref.name.as_str()),
        ("namespaces", name.as_str())
    );
    assert!(writes[0].user_agent.starts_with("kubectl/"), "{}", writes[0].user_agent);
    assert_eq!(plane.writes(mark, &other).len(), 0);
    assert!(plane.requests(mark, &other).iter().any(|request| request.verb == "list"));
    assert_eq!(plane.requests(plane.mark(), &one).len(), 0);
}

#[test]
fn rights_are_what_they_say() {
    let Some(plane) = ControlPlane::start() else {
        return;
    };
    let may = |rights, verb: &str| {
        let user = plane.user(rights);
        let asked = plane.kubectl_as(&user, &["auth", "can-i", verb, "configmaps"]).output().expect("kubectl starts");
        asked.status.success()
    };
    assert!(may(Rights::Admin, "patch"));
    assert!(may(Rights::ReadOnly, "list"));
    assert!(!may(Rights::ReadOnly, "patch"));
    assert!(!may(Rights::Nothing, "list"));
}
