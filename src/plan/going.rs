//! The steps of a removal: delete hooks, what is in no namespace, the namespace with all that is in it, and the end of it.

use serde_json::json;

use super::hooks::{has_hooks, hook_steps};
use super::live::Observed;
use super::objects::owned_objects;
use super::sandbox::Held;
use super::state::{Answers, Input, LiveNamespace};
use super::types::{Action, Hold, Step, Work};
use crate::chart::hooks::Event;
use crate::chart::sort_for_uninstall;
use crate::manifest::{
    ANNOTATION_DELETE_HOOKS, Kind, Manifest, ObjectId, Owner, Release, Resource, Stamp, builtin, namespaces,
};
use crate::release::is_account_binding;

/// A sandbox that goes.
pub(super) struct Going<'a> {
    pub sandbox: &'a str,
    pub namespace: &'a LiveNamespace,
    /// What was applied, where a file still says so.
    pub release: Option<&'a Release>,
    pub input: &'a Input,
    pub answers: &'a Answers,
}

/// Cluster-scoped objects go before their namespace, which takes everything in it along: its record alone tells where
/// to look for them. Their end is waited for after it, as something in it may keep them.
pub(super) fn removal_steps(going: &Going<'_>, reason: &str) -> Result<Vec<Step>, Held> {
    let Going { sandbox, namespace, input, .. } = going;
    let mut steps = going.hooks()?;
    let volumes = going.volumes(reason);
    let last_of_all: Vec<Step> = volumes.iter().filter_map(end_of_volume).collect();
    steps.extend(volumes);
    let objects = owned_objects(sandbox, &namespace.observed.id.name, &input.live);
    let outside: Vec<Step> = objects
        .filter(|o| o.id.namespace.is_none() && o.deleting.is_none() && !namespace.record.spares(o))
        .filter_map(|observed| {
            let (kind, resource) = input.live.served(&observed.id)?;
            Some(removal(kind.clone(), resource.clone(), reason, observed))
        })
        .collect();
    let ends: Vec<Step> = outside.iter().filter_map(end_of).collect();
    steps.extend(outside);
    let (kind, resource) = namespaces();
    let mut last = removal(kind, resource, reason, &namespace.observed);
    if let Work::Delete { awaited, hurried, .. } = &mut last.work {
        (*awaited, *hurried) = (true, true);
    }
    steps.push(last);
    steps.extend(ends);
    steps.extend(last_of_all);
    Ok(steps)
}

/// What of a removal is not known.
pub(super) fn removal_note(namespace: &LiveNamespace, answers: &Answers) -> Option<String> {
    let why = answers.volumes.get(&namespace.observed.id.name)?.as_ref().err()?;
    Some(format!("whether volumes of it are retained, and left behind, is not known: {why}"))
}

