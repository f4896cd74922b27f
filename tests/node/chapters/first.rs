//! From a commit to the login page and back, three times, with the time of each stage.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::{BOUND, Suite};
use crate::fleet::{await_login, namespace};
use crate::machine::Held;
use crate::wait::wait_until;

pub fn run(suite: &mut Suite) {
    let fleet = suite.fleet("first");
    for round in 1..=3 {
        let name = suite.name(&format!("first{round}"));
        let space = namespace(&name);
        let before = Held::now(&suite.node);
        let disk = suite.node.disk_used();
        let started = Instant::now();
        let committed = Timestamp::now();
        fleet.commit(&name, "");
        let made = fleet.expect(0, &["--yes"]);
        made.must_say(&format!("created {name}")).must_say(&format!("http://{name}.sandboxes.test"));
        let ready = started.elapsed().as_secs_f64();
        await_login(&name, BOUND);
        let page = started.elapsed().as_secs_f64();

        // What the cluster has written down, in whole seconds.
        let moment = |value: &Value| -> f64 {
            let at: Timestamp = value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value}"));
            at.duration_since(committed).as_secs_f64().max(0.0)
        };
        let pod = |component: &str| suite.node.json(&["get", "pod", "-n", &space, &suite.node.pod(&space, component)]);
        let ready_at = |pod: &Value| {
            let conditions = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
            let ready = conditions.iter().find(|one| one["type"] == "Ready").cloned().unwrap_or_default();
            moment(&ready["lastTransitionTime"])
        };
        let (odoo, postgresql) = (pod("odoo"), pod("postgresql"));
        let init = &odoo["status"]["initContainerStatuses"][0]["state"]["terminated"];
        let note = |what: &str, value: f64| suite.report.note(what, value, "s");
        note("commit → the pods are written", moment(&odoo["metadata"]["creationTimestamp"]));
        note("commit → PostgreSQL ready", ready_at(&postgresql));
        note("commit → init begins", moment(&init["startedAt"]));
        note("init: database, modules, zh_TW, password", moment(&init["finishedAt"]) - moment(&init["startedAt"]));
        note("commit → Odoo ready", ready_at(&odoo));
        note("commit → the run ends, all ready", ready);
        note("commit → login page over the Ingress (goal: under 300 s)", page);
        memory(suite, &space);
        suite.report.note("disk of a sandbox", (suite.node.disk_used() - disk) / 1e6, "MB");

        let second = fleet.expect(0, &["--yes"]);
        second.must_say("nothing to do");
        let gone = fleet.destroy(&suite.node, &name);
        suite.report.note("destroy → namespace gone (goal: under 30 s)", gone.as_secs_f64(), "s");
        wait_until("nothing of it is left on the node", Duration::from_secs(120), || {
            let more = Held::now(&suite.node).beyond(&before);
            if more.is_empty() { Ok(()) } else { Err(more.join("\n")) }
        });
    }
}

/// What the containers hold now: their working sets, as the kubelet counts them.
fn memory(suite: &Suite, space: &str) {
    let nodes = suite.node.expect(&["get", "nodes", "--output=name"]);
    let node = nodes.lines().next().and_then(|line| line.strip_prefix("node/")).expect("there is a node");
    let stats = suite.node.expect(&["get", "--raw", &format!("/api/v1/nodes/{node}/proxy/stats/summary")]);
    let stats: Value = serde_json::from_str(&stats).expect("the kubelet answers in JSON");
    for pod in stats["pods"].as_array().into_iter().flatten() {
        if pod["podRef"]["namespace"] != space {
            continue;
        }
        for container in pod["containers"].as_array().into_iter().flatten() {
            if let (Some(name), Some(bytes)) =
                (container["name"].as_str(), container["memory"]["workingSetBytes"].as_f64())
            {
                suite.report.note(&format!("memory of {name}"), bytes / 1024.0 / 1024.0, "MiB");
            }
        }
    }
}
