//! `up` and `down` themselves: what they refuse, what they find, and what they leave on this machine, which is nothing.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Suite;
use crate::node::{root, script, state};
use crate::run::run;
use crate::wait::wait_until;

/// What of this machine a node might leave changed.
fn machine() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut add = |kind: &str, text: &str| all.extend(text.lines().map(|line| format!("{kind}: {}", line.trim())));
    let said = |program: &str, args: &[&str]| run(Command::new(program).args(args)).stdout;
    add("link", &said("ip", &["-o", "-br", "link"]).replace("UNKNOWN", ""));
    add("address", &said("ip", &["-o", "-br", "address"]));
    add("route", &said("ip", &["route"]));
    add("rules", &said("nft", &["list", "tables"]));
    add("loop", &said("losetup", &["-a"]));
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    add("mount", &mounts);
    add("cgroup", &said("find", &["/sys/fs/cgroup", "-type", "d", "-path", "*reconcile-node*"]));
    add("folder", if state().exists() { "it is there" } else { "" });
    for value in [
        "vm/overcommit_memory",
        "kernel/panic",
        "kernel/panic_on_oops",
        "kernel/keys/root_maxkeys",
        "net/ipv4/ip_forward",
    ] {
        add(value, &std::fs::read_to_string(format!("/proc/sys/{value}")).unwrap_or_default());
    }
    let processes = said("ps", &["-eo", "args"]);
    let ours = |line: &&str| line.contains("reconcile-node") || line.contains("containerd");
    add("process", &processes.lines().filter(ours).collect::<Vec<_>>().join("\n"));
    all
}

fn run_script(name: &str, args: &[&str], env: &[(&str, &str)]) -> crate::run::Run {
    run(script(name).args(args).envs(env.iter().copied()))
}

fn run_without_root(words: &str) {
    // A copy, for the checkout may be in a folder that nobody else may enter.
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let scripts = folder.path().join("tests/node");
    std::fs::create_dir_all(&scripts)
        .and_then(|()| std::fs::create_dir(folder.path().join("ci")))
        .and_then(|()| std::fs::copy(root().join("ci/e2e"), folder.path().join("ci/e2e")))
        .expect("it can be copied");
    for name in ["common", "check", "up", "down"] {
        std::fs::copy(root().join("tests/node").join(name), scripts.join(name)).expect("it can be copied");
    }
    run(Command::new("chmod").arg("-R").arg("a+rX").arg(folder.path()));
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    for name in ["up", "down"] {
        let refused = run(Command::new("setpriv").args(nobody).arg(scripts.join(name)));
        assert_eq!(refused.status, 3, "{}", refused.text);
        refused.must_say(words);
    }
    must_be_refused(&run(Command::new("setpriv").args(nobody).arg(folder.path().join("ci/e2e"))), words);
}

/// `ci/e2e` where something is missing: it says what, and never passes.
fn must_be_refused(refused: &crate::run::Run, words: &str) {
    assert_eq!(refused.status, 3, "{}", refused.text);
    refused.must_say(words).must_say("nothing was run");
    assert!(!refused.says("test result: ok"), "{}", refused.text);
}

fn run_with_less() {
    let whole = root().join("ci/e2e");
    // Root, but of a kernel that gives no namespaces.
    let less = ["--bounding-set=-sys_admin", "--inh-caps=-sys_admin", "--"];
    let refused = run(Command::new("setpriv").args(less).arg(&whole));
    must_be_refused(&refused, "missing: the kernel refuses namespaces");
    // Without the programs, of which it names the packages.
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for program in ["bash", "dirname", "id", "uname", "env", "sh"] {
        let there = Path::new("/usr/bin").join(program);
        std::os::unix::fs::symlink(there, folder.path().join(program)).expect("it can be linked");
    }
    let refused = run(Command::new(&whole).env("PATH", folder.path()));
    must_be_refused(&refused, "missing: programs: apt-get install");
    refused.must_say("containerd").must_say("debootstrap");
    let refused = run(Command::new(&whole).env("RECONCILE_E2E_KUBECONFIG", "/nonexistent"));
    must_be_refused(&refused, "missing: /nonexistent, which RECONCILE_E2E_KUBECONFIG names");
}

