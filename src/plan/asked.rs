//! Who made a sandbox and its objects what they become: the words for it.

use serde_json::Value;

use super::cause::{self, Blame, Cause};
use super::live::Observed;
use super::objects::{Difference, DifferenceKind};
use super::sandbox::Case;
use super::state::Answer;
use super::values::{self, Drifted};
use crate::manifest::{Manifest, ObjectId};

impl Case<'_> {
    pub(super) fn blame(&self) -> Option<&Blame> {
        self.answers.history.get(&self.wanted.namespace)
    }

    /// Which files made the sandbox so, and whose commits.
    pub(super) fn asked(&self) -> String {
        match self.blame() {
            Some(Blame { remark: Some(remark), .. }) => remark.clone(),
            Some(blame) if !blame.causes.is_empty() => {
                format!("asked for by {}", cause::sentences(&blame.causes.iter().collect::<Vec<_>>()))
            }
            _ => format!("asked for by {}", self.wanted.origin),
        }
    }

    /// The file that decides about its expiry, and that file's commit.
    pub(super) fn dated(&self) -> String {
        match self.blame().and_then(|blame| blame.causes.first()) {
            Some(cause) => format!("by {}", cause::sentence(cause)),
            None => format!("by {}", self.wanted.origin),
        }
    }

    /// The template that makes an object, unless it is what changed, and who asked for it.
    pub(super) fn asked_by(&self, manifest: &Manifest) -> String {
        let below = manifest.source.split_once('/').map_or(&*manifest.source, |(_, below)| below);
        let is_cause = |cause: &Cause| cause.path.strip_suffix(below).is_some_and(|chart| chart.ends_with('/'));
        let causes = self.blame().map(|blame| blame.of_object(&manifest.id)).unwrap_or_default();
        let asked = self.asked_of(&manifest.id);
        if causes.into_iter().any(is_cause) { asked } else { format!("{}, {asked}", manifest.source) }
    }

    /// The same of one object.
    pub(super) fn asked_of(&self, id: &ObjectId) -> String {
        match self.blame().map(|blame| blame.of_object(id)) {
            Some(causes) if !causes.is_empty() => format!("asked for by {}", cause::sentences(&causes)),
            _ => self.asked(),
        }
    }

    /// What others changed of an object that is to be as it was applied.
    pub(super) fn drifted(
        &self,
        difference: &Difference<'_>,
        manifest: &Manifest,
        answer: Option<&Answer>,
    ) -> Vec<Drifted> {
        let live = answer.and_then(|a| a.live.as_ref());
        match difference.observed.filter(|_| difference.kind == DifferenceKind::Drifted) {
            Some(observed) => values::drifted(&manifest.body(), live, &observed.drift, &self.input.key),
            None => Vec::new(),
        }
    }

    /// What others changed of the namespace itself.
    pub(super) fn namespace_drift(&self, observed: &Observed, wanted: &Value) -> Vec<Drifted> {
        let live = self.answers.objects.get(&observed.id).and_then(|a| a.live.as_ref());
        values::drifted(wanted, live, &observed.drift, &self.input.key)
    }
}
