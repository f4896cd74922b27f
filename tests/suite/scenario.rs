//! Scenario cases: a folder with `steps` (shell commands, each behind `$ `), run in a folder of its own that starts as a
//! copy of `_base` and of the case's own `files`, with a pinned clock and git identity. Its whole transcript is golden.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const BASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/scenarios/_base");

#[test]
fn scenarios() {
    insta::glob!("scenarios/*/steps", |steps| {
        let case = steps.parent().expect("steps lie in a folder");
        let transcript = run(case, &fs::read_to_string(steps).expect("readable steps"));
        insta::with_settings!({
            snapshot_path => case,
            prepend_module_to_snapshot => false,
            omit_expression => true,
            snapshot_suffix => "",
            description => "",
        }, {
            insta::assert_snapshot!("transcript", transcript);
        });
    });
}

fn run(case: &Path, steps: &str) -> String {
    let home = tempfile::tempdir().expect("a temporary folder");
    let work = home.path().join("work");
    copy(Path::new(BASE), &work);
    let own = case.join("files");
    if own.exists() {
        copy(&own, &work);
    }
    let mut transcript = String::new();
    for step in steps_of(steps) {
        writeln!(transcript, "$ {step}").expect("a String takes it");
        let output = shell(&step, home.path(), &work);
        transcript.push_str(&output);
    }
    transcript.replace(&home.path().display().to_string(), "[TMP]")
}

/// A step begins with `$ ` and goes on until the next; other lines before the first are comments.
fn steps_of(text: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(step), _) => steps.push(step.to_owned()),
            (None, Some(last)) if !line.is_empty() => {
                last.push('\n');
                last.push_str(line);
            }
            _ => {}
        }
    }
    steps
}

fn shell(step: &str, home: &Path, work: &Path) -> String {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_reconcile"));
    let folder = binary.parent().expect("a binary lies in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {step}\n}} 2>&1")])
        .current_dir(work)
        .env_clear()
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("HOME", home)
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.com")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.com")
        .env("GIT_AUTHOR_DATE", "2030-01-01T00:00:00Z")
        .env("GIT_COMMITTER_DATE", "2030-01-01T00:00:00Z")
        .output()
        .expect("sh runs");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => writeln!(text, "[exit {code}]").expect("a String takes it"),
        None => text.push_str("[killed]\n"),
    }
    text
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a readable folder") {
        let entry = entry.expect("a readable entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a file type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
