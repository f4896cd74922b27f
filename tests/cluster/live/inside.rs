//! Looking into pods: logs, programs, ports, tests, passwords.
//!
//! What answers in the place of a kubelet is a stand-in, for no container runs: kwok takes logs from files that a test
//! writes, runs programs on this machine, and forwards port 8080 to a server of the test process (`plane/inside.yaml`).
//! The API server between is a real one, and so are its websockets.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::case::Case;
use crate::plane::Rights;
use crate::terminal::Terminal;
use crate::tool::Run;
use crate::wait::wait_until;

/// Ample: nothing is judged by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A fleet with one sandbox of the chart `talk`, which lives.
fn talk(stem: &str) -> Option<Case> {
    let case = Case::admin(stem)?;
    case.repo_copy("talk", "charts/talk");
    let text = "branch = \"one\"\nimage = \"registry.example.com/talk:1\"\nchart = \"talk\"\n";
    case.repo.write("sandboxes/one.toml", text);
    case.commit("a sandbox that talks");
    case.run(0, &[]);
    Some(case)
}

/// What was wrapped, as one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of a program that goes on.
struct Lines {
    child: Child,
    coming: Receiver<String>,
    seen: Vec<String>,
}

impl Lines {
    fn of(mut child: Child) -> Self {
        let (sender, coming) = channel();
        let stdout = child.stdout.take().expect("it was asked for");
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // The test may be over.
                let _ = sender.send(line);
            }
        });
        Self { child, coming, seen: Vec::new() }
    }

    /// Waits for a line that holds this.
    fn wait(&mut self, text: &str) -> String {
        while let Ok(line) = self.coming.recv_timeout(PATIENCE) {
            self.seen.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
        // It may have ended, and says why.
        let _ = self.child.kill();
        let mut errors = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut errors);
        }
        panic!("no line with {text:?} in {:#?}; {errors}", self.seen)
    }

    /// Ends it as Ctrl-C does.
    fn interrupt(mut self) -> Run {
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("it runs");
        self.child.stdout = None;
        Run::of(self.child)
    }
}

#[test]
fn logs_of_all_pods_are_merged_and_followed_as_pods_come_and_go() {
    let Some(case) = talk("logs") else { return };
    let write = |pod: &str, line: &str| case.plane.writes_log(pod, line, false);
    for (pod, line) in [("talker-0", "first"), ("talker-1", "second"), ("once-0", "beside"), ("talker-0", "third")] {
        write(pod, line);
    }
    let all = case.tool().expect(0, &["logs", "one", "--service", "talker"]);
    assert_eq!(all, "talker-0 | first\ntalker-1 | second\ntalker-0 | third\n");
    let all = case.tool().expect(0, &["logs", "one", "--tail=1", "--no-prefix"]);
    assert_eq!(all, "second\nbeside\nthird\n");
    let stamped = case.tool().expect(0, &["logs", "one", "--service=once", "--timestamps"]);
    assert!(stamped.starts_with("once-0 | 20") && stamped.ends_with("Z beside\n"), "{stamped}");
    assert_eq!(case.tool().expect(0, &["logs", "one", "--since=2100-01-01T00:00:00Z"]), "");
    assert_eq!(case.tool().expect(0, &["logs", "one", "--since=1h", "--service=once"]), "once-0 | beside\n");
    let wrong = case.tool().run(&["logs", "one", "--service", "taker"]);
    assert_eq!(wrong.status, 64, "{wrong:?}");
    assert!(wrong.stderr.contains("did you mean talker? there are: once, talker"), "{wrong:?}");
    let wrong = case.tool().run(&["logs", "one", "--container", "mian"]);
    assert!(wrong.status == 64 && wrong.stderr.contains("there are: main"), "{wrong:?}");
    let none = case.tool().run(&["logs", "one", "--previous"]);
    assert!(none.status == 0 && none.stderr.contains("no container was started again"), "{none:?}");
    let patch = r#"--patch={"status":{"containerStatuses":[{"name":"main","image":"a","imageID":"","ready":true,"restartCount":1,"state":{"running":{}}}]}}"#;
    case.kubectl("one", &["patch", "pod", "once-0", "--subresource=status", "--type=merge", patch]);
    case.plane.writes_log("once-0", "before it crashed", true);
    assert_eq!(case.tool().expect(0, &["logs", "one", "--previous"]), "once-0 | before it crashed\n");

    let mut follow = Lines::of(case.tool().start(&["logs", "one", "-f", "--service=talker", "--tail=1"]));
    follow.wait("talker-1 | second");
    for (pod, line) in [("talker-0", "fourth"), ("talker-1", "fifth"), ("once-0", "not asked for")] {
        write(pod, line);
        if pod != "once-0" {
            follow.wait(&format!("{pod} | {line}"));
        }
    }
    assert!(!follow.seen.iter().any(|line| line.contains("first")), "{:?}", follow.seen);
    // Another pod of the name: what the stand-in has of it is in the same file, and told from its beginning.
    // At once: on a busy machine kwok now and then forgets a pod that is asked to end.
    case.kubectl("one", &["delete", "pod", "talker-1", "--force", "--grace-period=0"]);
    follow.wait("talker-1 | second");
    write("talker-1", "sixth");
    follow.wait("talker-1 | sixth");
    let ended = follow.interrupt();
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.stderr.contains("+ talker-1"), "{ended:?}");
}

