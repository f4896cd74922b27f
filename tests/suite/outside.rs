//! Whoever is told of a run over the network: a Pushgateway, a collector of traces. Both are played by a server here.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::mpsc::{Receiver, channel};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;
use reconcile::cluster::{Cluster as _, Lock, dir::Dir};
use serde_json::Value;

use super::canary::{Canary, canary};
use super::scenario::{Stage, text_of};

const RUN: &str = "reconcile --cluster dir:cluster --now 2030-01-01T00:10:00Z --quiet";

/// After it the cluster cannot be read.
const BREAK: &str = "echo '{' > cluster/dev-sandbox-one/namespace.yaml";

/// What a server was sent.
struct Request {
    /// Such as `PUT /metrics/job/reconcile/fleet/team`.
    line: String,
    /// In lower case.
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }
}

/// A server that answers everything with one status.
struct Server {
    address: String,
    requests: Receiver<Request>,
}

impl Server {
    fn answering(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (sent, requests) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else { continue };
                let _ = sent.send(request);
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwords");
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { address, requests }
    }

    /// What it was sent until now.
    fn seen(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.first()?.strip_suffix(" HTTP/1.1")?.to_owned();
    let headers: Vec<(String, String)> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Request { line, headers, body })
}

/// A port on which nobody listens.
fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string()
}

/// A fleet of one sandbox.
fn stage() -> Stage {
    let stage = Stage::bare();
    let made = stage.shell("sandbox one && commit one 2030-01-01T00:05:00Z");
    assert!(made.status.success(), "{}", text_of(&made));
    stage
}

fn run(stage: &Stage, command: &str) -> Output {
    let output = stage.shell(command);
    Canary::planted().must_not_be_in(&output.stdout, "what is printed");
    output
}

