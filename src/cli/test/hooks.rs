//! Tests by a chart's `helm.sh/hook: test` objects: made, followed to their end, and deleted as their policy says.

use std::sync::Arc;
use std::time::Duration;

use prost::bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::timeout;

use super::record::{Form, Record};
use super::{Ended, seconds};
use crate::cli::args::Test;
use crate::cli::failure::{Exit, Failure};
use crate::cli::inside::{Lines, Room, of};
use crate::cli::render::only_named;
use crate::cluster::inside::Follow;
use crate::cluster::{Apply, Cluster, Error, Propagation, Query, Target};
use crate::manifest::{MANAGER, Resource, builtin, pods};
use crate::plan::{Meta, PodSeen, Readiness, completion};
use crate::release::{self, LABEL_TEST, TestObject};
use crate::report::junit::{TestCase, Verdict};

/// How long between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the last lines of what has ended are waited for.
const LAST: Duration = Duration::from_secs(2);

/// Runs them, one after another.
pub(super) async fn run(room: &Room, options: &Test, record: &mut Record) -> Result<Ended, Failure> {
    let hooks = tests(room)?;
    if hooks.is_empty() {
        return Err(Failure::new(
            Exit::Failed,
            format!("the chart of {} declares no test", room.name),
            "charts/README.md says how: reconcile.dev/test in its Chart.yaml, or an object with helm.sh/hook: test",
        ));
    }
    if !options.args.is_empty() {
        let hint = "leave them out, or declare reconcile.dev/test in the chart's Chart.yaml";
        return Err(Failure::new(Exit::Usage, "the chart's tests are objects, and take no arguments", hint));
    }
    room.inside()?;
    let mut cases = Vec::new();
    let mut ran: Vec<(&TestObject, bool)> = Vec::new();
    for hook in &hooks {
        let test = One::of(room, hook)?;
        test.make().await?;
        if !matches!(hook.kind.kind.as_str(), "Pod" | "Job") {
            ran.push((hook, true));
            continue;
        }
        let began = crate::cli::clock();
        let verdict = test.follow(record).await?;
        let passed = verdict == Verdict::Passed;
        cases.push(TestCase {
            class: room.name.clone(),
            name: hook.id.to_string(),
            seconds: Some(seconds(began, crate::cli::clock())),
            verdict,
        });
        ran.push((hook, passed));
        if !passed {
            break;
        }
    }
    let passed = ran.iter().all(|(_, passed)| *passed);
    for (hook, own) in &ran {
        // As helm does: what succeeded goes when all have.
        let goes = if *own { passed && hook.hook.drops_succeeded() } else { hook.hook.drops_failed() };
        if goes {
            One::of(room, hook)?.drop_own().await?;
        }
    }
    Ok(Ended::Status(i32::from(!passed), Form::Cases(cases)))
}

/// The chart's tests, in their order.
fn tests(room: &Room) -> Result<Vec<TestObject>, Failure> {
    let Some(sandbox) = room.desired.fleet.sandboxes.get(&room.name) else { return Ok(Vec::new()) };
    let copied = only_named(&room.desired.fleet.settings);
    release::tests(sandbox, &room.desired.basis(&copied))
        .map_err(|fault| Failure::new(Exit::Failed, fault.message, fault.hint))
}

/// One object of the tests.
struct One<'a> {
    room: &'a Room,
    object: &'a TestObject,
    resource: Resource,
}

impl<'a> One<'a> {
    fn of(room: &'a Room, object: &'a TestObject) -> Result<Self, Failure> {
        let resource = builtin(&object.kind).ok_or_else(|| {
            let message = format!("{} is of a kind that tests cannot have: {}", object.id, object.kind);
            Failure::new(Exit::Failed, message, "a test is a Pod or a Job, with Kubernetes' own kinds beside it")
        })?;
        Ok(Self { room, object, resource })
    }

