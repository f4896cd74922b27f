//! The API server, or its etcd, ends in the middle of a run and comes back: the next run completes what was begun.

use std::thread;
use std::time::Duration;

use super::case::{Case, file};
use crate::plane::{ControlPlane, Rights};
use crate::tool::Run;
use crate::wait::wait_until;

const SOON: Duration = Duration::from_secs(120);

#[test]
fn an_outage_in_the_middle_loses_nothing() {
    let Some(plane) = ControlPlane::alone() else { return };
    let case = Case::of(plane, plane.user(Rights::Admin), &plane.unique("outage"));
    let names: Vec<String> = (0..8).map(|number| format!("box-{number}")).collect();
    for (round, part) in ["kube-apiserver", "etcd", "kube-apiserver", "etcd"].into_iter().enumerate() {
        for name in &names {
            // The last rounds change what the first have made.
            let image = format!("image = \"registry.example.com/{name}:{round}\"");
            case.sandbox(name, &format!("values.database = {}", round < 2));
            case.repo.edit(&file(name), &format!("image = \"registry.example.com/{name}:1\""), &image);
        }
        case.commit("all of them");
        let run = case.start_run();
        // It has begun when its first write shows.
        wait_until("the run writes", SOON, || {
            let lease =
                ["--namespace=reconcile-system", "get", "leases", "--output=jsonpath={.items[*].spec.holderIdentity}"];
            let held = plane.kubectl(&lease);
            if held.stdout.is_empty() { Err("not yet".to_owned()) } else { Ok(()) }
        });
        thread::sleep(Duration::from_millis(300));
        plane.kill(part);
        thread::sleep(Duration::from_millis(500));
        plane.revive(part);
        let run = Run::of(run);
        assert!([0, 1, 4].contains(&run.status), "{part}: {run:?}");

        let clean = case.run(0, &["--retry"]);
        for name in &names {
            let image = case.field(name, "deployment/web", ".spec.template.spec.containers[0].image");
            assert_eq!(image, format!("registry.example.com/{name}:{round}"), "{part}: {:#}", clean.sandbox(name));
        }
        case.assert_settled();
    }
}
