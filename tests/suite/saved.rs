//! Saved plans: what is in the file, and which are refused whatever the cluster says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use reconcile::manifest::{Hash, Kind, ObjectId, builtin};
use reconcile::plan::{
    Action, Basis, FORMAT, Live, Making, NotSaved, Plan, Precondition, Saved, SavedPolicy, Step, Work, is_saved_plan,
};
use regex::Regex;
use serde_json::{Value, json};

use super::report_plans::{at, plan, sandbox};
use super::scenario::{CASES, copy, shell, text_of};

const NOW: &str = "2030-01-01T00:10:00Z";

/// A fleet of one, with a cluster that is a folder.
struct Fleet {
    home: tempfile::TempDir,
    work: PathBuf,
}

impl Fleet {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let work = home.path().join("work");
        copy(&Path::new(CASES).join("_base"), &work);
        let fleet = Self { home, work };
        fleet.does("git init -q -b main . && commit 'the fleet'", 0);
        fleet
    }

    fn does(&self, step: &str, status: i32) -> String {
        let output = shell(step, self.home.path(), &self.work);
        assert_eq!(output.status.code(), Some(status), "{step}: {}", text_of(&output));
        text_of(&output)
    }

    fn plans(&self) -> Saved {
        self.does(&format!("reconcile --cluster dir:cluster --now {NOW} --plan --out plan.json"), 2);
        Saved::parse(&self.read("plan.json")).expect("a saved plan")
    }

    /// Applies another file than the one that was saved.
    fn applies(&self, saved: Saved, status: i32) -> String {
        fs::write(self.work.join("plan.json"), saved.sealed().text()).expect("a writable folder");
        // On one line, however it was wrapped.
        let said = self.does("reconcile apply --cluster dir:cluster plan.json", status);
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.work.join(file)).expect("a readable file")
    }

    fn is_untouched(&self) -> bool {
        !self.work.join("cluster").exists()
    }
}

#[test]
fn what_a_plan_is_bound_to_refuses_it() {
    let fleet = Fleet::new();
    let saved = fleet.plans();
    let refused = |change: &dyn Fn(&mut Saved), says: &str| {
        let mut other = saved.clone();
        change(&mut other);
        let said = fleet.applies(other, 3);
        assert!(said.contains(says), "{says:?} is not in {said}");
        assert!(fleet.is_untouched(), "{says}");
    };
    let old = SignedDuration::from_hours(73);
    refused(&|s| s.made -= old, "more than 72 hours ago");
    refused(&|s| s.made += SignedDuration::from_hours(1), "the clock of this machine says");
    refused(&|s| s.reconcile = "0.0.9".into(), "was made by reconcile 0.0.9");
    refused(&|s| s.basis.cluster_id = "dir:/elsewhere".into(), "this is another");
    refused(&|s| s.basis.fleet_id = "other".into(), "another one's commit");
    refused(&|s| s.sandboxes[0].steps[0].content = Hash::of(b""), "is not what was reviewed");
    refused(&|s| drop(s.sandboxes[0].steps.pop()), "would be changed too");
    refused(&|s| s.sandboxes[0].steps.swap(1, 2), "is not what was reviewed");
    refused(&|s| drop(s.sandboxes[0].steps.remove(2)), "would be changed too");
    refused(&|s| s.sandboxes[0].name = "another".into(), "it is gone, and no file asks for it");
    let said = fleet.applies(saved, 0);
    assert!(said.contains("Done: 1 created"), "{said}");
}

#[test]
fn a_plan_is_not_applied_to_what_is_over_by_then() {
    let fleet = Fleet::new();
    // It lives for seven days from the first commit.
    let plan = format!("reconcile --cluster dir:cluster --now {} --plan --out plan.json", "2030-01-07T23:00:00Z");
    fleet.does(&plan, 2);
    let mut saved = Saved::parse(&fleet.read("plan.json")).expect("a saved plan");
    saved.made -= SignedDuration::from_hours(2);
    let said = fleet.applies(saved.clone(), 3);
    assert!(said.contains("its time was over at 2030-01-08T00:00:00Z"), "{said}");
    assert!(fleet.is_untouched());
    saved.made += SignedDuration::from_mins(90);
    assert!(fleet.applies(saved, 0).contains("Done: 1 created"));
}