#[test]
fn a_program_has_its_input_output_and_exit_status() {
    let Some(case) = talk("exec") else { return };
    if case.plane.version().starts_with("v1.28.") {
        case.plane.left_out("programs in pods: its websockets cannot say that a program's input has ended");
        return;
    }
    let exec = |args: &[&str]| case.tool().run(&[&["exec", "one"], args].concat());
    let run = exec(&["--", "sh", "-c", "echo out; echo err >&2"]);
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "out\n", "err\n"));
    // The stand-in says that it failed, and not with which status: see the suite's `websockets` for that.
    let run = exec(&["--", "sh", "-c", "echo out; exit 7"]);
    assert!(run.status == 1 && run.stdout == "out\n" && one_line(&run.stderr).contains("exit status 7"), "{run:?}");
    assert_eq!(exec(&["--service=once", "--", "true"]).status, 0);
    // Nor does it pass the end of standard input on.
    let mut command = case.tool().command(&["exec", "one", "-i", "--", "sh", "-c", "head -n 20000; echo end"]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the binary starts");
    let sent = "a line that is sent\n".repeat(20_000);
    let mut stdin = child.stdin.take().expect("it was asked for");
    let text = sent.clone();
    let writer = thread::spawn(move || stdin.write_all(text.as_bytes()));
    let run = Run::of(child);
    writer.join().expect("no panic").expect("all of it was taken");
    assert_eq!((run.status, run.stdout == sent + "end\n"), (0, true), "{}", run.stdout.len());

    let many = exec(&["--", "no-such-program-at-all"]);
    assert_eq!(many.status, 1, "{many:?}");
    for (args, hint) in [
        (&["--service=tlaker", "--", "true"][..], "did you mean talker?"),
        (&["-c", "other", "--", "true"][..], "there are: main"),
    ] {
        let run = exec(args);
        assert!(run.status == 64 && run.stderr.contains(hint), "{run:?}");
    }
    let stranger = case.plane.user(Rights::ReadOnly);
    let run = crate::tool::Tool::new(&case.repo, &stranger).run(&["exec", "one", "--", "true"]);
    assert_eq!(run.status, 1, "{run:?}");
    let said = one_line(&run.stderr);
    assert!(said.contains("create pods/exec talker-0") && said.contains(r#"verbs: ["get", "create"]"#), "{run:?}");
}

#[test]
fn a_program_has_the_terminal_of_whoever_sits_there() {
    let Some(case) = talk("tty") else { return };
    // How large the terminal is comes after the program's begin; what it writes last the stand-in may lose.
    let script = "sleep 1; stty size; read word; echo \"got $word\"; read more; stty size; sleep 1";
    let mut command = case.tool().command(&["exec", "one", "-it", "--", "sh", "-c", script]);
    let mut terminal = Terminal::start(&mut command, 100, 30);
    terminal.await_text("30 100");
    terminal.press("hello\n");
    terminal.await_text("got hello");
    terminal.resize(70, 20);
    // The new size is on its way before the key is.
    thread::sleep(Duration::from_secs(1));
    terminal.press("\n");
    terminal.await_text("20 70");
    assert_eq!(terminal.end(), 0);
    let off = case.tool().run(&["exec", "one", "-it", "--", "sh", "-c", "test -t 1 || echo none"]);
    assert_eq!((off.status, off.stdout.as_str()), (0, "none\n"), "{off:?}");
    assert!(off.stderr.contains("no terminal"), "{off:?}");
}

/// What an address answers to a GET: the body, as long as the head says. The stand-in does not pass the end of a
/// connection on.
fn get(address: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        if let Some(told) = line.strip_prefix("Content-Length: ") {
            length = told.trim().parse().map_err(std::io::Error::other)?;
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    String::from_utf8(body).map_err(std::io::Error::other)
}

#[test]
fn a_port_carries_many_connections_and_finds_another_pod() {
    let Some(case) = talk("forward") else { return };
    let mut forward = Lines::of(case.tool().start(&["port-forward", "one", "talker", ":80", ":closed"]));
    let first = forward.wait("http://127.0.0.1:");
    assert!(first.ends_with("leads to service talker, port 80"), "{first}");
    let address = |line: &str| line.trim_start_matches("http://").split(' ').next().unwrap_or_default().to_owned();
    let (open, closed) = (address(&first), address(&forward.wait("port 9090")));
    let asked: Vec<_> = (0..8)
        .map(|number| {
            let open = open.clone();
            thread::spawn(move || get(&open, &format!("/{number}")))
        })
        .collect();
    for (number, answer) in asked.into_iter().enumerate() {
        let answer = answer.join().expect("no panic").expect("an answer");
        assert_eq!(answer, format!("you asked for /{number}"));
    }
    // A client that has said all before the answer comes.
    let mut stream = TcpStream::connect(&open).expect("it listens");
    let sent = "some words\n".repeat(10_000);
    let (mut half, text) = (stream.try_clone().expect("a second handle"), sent.clone());
    let writer = thread::spawn(move || {
        half.write_all(text.as_bytes())?;
        half.shutdown(Shutdown::Write)
    });
    let mut back = vec![0; sent.len()];
    stream.read_exact(&mut back).expect("all of it comes back");
    writer.join().expect("no panic").expect("all of it was taken");
    assert_eq!(String::from_utf8(back).expect("UTF-8"), sent.to_uppercase());

    assert_eq!(get(&closed, "/").unwrap_or_default(), "", "nobody listens there");
    case.kubectl("one", &["delete", "pod", "talker-0", "talker-1", "--wait=false"]);
    wait_until("another pod answers", PATIENCE, || match get(&open, "/again") {
        Ok(answer) if answer.ends_with("/again") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let ended = forward.interrupt();
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.stderr.contains("refuses port 9090"), "{ended:?}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let listener = std::net::TcpListener::bind(taken).expect("it is free");
    let run = case.tool().run(&["port-forward", "one", &format!("{}:80", taken.port())]);
    drop(listener);
    assert!(run.status == 1 && run.stderr.contains("cannot be listened on"), "{run:?}");
    let run = case.tool().run(&["port-forward", "one", "talker", "8080:81"]);
    assert!(run.status == 64 && run.stderr.contains("there are: 80 (http), 9090 (closed)"), "{run:?}");
    let run = case.tool().run(&["port-forward", "one", "takler"]);
    assert!(run.status == 64 && run.stderr.contains("there are: once, talker"), "{run:?}");
}

/// A log as Odoo writes it.
fn odoo(result: &str, more: &str) -> String {
    format!(
        "cat <<'END' >&2\n2030-01-01 00:00:01,000 7 INFO db odoo.addons.shop.tests.test_cart: Starting TestCart.test_one ... \n{more}\
         2030-01-01 00:00:03,000 7 INFO db odoo.tests.result: {result} when loading database 'db'\nEND\n"
    )
}

#[test]
fn a_test_that_the_chart_declares_passes_fails_or_cannot_be_run() {
    let Some(case) = talk("tests") else { return };
    let script = case.plane.files().join("tests");
    let write = |text: &str| std::fs::write(&script, text).expect("the script can be written");
    let (output, report) = (case.repo.path().join("../out.log"), case.repo.path().join("../report.xml"));
    let out = format!("--output={}", output.display());
    let junit = format!("--junit={}", report.display());
    let test = |more: &[&str]| case.tool().run(&[&["test", "one", &out, &junit], more].concat());
    let read = |file: &std::path::Path| std::fs::read_to_string(file).expect("it was written");

    write(&(odoo("0 failed, 0 error(s) of 1 tests", "") + "echo \"arguments: $*\"\n"));
    let run = test(&[]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.contains("arguments: all") && run.stdout.contains("passed: 1 test of one"), "{run:?}");
    assert!(read(&output).contains("TestCart.test_one") && read(&output).contains("arguments: all"));
    let xml = read(&report);
    assert!(xml.contains("tests=\"1\" failures=\"0\"") && xml.contains("name=\"test_one\""), "{xml}");
    let run = test(&["--", "some", "more"]);
    assert!(run.status == 0 && run.stdout.contains("arguments: some more"), "{run:?}");

    let failure = "2030-01-01 00:00:02,000 7 ERROR db odoo.addons.shop.tests.test_cart: FAIL: TestCart.test_one\nAssertionError: 1 < 2 & 3\n";
    // The stand-in tells no exit status: what the log says counts as well.
    write(&odoo("1 failed, 0 error(s) of 1 tests", failure));
    let run = test(&[]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stdout.contains("failed: 1 of 1 test of one") && run.stdout.contains("TestCart.test_one"), "{run:?}");
    assert!(read(&report).contains("<failure message=\"AssertionError: 1 &lt; 2 &amp; 3\">"), "{}", read(&report));
    assert!(case.lives("one"), "it is kept");

    // A name need not be said on the sandbox's branch; what passed may go.
    write(&odoo("0 failed, 0 error(s) of 1 tests", ""));
    std::fs::copy(case.repo.path().join("sandboxes/one.toml"), case.repo.path().join("sandboxes/two.toml"))
        .expect("a second sandbox");
    case.repo.edit("sandboxes/two.toml", "branch = \"one\"", "branch = \"main\"");
    case.commit("a second one");
    case.run(0, &[]);
    let mut command = case.tool().command(&["test", "--destroy-on-success"]);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.com");
    }
    let run = Run::of(command.spawn().expect("the binary starts"));
    assert!(run.status == 0 && run.stdout.contains("passed: 1 test of two"), "{run:?}");
    assert!(!case.has_namespace("two") && case.lives("one"), "{run:?}");

    // Tags that match nothing end well.
    write(&odoo("0 failed, 0 error(s) of 0 tests", "").replace("Starting", "Passing"));
    let run = test(&[]);
    assert!(run.status == 1 && run.stderr.contains("no test was run"), "{run:?}");
    write("sleep 60\n");
    let run = test(&["--timeout=2s"]);
    assert!(run.status == 1 && run.stderr.contains("not over within 2 s"), "{run:?}");
    assert!(read(&report).contains("<error message=\"the tests were not over"), "{}", read(&report));
    write("true\n");
    case.kubectl("one", &["scale", "statefulset/talker", "--replicas=0"]);
    wait_until("no pod runs", PATIENCE, || {
        let run = test(&[]);
        if run.stderr.contains("no service talker") { Ok(()) } else { Err(format!("{run:?}")) }
    });
}

#[test]
fn a_charts_test_pods_run_are_followed_and_go_by_their_policy() {
    let Some(case) = Case::admin("hooked") else { return };
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: check\n  annotations:\n    helm.sh/hook: test\n    \
               helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded\nspec:\n  restartPolicy: Never\n  \
               automountServiceAccountToken: false\n  securityContext: {runAsNonRoot: true, runAsUser: 1000, \
               seccompProfile: {type: RuntimeDefault}}\n  containers:\n    - name: main\n      image: \
               registry.example.com/check:1\n      securityContext: {allowPrivilegeEscalation: false, capabilities: \
               {drop: [ALL]}}\n";
    case.repo.write("charts/app/templates/check.yaml", pod);
    case.sandbox("one", "").commit("a chart with a test");
    case.run(0, &[]);
    assert!(!case.has("one", "pod/check"), "it is made for a test alone");
    case.plane.writes_log("check", "checking", false);
    // kwok's pods go on for ever: how this one ends is said by hand.
    let end = |phase: &str| {
        let patch = format!("--patch={{\"status\":{{\"phase\":\"{phase}\"}}}}");
        wait_until("the pod runs", PATIENCE, || {
            if case.has("one", "pod/check") && case.field("one", "pod/check", ".status.phase") == "Running" {
                Ok(())
            } else {
                Err("not yet".into())
            }
        });
        case.kubectl("one", &["patch", "pod", "check", "--subresource=status", "--type=merge", &patch]);
    };
    for (phase, status, kept) in [("Failed", 1, true), ("Succeeded", 0, false)] {
        let mut test = Lines::of(case.tool().start(&["test", "one"]));
        test.wait("checking");
        end(phase);
        test.wait(if status == 0 { "passed: 1 test of one" } else { "failed: 1 of 1 test of one" });
        let ended = Run::of(test.child);
        assert_eq!(ended.status, status, "{ended:?}");
        assert_eq!(case.has("one", "pod/check"), kept, "{phase}");
        case.assert_settled();
    }
    let run = case.tool().run(&["test", "one", "--", "more"]);
    assert!(run.status == 64 && run.stderr.contains("take no arguments"), "{run:?}");
}

#[test]
fn credentials_are_shown_where_that_is_asked_for() {
    let Some(case) = talk("logins") else { return };
    let secret = case.field("one", "secret/login", ".data.password");
    let hidden = case.tool().run(&["credentials", "one"]);
    assert_eq!(hidden.status, 1, "{hidden:?}");
    let shown = case.tool().expect(0, &["credentials", "one", "--show", "--format=json"]);
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    let values = &shown["logins"][0]["values"];
    assert_eq!(values["user"], "admin");
    let password = values["password"].as_str().expect("a text");
    assert_eq!(STANDARD.encode(password), secret);
    // On a terminal it need not be said; and the log has none of it at any level.
    let mut command = case.tool().command(&["credentials", "one", "--log=trace"]);
    let terminal = Terminal::start(command.env("RECONCILE_LOG", "trace"), 80, 24);
    terminal.await_text("password");
    terminal.await_text(password);
    assert_eq!(terminal.shown().matches(password).count(), 1, "{}", terminal.shown());
    assert!(!terminal.shown().contains(&secret));
    assert_eq!(terminal.end(), 0);
    let stranger = case.plane.user(Rights::Nothing);
    let run = crate::tool::Tool::new(&case.repo, &stranger).run(&["credentials", "one", "--show"]);
    assert!(run.status == 1 && run.stderr.contains("get secrets login"), "{run:?}");
}

#[test]
fn a_list_that_is_watched_is_drawn_anew() {
    let Some(case) = talk("watched") else { return };
    let terminal = Terminal::start(&mut case.tool().command(&["list", "--watch"]), 80, 24);
    terminal.await_text("lives");
    terminal.await_text("2/2");
    case.kubectl("one", &["scale", "statefulset/talker", "--replicas=3"]);
    case.kubectl("one", &["delete", "statefulset/once", "--wait=false"]);
    terminal.await_text("1/2");
    terminal.signal(Signal::INT);
    assert!(terminal.shown().contains("\u{1b}[H\u{1b}[J"), "{:?}", terminal.shown());
    assert_eq!(terminal.end(), 0);
    let mut plain = Lines::of(case.tool().start(&["list", "--watch"]));
    plain.wait("1/2");
    case.repo.write("sandboxes/two.toml", "branch = \"two\"\nimage = \"a:1\"\n");
    case.commit("another");
    let line = plain.wait("two");
    assert!(line.contains("create") && !line.contains('\u{1b}'), "{line}");
    assert_eq!(plain.interrupt().status, 0);
}
