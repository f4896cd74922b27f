//! Plans made by hand for the report's tests: one sandbox for each action.

use jiff::Timestamp;
use reconcile::manifest::{Hash, Kind, ObjectId, builtin};
use reconcile::plan::DriftMode;
use reconcile::plan::{
    Action, Aftermath, Hold, OnFailure, Outcome, Plan, Precondition, SandboxOutcome, SandboxPlan, SandboxResult, Step,
    Work,
};
use reconcile::report::{FingerprintKey, object_diff};
use serde_json::{Value, json};

pub const COMMIT: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

/// A plan of these sandboxes.
pub fn plan(sandboxes: Vec<SandboxPlan>) -> Plan {
    Plan {
        fleet: "demo".into(),
        fleet_id: "f1e2d3".into(),
        commit: Some(COMMIT.into()),
        cluster: "dir:target/demo".into(),
        now: at("2026-11-21T13:30:00Z"),
        drift: DriftMode::Detect,
        shard: None,
        round: None,
        sandboxes,
        budget: Vec::new(),
        warnings: Vec::new(),
    }
}

/// A sandbox without steps.
pub fn sandbox(name: &str, action: Action, reason: &str) -> SandboxPlan {
    SandboxPlan {
        name: name.into(),
        namespace: format!("dev-sandbox-{name}"),
        action,
        reason: reason.into(),
        causes: Vec::new(),
        remedy: None,
        hold: None,
        expires: None,
        url: None,
        notes: Vec::new(),
        steps: Vec::new(),
        begins: false,
        after: Vec::new(),
        on_failure: OnFailure::Leave,
    }
}

/// A sandbox that is held.
pub fn held(name: &str, hold: Hold, reason: &str, remedy: &str) -> SandboxPlan {
    SandboxPlan { hold: Some(hold), remedy: Some(remedy.into()), ..sandbox(name, Action::Held, reason) }
}

/// A step on an object, shown by the diff between two states of it.
pub fn step(action: Action, reason: &str, before: Option<&Value>, after: Option<&Value>) -> Step {
    let object = after.or(before).expect("one side");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = Kind::new(&text(&object["apiVersion"]), &text(&object["kind"]));
    let id = ObjectId::new(&kind, object["metadata"]["namespace"].as_str(), &text(&object["metadata"]["name"]));
    let work = match (before, after) {
        (None, Some(body)) if id.kind == "Namespace" => Work::Claim { body: body.clone() },
        (Some(_), None) => Work::Delete { precondition: precondition(), awaited: true, hurried: false },
        (_, Some(body)) if action == Action::Replace => {
            Work::Replace { body: body.clone(), precondition: precondition(), generated: Vec::new() }
        }
        (before, after) => Work::Apply {
            body: after.cloned().unwrap_or_default(),
            precondition: before.map(|_| precondition()),
            generated: Vec::new(),
            kept: Vec::new(),
            clear: None,
            remove: Vec::new(),
        },
    };
    Step {
        drift: Vec::new(),
        quiet: false,
        action,
        resource: builtin(&kind).expect("a kind of Kubernetes' own"),
        diff: object_diff(before, after, &id.to_string(), &key()),
        id,
        kind,
        reason: reason.into(),
        work,
    }
}

/// The key of every fingerprint here.
pub fn key() -> FingerprintKey {
    FingerprintKey::new(b"the key of the tests").expect("it is long enough")
}

pub fn precondition() -> Precondition {
    Precondition { uid: "7d1f".into(), digest: Hash::of(b"live") }
}

pub fn namespace(sandbox: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": format!("dev-sandbox-{sandbox}"),
        "labels": {"reconcile.dev/sandbox": sandbox, "pod-security.kubernetes.io/enforce": "restricted"},
    }})
}

pub fn deployment(sandbox: &str, image: &str, replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "odoo", "namespace": format!("dev-sandbox-{sandbox}")},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "odoo", "image": image}]}}},
    })
}

pub fn secret(sandbox: &str, data: Value) -> Value {
    let mut secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "odoo", "namespace": format!("dev-sandbox-{sandbox}")},
    });
    secret["data"] = data;
    secret
}

/// A Deployment's step whose image moved.
pub fn image_step(sandbox: &str, action: Action, reason: &str) -> Step {
    let (old, new) = (deployment(sandbox, "odoo:17.0", 1), deployment(sandbox, "odoo:18.0", 1));
    step(action, reason, Some(&old), Some(&new))
}

fn created() -> SandboxPlan {
    let reason = "sandboxes/main.toml, new in 1a2b3c4";
    let mut quota = step(
        Action::Create,
        reason,
        None,
        Some(&json!({"apiVersion": "v1", "kind": "ResourceQuota",
            "metadata": {"name": "odoo", "namespace": "dev-sandbox-main"},
            "spec": {"hard": {"limits.cpu": "4"}}})),
    );
    quota.diff.clear();
    let mut wait = quota.clone();
    wait.work = Work::AwaitQuota { ahead: None };
    wait.quiet = true;
    let mut record = step(Action::Create, reason, None, Some(&namespace("main")));
    record.work = Work::Record { body: namespace("main"), uid: None, remove: Vec::new() };
    record.quiet = true;
    record.diff.clear();
    SandboxPlan {
        expires: Some(at("2026-11-28T13:30:00Z")),
        url: Some("https://main.sandboxes.example.com".into()),
        steps: vec![
            step(Action::Create, reason, None, Some(&namespace("main"))),
            quota,
            wait,
            step(Action::Create, reason, None, Some(&secret("main", json!({"password": "aHVudGVyMg=="})))),
            step(Action::Create, reason, None, Some(&deployment("main", "odoo:18.0", 1))),
            record,
        ],
        ..sandbox("main", Action::Create, reason)
    }
}

