//! The end of a sandbox, asked for or by its time: nothing of it is left on the node.

use std::time::Duration;

use jiff::Timestamp;

use super::{BOUND, Suite};
use crate::fleet::{await_login, namespace};
use crate::machine::Held;
use crate::wait::wait_until;

/// `PostgreSQL` below a process 1 that hears no signal: it ends by SIGKILL.
const DEAF: &str = r#"[values.postgresql]
command = ["sh", "-c", "trap '' TERM INT; $(command -v docker-entrypoint.sh || command -v entrypoint) \"$@\" & while :; do sleep 1; done", "deaf"]
"#;

/// A pod that somebody else put there, as deaf, with the 30 s of whoever asks for nothing.
const STRAY: &str = "
apiVersion: v1
kind: Pod
metadata: {name: stray, namespace: @NAMESPACE@}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: stray
      image: reconcile.test/client:test
      command: [sh, -c, \"trap '' TERM INT; while :; do sleep 1; done\"]
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
";

pub fn run(suite: &mut Suite) {
    let node = &suite.node;
    let before = Held::now(node);
    let disk = node.disk_used();
    let nothing_left = || {
        wait_until("nothing of it is left on the node", Duration::from_secs(120), || {
            let more = Held::now(node).beyond(&before);
            if more.is_empty() { Ok(()) } else { Err(more.join("\n")) }
        });
    };

    let fleet = suite.fleet("removal");
    let (deaf, brief) = (suite.name("deaf"), suite.name("brief"));
    fleet.make(&deaf, DEAF);
    await_login(&deaf, BOUND);
    let made = node.apply(&STRAY.replace("@NAMESPACE@", &namespace(&deaf)));
    assert_eq!(made.status, 0, "{}", made.text);
    node.expect(&["wait", "-n", &namespace(&deaf), "pod/stray", "--for=condition=Ready", "--timeout=120s"]);
    let alive = Held::now(node).beyond(&before);
    for kind in ["process", "mount", "link", "rule", "volume", "cgroup"] {
        assert!(
            !node.own() || alive.iter().any(|one| one.starts_with(kind)),
            "a living sandbox has none of: {kind}\n{alive:#?}"
        );
    }
    let gone = fleet.destroy(node, &deaf);
    suite.report.note(
        "destroy, PostgreSQL and a stray pod ignore SIGTERM → namespace gone (goal: under 30 s)",
        gone.as_secs_f64(),
        "s",
    );
    let started = std::time::Instant::now();
    nothing_left();
    let all = gone + started.elapsed();
    suite.report.note("and no process, mount, link, rule, volume or cgroup of it", all.as_secs_f64(), "s");

    // One with an end. It is there until then, and gone after. In whole seconds, as its file has them.
    let end = Timestamp::from_second(Timestamp::now().as_second() + 110).expect("soon");
    fleet.make(&brief, &format!("expires = {end}"));
    await_login(&brief, BOUND);
    if Timestamp::now() < end {
        fleet.expect(0, &["--yes"]).must_say("nothing to do");
    }
    let rest = Timestamp::now().duration_until(end).as_secs().max(0).unsigned_abs();
    // Its time is over when the second is.
    std::thread::sleep(Duration::from_secs(rest + 2));
    let expired = fleet.expect(0, &["--yes"]);
    expired.must_say(&format!("expire {brief}: its time was over")).must_say("Done: 1 expired");
    node.await_gone(&namespace(&brief), BOUND);
    suite.report.note("expired → namespace gone (goal: under 30 s)", expired.took.as_secs_f64(), "s");
    nothing_left();

    wait_until("the kubelet has taken the logs", BOUND, || {
        let more = Held::now(node).logs_beyond(&before);
        if more.is_empty() { Ok(()) } else { Err(more.join("\n")) }
    });
    let now = node.disk_used();
    let change = (now - disk) / disk * 100.0;
    suite.report.note("disk after both, against before (goal: within 5 %)", change, "%");
    assert!(!node.own() || change.abs() < 5.0, "{disk} bytes before, {now} after");
}