fn expect(stage: &Stage, status: i32, command: &str) -> String {
    let output = run(stage, command);
    assert_eq!(output.status.code(), Some(status), "{command}\n{}", text_of(&output));
    // Long lines are wrapped.
    text_of(&output).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn metrics_are_pushed_as_all_that_there_is_of_the_fleet() {
    let (stage, server) = (stage(), Server::answering("202 Accepted"));
    let url = format!("http://ada:{}@{}/prefix/", canary("push"), server.address);
    expect(&stage, 0, &format!("{RUN} --pushgateway '{url}' --metrics-file ../m.prom"));
    let [pushed] = server.seen().try_into().ok().expect("one request");
    assert_eq!(pushed.line, "PUT /prefix/metrics/job/reconcile/fleet/team");
    assert!(pushed.header("content-type").starts_with("text/plain; version=0.0.4"), "{:?}", pushed.headers);
    let login = STANDARD.encode(format!("ada:{}", canary("push")));
    assert_eq!(pushed.header("authorization"), format!("Basic {login}"));
    let file = std::fs::read_to_string(stage.home.path().join("m.prom")).expect("written");
    assert_eq!(pushed.text(), file);
    assert!(file.contains("reconcile_last_success_timestamp_seconds{fleet=\"team\"} "), "{file}");
    assert!(file.contains("reconcile_sandboxes_planned{fleet=\"team\",action=\"create\"} 1\n"), "{file}");
}

#[test]
fn a_run_that_failed_leaves_the_last_success_to_the_gateway() {
    let (stage, server) = (stage(), Server::answering("200 OK"));
    let url = format!("RECONCILE_PUSHGATEWAY=http://{}", server.address);
    expect(&stage, 1, &format!("{RUN} > /dev/null && {BREAK} && {url} {RUN}"));
    let [pushed] = server.seen().try_into().ok().expect("one request");
    assert_eq!(pushed.line, "POST /metrics/job/reconcile/fleet/team");
    let text = pushed.text();
    assert!(text.contains("reconcile_last_run_exit_status{fleet=\"team\"} 1\n"), "{text}");
    assert!(!text.contains("last_success"), "{text}");
    // Planning alone is no success, and nothing is left there that it does not know better.
    expect(&stage, 2, &format!("rm -r cluster; {url} {RUN} --plan"));
    let [pushed] = server.seen().try_into().ok().expect("one request");
    assert!(pushed.line.starts_with("POST ") && !pushed.text().contains("last_success"));
    assert!(pushed.text().contains("mode=\"plan\""));
    // Whose they are is not known.
    let said = expect(&stage, 1, &format!("echo x > sandboxes/fleet.toml && commit broken && {url} {RUN}"));
    assert!(said.contains("before it knew which fleet"), "{said}");
    assert!(server.seen().is_empty());
}

#[test]
fn a_push_that_fails_is_a_warning() {
    let stage = stage();
    let refusing = Server::answering("400 Bad Request");
    let said = expect(&stage, 0, &format!("{RUN} --pushgateway http://{}", refusing.address));
    assert!(
        said.contains("warning: the metrics cannot be pushed") && said.contains("400 Bad Request: words"),
        "{said}"
    );
    let login = format!("http://ada:{}@{}", canary("push"), nobody());
    let said = expect(&stage, 0, &format!("{RUN} --pushgateway '{login}'"));
    assert!(said.contains("warning: the metrics cannot be pushed") && !said.contains("ada"), "{said}");
    // One that cannot be is no URL from the first; and empty is as good as not there.
    let said = expect(&stage, 64, &format!("{RUN} --pushgateway 'ada:{}@host'", canary("push")));
    assert!(said.contains("http://"), "{said}");
    expect(&stage, 0, &format!("RECONCILE_PUSHGATEWAY= {RUN}"));
    // Login and all go nowhere else.
    let elsewhere = Server::answering("200 OK");
    let moved: &'static str =
        Box::leak(format!("307 Moved\r\nLocation: http://{}/", elsewhere.address).into_boxed_str());
    let said = expect(&stage, 0, &format!("{RUN} --pushgateway http://{}", Server::answering(moved).address));
    assert!(said.contains("307") && elsewhere.seen().is_empty(), "{said}");
}

/// The other run tells what there is to tell.
#[test]
fn a_run_that_leaves_for_another_tells_nothing() {
    let (stage, server) = (stage(), Server::answering("200 OK"));
    expect(&stage, 0, &format!("{RUN} --metrics-file ../m.prom && sandbox two && commit two"));
    let file = stage.home.path().join("m.prom");
    let before = std::fs::read(&file).expect("written");
    let cluster = Dir::open(&stage.home.path().join("work/cluster")).expect("a folder");
    let fleet = "11111111-2222-4333-8444-555555555555";
    let Ok(Lock::Held(lock)) = cluster.lock(fleet) else { panic!("nobody else has it") };
    let told = format!("--metrics-file ../m.prom --pushgateway http://{} --lock-timeout 0s", server.address);
    expect(&stage, 75, &format!("{RUN} {told}"));
    assert_eq!(std::fs::read(&file).expect("there"), before);
    assert!(server.seen().is_empty());
    drop(lock);
    expect(&stage, 0, &format!("{RUN} {told}"));
    assert_eq!(server.seen().len(), 1);
}

/// The spans of all requests, and the attributes of what they are of.
fn spans(requests: &[Request]) -> (Vec<Span>, String) {
    let mut resource = String::new();
    let mut spans = Vec::new();
    for request in requests {
        assert_eq!(request.header("content-type"), "application/x-protobuf");
        Canary::planted().must_not_be_in(&request.body, "a trace");
        let sent = ExportTraceServiceRequest::decode(request.body.as_slice()).expect("OTLP");
        for of in sent.resource_spans {
            resource = format!("{:?}", of.resource);
            spans.extend(of.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    (spans, resource)
}

#[test]
fn traces_are_sent_where_the_environment_says() {
    let (stage, server) = (stage(), Server::answering("200 OK"));
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let variables = format!(
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://{} OTEL_EXPORTER_OTLP_HEADERS=x-tenant=team%201 \
         OTEL_RESOURCE_ATTRIBUTES=deployment.environment=test TRACEPARENT=00-{trace}-b7ad6b7169203331-01",
        server.address
    );
    let with = expect(&stage, 0, &format!("{variables} {RUN}"));
    let sent = server.seen();
    assert!(sent.iter().all(|request| request.line == "POST /v1/traces" && request.header("x-tenant") == "team 1"));
    let (spans, resource) = spans(&sent);
    for word in ["service.name", "\"reconcile\"", "deployment.environment", "service.version"] {
        assert!(resource.contains(word), "{word} is not in {resource}");
    }
    let one = |name: &str| {
        let found: Vec<&Span> = spans.iter().filter(|span| span.name == name).collect();
        let [span] = found[..] else { panic!("{} spans {name}", found.len()) };
        span
    };
    let (run, read, plan) = (one("run"), one("read"), one("plan"));
    let (apply, sandbox) = (one("apply"), one("sandbox"));
    assert_eq!(run.trace_id.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), trace);
    assert!(spans.iter().all(|span| span.trace_id == run.trace_id));
    for part in [read, plan, apply] {
        assert_eq!(part.parent_span_id, run.span_id, "{}", part.name);
    }
    assert_eq!(sandbox.parent_span_id, apply.span_id);
    let attribute = |span: &Span, key: &str| {
        span.attributes.iter().find(|a| a.key == key).map(|a| format!("{:?}", a.value)).unwrap_or_default()
    };
    assert!(attribute(sandbox, "sandbox").contains("\"one\"") && attribute(sandbox, "result").contains("\"done\""));
    assert!(attribute(run, "fleet").contains("\"team\"") && attribute(run, "exit_status").contains("(0)"), "{run:?}");
    let steps: Vec<&Span> = spans.iter().filter(|span| span.name == "step").collect();
    assert!(steps.len() > 2 && steps.iter().all(|step| step.parent_span_id == sandbox.span_id));
    // What is printed is the same without.
    let without = expect(&stage, 0, &format!("rm -r cluster; {RUN}"));
    assert_eq!(with, without);
    assert!(server.seen().is_empty());
}

#[test]
fn a_failure_is_one_in_its_trace() {
    let (stage, server) = (stage(), Server::answering("200 OK"));
    let variables =
        format!("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://{}/custom OTEL_SERVICE_NAME=mine", server.address);
    expect(&stage, 1, &format!("{RUN} > /dev/null && {BREAK} && {variables} {RUN}"));
    let sent = server.seen();
    assert!(!sent.is_empty() && sent.iter().all(|request| request.line == "POST /custom"));
    let (spans, resource) = spans(&sent);
    assert!(resource.contains("\"mine\"") && !resource.contains("\"reconcile\""), "{resource}");
    let run = spans.iter().find(|span| span.name == "run").expect("the run");
    assert_eq!(run.status.as_ref().map(|status| status.code), Some(StatusCode::Error as i32));
}

#[test]
fn traces_that_cannot_be_sent_are_a_warning_and_what_is_not_asked_for_is_not_sent() {
    let (stage, server) = (stage(), Server::answering("503 Service Unavailable"));
    let endpoint = |address: &str| format!("OTEL_EXPORTER_OTLP_ENDPOINT=http://ada:{}@{address}", canary("otlp"));
    for (variables, told) in [
        (endpoint(&nobody()), "the traces of this run could not be sent"),
        (format!("{} OTEL_EXPORTER_OTLP_PROTOCOL=grpc", endpoint(&server.address)), "no traces are sent"),
        (format!("{} OTEL_TRACES_EXPORTER=zipkin", endpoint(&server.address)), "no traces are sent"),
    ] {
        let said = expect(&stage, 0, &format!("{variables} {RUN}"));
        assert!(said.contains(told) && !said.contains("ada"), "{said}");
    }
    for variables in ["OTEL_SDK_DISABLED=true", "OTEL_TRACES_EXPORTER=none"] {
        let said = expect(&stage, 0, &format!("{} {variables} {RUN}", endpoint(&server.address)));
        assert!(!said.contains("traces"), "{said}");
    }
    assert!(server.seen().is_empty());
    let said = expect(&stage, 0, &format!("{} {RUN}", endpoint(&server.address)));
    assert!(said.contains("503") && !server.seen().is_empty(), "{said}");
}

/// With `--log-format json` all of standard error is JSON, a line each: the log, what goes on, what is wrong.
#[test]
fn all_of_standard_error_is_json_lines() {
    let stage = stage();
    let lines = |command: &str| -> Vec<Value> {
        let said = run(&stage, &format!("{{ {{ {command}; }} > ../out; }} 2>&1"));
        let text = String::from_utf8(said.stdout).expect("text");
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
            .collect();
        for line in &lines {
            let is_text = |pointer: &str| line.pointer(pointer).is_some_and(Value::is_string);
            assert!(is_text("/timestamp") && is_text("/level") && is_text("/target"), "{line}");
            assert!(is_text("/fields/message"), "{line}");
        }
        lines
    };
    let told = lines(&format!("{RUN} --log-format json"));
    let of_sandbox: Vec<&Value> = told.iter().filter(|line| line["span"]["name"] == "sandbox").collect();
    let [line] = of_sandbox[..] else { panic!("{told:#?}") };
    let spans: Vec<&Value> = line["spans"].as_array().into_iter().flatten().map(|span| &span["name"]).collect();
    assert_eq!(spans, ["run", "apply", "sandbox"], "{line}");
    assert_eq!((&line["span"]["sandbox"], &line["span"]["result"]), (&"one".into(), &"done".into()));
    for wrong in ["--nonsense", "--rev none", "--cluster dir:/dev/null/x", "check", "--plan --audit /"] {
        let told = lines(&format!("reconcile --log-format json {wrong} || true"));
        assert!(wrong == "check" || !told.is_empty(), "{wrong}");
    }
    let broken = "echo x > sandboxes/fleet.toml; reconcile --log-format=json --worktree --plan --cluster dir:c || true";
    let told = lines(broken);
    assert!(told.iter().any(|line| line["level"] == "ERROR" && line["fields"]["hints"].is_array()), "{told:#?}");
}
