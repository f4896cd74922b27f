//! What runs in a namespace that goes is told to end at once. By itself the namespace's controller begins seconds later,
//! gives each pod the time that it asks for, looks again after a good part of that, and turns to volumes last: one pod that
//! ignores SIGTERM would keep all of it for most of a minute. What cannot be hurried is left to that controller.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;
use tokio::time::timeout;

use super::step::uid_of;
use crate::cluster::{Cluster, Error, Propagation, Query, Target};
use crate::manifest::{Kind, ObjectId, Resource, builtin, pods};

/// The seconds from SIGTERM to SIGKILL for a pod whose data goes too: time for a database to close its files.
const GRACE: u64 = 5;
/// What a pod has that says nothing. One that asks for more has something to do before it ends, and is left to it.
const USUAL: u64 = 30;
/// So many deletions are under way at once.
const WIDTH: usize = 8;
/// Longer than this nobody is held up by it.
const BOUND: Duration = Duration::from_secs(10);

/// Pods and claims of one namespace, as they were read before its deletion: whoever makes another of its name since has
/// others.
#[derive(Default)]
pub(super) struct Hurry(Vec<One>);

struct One {
    kind: Kind,
    resource: Resource,
    id: ObjectId,
    uid: String,
    propagation: Propagation,
}

impl Hurry {
    /// What there is to hurry; nothing where it cannot be read.
    pub async fn of(cluster: &dyn Cluster, namespace: &str) -> Self {
        if !cluster.keeps_status() {
            return Self::default(); // nothing runs there
        }
        match timeout(BOUND, read(cluster, namespace)).await {
            Ok(Ok(found)) => Self(found),
            Ok(Err(error)) => {
                tracing::debug!(namespace, %error, "its pods end in their own time");
                Self::default()
            }
            Err(_) => Self::default(),
        }
    }

    /// Tells all of them, now that their namespace is going.
    pub async fn up(self, cluster: &dyn Cluster) {
        let all = futures::stream::iter(&self.0).for_each_concurrent(WIDTH, async |one| {
            let target = Target { kind: &one.kind, resource: &one.resource, id: &one.id };
            if let Err(error) = cluster.delete(&target, &one.uid, one.propagation).await {
                tracing::debug!(object = %one.id, %error, "it ends in its own time");
            }
        });
        let _ = timeout(BOUND, all).await;
    }
}

async fn read(cluster: &dyn Cluster, namespace: &str) -> Result<Vec<One>, Error> {
    let (kind, resource) = pods();
    let there = objects(cluster, namespace, (&kind, &resource)).await?;
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: Vec<One> =
        there.iter().filter_map(|pod| one(pod, (&kind, &resource), Propagation::Within(grace(pod)?))).collect();
    // A claim stays until the last pod that has it mounted is gone.
    let kind = Kind::new("v1", "PersistentVolumeClaim");
    if let Some(resource) = builtin(&kind) {
        let there = objects(cluster, namespace, (&kind, &resource)).await?;
        found.extend(there.iter().filter_map(|claim| one(claim, (&kind, &resource), Propagation::Background)));
    }
    Ok(found)
}

async fn objects(
    cluster: &dyn Cluster,
    namespace: &str,
    (kind, resource): (&Kind, &Resource),
) -> Result<Vec<Value>, Error> {
    cluster.objects(&Query { kind, resource, namespace: Some(namespace), selector: "" }).await
}

fn one(object: &Value, (kind, resource): (&Kind, &Resource), propagation: Propagation) -> Option<One> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let id = ObjectId::new(kind, text("/metadata/namespace"), text("/metadata/name")?);
    Some(One { kind: kind.clone(), resource: resource.clone(), id, uid: uid_of(object)?, propagation })
}

/// How many seconds a pod gets; `None` where it keeps its own time.
fn grace(pod: &Value) -> Option<u64> {
    let asked = pod.pointer("/spec/terminationGracePeriodSeconds").map_or(Some(USUAL), Value::as_u64)?;
    (asked <= USUAL).then(|| asked.min(GRACE))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::grace;

    #[test]
    fn a_pod_gets_little_time_unless_it_asks_for_much() {
        for (asked, given) in [(0, Some(0)), (3, Some(3)), (5, Some(5)), (10, Some(5)), (30, Some(5)), (31, None)] {
            assert_eq!(grace(&json!({"spec": {"terminationGracePeriodSeconds": asked}})), given, "{asked}");
        }
        assert_eq!(grace(&json!({"spec": {}})), Some(5));
        assert_eq!(grace(&json!({"spec": {"terminationGracePeriodSeconds": "soon"}})), None);
    }
}
