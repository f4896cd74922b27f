//! Objects that are deleted and made again, because the change cannot be made in place.

use std::collections::BTreeSet;

use super::immutable::{claims_used, holds_data, immutable_changes, loss};
use super::objects::Difference;
use super::sandbox::{Case, Held, apply, step};
use super::show;
use super::state::{Answer, DryRun};
use super::types::{Action, Hold, Step, Work};
use super::words;
use crate::manifest::{Manifest, ObjectId, Resource};

impl Case<'_> {
    /// The step that replaces an object, where it cannot become what is wanted otherwise. Where the server was asked, it
    /// is believed.
    pub(super) fn replacement(
        &self,
        difference: &Difference<'_>,
        manifest: &Manifest,
        resource: &Resource,
        answer: Option<&Answer>,
    ) -> Result<Option<Step>, Held> {
        let Some((answer, observed)) = answer.zip(difference.observed) else { return Ok(None) };
        let Some(live) = &answer.live else { return Ok(None) };
        let paths = match &answer.dry_run {
            DryRun::Replaced(_) | DryRun::Local(_) => immutable_changes(manifest, live, None),
            _ => return Ok(None),
        };
        if paths.is_empty() && !matches!(answer.dry_run, DryRun::Replaced(_)) {
            return Ok(None);
        }
        let id = &manifest.id;
        let paths: Vec<String> = paths.iter().map(|path| format!(".{path}")).collect();
        let what = if paths.is_empty() { "what differs".to_owned() } else { words::some(&paths) };
        let lost = loss(id, Some(live));
        if holds_data(id, Some(live)) && !self.wanted.may_replace {
            return Err(Held::new(
                Hold::Safety,
                format!(
                    "{what} of {id} ({}) cannot be changed in place, and where it is replaced {lost}",
                    manifest.source
                ),
                format!("put the old value back; or, if that is meant, `replace = \"allow\"` in {}", self.wanted.path),
            ));
        }
        let (diff, local) = show::change(manifest, Some(answer), &self.input.key);
        let reason = format!("{what} cannot be changed in place; {lost}; {}", self.asked_by(manifest));
        let reason = local.map_or(reason.clone(), |why| format!("local diff ({why}); {reason}"));
        let work = Work::Replace {
            body: manifest.body(),
            precondition: observed.precondition.clone(),
            generated: manifest.generated.clone(),
        };
        Ok(Some(step(Action::Replace, manifest, resource.clone(), &reason, diff, work)))
    }

    /// A volume claim goes only when no pod uses it any more: what has such pods goes before, and is made again after.
    pub(super) fn free_claims(&self, steps: Vec<Step>) -> Vec<Step> {
        let is_claim = |step: &&Step| step.id.group.is_empty() && step.id.kind == "PersistentVolumeClaim";
        let replaced = |step: &&Step| matches!(step.work, Work::Replace { .. });
        let claims: BTreeSet<&str> =
            steps.iter().filter(is_claim).filter(replaced).map(|step| step.id.name.as_str()).collect();
        if claims.is_empty() {
            return steps;
        }
        let is_user = |manifest: &&Manifest| {
            manifest.mentions("claimName") && claims_used(&manifest.body()).iter().any(|claim| claims.contains(claim))
        };
        let users: Vec<&Manifest> = self.wanted.release.manifests.iter().filter(is_user).collect();
        let ids: BTreeSet<&ObjectId> = users.iter().map(|manifest| &manifest.id).collect();
        let reason = format!("its pods use volume claim {}", claims.iter().copied().collect::<Vec<_>>().join(", "));
        let mut all = Vec::new();
        for manifest in users.iter().rev().filter(|manifest| self.input.live.objects.has(manifest)) {
            let Some(resource) = self.input.live.resource(&manifest.kind) else { continue };
            let work = Work::Drop { owner: manifest.owner().clone(), awaited: true };
            all.push(step(Action::Remove, manifest, resource.clone(), &reason, String::new(), work));
        }
        all.extend(steps.into_iter().filter(|step| !ids.contains(&step.id)));
        for manifest in users {
            let Some(resource) = self.input.live.resource(&manifest.kind) else { continue };
            let work = apply(manifest, None);
            all.push(step(Action::Create, manifest, resource.clone(), &reason, String::new(), work));
        }
        all
    }
}
