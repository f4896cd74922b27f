//! `kill -9` in the middle, or a fault of the server: the next run completes what was begun, whatever was the last
//! request.

use std::thread;
use std::time::Duration;

use super::case::{Case, applying, file};
use crate::gate::{Gate, Verdict};
use crate::tool::Tool;

const SOON: Duration = Duration::from_secs(120);

/// Every object with our label.
fn objects(case: &Case) -> String {
    let kinds = "configmaps,secrets,services,serviceaccounts,networkpolicies,resourcequotas,deployments,statefulsets";
    case.kubectl("one", &["get", kinds, "--selector=reconcile.dev/sandbox=one", "--output=name"])
}

/// Runs until the write of this number, and kills the run there: before the server has heard of it, or before the
/// answer is back; or has the server fail there. `false` where there were fewer writes.
pub fn killed_at(case: &Case, gate: &Gate, write: usize, verdict: &Verdict) -> bool {
    let rule = verdict.clone();
    gate.rule(move |asked| {
        let meant = match rule {
            // One fault, after which the run may go on with what it can.
            Verdict::Answer(..) => asked.writes == write,
            _ => asked.writes >= write,
        };
        if asked.is_write() && meant { rule.clone() } else { Verdict::Pass }
    });
    let mut run = Tool::new(&case.repo, &gate.user).start(&applying(&[]));
    loop {
        if gate.held(Duration::from_millis(200)).is_some() {
            run.kill().expect("it still waits for its answer");
            run.wait().expect("it can be waited for");
            return true;
        }
        if let Some(status) = run.try_wait().expect("it can be asked") {
            let failed = matches!(verdict, Verdict::Answer(..)) && [Some(1), Some(4)].contains(&status.code());
            assert!(status.code() == Some(0) || failed, "{status}");
            return failed;
        }
    }
}

/// A creation, an update that makes, changes and removes objects, and a removal, each killed at one write.
fn through_all_of_it(write: usize, verdict: &Verdict) {
    let Some(case) = Case::start("killed") else { return };
    let gate = Gate::open(case.plane, &case.user);
    let what = format!("killed at write {write}, {verdict:?}");

    case.sandbox("one", "values.database = true").commit("one");
    assert!(killed_at(&case, &gate, write, verdict), "{what}: it had fewer writes");
    let run = case.run(0, &[]);
    assert_eq!(
        run.action("one"),
        if write == 1 && *verdict == Verdict::HoldRequest { "create" } else { run.action("one") }
    );
    let password = case.field("one", "secret/database", ".data.password");
    assert_eq!(objects(&case).lines().count(), 9, "{what}: {}", objects(&case));
    case.assert_settled();
    assert_eq!(case.field("one", "secret/database", ".data.password"), password, "{what}");

    case.repo.edit(&file("one"), "one:1", "one:2").edit(&file("one"), "database = true", "greeting = \"bye\"");
    case.repo.edit("charts/app/values.yaml", "database: true", "database: false\nlimits: true");
    let limits = "apiVersion: v1\nkind: LimitRange\nmetadata:\n  name: limits\nspec:\n  limits: [{type: Container, \
                  default: {memory: 64Mi}}]\n";
    case.repo.write("charts/app/templates/range.yaml", limits);
    case.commit("one changes");
    killed_at(&case, &gate, write, verdict);
    case.run(0, &[]);
    let image = case.field("one", "deployment/web", ".spec.template.spec.containers[0].image");
    assert_eq!(image, "registry.example.com/one:2", "{what}");
    assert!(case.has("one", "limitrange/limits"), "{what}");
    assert_eq!(objects(&case).lines().count(), 6, "{what}: {}", objects(&case));
    case.assert_settled();

    case.repo.remove(&file("one"));
    case.sandbox("other", "").commit("one goes");
    killed_at(&case, &gate, write.min(2), verdict);
    let ended = |run: &super::plan::Printed| ["remove", "held", ""].contains(&run.action("one"));
    assert!(ended(&case.run(0, &[])), "{what}");
    crate::wait::wait_until("the namespace is gone", SOON, || {
        if case.has_namespace("one") { Err("it is still there".to_owned()) } else { Ok(()) }
    });
    case.run(0, &[]);
    case.assert_settled();
}

/// The writes of a creation: the namespace claimed (1), then quota and policies, the account, the Secret by its values (5)
/// and whole (6), the settings, two Services, two workloads, the record (12).
fn at_each(writes: &[usize], verdict: &Verdict) {
    // All at once: most of it is waiting.
    thread::scope(|scope| {
        for write in writes {
            scope.spawn(move || through_all_of_it(*write, verdict));
        }
    });
}

#[test]
fn a_run_killed_before_a_request_is_completed_by_the_next() {
    at_each(&[1, 2, 4, 5, 6, 12], &Verdict::HoldRequest);
}

#[test]
fn a_run_killed_before_an_answer_is_completed_by_the_next() {
    at_each(&[1, 2, 5, 6, 11], &Verdict::HoldAnswer);
}

#[test]
fn a_run_that_meets_a_fault_is_completed_by_the_next() {
    at_each(&[1, 2, 5, 8], &Verdict::Answer(500, "etcdserver: leader changed", &[]));
}
