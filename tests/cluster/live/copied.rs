//! Secrets that every sandbox gets a copy of.

use super::case::{Case, applying};

/// What no output may hold: the value and its base64.
const VALUES: [&str; 4] = ["first-login", "Zmlyc3QtbG9naW4=", "second-login", "c2Vjb25kLWxvZ2lu"];

#[test]
fn secrets_are_copied_kept_current_and_never_printed() {
    let Some(case) = Case::start("copied") else { return };
    let source = format!("{}-source", case.id);
    case.plane.must(&["create", "namespace", &source]);
    let namespace = format!("--namespace={source}");
    case.plane.must(&[
        "create",
        "secret",
        "generic",
        "registry",
        &namespace,
        "--type=example.com/login",
        "--from-literal=key=first-login",
    ]);
    case.settings(&format!("copy_secrets = [\"{source}/registry\"]"));
    case.sandbox("one", "").sandbox("two", "").commit("two with a login");

    let mut said = String::new();
    let mut run = |args: &[&str], status: i32| {
        let run = case.tool().run(args);
        assert_eq!(run.status, status, "{args:?}: {run:?}");
        said.push_str(&run.stdout);
        said.push_str(&run.stderr);
    };
    run(&["--plan", "-vv", "--log=trace"], 2);
    run(&applying(&["--log=trace"]), 0);
    for name in ["one", "two"] {
        assert_eq!(case.field(name, "secret/registry", ".data.key"), VALUES[1]);
        assert_eq!(case.field(name, "secret/registry", ".type"), "example.com/login");
    }
    case.assert_settled();

    let change = r#"--patch={"stringData": {"key": "second-login"}}"#;
    case.plane.must(&["patch", "secret", "registry", &namespace, change]);
    let plan = case.plan(2, &[]);
    for name in ["one", "two"] {
        assert_eq!(plan.steps(name), ["update Secret/registry"]);
    }
    run(&["--plan", "-vv", "--log=trace"], 2);
    run(&["--plan", "--diff=local", "--log=trace"], 2);
    run(&["--yes", "-vv", "--log=trace", "--timeout=60s"], 0);
    assert_eq!(case.field("two", "secret/registry", ".data.key"), VALUES[3]);
    case.assert_settled();
    for value in VALUES {
        assert!(!said.contains(value), "{value} was printed");
    }
    assert!(said.contains("<hidden "), "nothing of it was shown");

    // Without its source a copy stays: what cannot be read is not empty.
    case.plane.must(&["delete", "secret", "registry", &namespace]);
    let before = case.state("one");
    let run = case.run(4, &[]);
    assert_eq!((run.action("one"), run.action("two")), ("held", "held"));
    assert!(run.reason("one").contains(&format!("{source}/registry")), "{}", run.reason("one"));
    assert_eq!(case.state("one"), before);
}