#[test]
fn nothing_secret_is_in_the_file() {
    const VALUES: [&str; 2] = ["hunter2", "from-the-chart"];
    let fleet = Fleet::new();
    let secret = |name: &str, value: &str| {
        let data = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "infra"},
            "data": {"password": STANDARD.encode(value)}});
        fs::write(fleet.work.join(format!("cluster/infra/secret-{name}.yaml")), data.to_string()).expect("writable");
    };
    fs::create_dir_all(fleet.work.join("cluster/infra")).expect("writable");
    secret("login", VALUES[0]);
    fs::write(
        fleet.work.join("charts/hello/templates/more.yaml"),
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: more}}\nstringData: {{password: {}}}\n", VALUES[1]),
    )
    .expect("writable");
    fleet.does(
        "printf 'apiVersion: v1\\nkind: Namespace\\nmetadata: {name: infra}\\n' > cluster/infra/namespace.yaml
         sed -i '/^name/i copy_secrets = [\"infra/login\"]' sandboxes/fleet.toml && commit 'secrets'",
        0,
    );
    let made = fleet.plans();
    let mut text = fleet.read("plan.json");
    assert!(text.contains("\"login\"") && text.contains("\"more\""), "{text}");
    fleet.applies(made, 0);
    secret("login", "another");
    fleet.does("sed -i s/from-the-chart/other/ charts/hello/templates/more.yaml && commit 'others'", 0);
    let changed = fleet.plans();
    assert_eq!(changed.sandboxes[0].steps.iter().filter(|s| s.kind == "v1/Secret").count(), 2);
    text += &fleet.read("plan.json");

    // Neither a value nor what it went into unsalted: the hashes on the objects, which stay in the cluster.
    let hashes = Regex::new("[0-9a-f]{64}").expect("a regular expression");
    let live = fleet.does("cat cluster/dev-sandbox-one/*.yaml", 0);
    let found: BTreeSet<&str> = hashes.find_iter(&live).map(|hash| hash.as_str()).collect();
    assert!(found.len() > 4, "{found:?}");
    for hash in found {
        assert!(!text.contains(hash), "{hash} is in the file");
    }
    for value in VALUES.into_iter().chain(["another", "other\""]) {
        let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        let coded = STANDARD.encode(value);
        let sums = [value, &coded].map(|text| Hash::of(text.as_bytes()).to_string());
        for form in [value, coded.trim_end_matches('='), &hex, &sums[0], &sums[1]] {
            assert!(!text.contains(form), "{form} is in the file");
        }
    }
}

/// A plan that writes one object.
fn writes(body: &Value, before: Option<Precondition>) -> Plan {
    let kind = Kind::new("v1", body["kind"].as_str().expect("a kind"));
    let id = ObjectId::new(&kind, Some("dev-sandbox-one"), "it");
    let step = Step {
        action: Action::Update,
        id,
        resource: builtin(&kind).expect("a kind that is built in"),
        kind,
        reason: "because".into(),
        drift: Vec::new(),
        diff: "of this run alone".into(),
        quiet: false,
        work: Work::Apply {
            body: body.clone(),
            precondition: before,
            generated: Vec::new(),
            kept: Vec::new(),
            clear: None,
            remove: Vec::new(),
        },
    };
    let mut one = sandbox("one", Action::Update, "because");
    one.steps.push(step);
    plan(vec![one, sandbox("two", Action::Keep, "nothing differs")])
}

fn saves(plan: &Plan) -> Saved {
    let basis = Basis {
        fleet: plan.fleet.clone(),
        fleet_id: plan.fleet_id.clone(),
        commit: plan.commit.clone().unwrap_or_default(),
        path: String::new(),
        cluster: plan.cluster.clone(),
        cluster_id: "one".into(),
        now: plan.now,
        policy: SavedPolicy::default(),
        copied: BTreeSet::new(),
        local: BTreeSet::new(),
    };
    let making = Making { reconcile: "1.2.3".into(), id: "0".repeat(32), made: at("2026-11-21T13:31:00Z"), basis };
    Saved::new(plan, &Live::default(), making)
}

fn object(kind: &str, value: &str) -> Value {
    let hash = Hash::of(value.as_bytes());
    json!({"apiVersion": "v1", "kind": kind, "data": {"key": value, "kept": value}, "type": "Opaque",
        "metadata": {"name": "it", "annotations": {"reconcile.dev/hash": hash, "name": value}}})
}

