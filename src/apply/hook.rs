//! Hooks: objects that are made at a moment of a release, and run once.

use std::time::Duration;

use serde_json::Value;

use super::step::{Halt, Run};
use super::wait::{self, Waits};
use crate::chart::generated::GeneratedKey;
use crate::cluster::{Propagation, Target};
use crate::manifest::{LABEL_FLEET, LABEL_SANDBOX, Owner};
use crate::plan::{Meta, completion};

/// How long a hook may run where nothing else is waited for.
const PATIENCE: Duration = Duration::from_secs(300);

/// The parts of a hook's step.
pub(super) struct Hook<'a> {
    pub body: &'a Value,
    pub generated: &'a [GeneratedKey],
    pub runs: bool,
    pub drops_before: bool,
    pub drops_failed: bool,
}

impl Run<'_> {
    /// Makes the hook's object and waits until it has run.
    pub(super) async fn hook(&mut self, target: Target<'_>, hook: &Hook<'_>, waits: Waits<'_>) -> Result<(), Halt> {
        let owner = owner_of(hook.body);
        if let Some(meta) = self.cluster.metadata(&target).await? {
            if !is_of(&meta, &owner) {
                let why = "it is there already and is not ours; rename it in the chart, or delete it by hand";
                return Err(Halt::Failed(why.into()));
            }
            if hook.drops_before {
                self.cluster.delete(&target, &meta.uid, Propagation::Background).await?;
                wait::until_gone(self.cluster, target, &meta.uid, self.deadline, waits).await?;
            }
        }
        let ran = self.make_and_run(target, hook, waits).await;
        if hook.drops_failed && matches!(ran, Err(Halt::Failed(_))) {
            self.drop_own(target, &owner, Propagation::Background).await?;
        }
        ran
    }

    async fn make_and_run(&mut self, target: Target<'_>, hook: &Hook<'_>, waits: Waits<'_>) -> Result<(), Halt> {
        self.put(target, hook.body, hook.generated).await?;
        if !hook.runs {
            return Ok(());
        }
        // What comes after it counts on it, so it is waited for even where readiness is not.
        let deadline = if self.timeout.is_zero() { self.deadline.anew(PATIENCE) } else { self.deadline };
        wait::until(self.cluster, target, deadline, (&completion, waits)).await.map_err(|halt| match halt {
            Halt::NotReady(why) => Halt::Failed(why),
            halt => halt,
        })
    }

    /// Deletes an object if it is its sandbox's; the uid of what is on its way.
    pub(super) async fn drop_own(
        &self,
        target: Target<'_>,
        owner: &Owner,
        propagation: Propagation,
    ) -> Result<Option<String>, Halt> {
        let Some(meta) = self.cluster.metadata(&target).await? else { return Ok(None) };
        let is_own = is_of(&meta, owner) && self.claimed_is(target, &meta);
        if !is_own {
            return Ok(None);
        }
        if meta.deleting.is_none() {
            self.cluster.delete(&target, &meta.uid, propagation).await?;
        }
        Ok(Some(meta.uid))
    }
}

fn is_of(meta: &Meta, owner: &Owner) -> bool {
    meta.is_ours(&owner.fleet) && meta.sandbox() == Some(&owner.sandbox)
}

fn owner_of(body: &Value) -> Owner {
    let label = |name: &str| {
        let labels = body.pointer("/metadata/labels");
        labels.and_then(|labels| labels.get(name)?.as_str()).unwrap_or_default().to_owned()
    };
    Owner { fleet: label(LABEL_FLEET), sandbox: label(LABEL_SANDBOX) }
}
