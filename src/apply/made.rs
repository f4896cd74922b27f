//! Generated values that are made of others: certificates of keys, hashes of passwords.
//!
//! What is there is kept as long as it is what the chart asks for and fits what it was made of. Else it is made anew, and
//! with it what was made of it: of a Secret that lost the key of its authority, all certificates below that authority.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rand::TryRngCore as _;

use super::step::{Halt, Run};
use crate::chart::functions::making;
use crate::chart::generated::{CERTIFICATE_KEY, GeneratedKey, KeyKind, Made, Part, PlaceholderId, RandomKind};
use crate::chart::outside::Outside;

/// Chance, at a moment.
struct Chance {
    now: Timestamp,
}

impl Outside for Chance {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::expect_used, reason = "without randomness there is no key that nobody can guess")]
        rand::rngs::OsRng.try_fill_bytes(bytes).expect("the system gives random bytes");
    }
}

/// The values that keys are made of, and those that these are made of, by their ids.
#[derive(Default)]
struct Values<'k>(BTreeMap<&'k PlaceholderId, &'k RandomKind>);

impl<'k> Values<'k> {
    fn of(keys: impl IntoIterator<Item = &'k GeneratedKey>) -> Self {
        let mut values = Self::default();
        keys.into_iter().flat_map(|key| &key.parts).for_each(|part| values.add(part));
        values
    }

    fn add(&mut self, part: &'k Part) {
        if let Part::Random { id, kind } = part {
            self.0.insert(id, kind);
            kind.of().into_iter().for_each(|part| self.add(part));
        }
    }
}

/// The values of other Secrets' that keys are made of, however far behind.
pub(super) fn elsewhere<'k>(keys: &'k [GeneratedKey], secret: &str) -> Vec<(&'k PlaceholderId, &'k RandomKind)> {
    Values::of(keys).0.into_iter().filter(|(id, _)| id.secret != secret && !id.key.contains('/')).collect()
}

/// Whether a key's value can be told from what it is made of: it may be written anew then.
pub(super) fn is_renewable(key: &GeneratedKey) -> bool {
    key.parts.iter().any(|part| matches!(part, Part::Random { kind, .. } if kind.is_renewable()))
}

fn ids(kind: &RandomKind) -> impl Iterator<Item = &PlaceholderId> {
    kind.of().into_iter().filter_map(|part| match part {
        Part::Random { id, .. } => Some(id),
        Part::Text(_) => None,
    })
}

