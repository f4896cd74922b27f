//! The failures of sandboxes that have no namespace to write them on.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::notes::Notes;
use crate::cluster::{Cluster, Error};
use crate::plan::Failure;

/// More than these are of sandboxes that nobody asks for any more: the oldest go.
const MOST: usize = 500;

/// What is remembered of creations that failed.
pub struct Failures<'a>(Notes<'a>);

impl<'a> Failures<'a> {
    /// A fleet's, in a cluster.
    pub fn new(cluster: &'a dyn Cluster, fleet_id: &str) -> Self {
        let is_own = |_: &str, text: &Value| text.as_str().and_then(Failure::read).is_some();
        Self(Notes::new(cluster, "failures", fleet_id, ("holds no failure", is_own)))
    }

    /// By sandbox.
    ///
    /// # Errors
    /// Where the cluster does not say.
    pub async fn read(&self) -> Result<BTreeMap<String, Failure>, Error> {
        let entries = self.0.read().await?;
        Ok(entries.into_iter().filter_map(|(name, text)| Some((name, Failure::read(text.as_str()?)?))).collect())
    }

    /// Notes one.
    ///
    /// # Errors
    /// Where it could not be noted.
    pub async fn note(&self, sandbox: &str, failure: &Failure) -> Result<(), Error> {
        let edit = |entries: &mut Map<String, Value>| {
            entries.insert(sandbox.to_owned(), json!(failure.text()));
            if entries.len() > MOST {
                let next = |text: &Value| Failure::read(text.as_str()?).map(|failure| failure.next);
                let oldest = entries.iter().min_by_key(|(_, text)| next(text)).map(|(name, _)| name.clone());
                oldest.and_then(|name| entries.remove(&name));
            }
            None::<()>
        };
        self.0.change(&edit).await.map(drop)
    }

    /// Forgets those of some sandboxes, where there are any.
    ///
    /// # Errors
    /// Where they could not be forgotten.
    pub async fn forget(&self, sandboxes: &[&str]) -> Result<(), Error> {
        let edit = |entries: &mut Map<String, Value>| {
            entries.retain(|name, _| !sandboxes.contains(&name.as_str()));
            None::<()>
        };
        self.0.change(&edit).await.map(drop)
    }
}
