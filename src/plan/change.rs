//! What is done to one object that differs, and why.

use super::extras;
use super::lost::has_copies;
use super::objects::{Difference, DifferenceKind, beside};
use super::removal::in_the_way;
use super::sandbox::{Case, Held, apply, step, with_added};
use super::show;
use super::state::{Answer, DryRun, LiveNamespace};
use super::survivors::survivors;
use super::types::{Action, Clear, Hold, Step, Work};
use super::values;
use super::words;
use crate::manifest::{Manifest, field_path};

impl Case<'_> {
    pub(super) fn object_step(&self, difference: &Difference<'_>, namespace: &LiveNamespace) -> Result<Step, Held> {
        let answer = self.answers.objects.get(difference.id);
        let Some(manifest) = difference.manifest else {
            return self.removal_step(difference, answer);
        };
        let resource = self.resource(manifest)?;
        if let Some(DryRun::Refused(message)) = answer.map(|a| &a.dry_run) {
            return Err(Held::new(
                Hold::Broken,
                format!("{} ({}) would be refused: {message}", manifest.id, manifest.source),
                "mend the chart or the values; the sandbox stays as it is until then",
            ));
        }
        if let Some(step) = self.replacement(difference, manifest, &resource, answer)? {
            return Ok(step);
        }
        if let Some(DryRun::Unknown(message)) = answer.map(|a| &a.dry_run) {
            return Err(Held::new(
                Hold::Broken,
                format!("what {} would become could not be told: {message}", manifest.id),
                "see whether the cluster is well; the next run tries again",
            ));
        }
        let body = manifest.body();
        let added =
            difference.observed.map(|o| extras::to_remove(o, self.wanted, &self.input.policy)).unwrap_or_default();
        let mut work = apply(manifest, difference.observed);
        let mut taken = extras::paths(&added);
        if let (Work::Apply { clear, remove, .. }, Some(answer)) = (&mut work, answer) {
            if let (Some(live), DryRun::Server(dry) | DryRun::Cleared(dry)) = (&answer.live, &answer.dry_run) {
                taken.extend(survivors(live, dry, &body));
            }
            if let (Some(live), DryRun::Cleared(_), Some(observed)) =
                (&answer.live, &answer.dry_run, difference.observed)
            {
                let restore: Vec<_> = observed.drift.iter().map(|drift| drift.at.clone()).collect();
                let beside = in_the_way(live, &body, &restore, &beside(observed));
                *clear = Some(Clear { restore, beside });
            }
            remove.clone_from(&taken);
        }
        let key = &self.input.key;
        let (diff, local) = match answer {
            Some(answer) if !taken.is_empty() => show::removing(manifest, answer, &taken, key),
            _ => show::change(manifest, answer, key),
        };
        let drift = self.drifted(difference, manifest, answer);
        let (action, mut reason) = self.object_verdict(difference, manifest, answer, namespace);
        reason = with_added(reason, &added);
        if let Work::Apply { clear: Some(clear), .. } = &work {
            let paths: Vec<String> = clear.beside.iter().map(|path| field_path(path)).collect();
            reason = format!("{reason}; {} stands in its way, and goes", words::some(&paths));
        }
        let action = if added.is_empty() || action == Action::Update { action } else { Action::Correct };
        if let Some(why) = local {
            reason = format!("local diff ({why}); {reason}");
        }
        Ok(Step { drift, ..step(action, manifest, resource, &reason, diff, work) })
    }

    fn object_verdict(
        &self,
        difference: &Difference<'_>,
        manifest: &Manifest,
        answer: Option<&Answer>,
        namespace: &LiveNamespace,
    ) -> (Action, String) {
        let known = namespace.record.release.as_deref() == Some(self.wanted.release.hash.as_str());
        let asked = self.asked_by(manifest);
        match &difference.kind {
            DifferenceKind::Missing if known => (Action::Create, "it was deleted, by whom is not recorded".to_owned()),
            DifferenceKind::Missing => (Action::Create, asked),
            DifferenceKind::KeysLost(keys) if self.has_values(difference) => {
                (Action::Adopt, format!("as wanted, but nobody owns generated {} any more", words::some(keys)))
            }
            DifferenceKind::KeysLost(keys) if has_copies(difference, manifest) => (
                Action::Correct,
                format!(
                    "generated {} lost, by whom is not recorded; made again from the keys that hold it",
                    words::some(keys)
                ),
            ),
            DifferenceKind::KeysLost(keys) => (
                Action::Correct,
                format!("generated {} lost, by whom is not recorded, and no volume lives", words::some(keys)),
            ),
            DifferenceKind::Drifted => {
                let said = values::sentences(&self.drifted(difference, manifest, answer));
                if answer.is_some_and(|a| show::is_same(manifest, a)) {
                    (Action::Adopt, format!("as wanted, but not ours any more: {said}"))
                } else {
                    (Action::Correct, said)
                }
            }
            DifferenceKind::Extras => (Action::Correct, String::new()),
            _ => (Action::Update, asked),
        }
    }

    pub(super) fn removal_step(&self, difference: &Difference<'_>, answer: Option<&Answer>) -> Result<Step, Held> {
        // A difference without a manifest is of an observed object, by construction; held if that ever changes.
        let Some(observed) = difference.observed else {
            return Err(Held::new(Hold::Broken, format!("{} was not observed", difference.id), "report this"));
        };
        let Some((kind, resource)) = self.input.live.served(&observed.id) else {
            return Err(Held::new(Hold::Broken, format!("the kind of {} is not served", observed.id), "report this"));
        };
        Ok(Step {
            action: Action::Remove,
            id: observed.id.clone(),
            kind: kind.clone(),
            resource: resource.clone(),
            reason: format!("no longer in the release, {}", self.asked_of(&observed.id)),
            drift: Vec::new(),
            diff: show::removal(&observed.id, answer.and_then(|a| a.live.as_ref()), &self.input.key),
            quiet: false,
            work: Work::Delete { precondition: observed.precondition.clone(), awaited: true, hurried: false },
        })
    }
}
