//! As many as the fleet allows, side by side.

use std::fmt::Write as _;
use std::time::Instant;

use super::{BOUND, Suite};
use crate::fleet::{await_login, namespace};

pub fn run(suite: &mut Suite) {
    suite.without_app();
    let node = &suite.node;
    let allocatable = node.json(&["get", "nodes"])["items"][0]["status"]["allocatable"].clone();
    let processors: u32 = allocatable["cpu"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    let room = allocatable["memory"].as_str().and_then(|text| text.strip_suffix("Ki")?.parse::<f64>().ok());
    let room = room.unwrap_or_else(|| panic!("{allocatable}")) / 1024.0;
    // Seven of 650m: on a small machine the scheduler refuses what the processors bear well.
    let less = if processors < 5 { "[values]\nodoo.resources.requests.cpu = \"100m\"" } else { "" };
    if !less.is_empty() {
        println!("   {processors} processors: the sandboxes request 100m for Odoo, not 500m");
    }

    let fleet = suite.fleet("five");
    let name = |number: usize| suite.name(&format!("five{number}"));
    for number in 1..=5 {
        fleet.commit(&name(number), less);
    }
    let started = Instant::now();
    fleet.expect(0, &["--yes"]).must_say("Done: 5 created");
    for number in 1..=5 {
        await_login(&name(number), BOUND);
    }
    suite.report.note("five sandboxes at once → all login pages", started.elapsed().as_secs_f64(), "s");
    suite.report.note("memory of the node's pods, five sandboxes", memory(), "MiB");
    suite.report.note("memory that the node has for pods", room, "MiB");

    // One run makes two while it removes one.
    fleet.repo.remove(&format!("sandboxes/{}.toml", name(1)));
    let mut more = format!("branch = \"more\"\n{less}\n");
    let _ = writeln!(more);
    for number in [6, 7] {
        fleet.repo.write(&format!("sandboxes/{}.toml", name(number)), &more);
    }
    fleet.repo.commit("one goes, two come", jiff::Timestamp::now());
    let started = Instant::now();
    fleet.expect(0, &["--yes"]).must_say("Done: 2 created, 1 removed");
    for number in 2..=7 {
        await_login(&name(number), BOUND);
    }
    node.await_gone(&namespace(&name(1)), BOUND);
    suite.report.note("two more while one is removed → all six", started.elapsed().as_secs_f64(), "s");
    let used = memory();
    suite.report.note("memory of the node's pods, six sandboxes", used, "MiB");
    assert!(!node.own() || used < room, "{used} of {room} MiB");
    for pod in node.json(&["get", "pods", "-A"])["items"].as_array().into_iter().flatten() {
        let killed = pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["reason"] == "OOMKilled";
        assert!(!killed && pod["status"]["reason"] != "Evicted", "{pod:#}");
    }

    // And five of them at once out of it.
    for number in 2..=6 {
        fleet.repo.remove(&format!("sandboxes/{}.toml", name(number)));
    }
    fleet.repo.commit("five go", jiff::Timestamp::now());
    let started = Instant::now();
    fleet.expect(0, &["--yes", "--allow-removals=5"]);
    for number in 2..=6 {
        node.await_gone(&namespace(&name(number)), BOUND);
    }
    suite.report.note("five removed at once → namespaces gone", started.elapsed().as_secs_f64(), "s");
    fleet.destroy(node, &name(7));
}

/// What the pods' cgroup counts, without what the kernel would give back.
fn memory() -> f64 {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let v1 = "/sys/fs/cgroup/memory/reconcile-node/kubepods";
    let v2 = "/sys/fs/cgroup/reconcile-node/kubepods";
    let used = read(&format!("{v1}/memory.usage_in_bytes")).or_else(|| read(&format!("{v2}/memory.current")));
    let stat = read(&format!("{v1}/memory.stat")).or_else(|| read(&format!("{v2}/memory.stat"))).unwrap_or_default();
    let field = |name: &str| {
        let line = stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|number| number.trim().parse::<f64>().ok())
    };
    let idle = field("total_inactive_file").or_else(|| field("inactive_file"));
    let used: Option<f64> = used.and_then(|text| text.trim().parse().ok());
    // Of a cluster that was given nothing is counted here.
    used.zip(idle).map_or(f64::NAN, |(used, idle)| (used - idle) / 1024.0 / 1024.0)
}
