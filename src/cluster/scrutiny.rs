//! Which objects are looked at: all of them, or, where drift is skipped, those of sandboxes that differ by their release.

use std::collections::{BTreeMap, BTreeSet};

use super::survey::{Sources, Survey};
use crate::manifest::{Kind, Resource, Scope};
use crate::plan::{DriftMode, LiveNamespace, Source};

/// Whose objects are looked at, and in which kinds.
#[derive(Default)]
pub(super) struct Scrutiny<'k> {
    /// Sandboxes whose objects are not looked at.
    pub unseen: BTreeSet<String>,
    /// The kinds of wanted releases.
    pub wanted: BTreeSet<&'k Kind>,
    /// The kinds that live sandboxes have or had.
    pub recorded: BTreeSet<&'k Kind>,
    /// Those of all of them whose objects are listed wherever they live; of the others only what is cluster-scoped.
    everywhere: BTreeSet<&'k Kind>,
    /// Only the objects of these sandboxes are listed.
    pub names: Option<Vec<String>>,
}

impl<'k> Scrutiny<'k> {
    /// More names than this make a selector that is longer than it is worth.
    const NAMES: usize = 50;

    pub fn of(survey: &Survey<'_>, sources: &'k Sources, namespaces: &'k BTreeMap<String, LiveNamespace>) -> Self {
        let skip = survey.drift == DriftMode::Skip;
        let mut scope = Self::default();
        let mut names = BTreeSet::new();
        // What is in no namespace is looked for in the kinds of all shards.
        let of_a_shard = survey.chosen.shard.is_some() && !skip;
        let is_left_out = |name: &str| !survey.chosen.has(name);
        for (name, wanted) in sources.iter().filter_map(|(name, source)| Some((name, source.wanted()?))) {
            let namespace = namespaces.get(&wanted.namespace);
            let is_over = wanted.is_over(survey.now);
            let is_same = namespace.is_some_and(|n| n.record.release.as_deref() == Some(wanted.release.hash.as_str()));
            let kinds = wanted.release.objects().map(|m| &m.kind);
            let is_out = is_left_out(name);
            if is_out || (skip && is_same && !is_over) {
                scope.unseen.insert(name.clone());
                if is_out && of_a_shard {
                    scope.wanted.extend(kinds);
                }
                continue;
            }
            if !skip || (namespace.is_some() && !is_over) {
                scope.everywhere.extend(kinds.clone());
            }
            if !is_over || namespace.is_some() || !skip {
                scope.wanted.extend(kinds);
                names.insert(name.clone());
            }
        }
        for namespace in namespaces.values() {
            let name = namespace.sandbox();
            if is_left_out(name) || scope.unseen.contains(name) {
                if of_a_shard {
                    scope.recorded.extend(&namespace.record.kinds);
                }
                continue;
            }
            names.insert(name.to_owned());
            scope.recorded.extend(&namespace.record.kinds);
            let stays = sources.get(name).and_then(Source::wanted).is_some_and(|w| !w.is_over(survey.now));
            if !skip || stays {
                scope.everywhere.extend(&namespace.record.kinds);
            }
        }
        if skip && names.len() <= Self::NAMES {
            names.remove("");
            scope.names = Some(names.into_iter().collect());
        }
        scope
    }

    pub fn wants(&self, kind: &Kind, resource: &Resource) -> bool {
        let is_empty = self.names.as_ref().is_some_and(Vec::is_empty);
        let everywhere = self.everywhere.iter().any(|other| other.same_store(kind));
        !is_empty && (everywhere || resource.scope == Scope::Cluster)
    }
}
