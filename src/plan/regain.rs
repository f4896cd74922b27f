//! A sandbox in which the account that runs here has lost its rights: its own binding, or the fleet's label on its
//! namespace, by which an admission policy knows where the account may work. Nobody can tell then how its Secrets are,
//! or what would become of a change. So that alone is put back, and the rest is seen to when it is there.

use std::collections::BTreeSet;

use super::objects::difference;
use super::record::Record;
use super::sandbox::{Case, Held};
use super::state::LiveNamespace;
use super::types::{Action, SandboxPlan, Step, Work};
use super::words;
use crate::manifest::{Kind, Manifest};
use crate::release::{BINDING, is_account_binding};

impl Case<'_> {
    /// The plan that puts back what the account needs there, where that is lost.
    pub(super) fn regain(&self, namespace: &LiveNamespace) -> Result<Option<SandboxPlan>, Held> {
        let Some(binding) = self.binding().filter(|_| self.asks_there(namespace)) else { return Ok(None) };
        let observed = &namespace.observed;
        // What was applied by us and is not ours has lost the label.
        if !observed.ours && !observed.stripped {
            let record = &namespace.record;
            let reason = format!("{}; what else there is comes after it", words::drifts(&observed.drift));
            let mut plan = SandboxPlan { begins: true, ..self.blank(Action::Correct, reason) };
            let uid = Some(observed.precondition.uid.clone());
            let step = self.record_step(Action::Correct, &words::drifts(&observed.drift), record, uid);
            plan.steps.push(Step { quiet: false, ..step });
            return Ok(Some(plan));
        }
        let live = &self.input.live;
        let mut unread = live.unread_in.get(&self.wanted.namespace).into_iter().flat_map(|kinds| kinds.values());
        if !unread.any(|unread| unread.forbidden) || live.fault(&binding.kind, None).is_some() {
            return Ok(None);
        }
        let Some(lost) = difference(binding, live, &namespace.record) else { return Ok(None) };
        self.check(&lost, namespace)?;
        let step = self.object_step(&lost, namespace)?;
        let reason =
            format!("this account may do nothing there without {}; what else there is comes after it", step.id);
        let mut plan = SandboxPlan { begins: true, ..self.blank(Action::Correct, reason) };
        let kinds: BTreeSet<Kind> = namespace.record.kinds.iter().chain([&step.kind]).cloned().collect();
        if kinds != namespace.record.kinds {
            let record = Record { kinds, ..namespace.record.clone() };
            let uid = Some(observed.precondition.uid.clone());
            plan.steps.push(self.record_step(Action::Update, &plan.reason, &record, uid));
        }
        plan.steps.push(step);
        Ok(Some(plan))
    }

    /// Whether it matters what could not be read in its namespace. Not where its time is over, as all that is there
    /// goes. Nor where an earlier run was stopped before it gave the account its rights there: it can have made nothing
    /// else, and what is made anew is looked at before.
    pub(super) fn asks_there(&self, namespace: &LiveNamespace) -> bool {
        let live = &self.input.live;
        let is_readable = |binding: &Manifest| live.fault(&binding.kind, None).is_none();
        let is_unbegun = namespace.record.release.is_none()
            && self.binding().is_some_and(|binding| is_readable(binding) && live.objects.get(&binding.id).is_none());
        !is_unbegun && !self.wanted.is_over(self.input.now)
    }

    fn binding(&self) -> Option<&Manifest> {
        self.wanted.release.manifests.iter().find(|manifest| is_account_binding(manifest))
    }
}

/// The account's binding comes before all else that is done in a namespace, hooks among it.
pub(super) fn binding_first(steps: &mut Vec<Step>) {
    let is_binding = |step: &Step| {
        step.id.name == BINDING
            && step.id.kind == "RoleBinding"
            && matches!(step.work, Work::Apply { .. } | Work::Replace { .. })
    };
    if let Some(at) = steps.iter().position(is_binding) {
        let step = steps.remove(at);
        let first = steps.iter().position(|step| !matches!(step.work, Work::Claim { .. })).unwrap_or(steps.len());
        steps.insert(first, step);
    }
}
