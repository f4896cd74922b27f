//! One step, carried out.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::wait::{self, Deadline, Waits};
use crate::chart::generated::{GeneratedKey, PlaceholderId};
use crate::cluster::{Apply, Cluster, Error, ErrorKind, Target};
use crate::manifest::{ANNOTATION_HASH, LABEL_FLEET, LABEL_SANDBOX, MANAGER};
use crate::plan::{Meta, Precondition, Step, Work};

/// How often a write is tried again when only the resourceVersion moved (status churn).
const TRIES: usize = 5;
/// How long a `ResourceQuota` may take to be counted.
const QUOTA: Duration = Duration::from_secs(60);

/// Why a sandbox's steps stop.
#[derive(Debug)]
pub(super) enum Halt {
    /// The cluster is not what was planned against.
    Stale(String),
    /// It went wrong.
    Failed(String),
    /// It is not ready in time.
    NotReady(String),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Failed(error.with_remedy())
    }
}

/// The state of one sandbox's run.
pub(super) struct Run<'a> {
    pub cluster: &'a dyn Cluster,
    /// Values that this run knows, so that one placeholder is one value in every key.
    pub known: BTreeMap<PlaceholderId, String>,
    deadline: Deadline,
    /// The uid of the Namespace that this run claimed: nobody else can have made anything in it.
    claimed: Option<String>,
}

/// The parts of an apply step.
struct Change<'a> {
    body: &'a Value,
    generated: &'a [GeneratedKey],
    kept: &'a [String],
    remove: &'a [String],
}

impl<'a> Run<'a> {
    pub fn new(cluster: &'a dyn Cluster, timeout: Duration) -> Self {
        Self { cluster, known: BTreeMap::new(), deadline: Deadline::after(timeout), claimed: None }
    }

    /// `waits` is told what is waited for, where something is.
    pub async fn carry_out(&mut self, step: &Step, waits: Waits<'_>) -> Result<(), Halt> {
        let target = Target { kind: &step.kind, resource: &step.resource, id: &step.id };
        match &step.work {
            Work::Claim { body } => self.claim(target, body).await,
            Work::Record { body, uid, remove } => self.record(target, body, uid.as_deref(), remove).await,
            Work::Apply { body, precondition, generated, kept, remove } => {
                let change = Change { body, generated, kept, remove };
                match precondition {
                    Some(precondition) => self.change(target, &change, precondition).await,
                    None => self.make(target, &change).await,
                }
            }
            Work::Delete { precondition, awaited: false } => self.delete(target, precondition).await,
            Work::Delete { precondition, awaited: true } => {
                self.delete(target, precondition).await?;
                wait::until_gone(self.cluster, target, &precondition.uid, self.deadline, waits).await
            }
            Work::AwaitGone { uid } => wait::until_gone(self.cluster, target, uid, self.deadline, waits).await,
            Work::Replace { body, precondition } => {
                self.delete(target, precondition).await?;
                wait::until_gone(self.cluster, target, &precondition.uid, self.deadline, waits).await?;
                let change = Change { body, generated: &[], kept: &[], remove: &[] };
                self.make(target, &change).await
            }
            Work::AwaitQuota => wait::until_ready(self.cluster, target, Deadline::after(QUOTA), waits).await,
            Work::AwaitReady => wait::until_ready(self.cluster, target, self.deadline, waits).await,
        }
    }

    /// A namespace is claimed by POST, which fails where the name is taken. Until it is applied, its Update entry of
    /// our manager says that it is ours. That entry stays, and keeps what it names for ever, so it names no more than
    /// whose the namespace is.
    async fn claim(&mut self, target: Target<'_>, body: &Value) -> Result<(), Halt> {
        let made = match self.cluster.create(&target, &bare(body), MANAGER).await {
            Ok(made) => made,
            Err(error) if error.kind == ErrorKind::Conflict => {
                return Err(Halt::Stale("it was made by someone else since the plan".into()));
            }
            Err(error) => return Err(error.into()),
        };
        let uid = uid_of(&made);
        self.claimed.clone_from(&uid);
        self.record(target, body, uid.as_deref(), &[]).await
    }

    async fn record(&self, target: Target<'_>, body: &Value, uid: Option<&str>, remove: &[String]) -> Result<(), Halt> {
        let Some(uid) = uid.or(self.claimed.as_deref()) else {
            return Err(Halt::Failed("the namespace's uid is unknown".into()));
        };
        let apply = Apply { body, manager: MANAGER, uid: Some(uid), resource_version: None, dry_run: false };
        let applied = self.cluster.apply(&target, &apply).await.map_err(|error| match error.kind {
            ErrorKind::Conflict | ErrorKind::NotFound => Halt::Stale("the namespace is another one by now".into()),
            _ => error.into(),
        })?;
        // What was ours alone went with the apply.
        let left: Vec<String> = remove.iter().filter(|path| applied.pointer(path).is_some()).cloned().collect();
        self.remove(target, &left).await
    }

