//! `reconcile comment`, with forges that are played.

use std::fs;

use super::canary::{Canary, canary};
use reconcile::report::answers;

use super::forge_server::{ALL, Fault, Plays, Server};
use super::json_schema::fits;
use super::scenario::{Stage, text_of};

const MARK: &str = "<!-- reconcile:comment sandboxes -->";

struct Case {
    stage: Stage,
    server: Server,
}

impl Case {
    fn of(plays: Plays) -> Self {
        let case = Self { stage: Stage::bare(), server: Server::start(plays, &canary("forge")) };
        case.says("one\n");
        case
    }

    /// What `--body ../body` is.
    fn says(&self, text: &str) {
        fs::write(self.stage.home.path().join("body"), text).expect("written");
    }

    /// Says the body on pull request 12; what is printed, with single blanks.
    fn expect(&self, status: i32, more: &str) -> String {
        let (forge, api) = (self.server.plays.word(), &self.server.address);
        let which = format!("--forge {forge} --api {api} --repository team/app --number 12");
        self.shell(status, &format!("reconcile comment {which} --body ../body {more}"))
    }

    fn shell(&self, status: i32, command: &str) -> String {
        let output = self.stage.shell(&format!("export RECONCILE_FORGE_TOKEN={}\n{command}", canary("forge")));
        Canary::planted().must_not_be_in(&output.stdout, command);
        assert_eq!(output.status.code(), Some(status), "{command}\n{}", text_of(&output));
        text_of(&output).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn fault(&self, method: &'static str, status: u16, headers: &'static str, body: &'static str) {
        self.server.state().faults.push(Fault { method, is_done: false, status, headers, body });
    }

    fn bodies(&self) -> Vec<String> {
        self.server.state().comments.iter().map(|comment| comment.body.clone()).collect()
    }
}

#[test]
fn there_is_one_comment() {
    for plays in ALL {
        let case = Case::of(plays);
        case.server.write("ada", "a question");
        // It is no secret how it begins; what others write is theirs.
        let theirs = format!("{MARK}\nforged");
        case.server.write("mallory", &theirs);
        case.server.write("robot", &format!("> {MARK}\n> what was said, quoted"));
        assert!(case.expect(0, "").starts_with("comment made: "));
        // Whose, where it may be, made, and whether another job made one meanwhile.
        assert_eq!(case.server.methods(), "GET GET POST GET");
        let before = case.bodies();
        assert_eq!(before[3], format!("{MARK}\none\n"));
        assert!(case.expect(0, "").starts_with("comment unchanged: "));
        assert_eq!(case.server.methods(), "GET GET");
        case.says("two\n");
        assert!(case.expect(0, "").starts_with("comment updated: "));
        assert_eq!(case.server.methods(), if plays == Plays::Gitlab { "GET GET PUT" } else { "GET GET PATCH" });
        assert_eq!(case.bodies()[..3], before[..3], "{plays:?}");
        assert_eq!(case.bodies()[3..], [format!("{MARK}\ntwo\n")]);
        // Another job's is another comment.
        assert!(case.expect(0, "--marker docs").starts_with("comment made: "));
        assert_eq!(case.bodies().len(), 5);
    }
}

#[test]
fn programs_are_told_what_was_done() {
    let case = Case::of(Plays::Github);
    for done in ["made", "unchanged"] {
        let told: serde_json::Value = serde_json::from_str(&case.expect(0, "--format json")).expect("JSON");
        assert_eq!((&told["done"], &told["removed"]), (&done.into(), &0.into()));
        fits(&told, &serde_json::to_value(answers::schema::<answers::Commented>()).expect("JSON"));
    }
}

#[test]
fn it_is_found_on_every_page() {
    for plays in ALL {
        for (page, is_linked) in [(100, true), (30, true), (100, false)] {
            let case = Case::of(plays);
            case.server.talk(250);
            case.server.write("robot", &format!("{MARK}\nold"));
            case.server.talk(30);
            case.server.state().page = page;
            case.server.state().is_linked = is_linked;
            assert!(case.expect(0, "").starts_with("comment updated: "), "{plays:?}, {page}, {is_linked}");
            assert_eq!(case.bodies()[250], format!("{MARK}\none\n"), "{plays:?}");
            assert_eq!(case.bodies().len(), 281);
        }
    }
    // An old Gitea cuts a page to 50, and says nothing of the next.
    let case = Case::of(Plays::Gitea);
    case.server.talk(120);
    case.server.write("robot", &format!("{MARK}\nold"));
    (case.server.state().page, case.server.state().is_linked) = (50, false);
    assert!(case.expect(0, "").starts_with("comment updated: "));
}

#[test]
fn of_several_the_oldest_stays() {
    for plays in ALL {
        let case = Case::of(plays);
        let first = case.server.write("robot", &format!("{MARK}\none\n"));
        case.server.write("ada", "talk");
        case.server.write("robot", &format!("{MARK}\nonce more"));
        case.server.write("Robot", &format!("{MARK}\nand again"));
        assert!(case.expect(0, "").ends_with("2 others were taken away"));
        let ids: Vec<u64> = case.server.state().comments.iter().map(|comment| comment.id).collect();
        assert_eq!(ids, [first, first + 1], "{plays:?}");
    }
}

/// What one job makes while another does.
#[test]
fn two_jobs_leave_one() {
    let case = Case::of(Plays::Github);
    let lines: Vec<String> = (0..4)
        .map(|_| {
            let which = format!("--forge github --api {} --repository team/app --number 12", case.server.address);
            format!("reconcile comment {which} --body ../body &")
        })
        .collect();
    case.shell(0, &format!("{}\nwait", lines.join("\n")));
    case.expect(0, "");
    assert_eq!(case.bodies(), [format!("{MARK}\none\n")]);
}

#[test]
fn an_app_knows_its_own_without_asking() {
    let case = Case::of(Plays::Github);
    case.server.state().account = None;
    case.server.write("mallory", &format!("{MARK}\nforged"));
    assert!(case.expect(0, "").starts_with("comment made: "));
    case.says("two");
    assert!(case.expect(0, "").starts_with("comment updated: "));
    assert_eq!(case.bodies(), [format!("{MARK}\nforged"), format!("{MARK}\ntwo\n")]);
    // Where it is named, nobody is asked.
    case.server.methods();
    assert!(case.expect(0, "--account 'some-app[bot]'").starts_with("comment unchanged: "));
    assert_eq!(case.server.methods(), "GET");
    // Where there is nothing to ask, the mark is all there is to go by.
    for plays in ALL {
        let case = Case::of(plays);
        case.server.state().is_mute = true;
        assert!(case.expect(0, "").starts_with("comment made: "));
        assert!(case.expect(0, "").starts_with("comment unchanged: "), "{plays:?}");
    }
    // Elsewhere it has to be.
    let case = Case::of(Plays::Gitea);
    case.server.state().account = None;
    assert!(case.expect(1, "").contains("--account LOGIN"));
}

#[test]
fn what_is_missing_is_said() {
    let rights = [
        (Plays::Github, "`permissions: pull-requests: write`"),
        (Plays::Gitlab, "scope api, and the role Reporter"),
        (Plays::Gitea, "scope write:issue"),
    ];
    for (plays, right) in rights {
        let case = Case::of(plays);
        case.fault("POST", 403, "", "You shall not pass");
        let said = case.expect(1, "");
        assert!(said.contains("answers 403 Forbidden: You shall not pass") && said.contains(right), "{said}");
        assert!(said.contains("RECONCILE_FORGE_TOKEN"), "{said}");
        // A token that is not good.
        let with = format!("--forge {} --api {} --repository team/app --number 12", plays.word(), case.server.address);
        let said = case.shell(1, &format!("RECONCILE_FORGE_TOKEN=wrong reconcile comment {with} --body ../body"));
        assert!(said.contains("401") && said.contains("Bad credentials") && said.contains("make a new one"), "{said}");
        // No such pull request, or none that is shown.
        let elsewhere = with.replace("--number 12", "--number 13");
        let said = case.shell(1, &format!("reconcile comment {elsewhere} --body ../body"));
        assert!(said.contains("there is no pull request 13 in team/app, or the token"), "{said}");
        let state = case.server.state();
        assert!(state.comments.is_empty(), "{:?}", state.comments);
    }
    let case = Case::of(Plays::Github);
    case.server.state().longest = 10;
    let said = case.expect(1, "");
    assert!(said.contains("422") && said.contains("Validation Failed: body is too long"), "{said}");
    case.fault("GET", 301, "Location: https://elsewhere.example.com/\r\n", "Moved Permanently");
    assert!(case.expect(1, "").contains("it was moved"));
}

#[test]
fn what_is_said_to_come_later_comes_later() {
    for plays in ALL {
        let case = Case::of(plays);
        case.fault("GET", 429, "Retry-After: 0\r\n", "slow down");
        case.fault("GET", 503, "Retry-After: 0\r\n", "starting");
        case.fault("POST", 429, "Retry-After: 0\r\n", "slow down");
        assert!(case.expect(0, "").starts_with("comment made: "), "{plays:?}");
        assert_eq!(case.server.methods(), "GET GET GET GET POST POST GET");
        // GitHub's second limit is a 403 that says when.
        case.fault("GET", 403, "Retry-After: 0\r\n", "secondary rate limit");
        assert!(case.expect(0, "").starts_with("comment unchanged: "));
        // Nobody waits for an hour.
        case.fault("GET", 429, "Retry-After: 3600\r\n", "tomorrow");
        assert!(case.expect(1, "").contains("run it again later"));
    }
}

/// A server that fails after it has made the comment.
#[test]
fn what_was_made_all_the_same_is_not_made_twice() {
    let case = Case::of(Plays::Gitlab);
    case.server.state().faults.push(Fault { method: "POST", is_done: true, status: 502, headers: "", body: "oh" });
    assert!(case.expect(0, "").starts_with("comment unchanged: "));
    assert_eq!(case.bodies().len(), 1);
}

#[test]
fn a_job_says_which_pull_request() {
    let of_job = |case: &Case, job: &str| case.shell(0, &format!("{job} reconcile comment --body ../body"));
    let case = Case::of(Plays::Github);
    let api = &case.server.address;
    let job = format!("GITHUB_ACTIONS=true GITHUB_API_URL={api} GITHUB_REPOSITORY=team/app");
    of_job(&case, &format!("{job} GITHUB_REF=refs/pull/12/merge"));
    fs::write(case.stage.home.path().join("event"), r#"{"pull_request": {"number": 12}}"#).expect("written");
    let said = of_job(&case, &format!("{job} GITHUB_REF=refs/heads/main GITHUB_EVENT_PATH=../event"));
    assert!(said.starts_with("comment unchanged: https://forge.example.com/team/app/pull/12#issuecomment-"), "{said}");
    let said = case.shell(64, &format!("{job} GITHUB_REF=refs/heads/main reconcile comment --body ../body"));
    assert!(said.contains("which pull request is meant is not known"), "{said}");

    let case = Case::of(Plays::Gitlab);
    let api = &case.server.address;
    of_job(&case, &format!("GITLAB_CI=true CI_API_V4_URL={api} CI_PROJECT_ID=team/app CI_MERGE_REQUEST_IID=12"));

    let case = Case::of(Plays::Gitea);
    let job = format!("GITEA_ACTIONS=true GITHUB_ACTIONS=true GITHUB_API_URL={}", case.server.address);
    of_job(&case, &format!("{job} GITHUB_REPOSITORY=team/app GITHUB_REF=refs/pull/12/head"));
    assert_eq!(case.bodies(), [format!("{MARK}\none\n")]);
}

#[test]
fn a_token_of_a_job_is_told_what_it_may_not() {
    let case = Case::of(Plays::Gitlab);
    let which = format!("--forge gitlab --api {} --repository team/app --number 12", case.server.address);
    let said =
        case.shell(1, &format!("unset RECONCILE_FORGE_TOKEN; CI_JOB_TOKEN=x reconcile comment {which} --body ../body"));
    assert!(said.contains("the token of a job may write no notes: set GITLAB_TOKEN"), "{said}");
    let said = case.shell(1, &format!("unset RECONCILE_FORGE_TOKEN; reconcile comment {which} --body ../body"));
    assert!(said.contains("there is no token for GitLab"), "{said}");
}

#[test]
fn the_token_goes_nowhere_else() {
    let case = Case::of(Plays::Github);
    let elsewhere = Server::start(Plays::Github, &canary("forge"));
    case.server.talk(150);
    case.server.state().elsewhere = Some(elsewhere.address.clone());
    assert!(case.expect(1, "").contains("the next page of comments is elsewhere"));
    case.server.state().elsewhere = Some("//forge.example.com".into());
    assert!(case.expect(1, "").contains("the next page of comments is elsewhere"));
    // What is relative stays here.
    case.server.state().elsewhere = Some(String::new());
    case.expect(0, "--marker relative");
    assert_eq!(elsewhere.methods(), "");
    let which = "--forge github --repository team/app --number 12 --body ../body";
    let said = case.shell(64, &format!("reconcile comment --api http://forge.example.com {which}"));
    assert!(said.contains("for everybody on the way to read"), "{said}");
    let said = case.shell(64, "reconcile comment --forge gitea --repository team/app --number 12 --body ../body");
    assert!(said.contains("--api https://HOST/api/v1"), "{said}");
}

#[test]
fn all_of_it_is_in_the_comment() {
    let case = Case::of(Plays::Github);
    let junit = "<testsuite><testcase name='a' time='1.25'/><testcase name='b'><failure message='@ada &lt;b&gt;'/></testcase></testsuite>";
    fs::write(case.stage.home.path().join("junit.xml"), junit).expect("written");
    let made = case.shell(
        0,
        "sandbox one 'ttl = \"3d\"' && commit one 2030-01-01T00:05:00Z &&
         { reconcile --plan --cluster dir:cluster --now 2030-01-01T00:10:00Z --format markdown > ../plan.md; [ $? = 2 ]; } &&
         reconcile comment --dry-run --body ../body --sandbox one --test ../junit.xml --plan ../plan.md --now 2030-01-01T00:10:00Z > ../said &&
         cat ../said",
    );
    let said = fs::read_to_string(case.stage.home.path().join("said")).expect("written");
    let plan = fs::read_to_string(case.stage.home.path().join("plan.md")).expect("written");
    let expected = format!(
        "{MARK}\none\n\n**one**: <https://one.dev.example.com>, until 2030-01-04T00:05:00Z\n\n**Tests**: 1 passed, 1 failed, \
         in 1.2 s\n\n<details><summary>1 failure</summary>\n\n- b: &#64;&#8203;ada &#60;b&#62;\n\n</details>\n\n{}\n",
        plan.trim()
    );
    assert_eq!(said, expected, "{made}");
    assert_eq!(case.server.methods(), "");
    let said = case.shell(64, "reconcile comment --dry-run --sandbox onee");
    assert!(said.contains("did you mean one?"), "{said}");
    assert!(case.shell(64, "reconcile comment --dry-run").contains("there is nothing to be said"));
    assert!(case.shell(1, "reconcile comment --dry-run --test ../body").contains("is no report of JUnit's"));
    assert!(case.shell(1, "reconcile comment --dry-run --plan ../nowhere").contains("cannot be read"));
    assert!(case.shell(64, "reconcile comment --dry-run --body ../body --marker 'a-->'").contains("expected up to 64"));
}

#[test]
fn a_long_one_is_cut() {
    for plays in ALL {
        let case = Case::of(plays);
        case.server.state().longest = if plays == Plays::Gitlab { 1_000_000 } else { 65_536 };
        let long = format!(
            "<details><summary>long</summary>\n\n```diff\n{}```\n</details>\n",
            "+ ein Stück\n".repeat(100_000)
        );
        case.says(&long);
        case.expect(0, "");
        let body = case.bodies().remove(0);
        assert!(body.len() > 60_000 && body.contains("Cut to the length of a comment"), "{plays:?}: {}", body.len());
        assert!(body.contains("+ ein Stück\n```\n</details>\n"), "{plays:?}");
    }
}
