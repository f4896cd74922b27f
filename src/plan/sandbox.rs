//! What happens to one sandbox that is wanted.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::counted::await_quotas;
use super::extras;
use super::hooks::{Moment, hook_steps};
use super::live::{Extra, Observed};
use super::objects::{Difference, DifferenceKind, difference, differences, holder, unwanted};
use super::record::{Record, kinds_of};
use super::regain::binding_first;
use super::rename::Renames;
use super::show;
use super::state::{Answers, Input, LiveNamespace, Wanted};
use super::types::{Action, Hold, OnFailure, SandboxPlan, Step, Work};
use super::words;
use crate::chart::hooks::Event;
use crate::manifest::{ANNOTATION_RELEASE, Manifest, ObjectId, Resource};

/// What is being deleted for longer than this hangs, and is not waited for.
pub(super) const HANGS: SignedDuration = SignedDuration::from_mins(15);

/// One wanted sandbox and what there is to judge it by.
pub(super) struct Case<'a> {
    pub name: &'a str,
    pub wanted: &'a Wanted,
    pub input: &'a Input,
    pub answers: &'a Answers,
    pub renames: &'a Renames<'a>,
}

/// Why a sandbox is held.
pub(super) struct Held {
    pub hold: Hold,
    pub reason: String,
    pub remedy: String,
}

impl Held {
    pub(super) fn new(hold: Hold, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { hold, reason: reason.into(), remedy: remedy.into() }
    }
}

