//! `reconcile image`: what CI should build.

use super::scenario::{Stage, text_of};

/// An application with a branch, beside the fleet.
fn app() -> Stage {
    let stage = Stage::bare();
    let made = stage.shell(
        "sandbox two && sed -i '1s,two,feature/Two,' sandboxes/two.toml && commit two
         git init -q -b main ../app && cd ../app && git commit -q --allow-empty -m one &&
         git switch -q -c feature/Two && git commit -q --allow-empty -m two && git update-ref refs/remotes/origin/far HEAD~1",
    );
    assert!(made.status.success(), "{}", text_of(&made));
    stage
}

fn expect(stage: &Stage, status: i32, command: &str) -> String {
    let output = stage.shell(&format!("cd ../app; {command}"));
    assert_eq!(output.status.code(), Some(status), "{command}\n{}", text_of(&output));
    text_of(&output).trim_end().to_owned()
}

#[test]
fn an_image_is_called_after_branch_and_commit() {
    let stage = app();
    let short = |name: &str| expect(&stage, 0, &format!("git rev-parse --short=7 {name}"));
    let two = short("feature/Two");
    let expected = format!("registry.example.com/hello:feature-two-{two}");
    for command in [
        "reconcile image two --repo ../work",
        "RECONCILE_REPO=../work reconcile image two",
        "git switch -q --detach HEAD~1 && RECONCILE_REPO=../work reconcile image two --commit feature/Two; git switch -q feature/Two",
    ] {
        assert_eq!(expect(&stage, 0, command), expected, "{command}");
    }
    // Without a fleet.
    let line = "reconcile image --repository r.example.com/a/b";
    assert_eq!(expect(&stage, 0, line), format!("r.example.com/a/b:feature-two-{two}"));
    let far = short("main");
    assert_eq!(expect(&stage, 0, &format!("{line} --branch far")), format!("r.example.com/a/b:far-{far}"));
    // A hash is one, wherever it is.
    let hash = "0123456789abcdef0123456789ABCDEF01234567";
    assert_eq!(expect(&stage, 0, &format!("cd / && {line} --branch x --commit {hash}")), "r.example.com/a/b:x-0123456");
}

#[test]
fn what_is_not_known_is_said() {
    let stage = app();
    for (status, command, expected) in [
        (64, "reconcile image tow --repo ../work", "did you mean two?"),
        (1, "reconcile image one --repo ../work", "branch feature/one is not in the repository around this folder"),
        (1, "reconcile image two --repo ../work --commit nothing", "nothing is no commit"),
        (1, "git switch -q --detach && reconcile image --repository r.example.com/a", "no branch is checked out"),
        (64, "reconcile image --repository r.example.com/a:tag", "leave out the tag: r.example.com/a"),
        (64, "reconcile image --repository 'a b'", "no image reference"),
        (1, "cd .. && reconcile image --repo work --branch x", "no image is named whose repository it could be"),
        (1, "cd .. && reconcile image two --repo work", "this folder is in no git repository"),
    ] {
        let said = expect(&stage, status, command);
        assert!(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(expected), "{command}: {said}");
    }
}

/// The chart's Dockerfile: packages before the source, a numeric user, and not for helm to pack.
#[test]
fn odoo_is_built_in_the_right_order() {
    let file = include_str!("../../charts/odoo-dev-sandbox/Dockerfile");
    let at = |text: &str| file.find(text).unwrap_or_else(|| panic!("there is no {text}"));
    assert!(at("COPY ${REQUIREMENTS}") < at("pip install") && at("pip install") < at("COPY ${SOURCE}"));
    let user = file.lines().rfind(|line| line.starts_with("USER ")).expect("a user");
    assert!(user[5..].split(':').all(|part| part.parse::<u32>().is_ok_and(|id| id > 0)), "{user}");
    let stage = Stage::bare();
    let made = stage.shell("reconcile init ../odoo --chart odoo-dev-sandbox --ci none && cd ../odoo && helm=${HELM:-helm};
        command -v $helm > /dev/null || exit 0; $helm package charts/odoo-dev-sandbox > /dev/null && tar -tf *.tgz | grep -c Dockerfile || true");
    let text = text_of(&made);
    assert!(made.status.success() && !text.ends_with("\n1\n"), "{text}");
}
