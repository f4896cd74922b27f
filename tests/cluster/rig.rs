//! The helpers that the live suite is written with.

use jiff::Timestamp;

use crate::fleet_repo::FleetRepo;
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