impl Case<'_> {
    /// The plan of a sandbox that has no namespace yet.
    pub(super) fn create(&self) -> Result<SandboxPlan, Held> {
        self.check_backoff(None)?;
        let mut plan = self.blank(Action::Create, self.asked());
        plan.notes.extend(self.renames.of_new(&self.wanted.namespace)?);
        let left = unwanted(self.wanted, self.name, self.input);
        let left = left.iter().map(|left| self.removal_step(left, self.answers.objects.get(left.id)));
        let left = left.collect::<Result<Vec<_>, _>>()?;
        let mut kinds = kinds_of(&self.wanted.release);
        kinds.extend(left.iter().map(|step| step.kind.clone()));
        let start =
            Record { kinds, owner: self.wanted.owner.clone(), quota: Some(self.wanted.quota), ..self.begun_record() };
        let claim = self.namespace_manifest(&start);
        let diff = show::change(&claim, None, &self.input.key).0;
        plan.steps.push(self.namespace_step(
            Action::Create,
            plan.reason.clone(),
            diff,
            Work::Claim { body: claim.body() },
        ));
        plan.steps.extend(self.hooks(Moment::INSTALL.before)?);
        for manifest in self.wanted.release.manifests.iter() {
            // What needs no namespace may be there already.
            let Some(difference) = difference(manifest, &self.input.live, &start) else { continue };
            if let Some(held) = self.not_ours(&difference) {
                return Err(held);
            }
            if let Some(again) = self.made_again(&difference)? {
                plan.steps.extend(again);
                continue;
            }
            let action = if difference.observed.is_some() { Action::Update } else { Action::Create };
            let resource = self.resource(manifest)?;
            let (diff, _) = show::change(manifest, self.answers.objects.get(&manifest.id), &self.input.key);
            let work = apply(manifest, difference.observed);
            plan.steps.push(step(action, manifest, resource, &plan.reason, diff, work));
        }
        self.await_definitions(&mut plan.steps);
        plan.steps.extend(left);
        binding_first(&mut plan.steps);
        self.add_waits(&mut plan.steps, |_| true);
        plan.steps.extend(self.hooks(Moment::INSTALL.after)?);
        plan.steps.push(self.record_step(Action::Create, &plan.reason, &self.final_record(None), None));
        plan.on_failure = self.if_not_made(None);
        Ok(plan)
    }

    /// The plan of a sandbox that has its namespace.
    pub(super) fn maintain(&self, namespace: &LiveNamespace) -> Result<SandboxPlan, Held> {
        self.check_backoff(Some(namespace))?;
        let differences = differences(self.wanted, self.name, self.input);
        let mut steps = Vec::new();
        for difference in &differences {
            self.check(difference, namespace)?;
            match self.made_again(difference)? {
                Some(again) => steps.extend(again),
                None => steps.push(self.object_step(difference, namespace)?),
            }
        }
        let mut steps = self.free_claims(steps);
        self.await_definitions(&mut steps);
        let finished = namespace.record.release.as_deref() == Some(self.wanted.release.hash.as_str());
        let applied: BTreeSet<ObjectId> = steps.iter().map(|s| s.id.clone()).collect();
        let never_ready = namespace.record.release.is_none() || !finished;
        self.add_waits(&mut steps, |id| never_ready || applied.contains(id));
        let moment = self.moment(namespace, finished);
        if let Some(moment) = moment {
            steps.splice(0..0, self.hooks(moment.before)?);
            steps.extend(self.hooks(moment.after)?);
        }
        binding_first(&mut steps);
        let (action, reason) = self.verdict(namespace, &steps, finished);
        if self.goes_back() && steps.is_empty() {
            return Err(self.backed_off(namespace));
        }
        let mut plan = self.blank(action, reason);
        plan.notes.extend(extras::notes(self.wanted, namespace, self.input, &steps));
        plan.steps = self.with_record(namespace, steps, finished, &mut plan.action, &mut plan.reason);
        plan.on_failure = match moment {
            Some(Moment::INSTALL) => self.if_not_made(Some(namespace)),
            Some(Moment::UPGRADE) => self.if_not_changed(namespace),
            _ => OnFailure::Leave,
        };
        Ok(plan)
    }

    /// Whether this is the generation before one that failed.
    pub(super) fn goes_back(&self) -> bool {
        self.input.going_back.contains(self.name)
    }

    /// The beginning of a step that removes an object, where it is known how.
    pub(super) fn going_step(&self, manifest: &Manifest) -> Option<Step> {
        let resource = self.input.live.resource(&manifest.kind)?.clone();
        Some(step(Action::Remove, manifest, resource, "its creation failed", String::new(), Work::AwaitReady))
    }

    fn hooks(&self, event: Event) -> Result<Vec<Step>, Held> {
        hook_steps(&self.wanted.release, event, &self.input.live)
    }

    /// The moment that this is in the life of a release. Putting back what others changed is none, the record that says
    /// what was applied among it.
    fn moment(&self, namespace: &LiveNamespace, finished: bool) -> Option<Moment> {
        let is_as_written = namespace.observed.hash.as_deref().is_none_or(|hash| hash == namespace.recorded.as_str());
        match (&namespace.record.release, finished || !is_as_written) {
            _ if self.goes_back() => Some(Moment::ROLLBACK),
            (_, true) => None,
            (None, false) => Some(Moment::INSTALL),
            (Some(_), false) => Some(Moment::UPGRADE),
        }
    }

    pub(super) fn blank(&self, action: Action, reason: String) -> SandboxPlan {
        SandboxPlan {
            action,
            reason,
            causes: self.blame().map(|blame| blame.causes.clone()).unwrap_or_default(),
            expires: self.wanted.expires,
            url: self.wanted.url.clone(),
            notes: self.wanted.notes.clone(),
            ..SandboxPlan::blank(self.name, &self.wanted.namespace)
        }
    }

    pub(super) fn resource(&self, manifest: &Manifest) -> Result<Resource, Held> {
        let live = &self.input.live;
        let resource = live.resource(&manifest.kind).filter(|_| !live.unserved.contains(&manifest.kind));
        resource.cloned().ok_or_else(|| {
            Held::new(
                Hold::Broken,
                format!("{} asks for {}, which this cluster does not serve", manifest.source, manifest.kind),
                "install the CustomResourceDefinition, or take the object out of the chart",
            )
        })
    }

    /// What is of a kind that is defined here cannot be made before the server knows the kind.
    fn await_definitions(&self, steps: &mut Vec<Step>) {
        let is_made = |step: &Step| step.action == Action::Create && is_definition(&step.id);
        let Some(last) = steps.iter().rposition(is_made) else { return };
        let made = steps.iter().filter(|step| is_made(step)).map(|step| step.id.clone()).collect::<BTreeSet<_>>();
        let manifests = self.wanted.release.manifests.iter().filter(|m| made.contains(&m.id));
        let waits = manifests.filter_map(|manifest| {
            let resource = self.input.live.resource(&manifest.kind)?.clone();
            let wait = step(Action::Keep, manifest, resource, "", String::new(), Work::AwaitServed);
            Some(Step { quiet: true, ..wait })
        });
        let waits: Vec<Step> = waits.collect();
        steps.splice(last + 1..=last, waits);
    }

    /// Why an object that is there may not be changed.
    fn not_ours(&self, difference: &Difference<'_>) -> Option<Held> {
        let holder = holder(difference, self.name, self.input).map(|holder| {
            Held::new(
                Hold::Safety,
                format!("{} is cluster-scoped, and belongs to sandbox {holder}", difference.id),
                format!(
                    "let its name depend on the namespace, in the chart; where {holder} goes, the next run goes on"
                ),
            )
        });
        holder.or_else(|| not_ours(difference, self.input.now))
    }

    /// What is being deleted is made again when it is gone, as after a run that was killed while it replaced it.
    fn made_again(&self, difference: &Difference<'_>) -> Result<Option<[Step; 2]>, Held> {
        let (DifferenceKind::Deleting, Some(manifest), Some(observed)) =
            (&difference.kind, difference.manifest, difference.observed)
        else {
            return Ok(None);
        };
        let resource = self.resource(manifest)?;
        let reason = format!("it is being deleted, by whom is not recorded; {}", self.asked_by(manifest));
        let (diff, _) = show::change(manifest, None, &self.input.key);
        let gone = Work::AwaitGone { uid: observed.precondition.uid.clone() };
        let wait = step(Action::Keep, manifest, resource.clone(), &reason, String::new(), gone);
        let make = step(Action::Create, manifest, resource, &reason, diff, apply(manifest, None));
        Ok(Some([Step { quiet: true, ..wait }, make]))
    }

    pub(super) fn check(&self, difference: &Difference<'_>, namespace: &LiveNamespace) -> Result<(), Held> {
        match (self.not_ours(difference), &difference.kind) {
            (Some(held), _) => Err(held),
            (None, DifferenceKind::Missing | DifferenceKind::Deleting | DifferenceKind::KeysLost(_)) => {
                self.check_generated(difference, namespace)
            }
            (None, _) => Ok(()),
        }
    }

    /// The waits for new quotas; after all, those for what was touched.
    fn add_waits(&self, steps: &mut Vec<Step>, touched: impl Fn(&ObjectId) -> bool) {
        await_quotas(steps);
        for manifest in self.wanted.release.manifests.iter().filter(|m| is_awaited(m) && touched(&m.id)) {
            if let Some(resource) = self.input.live.resource(&manifest.kind) {
                let wait = step(Action::Keep, manifest, resource.clone(), "", String::new(), Work::AwaitReady);
                steps.push(Step { quiet: true, ..wait });
            }
        }
    }

    fn verdict(&self, namespace: &LiveNamespace, steps: &[Step], finished: bool) -> (Action, String) {
        let changes: Vec<&Step> = steps.iter().filter(|s| s.work.is_change()).collect();
        if self.goes_back() {
            let commit = namespace.record.commit.as_deref().map_or("its last generation", words::short);
            return (Action::Update, format!("its update failed, so it goes back to {commit}"));
        }
        if namespace.record.release.is_none() {
            return (Action::Create, format!("an earlier run did not finish; {}", self.asked()));
        }
        if !finished {
            let drift = &namespace.observed.drift;
            if changes.iter().any(|step| step.action == Action::Replace) {
                return (Action::Replace, self.asked());
            }
            let is_asked = changes.iter().any(|step| !matches!(step.action, Action::Correct | Action::Adopt));
            if !is_asked && drift.iter().any(|drift| drift.path.contains(ANNOTATION_RELEASE)) {
                return (Action::Correct, words::drifts(drift));
            }
            return (Action::Update, self.asked());
        }
        let named = |steps: &[&Step]| words::some(&steps.iter().map(|s| s.id.to_string()).collect::<Vec<_>>());
        if changes.is_empty() && self.input.live.unseen.contains(self.name) {
            (Action::Keep, "its release is the one that was applied last; its objects were not looked at".into())
        } else if changes.is_empty() {
            (Action::Keep, "nothing differs".into())
        } else if changes.iter().all(|s| s.action == Action::Adopt) {
            (Action::Adopt, format!("as wanted, but not all ours: {}", named(&changes)))
        } else {
            (Action::Correct, format!("changed by others: {}", named(&changes)))
        }
    }
}

