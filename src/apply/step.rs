//! One step, carried out.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::Options;
use super::ends::Ends;
use super::hook::Hook;
use super::hurry::Hurry;
use super::wait::{self, Deadline, Waits};
use crate::chart::generated::{GeneratedKey, PlaceholderId};
use crate::cluster::{Apply, Cluster, Error, ErrorKind, Propagation, Target, metadata_of};
use crate::manifest::{ANNOTATION_HASH, MANAGER, ObjectId, Path};
use crate::plan::{self, Clear, Meta, Precondition, Readiness, Step, Work, readiness};

/// How often a write is tried again when only the resourceVersion moved (status churn).
const TRIES: usize = 5;
/// How long the cluster itself may take, to count a `ResourceQuota` or to serve a definition.
const CONTROLLER: Duration = Duration::from_secs(60);

/// Why a sandbox's steps stop.
#[derive(Debug)]
pub(super) enum Halt {
    /// The cluster is not what was planned against.
    Stale(String),
    /// It went wrong.
    Failed(String),
    /// It is not ready in time.
    NotReady(String),
    /// The cluster could not be asked, or does not let this account, or nothing may be written without the audit: it
    /// says nothing of the sandbox.
    Interrupted(String),
    /// The run was told to end.
    Stopped(&'static str),
}

impl Halt {
    pub fn reason(&self) -> &str {
        match self {
            Halt::Stale(why) | Halt::Failed(why) | Halt::NotReady(why) | Halt::Interrupted(why) => why,
            Halt::Stopped(why) => why,
        }
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        let why = error.with_remedy();
        match error.kind {
            ErrorKind::Unreachable
            | ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::Retry
            | ErrorKind::Unaudited => Halt::Interrupted(why),
            _ => Halt::Failed(why),
        }
    }
}

/// The state of one sandbox's run.
pub(super) struct Run<'a> {
    pub cluster: &'a dyn Cluster,
    /// Values that this run knows, so that one placeholder is one value in every key.
    pub known: BTreeMap<PlaceholderId, String>,
    pub timeout: Duration,
    pub deadline: Deadline<'a>,
    ends: &'a Ends<'a>,
    /// The uid of the Namespace that this run claimed: nobody else can have made anything in it.
    claimed: Option<String>,
}

/// The parts of an apply step.
struct Change<'a> {
    body: &'a Value,
    generated: &'a [GeneratedKey],
    kept: &'a [String],
    clear: Option<&'a Clear>,
    remove: &'a [Path],
}

impl<'a> Run<'a> {
    pub fn new(cluster: &'a dyn Cluster, options: &Options<'a>, ends: &'a Ends<'a>) -> Self {
        let (timeout, deadline) = (options.timeout, Deadline::after(options.timeout, options.stop));
        Self { cluster, known: BTreeMap::new(), timeout, deadline, ends, claimed: None }
    }

    /// The time that it may take is counted from now.
    pub fn begin_anew(&mut self) {
        self.deadline = self.deadline.anew(self.timeout);
    }

    /// The values that it has made.
    pub fn values(&self) -> Vec<String> {
        self.known.values().cloned().collect()
    }