impl Going<'_> {
    /// Its delete hooks. Those that run after it has gone do so while their namespace is still there: what the release
    /// has in it goes before them, object by object.
    fn hooks(&self) -> Result<Vec<Step>, Held> {
        let record = &self.namespace.record;
        if record.delete_hooks.is_empty() {
            return Ok(Vec::new());
        }
        let release = match (self.release, self.input.former.get(&self.namespace.observed.id.name)) {
            (Some(release), _) | (None, Some(Ok(release))) => release,
            (None, Some(Err(why))) => return Err(self.without_hooks(why)),
            (None, None) => return Err(self.without_hooks("what was applied is not known")),
        };
        let live = &self.input.live;
        let mut steps = hook_steps(release, Event::PreDelete, live)?;
        if has_hooks(release, Event::PostDelete) {
            // What gives this account its rights there goes with the namespace.
            let goes = |m: &&Manifest| m.id.namespace.is_some() && !is_account_binding(m);
            let mut objects: Vec<&Manifest> = release.manifests.iter().filter(goes).collect();
            sort_for_uninstall(&mut objects, |manifest| manifest.kind.kind.as_str());
            steps.extend(objects.into_iter().filter_map(|manifest| self.drop_step(manifest)));
            steps.extend(hook_steps(release, Event::PostDelete, live)?);
        }
        Ok(steps)
    }

    fn drop_step(&self, manifest: &Manifest) -> Option<Step> {
        let owner = Owner { fleet: self.input.fleet_id.clone(), sandbox: self.sandbox.to_owned() };
        Some(Step {
            action: Action::Remove,
            id: manifest.id.clone(),
            kind: manifest.kind.clone(),
            resource: self.input.live.resource(&manifest.kind)?.clone(),
            reason: "before its post-delete hooks".to_owned(),
            drift: Vec::new(),
            diff: String::new(),
            quiet: true,
            work: Work::Drop { owner, awaited: true },
        })
    }

    /// Volumes that would stay without their claims. They are taken over while their claims are still there, which says
    /// whose they are; what a provisioner made goes by its hand, with what is behind it.
    fn volumes(&self, reason: &str) -> Vec<Step> {
        let Self { sandbox, namespace, input, answers, .. } = self;
        let kind = Kind::new("v1", "PersistentVolume");
        let found = answers.volumes.get(&namespace.observed.id.name);
        let (Some(Ok(volumes)), Some(resource)) = (found, builtin(&kind)) else { return Vec::new() };
        let owner = Owner { fleet: input.fleet_id.clone(), sandbox: (*sandbox).to_owned() };
        let mut steps = Vec::new();
        for volume in volumes {
            let id = ObjectId::new(&kind, None, &volume.name);
            // One of the chart's own goes as all that is in no namespace.
            if input.live.objects.get(&id).is_some_and(|observed| observed.ours) {
                continue;
            }
            let mut body = json!({
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": { "name": volume.name },
            });
            if volume.provisioned {
                body["spec"] = json!({ "persistentVolumeReclaimPolicy": "Delete" });
            }
            let stamp = Stamp { owner: &owner, source: "reconcile", generated: Vec::new() };
            let body = Manifest::new(kind.clone(), id.clone(), body, stamp).body();
            let take = Step {
                action: Action::Remove,
                id,
                kind: kind.clone(),
                resource: resource.clone(),
                reason: format!("its class retains the volume of claim {}, which goes too; {reason}", volume.claim),
                drift: Vec::new(),
                diff: String::new(),
                quiet: false,
                work: Work::Apply {
                    body,
                    precondition: Some(volume.precondition.clone()),
                    generated: Vec::new(),
                    kept: Vec::new(),
                    clear: None,
                    remove: Vec::new(),
                },
            };
            if volume.provisioned {
                steps.push(take);
            } else {
                let work = Work::Drop { owner: owner.clone(), awaited: false };
                steps.push(take.clone());
                steps.push(Step { quiet: true, work, ..take });
            }
        }
        steps
    }

    fn without_hooks(&self, why: &str) -> Held {
        let hooks = self.namespace.record.delete_hooks.iter().cloned().collect::<Vec<_>>().join(", ");
        let name = &self.namespace.observed.id.name;
        Held::new(
            Hold::Broken,
            format!("its delete hooks ({hooks}) cannot be run: {why}"),
            format!("see to that, or give them up: kubectl annotate namespace {name} {ANNOTATION_DELETE_HOOKS}-"),
        )
    }
}

/// The wait for the end of a volume, when its claim has gone.
fn end_of_volume(step: &Step) -> Option<Step> {
    let Work::Apply { precondition: Some(precondition), .. } = &step.work else { return None };
    Some(Step { quiet: true, work: Work::AwaitGone { uid: precondition.uid.clone() }, ..step.clone() })
}

/// The wait for the end of what a step deletes.
pub(super) fn end_of(step: &Step) -> Option<Step> {
    let Work::Delete { precondition, .. } = &step.work else { return None };
    Some(Step { quiet: true, work: Work::AwaitGone { uid: precondition.uid.clone() }, ..step.clone() })
}

pub(super) fn removal(kind: Kind, resource: Resource, reason: &str, observed: &Observed) -> Step {
    Step {
        action: Action::Remove,
        id: observed.id.clone(),
        kind,
        resource,
        reason: reason.to_owned(),
        drift: Vec::new(),
        diff: String::new(),
        quiet: false,
        work: Work::Delete { precondition: observed.precondition.clone(), awaited: false, hurried: false },
    }
}