impl Run<'_> {
    /// Sees to it that every value of some keys of a Secret is known. `fixed` are keys beside them that somebody else has
    /// put there.
    pub(super) async fn settle(
        &mut self,
        secret: &str,
        keys: &[&GeneratedKey],
        fixed: &[&GeneratedKey],
    ) -> Result<(), Halt> {
        let values = Values::of(keys.iter().copied());
        let is_missing = |id: &&PlaceholderId| !self.known.contains_key(*id);
        let first = keys.iter().flat_map(|key| &key.parts).filter_map(|part| match part {
            Part::Random { id, .. } => Some(id),
            Part::Text(_) => None,
        });
        let mut missing: BTreeSet<PlaceholderId> = first.filter(is_missing).cloned().collect();
        let has_made = values.0.values().any(|kind| matches!(kind, RandomKind::Made(_)));
        let now = if has_made { self.moment().await? } else { Timestamp::UNIX_EPOCH };
        let fixed = Values::of(fixed.iter().copied());
        loop {
            let before = missing.len();
            for (id, kind) in &values.0 {
                let RandomKind::Made(made) = kind else { continue };
                if missing.contains(*id) {
                    missing.extend(ids(kind).filter(|id| !self.known.contains_key(*id)).cloned());
                    continue;
                }
                let is_undone = ids(kind).any(|of| missing.contains(of));
                let is_fixed = fixed.0.contains_key(id) || id.secret != secret;
                let Some(value) = self.known.get(*id) else { continue };
                if !is_undone && (is_fixed || making::fits(&made.map(|parts| self.text(parts)), value, now)) {
                    continue;
                }
                if is_fixed {
                    return Err(Halt::Failed(format!(
                        "what signed or made key {:?} of Secret {} is in no Secret, and more is wanted of it; delete that \
                         Secret, and all of them are made anew",
                        id.key, id.secret
                    )));
                }
                self.known.remove(*id);
                missing.insert((*id).clone());
            }
            if missing.len() == before {
                break;
            }
        }
        // Nothing is made of itself, so there is always one of which all is known that it is made of.
        let mut waiting: Vec<_> = values.0.into_iter().filter(|(id, _)| missing.contains(*id)).collect();
        let is_ready =
            |known: &BTreeMap<PlaceholderId, String>, kind: &RandomKind| ids(kind).all(|id| known.contains_key(id));
        while let Some(at) = waiting.iter().position(|(_, kind)| is_ready(&self.known, kind)) {
            let (id, kind) = waiting.remove(at);
            let made = self.value(kind, now).await;
            let made = made.map_err(|why| Halt::Failed(format!("key {:?} of Secret {}: {why}", id.key, id.secret)))?;
            self.known.insert(id.clone(), made);
        }
        Ok(())
    }

    /// What some parts are together, where all of them are known.
    pub(super) fn text(&self, parts: &[Part]) -> Option<String> {
        parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Random { id, .. } => self.known.get(id).map(String::as_str),
            })
            .collect()
    }

    /// A new value of a kind.
    async fn value(&self, kind: &RandomKind, now: Timestamp) -> Result<String, String> {
        let slow = match kind {
            RandomKind::Key(kind) => Making::Key(*kind),
            RandomKind::CertificateKey => Making::Key(CERTIFICATE_KEY),
            // All that it is made of is known by now.
            RandomKind::Made(made) => Making::Made(Box::new(made.map(|parts| self.text(parts).unwrap_or_default()))),
            simple => return Ok(super::generate::random(simple)),
        };
        // Other sandboxes would wait for it.
        let make = move || match slow {
            Making::Key(kind) => making::private_key(kind, &Chance { now }),
            Making::Made(made) => making::make(&made, &Chance { now }),
        };
        tokio::task::spawn_blocking(make).await.unwrap_or_else(|error| Err(error.to_string()))
    }

    /// The cluster's time, by which it will judge certificates.
    #[expect(clippy::disallowed_methods, reason = "a folder has no clock of its own")]
    async fn moment(&self) -> Result<Timestamp, Halt> {
        Ok(self.cluster.clock().await?.unwrap_or_else(Timestamp::now))
    }
}

/// What takes long.
enum Making {
    Key(KeyKind),
    Made(Box<Made<String>>),
}

/// The values of the placeholders among the parts, where the text around them says which piece each is: of one alone, or
/// of blocks of PEM.
pub(super) fn taken_apart<'p>(parts: &'p [Part], value: &str) -> Option<Vec<(&'p PlaceholderId, String)>> {
    let kinds =
        || parts.iter().filter_map(|part| if let Part::Random { id, kind } = part { Some((id, kind)) } else { None });
    let mut rest = value;
    if let [(id, _)] = kinds().collect::<Vec<_>>().as_slice() {
        let at = parts.iter().position(|part| matches!(part, Part::Random { .. }))?;
        let fixed = |parts: &[Part]| {
            parts.iter().map(|part| if let Part::Text(text) = part { text.as_str() } else { "" }).collect::<String>()
        };
        let inner = value.strip_prefix(&fixed(parts.get(..at)?))?.strip_suffix(&fixed(parts.get(at + 1..)?))?;
        return Some(vec![(*id, inner.to_owned())]);
    }
    if !kinds().all(|(_, kind)| kind.is_pem()) {
        return None;
    }
    let mut found = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => rest = rest.strip_prefix(text.as_str())?,
            Part::Random { id, .. } => {
                let length = pem_block(rest)?;
                let (block, after) = rest.split_at_checked(length)?;
                found.push((id, block.to_owned()));
                rest = after;
            }
        }
    }
    rest.is_empty().then_some(found)
}

/// The block of PEM that a text begins with; all of it where it does not.
pub(super) fn first_block(text: &str) -> String {
    pem_block(text).and_then(|length| text.get(..length)).unwrap_or(text).to_owned()
}

/// How long the block of PEM is that a text begins with, its last line's end included.
fn pem_block(text: &str) -> Option<usize> {
    let name = text.strip_prefix("-----BEGIN ")?.split_once("-----")?.0;
    let end = format!("-----END {name}-----\n");
    Some(text.find(&end)? + end.len())
}
