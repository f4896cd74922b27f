//! What is asked on a terminal before something goes, and that nothing is asked where nobody could answer.
#![cfg(unix)]

use std::process::Command;

use super::scenario::Stage;
use super::terminal::answered;

fn on_stage(stage: &Stage, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
    command.args(args).current_dir(stage.home.path().join("work")).env_clear();
    command.env("HOME", stage.home.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
    }
    command
}

fn commits(stage: &Stage) -> String {
    String::from_utf8(stage.shell("git log --format=%s").stdout).expect("UTF-8")
}

#[test]
fn a_sandbox_is_destroyed_only_where_that_is_meant() {
    let stage = Stage::bare();
    // What is typed is shown as it is typed, before the question; Ctrl-D is not, and ends no line.
    for (no, answer) in [("n\n", "nothing"), ("\n", "nothing"), ("nonsense\n", "nothing"), ("\u{4}", "\nnothing")] {
        let said = answered(&mut on_stage(&stage, &["destroy", "one"]), 80, no);
        assert!(said.contains("Destroy sandbox one, with all its data? [y/N]"), "{said}");
        assert!(said.contains(&format!("{answer} was changed")), "{said}");
        assert_eq!(commits(&stage), "the fleet\n");
    }
    let said = answered(&mut on_stage(&stage, &["destroy", "one", "--yes", "--dry-run"]), 80, "");
    assert!(!said.contains("[y/N]") && said.contains("--- a/sandboxes/one.toml"), "{said}");
    let said = answered(&mut on_stage(&stage, &["destroy", "one"]), 80, "y\n");
    assert!(said.contains("sandboxes/one.toml: removed by commit"), "{said}");
    assert_eq!(commits(&stage), "Destroy sandbox one\nthe fleet\n");
}

#[test]
fn where_nobody_sits_nothing_is_asked() {
    let stage = Stage::bare();
    let output = on_stage(&stage, &["destroy", "one"]).stdin(std::process::Stdio::null()).output().expect("it starts");
    assert!(output.status.success());
    assert_eq!(commits(&stage), "Destroy sandbox one\nthe fleet\n");
}

#[test]
fn a_sandbox_is_made_without_a_question() {
    let stage = Stage::bare();
    let args =
        ["create", "web", "--branch=web", "--image=registry.example.com/web:1", "--apply", "--cluster=dir:cluster"];
    let said = answered(&mut on_stage(&stage, &args), 80, "");
    assert!(!said.contains("[y/N]") && said.contains("created   web"), "{said}");
}
