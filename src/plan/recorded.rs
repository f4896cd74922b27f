//! What a sandbox's Namespace says of it: the steps that write it down.

use std::collections::BTreeSet;

use super::extras;
use super::quota::larger;
use super::record::{Record, delete_hooks_of, expires_text, generated_of, kinds_of, made_once_of};
use super::sandbox::{Case, with_added};
use super::show;
use super::state::LiveNamespace;
use super::types::{Action, Step, Work};
use super::values::{self, Drifted};
use crate::manifest::{Kind, Manifest, ObjectId, Owner, Path, namespaces};

impl Case<'_> {
    fn owner(&self) -> Owner {
        Owner { fleet: self.input.fleet_id.clone(), sandbox: self.name.to_owned() }
    }

    pub(super) fn namespace_manifest(&self, record: &Record) -> Manifest {
        record.manifest(&self.wanted.namespace, &self.owner(), &self.input.namespace_labels)
    }

    /// What the record of a sandbox begins with.
    pub(super) fn begun_record(&self) -> Record {
        Record { made_once: made_once_of(&self.wanted.release, None), ..Record::default() }
    }

    /// The record once all is done. The commit moves only when content does, so that a commit which leaves a
    /// sandbox's content alone writes nothing to it. One that somebody took off becomes this one, which renders the same.
    pub(super) fn final_record(&self, before: Option<&Record>) -> Record {
        let release = Some(self.wanted.release.hash.to_string());
        let commit = match before {
            Some(before) if before.release == release && (before.commit.is_some() || self.goes_back()) => {
                before.commit.clone()
            }
            _ => self.input.commit.clone(),
        };
        Record {
            kinds: kinds_of(&self.wanted.release),
            release,
            commit,
            path: Some(self.wanted.path.clone()),
            generated: generated_of(&self.wanted.release.manifests),
            expires: Some(expires_text(self.wanted.expires)),
            owner: self.wanted.owner.clone(),
            quota: Some(self.wanted.quota),
            file: Some(self.wanted.content.to_string()),
            failed: before.and_then(|before| before.failed.clone()).filter(|_| self.goes_back()),
            delete_hooks: delete_hooks_of(&self.wanted.release),
            made_once: made_once_of(&self.wanted.release, before),
        }
    }

    pub(super) fn namespace_step(&self, action: Action, reason: String, diff: String, work: Work) -> Step {
        let (kind, resource) = namespaces();
        Step {
            action,
            id: ObjectId::namespace(&self.wanted.namespace),
            resource,
            kind,
            reason,
            drift: Vec::new(),
            diff,
            quiet: false,
            work,
        }
    }

    pub(super) fn record_step(&self, action: Action, reason: &str, record: &Record, uid: Option<String>) -> Step {
        let body = self.namespace_manifest(record).body();
        Step {
            quiet: true,
            ..self.namespace_step(
                action,
                reason.to_owned(),
                String::new(),
                Work::Record { body, uid, remove: Vec::new() },
            )
        }
    }

    /// Puts the Namespace's own steps around the others.
    pub(super) fn with_record(
        &self,
        namespace: &LiveNamespace,
        steps: Vec<Step>,
        finished: bool,
        action: &mut Action,
        reason: &mut String,
    ) -> Vec<Step> {
        let record = self.final_record(Some(&namespace.record));
        let observed = &namespace.observed;
        let is_read = record == namespace.record && observed.sandbox == self.name;
        let hash = if is_read { namespace.recorded } else { self.namespace_manifest(&record).hash };
        let is_same_record = observed.hash.as_deref() == Some(hash.as_str());
        let added = extras::to_remove(observed, self.wanted, &self.input.policy);
        let lost = if is_same_record && !is_read { taken_off(&record, &namespace.record) } else { Vec::new() };
        let is_drifted = !observed.drift.is_empty() || !lost.is_empty();
        let is_whole = is_same_record && !is_drifted && observed.ours && added.is_empty();
        let uid = Some(observed.precondition.uid.clone());
        let mut all = Vec::new();
        let kinds: BTreeSet<Kind> = namespace.record.kinds.union(&record.kinds).cloned().collect();
        let quota = namespace.record.quota.zip(record.quota).map(|(before, after)| larger(&before, &after));
        let grows = namespace.record.quota.is_some() && quota != namespace.record.quota;
        let made_once: BTreeSet<String> = namespace.record.made_once.union(&record.made_once).cloned().collect();
        if kinds != namespace.record.kinds || grows || made_once != namespace.record.made_once {
            let start = Record { kinds, quota, made_once, ..namespace.record.clone() };
            all.push(self.record_step(Action::Update, reason, &start, uid.clone()));
        }
        if !finished && steps.iter().all(|s| !s.work.is_change()) && *action == Action::Update {
            *reason = format!("only its record differs; {}", self.asked());
        }
        all.extend(steps);
        if is_whole {
            return all;
        }
        let body = self.namespace_manifest(&record).body();
        let mut drift = self.namespace_drift(observed, &body);
        drift.extend(lost.iter().map(|at| values::removed(&body, at)));
        let (own_action, own_reason) = if is_same_record {
            (Action::Correct, with_added(values::sentences(&drift), &added))
        } else if *action == Action::Create {
            (Action::Create, reason.clone())
        } else {
            (Action::Update, self.record_reason(namespace, &record, &drift))
        };
        let quiet = *action != Action::Keep && !is_drifted && added.is_empty();
        if *action == Action::Keep {
            *action = own_action;
            reason.clone_from(&own_reason);
        }
        let mut remove = extras::paths(&added);
        let live = self.answers.objects.get(&observed.id).and_then(|answer| answer.live.as_ref());
        let diff = show::taken_out(&observed.id, live.filter(|_| !remove.is_empty()), &remove, &self.input.key);
        // Others may hold what the record drops, or nobody.
        remove.extend(namespace.record.dropped_by(&record));
        let step = self.namespace_step(own_action, own_reason, diff, Work::Record { body, uid, remove });
        all.push(Step { drift, quiet, ..step });
        all
    }

    fn record_reason(&self, namespace: &LiveNamespace, record: &Record, drift: &[Drifted]) -> String {
        let before = namespace.record.expires.as_deref().unwrap_or("unknown");
        match &record.expires {
            Some(after) if after != before => {
                format!("its expiry moves from {before} to {after}, {}", self.asked())
            }
            _ if !drift.is_empty() => values::sentences(drift),
            _ if record.owner != namespace.record.owner => {
                let name = |record: &Record| record.owner.clone().unwrap_or_else(|| "nobody".to_owned());
                let (before, after) = (name(&namespace.record), name(record));
                format!("it is {after}'s now and was {before}'s, {}", self.asked())
            }
            _ if namespace.record.commit.is_none() && record.commit.is_some() => {
                format!("its namespace does not say of which commit it is; {}", self.asked())
            }
            _ => format!("its namespace's labels or record change, {}", self.asked()),
        }
    }
}

/// What somebody took off the record, where it was written as it is to be: no reading of the Namespace knows that it was
/// there, as it looks for what it finds.
fn taken_off(record: &Record, read: &Record) -> Vec<Path> {
    if record.reads_as(read) { Vec::new() } else { record.dropped_by(read) }
}
