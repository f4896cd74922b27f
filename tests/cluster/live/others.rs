//! What is not ours: namespaces and objects that were there before, and another fleet beside.

use super::case::{Case, file};

#[test]
fn a_foreign_namespace_holds_its_sandbox_by_name_and_stays_untouched() {
    let Some(case) = Case::start("foreign") else { return };
    case.sandbox("theirs", "").sandbox("ours", "").commit("two");
    case.plane.must(&["create", "namespace", &case.namespace("theirs")]);
    case.kubectl("theirs", &["create", "configmap", "settings", "--from-literal=a=b"]);
    let state = || {
        let columns = "--output=custom-columns=:metadata.uid,:metadata.resourceVersion";
        case.plane.must(&["get", "namespace", &case.namespace("theirs"), columns])
            + &case.kubectl("theirs", &["get", "configmap", "settings", columns])
    };
    let before = state();

    assert_eq!(case.plan(3, &[]).action("theirs"), "held");
    let run = case.run(3, &[]);
    assert_eq!((run.action("theirs"), run.came_of("ours").0), ("held", "done"));
    assert!(run.reason("theirs").contains(&case.namespace("theirs")), "{}", run.reason("theirs"));
    assert_eq!(state(), before);

    // A file whose time is over wants nothing, and so nobody has to see to it.
    case.repo.edit(&file("theirs"), "branch =", "expires = 2025-01-31T18:00:00Z\nbranch =");
    case.commit("theirs is over");
    case.assert_settled();

    // Nor is it removed when the file goes.
    case.repo.remove(&file("theirs"));
    case.commit("theirs is not asked for any more");
    case.assert_settled();
    assert_eq!(state(), before);
}

#[test]
fn a_foreign_object_holds_its_sandbox_by_name_and_stays_untouched() {
    let Some(case) = Case::start("squatter") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    case.kubectl("one", &["create", "service", "clusterip", "database", "--tcp=1:1"]);
    let version = || case.field("one", "service/database", ".metadata.resourceVersion");
    let before = version();
    case.sandbox("one", "values.database = true").commit("with a database");
    let run = case.run(3, &[]);
    assert_eq!(run.action("one"), "held");
    assert!(run.reason("one").contains("Service/database"), "{}", run.reason("one"));
    assert_eq!(version(), before);
    assert!(!case.has("one", "statefulset/database"), "held, and changed in part");

    case.kubectl("one", &["delete", "service", "database"]);
    case.run(0, &[]);
    case.assert_settled();
}

#[test]
fn two_fleets_in_one_cluster_do_not_touch_each_other() {
    let Some(one) = Case::start("twin") else { return };
    let other = Case::of(one.plane, one.plane.user(crate::plane::Rights::Admin), &one.plane.unique("twin"));
    for case in [&one, &other] {
        case.sandbox("same", "").sandbox("second", "").commit("the same names");
        case.run(0, &[]);
    }
    let before = [other.state("same"), other.state("second")];
    one.repo.remove(&file("second"));
    one.repo.edit(&file("same"), "same:1", "same:2");
    one.commit("one changes");
    one.run(0, &[]);
    assert!(!one.has_namespace("second"));
    assert_eq!([other.state("same"), other.state("second")], before);
    other.assert_settled();

    // With the namespaces of the other, each of them is foreign; and those of before are not let go for that.
    let own = one.state("same");
    let (mine, theirs) = (format!("\"{}-\"", one.id), format!("\"{}-\"", other.id));
    one.repo.edit("sandboxes/fleet.toml", &mine, &theirs);
    one.commit("the other's prefix");
    let run = one.run(3, &[]);
    let held: Vec<_> = run.sandboxes().iter().map(|s| (s["namespace"].clone(), s["action"].clone())).collect();
    assert_eq!(held, [(one.namespace("same").into(), "held".into()), (other.namespace("same").into(), "held".into())]);
    assert_eq!([other.state("same"), other.state("second")], before);
    assert_eq!(one.state("same"), own);
}

