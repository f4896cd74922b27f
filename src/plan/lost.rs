//! Generated values that are gone: when their sandbox is held, and when they can be had again.

use std::collections::BTreeSet;

use super::objects::{Difference, DifferenceKind};
use super::sandbox::{Case, Held};
use super::state::LiveNamespace;
use super::types::Hold;
use crate::chart::generated::{GeneratedKey, Part, PlaceholderId};
use crate::manifest::Manifest;

impl Case<'_> {
    /// A generated value that is lost while a volume lives: databases read a password once, at their birth.
    pub(super) fn check_generated(&self, difference: &Difference<'_>, namespace: &LiveNamespace) -> Result<(), Held> {
        let had = |m: &&Manifest| !m.generated.is_empty() && namespace.record.had_values(&m.id.name);
        let Some(manifest) = difference.manifest.filter(had) else { return Ok(()) };
        let namespace = &self.wanted.namespace;
        if self.has_values(difference) || has_copies(difference, manifest) || is_renewable(difference, manifest) {
            return Ok(());
        }
        match self.answers.claims.get(namespace) {
            Some(Ok(0)) | None => Ok(()),
            Some(Ok(claims)) => Err(Held::new(
                Hold::Safety,
                format!("generated values of {} are lost, while its volumes live ({claims} of them)", manifest.id),
                format!("put the old value back ({}), or delete the volume claims to begin anew", put_back(difference)),
            )),
            Some(Err(error)) => Err(Held::new(
                Hold::Broken,
                format!(
                    "generated values of {} are lost, and whether its volumes live is unknown: {error}",
                    manifest.id
                ),
                "allow this account to list persistentvolumeclaims there",
            )),
        }
    }

    /// Whether the keys that are nobody's are there all the same: only who owns them was lost.
    pub(super) fn has_values(&self, difference: &Difference<'_>) -> bool {
        let DifferenceKind::KeysLost(keys) = &difference.kind else { return false };
        let live = self.answers.objects.get(difference.id).and_then(|answer| answer.live.as_ref());
        let data = live.and_then(|live| live.get("data"));
        data.is_some_and(|data| keys.iter().all(|key| data.get(key).is_some()))
    }
}

/// How a lost value is put back by hand.
fn put_back(difference: &Difference<'_>) -> String {
    let id = difference.id;
    let namespace = id.namespace.as_deref().unwrap_or_default();
    match &difference.kind {
        DifferenceKind::KeysLost(_) => format!("kubectl -n {namespace} edit secret {}", id.name),
        _ => {
            let keys = difference.manifest.map(|m| m.generated.as_slice()).unwrap_or_default();
            let literals: String = keys.iter().map(|key| format!(" --from-literal={}=…", key.key)).collect();
            format!("kubectl -n {namespace} create secret generic {}{literals}", id.name)
        }
    }
}

/// The values that a generated key is made of.
fn values(key: &GeneratedKey) -> Vec<&PlaceholderId> {
    let random = key.parts.iter().filter_map(|part| match part {
        Part::Random { id, .. } => Some(id),
        Part::Text(_) => None,
    });
    random.collect()
}

/// Whether nobody remembers the lost values, as certificates and the keys that come with them: they are made anew.
fn is_renewable(difference: &Difference<'_>, manifest: &Manifest) -> bool {
    let is_lost = |key: &&GeneratedKey| match &difference.kind {
        DifferenceKind::KeysLost(lost) => lost.contains(&key.key),
        _ => true,
    };
    let mut parts = manifest.generated.iter().filter(is_lost).flat_map(|key| &key.parts);
    parts.all(|part| match part {
        Part::Text(_) => true,
        Part::Random { kind, .. } => kind.is_renewable(),
    })
}

/// Whether each value of the lost keys can be read from a key that is still there.
pub(super) fn has_copies(difference: &Difference<'_>, manifest: &Manifest) -> bool {
    let DifferenceKind::KeysLost(lost) = &difference.kind else { return false };
    // The text around a value tells which piece it is, as long as it is the only one.
    let kept: BTreeSet<&PlaceholderId> = manifest
        .generated
        .iter()
        .filter(|key| !lost.contains(&key.key))
        .map(values)
        .filter(|values| values.len() == 1)
        .flatten()
        .collect();
    manifest.generated.iter().filter(|key| lost.contains(&key.key)).flat_map(values).all(|id| kept.contains(id))
}
