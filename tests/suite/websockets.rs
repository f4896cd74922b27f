//! Programs that are run in a pod, over the websockets of a server that is played here: exit statuses and the end of
//! standard input, which kwok, the kubelet's stand-in on the real API server, does not pass on.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::scenario::Stage;

/// What RFC 6455 adds to a client's key.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const FLEET: &str = "11111111-2222-4333-8444-555555555555";

/// How a program ends.
#[derive(Clone)]
enum End {
    /// With this status, as the server says it.
    Status(Value),
    /// The connection breaks off.
    Lost,
}

/// A server with one pod, in which every program sends its standard input back, upper case, and ends so.
struct Server {
    port: u16,
}

impl Server {
    fn start(end: End) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
        let port = listener.local_addr().expect("its address").port();
        let end = Arc::new(end);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let end = Arc::clone(&end);
                // Whoever hangs up has had enough.
                thread::spawn(move || drop(serve(client, &end)));
            }
        });
        Self { port }
    }

    /// Runs a step in the scenarios' repository, with a kubeconfig that leads here.
    fn run(&self, step: &str) -> Output {
        let stage = Stage::bare();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": format!("http://127.0.0.1:{}", self.port)}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "users": [{"name": "test", "user": {}}],
        });
        let file = stage.home.path().join("kubeconfig");
        std::fs::write(&file, config.to_string()).expect("a file can be written");
        stage.shell(&step.replace("KUBE", &format!("--kubeconfig {}", Path::new(&file).display())))
    }
}

