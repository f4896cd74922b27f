//! Waiting: for readiness, and for the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::step::Halt;
use super::stop::Stop;
use crate::cluster::{Cluster, Target, remains};
use crate::plan::{Readiness, readiness};

/// The first pause between two looks; each is longer than the last, up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);

/// Why is waited for what goes.
pub(super) const DELETING: &str = "it is still being deleted";

/// Until when is waited: for so long, or until the run is told to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline<'a> {
    at: Option<Instant>,
    stop: &'a Stop,
}

impl<'a> Deadline<'a> {
    pub fn after(timeout: Duration, stop: &'a Stop) -> Self {
        // A time too far to be told is no deadline.
        Self { at: Instant::now().checked_add(timeout), stop }
    }

    pub fn anew(self, timeout: Duration) -> Self {
        Self::after(timeout, self.stop)
    }

    pub fn is_past(self) -> bool {
        self.at.is_some_and(|at| Instant::now() >= at)
    }

    pub async fn pause(self, pause: Duration) -> Result<(), Halt> {
        tokio::select! {
            () = sleep(pause) => Ok(()),
            why = self.stop.told() => Err(Halt::Stopped(why)),
        }
    }
}

/// Who is told what is waited for, each reason once.
pub(super) type Waits<'w> = &'w (dyn Fn(&str) + Sync);

/// Looks until the object is ready; once, at least.
pub(super) async fn until_ready(
    cluster: &dyn Cluster,
    target: Target<'_>,
    deadline: Deadline<'_>,
    waits: Waits<'_>,
) -> Result<(), Halt> {
    until(cluster, target, deadline, (&readiness, waits)).await
}

/// Looks until the object is as `judge` says it should be; once, at least.
pub(super) async fn until(
    cluster: &dyn Cluster,
    target: Target<'_>,
    deadline: Deadline<'_>,
    (judge, waits): (&(dyn Fn(&Value) -> Readiness + Sync), Waits<'_>),
) -> Result<(), Halt> {
    let mut pause = SHORTEST;
    let mut told = BTreeSet::new();
    loop {
        let why = match cluster.get(&target).await? {
            None => return Err(Halt::Stale("it is gone".into())),
            Some(object) => match judge(&object) {
                Readiness::Ready => return Ok(()),
                Readiness::Failed(reason) => return Err(Halt::Failed(reason)),
                Readiness::Waiting(why) => why,
            },
        };
        if deadline.is_past() {
            return Err(Halt::NotReady(format!("not ready in time: {why}")));
        }
        if !told.contains(&why) {
            waits(&why);
            told.insert(why);
        }
        deadline.pause(pause).await?;
        pause = (pause * 2).min(LONGEST);
    }
}

/// Looks until the object is gone.
pub(super) async fn until_gone(
    cluster: &dyn Cluster,
    target: Target<'_>,
    uid: &str,
    deadline: Deadline<'_>,
    waits: Waits<'_>,
) -> Result<(), Halt> {
    let mut pause = SHORTEST;
    let mut told = false;
    loop {
        match cluster.metadata(&target).await? {
            None => return Ok(()),
            Some(meta) if meta.uid != uid => return Ok(()),
            Some(meta) if deadline.is_past() => {
                let why = if meta.finalizers.is_empty() {
                    what_remains(cluster, target).await
                } else {
                    format!("kept by finalizer {}", meta.finalizers.join(", "))
                };
                return Err(Halt::NotReady(format!("still being deleted: {why}")));
            }
            Some(_) if !told => {
                waits(DELETING);
                told = true;
            }
            Some(_) => {}
        }
        deadline.pause(pause).await?;
        pause = (pause * 2).min(LONGEST);
    }
}

/// What keeps a Namespace; of anything else that is not known.
async fn what_remains(cluster: &dyn Cluster, target: Target<'_>) -> String {
    let found = remains(cluster, &target.id.name, &BTreeMap::new()).await;
    if found.is_empty() { "the cluster does not say why".into() } else { format!("kept by {}", found.join(", ")) }
}
