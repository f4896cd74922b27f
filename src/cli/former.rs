//! Generations that were applied before, rendered anew from the commits that namespaces name: for delete hooks, and to go
//! back to.

use std::collections::BTreeMap;

use super::desired::Desired;
use crate::fleet::{FLEET_FILE, Fleet, SecretRef};
use crate::manifest::Release;
use crate::plan::{Input, Source, Wanted, generation};
use crate::release::{Basis, Charts, Copied};

/// A release, or why it cannot be had.
type Former = Result<Release, String>;

/// The releases of namespaces that go and have hooks to run before, where no file says any more what they are.
pub fn former(desired: &Desired, copied: &BTreeMap<SecretRef, Copied>, input: &Input) -> BTreeMap<String, Former> {
    let sources: BTreeMap<&str, &Source> = input.sources.values().map(|s| (s.namespace(), s)).collect();
    let hooked = input.live.namespaces.iter().filter(|(_, namespace)| !namespace.record.delete_hooks.is_empty());
    let needed = hooked.filter(|(name, namespace)| match sources.get(name.as_str()).map(|source| source.wanted()) {
        None => true,
        Some(None) => false,
        Some(Some(wanted)) => {
            wanted.is_over(input.now) && namespace.record.release.as_deref() != Some(wanted.release.hash.as_str())
        }
    });
    needed.map(|(name, _)| (name.clone(), applied(desired, copied, input, name).map(|wanted| wanted.release))).collect()
}

/// The generation that a namespace says was applied.
///
/// # Errors
/// Why it cannot be had, in words.
pub fn applied(
    desired: &Desired,
    copied: &BTreeMap<SecretRef, Copied>,
    input: &Input,
    namespace: &str,
) -> Result<Wanted, String> {
    let live = input.live.namespaces.get(namespace).ok_or("it has no namespace")?;
    let record = &live.record;
    let commit = record.commit.as_deref().ok_or("its namespace names no commit")?;
    let path = record.path.as_deref().ok_or("its namespace names no file")?;
    let is_of_interest = |file: &str| file == FLEET_FILE || file == path || file.starts_with("charts/");
    let Desired { repo, tree, .. } = desired;
    let older = repo.changed_since(commit, tree, &is_of_interest).map_err(|error| error.to_string())?;
    let now = tree.files.iter().filter(|(file, _)| is_of_interest(file));
    let mut files: BTreeMap<String, _> = now.map(|(file, bytes)| (file.clone(), bytes.clone())).collect();
    for (file, bytes) in older {
        match bytes {
            Some(bytes) => files.insert(file, bytes),
            None => files.remove(&file),
        };
    }
    let short = commit.get(..7).unwrap_or(commit);
    let fleet =
        Fleet::parse(&files, &BTreeMap::new()).map_err(|_| format!("{FLEET_FILE} of commit {short} is broken"))?;
    let charts = Charts::load(&files, fleet.sandboxes.values().map(|sandbox| sandbox.chart.as_str()));
    let basis = Basis { settings: &fleet.settings, charts: &charts, copied };
    generation(&fleet, &basis, live, &input.live.resources).map_err(|why| format!("{why}, in commit {short}"))
}
