//! Sandboxes that are renamed: a namespace cannot be, so the old one would go with all it holds. It is held instead, and
//! the new one with it, until somebody says that this is meant.

use std::collections::{BTreeMap, BTreeSet};

use super::sandbox::Held;
use super::state::{Input, Source};
use super::types::Hold;

/// The renamed sandboxes of a plan: each gone file's namespace with the new file that has its content, one to one.
#[derive(Debug, Default)]
pub(super) struct Renames<'a> {
    /// By the namespace that lives: the old file's path and the new one's.
    pairs: BTreeMap<&'a str, Pair<'a>>,
    /// A new file that cannot be read, so that it may be any of the gone ones.
    unread: Option<&'a str>,
    /// Whether they are meant: `--allow-removals`.
    meant: bool,
}

#[derive(Clone, Copy, Debug)]
struct Pair<'a> {
    from: &'a str,
    to: &'a str,
    /// The namespace that the new one would have.
    namespace: &'a str,
}

impl<'a> Renames<'a> {
    pub(super) fn of(input: &'a Input) -> Self {
        let live = &input.live.namespaces;
        let mut renames = Self { meant: input.policy.allow_removals.is_some(), ..Self::default() };
        let mut by_content: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for source in input.sources.values().filter(|source| !live.contains_key(source.namespace())) {
            match source {
                Source::Wanted(wanted) if wanted.is_over(input.now) => {}
                Source::Wanted(wanted) => {
                    by_content.entry(wanted.content.as_str()).or_default().push((&wanted.path, &wanted.namespace));
                }
                Source::Broken { path, .. } => renames.unread = renames.unread.or(Some(path)),
            }
        }
        if by_content.is_empty() {
            return renames;
        }
        let asked: BTreeSet<&str> = input.sources.values().flat_map(|s| [s.namespace(), s.path()]).collect();
        for (name, old) in live.iter().filter(|(name, old)| old.observed.ours && !asked.contains(name.as_str())) {
            let (Some(file), Some(from)) = (&old.record.file, &old.record.path) else { continue };
            // What has only another namespace by now is no other sandbox.
            if asked.contains(from.as_str()) {
                continue;
            }
            let Some(to) = by_content.get_mut(file.as_str()).filter(|new| !new.is_empty()) else { continue };
            let (to, namespace) = to.remove(0);
            renames.pairs.insert(name.as_str(), Pair { from, to, namespace });
        }
        renames
    }

    /// What becomes of a namespace whose file was renamed: it is held, or a note says that it goes. `gone` says how.
    pub(super) fn of_old(&self, namespace: &str, gone: &str) -> Result<Option<String>, Held> {
        let Some(Pair { to, .. }) = self.pairs.get(namespace) else {
            return match self.unread {
                Some(path) if !self.meant => Err(Held::new(
                    Hold::Safety,
                    format!("{gone}; {path} is new and cannot be read, so it may be the same one, renamed"),
                    format!("see to {path}; or, if what is in the old one may go in any case: --allow-removals 1"),
                )),
                _ => Ok(None),
            };
        };
        if self.meant {
            return Ok(Some(format!(
                "{to} has the same content: a sandbox that is renamed begins anew, and what is in this one goes with it"
            )));
        }
        Err(Held::new(
            Hold::Safety,
            format!("{gone}; {to} has the same content: a namespace cannot be renamed, and all that is in it would go"),
            format!("give the file its name back; or, if what is in it may go: --allow-removals {}", self.pairs.len()),
        ))
    }

    /// What becomes of a new sandbox that has a renamed file.
    pub(super) fn of_new(&self, namespace: &str) -> Result<Option<String>, Held> {
        let Some(Pair { from, to, .. }) = self.pairs.values().find(|pair| pair.namespace == namespace) else {
            return Ok(None);
        };
        if self.meant {
            return Ok(Some(format!(
                "it has the content of {from}, which is gone: a sandbox that is renamed begins anew"
            )));
        }
        Err(Held::new(
            Hold::Safety,
            format!(
                "{to} was {from} before; a sandbox that is renamed begins anew, with nothing of what is in the old one"
            ),
            format!("give the file its name back; or, if it is to begin anew: --allow-removals {}", self.pairs.len()),
        ))
    }
}
