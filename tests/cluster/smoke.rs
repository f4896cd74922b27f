//! The control plane itself: what the other tests take for granted.

use std::time::Duration;

use crate::plane::{ControlPlane, Rights};
use crate::wait::wait_until;

/// Generous: a quiet machine needs two seconds.
const SOON: Duration = Duration::from_secs(60);

#[test]
fn a_deployment_becomes_ready_and_its_claim_bound() {
    let Some(plane) = ControlPlane::start() else {
        return;
    };
    let namespace = plane.unique("smoke");
    plane.must(&["create", "namespace", &namespace]);
    plane.apply(
        "smoke",
        &format!(
            "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data, namespace: {namespace}}}
spec:
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
      containers: [{{name: web, image: 'example.com/web:1', volumeMounts: [{{name: data, mountPath: /data}}]}}]
      volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]
"
        ),
    );
    wait_until("the Deployment is ready", SOON, || {
        match plane.object("deployment", &namespace, "web")["status"]["readyReplicas"].as_u64() {
            Some(2) => Ok(()),
            other => Err(format!("{other:?} replicas ready")),
        }
    });
    wait_until("the claim is bound", SOON, || {
        match plane.object("pvc", &namespace, "data")["status"]["phase"].as_str() {
            Some("Bound") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    plane.must(&["delete", "namespace", &namespace, "--timeout=60s"]);
    let volumes = wait_until("the volume is gone", SOON, || {
        let left = plane.must(&[
            "get",
            "pv",
            "--output=jsonpath={.items[*].spec.claimRef.namespace}",
        ]);
        if left.split(' ').any(|owner| owner == namespace) {
            Err(left)
        } else {
            Ok(left)
        }
    });
    assert!(!volumes.contains(&namespace));
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
        let reading = plane
            .kubectl_as(user, &["get", "namespaces"])
            .output()
            .expect("kubectl starts");
        assert!(reading.status.success());
    }
    for dry_run in ["--dry-run=server", "--dry-run=none"] {
        let made = plane
            .kubectl_as(&one, &["create", "namespace", &name, dry_run])
            .output()
            .expect("kubectl starts");
        assert!(made.status.success());
    }

    let writes = plane.writes(mark, &one);
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(
        (writes[0].verb.as_str(), writes[0].response_status.code),
        ("create", 201)
    );
    assert_eq!(
        (
            writes[0].object_ref.resource.as_str(),
            writes[0].object_ref.name.as_str()
        ),
        ("namespaces", name.as_str())
    );
    assert!(
        writes[0].user_agent.starts_with("kubectl/"),
        "{}",
        writes[0].user_agent
    );
    assert_eq!(plane.writes(mark, &other).len(), 0);
    assert!(
        plane
            .requests(mark, &other)
            .iter()
            .any(|request| request.verb == "list")
    );
    assert_eq!(plane.requests(plane.mark(), &one).len(), 0);
}

#[test]
fn rights_are_what_they_say() {
    let Some(plane) = ControlPlane::start() else {
        return;
    };
    let may = |rights, verb: &str| {
        let user = plane.user(rights);
        let asked = plane
            .kubectl_as(&user, &["auth", "can-i", verb, "configmaps"])
            .output()
            .expect("kubectl starts");
        asked.status.success()
    };
    assert!(may(Rights::Admin, "patch"));
    assert!(may(Rights::ReadOnly, "list"));
    assert!(!may(Rights::ReadOnly, "patch"));
    assert!(!may(Rights::Nothing, "list"));
}
