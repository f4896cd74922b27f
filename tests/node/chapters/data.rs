//! What a sandbox must not lose: rows of its database and files of its filestore, over restarts, updates and sleep.

use super::{BOUND, Suite};
use crate::fleet::{FIRST, Fleet, SECOND, await_login, host, init_log, namespace};
use crate::http;
use crate::wait::wait_until;

/// An attachment, whose bytes are in the filestore and whose row is in the database.
struct Kept {
    id: String,
    file: String,
}

const SIZE: usize = 100_000;

impl Kept {
    fn write(fleet: &Fleet, name: &str) -> Self {
        let script = format!(
            "a = env['ir.attachment'].create({{'name': 'kept', 'raw': b'k' * {SIZE}}}); env.cr.commit(); print('id is', a.id)"
        );
        let shell = format!("echo \"{script}\" | /opt/sandbox/run.sh shell -d sandbox --no-http --max-cron-threads=0");
        let said = fleet.exec(name, "odoo", &["sh", "-c", &shell]);
        let id = said.split("id is ").nth(1).unwrap_or_else(|| panic!("{said}"));
        let id = id.split_whitespace().next().unwrap_or_default().to_owned();
        let file = fleet.sql(name, &format!("SELECT store_fname FROM ir_attachment WHERE id = {id}"));
        Self { id, file }
    }

    /// It is where it was, and Odoo serves it.
    fn must_be_there(&self, fleet: &Fleet, name: &str) {
        let path = format!("/var/lib/odoo/filestore/sandbox/{}", self.file);
        assert_eq!(fleet.exec(name, "odoo", &["wc", "-c", &path]).split_whitespace().next(), Some("100000"));
        let password = fleet.password(name, "Odoo");
        let cookies = http::login(&host(name), "admin", &password)
            .expect("the page answers")
            .expect("the password is still right");
        let file =
            http::get(&host(name), &format!("/web/content/{}", self.id), &[("Cookie", &cookies)]).expect("it answers");
        assert_eq!((file.status, file.body.len()), (200, SIZE));
    }
}

/// When the init container last wrote down what it did.
fn recorded(fleet: &Fleet, name: &str) -> String {
    fleet.sql(name, "SELECT key || ' ' || changed FROM sandbox_state")
}

fn must_have_done_nothing(suite: &Suite, name: &str, before: &str) {
    let fleet = suite.of_app();
    let log = init_log(&suite.node, name);
    assert!(log.iter().any(|line| line == "init: nothing to install or update"), "{log:?}");
    assert_eq!(recorded(fleet, name), before);
}

pub fn restart(suite: &mut Suite) {
    let name = suite.app();
    let space = namespace(&name);
    let fleet = suite.of_app();
    let kept = Kept::write(fleet, &name);
    let before = recorded(fleet, &name);
    // Three times each, for a median.
    for component in ["nginx", "odoo", "postgresql"].repeat(3) {
        let old = suite.node.pod(&space, component);
        let id = suite.node.json(&["get", "pod", "-n", &space, &old])["metadata"]["uid"].clone();
        let started = std::time::Instant::now();
        suite.node.expect(&["delete", "pod", "-n", &space, &old]);
        wait_until(&format!("another pod of {component} is ready"), BOUND, || {
            let label = format!("app.kubernetes.io/component={component}");
            let list = suite.node.json(&["get", "pods", "-n", &space, "-l", &label]);
            let fresh = list["items"].as_array().into_iter().flatten().any(|pod| {
                let ready = pod["status"]["containerStatuses"][0]["ready"] == true;
                ready && pod["metadata"]["uid"] != id
            });
            if fresh { Ok(()) } else { Err(list.to_string()) }
        });
        await_login(&name, BOUND);
        suite.report.note(&format!("restart of {component} → login page"), started.elapsed().as_secs_f64(), "s");
        kept.must_be_there(fleet, &name);
    }
    must_have_done_nothing(suite, &name, &before);
    suite.of_app().expect(0, &["--yes"]).must_say("nothing to do");
}

pub fn modules(suite: &mut Suite) {
    let name = suite.app();
    let fleet = suite.of_app();
    let state = "SELECT coalesce((SELECT state FROM ir_module_module WHERE name = 'sandbox_extra'), '')";
    assert_ne!(fleet.sql(&name, state), "installed");
    let done = fleet.expect(0, &["set", &name, "values.odoo.modules.exclude=[]", "--apply", "--yes"]);
    suite.report.note("a module more → ready", done.took.as_secs_f64(), "s");
    let log = init_log(&suite.node, &name);
    assert!(log.iter().any(|line| line == "init: image or module list changed: updating"), "{log:?}");
    assert_eq!(fleet.sql(&name, state), "installed");
    // Once: the next start finds it done.
    let before = recorded(fleet, &name);
    let space = namespace(&name);
    suite.node.expect(&["rollout", "restart", "deployment/odoo", "-n", &space]);
    suite.node.expect(&["rollout", "status", "deployment/odoo", "-n", &space, "--timeout=300s"]);
    await_login(&name, BOUND);
    must_have_done_nothing(suite, &name, &before);
}

pub fn image(suite: &mut Suite) {
    let name = suite.app();
    let fleet = suite.of_app();
    let kept = Kept::write(fleet, &name);
    let column =
        "SELECT count(*) FROM information_schema.columns WHERE table_name = 'sandbox_probe' AND column_name = 'note'";
    fleet.expect(0, &["set", &name, &format!("image={FIRST}"), "--apply", "--yes"]);
    assert_eq!(fleet.sql(&name, column), "0");
    // There, back, and there again, for a median.
    for (image, columns) in [(SECOND, "1"), (FIRST, "0"), (SECOND, "1")] {
        let done = fleet.expect(0, &["set", &name, &format!("image={image}"), "--apply", "--yes"]);
        suite.report.note("another image → ready", done.took.as_secs_f64(), "s");
        await_login(&name, BOUND);
        let log = init_log(&suite.node, &name);
        assert!(log.iter().any(|line| line == "init: image or module list changed: updating"), "{log:?}");
        assert_eq!(fleet.sql(&name, column), columns, "the new version's column");
        kept.must_be_there(fleet, &name);
    }
}

pub fn sleep(suite: &mut Suite) {
    let name = suite.app();
    let space = namespace(&name);
    let fleet = suite.of_app();
    let kept = Kept::write(fleet, &name);
    let before = recorded(fleet, &name);
    for _ in 0..3 {
        fleet.expect(0, &["sleep", &name, "--apply", "--yes"]);
        wait_until("nothing of it runs", BOUND, || {
            let pods = suite.node.json(&["get", "pods", "-n", &space]);
            if pods["items"].as_array().is_some_and(Vec::is_empty) { Ok(()) } else { Err(pods.to_string()) }
        });
        fleet.expect(0, &["list"]).must_say("asleep");
        let answer = http::get(&host(&name), "/web/login", &[]).expect("the ingress controller answers");
        assert_ne!(answer.status, 200, "nobody is there to answer");
        let woken = fleet.expect(0, &["wake", &name, "--apply", "--yes"]);
        await_login(&name, BOUND);
        suite.report.note("wake → ready", woken.took.as_secs_f64(), "s");
        kept.must_be_there(fleet, &name);
    }
    must_have_done_nothing(suite, &name, &before);
}
