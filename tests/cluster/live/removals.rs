//! Namespaces on their way out, by our hand and by others'.

use super::case::{Case, file};
use crate::wait::wait_until;

#[test]
fn a_namespace_that_hangs_is_told_with_what_keeps_it_and_nothing_is_stripped() {
    let Some(case) = Case::start("hangs") else { return };
    case.sandbox("one", "").sandbox("other", "").commit("two");
    case.run(0, &[]);
    let yaml = format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: keeps, namespace: {}, finalizers: [example.com/keep]}}}}",
        case.namespace("one")
    );
    case.plane.apply("somebody", &yaml);
    case.repo.remove(&file("one"));
    case.commit("one goes");
    let run = case.run(4, &["--timeout=20s"]);
    let (status, reason) = run.came_of("one");
    assert_eq!(status, "failed");
    assert!(reason.contains("example.com/keep"), "{reason}");
    assert_eq!(case.field("one", "configmap/keeps", ".metadata.finalizers[0]"), "example.com/keep");

    // Until it is gone, nothing is made in it, nor is it removed once more.
    let plan = case.plan(0, &[]);
    assert_eq!(plan.action("one"), "held");
    assert!(plan.reason("one").contains("being deleted"), "{}", plan.reason("one"));
    case.sandbox("one", "").commit("one comes back");
    let run = case.run(0, &[]);
    assert_eq!((run.action("one"), run.action("other")), ("held", "keep"));
    case.kubectl("one", &["patch", "configmap/keeps", "--type=merge", r#"--patch={"metadata": {"finalizers": null}}"#]);
    wait_until("the namespace is gone", std::time::Duration::from_secs(60), || {
        if case.has_namespace("one") { Err("it is still there".to_owned()) } else { Ok(()) }
    });
    assert_eq!(case.run(0, &[]).came_of("one"), ("done", ""));
    case.assert_settled();
}

#[test]
fn a_namespace_that_somebody_deleted_is_made_again() {
    let Some(case) = Case::start("again") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    case.plane.must(&["delete", "namespace", &case.namespace("one"), "--wait=true"]);
    let run = case.run(0, &[]);
    assert_eq!((run.action("one"), run.came_of("one")), ("create", ("done", "")));
    case.assert_settled();
}

/// Something that is no longer in the release goes; what is beside it in the namespace stays.
#[test]
fn what_the_release_drops_is_removed_and_nothing_else() {
    let Some(case) = Case::start("drops") else { return };
    case.sandbox("one", "values.database = true").commit("one");
    case.run(0, &[]);
    case.kubectl("one", &["create", "secret", "generic", "theirs"]);
    case.repo.edit(&file("one"), "database = true", "database = false");
    case.commit("no database");
    let run = case.run(0, &[]);
    let mut steps = run.steps("one");
    steps.sort();
    assert_eq!(steps, ["remove Secret/database", "remove Service/database", "remove StatefulSet/database"]);
    for (object, stays) in [("secret/theirs", true), ("pvc/data-database-0", true), ("secret/database", false)] {
        assert_eq!(case.has("one", object), stays, "{object}");
    }
    case.assert_settled();
}
