//! Into a running sandbox: its logs as they come, programs in it, its ports here.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::{BOUND, Suite};
use crate::fleet::{Fleet, await_login, host, namespace};
use crate::http;
use crate::run::Run;
use crate::wait::wait_until;

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn run(suite: &mut Suite) {
    let name = suite.app();
    let fleet = suite.of_app();
    logs(suite, fleet, &name);
    exec(fleet, &name);
    ports(fleet, &name);
}

/// The lines of a request come while it follows, also those of a pod that takes another's place.
fn logs(suite: &Suite, fleet: &Fleet, name: &str) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    let to = File::create(file.path()).expect("it can be written");
    let child = fleet.command(&["logs", name, "--service", "nginx", "-f", "--tail", "1"]).stdout(to).spawn();
    let follower = Running(child.expect("reconcile starts"));
    let seen = |word: &str| {
        wait_until(&format!("the log tells of {word}"), BOUND, || {
            let _ = http::get(&host(name), &format!("/{word}"), &[]);
            let text = std::fs::read_to_string(file.path()).unwrap_or_default();
            if text.contains(word) { Ok(()) } else { Err(text) }
        });
    };
    seen("asked-for-once");
    let space = namespace(name);
    let old = suite.node.pod(&space, "nginx");
    suite.node.expect(&["delete", "pod", "-n", &space, &old, "--wait=true"]);
    await_login(name, BOUND);
    seen("asked-for-again");
    let new = suite.node.pod(&space, "nginx");
    assert_ne!(old, new);
    let text = std::fs::read_to_string(file.path()).expect("it was written");
    assert!(text.contains(&format!("{old} | ")) && text.contains(&format!("{new} | ")), "{text}");
    drop(follower);
    // And all of its containers at once, the init container's included.
    let all = fleet.expect(0, &["logs", name]);
    let odoo = suite.node.pod(&space, "odoo");
    for part in [format!("{new} |"), format!("{odoo}/init |"), format!("{odoo}/odoo |"), "postgresql-0 |".to_owned()] {
        all.must_say(&part);
    }
    // No password is in any of it.
    for login in ["Odoo", "PostgreSQL"] {
        assert!(!all.text.contains(&fleet.password(name, login)));
    }
}

fn exec(fleet: &Fleet, name: &str) {
    assert_eq!(fleet.run(&["exec", name, "--service", "odoo", "--", "sh", "-c", "exit 7"]).status, 7);
    assert_eq!(fleet.exec(name, "odoo", &["id", "-u"]).trim(), "100");
    // Standard input goes in whole, and comes back whole.
    let started = Instant::now();
    let mut command = fleet.command(&["exec", name, "--service", "odoo", "--stdin", "--", "cat"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let sent = "0123456789".repeat(30_000);
    let mut input = child.stdin.take().expect("it is piped");
    let bytes = sent.clone();
    let writer = std::thread::spawn(move || input.write_all(bytes.as_bytes()));
    let back = Run::new(&child.wait_with_output().expect("it ends"), started.elapsed());
    writer.join().expect("it ends").expect("it was taken");
    assert_eq!(back.status, 0, "{}", back.text);
    assert!(back.stdout == sent, "{} of {} bytes came back", back.stdout.len(), sent.len());
}

fn ports(fleet: &Fleet, name: &str) {
    let port =
        std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|one| one.local_addr()).expect("a free port").port();
    let mut command = fleet.command(&["port-forward", name, "odoo", &format!("{port}:8069")]);
    let forward = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("reconcile starts"));
    let answer = wait_until("Odoo answers on this machine", Duration::from_secs(60), || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
        stream
            .write_all(b"GET /web/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .map_err(|error| error.to_string())?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map_err(|error| error.to_string())?;
        if text.is_empty() { Err("nothing came back".to_owned()) } else { Ok(text) }
    });
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("pass"), "{answer}");
    drop(forward);
}
