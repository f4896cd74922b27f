//! Who reaches whom, tried by connections from inside of pods.

use std::io::Write as _;
use std::net::TcpListener;

use super::Suite;
use crate::fleet::{Fleet, await_login, namespace};
use crate::node::{Node, OUTSIDE, PRIVATE};
use crate::run::Run;

/// A pod that asks, as `restricted` as the sandboxes' own.
const CLIENT: &str = "
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: @NAMESPACE@}
spec:
  terminationGracePeriodSeconds: 1
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: client
      image: reconcile.test/client:test
      command: [sleep, infinity]
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
";

/// Whether a connection comes about; nobody waits longer than a few seconds for one.
#[derive(Debug, PartialEq, Eq)]
enum Reach {
    Open,
    Refused,
}
use Reach::{Open, Refused};

/// Puts a client into a namespace, and waits until it runs.
pub fn client(node: &Node, namespace: &str) {
    let made = node.apply(&CLIENT.replace("@NAMESPACE@", namespace));
    assert_eq!(made.status, 0, "{}", made.text);
    node.expect(&["wait", "-n", namespace, "pod/client", "--for=condition=Ready", "--timeout=120s"]);
}

/// Tries a connection from the client of a namespace.
fn from_client(node: &Node, namespace: &str, host: &str, port: &str) -> Reach {
    let tried = node.kubectl(&["exec", "-n", namespace, "client", "--", "nc", "-z", "-w", "2", host, port]);
    reach(&tried)
}

fn reach(tried: &Run) -> Reach {
    match tried.status {
        0 => Open,
        // nc's own; a pod that cannot be entered is no answer.
        1 if !tried.says("error: Internal") && !tried.says("not found") => Refused,
        _ => panic!("nothing could be tried: {}", tried.text),
    }
}

/// Tries one from Odoo itself.
fn from_odoo(fleet: &Fleet, name: &str, host: &str, port: u16) -> Reach {
    let script = format!("import socket; socket.create_connection(('{host}', {port}), 5)");
    let tried = fleet.run(&["exec", name, "--service", "odoo", "--", "python3", "-c", &script]);
    match tried.status {
        0 => Open,
        1 if tried.says("TimeoutError") || tried.says("timed out") || tried.says("ConnectionRefusedError") => Refused,
        _ => panic!("nothing could be tried: {}", tried.text),
    }
}

/// Something that answers on this machine: for pods it is the world outside.
pub fn answering(address: &str) -> u16 {
    let listener = TcpListener::bind((address, 0)).unwrap_or_else(|error| panic!("{address}: {error}"));
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let _ = (&client).write_all(b"here\n");
        }
    });
    port
}

pub fn run(suite: &mut Suite) {
    let name = suite.app();
    let space = namespace(&name);
    let node = &suite.node;

    // k3s has its Traefik among its own.
    let controller = if node.own() { "traefik" } else { "kube-system" }.to_owned();
    // A second sandbox of another fleet, whose values say no to the internet and yes to one private address.
    let fleet = suite.fleet("isolated");
    let other = suite.name("isolated");
    let egress = format!(
        "[values.networkPolicy.egress]\ninternet = false\nextra = [{{to = [{{ipBlock = {{cidr = \"{PRIVATE}/32\"}}}}]}}]"
    );
    fleet.make(&other, &egress);
    let elsewhere = suite.name("elsewhere");
    node.expect(&["create", "namespace", &elsewhere]);
    for space in [&space, &namespace(&other), &elsewhere, &controller] {
        client(node, space);
    }

    // Names are known everywhere, and inside all is open.
    for service in [("postgresql", "5432"), ("odoo", "8069"), ("nginx", "80")] {
        assert_eq!(from_client(node, &space, service.0, service.1), Open, "a sandbox's pod to its own {}", service.0);
        let full = format!("{}.{space}.svc.cluster.local", service.0);
        for from in [&namespace(&other), &elsewhere] {
            let asked = node.kubectl(&["exec", "-n", from, "client", "--", "host", &full]);
            assert_eq!(asked.status, 0, "DNS from {from}: {}", asked.text);
            assert_eq!(from_client(node, from, &full, service.1), Refused, "from {from} to {full}");
        }
    }
    // Not by address either, past the Service.
    for (component, port) in [("postgresql", "5432"), ("odoo", "8069"), ("nginx", "8080")] {
        let pod = node.json(&["get", "pod", "-n", &space, &node.pod(&space, component)]);
        let address = pod["status"]["podIP"].as_str().expect("it runs").to_owned();
        assert_eq!(from_client(node, &space, &address, port), Open, "{component} from its own namespace");
        for from in [&namespace(&other), &elsewhere] {
            assert_eq!(from_client(node, from, &address, port), Refused, "{component} from {from}");
        }
        // The ingress controller's namespace reaches Nginx, and Nginx alone.
        let allowed = if component == "nginx" { Open } else { Refused };
        assert_eq!(
            from_client(node, &controller, &address, port),
            allowed,
            "{component} from the ingress controller's namespace"
        );
    }
    await_login(&name, super::BOUND);
    await_login(&other, super::BOUND);

    if node.own() {
        egress_by_value(suite, &fleet, &elsewhere, &other);
    }
    let node = &suite.node;
    node.expect(&["delete", "pod", "client", "-n", &controller, "--wait=false"]);
    node.expect(&["delete", "namespace", &elsewhere, "--wait=false"]);
    node.expect(&["delete", "pod", "client", "-n", &space, "--wait=false"]);
    fleet.destroy(node, &other);
}

/// Out of a sandbox: this machine is the world outside, and a private network.
fn egress_by_value(suite: &Suite, fleet: &Fleet, elsewhere: &str, other: &str) {
    let (node, app, name) = (&suite.node, suite.of_app(), suite.name("app"));
    let space = namespace(&name);
    let (outside, private) = (answering(OUTSIDE), answering(PRIVATE));
    // Odoo alone, to the internet and to no private network; the other as its values say.
    assert_eq!(from_client(node, elsewhere, OUTSIDE, &outside.to_string()), Open, "the world outside is there");
    assert_eq!(from_client(node, elsewhere, PRIVATE, &private.to_string()), Open);
    assert_eq!(from_client(node, &space, OUTSIDE, &outside.to_string()), Refused, "a pod that is not Odoo");
    assert_eq!(from_odoo(app, &name, OUTSIDE, outside), Open);
    assert_eq!(from_odoo(app, &name, PRIVATE, private), Refused);
    assert_eq!(from_odoo(fleet, other, OUTSIDE, outside), Refused);
    assert_eq!(from_odoo(fleet, other, PRIVATE, private), Open);

    // A change of the value is a change of the policy, without a restart.
    let pod = node.pod(&namespace(other), "odoo");
    fleet.expect(0, &["set", other, "values.networkPolicy.egress.internet=true", "--apply", "--yes"]);
    crate::wait::wait_until("the enforcer has it", super::BOUND, || match from_odoo(fleet, other, OUTSIDE, outside) {
        Open => Ok(()),
        Refused => Err("refused".to_owned()),
    });
    assert_eq!(node.pod(&namespace(other), "odoo"), pod);
}
