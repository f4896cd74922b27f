//! The chart that runs `reconcile` in a cluster, and the rights in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::schemas::assert_current;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const EXAMPLE: &str = "charts/reconcile/values-example.yaml";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let to = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("it can be copied");
        }
    }
}

/// The rights of the example fleet, as they are printed for the chart.
fn values() -> String {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for name in ["sandboxes", "charts"] {
        copy(&Path::new(ROOT).join(name), &folder.path().join(name));
    }
    let fleet = folder.path().join("sandboxes/fleet.toml");
    let text = fs::read_to_string(&fleet).expect("fleet.toml");
    let text = text.replacen("name =", "service_account = \"reconcile-system/reconcile\"\nname =", 1);
    fs::write(&fleet, text).expect("it can be written");
    git2::Repository::init(folder.path()).expect("a repository can be made");
    let output = Command::new(env!("CARGO_BIN_EXE_reconcile"))
        .args(["rbac", "--worktree", "--format=values"])
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_schema_of_the_rights_in_the_example_is_current() {
    let published = fs::read_to_string(Path::new(ROOT).join(EXAMPLE)).expect("the example's values");
    let by_hand = published.split("# Made by").next().unwrap_or_default();
    assert_current(EXAMPLE, &format!("{by_hand}{}", values()));
}

#[test]
fn the_charts_rights_are_not_more_than_they_say() {
    let values = values();
    let (cluster, sandbox) = values.split_once("  sandbox:").expect("both are there");
    let cluster = cluster.split("  namespaces:").next().unwrap_or_default();
    // The whole point: no Secret can be read but those of a sandbox.
    assert!(!cluster.contains("- secrets") && sandbox.contains("- secrets"), "{values}");
    for word in ["'*'", "\"*\"", "deletecollection", "escalate", "impersonate", "update"] {
        assert!(!values.contains(word), "{word}: {values}");
    }
}