    fn target(&self) -> Target<'_> {
        Target { kind: &self.object.kind, resource: &self.resource, id: &self.object.id }
    }

    /// What an earlier run has left goes first; what is not ours is left alone.
    async fn make(&self) -> Result<(), Failure> {
        if self.object.hook.drops_before() {
            self.drop_own().await?;
        }
        let cluster = &*self.room.cluster;
        let found = cluster.metadata(&self.target()).await.map_err(|error| of(&error))?;
        if found.is_some() && !self.is_own().await? {
            let message = format!("{} is there already and is not ours", self.object.id);
            return Err(Failure::new(Exit::Failed, message, "rename it in the chart, or delete it by hand"));
        }
        let body = &self.object.body;
        let uid = found.as_ref().map(|meta| meta.uid.as_str());
        let apply = Apply { body, manager: MANAGER, uid, resource_version: None, dry_run: false };
        match uid {
            Some(_) => cluster.apply(&self.target(), &apply).await,
            None => cluster.make(&self.target(), body, MANAGER).await,
        }
        .map_err(|error| of(&error))?;
        Ok(())
    }

    async fn is_own(&self) -> Result<bool, Failure> {
        let found = self.room.cluster.metadata(&self.target()).await.map_err(|error| of(&error))?;
        let is_own = |meta: &Meta| {
            meta.labels.get(LABEL_TEST) == Some(&self.room.name)
                && meta.applied_by(MANAGER).is_some()
                && meta.controller.is_none()
        };
        Ok(found.as_ref().is_some_and(is_own))
    }

    /// Deletes it where it is ours, and waits for its end.
    async fn drop_own(&self) -> Result<(), Failure> {
        if !self.is_own().await? {
            return Ok(());
        }
        let cluster = &*self.room.cluster;
        let found = cluster.metadata(&self.target()).await.map_err(|error| of(&error))?;
        let Some(meta) = found else { return Ok(()) };
        cluster.delete(&self.target(), &meta.uid, Propagation::Background).await.map_err(|error| of(&error))?;
        loop {
            let left = cluster.metadata(&self.target()).await.map_err(|error| of(&error))?;
            if left.is_none_or(|left| left.uid != meta.uid) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Follows it to its end.
    async fn follow(&self, record: &mut Record) -> Result<Verdict, Failure> {
        let (tell, mut told) = channel::<Bytes>(64);
        let mut followed: Vec<(String, String)> = Vec::new();
        let mut ticks = tokio::time::interval(PAUSE);
        let verdict = loop {
            tokio::select! {
                Some(piece) = told.recv() => record.write(&piece)?,
                _ = ticks.tick() => {
                    let object = self.room.cluster.get(&self.target()).await.map_err(|error| of(&error))?;
                    let Some(object) = object else {
                        break Verdict::Error(format!("{} was deleted while it ran", self.object.id));
                    };
                    for pod in self.pods(&object).await? {
                        for container in pod.containers.iter().filter(|container| container.begun) {
                            let key = (pod.uid.clone(), container.name.clone());
                            if !followed.contains(&key) {
                                followed.push(key);
                                let place = (self.room.namespace.clone(), pod.name.clone(), container.name.clone());
                                tokio::spawn(pass_on(Arc::clone(&self.room.cluster), place, tell.clone()));
                            }
                        }
                    }
                    match completion(&object) {
                        Readiness::Ready => break Verdict::Passed,
                        Readiness::Failed(why) => break Verdict::Failed(why),
                        Readiness::Waiting(_) => {}
                    }
                }
            }
        };
        // What it wrote last is still on its way; that of a container which goes on is not waited for.
        drop(tell);
        while let Ok(Some(piece)) = timeout(LAST, told.recv()).await {
            record.write(&piece)?;
        }
        Ok(verdict)
    }

    /// The pods in which it runs: itself, or those of the Job.
    async fn pods(&self, object: &Value) -> Result<Vec<PodSeen>, Failure> {
        if self.object.kind.kind == "Pod" {
            return Ok(vec![PodSeen::of(object)]);
        }
        let (kind, resource) = pods();
        let selector = format!("job-name={}", self.object.id.name);
        let query =
            Query { kind: &kind, resource: &resource, namespace: Some(&self.room.namespace), selector: &selector };
        let found = self.room.cluster.objects(&query).await.map_err(|error| of(&error))?;
        Ok(found.iter().map(PodSeen::of).collect())
    }
}

/// The log of a container, to its end. That it cannot be read does not fail the test.
async fn pass_on(cluster: Arc<dyn Cluster>, place: (String, String, String), tell: Sender<Bytes>) {
    let (namespace, pod, container) = &place;
    let follow = Follow { namespace, pod, container, on: true, previous: false, since: "", tail: None };
    let Some(inside) = cluster.inside() else { return };
    let lost = |error: &Error| Bytes::from(format!("the log of {pod} cannot be read: {error}\n"));
    let mut lines = match inside.follow(&follow).await {
        Ok(pieces) => Lines::new(pieces),
        // Nobody may listen any more, here and below.
        Err(error) => return drop(tell.send(lost(&error)).await),
    };
    while let Some(line) = lines.next().await {
        let piece = match line {
            Ok(line) => Bytes::from(format!("{}\n", line.text)),
            Err(error) => return drop(tell.send(lost(&error)).await),
        };
        if tell.send(piece).await.is_err() {
            return;
        }
    }
}