    /// Makes an object that was not there when it was planned.
    async fn make(&mut self, target: Target<'_>, change: &Change<'_>) -> Result<(), Halt> {
        // In a namespace that this run claimed there is nothing yet.
        let is_within = self.claimed.is_some() && target.id.namespace.is_some();
        if !is_within && let Some(meta) = self.cluster.metadata(&target).await? {
            return if is_as_wanted(&meta, change.body) {
                Ok(())
            } else {
                Err(Halt::Stale("it was made by someone else since the plan".into()))
            };
        }
        if change.generated.is_empty() {
            return self.send(target, change.body, None).await;
        }
        // The hash comes last: a Secret without its generated values must not look done.
        self.send(target, &without_hash(change.body), None).await?;
        self.generate(target, change.generated, change.kept).await?;
        self.send(target, change.body, None).await
    }

    async fn change(
        &mut self,
        target: Target<'_>,
        change: &Change<'_>,
        precondition: &Precondition,
    ) -> Result<(), Halt> {
        if !change.generated.is_empty() || !change.kept.is_empty() {
            if self.check(target, change.body, precondition).await?.is_none() {
                return Ok(());
            }
            self.generate(target, change.generated, change.kept).await?;
            return self.send(target, change.body, Some(&precondition.uid)).await;
        }
        for _ in 0..TRIES {
            let Some(meta) = self.check(target, change.body, precondition).await? else { return Ok(()) };
            let body = change.body;
            match self.apply_at(target, body, &meta).await {
                Ok(()) => return self.remove(target, change.remove).await,
                Err(error) if error.kind == ErrorKind::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Halt::Stale("it kept changing while it was written".into()))
    }

    /// The object as it is now, if it is still what was planned against; `None` where a rival has done the same.
    async fn check(&self, target: Target<'_>, body: &Value, precondition: &Precondition) -> Result<Option<Meta>, Halt> {
        let Some(meta) = self.cluster.metadata(&target).await? else {
            return Err(Halt::Stale("it was deleted since the plan".into()));
        };
        if meta.uid != precondition.uid {
            return Err(Halt::Stale("it was deleted and made again since the plan".into()));
        }
        if meta.digest() == precondition.digest {
            return Ok(Some(meta));
        }
        if is_as_wanted(&meta, body) {
            return Ok(None);
        }
        let who = meta.last_writer().map_or_else(|| "someone".to_owned(), |by| by.manager);
        Err(Halt::Stale(format!("it was changed by {who} since the plan")))
    }

    async fn apply_at(&self, target: Target<'_>, body: &Value, meta: &Meta) -> Result<(), Error> {
        let apply = Apply {
            body,
            manager: MANAGER,
            uid: Some(&meta.uid),
            resource_version: Some(&meta.resource_version),
            dry_run: false,
        };
        self.cluster.apply(&target, &apply).await.map(drop)
    }

    async fn send(&self, target: Target<'_>, body: &Value, uid: Option<&str>) -> Result<(), Halt> {
        let apply = Apply { body, manager: MANAGER, uid, resource_version: None, dry_run: false };
        self.cluster.apply(&target, &apply).await.map(drop).map_err(Halt::from)
    }

    /// Takes out what apply leaves because another manager holds it too.
    async fn remove(&self, target: Target<'_>, pointers: &[String]) -> Result<(), Halt> {
        if pointers.is_empty() {
            return Ok(());
        }
        let patch = pointers.iter().map(|path| serde_json::json!({"op": "remove", "path": path})).collect();
        self.cluster.patch(&target, &Value::Array(patch), MANAGER).await.map(drop).map_err(Halt::from)
    }

    async fn delete(&self, target: Target<'_>, precondition: &Precondition) -> Result<(), Halt> {
        let Some(meta) = self.cluster.metadata(&target).await? else { return Ok(()) };
        if meta.uid != precondition.uid {
            return Err(Halt::Stale("it was deleted and made again since the plan".into()));
        }
        if meta.deleting.is_some() {
            return Ok(());
        }
        if meta.digest() != precondition.digest {
            return Err(Halt::Stale("it was changed since the plan, so it is not removed".into()));
        }
        self.cluster.delete(&target, &precondition.uid).await.map_err(|error| match error.kind {
            ErrorKind::Conflict => Halt::Stale("it was deleted and made again since the plan".into()),
            _ => error.into(),
        })
    }
}

fn is_as_wanted(meta: &Meta, body: &Value) -> bool {
    let wanted = body.pointer("/metadata/annotations").and_then(|a| a.get(ANNOTATION_HASH)).and_then(Value::as_str);
    meta.applied_by(MANAGER).is_some()
        && wanted.is_some()
        && meta.annotations.get(ANNOTATION_HASH).map(String::as_str) == wanted
}

/// A Namespace with our labels alone.
fn bare(body: &Value) -> Value {
    let mut bare = body.clone();
    if let Some(metadata) = bare.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("annotations");
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            labels.retain(|name, _| name == LABEL_FLEET || name == LABEL_SANDBOX);
        }
    }
    bare
}

fn without_hash(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(annotations) = body.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(ANNOTATION_HASH);
    }
    body
}

fn uid_of(object: &Value) -> Option<String> {
    object.pointer("/metadata/uid").and_then(Value::as_str).map(str::to_owned)
}
