//! A fleet that several runs share: each has its part, all of it is somebody's, and what bounds the fleet bounds them together.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::case::{Case, applying, file};
use super::plan::Printed;
use crate::gate::{Gate, Verdict};
use crate::tool::{Run, Tool};

const SHARDS: [&str; 4] = ["--shard=0/4", "--shard=1/4", "--shard=2/4", "--shard=3/4"];
/// Their buckets leave 0, 2, 3, 1, 1, 3, 2, 1 when divided by 4.
const NAMES: [&str; 8] = ["d", "a", "g8", "f", "g", "e", "k1", "k6"];

/// Starts all four at once, and answers with what each did.
fn run_all(case: &Case, statuses: &[i32], more: &[&str]) -> Vec<Printed> {
    let start = |shard: &&str| case.tool().start(&applying(&[&[*shard], more].concat()));
    let runs: Vec<_> = SHARDS.iter().map(start).collect();
    runs.into_iter().map(|run| Case::end_of(run, statuses)).collect()
}

/// The sandboxes of a plan by name, without what is said of them.
fn sandboxes(plan: &Printed) -> BTreeMap<String, Value> {
    let all = plan.0["sandboxes"].as_array().expect("sandboxes");
    all.iter().map(|sandbox| (sandbox["name"].to_string(), sandbox.clone())).collect()
}

fn living(case: &Case) -> Vec<&'static str> {
    NAMES.into_iter().filter(|name| case.lives(name)).collect()
}

#[test]
fn four_shards_do_what_one_run_does() {
    let Some(case) = Case::sharded("parts", 4) else { return };
    for name in NAMES {
        case.sandbox(name, "");
    }
    case.repo.write("sandboxes/broken.toml", "branch = 3\n");
    case.commit("eight, and one that cannot be read");

    let whole = sandboxes(&case.plan(4, &[]));
    let mut together = BTreeMap::new();
    for shard in SHARDS {
        let part = case.tool().run(&["--plan", "--format=json", shard]);
        assert!(matches!(part.status, 2 | 4), "{part:?}");
        let part = Printed::read(&part.stdout);
        assert_eq!(part.0["shard"], shard.trim_start_matches("--shard="));
        for (name, sandbox) in sandboxes(&part) {
            assert!(together.insert(name.clone(), sandbox).is_none(), "{name} is in two shards");
        }
    }
    assert_eq!(together, whole);

    let made = run_all(&case, &[0, 4], &[]);
    assert_eq!(made.iter().map(|run| sandboxes(run).len()).collect::<Vec<_>>(), [1, 4, 2, 2], "as the buckets are");
    assert_eq!(living(&case), NAMES);
    assert_eq!(case.plan(4, &[]).count("keep"), 8, "one run finds nothing to do");

    // Each lists its own part of every kind, and all namespaces, as these are counted.
    let mark = case.plane.mark();
    case.tool().expect(0, &["--plan", "--shard=2/4"]);
    for request in case.plane.requests(mark, &case.user).iter().filter(|request| request.verb == "list") {
        let is_part = request.uri.contains("reconcile.dev%2Fbucket%20in%20%282%2C6%2C10%2C");
        let is_of_all = request.object_ref.resource == "namespaces";
        assert_eq!(is_part, !is_of_all, "{}", request.uri);
    }

    // What somebody changes is put right by the shard whose it is, also where it is out of that shard's lists.
    case.kubectl("a", &["label", "deployment/web", "reconcile.dev/bucket=3", "--overwrite"]);
    case.kubectl("d", &["label", "configmap/settings", "reconcile.dev/bucket-"]);
    case.repo.edit(&file("e"), "e:1", "e:2").remove(&file("k1")).remove("sandboxes/broken.toml");
    case.commit("a change, a removal, and no broken one");
    let did = run_all(&case, &[0], &[]);
    let actions = [(0, "d"), (2, "a"), (3, "e"), (2, "k1")].map(|(shard, name)| did[shard].action(name));
    assert_eq!(actions, ["correct", "correct", "update", "remove"]);
    case.assert_settled();
}

