//! The chart `reconcile`, installed by helm itself, and taken away again.

use std::process::Command;
use std::time::Duration;

use super::case::Case;
use crate::account::Account;
use crate::plane::ControlPlane;
use crate::wait::wait_until;

fn helm(plane: &ControlPlane, home: &std::path::Path, args: &[&str]) -> String {
    let output = Command::new(plane.program("helm"))
        .args(args)
        .env_clear()
        .env("HOME", home)
        .env("KUBECONFIG", plane.kubeconfig())
        .output()
        .expect("helm starts");
    assert!(output.status.success(), "helm {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn helm_installs_it_its_pods_are_let_in_and_it_goes_whole() {
    let Some(plane) = ControlPlane::start() else { return };
    let case = Case::admin("installed").expect("there is a control plane");
    let (id, namespace) = (case.id.as_str(), plane.unique("runs"));
    plane.must(&["create", "namespace", &namespace]);
    plane.must(&["label", "namespace", &namespace, "pod-security.kubernetes.io/enforce=restricted"]);
    case.repo.edit("sandboxes/fleet.toml", "id =", &format!("service_account = \"{namespace}/reconcile\"\nid ="));
    case.sandbox("one", "values.database = true").commit("one");
    let values = case.repo.path().join("rbac.yaml");
    std::fs::write(&values, Account::new(plane, id).values(case.repo.path())).expect("it can be written");
    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/reconcile");
    let (values, home) = (values.display().to_string(), case.tool().home());
    let namespaced = format!("--namespace={namespace}");
    let more = [
        "--set=image.repository=registry.example.com/reconcile",
        "--set=repository.url=ssh://git@git.example.com/sandboxes.git",
        "--set=repository.ssh.secretName=key",
        "--set=suspend=true",
    ];
    let install = [&["upgrade", "--install", id, chart, &namespaced, "--values", &values], more.as_slice()].concat();
    let said = helm(plane, home, &install);
    assert!(said.contains(&format!("ClusterRole reconcile-{id}-sandbox")), "{said}");
    helm(plane, home, &install);
    // There is a policy where the server has such; where not, the chart says that there is none.
    let has_none = said.contains("this server has none");
    assert_eq!(has_none, !plane.admits_by("ValidatingAdmissionPolicy"), "{said}");
    if plane.admits_by("ValidatingAdmissionPolicy") {
        plane.must(&["get", "validatingadmissionpolicy", &format!("reconcile-{id}")]);
    }

    let user = plane.account(&namespace, "reconcile");
    let list = |what: &str, there: &str| {
        let args = ["auth", "can-i", "list", what, &format!("--namespace={there}"), &format!("--as={}", user.name)];
        plane.kubectl(&args).status.success()
    };
    wait_until("RBAC knows", Duration::from_secs(30), || {
        if list("deployments.apps", "default") { Ok(()) } else { Err("not yet".to_owned()) }
    });
    assert!(!list("secrets", "kube-system") && !list("secrets", &namespace));

    // What a schedule would start: Pod Security lets it in.
    plane.must(&["create", "secret", "generic", "key", "--from-literal=ssh-privatekey=x", &namespaced]);
    plane.must(&["create", "job", "now", &format!("--from=cronjob/{id}"), &namespaced]);
    wait_until("its pod is made", Duration::from_secs(60), || {
        let pods = plane.must(&["get", "pods", "--selector=job-name=now", &namespaced, "--output=name"]);
        if pods.is_empty() { Err(plane.must(&["get", "events", &namespaced])) } else { Ok(()) }
    });

    helm(plane, home, &["uninstall", id, &namespaced]);
    let mut kinds = "cronjobs,serviceaccounts,clusterroles,clusterrolebindings,roles,rolebindings".to_owned();
    if plane.admits_by("ValidatingAdmissionPolicy") {
        kinds.push_str(",validatingadmissionpolicies,validatingadmissionpolicybindings");
    }
    let left = plane.must(&[
        "get",
        &kinds,
        "--all-namespaces",
        &format!("--selector=app.kubernetes.io/instance={id}"),
        "--output=name",
    ]);
    assert_eq!(left, "", "it left something");
}
