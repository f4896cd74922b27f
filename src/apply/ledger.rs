//! Which saved plans were used: noted in the cluster, as a file can be copied to any machine.
//!
//! A plan is noted before the first thing that it does: of two that apply it at once one loses, and one that was killed
//! half-way is completed by a run, not by applying it again.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::notes::Notes;
use crate::cluster::{Cluster, Error};
use crate::manifest::ObjectId;
use crate::plan::is_plan_id;

/// The plans that were used of one fleet.
pub struct Ledger<'a>(Notes<'a>);

impl<'a> Ledger<'a> {
    /// A fleet's, in a cluster.
    pub fn new(cluster: &'a dyn Cluster, fleet_id: &str) -> Self {
        Self(Notes::new(cluster, "plans", fleet_id, ("names no plan", |key, _| is_plan_id(key))))
    }

    /// What it is called.
    pub fn id(&self) -> &ObjectId {
        self.0.id()
    }

    /// When a plan was used; `None` where it was not.
    ///
    /// # Errors
    /// Where the cluster does not say.
    pub async fn used(&self, plan: &str) -> Result<Option<String>, Error> {
        Ok(entry(&self.0.read().await?, plan))
    }

    /// Notes that a plan is used now, and forgets those that were longer ago than `memory`. `Some` where it was used
    /// already, and when: then it must not be.
    ///
    /// # Errors
    /// Where it could not be noted: then it must not be used either.
    pub async fn claim(&self, plan: &str, now: Timestamp, memory: SignedDuration) -> Result<Option<String>, Error> {
        // What cannot be read stays.
        let is_old = |at: &Value| {
            let at = at.as_str().and_then(|at| at.parse::<Timestamp>().ok());
            at.is_some_and(|at| now.duration_since(at) > memory)
        };
        self.0
            .change(&|entries| {
                let used = entry(entries, plan);
                if used.is_none() {
                    entries.retain(|_, at| !is_old(at));
                    entries.insert(plan.to_owned(), json!(now));
                }
                used
            })
            .await
    }
}

fn entry(entries: &Map<String, Value>, plan: &str) -> Option<String> {
    entries.get(plan).map(|at| at.as_str().unwrap_or("an unknown time").to_owned())
}
