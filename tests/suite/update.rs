//! `reconcile update`: what a tag stands for is locked, and what is locked is what runs. The registry is played.

use reconcile::report::answers;

use super::json_schema::fits;
use super::registry::{Door, Registry, digest_of};
use super::scenario::{Stage, text_of};

const RUN: &str = "reconcile --cluster dir:cluster --quiet --now 2030-01-01T00:10:00Z";

struct Case {
    stage: Stage,
    registry: Registry,
}

impl Case {
    /// A fleet of one sandbox, whose image is `team/app:main` in a registry.
    fn of(door: Door) -> Self {
        let case = Self { stage: Stage::bare(), registry: Registry::start(door) };
        case.expect(0, &format!("git rm -q sandboxes/one.toml && {} && commit fleet", case.sandbox("two", "main")));
        case
    }

    fn sandbox(&self, name: &str, tag: &str) -> String {
        let image = format!("{}/team/app:{tag}", self.registry.address);
        format!("sandbox {name} && sed -i 's,^image.*,image = \"{image}\",' sandboxes/{name}.toml")
    }

    fn expect(&self, status: i32, command: &str) -> String {
        let output = self.stage.shell(command);
        assert_eq!(output.status.code(), Some(status), "{command}\n{}", text_of(&output));
        text_of(&output).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Where the tag stands for another image.
    fn moves(&self, body: &str) -> String {
        let mut state = self.registry.state.lock().expect("a state");
        body.clone_into(&mut state.body);
        state.digest = Some(digest_of(body));
        digest_of(body)
    }

    /// The lock, as the fleet's branch has it.
    fn lock(&self) -> String {
        self.expect(0, "git show main:sandboxes/lock.toml")
    }
}

#[test]
fn what_is_locked_is_what_runs() {
    let case = Case::of(Door::Open);
    case.expect(0, RUN);
    let image = format!("{}/team/app:main", case.registry.address);
    let first = case.moves("first");
    let said = case.expect(0, "reconcile update");
    assert!(said.contains(&format!("two: {image} is {}", &first[..19])), "{said}");
    assert!(said.contains("sandboxes/lock.toml: written by commit"), "{said}");
    let lock = case.lock();
    assert!(lock.ends_with(&format!("[two] image = \"{image}\" digest = \"{first}\"")), "{lock}");
    // A change like any other, which names its file; and no new life.
    let planned = case.expect(2, &format!("{RUN} --plan -v").replace("--quiet", ""));
    assert!(planned.contains("~ update two: asked for by sandboxes/lock.toml"), "{planned}");
    assert!(planned.contains(&format!("{image}@{first}")), "{planned}");
    case.expect(0, RUN);
    let commits = case.expect(0, "git rev-list --count main");
    assert!(case.expect(0, "reconcile update").contains("is so already"));
    assert_eq!(case.expect(0, "git rev-list --count main"), commits);
    // A tag that is moved changes nothing until it is locked anew.
    let second = case.moves("second");
    case.expect(0, &format!("{RUN} --plan"));
    let said = case.expect(0, "reconcile update --dry-run");
    assert!(said.contains(&format!("+digest = \"{second}\"")), "{said}");
    assert_eq!(case.expect(0, "git rev-list --count main"), commits);
    let said = case.expect(0, "reconcile update two");
    assert!(said.contains(&format!("is {} now, and was {}", &second[..19], &first[..19])), "{said}");
    case.expect(2, &format!("{RUN} --plan"));
    case.expect(0, RUN);
    case.expect(0, &format!("grep -r {second} cluster/dev-sandbox-two"));
    // Another tag is not locked; a sandbox that is gone is forgotten.
    case.expect(0, "git checkout -q main -- sandboxes && git reset -q --hard && reconcile set two image=odoo:18.0");
    let planned = case.expect(2, &format!("{RUN} --plan --rev main -v").replace("--quiet", ""));
    assert!(planned.contains("odoo:18.0") && !planned.contains("odoo:18.0@"), "{planned}");
    case.expect(0, "git reset -q --hard && git rm -q sandboxes/two.toml && commit gone && reconcile update");
    case.expect(128, "git show main:sandboxes/lock.toml");
}

#[test]
fn what_cannot_be_resolved_stays_as_it_was() {
    let case = Case::of(Door::Open);
    let digest = case.moves("first");
    case.expect(0, "reconcile update");
    // One tag that is gone stops no other.
    let three = case.sandbox("three", "gone");
    let second = case.moves("second");
    let said = case.expect(4, &format!("git reset -q --hard && {three} && commit three && reconcile update"));
    assert!(said.contains("sandbox three:") && said.contains("has no team/app:gone"), "{said}");
    assert!(case.lock().contains(&second) && !case.lock().contains("three"), "{}", case.lock());
    // Where none can be, nothing is committed.
    case.registry.state.lock().expect("a state").faults = vec![(403, ""), (403, "")];
    let before = case.lock();
    let said = case.expect(1, "reconcile update");
    assert!(said.contains("no image could be resolved") && said.contains("does not let this login read"), "{said}");
    assert_eq!(case.lock(), before);
    assert_ne!(digest, second);
    let said = case.expect(64, "reconcile update tow");
    assert!(said.contains("did you mean two?"), "{said}");
    let json = case.expect(4, "reconcile update --format json 2> /dev/null");
    let json: serde_json::Value = serde_json::from_str(json.trim_end_matches("[exit 4]").trim()).expect("JSON");
    fits(&json, &serde_json::to_value(answers::schema::<answers::Updated>()).expect("JSON"));
    assert_eq!(json["sandboxes"][0]["digest"], second);
    assert_eq!((&json["sandboxes"][0]["changed"], &json["failed"][0]["name"]), (&false.into(), &"three".into()));
}

/// Unreadable is not empty.
#[test]
fn a_lock_that_cannot_be_read_holds_what_it_may_concern() {
    let case = Case::of(Door::Open);
    case.moves("first");
    case.expect(0, &format!("reconcile update && git reset -q --hard && {RUN}"));
    let pinned =
        format!("sandbox four && sed -i 's,^image.*,image = \"odoo@sha256:{}\",' sandboxes/four.toml", "a".repeat(64));
    let said = case.expect(4, &format!("{pinned} && echo '[two' > sandboxes/lock.toml && commit broken && {RUN}"));
    assert!(said.contains("! held two: sandboxes/two.toml: sandboxes/lock.toml cannot be read"), "{said}");
    assert!(said.contains("+ create four") && said.contains("Done: 1 created; 1 held"), "{said}");
    case.expect(1, "reconcile update two");
    case.expect(0, &format!("reconcile update && git reset -q --hard && {RUN}"));
}

/// As `docker login` leaves them: in a file, and with a program.
#[test]
fn logins_are_dockers() {
    let case = Case::of(Door::Basic);
    let said = case.expect(1, "reconcile update");
    assert!(said.contains("wants a login for team/app") && said.contains("docker login 127.0.0.1"), "{said}");
    let address = &case.registry.address;
    let helper = r#"printf '#!/bin/sh\nread -r host; [ "$1 $host" = "get HOST" ] && echo "{\\"Username\\": \\"ada\\", \\"Secret\\": \\"secret\\"}"\n' > ../bin/docker-credential-played"#;
    let made = format!(
        "mkdir -p ../bin ../docker && {} && chmod +x ../bin/* && echo '{{\"credHelpers\": {{\"{address}\": \"played\"}}}}' > ../docker/config.json",
        helper.replace("HOST", address)
    );
    case.expect(0, &format!("{made} && PATH=$PWD/../bin:$PATH DOCKER_CONFIG=../docker reconcile update"));
    let said = case.expect(1, "DOCKER_CONFIG=../docker reconcile update");
    assert!(said.contains("docker-credential-played gives no login: it does not start"), "{said}");
    // In the user's own folder.
    let auth = "YWRhOnNlY3JldA==";
    let file = format!(
        "mkdir -p ~/.docker && echo '{{\"auths\": {{\"{address}\": {{\"auth\": \"{auth}\"}}}}}}' > ~/.docker/config.json"
    );
    case.expect(0, &format!("{file} && reconcile update"));
}

/// In the application's repository the branch's newest commit is noted, too.
#[test]
fn the_head_of_the_branch_is_noted() {
    let case = Case::of(Door::Open);
    case.moves("first");
    let app = "git init -q -b two ../app && cd ../app && git commit -q --allow-empty -m two";
    case.expect(0, &format!("{app} && reconcile update --repo ../work"));
    let head = case.expect(0, "git -C ../app rev-parse HEAD");
    assert!(case.lock().contains(&format!("commit = \"{head}\"")), "{}", case.lock());
    // Elsewhere it stays as it was noted.
    case.moves("second");
    case.expect(0, "cd / && reconcile update --repo ~/work");
    assert!(case.lock().contains(&format!("commit = \"{head}\"")), "{}", case.lock());
}

/// A digest is seen at a glance, and whole where all is.
#[test]
fn a_list_shows_enough_of_a_digest() {
    let case = Case::of(Door::Open);
    let digest = case.moves("first");
    case.expect(0, "reconcile update && git reset -q --hard");
    let list = "reconcile list --cluster dir:cluster --now 2030-01-01T00:10:00Z";
    let shown = case.expect(0, list);
    assert!(shown.contains(&format!("main@{} ", &digest[7..19])) && !shown.contains(&digest), "{shown}");
    assert!(case.expect(0, &format!("{list} --format wide")).contains(&format!("main@{digest} ")));
}