pub fn run_all(suite: &mut Suite) {
    suite.without_app();
    // Up twice is once, and another kind of node is not made of it.
    run_script("up", &[], &[]).must_say("the node runs already");
    let other = run_script("up", &["--open"], &[]);
    assert_eq!(other.status, 1, "{}", other.text);
    let elsewhere = run_script("down", &[], &[("RECONCILE_NODE_STATE", "/var/tmp/reconcile-no-such-node")]);
    assert_eq!(elsewhere.status, 1, "{}", elsewhere.text);
    elsewhere.must_say("RECONCILE_NODE_STATE");
    run_script("down", &[], &[]).must_say("the node is down");
    run_script("down", &[], &[]).must_say("no node runs");
    let before = machine();
    assert!(!before.iter().any(|line| line.contains("reconcile-node")), "{before:#?}");
    let unchanged = || {
        wait_until("this machine is as it was", Duration::from_secs(30), || {
            let now = machine();
            let more: Vec<_> = now.symmetric_difference(&before).cloned().collect();
            if more.is_empty() { Ok(()) } else { Err(more.join("\n")) }
        });
    };
    run_without_root("root");
    run_with_less();
    unchanged();

    let busy = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = busy.local_addr().expect("it is bound").port().to_string();
    let refused = run_script("up", &["--port", &port], &[]);
    assert_eq!(refused.status, 1, "{}", refused.text);
    refused.must_say(&format!("port {port} of 127.0.0.1 is busy"));
    assert_eq!(run_script("up", &["--port", "0"], &[]).status, 64);
    assert_eq!(run_script("up", &["--sideways"], &[]).status, 64);
    unchanged();

    // No room: by what is asked for, and on a file system that has none.
    let refused = run_script("up", &[], &[("RECONCILE_NODE_SPACE", "999999999")]);
    assert_eq!(refused.status, 3, "{}", refused.text);
    refused.must_say("MB free, and the node needs 999999999");
    let small = "mkdir -p /run/reconcile-small && mount -t tmpfs -o size=10m small /run/reconcile-small && RECONCILE_NODE_STATE=/run/reconcile-small/node exec \"$0\"";
    let refused = run(Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", small])
        .arg(root().join("tests/node/up")));
    let _ = std::fs::remove_dir("/run/reconcile-small");
    assert_eq!(refused.status, 3, "{}", refused.text);
    refused.must_say("10 MB free");
    unchanged();

    // Killed while it boots: half a node, which `down` finds, and another `up` too.
    for finder in ["down", "up"] {
        let mut boot =
            script("up").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let process = wait_until("the node has begun to boot", Duration::from_secs(120), || {
            let first = std::fs::read_to_string(state().join("first")).map_err(|error| error.to_string())?;
            let kubelet = state().join("kubelet.yaml");
            if kubelet.exists() { Ok(first.split(' ').next().unwrap_or_default().to_owned()) } else { Err(first) }
        });
        boot.kill().expect("it runs");
        boot.wait().expect("it ends");
        run(Command::new("kill").args(["-KILL", &process]));
        wait_until("the first process has ended", Duration::from_secs(60), || {
            if Path::new("/proc").join(&process).exists() { Err(process.clone()) } else { Ok(()) }
        });
        assert!(state().exists(), "its folder is left");
        let found = run_script(finder, if finder == "up" { &["--open"] } else { &[] }, &[]);
        assert_eq!(found.status, 0, "{}", found.text);
        if finder == "down" {
            found.must_say("what was left of one is removed");
            unchanged();
        } else {
            found.must_say("what a node that ended has left is removed first").must_say("the node is ready");
        }
    }
}