pub(super) fn apply(manifest: &Manifest, observed: Option<&Observed>) -> Work {
    if observed.is_none() && manifest.is_of_crds() {
        return Work::MakeOnce { body: manifest.body() };
    }
    Work::Apply {
        body: manifest.body(),
        precondition: observed.map(|o| o.precondition.clone()),
        generated: manifest.generated.clone(),
        kept: observed.map(|o| o.generated.kept.clone()).unwrap_or_default(),
        clear: None,
        remove: Vec::new(),
    }
}

/// A reason, and after it what others added.
pub(super) fn with_added(reason: String, added: &[&Extra]) -> String {
    match (reason.is_empty(), added.is_empty()) {
        (_, true) => reason,
        (true, false) => extras::reason(added),
        (false, false) => format!("{reason}; {}", extras::reason(added)),
    }
}

pub(super) fn step(
    action: Action,
    manifest: &Manifest,
    resource: Resource,
    reason: &str,
    diff: String,
    work: Work,
) -> Step {
    Step {
        action,
        id: manifest.id.clone(),
        kind: manifest.kind.clone(),
        resource,
        reason: reason.to_owned(),
        drift: Vec::new(),
        diff,
        quiet: false,
        work,
    }
}

/// Whether it defines a kind.
pub(crate) fn is_definition(id: &ObjectId) -> bool {
    id.group == "apiextensions.k8s.io" && id.kind == "CustomResourceDefinition"
}

