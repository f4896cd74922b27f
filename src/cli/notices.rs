//! A Kubernetes Event on a sandbox's Namespace for each change that a run makes to the sandbox, written while the run
//! goes on.
//!
//! A Namespace lies in no namespace, and Events on such objects lie in `default`: so they outlive what they tell of.
//! They carry no label of ours, so that no survey finds them. That one cannot be written stops nothing.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

use super::reconcile::Job;
use crate::cluster::{Cluster, Error, Target};
use crate::manifest::{Kind, MANAGER, ObjectId, Resource, Scope, namespaces};
use crate::plan::{SandboxOutcome, SandboxPlan, Work};
use crate::report::event::{Told, told};

/// Where the Events of objects of the cluster lie.
const NAMESPACE: &str = "default";
/// How many are written side by side.
const SIDE_BY_SIDE: usize = 4;
/// How long one may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Writes one for each sandbox that the run is done with, until there are no more.
pub async fn write(job: &Job<'_>, cluster: &dyn Cluster, mut ended: UnboundedReceiver<SandboxOutcome>) {
    if !cluster.keeps_events() {
        return;
    }
    let (given_up, failed) = (AtomicBool::new(false), Mutex::new(None));
    let outcomes = futures::stream::poll_fn(move |context| ended.poll_recv(context));
    let write = |outcome: SandboxOutcome| {
        let (given_up, failed) = (&given_up, &failed);
        async move {
            let Some(sandbox) = job.plan.sandboxes.iter().find(|sandbox| sandbox.name == outcome.name) else { return };
            // What could not be written once takes a run no longer.
            if given_up.load(Ordering::Relaxed) {
                return;
            }
            let why = match timeout(LIMIT, write_one(cluster, sandbox, &told(sandbox, &outcome))).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.with_remedy(),
                Err(_) => format!("not within {} s", LIMIT.as_secs()),
            };
            given_up.store(true, Ordering::Relaxed);
            if let Ok(mut failed) = failed.lock() {
                *failed = Some(why);
            }
        }
    };
    outcomes.for_each_concurrent(SIDE_BY_SIDE, write).await;
    if let Ok(Some(why)) = failed.into_inner() {
        job.printer.warning(&format!("no more Events are written on namespaces in this run: {why}"));
    }
}

async fn write_one(cluster: &dyn Cluster, sandbox: &SandboxPlan, told: &Told) -> Result<(), Error> {
    let uid = match planned_uid(sandbox) {
        Some(uid) => Some(uid.to_owned()),
        // This run has made it. Where it is gone again, the Event is on its name.
        None => {
            let (kind, resource) = namespaces();
            let id = ObjectId::namespace(&sandbox.namespace);
            cluster.metadata(&Target { kind: &kind, resource: &resource, id: &id }).await?.map(|meta| meta.uid)
        }
    };
    let kind = Kind::new("events.k8s.io/v1", "Event");
    let resource = Resource { plural: "events".into(), scope: Scope::Namespaced };
    let name = format!("{}.{:016x}", sandbox.namespace, rand::random::<u64>());
    let id = ObjectId::new(&kind, Some(NAMESPACE), &name);
    let body = body(&id, sandbox, told, uid.as_deref());
    cluster.create(&Target { kind: &kind, resource: &resource, id: &id }, &body, MANAGER).await.map(drop)
}

fn body(id: &ObjectId, sandbox: &SandboxPlan, told: &Told, uid: Option<&str>) -> Value {
    let mut regarding = json!({"apiVersion": "v1", "kind": "Namespace", "name": sandbox.namespace});
    if let Some(uid) = uid {
        regarding["uid"] = json!(uid);
    }
    let host = super::who::who().host.unwrap_or_else(|| MANAGER.into());
    json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": id.name, "namespace": NAMESPACE},
        "eventTime": now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        "reportingController": MANAGER,
        "reportingInstance": host.chars().filter(char::is_ascii).take(128).collect::<String>(),
        "action": told.action,
        "reason": told.reason,
        "regarding": regarding,
        "note": told.note,
        "type": if told.is_warning { "Warning" } else { "Normal" },
    })
}

/// The uid of a sandbox's Namespace, where the plan knows it.
fn planned_uid(sandbox: &SandboxPlan) -> Option<&str> {
    let namespace = ObjectId::namespace(&sandbox.namespace);
    sandbox.steps.iter().filter(|step| step.id == namespace).find_map(|step| match &step.work {
        Work::Record { uid, .. } => uid.as_deref(),
        Work::Delete { precondition, .. } | Work::Replace { precondition, .. } => Some(&precondition.uid),
        Work::AwaitGone { uid } => Some(uid),
        _ => None,
    })
}

#[expect(clippy::disallowed_methods, reason = "when something happened, not what is wanted")]
fn now() -> Timestamp {
    Timestamp::now()
}