/// A copy of the repository keeps the fleet's id, and so it looks like the fleet itself.
#[test]
fn a_fork_with_the_same_id_and_no_common_commit_changes_nothing() {
    let Some(case) = Case::start("origin") else { return };
    case.sandbox("same", "").sandbox("gone", "").commit("the fleet");
    case.run(0, &[]);
    let before = [case.state("same"), case.state("gone")];
    let fork = Case::of(case.plane, case.plane.user(crate::plane::Rights::Admin), &case.id);
    fork.sandbox("same", "values.fork = true").sandbox("new", "").commit("a fork of it");
    let run = fork.run(3, &["--timeout=0s"]);
    assert_eq!((run.action("same"), run.action("gone")), ("held", "held"));
    assert!(run.reason("same").contains("does not contain"), "{}", run.reason("same"));
    assert_eq!([case.state("same"), case.state("gone")], before);
}

/// At the limit, so that the new one needs the room of the old.
#[test]
fn a_renamed_file_holds_both_names_until_it_is_meant() {
    let Some(case) = Case::start("renamed") else { return };
    case.settings("limits.max_sandboxes = 1");
    case.sandbox("before", "").commit("before");
    case.run(0, &[]);
    case.repo.rename(&file("before"), &file("after"));
    case.commit("another name");
    let run = case.run(3, &[]);
    assert_eq!((run.action("before"), run.action("after")), ("held", "held"));
    for (name, other) in [("before", "after"), ("after", "before")] {
        let reason = run.sandbox(name)["reason"].to_string();
        assert!(reason.contains(&file(other)), "{name}: {reason}");
    }
    assert!(case.lives("before") && !case.has_namespace("after"));

    let run = case.run(0, &["--allow-removals=1"]);
    assert_eq!((run.action("before"), run.action("after")), ("remove", "create"));
    for (name, other) in [("before", "after"), ("after", "before")] {
        let notes = run.sandbox(name)["notes"].to_string();
        assert!(notes.contains(&file(other)), "{name}: {notes}");
    }
    assert!(case.lives("after") && !case.has_namespace("before"));
    case.assert_settled();
}

#[test]
fn only_the_named_sandbox_is_worked_on() {
    let Some(case) = Case::start("only") else { return };
    case.sandbox("one", "").sandbox("two", "").sandbox("three", "").commit("three");
    case.run(0, &["--only=one", "--only=two", "--timeout=0s"]);
    assert!(case.lives("one") && case.lives("two") && !case.has_namespace("three"));
    case.repo.remove(&file("one")).remove(&file("two"));
    case.commit("two are gone");
    case.run(0, &["--only=two", "--timeout=0s"]);
    assert!(case.lives("one") && !case.lives("two") && !case.has_namespace("three"));
    let run = case.tool().run(&["--plan", "--only=nobody"]);
    assert_eq!(run.status, 64, "{run:?}");
}

#[test]
fn a_namespace_that_only_has_our_label_is_told_and_never_removed() {
    let Some(case) = Case::start("labelled") else { return };
    case.sandbox("one", "").sandbox("copied", "").commit("two");
    case.run(0, &["--timeout=0s"]);
    // A copy with all that is written on ours; and one of ours with nothing left that shows who made it.
    let copy = format!("{}-copy", case.id);
    let text = case.plane.must(&["get", "namespace", &case.namespace("one"), "--output=json"]);
    let mut object: serde_json::Value = serde_json::from_str(&text).expect("kubectl writes JSON");
    let metadata = object["metadata"].as_object_mut().expect("it has metadata");
    metadata.retain(|key, _| ["labels", "annotations"].contains(&key.as_str()));
    metadata.insert("name".into(), copy.clone().into());
    case.plane.apply("somebody", &object.to_string());
    let strip = r#"--patch={"metadata": {"managedFields": [{}]}}"#;
    case.plane.must(&["patch", "namespace", &case.namespace("copied"), "--type=merge", strip]);
    case.repo.remove(&file("one")).remove(&file("copied"));
    case.sandbox("other", "").commit("both files go");

    let run = case.run(0, &["--timeout=0s"]);
    for (namespace, action) in
        [(copy.clone(), "held"), (case.namespace("copied"), "held"), (case.namespace("one"), "remove")]
    {
        let sandbox = run.sandboxes().iter().find(|s| s["namespace"] == namespace.as_str()).expect("it is told");
        assert_eq!(sandbox["action"], action, "{sandbox:#}");
    }
    assert!(case.lives("copied"));
    assert_eq!(case.plane.must(&["get", "namespace", &copy, "--output=jsonpath={.status.phase}"]), "Active");
}
