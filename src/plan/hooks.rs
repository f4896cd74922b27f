//! The steps that run a release's hooks: those of one moment in order, and after them the end of those that are not kept.

use super::sandbox::Held;
use super::state::Live;
use super::types::{Action, Hold, Step, Work};
use crate::chart::hooks::{Event, Hook};
use crate::manifest::{HookManifest, Release};

/// The moments around what a plan does to a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub before: Event,
    pub after: Event,
}

impl Moment {
    pub const INSTALL: Self = Self { before: Event::PreInstall, after: Event::PostInstall };
    pub const ROLLBACK: Self = Self { before: Event::PreRollback, after: Event::PostRollback };
    pub const UPGRADE: Self = Self { before: Event::PreUpgrade, after: Event::PostUpgrade };
}

/// The steps of one moment.
pub(super) fn hook_steps(release: &Release, event: Event, live: &Live) -> Result<Vec<Step>, Held> {
    let own = || release.hooks.iter().filter(|hook| hook.hook.runs_at(event));
    let mut steps = own().map(|hook| run(hook, event, live)).collect::<Result<Vec<_>, _>>()?;
    for hook in own().filter(|hook| hook.hook.drops_succeeded()) {
        steps.push(drop_step(hook, live)?);
    }
    Ok(steps)
}

/// Whether anything runs at a moment.
pub(super) fn has_hooks(release: &Release, event: Event) -> bool {
    release.hooks.iter().any(|hook| hook.hook.runs_at(event))
}

fn run(hook: &HookManifest, event: Event, live: &Live) -> Result<Step, Held> {
    let HookManifest { manifest, hook: Hook { weight, .. } } = hook;
    let reason = match weight {
        0 => format!("{} hook", event.name()),
        weight => format!("{} hook, weight {weight}", event.name()),
    };
    let runs = matches!((manifest.kind.group.as_str(), manifest.kind.kind.as_str()), ("batch", "Job") | ("", "Pod"));
    let work = Work::Hook {
        body: manifest.body(),
        generated: manifest.generated.clone(),
        runs,
        // What runs once has to be made anew, whatever its policy says.
        drops_before: runs || hook.hook.drops_before(),
        drops_failed: hook.hook.drops_failed(),
    };
    Ok(Step { action: Action::Create, reason, quiet: false, ..blank(hook, live, work)? })
}

fn drop_step(hook: &HookManifest, live: &Live) -> Result<Step, Held> {
    let owner = hook.manifest.owner().clone();
    blank(hook, live, Work::Drop { owner, awaited: false })
}

fn blank(hook: &HookManifest, live: &Live, work: Work) -> Result<Step, Held> {
    let manifest = &hook.manifest;
    let resource = live.resource(&manifest.kind).filter(|_| !live.unserved.contains(&manifest.kind));
    let Some(resource) = resource.cloned() else {
        return Err(Held::new(
            Hold::Broken,
            format!("hook {} asks for {}, which this cluster does not serve", manifest.source, manifest.kind),
            "install the CustomResourceDefinition, or take the hook out of the chart",
        ));
    };
    Ok(Step {
        action: Action::Remove,
        id: manifest.id.clone(),
        kind: manifest.kind.clone(),
        resource,
        reason: "its hook has succeeded".to_owned(),
        drift: Vec::new(),
        diff: String::new(),
        quiet: true,
        work,
    })
}
