//! ci/preview: a pull request's sandbox, from its opening to its end, with the real program on a folder in place of the
//! cluster, a fleet in a repository elsewhere, and a forge that is played.

use std::fs;
use std::path::Path;

use super::canary::canary;
use super::forge_server::{Plays, Server};
use super::init::Place;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a job of GitHub's sets, for pull request 12. `reconcile test` needs a cluster that runs something: it is played.
fn job(server: &Server) -> String {
    format!(
        "unset GIT_AUTHOR_DATE GIT_COMMITTER_DATE
         export GITHUB_ACTIONS=true GITHUB_API_URL={} GITHUB_REPOSITORY=team/app GITHUB_REF=refs/heads/main
         export GITHUB_TOKEN={} RECONCILE_REPO=file://$PWD/fleet.git PREVIEW_CLUSTER=dir:$PWD/cluster PREVIEW_NUMBER=12
         export PREVIEW_BRANCH='feature/$(touch${{IFS}}pwned);x' PREVIEW_COMMIT=0123456 PREVIEW_LOG=https://log.example.com/1
         export PREVIEW_IMAGE=registry.example.com/app:one PREVIEW_OWNER=ada PATH=$PWD/played:$PATH
         preview() {{ '{ROOT}/ci/preview/preview' \"$@\"; }}\n",
        server.address,
        canary("forge")
    )
}

fn place(server: &Server) -> Place {
    let place = Place::new();
    let played =
        "case $1 in test) shift; [ \"$1\" = pr-12 ] && cp \"$PWD/junit\" \"$5\" && exit \"$(cat status)\" ;; esac
        PATH=${PATH#*:} exec reconcile \"$@\"";
    fs::create_dir(place.0.path().join("work/played")).expect("a folder");
    fs::write(place.0.path().join("work/played/reconcile"), format!("#!/bin/sh\n{played}\n")).expect("written");
    place.expect(
        0,
        &format!(
            "{}chmod +x played/reconcile; echo 0 > status; echo '<testsuite><testcase name=\"a\"/></testsuite>' > junit
             unset RECONCILE_REPO; reconcile init fleet --ci none --domain dev.example.com && git clone -q --bare fleet fleet.git",
            job(server)
        ),
    );
    place
}

fn body(server: &Server) -> String {
    let state = server.state();
    let [comment] = state.comments.as_slice() else { panic!("{:?}", state.comments) };
    comment.body.clone()
}

#[test]
fn a_pull_request_has_a_sandbox_as_long_as_it_is_open() {
    let server = Server::start(Plays::Github, &canary("forge"));
    let place = place(&server);
    let job = job(&server);
    let said = place.expect(0, &format!("{job}preview up"));
    assert!(said.contains("Done: 1 created") && said.contains("comment made"), "{said}");
    let first = body(&server);
    for part in [
        "<!-- reconcile:comment preview -->\n### Preview of `0123456`: ready\n",
        "[The job's log](https://log.example.com/1)",
        "**pr-12**: <https://pr-12.dev.example.com>, until ",
        "**Tests**: 1 passed",
        "### Plan for fleet",
    ] {
        assert!(first.contains(part), "{part}: {first}");
    }
    let file = place.expect(0, "git -C fleet.git show main:sandboxes/pr-12.toml; test ! -e pwned");
    assert!(file.contains("image = \"registry.example.com/app:one\"") && file.contains("ttl = \"3d\""), "{file}");
    place.expect(0, "grep -r registry.example.com/app:one cluster/dev-sandbox-pr-12");

    // Pushed to: another image, in the same sandbox and the same comment.
    let said =
        place.expect(0, &format!("{job}PREVIEW_IMAGE=registry.example.com/app:two PREVIEW_COMMIT=89abcde preview up"));
    assert!(said.contains("Done: 1 updated") && said.contains("comment updated"), "{said}");
    assert!(body(&server).contains("### Preview of `89abcde`: ready"), "{}", body(&server));
    place.expect(0, "grep -r registry.example.com/app:two cluster/dev-sandbox-pr-12");

    // Tests that fail fail the job, and keep the sandbox.
    let failed = "echo '<testsuite><testcase name=\"a\"><failure message=\"no\"/></testcase></testsuite>' > junit; echo 1 > status";
    place.expect(1, &format!("{job}{failed}; PREVIEW_IMAGE=registry.example.com/app:two preview up"));
    let said = body(&server);
    assert!(said.contains("ready, and its tests fail") && said.contains("0 passed, 1 failed"), "{said}");
    place.expect(0, "test -e cluster/dev-sandbox-pr-12");

    // Closed.
    let said = place.expect(0, &format!("{job}preview down"));
    assert!(said.contains("Done: 1 removed"), "{said}");
    assert!(body(&server).contains("### Preview: gone"), "{}", body(&server));
    place.expect(1, "test -e cluster/dev-sandbox-pr-12");
    place.expect(128, "git -C fleet.git show main:sandboxes/pr-12.toml");
    place.expect(0, &format!("{job}preview down"));
}

#[test]
fn what_fails_is_told_and_changes_nothing_else() {
    let server = Server::start(Plays::Github, &canary("forge"));
    let place = place(&server);
    let job = job(&server);
    // No image is no commit.
    place.expect(1, &format!("{job}PREVIEW_IMAGE='not an image' preview up || exit 1"));
    place.expect(128, "git -C fleet.git show main:sandboxes/pr-12.toml");
    // A fleet that cannot be read is no fleet without the sandbox.
    let said = place.expect(1, &format!("{job}RECONCILE_REPO=file://$PWD/nowhere.git preview down || exit 1"));
    assert!(said.contains("cannot be fetched"), "{said}");
    // A sandbox that cannot be made says so, in the comment as well.
    place.expect(1, &format!("{job}PREVIEW_CHART=nowhere preview up"));
    assert!(body(&server).contains("### Preview of `0123456`: the fleet does not take it"), "{}", body(&server));
    // Nor does one that a limit holds back pass for ready.
    let full = "reconcile --cluster $PREVIEW_CLUSTER --yes && git clone -q fleet.git full && cd full &&
        sed -i 's/max_sandboxes = 5/max_sandboxes = 1/' sandboxes/fleet.toml && git commit -qam full && git push -q && cd ..";
    let said = place.expect(3, &format!("{job}{full} && preview up"));
    assert!(said.contains("1 held"), "{said}");
    assert!(body(&server).contains("### Preview of `0123456`: held"), "{}", body(&server));
    // A forge that takes no comment fails nothing.
    place.expect(0, &format!("{job}GITHUB_TOKEN=wrong preview down"));
    place.expect(64, &format!("{job}preview sideways"));
}

/// The command that is played above is one that the program takes.
#[test]
fn tests_are_run_by_a_command_that_there_is() {
    let script = fs::read_to_string(Path::new(ROOT).join("ci/preview/preview")).expect("a file");
    assert!(script.contains(r#"reconcile test "$name" --cluster "$cluster" --junit "$scratch/junit.xml""#));
    let line = ["reconcile", "test", "pr-12", "--cluster", "kube", "--junit", "junit.xml"];
    reconcile::cli::args::Args::parse_line(line).expect("a command line");
}

/// The workflows name what there is, hold secrets only where no stranger's code is, and only such as README.md lists.
#[test]
fn no_workflow_gives_a_stranger_a_secret() {
    let read = |file: &str| fs::read_to_string(Path::new(ROOT).join("ci/preview").join(file)).expect("a file");
    let build = read("image.yml");
    assert!(build.contains("pull_request:\n") && !build.contains("secrets."), "the build of a stranger's code");
    let preview = read("preview.yml");
    let events = preview.split("on:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("events");
    assert!(
        events.contains("workflow_run:") && events.contains("pull_request_target:\n    types: [closed]"),
        "{events}"
    );
    // Nothing that it checks out is of the pull request.
    assert!(!preview.contains("ref: ${{ github.event.pull_request.head") && !preview.contains("repository: ${{"));
    // A file that the stranger's run has made could be called as a script that is run here.
    let download = preview.split("actions/download-artifact").nth(1).expect("the image is taken over");
    assert!(
        download
            .trim_start_matches("@v4")
            .starts_with("\n        with:\n          name: image\n          path: ${{ runner.temp }}/image\n")
    );
    let readme = read("README.md");
    let named = regex::Regex::new(r"(?:secrets|vars)\.([A-Z_0-9]+)").expect("a regular expression");
    for name in named.captures_iter(&preview) {
        assert!(readme.contains(&format!("`{}`", &name[1])), "README.md says nothing of {}", &name[1]);
    }
    // What the pull request says is never put into a script, only into its environment.
    for (file, text) in [("preview.yml", &preview), ("image.yml", &build)] {
        let mut scripts = 0;
        for script in scripts_of(text) {
            assert!(!script.contains("${{"), "{file}: {script}");
            scripts += 1;
        }
        assert!(scripts > 0, "{file} runs nothing");
    }
}

/// What stands behind each `run:`, with the lines that belong to it.
fn scripts_of(workflow: &str) -> Vec<String> {
    let lines: Vec<&str> = workflow.lines().collect();
    let depth = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.trim_start_matches([' ', '-']).starts_with("run:") {
            let inside = |next: &&&str| next.trim().is_empty() || depth(next) > depth(line);
            let rest: Vec<&str> = lines[at + 1..].iter().take_while(inside).copied().collect();
            found.push(format!("{line}\n{}", rest.join("\n")));
        }
    }
    found
}