fn serve(mut client: TcpStream, end: &End) -> Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    loop {
        let (mut first, mut key, mut line) = (String::new(), String::new(), String::new());
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        while reader.read_line(&mut line)? > 2 {
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("sec-websocket-key") {
                value.trim().clone_into(&mut key);
            }
            line.clear();
        }
        let path = first.split(' ').nth(1).unwrap_or_default();
        if path.contains("/exec?") {
            let accept = STANDARD.encode(Sha1::digest(format!("{key}{GUID}").as_bytes()));
            write!(
                client,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n"
            )?;
            return talk(&mut reader, &mut client, path.contains("stdin=true"), end);
        }
        let body = match path.rsplit('/').next().unwrap_or_default() {
            "dev-sandbox-one" => json!({
                "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                "metadata": {"name": "dev-sandbox-one", "uid": "1", "resourceVersion": "1",
                             "labels": {"reconcile.dev/fleet": FLEET}},
            }),
            rest if rest.starts_with("pods") => json!({
                "kind": "PodList", "apiVersion": "v1", "metadata": {},
                "items": [{
                    "metadata": {"name": "one-0", "uid": "2"},
                    "spec": {"containers": [{"name": "main"}]},
                    "status": {"phase": "Running", "containerStatuses": [
                        {"name": "main", "ready": true, "restartCount": 0, "state": {"running": {}}},
                    ]},
                }],
            }),
            _ => json!({"kind": "Status", "apiVersion": "v1", "code": 404}),
        };
        let body = body.to_string();
        write!(
            client,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

fn talk(reader: &mut impl Read, client: &mut TcpStream, has_input: bool, end: &End) -> Result<()> {
    let mut is_open = has_input;
    while is_open {
        let frame = read_frame(reader)?;
        match frame.split_first() {
            Some((0, text)) => send(client, 1, &text.to_ascii_uppercase())?,
            // The end of standard input is a frame of its own.
            Some((255, [0])) => is_open = false,
            _ => {}
        }
    }
    send(client, 2, b"and an error\n")?;
    if let End::Status(status) = end {
        send(client, 3, status.to_string().as_bytes())?;
        client.write_all(&[0x88, 0])?;
        // Until the other side has gone as well.
        let _ = reader.read(&mut [0; 64]);
    }
    Ok(())
}

/// What a client's frame holds; frames of a client are masked.
fn read_frame(reader: &mut impl Read) -> Result<Vec<u8>> {
    let mut head = [0; 2];
    reader.read_exact(&mut head)?;
    let length = match head[1] & 0x7f {
        126 => {
            let mut long = [0; 2];
            reader.read_exact(&mut long)?;
            usize::from(u16::from_be_bytes(long))
        }
        127 => {
            let mut long = [0; 8];
            reader.read_exact(&mut long)?;
            usize::try_from(u64::from_be_bytes(long)).map_err(std::io::Error::other)?
        }
        short => usize::from(short),
    };
    let mut mask = [0; 4];
    reader.read_exact(&mut mask)?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    body.iter_mut().enumerate().for_each(|(at, byte)| *byte ^= mask[at % 4]);
    Ok(body)
}

fn send(client: &mut TcpStream, channel: u8, text: &[u8]) -> Result<()> {
    let mut frame = vec![0x82];
    match u8::try_from(text.len() + 1) {
        Ok(short @ ..126) => frame.push(short),
        _ => {
            frame.push(127);
            frame.extend_from_slice(&(text.len() as u64 + 1).to_be_bytes());
        }
    }
    frame.push(channel);
    frame.extend_from_slice(text);
    client.write_all(&frame)
}

fn exit(code: &str) -> End {
    End::Status(json!({
        "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode", "message": format!("exit code {code}"),
        "details": {"causes": [{"reason": "ExitCode", "message": code}]},
    }))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_exit_status_is_the_programs() {
    for code in ["1", "7", "137", "255"] {
        let ended = Server::start(exit(code)).run("printf 'a word' | reconcile exec one KUBE -i -- upper 2> /dev/null");
        assert_eq!(ended.status.code().map(|code| code.to_string()).as_deref(), Some(code), "{ended:?}");
        assert_eq!(text(&ended), "A WORD");
    }
    let success = End::Status(json!({"metadata": {}, "status": "Success"}));
    let ended = Server::start(success).run("reconcile exec one KUBE -- upper < /dev/null");
    assert_eq!((ended.status.code(), text(&ended).as_str()), (Some(0), "and an error\n"));
}

#[test]
fn standard_input_is_passed_on_to_its_end() {
    let success = End::Status(json!({"metadata": {}, "status": "Success"}));
    let step = "seq 200000 | sed 's/$/ x/' | reconcile exec one KUBE -i -- upper 2> /dev/null | tail -n 1";
    let ended = Server::start(success).run(step);
    assert_eq!(text(&ended), "200000 X\n");
}

#[test]
fn a_program_that_could_not_be_run_or_was_lost_says_so() {
    let refused = End::Status(json!({
        "metadata": {}, "status": "Failure", "reason": "InternalError",
        "message": "exec: \"upper\": executable file not found in $PATH",
    }));
    for (end, says) in [(refused, "executable file not found"), (End::Lost, "connection was lost before it ended")] {
        let ended = Server::start(end).run("reconcile exec one KUBE -- upper");
        let said = text(&ended).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(ended.status.code() == Some(1) && said.contains(says), "{ended:?}");
    }
}

#[test]
fn tests_that_a_program_fails_are_told_by_its_exit_status() {
    let declared = "printf 'annotations:\\n  reconcile.dev/test: |\\n    service: one-0\\n    command: [tests]\\n' >> charts/hello/Chart.yaml && commit tests";
    for (end, status, says) in [
        (exit("3"), 1, "failed: 1 of 1 test of one"),
        (End::Status(json!({"metadata": {}, "status": "Success"})), 0, "passed: 1 test of one"),
        (End::Lost, 1, "the tests could not be run"),
    ] {
        let step = format!(
            "{declared} && reconcile test one KUBE --junit ../junit.xml --output ../out; status=$?; cat ../junit.xml ../out; exit $status"
        );
        let ended = Server::start(end).run(&step);
        let said = text(&ended);
        assert!(ended.status.code() == Some(status) && said.contains(says), "{said}");
        assert!(
            said.contains("<testcase classname=\"one\" name=\"test\"") && said.ends_with("and an error\n"),
            "{said}"
        );
        assert_eq!(said.contains("<failure"), status == 1 && says.starts_with("failed"), "{said}");
    }
}