    /// `waits` is told what is waited for, where something is.
    pub async fn carry_out(&mut self, step: &Step, waits: Waits<'_>) -> Result<(), Halt> {
        let target = Target { kind: &step.kind, resource: &step.resource, id: &step.id };
        match &step.work {
            Work::Claim { body } => self.claim(target, body).await,
            Work::Record { body, uid, remove } => {
                let written = self.record(target, body, uid.as_deref()).await?;
                self.remove(target, written, remove).await
            }
            Work::Apply { body, precondition, generated, kept, clear, remove } => {
                let change = Change { body, generated, kept, clear: clear.as_ref(), remove };
                match precondition {
                    Some(precondition) => self.change(target, &change, precondition).await,
                    None => self.make(target, &change).await,
                }
            }
            Work::MakeOnce { body } => self.make_once(target, body).await,
            Work::Delete { precondition, awaited: false, .. } => {
                self.delete(target, precondition, Propagation::Background).await
            }
            Work::Delete { precondition, awaited: true, hurried } => {
                let hurry = if *hurried { Hurry::of(self.cluster, &target.id.name).await } else { Hurry::default() };
                self.delete(target, precondition, Propagation::Background).await?;
                hurry.up(self.cluster).await;
                self.until_gone(target, &precondition.uid, waits).await
            }
            Work::AwaitGone { uid } => self.until_gone(target, uid, waits).await,
            Work::Replace { body, precondition, generated } => {
                if !generated.is_empty()
                    && let Some(secret) = self.cluster.get(&target).await?
                {
                    self.learn(&secret, generated);
                }
                self.delete(target, precondition, Propagation::Foreground).await?;
                wait::until_gone(self.cluster, target, &precondition.uid, self.deadline, waits).await?;
                let change = Change { body, generated, kept: &[], clear: None, remove: &[] };
                self.make(target, &change).await
            }
            Work::Hook { body, generated, runs, drops_before, drops_failed } => {
                let (runs, drops_before, drops_failed) = (*runs, *drops_before, *drops_failed);
                self.hook(target, &Hook { body, generated, runs, drops_before, drops_failed }, waits).await
            }
            Work::Drop { owner, awaited: false } => {
                self.drop_own(target, owner, Propagation::Background).await.map(drop)
            }
            Work::Drop { owner, awaited: true } => match self.drop_own(target, owner, Propagation::Foreground).await? {
                Some(uid) => wait::until_gone(self.cluster, target, &uid, self.deadline, waits).await,
                None => Ok(()),
            },
            Work::AwaitQuota { ahead } => {
                if let Some(body) = ahead.as_ref().filter(|_| self.claimed.is_some() && self.cluster.keeps_status())
                    && self.cluster.apply_status(&target, body, MANAGER).await.is_ok_and(|quota| is_in_force(&quota))
                {
                    return Ok(());
                }
                // The controller was faster, or this account may not.
                wait::until_ready(self.cluster, target, self.deadline.anew(CONTROLLER), waits).await
            }
            Work::AwaitServed => wait::until_ready(self.cluster, target, self.deadline.anew(CONTROLLER), waits).await,
            // In a namespace that this run has just made nothing runs yet: the next run looks.
            Work::AwaitReady if self.timeout.is_zero() && self.claimed.is_some() && self.cluster.keeps_status() => {
                Err(Halt::NotReady("it is not waited for".into()))
            }
            Work::AwaitReady => wait::until_ready(self.cluster, target, self.deadline, waits).await,
        }
    }

    async fn until_gone(&self, target: Target<'_>, uid: &str, waits: Waits<'_>) -> Result<(), Halt> {
        if *target.id == ObjectId::namespace(&target.id.name) {
            self.ends.until_unlisted(uid, self.deadline, waits).await?;
        }
        wait::until_gone(self.cluster, target, uid, self.deadline, waits).await
    }

    /// A namespace is claimed by an apply that fails where the name is taken.
    async fn claim(&mut self, target: Target<'_>, body: &Value) -> Result<(), Halt> {
        let made = match self.cluster.make(&target, body, MANAGER).await {
            Ok(made) => made,
            Err(error) if error.kind == ErrorKind::Conflict => {
                return Err(Halt::Stale("it was made by someone else since the plan".into()));
            }
            Err(error) => return Err(error.into()),
        };
        self.claimed = uid_of(&made);
        Ok(())
    }

    /// The uid of the Namespace that this run has claimed.
    pub fn claimed(&self) -> Option<&str> {
        self.claimed.as_deref()
    }

    pub(super) async fn record(&self, target: Target<'_>, body: &Value, uid: Option<&str>) -> Result<Value, Halt> {
        let Some(uid) = uid.or(self.claimed.as_deref()) else {
            return Err(Halt::Failed("the namespace's uid is unknown".into()));
        };
        self.apply_to(target, body, uid).await.map_err(|error| match error.kind {
            ErrorKind::Conflict | ErrorKind::NotFound => Halt::Stale("the namespace is another one by now".into()),
            _ => error.into(),
        })
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
        self.put(target, change.body, change.generated).await
    }

    async fn make_once(&self, target: Target<'_>, body: &Value) -> Result<(), Halt> {
        match self.cluster.metadata(&target).await? {
            Some(_) => Ok(()),
            None => self.send(target, body, None).await.map(drop),
        }
    }

    /// Applies what is not there yet.
    pub(super) async fn put(
        &mut self,
        target: Target<'_>,
        body: &Value,
        generated: &[GeneratedKey],
    ) -> Result<(), Halt> {
        if generated.is_empty() {
            return self.send(target, body, None).await.map(drop);
        }
        if let Some(uid) = self.generate_first(target, body, generated).await? {
            return match self.apply_to(target, body, &uid).await {
                Err(error) if error.kind == ErrorKind::Conflict => {
                    Err(Halt::Stale("it was deleted while it was made".into()))
                }
                done => done.map(drop).map_err(Halt::from),
            };
        }
        // The hash comes last: a Secret without its generated values must not look done.
        let made = self.send(target, &without_hash(body), None).await?;
        self.generate(target, (generated, &[]), Some(made)).await?;
        self.send(target, body, None).await.map(drop)
    }

