//! How sandboxes end: the file goes, or the time is over. What is gone stays gone.

use super::case::{Case, file};

#[test]
fn a_sandbox_goes_with_its_file_and_takes_everything_along() {
    let Some(case) = Case::start("gone") else { return };
    case.sandbox("goes", "values.database = true").sandbox("stays", "").commit("two sandboxes");
    case.run(0, &[]);
    let stays = case.state("stays");
    case.repo.remove(&file("goes"));
    let commit = case.commit("one goes");

    let plan = case.plan(2, &[]);
    assert_eq!((plan.action("goes"), plan.action("stays")), ("remove", "keep"));
    assert!(plan.reason("goes").contains(&file("goes")) && plan.reason("goes").contains(&commit[..7]));
    let run = case.run(0, &[]);
    assert_eq!(run.came_of("goes"), ("done", ""));
    assert!(!case.has_namespace("goes"), "done, and still there");
    assert_eq!(case.state("stays"), stays);
    let claims =
        case.plane.must(&["get", "pvc", "--all-namespaces", "--output=jsonpath={.items[*].metadata.namespace}"]);
    assert!(!claims.contains(&case.namespace("goes")), "its volume claim is left: {claims}");
    case.assert_settled();
}

#[test]
fn a_sandbox_whose_time_is_over_goes_and_stays_gone_though_its_file_remains() {
    let Some(case) = Case::start("expired") else { return };
    case.sandbox("span", "ttl = \"2h\"").sandbox("for-ever", "");
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    case.sandbox("date", &format!("expires = {soon}"));
    case.sandbox(
        "pinned",
        &format!(
            "expires = {soon}\npin = {{until = {}, owner = \"qa\", reason = \"demo\"}}",
            jiff::Timestamp::now() + jiff::SignedDuration::from_hours(30)
        ),
    );
    case.commit("four sandboxes");
    let run = case.run(0, &[]);
    assert_eq!(run.count("create"), 4);

    let later = "--now=+3h";
    let plan = case.plan(2, &[later]);
    for name in ["span", "date"] {
        assert_eq!(plan.action(name), "expire");
        assert!(plan.reason(name).contains("over") && plan.reason(name).contains(&file(name)), "{}", plan.reason(name));
    }
    assert_eq!((plan.action("for-ever"), plan.action("pinned")), ("keep", "keep"));
    case.run(0, &[later]);
    for (name, lives) in [("span", false), ("date", false), ("for-ever", true), ("pinned", true)] {
        assert_eq!(case.has_namespace(name), lives, "{name}");
    }
    let mark = case.plane.mark();
    let run = case.run(0, &[later]);
    assert!(run.is_empty(), "{:#}", run.0);
    assert_eq!(case.plane.writes(mark, &case.user).len(), 0);

    // An edit renews what has a time to live, and is the only thing that does.
    let run = case.plan(2, &["--now=+31h"]);
    assert_eq!((run.action("pinned"), run.action("span")), ("expire", "keep"));
    case.repo.edit(&file("span"), "2h", "4h");
    case.commit("span: longer");
    assert_eq!(case.plan(2, &[later]).action("span"), "create");
}

#[test]
fn a_file_whose_time_was_over_before_it_was_ever_made_is_never_made() {
    let Some(case) = Case::start("stale") else { return };
    case.sandbox("late", "ttl = \"1h\"").sandbox("past", "expires = 2025-01-31T18:00:00+01:00");
    case.commit_ago("too late", 5);
    case.assert_settled();
    assert!(!case.has_namespace("late") && !case.has_namespace("past"));
}

#[test]
fn the_last_quarter_of_a_short_life_is_told() {
    let Some(case) = Case::start("warned") else { return };
    case.sandbox("short", "ttl = \"8h\"").commit_ago("short", 7);
    let notes = case.plan(2, &[]).notes("short").join("\n");
    assert!(notes.contains("its time is over in") && notes.contains(&file("short")), "{notes}");
}

#[test]
fn a_moved_expiry_is_written_down_and_nothing_else_is() {
    let Some(case) = Case::start("moved") else { return };
    case.sandbox("one", "ttl = \"5h\"").commit_ago("one", 1);
    case.run(0, &[]);
    let objects = |case: &Case| case.state("one").lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let before = objects(&case);
    case.repo.edit(&file("one"), "5h", "6h");
    case.commit("one: longer");
    let plan = case.plan(2, &[]);
    assert_eq!(plan.steps("one"), [format!("update Namespace/{}", case.namespace("one"))]);
    assert!(plan.reason("one").contains("its expiry moves"), "{}", plan.reason("one"));
    case.run(0, &[]);
    assert_eq!(objects(&case).iter().filter(|line| !before.contains(line)).count(), 1, "the Namespace alone");
    case.assert_settled();
}
