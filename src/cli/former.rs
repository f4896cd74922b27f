//! What was before: generations that were applied, rendered anew from the commits that namespaces name, for delete hooks
//! and to go back to; and what failed.

use std::collections::BTreeMap;

use super::desired::Desired;
use crate::apply::Failures;
use crate::cluster::Cluster;
use crate::fleet::{FLEET_FILE, Fleet, LOCK_FILE, SecretRef};
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
    let is_of_interest = |file: &str| [FLEET_FILE, LOCK_FILE, path].contains(&file) || file.starts_with("charts/");
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
    let basis = Basis { settings: &fleet.settings, charts: &charts, copied, kept: None };
    generation(&fleet, &basis, live, &input.live.resources).map_err(|why| format!("{why}, in commit {short}"))
}

/// What failed of sandboxes that have no namespace to tell it; asked only where there are any.
pub async fn remember(input: &mut Input, cluster: &dyn Cluster) {
    let lives = |source: &Source| {
        input.live.namespaces.get(source.namespace()).is_some_and(|namespace| namespace.record.release.is_some())
    };
    let is_new = |source: &Source| source.wanted().is_some_and(|wanted| !wanted.is_over(input.now)) && !lives(source);
    if !input.sources.values().any(is_new) {
        return;
    }
    match Failures::new(cluster, &input.fleet_id).read().await {
        Ok(failures) => input.failures = failures,
        Err(error) => {
            let error = error.with_remedy();
            input.warnings.push(format!("which sandboxes failed before is not known, so all are tried: {error}"));
        }
    }
}