    /// Whether a Namespace is the one that this run has claimed; anything else need not be.
    pub(super) fn claimed_is(&self, target: Target<'_>, meta: &Meta) -> bool {
        let is_namespace = *target.id == ObjectId::namespace(&target.id.name);
        !is_namespace || self.claimed.as_ref().is_none_or(|claimed| *claimed == meta.uid)
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
            self.generate(target, (change.generated, change.kept), None).await?;
            let written = self.send(target, change.body, Some(&precondition.uid)).await?;
            return self.remove(target, written, change.remove).await;
        }
        if let Some(clear) = change.clear {
            if self.check(target, change.body, precondition).await?.is_none() {
                return Ok(());
            }
            self.clear(target, change.body, clear).await?;
            let written = self.send(target, change.body, Some(&precondition.uid)).await?;
            return self.remove(target, written, change.remove).await;
        }
        for _ in 0..TRIES {
            let Some(meta) = self.check(target, change.body, precondition).await? else { return Ok(()) };
            let body = change.body;
            match self.apply_at(target, body, &meta).await {
                Ok(written) => return self.remove(target, written, change.remove).await,
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

    async fn apply_at(&self, target: Target<'_>, body: &Value, meta: &Meta) -> Result<Value, Error> {
        let apply = Apply {
            body,
            manager: MANAGER,
            uid: Some(&meta.uid),
            resource_version: Some(&meta.resource_version),
            dry_run: false,
        };
        self.cluster.apply(&target, &apply).await
    }

    async fn apply_to(&self, target: Target<'_>, body: &Value, uid: &str) -> Result<Value, Error> {
        let apply = Apply { body, manager: MANAGER, uid: Some(uid), resource_version: None, dry_run: false };
        self.cluster.apply(&target, &apply).await
    }

    async fn send(&self, target: Target<'_>, body: &Value, uid: Option<&str>) -> Result<Value, Halt> {
        let apply = Apply { body, manager: MANAGER, uid, resource_version: None, dry_run: false };
        self.cluster.apply(&target, &apply).await.map_err(Halt::from)
    }

    /// Takes out what apply leaves, of the object as `written`.
    async fn remove(&self, target: Target<'_>, written: Value, paths: &[Path]) -> Result<(), Halt> {
        if paths.is_empty() {
            return Ok(());
        }
        self.patch(target, written, &|object| plan::removal(object, paths)).await
    }

    /// Puts ours back in one go with taking out what stands in its way.
    async fn clear(&self, target: Target<'_>, body: &Value, clear: &Clear) -> Result<(), Halt> {
        let Some(object) = self.cluster.get(&target).await? else {
            return Err(Halt::Stale("it was deleted since the plan".into()));
        };
        self.patch(target, object, &|object| plan::clearing(object, body, &clear.restore, &clear.beside)).await
    }

    /// Sends a patch that is bound to a version of the object, again where only the status has moved since.
    async fn patch(
        &self,
        target: Target<'_>,
        mut object: Value,
        patch: &(dyn Fn(&Value) -> Vec<Value> + Sync),
    ) -> Result<(), Halt> {
        let seen = metadata_of(&object).digest();
        for _ in 0..TRIES {
            let patch = patch(&object);
            if patch.is_empty() {
                return Ok(());
            }
            let refused = match self.cluster.patch(&target, &Value::Array(patch), MANAGER).await {
                Ok(_) => return Ok(()),
                // A patch whose places have moved is refused before its version is compared.
                Err(error) if [ErrorKind::Conflict, ErrorKind::Invalid].contains(&error.kind) => error,
                Err(error) => return Err(error.into()),
            };
            let version = metadata_of(&object).resource_version;
            object = match self.cluster.get(&target).await? {
                Some(now) if refused.kind == ErrorKind::Invalid && metadata_of(&now).resource_version == version => {
                    return Err(refused.into());
                }
                Some(now) if metadata_of(&now).digest() == seen => now,
                _ => return Err(Halt::Stale("it was changed while it was written".into())),
            };
        }
        Err(Halt::Stale("it kept changing while it was written".into()))
    }

    async fn delete(
        &self,
        target: Target<'_>,
        precondition: &Precondition,
        propagation: Propagation,
    ) -> Result<(), Halt> {
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
        self.cluster.delete(&target, &precondition.uid, propagation).await.map_err(|error| match error.kind {
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

fn without_hash(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(annotations) = body.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(ANNOTATION_HASH);
    }
    body
}

pub(super) fn uid_of(object: &Value) -> Option<String> {
    object.pointer("/metadata/uid").and_then(Value::as_str).map(str::to_owned)
}

fn is_in_force(quota: &Value) -> bool {
    matches!(readiness(quota), Readiness::Ready)
}
