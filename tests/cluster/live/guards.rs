//! What a run refuses: to go back in history, the wrong cluster, a wrong clock, pods that are not `restricted`.

use super::case::{Case, applying, file};
use crate::gate::{Gate, Verdict};
use crate::tool::Tool;

#[test]
fn an_older_commit_holds_what_a_newer_one_applied_removals_included() {
    let Some(case) = Case::start("rewind") else { return };
    let old = case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    case.repo.edit(&file("one"), "one:1", "one:2");
    case.sandbox("two", "").commit("one changes, two comes");
    case.run(0, &[]);
    let before = [case.state("one"), case.state("two")];

    let rev = format!("--rev={old}");
    let run = case.run(3, &[&rev]);
    assert_eq!((run.action("one"), run.action("two")), ("held", "held"));
    for name in ["one", "two"] {
        assert!(run.reason(name).contains("does not contain"), "{}", run.reason(name));
    }
    assert_eq!([case.state("one"), case.state("two")], before);

    let run = case.run(0, &[&rev, "--allow-rewind", "--timeout=0s"]);
    assert_eq!((run.action("one"), run.action("two")), ("update", "remove"));
    assert!(!case.lives("two"));
    let image = case.field("one", "deployment/web", ".spec.template.spec.containers[0].image");
    assert_eq!(image, "registry.example.com/one:1");
}

#[test]
fn a_fleet_of_another_context_is_refused_before_anything_is_asked() {
    let Some(case) = Case::start("context") else { return };
    case.settings("context = \"production\"").sandbox("one", "").commit("one");
    let mark = case.plane.mark();
    for args in [applying(&[]), vec!["--plan"]] {
        let run = case.tool().run(&args);
        assert_eq!(run.status, 3, "{run:?}");
        assert!(run.stderr.contains("production") && run.stderr.contains("test"), "{run:?}");
    }
    assert!(case.plane.requests(mark, &case.user).iter().all(|request| !request.is_write()));
    case.settings("context = \"test\"").commit("this one");
    assert_eq!(case.plan(2, &[]).action("one"), "create");
}

#[test]
fn a_clock_that_is_not_the_servers_is_refused() {
    let Some(case) = Case::start("clock") else { return };
    case.sandbox("one", "").commit("one");
    let gate = Gate::open(case.plane, &case.user);
    let tool = Tool::new(&case.repo, &gate.user);
    let mark = case.plane.mark();
    for (minutes, status) in [(-10, 3), (10, 3), (1, 2)] {
        let said = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
        let date = said.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        gate.rule(move |_| Verdict::Dated(date.clone()));
        let run = tool.run(&["--plan"]);
        assert_eq!(run.status, status, "{minutes} minutes off: {run:?}");
        assert_eq!(run.stderr.contains("clock"), status == 3, "{run:?}");
    }
    gate.rule(|_| Verdict::Dated("Thu, 01 Jan 2026 00:00:00 GMT".to_owned()));
    assert_eq!(tool.run(&applying(&[])).status, 3);
    assert_eq!(case.plane.writes(mark, &case.user).len(), 0);
}

#[test]
fn commits_of_a_clock_that_runs_backwards_or_ahead_hold_their_sandboxes() {
    let Some(case) = Case::start("backwards") else { return };
    case.sandbox("behind", "ttl = \"2d\"").sandbox("ahead", "ttl = \"2d\"").commit_ago("two", 1);
    case.run(0, &[]);
    let before = [case.state("behind"), case.state("ahead")];
    case.repo.edit(&file("behind"), "behind:1", "behind:2");
    case.commit_ago("by a clock that is three days behind", 72);
    case.repo.edit(&file("ahead"), "ahead:1", "ahead:2");
    case.commit_ago("by a clock that is a day ahead", -24);
    let run = case.run(4, &[]);
    for name in ["behind", "ahead"] {
        assert_eq!(run.action(name), "held", "{name}: {}", run.reason(name));
    }
    assert!(run.reason("behind").contains("a clock ran backwards"), "{}", run.reason("behind"));
    assert_eq!([case.state("behind"), case.state("ahead")], before);
}

#[test]
fn pods_that_are_not_restricted_fail_their_sandbox_with_the_servers_reason() {
    let Some(case) = Case::start("restricted") else { return };
    case.sandbox("bad", "values.privileged = true").sandbox("good", "").commit("one is privileged");
    let run = case.run(4, &["--keep-failed"]);
    assert_eq!(run.came_of("good"), ("done", ""));
    let (status, reason) = run.came_of("bad");
    assert_eq!(status, "failed");
    assert!(reason.contains("Deployment/web") && reason.contains("restricted"), "{reason}");
    let pods = case.kubectl("bad", &["get", "pods", "--output=name"]);
    assert_eq!(pods, "", "a privileged pod runs");

    // What failed is mended by the next commit. The server's times are whole seconds, and it is not judged by a refusal
    // that is older than it.
    let refused =
        case.field("bad", "deployment/web", ".status.conditions[?(@.type==\"ReplicaFailure\")].lastTransitionTime");
    let refused: jiff::Timestamp = refused.parse().expect("a refusal has its time");
    crate::wait::wait_until("a second has passed", std::time::Duration::from_secs(9), || {
        let passed = jiff::Timestamp::now().as_second() - refused.as_second();
        if passed > 1 { Ok(()) } else { Err(format!("{passed} s")) }
    });
    case.repo.edit(&file("bad"), "privileged = true", "privileged = false");
    case.commit("not any more");
    let run = case.run(0, &[]);
    assert_eq!(run.came_of("bad"), ("done", ""));
    case.assert_settled();
}

#[test]
fn what_fails_to_start_is_told_and_is_not_called_done() {
    let Some(case) = Case::start("unready") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    case.repo.edit(&file("one"), "one:1", "no-such-image:1");
    case.commit("an image that is not there");
    let run = case.run(4, &["--timeout=20s"]);
    let (status, reason) = run.came_of("one");
    assert_eq!(status, "failed");
    assert!(reason.contains("Deployment/web"), "{reason}");
    // It is as it was, and is not tried again before its time.
    assert_eq!(run.sandbox("one")["result"]["aftermath"], "went-back", "{:#}", run.sandbox("one"));
    let image = || case.field("one", "deployment/web", ".spec.template.spec.containers[0].image");
    assert_eq!(image(), "registry.example.com/one:1");
    let plan = case.plan(4, &[]);
    assert_eq!(plan.action("one"), "held");
    assert!(plan.reason("one").contains("its update failed, and it is as of commit"), "{}", plan.reason("one"));
    assert_eq!(case.plan(2, &["--retry"]).action("one"), "update");
    case.repo.edit(&file("one"), "no-such-image:1", "one:3");
    case.commit("one that is");
    case.run(0, &[]);
    case.assert_settled();
}

/// A quota that is not counted yet lets everything through, so nothing else is sent before it is.
#[test]
fn the_quota_is_in_force_before_the_first_pod() {
    let Some(case) = Case::start("quota") else { return };
    case.repo.edit("charts/app/templates/limits.yaml", "pods: \"10\"", "pods: \"1\"");
    let names = ["a", "b", "c", "d"];
    for name in names {
        case.sandbox(name, "");
    }
    case.commit("two pods where one may be");
    let run = case.run(4, &["--timeout=8s", "--keep-failed"]);
    for name in names {
        let (status, reason) = run.came_of(name);
        assert_eq!(status, "failed", "{name}");
        assert!(reason.contains("exceeded quota"), "{name}: {reason}");
        assert_eq!(case.kubectl(name, &["get", "pods", "--output=name"]).lines().count(), 1, "{name}");
    }
}
