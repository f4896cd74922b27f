//! Images that do not run: the report says why, and the sandbox is cleaned up, or as it was before.

use super::{BOUND, Suite};
use crate::fleet::{await_login, namespace};

pub fn run(suite: &mut Suite) {
    let fleet = suite.fleet("broken");
    let name = suite.name("broken");
    let space = namespace(&name);

    // One that nobody has: a creation, which is cleaned up.
    fleet.commit(&name, "image = \"reconcile.test/odoo:absent\"");
    let absent = fleet.expect(4, &["--yes", "--timeout", "45s"]);
    absent.must_say("reconcile.test/odoo:absent").must_say("image");
    assert!(absent.says("ErrImagePull") || absent.says("ImagePullBackOff"), "{}", absent.text);
    suite.report.note("an image that is absent → told and cleaned up", absent.took.as_secs_f64(), "s");
    suite.node.await_gone(&space, BOUND);
    // It is not tried again by each run.
    let again = fleet.run(&["--yes"]);
    assert!(!again.says(&format!("created {name}")), "{}", again.text);
    assert_ne!(suite.node.kubectl(&["get", "namespace", &space]).status, 0);

    // One whose start fails: the log says why, and the report has it.
    fleet.commit(&name, "[values]\nodoo.modules.strict = true\nodoo.modules.install = [\"base\", \"no_such_module\"]");
    let crashes = fleet.expect(4, &["--yes", "--timeout", "70s"]);
    crashes.must_say("init: not installed: no_such_module");
    suite.node.await_gone(&space, BOUND);

    // Mended, it lives; and an update to a broken image goes back to what ran.
    fleet.make(&name, "");
    await_login(&name, BOUND);
    let password = fleet.password(&name, "Odoo");
    fleet.sql(&name, "INSERT INTO sandbox_probe (name) VALUES ('kept')");
    for (image, why) in [("reconcile.test/odoo:absent", "ImagePullBackOff"), ("reconcile.test/client:test", "python3")]
    {
        let back = fleet.run(&["set", &name, &format!("image={image}"), "--apply", "--yes", "--timeout", "45s"]);
        assert_eq!(back.status, 4, "{}", back.text);
        back.must_say(why).must_say("it is as it was before");
        await_login(&name, BOUND);
        assert_eq!(fleet.sql(&name, "SELECT count(*) FROM sandbox_probe WHERE name = 'kept'"), "1");
        assert_eq!(fleet.password(&name, "Odoo"), password);
        // It is held until its file changes, and stays as it is.
        fleet.expect(4, &["--yes"]);
    }
    fleet.destroy(&suite.node, &name);
}
