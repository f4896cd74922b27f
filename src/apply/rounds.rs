//! Where the shards of a fleet settle what they remove together.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::notes::Notes;
use crate::cluster::{Cluster, Error};
use crate::manifest::Shard;
use crate::plan::Round;

/// The only key.
const KEY: &str = "round";

/// The round of a fleet's shards.
pub struct Rounds<'a>(Notes<'a>);

/// One shard's part in it.
pub struct Part<'p> {
    /// The shard.
    pub shard: Shard,
    /// The round that was planned with.
    pub before: Option<&'p Round>,
    /// The same with what was planned.
    pub after: &'p Round,
    /// What this shard removes.
    pub own: &'p BTreeSet<String>,
    /// The instant planned for.
    pub now: Timestamp,
}

impl<'a> Rounds<'a> {
    /// A fleet's, in a cluster.
    pub fn new(cluster: &'a dyn Cluster, fleet_id: &str) -> Self {
        let is_own = |key: &str, text: &Value| key == KEY && parse(text).is_some();
        Self(Notes::new(cluster, "removals", fleet_id, ("is no round of shards", is_own)))
    }

    /// The last one.
    ///
    /// # Errors
    /// Where the cluster does not say.
    pub async fn read(&self) -> Result<Option<Round>, Error> {
        Ok(round(&self.0.read().await?))
    }

    /// Notes a shard's part, before it removes anything. `false` where others have settled something else meanwhile: then
    /// it has to be planned anew.
    ///
    /// # Errors
    /// Where it could not be noted.
    pub async fn join(&self, part: &Part<'_>) -> Result<bool, Error> {
        let edit = |entries: &mut Map<String, Value>| {
            let there = round(entries);
            let is_part = |there: &Round| there.is_open(part.shard, part.now) && part.own.is_subset(&there.removed);
            let joined = match there {
                there if there.as_ref() == part.before => part.after.clone(),
                Some(there) if is_part(&there) => there.with(part.shard),
                _ => return Some(()),
            };
            let text = serde_json::to_string(&joined).unwrap_or_default();
            entries.insert(KEY.to_owned(), json!(text));
            None
        };
        Ok(self.0.change(&edit).await?.is_none())
    }
}

fn parse(text: &Value) -> Option<Round> {
    serde_json::from_str(text.as_str()?).ok()
}

fn round(entries: &Map<String, Value>) -> Option<Round> {
    entries.get(KEY).and_then(parse)
}
