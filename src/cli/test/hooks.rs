//! Tests by a chart's `helm.sh/hook: test` objects: made, followed to their end, and deleted as their policy says.

use std::time::Duration;

use serde_json::Value;

use super::record::{Form, Record};
use super::{Ended, seconds};
use crate::chart::hooks::{Event, Hook};
use crate::cli::args::Test;
use crate::cli::failure::{Exit, Failure};
use crate::cli::inside::{Lines, Room, of};
use crate::cli::render::only_named;
use crate::cluster::inside::Follow;
use crate::cluster::{Apply, Propagation, Query, Target};
use crate::manifest::{HookManifest, MANAGER, Manifest, Resource, builtin, pods};
use crate::plan::{PodSeen, Readiness, completion};
use crate::release;
use crate::report::junit::{TestCase, Verdict};

/// How long between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs them, one after another.
pub(super) async fn run(room: &Room, options: &Test, record: &mut Record<'_>) -> Result<Ended, Failure> {
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
    let mut ran: Vec<(&HookManifest, bool)> = Vec::new();
    for hook in &hooks {
        let test = One::of(room, &hook.manifest)?;
        test.make(&hook.hook).await?;
        if !matches!(hook.manifest.kind.kind.as_str(), "Pod" | "Job") {
            ran.push((hook, true));
            continue;
        }
        let began = crate::cli::clock();
        let verdict = test.follow(record).await?;
        let passed = verdict == Verdict::Passed;
        cases.push(TestCase {
            class: room.name.clone(),
            name: hook.manifest.id.to_string(),
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
            One::of(room, &hook.manifest)?.drop_own().await?;
        }
    }
    Ok(Ended::Status(i32::from(!passed), Form::Cases(cases)))
}

/// The chart's tests, in their order.
fn tests(room: &Room) -> Result<Vec<HookManifest>, Failure> {
    let Some(sandbox) = room.desired.fleet.sandboxes.get(&room.name) else { return Ok(Vec::new()) };
    let copied = only_named(&room.desired.fleet.settings);
    let rendered = release::render(sandbox, &room.desired.basis(&copied))
        .map_err(|fault| Failure::new(Exit::Failed, fault.message, fault.hint))?;
    let mut hooks: Vec<HookManifest> =
        rendered.release.hooks.into_iter().filter(|hook| hook.hook.runs_at(Event::Test)).collect();
    hooks.sort_by(|a, b| (a.hook.weight, &a.manifest.id.name).cmp(&(b.hook.weight, &b.manifest.id.name)));
    Ok(hooks)
}

/// One object of the tests.
struct One<'a> {
    room: &'a Room,
    manifest: &'a Manifest,
    resource: Resource,
}

impl<'a> One<'a> {
    fn of(room: &'a Room, manifest: &'a Manifest) -> Result<Self, Failure> {
        let resource = builtin(&manifest.kind).ok_or_else(|| {
            let message = format!("{} is of a kind that tests cannot have: {}", manifest.id, manifest.kind);
            Failure::new(Exit::Failed, message, "a test is a Pod or a Job, with Kubernetes' own kinds beside it")
        })?;
        Ok(Self { room, manifest, resource })
    }

    fn target(&self) -> Target<'_> {
        Target { kind: &self.manifest.kind, resource: &self.resource, id: &self.manifest.id }
    }

    /// What an earlier run has left goes first; what is not ours is left alone.
    async fn make(&self, hook: &Hook) -> Result<(), Failure> {
        if hook.drops_before() {
            self.drop_own().await?;
        }
        let cluster = &*self.room.cluster;
        let found = cluster.metadata(&self.target()).await.map_err(|error| of(&error))?;
        if found.is_some() && !self.is_own().await? {
            let message = format!("{} is there already and is not ours", self.manifest.id);
            return Err(Failure::new(Exit::Failed, message, "rename it in the chart, or delete it by hand"));
        }
        let body = self.manifest.body();
        let uid = found.as_ref().map(|meta| meta.uid.as_str());
        let apply = Apply { body: &body, manager: MANAGER, uid, resource_version: None, dry_run: false };
        match uid {
            Some(_) => cluster.apply(&self.target(), &apply).await,
            None => cluster.make(&self.target(), &body, MANAGER).await,
        }
        .map_err(|error| of(&error))?;
        Ok(())
    }

    async fn is_own(&self) -> Result<bool, Failure> {
        let owner = self.manifest.owner();
        let found = self.room.cluster.metadata(&self.target()).await.map_err(|error| of(&error))?;
        Ok(found.is_some_and(|meta| meta.is_ours(&owner.fleet) && meta.sandbox() == Some(&owner.sandbox)))
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
    async fn follow(&self, record: &mut Record<'_>) -> Result<Verdict, Failure> {
        let mut told: Vec<(String, String)> = Vec::new();
        loop {
            let object = self.room.cluster.get(&self.target()).await.map_err(|error| of(&error))?;
            let Some(object) = object else {
                return Ok(Verdict::Error(format!("{} was deleted while it ran", self.manifest.id)));
            };
            let judged = completion(&object);
            // What it has written is there before its end is told.
            for pod in self.pods(&object).await? {
                for container in pod.containers.iter().filter(|container| container.begun) {
                    let key = (pod.uid.clone(), container.name.clone());
                    if !told.contains(&key) {
                        told.push(key);
                        self.pass_on(&pod.name, &container.name, record).await?;
                    }
                }
            }
            match judged {
                Readiness::Ready => return Ok(Verdict::Passed),
                Readiness::Failed(why) => return Ok(Verdict::Failed(why)),
                Readiness::Waiting(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// The pods in which it runs: itself, or those of the Job.
    async fn pods(&self, object: &Value) -> Result<Vec<PodSeen>, Failure> {
        if self.manifest.kind.kind == "Pod" {
            return Ok(vec![PodSeen::of(object)]);
        }
        let (kind, resource) = pods();
        let selector = format!("job-name={}", self.manifest.id.name);
        let query =
            Query { kind: &kind, resource: &resource, namespace: Some(&self.room.namespace), selector: &selector };
        let found = self.room.cluster.objects(&query).await.map_err(|error| of(&error))?;
        Ok(found.iter().map(PodSeen::of).collect())
    }

    /// The log of a container, to its end. That it cannot be read does not fail the test.
    async fn pass_on(&self, pod: &str, container: &str, record: &mut Record<'_>) -> Result<(), Failure> {
        let follow = Follow {
            namespace: &self.room.namespace,
            pod,
            container,
            on: true,
            previous: false,
            since: "",
            tail: None,
        };
        let pieces = match self.room.inside()?.follow(&follow).await {
            Ok(pieces) => pieces,
            Err(error) => return record.write(format!("the log of {pod} cannot be read: {error}\n").as_bytes()),
        };
        let mut lines = Lines::new(pieces);
        while let Some(line) = lines.next().await {
            match line {
                Ok(line) => record.write(format!("{}\n", line.text).as_bytes())?,
                Err(error) => return record.write(format!("the log of {pod} breaks off: {error}\n").as_bytes()),
            }
        }
        Ok(())
    }
}
