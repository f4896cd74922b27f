//! What a sandbox may not do: take more than its quota, run what is not `restricted`, read what is not its own.

use super::Suite;
use crate::fleet::{await_login, namespace};

const PLAIN: &str = "
apiVersion: v1
kind: Pod
metadata: {name: plain, namespace: @NAMESPACE@}
spec:
  @MORE@
  containers:
    - name: plain
      image: reconcile.test/client:test
      command: [sleep, infinity]
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      resources: @RESOURCES@
";
const RESTRICTED: &str =
    "securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}";

pub fn run(suite: &mut Suite) {
    let name = suite.app();
    let space = namespace(&name);
    quota(suite, &space);
    pod_security(suite, &space);
    rights(suite, &space);
    told(suite);
}

fn quota(suite: &Suite, space: &str) {
    let pod = |more: &str, resources: &str| {
        PLAIN.replace("@NAMESPACE@", space).replace("@MORE@", more).replace("@RESOURCES@", resources)
    };
    let greedy =
        suite.node.apply(&pod(RESTRICTED, "{requests: {cpu: 10m, memory: 1Gi}, limits: {cpu: 100m, memory: 2Gi}}"));
    greedy.must_say("exceeded quota: sandbox");
    let large = suite.node.apply(&pod(RESTRICTED, "{limits: {cpu: 100m, memory: 3Gi}}"));
    large.must_say("maximum memory usage per Container is 2Gi");
    assert!(greedy.status != 0 && large.status != 0);
    let claim = format!(
        "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: more, namespace: {space}}}, spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 2Gi}}}}}}}}"
    );
    suite.node.apply(&claim).must_say("exceeded quota: sandbox");
    let port = format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: more, namespace: {space}}}, spec: {{type: NodePort, ports: [{{port: 80}}]}}}}"
    );
    suite.node.apply(&port).must_say("exceeded quota: sandbox");
}

fn pod_security(suite: &Suite, space: &str) {
    let with = |more: &str| PLAIN.replace("@NAMESPACE@", space).replace("@MORE@", more).replace("@RESOURCES@", "{}");
    for more in ["hostNetwork: true", "securityContext: {runAsUser: 0}", "volumes: [{name: all, hostPath: {path: /}}]"]
    {
        let refused = suite.node.apply(&with(more));
        refused.must_say("violates PodSecurity \"restricted:latest\"");
        assert_ne!(refused.status, 0);
    }
    // What meets it is let in.
    let allowed = suite.node.apply(&with(RESTRICTED));
    assert_eq!(allowed.status, 0, "{}", allowed.text);
    suite.node.expect(&["delete", "pod", "plain", "-n", space, "--wait=false"]);
}

fn rights(suite: &Suite, space: &str) {
    let token = suite.node.expect(&["create", "token", "sandbox", "-n", space]);
    let token = token.trim();
    let may = |args: &[&str]| {
        let asked = suite.node.kubectl(&[&["--token", token], args].concat());
        assert!(asked.status == 0 || asked.says("Forbidden") || asked.says("forbidden"), "{args:?}: {}", asked.text);
        asked.status == 0
    };
    assert!(may(&["get", "pods", "-n", space]) && may(&["get", "services", "-n", space]), "its own pods and Services");
    for kind in
        ["secrets", "configmaps", "deployments", "events", "rolebindings", "persistentvolumeclaims", "ingresses"]
    {
        assert!(!may(&["get", kind, "-n", space]), "{kind}");
    }
    assert!(!may(&["get", "secret", "odoo", "-n", space]));
    assert!(!may(&["get", "pods", "-n", "kube-system"]) && !may(&["get", "pods", "--all-namespaces"]));
    assert!(!may(&["get", "nodes"]) && !may(&["get", "namespaces"]) && !may(&["get", "persistentvolumes"]));
    assert!(!may(&["delete", "pod", "-n", space, &suite.node.pod(space, "nginx")]));
    // And no pod of it has such a token.
    for component in ["odoo", "postgresql", "nginx"] {
        let pod = suite.node.pod(space, component);
        let looked = suite.node.kubectl(&["exec", "-n", space, &pod, "--", "ls", "/var/run/secrets/kubernetes.io"]);
        assert!(looked.status != 0 && looked.says("No such file"), "{component}: {}", looked.text);
    }
}

/// A sandbox whose pods do not fit is told before anything is made where the sum can be known, and else by why not.
fn told(suite: &Suite) {
    let fleet = suite.fleet("limits");
    let name = suite.name("greedy");
    fleet.commit(&name, "[values]\nodoo.resources.limits.memory = \"2Gi\"\nquota.limits.memory = \"3Gi\"");
    let planned = fleet.run(&["--plan"]);
    assert!(![0, 2].contains(&planned.status), "{}", planned.text);
    planned.must_say("memory limits come to").must_say("more than quota.limits.memory, 3Gi");
    assert_ne!(suite.node.kubectl(&["get", "namespace", &namespace(&name)]).status, 0, "nothing of it was made");

    fleet.commit(&name, "[values]\nquota.pods = 2");
    let made = fleet.expect(4, &["--yes", "--timeout", "60s"]);
    made.must_say("exceeded quota: sandbox").must_say("pods=1");
    suite.node.await_gone(&namespace(&name), super::BOUND);
    // Given room, the same file is made.
    fleet.commit(&name, "[values]\nquota.pods = 5");
    fleet.expect(0, &["--yes"]);
    await_login(&name, super::BOUND);
    fleet.destroy(&suite.node, &name);
}