/// Kinds whose readiness is waited for.
fn is_awaited(manifest: &Manifest) -> bool {
    matches!(
        (manifest.kind.group.as_str(), manifest.kind.kind.as_str()),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet") | ("batch", "Job") | ("", "PersistentVolumeClaim" | "Pod")
    )
}

/// Why an object that is there may not be changed.
fn not_ours(difference: &Difference<'_>, now: Timestamp) -> Option<Held> {
    let hangs = |observed: &Observed| {
        let since = observed.deleting.filter(|since| observed.was_ours && now.duration_since(*since) < HANGS);
        since.is_none()
    };
    match &difference.kind {
        DifferenceKind::Foreign => Some(Held::new(
            Hold::Safety,
            format!("{} is there already and is not ours", difference.id),
            format!("rename it in the chart, or delete it by hand: {}", delete_command(difference.id)),
        )),
        DifferenceKind::Deleting if difference.observed.is_none_or(hangs) => {
            let observed = difference.observed;
            let since = observed.and_then(|observed| observed.deleting);
            let age = since.map(|since| format!(" for {}, since {since}", words::span(since, now))).unwrap_or_default();
            let kept = match observed.map(|observed| observed.finalizers.as_slice()) {
                Some([_, ..]) => {
                    format!(", kept by finalizer {}", observed.map(|o| o.finalizers.join(", ")).unwrap_or_default())
                }
                _ => String::new(),
            };
            Some(Held::new(
                Hold::Policy,
                format!("{} is being deleted{age}{kept}", difference.id),
                "see to whoever has to take the finalizer off; a later run goes on when it is gone",
            ))
        }
        _ => None,
    }
}

fn delete_command(id: &ObjectId) -> String {
    let namespace = id.namespace.as_deref().map(|n| format!(" -n {n}")).unwrap_or_default();
    format!("kubectl{namespace} delete {} {}", id.kind.to_lowercase(), id.name)
}
