//! The control of `isolation`: the same policies without somebody who enforces them.

use super::{BOUND, Suite};
use crate::fleet::{await_login, namespace};
use crate::node::{Node, state};

pub fn run(suite: &mut Suite) {
    suite.without_app();
    // The chapter before has left one that is open.
    if std::fs::read_to_string(state().join("policies")).is_ok_and(|policies| policies.trim() != "none") {
        suite.node.down();
    }
    suite.node = Node::up_with(&suite.report, &["--open"]).expect("the node boots without an enforcer");
    let fleet = suite.fleet("open");
    let name = suite.name("open");
    fleet.make(&name, "");
    await_login(&name, BOUND);
    let elsewhere = suite.name("elsewhere");
    suite.node.expect(&["create", "namespace", &elsewhere]);
    super::isolation::client(&suite.node, &elsewhere);
    for (service, port) in [("postgresql", "5432"), ("odoo", "8069"), ("nginx", "80")] {
        let host = format!("{service}.{}.svc.cluster.local", namespace(&name));
        let tried = suite.node.kubectl(&["exec", "-n", &elsewhere, "client", "--", "nc", "-z", "-w", "5", &host, port]);
        assert_eq!(tried.status, 0, "without an enforcer {host} is open: {}", tried.text);
    }
    fleet.destroy(&suite.node, &name);
    suite.node.down();
}
