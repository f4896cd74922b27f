//! A sandbox whose own binding of the account that runs here was lost or changed: without it nobody can tell how its
//! Secrets are, and with it they can be told again. So that alone is put back, and what else there is comes after.

use std::collections::BTreeSet;

use super::objects::difference;
use super::record::Record;
use super::sandbox::{Case, Held};
use super::state::LiveNamespace;
use super::types::{Action, SandboxPlan};
use crate::manifest::Kind;
use crate::release::is_account_binding;

impl Case<'_> {
    /// The plan that puts the binding back, where that is why something there may not be read.
    pub(super) fn regain(&self, namespace: &LiveNamespace) -> Result<Option<SandboxPlan>, Held> {
        let live = &self.input.live;
        let unread = live.unread_in.get(&self.wanted.namespace).into_iter().flat_map(|kinds| kinds.values());
        if self.wanted.is_over(self.input.now) || !unread.into_iter().any(|unread| unread.forbidden) {
            return Ok(None);
        }
        let binding = self.wanted.release.manifests.iter().find(|manifest| is_account_binding(manifest));
        let binding = binding.filter(|binding| live.fault(&binding.kind, None).is_none());
        let Some(lost) = binding.and_then(|binding| difference(binding, live, &namespace.record)) else {
            return Ok(None);
        };
        self.check(&lost, namespace)?;
        let step = self.object_step(&lost, namespace)?;
        let reason = format!("it may be read again once {} is as it should be, and the next run goes on", step.id);
        let action = if namespace.record.release.is_some() { Action::Correct } else { Action::Create };
        let mut plan = self.blank(action, reason);
        let kinds: BTreeSet<Kind> = namespace.record.kinds.iter().chain([&step.kind]).cloned().collect();
        if kinds != namespace.record.kinds {
            let record = Record { kinds, ..namespace.record.clone() };
            let uid = Some(namespace.observed.precondition.uid.clone());
            plan.steps.push(self.record_step(Action::Update, &plan.reason, &record, uid));
        }
        plan.steps.push(step);
        Ok(Some(plan))
    }
}