/// One sandbox for each action.
pub fn every_action() -> Plan {
    let mut plan = plan(vec![
        SandboxPlan {
            steps: vec![step(Action::Adopt, "", Some(&namespace("adopted")), Some(&namespace("adopted")))],
            ..sandbox("adopted", Action::Adopt, "Namespace/dev-sandbox-adopted is as wanted, but owned no more")
        },
        SandboxPlan {
            url: Some("https://corrected.sandboxes.example.com".into()),
            notes: vec!["Service/odoo: .spec.externalIPs was added by kubectl-edit at 2026-11-20T09:12:00Z".into()],
            steps: vec![image_step(
                "corrected",
                Action::Correct,
                "kubectl-set changed .spec.template.spec.containers[name=odoo].image at 2026-11-21T08:00:00Z",
            )],
            ..sandbox("corrected", Action::Correct, "1 object was changed by others")
        },
        SandboxPlan {
            steps: vec![step(Action::Expire, "its time is over", Some(&namespace("demo-old")), None)],
            expires: Some(at("2026-01-01T00:00:00Z")),
            ..sandbox("demo-old", Action::Expire, "its time was over at 2026-01-01T00:00:00Z")
        },
        SandboxPlan {
            remedy: Some("look at kubectl -n dev-sandbox-failing describe pod, then push a fix".into()),
            ..sandbox("failing", Action::Failed, "Deployment/odoo did not become ready, 3 times; next try 14:00")
        },
        held(
            "garbled",
            Hold::Broken,
            "sandboxes/garbled.toml:3:1: unknown key `tll`\n  |\n3 | tll = \"3d\"\n  | ^^^",
            "write `ttl`, and commit",
        ),
        sandbox("kept", Action::Keep, "nothing differs"),
        SandboxPlan {
            notes: vec!["its time is over in 5 h; edit its file, or pin it, to keep it".into()],
            ..sandbox("kept-short", Action::Keep, "nothing differs")
        },
        created(),
        held(
            "one-too-many",
            Hold::Policy,
            "5 sandboxes live, and the fleet's limit is 5 (max_sandboxes); older files come first",
            "remove a sandbox, or raise max_sandboxes in sandboxes/fleet.toml; `expired` makes room in this very run",
        ),
        SandboxPlan {
            remedy: Some("if this is meant: --allow-removals 4".into()),
            ..sandbox("refused", Action::Refused, "its file is gone; 4 removals are more than the 3 allowed")
        },
        SandboxPlan {
            steps: vec![step(Action::Remove, "", Some(&namespace("removed")), None)],
            ..sandbox("removed", Action::Remove, "sandboxes/removed.toml was deleted in 1a2b3c4")
        },
        SandboxPlan {
            steps: vec![image_step("replaced", Action::Replace, ".spec.selector cannot be changed in place")],
            ..sandbox("replaced", Action::Replace, "sandboxes/replaced.toml, changed in 1a2b3c4")
        },
        SandboxPlan {
            steps: vec![
                step(
                    Action::Update,
                    "sandboxes/updated.toml, changed in 1a2b3c4",
                    Some(&secret("updated", json!({"a": "c2VjcmV0LW9uZQ==", "same": "c2VjcmV0LXR3bw=="}))),
                    Some(&secret("updated", json!({"a": "c2VjcmV0LXRocmVl", "same": "c2VjcmV0LXR3bw=="}))),
                ),
                image_step(
                    "updated",
                    Action::Update,
                    "odoo/templates/odoo.yaml, sandboxes/updated.toml, changed in 1a2b3c4",
                ),
            ],
            ..sandbox("updated", Action::Update, "sandboxes/updated.toml, changed in 1a2b3c4")
        },
    ]);
    plan.warnings = vec!["the working directory has changes that are not planned: sandboxes/main.toml".into()];
    plan
}

/// What came of a sandbox.
pub fn came(name: &str, done: usize, result: SandboxResult) -> SandboxOutcome {
    SandboxOutcome { name: name.into(), done, result, findings: Vec::new(), aftermath: Aftermath::None }
}

/// An outcome of [`every_action`], with each way that it can go.
pub fn every_result() -> Outcome {
    let failed = "apply Deployment/odoo: admission webhook \"images\" denied the request: the tag 18.0 is not allowed";
    Outcome {
        sandboxes: vec![
            came("adopted", 1, SandboxResult::Done),
            came("corrected", 0, SandboxResult::Stale { reason: "Deployment/odoo changed after planning".into() }),
            came("demo-old", 1, SandboxResult::Done),
            came("main", 5, SandboxResult::Applied),
            came("removed", 1, SandboxResult::Done),
            came("updated", 1, SandboxResult::Failed { reason: failed.into() }),
        ],
    }
}

/// A plan that makes one sandbox.
pub fn created_only() -> Plan {
    plan(vec![created()])
}