#[test]
fn a_value_of_a_secret_moves_no_digest() {
    let content = |body: &Value| saves(&writes(body, None)).sandboxes[0].steps[0].content;
    assert_eq!(content(&object("Secret", "1234")), content(&object("Secret", "5678")));
    assert_ne!(content(&object("ConfigMap", "1234")), content(&object("ConfigMap", "5678")));
    let mut more = object("Secret", "1234");
    more["data"]["more"] = json!("1234");
    assert_ne!(content(&object("Secret", "1234")), content(&more), "its keys are told");
}

#[test]
fn what_is_compared_is_what_is_written() {
    let before = |digest: &str| Some(Precondition { uid: "u1".into(), digest: Hash::of(digest.as_bytes()) });
    let reviewed = writes(&object("ConfigMap", "new"), before("a"));
    let saved = saves(&reviewed);
    let soon = saved.as_of(saved.made + SignedDuration::from_hours(1));
    assert_eq!(soon, reviewed.now + SignedDuration::from_hours(1));
    let compare = |anew: &Plan| saved.compare(anew.clone(), &Live::default(), soon);

    // Words are not compared: they may be put otherwise, and diffs are masked otherwise in each run.
    let mut other = reviewed.clone();
    other.sandboxes[0].reason = "in other words".into();
    other.sandboxes[0].steps[0].reason = "in other words".into();
    other.sandboxes[0].steps[0].diff = "masked otherwise".into();
    assert_eq!(compare(&other), Ok(other.clone()));

    let found = |anew: &Plan| compare(anew).expect_err("it differs")[0].what.clone();
    assert_eq!(found(&writes(&object("ConfigMap", "new"), before("b"))), "ConfigMap/it was changed since");
    assert_eq!(found(&writes(&object("ConfigMap", "new"), None)), "ConfigMap/it was deleted since");
    let written = "what would be written of ConfigMap/it is not what was reviewed";
    assert_eq!(found(&writes(&object("ConfigMap", "other"), before("a"))), written);
    let mut held = reviewed.clone();
    held.sandboxes[0].action = Action::Held;
    held.sandboxes[0].steps.clear();
    assert_eq!(found(&held), "it would be held now: because");

    // What is new elsewhere is left alone, and says so.
    let mut more = reviewed.clone();
    more.sandboxes[1].steps.clone_from(&reviewed.sandboxes[0].steps);
    let done = compare(&more).expect("it is as it was reviewed");
    assert_eq!(done.sandboxes[0], more.sandboxes[0]);
    assert_eq!((done.sandboxes[1].action, done.sandboxes[1].steps.len()), (Action::Held, 0));
    assert_eq!(saved.own(done).sandboxes.len(), 1);
}

#[test]
fn a_file_is_read_as_it_was_written_or_not_at_all() {
    let saved = saves(&writes(&object("Secret", "1234"), None));
    let text = saved.text();
    assert_eq!(Saved::parse(&text).as_ref(), Ok(&saved));
    assert!(is_saved_plan(&text) && is_saved_plan(&text[..20]) && !is_saved_plan("{\"sandboxes\": []}"));
    assert_eq!(Saved::parse(" \n"), Err(NotSaved::Empty));
    assert_eq!(Saved::parse(&text.replace("1.2.3", "1.2.4")), Err(NotSaved::Edited));
    let newer = Saved { saved_plan: FORMAT + 1, ..saved.clone() }.sealed();
    assert_eq!(Saved::parse(&newer.text()), Err(NotSaved::Format(u64::from(FORMAT) + 1)));

    // Cut anywhere, or with any byte another one, it is never taken for a plan.
    for end in 0..text.trim_end().len() {
        assert!(Saved::parse(&text[..end]).is_err(), "cut at {end}");
    }
    for at in (0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_alphanumeric()) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
        let other = String::from_utf8(bytes).expect("it stays text");
        assert!(Saved::parse(&other).is_err(), "another byte at {at}: {other}");
    }
}

#[test]
fn a_clock_that_goes_back_is_no_panic() {
    let saved = saves(&writes(&object("ConfigMap", "new"), None));
    for clock in [Timestamp::MIN, Timestamp::MAX] {
        let _ = (saved.age(clock), saved.as_of(clock));
    }
}
