//! What has to be asked of the cluster before every change can be judged.

use std::collections::BTreeSet;

use super::decide::{standing, wanted};
use super::extras::to_remove;
use super::objects::{DifferenceKind, beside, differences, unwanted};
use super::state::{Input, LiveNamespace, Question, Source};
use crate::manifest::ObjectId;

/// What has to be asked before [`super::plan`] can judge every change.
#[derive(Clone, Debug, Default)]
pub struct Questions<'a> {
    /// Objects to dry-run, and to read where they are there.
    pub objects: Vec<Question<'a>>,
    /// Objects that go, to show what goes; and namespaces that others changed, to show from what to what.
    pub removed: Vec<&'a ObjectId>,
    /// Namespaces whose volume claims are to be counted.
    pub claims: BTreeSet<String>,
    /// Namespaces that are being deleted: what keeps them.
    pub ending: BTreeSet<String>,
    /// Namespaces that go, or may: the volumes of their claims that would stay.
    pub going: BTreeSet<String>,
}

impl Questions<'_> {
    /// Leaves only what concerns one sandbox.
    pub fn keep_only(&mut self, name: &str, input: &Input) {
        let Some(source) = input.sources.get(name) else { return *self = Self::default() };
        let namespace = source.namespace();
        let here = |id: &ObjectId| match &id.namespace {
            Some(own) => own == namespace,
            None if *id == ObjectId::namespace(namespace) => true,
            None => match source {
                Source::Wanted(wanted) => wanted.release.objects().any(|manifest| manifest.id == *id),
                Source::Broken { .. } => false,
            },
        };
        self.objects.retain(|question| here(&question.manifest.id));
        self.removed.retain(|id| here(id) || input.live.objects.get(id).is_some_and(|o| o.sandbox == name));
        for names in [&mut self.claims, &mut self.ending, &mut self.going] {
            names.retain(|own| own == namespace);
        }
    }
}

/// The questions of an input; none when nothing differs.
pub fn questions(input: &Input) -> Questions<'_> {
    let mut questions = Questions::default();
    let asked: BTreeSet<&str> = input.sources.values().map(Source::namespace).collect();
    let is_chosen = |sandbox: &str| input.policy.chosen.has(sandbox);
    for (name, namespace) in input.live.namespaces.iter().filter(|(_, live)| is_chosen(live.sandbox())) {
        if namespace.observed.deleting.is_some() && namespace.observed.was_ours {
            questions.ending.insert(name.clone());
        } else if namespace.observed.ours && !asked.contains(name.as_str()) {
            questions.going.insert(name.clone());
        }
    }
    let over = wanted(input).filter(|(name, wanted)| is_chosen(name) && wanted.is_over(input.now));
    for (_, wanted) in over {
        let lives = |namespace: &LiveNamespace| namespace.observed.was_ours && namespace.observed.deleting.is_none();
        if input.live.namespaces.get(&wanted.namespace).is_some_and(lives) {
            questions.going.insert(wanted.namespace.clone());
        }
    }
    for (name, wanted) in wanted(input) {
        let Some(namespace) = input.live.namespaces.get(&wanted.namespace) else {
            questions.removed.extend(unwanted(wanted, name, input).iter().map(|difference| difference.id));
            continue;
        };
        if standing(name, wanted, namespace, input).is_err() || wanted.is_over(input.now) {
            continue;
        }
        let added = to_remove(&namespace.observed, wanted, &input.policy);
        if !namespace.observed.drift.is_empty() || !added.is_empty() {
            questions.removed.push(&namespace.observed.id);
        }
        for difference in differences(wanted, name, input) {
            match (&difference.kind, difference.manifest) {
                (DifferenceKind::Deleting, Some(manifest)) if !manifest.generated.is_empty() => {
                    questions.claims.extend(manifest.id.namespace.clone());
                }
                (DifferenceKind::Foreign | DifferenceKind::Deleting, _) => {}
                (DifferenceKind::Unwanted, _) => questions.removed.push(difference.id),
                (kind, Some(manifest)) => {
                    let present = *kind != DifferenceKind::Missing;
                    let observed = difference.observed.filter(|_| *kind == DifferenceKind::Drifted);
                    questions.objects.push(Question {
                        manifest,
                        present,
                        drifted: observed.map(|o| o.drift.iter().map(|d| d.at.clone()).collect()).unwrap_or_default(),
                        beside: observed.map(beside).unwrap_or_default(),
                    });
                    let loses = matches!(kind, DifferenceKind::Missing | DifferenceKind::KeysLost(_));
                    if loses && !manifest.generated.is_empty() {
                        questions.claims.extend(manifest.id.namespace.clone());
                    }
                }
                (_, None) => {}
            }
        }
    }
    questions
}
