//! A Kubernetes Event on a sandbox's Namespace for each change that a run makes to the sandbox, written while the run
//! goes on.
//!
//! A Namespace lies in no namespace, and Events on such objects lie in `default`: so they outlive what they tell of.
//! They carry no label of ours, so that no survey finds them. That one cannot be written stops nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use super::print::Printer;
use crate::apply::Event;
use crate::cluster::{Cluster, Error, Target};
use crate::manifest::{Kind, MANAGER, ObjectId, Resource, Scope, namespaces};
use crate::plan::{Outcome, Plan, SandboxOutcome, SandboxPlan, SandboxResult, Work};
use crate::report::event::{Told, told};

/// Where the Events of objects of the cluster lie.
const NAMESPACE: &str = "default";
/// How many are written side by side.
const SIDE_BY_SIDE: usize = 4;
/// How long one may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Who tells it.
pub struct Notices<'a> {
    plan: &'a Plan,
    cluster: &'a dyn Cluster,
    printer: &'a Printer,
    ends: Mutex<Option<UnboundedSender<Ended>>>,
    ended: Mutex<Option<UnboundedReceiver<Ended>>>,
}

/// What came of a sandbox, and the uid of its Namespace where that is known.
type Ended = (SandboxOutcome, Option<String>);

impl<'a> Notices<'a> {
    /// Of a plan that is carried out.
    pub fn new(plan: &'a Plan, cluster: &'a dyn Cluster, printer: &'a Printer) -> Self {
        let (ends, ended) = unbounded_channel();
        Self { plan, cluster, printer, ends: Mutex::new(Some(ends)), ended: Mutex::new(Some(ended)) }
    }

    /// Something happened. What did not come to its end may still do so in the same run.
    pub fn watch(&self, event: &Event<'_>) {
        if let Event::Ends { outcome, namespace } = event
            && is_done(outcome)
            && let Some(ends) = self.ends.lock().unwrap_or_else(PoisonError::into_inner).as_ref()
        {
            // Nobody listens where no Events are kept.
            let _ = ends.send(((*outcome).clone(), namespace.map(str::to_owned)));
        }
    }

    /// Carries something out, and tells of what is done meanwhile.
    pub async fn beside<T>(&self, run: impl Future<Output = T>) -> T {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        let run = async {
            let came = run.await;
            drop(self.ends.lock().unwrap_or_else(PoisonError::into_inner).take());
            came
        };
        let told = stream::iter(ended).flat_map(|mut ended| stream::poll_fn(move |context| ended.poll_recv(context)));
        tokio::join!(run, self.write(told)).0
    }

    /// Tells of what did not come to its end, after all that the run could do about it.
    pub async fn unfinished(&self, outcome: &Outcome) {
        let left = outcome.sandboxes.iter().filter(|came| !is_done(came)).cloned();
        self.write(stream::iter(left.map(|came| (came, None)))).await;
    }

    async fn write(&self, outcomes: impl Stream<Item = Ended>) {
        if !self.cluster.keeps_events() {
            return;
        }
        let failed: Mutex<Option<String>> = Mutex::new(None);
        let failure = || failed.lock().unwrap_or_else(PoisonError::into_inner);
        let write = |(outcome, namespace): Ended| async move {
            let sandbox = self.plan.sandboxes.iter().find(|sandbox| sandbox.name == outcome.name);
            // What could not be written once takes the run no longer.
            let Some(sandbox) = sandbox.filter(|_| failure().is_none()) else { return };
            let namespace = namespace.or_else(|| planned_uid(sandbox).map(str::to_owned));
            let told = told(sandbox, &outcome);
            let why = match timeout(LIMIT, write_one(self.cluster, sandbox, &told, namespace)).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.with_remedy(),
                Err(_) => format!("not within {} s", LIMIT.as_secs()),
            };
            failure().get_or_insert(why);
        };
        outcomes.for_each_concurrent(SIDE_BY_SIDE, write).await;
        if let Some(why) = failure().take() {
            self.printer.warning(&format!("what was done is not told by Events on the namespaces: {why}"));
        }
    }
}

/// Whether a sandbox has come to its end.
fn is_done(outcome: &SandboxOutcome) -> bool {
    matches!(outcome.result, SandboxResult::Done | SandboxResult::Applied)
}

async fn write_one(
    cluster: &dyn Cluster,
    sandbox: &SandboxPlan,
    told: &Told,
    namespace: Option<String>,
) -> Result<(), Error> {
    let uid = match namespace {
        Some(uid) => Some(uid),
        // This run may have made it. Where it is gone again, or cannot be asked for, the Event is on its name.
        None => {
            let (kind, resource) = namespaces();
            let id = ObjectId::namespace(&sandbox.namespace);
            let meta = cluster.metadata(&Target { kind: &kind, resource: &resource, id: &id }).await;
            meta.ok().flatten().map(|meta| meta.uid)
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
