//! The helpers that the live suite is written with.

use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;

use crate::fleet_repo::FleetRepo;
use crate::gate::{Gate, Verdict};
use crate::plane::{ControlPlane, Rights};
use crate::tool::{Run, Tool};

fn at(text: &str) -> Timestamp {
    text.parse().expect("the test's own instant")
}

#[test]
fn commits_have_the_time_and_the_files_they_were_given() {
    let repo = FleetRepo::new();
    repo.copy("tests/cluster/helm").write("sandboxes/a.toml", "ttl = \"3d\"\n");
    let first = repo.commit("add a", at("2026-01-02T03:04:05Z"));
    repo.edit("sandboxes/a.toml", "3d", "4d").write("sandboxes/b.toml", "");
    repo.remove("tests/cluster/helm/go.sum");
    let second = repo.commit("edit a", at("2026-01-03T03:04:05Z"));

    let git = git2::Repository::open(repo.path()).expect("it is a repository");
    let commit = |id: &str| {
        let id = git2::Oid::from_str(id).expect("a commit id");
        git.find_commit(id).expect("the commit is there")
    };
    assert_eq!(git.head().expect("it has a head").shorthand(), Ok("main"));
    assert_eq!(commit(&second).parent_id(0).expect("it has a parent").to_string(), first);
    assert_eq!(commit(&first).time().seconds(), 1_767_323_045);
    let tree = commit(&second).tree().expect("it has a tree");
    let has = |path: &str| tree.get_path(path.as_ref()).is_ok();
    assert!(has("sandboxes/b.toml") && has("tests/cluster/helm/go.mod") && !has("tests/cluster/helm/go.sum"));
    let edited = tree.get_path("sandboxes/a.toml".as_ref()).expect("it was committed").to_object(&git);
    let edited = edited.expect("it is there").into_blob().expect("it is a file");
    assert_eq!(edited.content(), b"ttl = \"4d\"\n");
}

#[test]
fn the_binary_runs_in_an_environment_of_its_own() {
    let Some(plane) = ControlPlane::start() else {
        return;
    };
    let repo = FleetRepo::new();
    let user = plane.user(Rights::Admin);
    let tool = Tool::new(&repo, &user);
    tool.expect(0, &["--version"]);
    let run = Run::of(tool.start(&["--version"]));
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let command = tool.command(&[]);
    let environment: Vec<_> = command.get_envs().filter(|(name, _)| *name == "HOME" || *name == "KUBECONFIG").collect();
    assert_eq!(environment[0].1, Some(tool.home().as_os_str()));
    assert_eq!(environment[1].1, Some(user.kubeconfig.as_os_str()));
}

#[test]
fn a_gate_holds_a_request_before_or_after_the_server() {
    let Some(plane) = ControlPlane::start() else {
        return;
    };
    let gate = Gate::open(plane, &plane.user(Rights::Admin));
    let mark = plane.mark();
    let create = |name: &str| {
        let mut command = plane.kubectl_as(&gate.user, &["create", "namespace", name]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let exists = |name: &str| plane.kubectl(&["get", "namespace", name]).status.success();

    for (verdict, done) in [(Verdict::HoldRequest, false), (Verdict::HoldAnswer, true)] {
        let rule = verdict.clone();
        gate.rule(move |asked| if asked.writes == 1 { rule.clone() } else { Verdict::Pass });
        let name = plane.unique("gated");
        let mut child = create(&name).spawn().expect("kubectl starts");
        let held = gate.held(Duration::from_secs(30)).expect("the write is held");
        assert_eq!((held.method.as_str(), held.writes), ("POST", 1));
        child.kill().expect("it still waits for its answer");
        child.wait().expect("it can be waited for");
        assert_eq!(exists(&name), done, "{verdict:?}");
    }

    gate.rule(|asked| match asked.writes {
        1 => Verdict::Answer(403, "not today", &["Retry-After: 1"]),
        _ => Verdict::Pass,
    });
    let name = plane.unique("gated");
    let refused = create(&name).output().expect("kubectl starts");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not today"), "{refused:?}");
    assert!(create(&name).output().expect("kubectl starts").status.success());
    assert!(exists(&name));
    assert_eq!(plane.writes(mark, &gate.user).len(), 2, "one that was held on its way back, and the last");

    gate.rule(|_| Verdict::Dated("Thu, 01 Jan 2026 00:00:00 GMT".to_owned()));
    let verbose = plane.kubectl_as(&gate.user, &["get", "--raw", "/version", "-v=8"]).output().expect("kubectl starts");
    let verbose = String::from_utf8_lossy(&verbose.stderr).into_owned();
    assert!(verbose.contains("01 Jan 2026 00:00:00 GMT"), "{verbose}");
}
