//! What a developer does with a sandbox first: logs in, and runs the addon's tests.

use super::{BOUND, Suite};
use crate::fleet::{FIRST, await_login, host};
use crate::http;
use crate::websocket;

pub fn login(suite: &mut Suite) {
    let name = suite.app();
    let fleet = suite.of_app();
    let password = fleet.password(&name, "Odoo");
    assert_eq!(http::login(&host(&name), "admin", "admin"), Ok(None), "Odoo's own default password is not let in");
    assert_eq!(http::login(&host(&name), "admin", &format!("{password}x")), Ok(None));
    let cookies = http::login(&host(&name), "admin", &password).expect("the page answers").expect("it is let in");
    let inside = http::get(&host(&name), "/odoo", &[("Cookie", &cookies)]).expect("it answers");
    let inside = if inside.status == 404 {
        http::get(&host(&name), "/web", &[("Cookie", &cookies)]).expect("it answers")
    } else {
        inside
    };
    assert!(inside.status == 200 && inside.body.contains("odoo.__session_info__"), "{} {}", inside.status, inside.body);

    let (status, pong) = websocket::ping(&host(&name), &cookies).expect("the websocket answers");
    assert_eq!((status, pong.as_slice()), (101, websocket::PONG));

    // The language is there, and a browser that asks for it is answered in it: 'Password'.
    assert_eq!(fleet.sql(&name, "SELECT active FROM res_lang WHERE code = 'zh_TW'"), "t");
    let chinese = http::get(&host(&name), "/web/login", &[("Accept-Language", "zh-TW")]).expect("it answers");
    assert!(chinese.body.contains("密碼"), "{}", chinese.body);
    // The ingress controller's scheme and host are those that Odoo writes into its links.
    assert_eq!(
        fleet.sql(&name, "SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'"),
        format!("http://{}", host(&name))
    );
}

pub fn tests(suite: &mut Suite) {
    let name = suite.app();
    let fleet = suite.of_app();
    fleet.expect(0, &["set", &name, &format!("image={}", crate::fleet::SECOND), "--apply", "--yes"]);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let junit = folder.path().join("junit.xml").display().to_string();
    let output = folder.path().join("output").display().to_string();

    let failed = fleet.expect(1, &["test", &name, "--junit", &junit, "--output", &output]);
    failed.must_say("test_planted_failure").must_say("planted").must_say("1 failed");
    let xml = std::fs::read_to_string(&junit).expect("it was written");
    assert!(xml.contains("test_planted_failure") && xml.contains("<failure"), "{xml}");
    assert!(std::fs::read_to_string(&output).expect("it was written").contains("what should be"));
    suite.report.note("reconcile test, one of three fails", failed.took.as_secs_f64(), "s");

    // Those beside it pass, and tags that match nothing are no success.
    fleet.expect(0, &["test", &name, "--", "--test-tags", "/sandbox_probe:TestProbe"]).must_say("passed: 1 test");
    fleet.expect(1, &["test", &name, "--", "--test-tags", "/sandbox_probe:NoSuchTest"]);

    // Back to the image before by its history: there all of them pass.
    let back = fleet.expect(0, &["rollback", &name, "--apply", "--yes"]);
    back.must_say("updated").must_say(FIRST);
    await_login(&name, BOUND);
    let passed = fleet.expect(0, &["test", &name, "--junit", &junit]);
    passed.must_say("passed: 2 tests");
    suite.report.note("reconcile test, all pass", passed.took.as_secs_f64(), "s");
    assert!(!std::fs::read_to_string(&junit).expect("it was written").contains("<failure"));
    // Of the tests' own database nothing is left, and the sandbox's has not seen them.
    assert_eq!(fleet.sql(&name, "SELECT count(*) FROM pg_database WHERE datname = 'sandbox_test'"), "0");
    await_login(&name, BOUND);
}
