//! The end of many Namespaces, looked for in one list of the fleet's: to ask for each by name, again and again, would take
//! from the server what their removal needs.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::step::Halt;
use super::wait::{Deadline, Waits};
use crate::cluster::{Cluster, Error, Query};
use crate::manifest::{LABEL_FLEET, namespaces};
use crate::plan::Meta;

/// Fewer are asked for by name: the list has what stays, too.
const MANY: usize = 8;
/// The pause between two lists.
const PAUSE: Duration = Duration::from_millis(300);
/// It is so many times what a list takes at least.
const SHARE: u32 = 10;

/// What is known of the fleet's Namespaces.
pub(super) struct Ends<'a> {
    cluster: &'a dyn Cluster,
    selector: String,
    known: Mutex<Known>,
}

enum Known {
    /// They are not listed: there are few, or the list has failed.
    Unlisted,
    /// Nothing yet.
    Nothing,
    /// What a list had.
    Listed { began: Instant, took: Duration, there: BTreeSet<String> },
}

impl<'a> Ends<'a> {
    /// For so many that go.
    pub fn of(cluster: &'a dyn Cluster, fleet_id: &str, going: usize) -> Self {
        let known = if going < MANY { Known::Unlisted } else { Known::Nothing };
        Self { cluster, selector: format!("{LABEL_FLEET}={fleet_id}"), known: Mutex::new(known) }
    }

    /// Waits until a Namespace is in no list any more, or the time is over. That is no more than a reason to ask for it:
    /// somebody may have taken its label, and a list may fail.
    pub async fn until_unlisted(&self, uid: &str, deadline: Deadline<'_>, waits: Waits<'_>) -> Result<(), Halt> {
        let mut told = false;
        while !deadline.is_past() && self.may_be_listed().await {
            deadline.pause(PAUSE).await?;
            if !self.is_listed(uid).await {
                break;
            }
            if !told {
                waits(super::wait::DELETING);
                told = true;
            }
        }
        Ok(())
    }

    async fn may_be_listed(&self) -> bool {
        !matches!(*self.known.lock().await, Known::Unlisted)
    }

    /// In a list that is not older than the pause.
    async fn is_listed(&self, uid: &str) -> bool {
        let mut known = self.known.lock().await;
        let is_fresh = match &*known {
            Known::Unlisted => true,
            Known::Nothing => false,
            Known::Listed { began, took, .. } => began.elapsed() < PAUSE.max(*took * SHARE),
        };
        if !is_fresh {
            *known = self.list().await.unwrap_or_else(|error| {
                tracing::debug!(%error, "namespaces that go are asked for by name");
                Known::Unlisted
            });
        }
        matches!(&*known, Known::Listed { there, .. } if there.contains(uid))
    }

    async fn list(&self) -> Result<Known, Error> {
        let began = Instant::now();
        let (kind, resource) = namespaces();
        let query = Query { kind: &kind, resource: &resource, namespace: None, selector: &self.selector };
        let mut there = BTreeSet::new();
        let mut note = |meta: Meta| there.extend([meta.uid]);
        self.cluster.list(&query, &mut note).await?;
        Ok(Known::Listed { began, took: began.elapsed(), there })
    }
}
