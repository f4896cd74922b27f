//! The fleet's Lease: one run at a time, and none that died is waited for long. And a run that is told to end.

use std::time::Duration;

use super::case::{Case, applying, file};
use crate::gate::{Gate, Verdict};
use crate::tool::{Run, Tool};
use crate::wait::wait_until;

const SOON: Duration = Duration::from_secs(120);

fn lease(case: &Case, path: &str) -> String {
    let name = format!("fleet-{}", case.id);
    case.plane.must(&[
        "--namespace=reconcile-system",
        "get",
        "lease",
        &name,
        "--ignore-not-found",
        &format!("--output=jsonpath={{{path}}}"),
    ])
}

#[test]
fn a_second_run_waits_or_leaves_with_75() {
    let Some(case) = Case::start("leased") else { return };
    case.sandbox("one", "").commit("one");
    let gate = Gate::open(case.plane, &case.user);
    // The first run has the Lease when it claims its namespace.
    let claim = format!("/api/v1/namespaces/{}?", case.namespace("one"));
    gate.rule(
        move |asked| {
            if asked.method == "PATCH" && asked.path.starts_with(&claim) { Verdict::Wait } else { Verdict::Pass }
        },
    );
    let first = Tool::new(&case.repo, &gate.user).start(&applying(&[]));
    gate.held(SOON).expect("the first run comes to its claim");
    assert_ne!(lease(&case, ".spec.holderIdentity"), "");

    let second = case.tool().run(&applying(&["--lock-timeout=0s"]));
    assert_eq!(second.status, 75, "{second:?}");
    assert!(second.stderr.contains("another run of this fleet is at work"), "{second:?}");
    assert!(!case.has_namespace("one"), "it changed something all the same");
    // A plan needs no Lease.
    assert_eq!(case.plan(2, &[]).action("one"), "create");

    let waiting = case.start_run();
    gate.rule(|_| Verdict::Pass);
    gate.release();
    let first = Run::of(first);
    assert_eq!(first.status, 0, "{first:?}");
    let second = Case::end_of(waiting, &[0]);
    assert_eq!(second.action("one"), "keep", "it plans anew what it waited for");
    assert_eq!(lease(&case, ".spec.holderIdentity"), "", "it is given back");
    case.assert_settled();
}

#[test]
fn the_lease_of_a_dead_run_lapses() {
    let Some(case) = Case::start("lapsed") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    let spec = |renewed: jiff::Timestamp| {
        format!(
            "{{\"spec\": {{\"holderIdentity\": \"elsewhere-7-abcdef0-0001\", \"leaseDurationSeconds\": 15, \
             \"acquireTime\": \"{renewed:.6}\", \"renewTime\": \"{renewed:.6}\"}}}}"
        )
    };
    let name = format!("fleet-{}", case.id);
    let take = |renewed| {
        let patch = spec(renewed);
        case.plane.must(&["--namespace=reconcile-system", "patch", "lease", &name, "--type=merge", "--patch", &patch]);
    };
    // Nobody renews it: a run that is patient gets it, one that is not says who has it.
    case.repo.edit(&file("one"), "one:1", "one:2");
    case.commit("a change");
    take(jiff::Timestamp::now());
    let run = case.tool().run(&applying(&["--lock-timeout=0s"]));
    assert_eq!(run.status, 75, "{run:?}");
    assert!(run.stderr.contains("elsewhere-7-abcdef0-0001"), "{run:?}");
    assert_eq!(case.run(0, &["--lock-timeout=60s"]).came_of("one"), ("done", ""));
    take(jiff::Timestamp::now() - jiff::SignedDuration::from_secs(60));
    case.repo.edit(&file("one"), "one:2", "one:3");
    case.commit("another");
    assert_eq!(case.run(0, &["--lock-timeout=0s"]).came_of("one"), ("done", ""));
}

#[test]
fn a_run_that_loses_its_lease_begins_nothing_more() {
    let Some(case) = Case::start("lost") else { return };
    case.sandbox("one", "image = \"registry.example.com/no-such-image:1\"");
    case.repo.edit(&file("one"), "image = \"registry.example.com/one:1\"\n", "");
    case.commit("it never is ready");
    let run = case.start_run();
    wait_until("it waits for readiness", SOON, || {
        let there = case.has_namespace("one") && case.has("one", "deployment/web");
        if there { Ok(()) } else { Err("not yet".to_owned()) }
    });
    let name = format!("fleet-{}", case.id);
    let patch = "{\"spec\": {\"holderIdentity\": \"somebody-else\"}}";
    case.plane.must(&["--namespace=reconcile-system", "patch", "lease", &name, "--type=merge", "--patch", patch]);
    let run = Case::end_of(run, &[4]);
    let (status, reason) = run.came_of("one");
    assert!(status == "stopped" && reason.contains("another run has taken the fleet's Lease"), "{status}: {reason}");
    assert!(case.lives("one"), "nothing is undone either");
    assert_eq!(lease(&case, ".spec.holderIdentity"), "somebody-else");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_told_to_end_finishes_its_step_and_says_what_is_left() {
    let Some(case) = Case::start("told") else { return };
    case.sandbox("one", "").commit("one");
    let gate = Gate::open(case.plane, &case.user);
    gate.rule(
        |asked| if asked.is_write() && asked.path.contains("/services/web") { Verdict::Wait } else { Verdict::Pass },
    );
    let run = Tool::new(&case.repo, &gate.user).start(&applying(&[]));
    gate.held(SOON).expect("it comes to its Service");
    let id = i32::try_from(run.id()).expect("a process id");
    let process = rustix::process::Pid::from_raw(id).expect("a process id");
    rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("it is there");
    gate.rule(|_| Verdict::Pass);
    gate.release();
    let run = Run::of(run);
    assert_eq!(run.status, 4, "{run:?}");
    let printed = super::plan::Printed::read(&run.stdout);
    let (status, reason) = printed.came_of("one");
    assert!(status == "stopped" && reason.contains("SIGTERM") && reason.contains("left"), "{status}: {reason}");
    assert!(case.has("one", "service/web"), "the step in hand is finished");
    assert!(!case.has("one", "deployment/web"), "and the next is not begun");
    assert_eq!(lease(&case, ".spec.holderIdentity"), "", "the Lease is given back");
    assert_eq!(case.run(0, &["--lock-timeout=0s"]).came_of("one"), ("done", ""));
    case.assert_settled();
}
