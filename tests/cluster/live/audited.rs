//! `--audit` beside the API server's own audit log: what the server was asked to write stands in both.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use reconcile::manifest::{Kind, builtin};
use serde_json::Value;

use super::case::{Case, applying, file};
use crate::audit::Request;
use crate::canary::Canary;
use crate::gate::{Gate, Verdict};
use crate::tool::{Run, Tool};

/// A write, as both tell it: verb, resource, namespace, name.
type Written = (String, String, String, String);

/// An audit of a case's runs.
struct Audit {
    file: PathBuf,
    option: String,
}

impl Audit {
    fn of(case: &Case) -> Self {
        let file = case.tool().home().join("audit.jsonl");
        let option = format!("--audit={}", file.display());
        Self { file, option }
    }

    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.file).expect("there is an audit");
        Canary::planted().must_not_be_in(text.as_bytes(), "the audit");
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    /// Asserts that it is whole, and has each write that the server had.
    fn assert_has(&self, case: &Case, asked: &[Request]) {
        case.tool().expect(0, &["audit", "verify", &self.file.display().to_string()]);
        let ours = counted(self.lines().iter().map(of_line));
        let theirs =
            counted(asked.iter().enumerate().filter(|(at, _)| !is_asked_again(asked, *at)).map(|(_, r)| of_request(r)));
        let answers: Vec<_> = asked.iter().map(|request| (of_request(request), request.response_status.code)).collect();
        assert_eq!(ours, theirs, "with the server's answers: {answers:#?}");
    }
}

/// Whether a write was forbidden, and sent again: a busy server hears of a new namespace's `RoleBinding` a moment after
/// it has said that it is written. It is one write, and one line.
fn is_asked_again(asked: &[Request], at: usize) -> bool {
    let (write, before, after) = (of_request(&asked[at]), &asked[..at], &asked[at + 1..]);
    let is_binding = |request: &Request| {
        let object = &request.object_ref;
        object.resource == "rolebindings" && object.namespace == asked[at].object_ref.namespace
    };
    asked[at].response_status.code == 403
        && before.iter().any(is_binding)
        && after.iter().any(|request| of_request(request) == write)
}

fn counted(writes: impl Iterator<Item = Written>) -> BTreeMap<Written, usize> {
    let mut counts = BTreeMap::new();
    writes.for_each(|write| *counts.entry(write).or_default() += 1);
    counts
}

fn of_line(line: &Value) -> Written {
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = Kind::new(&text("/object/apiVersion"), &text("/object/kind"));
    let resource = builtin(&kind).map_or_else(|| format!("{}s", kind.kind.to_lowercase()), |resource| resource.plural);
    let verb = match text("/verb").as_str() {
        "apply" => "patch".to_owned(),
        verb => verb.to_owned(),
    };
    // As the server names the namespace of a Namespace.
    let namespace = if resource == "namespaces" { text("/object/name") } else { text("/object/namespace") };
    (verb, resource, namespace, text("/object/name"))
}

fn of_request(request: &Request) -> Written {
    let object = &request.object_ref;
    let namespace = if object.resource == "namespaces" { &object.name } else { &object.namespace };
    (request.verb.clone(), object.resource.clone(), namespace.clone(), object.name.clone())
}

