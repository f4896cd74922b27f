//! Releases that were rendered before in this run: planned once more, a sandbox is not rendered once more.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use super::{Copied, Rendered};
use crate::fleet::{Sandbox, SecretRef};

/// The releases of one fleet and its charts, which do not change. What else they were made from is compared: the sandbox,
/// whether it sleeps, the Secrets that are copied. The manifests are shared with whoever has them.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    copied: BTreeMap<SecretRef, Copied>,
    rendered: HashMap<(String, bool), (Sandbox, Rendered)>,
}

impl Kept {
    /// What was made of a sandbox before.
    pub(super) fn find(
        &self,
        sandbox: &Sandbox,
        asleep: bool,
        copied: &BTreeMap<SecretRef, Copied>,
    ) -> Option<Rendered> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, rendered) = known.rendered.get(&(sandbox.name.clone(), asleep))?;
        (of == sandbox && known.copied == *copied).then(|| rendered.clone())
    }

    /// Keeps it.
    pub(super) fn keep(
        &self,
        sandbox: &Sandbox,
        asleep: bool,
        copied: &BTreeMap<SecretRef, Copied>,
        rendered: &Rendered,
    ) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.copied != *copied {
            known.rendered.clear();
            known.copied.clone_from(copied);
        }
        known.rendered.insert((sandbox.name.clone(), asleep), (sandbox.clone(), rendered.clone()));
    }
}
