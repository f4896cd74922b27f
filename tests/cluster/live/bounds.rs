//! Limits on sandboxes, ceilings on removals.

use super::case::{Case, file};

#[test]
fn over_the_limit_the_older_files_are_made_and_the_live_keep_their_place() {
    let Some(case) = Case::start("limit") else { return };
    case.settings("limits.max_sandboxes = 2");
    case.sandbox("zebra", "").commit_ago("the oldest", 9);
    case.sandbox("yak", "").commit_ago("the second", 6);
    case.sandbox("ant", "").commit_ago("the youngest", 3);

    let run = case.run(0, &[]);
    assert_eq!((run.came_of("zebra").0, run.came_of("yak").0), ("done", "done"));
    assert_eq!(run.action("ant"), "held");
    assert!(run.reason("ant").contains("limit is 2"), "{}", run.reason("ant"));
    assert!(case.lives("zebra") && case.lives("yak") && !case.has_namespace("ant"));

    // A place that becomes free is taken in the same run; an edit, which makes a file the youngest, costs no place.
    case.repo.remove(&file("zebra"));
    case.repo.edit(&file("yak"), "yak:1", "yak:2");
    case.commit("room");
    let run = case.run(0, &[]);
    assert_eq!((run.action("zebra"), run.action("yak"), run.action("ant")), ("remove", "update", "create"));
    assert!(case.lives("ant") && case.lives("yak") && !case.has_namespace("zebra"));
    case.assert_settled();
}

#[test]
fn an_owner_has_a_limit_too() {
    let Some(case) = Case::start("owner") else { return };
    case.settings("limits.max_per_owner = 1");
    case.sandbox("first", "owner = \"ada\"").commit_ago("first", 2);
    case.sandbox("second", "owner = \"ada\"").sandbox("other", "owner = \"bob\"").commit("two more");
    let plan = case.plan(2, &[]);
    assert_eq!((plan.action("first"), plan.action("second"), plan.action("other")), ("create", "held", "create"));
    assert!(plan.reason("second").contains("ada"), "{}", plan.reason("second"));
}

#[test]
fn more_removals_than_the_ceiling_are_refused_and_the_rest_goes_on() {
    let Some(case) = Case::start("ceiling") else { return };
    case.settings("limits.max_removals = 1");
    case.sandbox("a", "").sandbox("b", "").sandbox("c", "").commit("three");
    case.run(0, &[]);
    let before = [case.state("a"), case.state("b")];
    case.repo.remove(&file("a")).remove(&file("b")).edit(&file("c"), "c:1", "c:2");
    case.commit("two go at once");

    let run = case.run(3, &[]);
    assert_eq!((run.action("a"), run.action("b"), run.action("c")), ("refused", "refused", "update"));
    let remedy = run.sandbox("a")["remedy"].as_str().unwrap_or_default();
    assert!(remedy.contains("--allow-removals 2"), "{remedy}");
    assert_eq!([case.state("a"), case.state("b")], before);
    let image = case.field("c", "deployment/web", ".spec.template.spec.containers[0].image");
    assert_eq!(image, "registry.example.com/c:2");
    case.run(3, &["--allow-removals=1", "--timeout=0s"]);
    assert!(case.lives("a") && case.lives("b"));

    case.run(0, &["--allow-removals=2", "--timeout=0s"]);
    assert!(!case.lives("a") && !case.lives("b") && case.lives("c"));
}

#[test]
fn expiries_beyond_the_ceiling_wait_for_the_next_run_the_oldest_first() {
    let Some(case) = Case::start("tide") else { return };
    case.settings("limits.max_removals = 1");
    case.sandbox("young", "ttl = \"3h\"").sandbox("old", "ttl = \"2h\"").commit("two with an end");
    case.run(0, &[]);
    let later = "--now=+5h";
    let run = case.run(0, &[later]);
    assert_eq!((run.action("old"), run.action("young")), ("expire", "held"));
    assert!(!case.has_namespace("old") && case.lives("young"));
    let run = case.run(0, &[later]);
    assert_eq!(run.action("young"), "expire");
    assert!(!case.has_namespace("young"));
}

#[test]
fn a_fleet_without_files_removes_nothing_unless_told_to() {
    let Some(case) = Case::start("empty") else { return };
    case.sandbox("a", "").sandbox("b", "").commit("two");
    case.run(0, &[]);
    case.repo.remove(&file("a")).remove(&file("b"));
    case.commit("an accident");
    let before = [case.state("a"), case.state("b")];
    let run = case.run(3, &[]);
    assert_eq!((run.action("a"), run.action("b")), ("refused", "refused"));
    assert!(run.reason("a").contains("no sandbox files"), "{}", run.reason("a"));
    assert_eq!([case.state("a"), case.state("b")], before);
    case.run(0, &["--allow-removals=2", "--timeout=0s"]);
    assert!(!case.lives("a") && !case.lives("b"));
}