#[test]
fn each_write_that_the_server_had_is_in_the_audit() {
    let Some(case) = Case::start("audited") else { return };
    let audit = Audit::of(&case);
    let mark = case.plane.mark();
    case.sandbox("one", "values.database = true").sandbox("goes", "").commit("two");
    case.run(0, &[&audit.option]);
    case.run(0, &[&audit.option]);
    case.kubectl("one", &["scale", "deployment/web", "--replicas=3"]);
    case.repo.edit(&file("one"), "one:1", "one:2").remove(&file("goes"));
    let commit = case.commit("one changes, the other goes");
    case.plan(2, &[&audit.option]);
    case.run(0, &[&audit.option]);
    audit.assert_has(&case, &case.plane.writes(mark, &case.user));

    let lines = audit.lines();
    let of = |kind: &str, verb: &str| {
        let is_it = |line: &&Value| line["object"]["kind"] == kind && line["verb"] == verb;
        lines.iter().filter(is_it).collect::<Vec<_>>()
    };
    for line in &lines {
        assert_eq!((&line["account"], &line["outcome"]), (&Value::from(case.user.name.as_str()), &Value::from("done")));
        let is_ours = line["object"]["namespace"] == "reconcile-system" || line["object"]["name"] == "reconcile-system";
        let sandbox = line["sandbox"].as_str();
        assert!(if is_ours { sandbox.is_none() } else { matches!(sandbox, Some("one" | "goes")) }, "{line:#}");
    }
    let deployments = of("Deployment", "apply");
    let of_one: Vec<_> = deployments.iter().filter(|line| line["sandbox"] == "one").collect();
    let [made, changed] = of_one[..] else { panic!("{of_one:#?}") };
    assert!(made["before"].is_null() && made["after"].is_string(), "{made:#}");
    assert_eq!(made["after"], changed["before"]);
    assert_ne!(changed["before"], changed["after"]);
    assert_eq!(changed["commit"], commit.as_str());
    let [gone] = of("Namespace", "delete")[..] else { panic!("{lines:#?}") };
    assert!(gone["after"].is_null() && gone["sandbox"] == "goes", "{gone:#}");
    // The hash of a Secret could be held against guesses.
    let hash = case.field("one", "secret/database", r".metadata.annotations.reconcile\.dev/hash");
    let secrets: Vec<_> = of("Secret", "apply").into_iter().filter(|line| line["after"].is_string()).collect();
    assert!(!secrets.is_empty() && !format!("{lines:?}").contains(&hash), "{secrets:#?}");
    for secret in secrets {
        assert!(secret["after"].as_str().is_some_and(|hash| hash.starts_with("<hidden ")), "{secret:#}");
    }
}

#[test]
fn a_write_of_a_run_that_was_killed_is_in_the_audit_too() {
    let Some(case) = Case::start("audit-killed") else { return };
    let (audit, gate) = (Audit::of(&case), Gate::open(case.plane, &case.user));
    let mark = case.plane.mark();
    case.sandbox("one", "").commit("one");
    for (write, verdict) in [(3, Verdict::HoldAnswer), (2, Verdict::HoldRequest)] {
        let rule = verdict.clone();
        gate.rule(move |asked| if asked.is_write() && asked.writes >= write { rule.clone() } else { Verdict::Pass });
        let mut run = Tool::new(&case.repo, &gate.user).start(&applying(&[&audit.option]));
        gate.held(Duration::from_secs(60)).expect("a write is held");
        run.kill().expect("it still waits for its answer");
        run.wait().expect("it can be waited for");
    }
    let run = case.tool().run(&applying(&[&audit.option]));
    assert!(run.status == 0 && run.stderr.contains("noted as unknown"), "{run:?}");
    case.assert_settled();

    let lines = audit.lines();
    let unknown: Vec<_> = lines.iter().filter(|line| line["outcome"] == "unknown").collect();
    assert!(unknown.iter().all(|line| line["noted_by"].is_string()), "{unknown:#?}");
    // The server never heard of one that was held on its way to it.
    let asked = counted(case.plane.writes(mark, &case.user).iter().map(of_request));
    let mut ours = counted(lines.iter().map(of_line));
    for (write, times) in &asked {
        let noted = ours.remove(write).unwrap_or_default();
        assert!(noted >= *times, "{write:?}: {noted} of {times}");
    }
    assert!(ours.keys().all(|write| unknown.iter().any(|line| of_line(line) == *write)), "{ours:#?}");
    case.tool().expect(0, &["audit", "verify", &audit.file.display().to_string()]);
}

#[test]
fn without_an_audit_nothing_is_written() {
    let Some(case) = Case::start("unaudited") else { return };
    case.sandbox("one", "").commit("one");
    let mark = case.plane.mark();
    let nowhere = format!("--audit={}/none/audit", case.tool().home().display());
    let run: Run = case.tool().run(&applying(&[&nowhere]));
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("the audit cannot be written"), "{run:?}");
    assert!(case.plane.writes(mark, &case.user).is_empty());
}
