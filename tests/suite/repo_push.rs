//! Commits on the fleet's branch: pushed over https and ssh, many at once, and nothing else touched.

use std::fs;

use super::canary::canary;
use super::repo_server::{Login, Server};
use super::scenario::{Stage, text_of};

/// A bare clone of the stage's repository beside it, as a server would have it.
fn served(stage: &Stage) {
    said(stage, "git clone -q --bare . ../fleet.git && git -C ../fleet.git config http.receivepack true");
}

fn said(stage: &Stage, step: &str) -> String {
    let output = stage.shell(step);
    assert!(output.status.success(), "{step}: {}", text_of(&output));
    text_of(&output)
}

#[test]
fn a_commit_is_pushed_over_http_with_the_token() {
    let stage = Stage::bare();
    served(&stage);
    let token: &'static str = Box::leak(canary("git").into_boxed_str());
    let login = Login { user: "x-access-token", password: token };
    let server = Server::start(stage.home.path(), Some(login));
    let url = server.url("/fleet.git");
    let text =
        said(&stage, &format!("cd .. && reconcile --repo {url} create web --branch web --now 2030-01-01T00:00:00Z"));
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("on main, pushed to {url}")), "{text}");
    let text = said(
        &stage,
        &format!("git remote add origin {url} && git config reconcile.branch main && reconcile set web ttl=9d"),
    );
    assert!(text.contains("pushed to origin"), "{text}");
    let log = said(&stage, "git -C ../fleet.git log --format=%s main; git log --format=%s origin/main -1");
    assert_eq!(log, "Set ttl of sandbox web\nCreate sandbox web for web\nthe fleet\nSet ttl of sandbox web\n");
    assert!(!text.contains(token));

    let refused = stage.shell("RECONCILE_GIT_TOKEN=wrong reconcile destroy web");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text_of(&refused).contains("wants a login"), "{}", text_of(&refused));

    // Who may read may not write.
    said(&stage, "git -C ../fleet.git config http.receivepack false");
    let refused = stage.shell("reconcile destroy web");
    assert_eq!(refused.status.code(), Some(1));
    let text = text_of(&refused);
    assert!(text.contains("does not let us push") && text.contains("nothing was changed"), "{text}");
    assert_eq!(said(&stage, "git -C ../fleet.git log --format=%s main -1"), "Set ttl of sandbox web\n");
}

#[test]
fn a_commit_is_pushed_over_ssh() {
    let stage = Stage::bare();
    served(&stage);
    said(
        &stage,
        "printf '%s\\n' '#!/bin/sh' 'while [ \"$1\" != git@example.com ]; do shift; done' 'exec sh -c \"$2\"' > ../ssh && chmod +x ../ssh",
    );
    let step = "export GIT_SSH_COMMAND=$HOME/ssh; git remote add origin git@example.com:$HOME/fleet.git; ";
    let text = said(&stage, &format!("{step} reconcile create web --branch web"));
    assert!(text.contains("pushed to origin"), "{text}");
    assert_eq!(said(&stage, "git -C ../fleet.git log --format=%s main -1"), "Create sandbox web for web\n");
    said(
        &stage,
        "printf '%s\\n' '#!/bin/sh' 'echo no way >&2' 'exit 1' > ../fleet.git/hooks/pre-receive && chmod +x ../fleet.git/hooks/pre-receive",
    );
    let refused = stage.shell("export GIT_SSH_COMMAND=$HOME/ssh; reconcile destroy web");
    let text = text_of(&refused);
    assert!(
        text.contains("origin declined the push to `main`: pre-receive hook declined") && text.contains("no way"),
        "{text}"
    );
}

#[test]
fn many_at_once_all_come_through() {
    const COUNT: usize = 8;
    for remote in [false, true] {
        let stage = Stage::bare();
        if remote {
            served(&stage);
            said(&stage, "git remote add origin ../fleet.git");
        }
        let text = said(
            &stage,
            &format!(
                "for n in $(seq {COUNT}); do reconcile create s$n --branch s$n & done; wait; git fetch -q 2> /dev/null; true"
            ),
        );
        let branch = if remote { "origin/main" } else { "main" };
        let files = said(&stage, &format!("git ls-tree --name-only {branch} sandboxes/ | grep -c '/s[0-9]'"));
        assert_eq!(files.trim(), COUNT.to_string(), "{text}");
        let commits = said(&stage, &format!("git rev-list --count {branch}"));
        assert_eq!(commits.trim(), (COUNT + 1).to_string(), "{text}");
    }
}

/// A rival who commits while a push is under way, so often.
fn rival(stage: &Stage, times: usize) {
    let hook = stage.home.path().join("fleet.git/hooks/pre-receive");
    let script = format!(
        "#!/bin/sh
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
n=$(cat rivals 2> /dev/null || echo 0)
[ $n -lt {times} ] || exit 0
echo $((n + 1)) > rivals
git update-ref refs/heads/main $(git commit-tree -p main -m rival$n main^{{tree}})
"
    );
    fs::write(&hook, script).expect("the hook can be written");
    said(stage, "chmod +x ../fleet.git/hooks/pre-receive");
}

#[test]
fn a_change_is_made_anew_until_a_rival_leaves_it_time() {
    let stage = Stage::bare();
    served(&stage);
    said(&stage, "git remote add origin ../fleet.git");
    rival(&stage, 3);
    let text = said(&stage, "reconcile create web --branch web --now 2030-01-01T00:00:00Z");
    assert!(text.contains("pushed to origin"), "{text}");
    let log = said(&stage, "git -C ../fleet.git log --format=%s main");
    assert_eq!(log, "Create sandbox web for web\nrival2\nrival1\nrival0\nthe fleet\n");
}