#[test]
fn ceilings_and_limits_hold_over_all_shards() {
    let Some(case) = Case::sharded("bounds", 4) else { return };
    case.settings("[limits]\nmax_sandboxes = 6\nmax_removals = 2\n");
    for (number, name) in NAMES.iter().enumerate() {
        let age = i64::try_from(NAMES.len() - number).expect("a small number");
        case.sandbox(name, "ttl = \"24h\"").commit_ago(name, age);
    }
    run_all(&case, &[0], &[]);
    assert_eq!(living(&case), NAMES[..6], "the six oldest");
    run_all(&case, &[0], &[]);
    assert_eq!(living(&case), NAMES[..6]);

    // All are over. What goes is as many as one run may remove, and the oldest, in whatever order the shards run.
    let later = ["--now=+30h"];
    run_all(&case, &[0], &later);
    assert_eq!(living(&case), NAMES[2..6]);
    for shard in [3, 0, 2, 1] {
        case.run(0, &[SHARDS[shard], later[0]]);
    }
    assert_eq!(living(&case), NAMES[4..6]);

    // Files that are gone: of more than may go at once none does.
    for name in NAMES {
        case.repo.remove(&file(name));
    }
    case.sandbox("x", "").commit("all are gone");
    let settings = "[limits]\nmax_sandboxes = 6\nmax_removals = 1\n";
    case.settings(settings).commit("one at a time");
    run_all(&case, &[0, 3], &[]);
    assert_eq!(living(&case), NAMES[4..6]);
    run_all(&case, &[0], &["--allow-removals=2"]);
    assert!(living(&case).is_empty());
    case.assert_settled();
}

#[test]
fn a_shard_and_the_whole_fleet_keep_out_of_each_others_way() {
    let Some(case) = Case::admin("realms") else { return };
    case.sandbox("a", "").sandbox("d", "").commit("two");
    let gate = Gate::open(case.plane, &case.user);
    let claims = |namespace: String| {
        move |asked: &crate::gate::Asked| {
            if asked.method != "GET" && asked.path.contains(&namespace) { Verdict::Wait } else { Verdict::Pass }
        }
    };
    // Sandbox a is of shard 2/4, and of 0/2; d is of 0/4, and of 0/2.
    gate.rule(claims(case.namespace("a")));
    let first = Tool::new(&case.repo, &gate.user).start(&applying(&["--shard=2/4"]));
    gate.held(Duration::from_secs(120)).expect("it comes to its sandbox");
    for rival in [&[][..], &["--shard=2/4"], &["--shard=0/2"], &["--shard=0/1"]] {
        let rival = case.tool().run(&applying(&[rival, &["--lock-timeout=0s"]].concat()));
        assert_eq!(rival.status, 75, "{rival:?}");
        assert!(!case.has_namespace("d"));
    }
    assert_eq!(case.run(0, &["--shard=0/4", "--lock-timeout=0s"]).action("d"), "create");
    gate.rule(|_| Verdict::Pass);
    gate.release();
    assert_eq!(Run::of(first).status, 0);
    case.assert_settled();
}

#[test]
fn what_has_no_bucket_yet_is_found_all_the_same() {
    let Some(case) = Case::sharded("older", 4) else { return };
    case.sandbox("a", "values.outside = true").commit("one");
    case.run(0, &[SHARDS[2]]);
    // As a version left it that knew no buckets.
    let all = "configmaps,services,deployments,serviceaccounts,networkpolicies,resourcequotas,endpoints,endpointslices";
    case.kubectl("a", &["label", all, "--all", "reconcile.dev/bucket-"]);
    case.plane.must(&["label", "namespace", &case.namespace("a"), "reconcile.dev/bucket-"]);
    assert!(case.has("a", "endpoints/outside"));
    case.repo.edit(&file("a"), "values.outside = true", "");
    case.commit("less of it");
    let run = case.run(0, &[SHARDS[2]]);
    assert!(run.steps("a").contains(&"remove Endpoints/outside".to_owned()), "{:?}", run.steps("a"));
    assert!(!case.has("a", "endpoints/outside"));
    case.assert_settled();
}