#[test]
fn who_is_always_slower_is_told_so_and_has_changed_nothing() {
    let stage = Stage::bare();
    served(&stage);
    said(&stage, "git remote add origin ../fleet.git");
    rival(&stage, 1_000);
    let before = said(&stage, "git for-each-ref refs/heads; git status --porcelain");
    let lost = stage.shell("reconcile create web --branch web --now 2030-01-01T00:00:00Z");
    let text = text_of(&lost);
    assert_eq!(lost.status.code(), Some(1), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("others changed branch `main` 20 times while this change was made"), "{text}");
    assert!(words.contains("nothing was changed; try again"), "{text}");
    assert_eq!(said(&stage, "git for-each-ref refs/heads; git status --porcelain"), before);
    assert_eq!(said(&stage, "git -C ../fleet.git log --format=%s main | grep -vc rival"), "1\n");
    let files = said(&stage, "git -C ../fleet.git ls-tree --name-only main sandboxes/");
    assert!(!files.contains("web"), "{files}");
}

#[test]
fn the_checkout_and_the_index_stay_as_they_are() {
    let stage = Stage::bare();
    // Some of everything: staged, changed, new, deleted.
    said(
        &stage,
        "echo staged > staged && git add staged && echo more >> sandboxes/one.toml && echo new > new && rm charts/hello/values.yaml",
    );
    let home = stage.home.path().join("work");
    let index = || fs::read(home.join(".git/index")).expect("it is there");
    let files = || said(&stage, "find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum");
    let before = (index(), files());
    let commands = [
        "create web --branch web",
        "set web ttl=9d",
        "extend web",
        "pin web --until 2030-01-11T00:00:00Z --reason x",
        "unpin web",
        "sleep web",
        "wake web",
        "history web --cluster dir:../cluster",
        "diff web",
        "destroy web --yes",
        "rollback web",
        "gc",
    ];
    for command in commands {
        let now = if command.starts_with("destroy") { "" } else { "--now 2030-01-01T00:00:00Z" };
        said(&stage, &format!("reconcile {command} {now}"));
        assert!((index(), files()) == before, "{command}");
    }
    assert_eq!(said(&stage, "git show --format= --name-status HEAD"), "A\tsandboxes/web.toml\n");
}

#[test]
fn a_fleet_below_the_top_is_written_where_it_is() {
    let stage = Stage::bare();
    said(&stage, "mkdir -p teams/a && git mv sandboxes charts teams/a/ && commit moved");
    said(&stage, "reconcile --path teams/a create web --branch web");
    assert_eq!(
        said(&stage, "git show --format=%s --name-status HEAD"),
        "Create sandbox web for web\n\nA\tteams/a/sandboxes/web.toml\n"
    );
}

/// Wherever a command is called: the command that it names for the checkout it has left behind can be typed there.
#[test]
fn a_checkout_that_is_left_behind_is_brought_up_by_the_command_that_is_named() {
    let stage = Stage::bare();
    said(
        &stage,
        "mkdir -p teams/a && git mv sandboxes charts teams/a/ && commit moved && git worktree add -q -b linked ../'an other'",
    );
    said(&stage, "git init -q -b topic ../app && git -C ../app config reconcile.repo ../work");
    let places = [".", "teams/a", "../an other", "../app"];
    for (number, place) in places.iter().enumerate() {
        let place = format!("cd '{place}'");
        let text = said(&stage, &format!("{place} && reconcile --path teams/a create n{number} --branch n{number}"));
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, typed) = words.split_once("to have it there: ").unwrap_or_else(|| panic!("{place}: {text}"));
        assert_eq!(said(&stage, "git status --short"), format!("D  teams/a/sandboxes/n{number}.toml\n"), "{place}");
        said(&stage, &format!("{place} && {typed}"));
        assert_eq!(said(&stage, "git status --short"), "", "{place}: {typed}");
    }
}

#[test]
fn a_lock_that_a_killed_git_left_is_named() {
    let stage = Stage::bare();
    said(&stage, "touch .git/refs/heads/main.lock");
    let refused = stage.shell("reconcile create web --branch web");
    let text = text_of(&refused).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text.contains("branch `main` is locked") && text.contains("refs/heads/main.lock is there"), "{text}");
    assert_eq!(said(&stage, "git log --format=%s"), "the fleet\n");
}

#[test]
fn what_a_rival_takes_up_again_is_not_collected() {
    let stage = Stage::bare();
    served(&stage);
    said(&stage, "git remote add origin ../fleet.git && git config reconcile.branch main");
    said(
        &stage,
        "for name in left taken; do sandbox $name 'ttl = \"1h\"'; done && commit more && git push -q origin HEAD:main",
    );
    said(
        &stage,
        "git clone -q ../fleet.git ../rival && cd ../rival && sed -i 's/1h/never/' sandboxes/taken.toml && commit taken",
    );
    // Who signs is slow enough for a rival.
    said(
        &stage,
        "printf '%s\\n' '#!/bin/sh' 'git -C ../rival push -q origin main 2> /dev/null' 'echo \"[GNUPG:] SIG_CREATED \" >&2' \
         'echo signature' > ../sign && chmod +x ../sign && git config gpg.program ../sign && git config commit.gpgsign true",
    );
    let text = said(&stage, "reconcile gc --now 2030-01-20T00:00:00Z --older-than 15d");
    assert!(text.contains("1 file removed") && !text.contains("taken") && text.contains("left"), "{text}");
    let files = said(&stage, "git -C ../fleet.git ls-tree --name-only main sandboxes/");
    assert_eq!(files, "sandboxes/fleet.toml\nsandboxes/one.toml\nsandboxes/taken.toml\n");
}
