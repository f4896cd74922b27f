//! Secrets, where the list of all of them is forbidden: one list in each namespace of ours.
//!
//! Who may list Secrets across a cluster may read every one of them, for Kubernetes has no right to metadata alone. So
//! an account that runs in the cluster has that right only where a sandbox gives it: by a `RoleBinding` that comes with
//! the sandbox. Where one was lost, that sandbox alone cannot be read.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt as _;
use tokio::sync::SetOnce;

use super::judge::{Index, Judge, Listed};
use super::survey::{SIDE_BY_SIDE, whole};
use super::{Cluster, Error, ErrorKind, Query};
use crate::manifest::{Kind, ObjectId};

/// How long a right that was just given may take to be known.
const MOMENT: Duration = Duration::from_secs(1);

/// Whether a list of a kind that is forbidden for the whole cluster may be allowed namespace by namespace.
pub(super) fn is_withheld(kind: &Kind, error: &Error) -> bool {
    error.kind == ErrorKind::Forbidden && ObjectId::new(kind, None, "").is_secret()
}

/// What was listed namespace by namespace.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) listed: Listed,
    /// The namespaces whose list failed, and why.
    pub(super) unread: BTreeMap<String, Error>,
}

/// Lists in some namespaces, side by side. Where that is forbidden once more after a moment: a binding that was just
/// written takes that long to be known.
pub(super) async fn list_each<'m>(
    cluster: &dyn Cluster,
    query: &Query<'_>,
    namespaces: impl Iterator<Item = &str>,
    index: (&str, &SetOnce<Index<'m>>),
) -> Pieces {
    let mut pieces = Pieces::default();
    list_once(cluster, query, namespaces, index, &mut pieces).await;
    let forbidden = pieces.unread.iter().filter(|(_, error)| error.kind == ErrorKind::Forbidden);
    let forbidden: Vec<String> = forbidden.map(|(namespace, _)| namespace.clone()).collect();
    if !forbidden.is_empty() {
        pieces.unread.retain(|namespace, _| !forbidden.contains(namespace));
        tokio::time::sleep(MOMENT).await;
        list_once(cluster, query, forbidden.iter().map(String::as_str), index, &mut pieces).await;
    }
    pieces
}

async fn list_once<'m>(
    cluster: &dyn Cluster,
    query: &Query<'_>,
    namespaces: impl Iterator<Item = &str>,
    (fleet, index): (&str, &SetOnce<Index<'m>>),
    pieces: &mut Pieces,
) {
    let lists = namespaces.map(|namespace| async move {
        let query = Query { namespace: Some(namespace), ..*query };
        let listed = whole(async || {
            let mut judge = Judge::new(query.kind, fleet, index);
            cluster.list(&query, &mut judge).await.map(|()| judge.listed)
        });
        (namespace.to_owned(), listed.await)
    });
    let mut lists = futures::stream::iter(lists.collect::<Vec<_>>()).buffer_unordered(SIDE_BY_SIDE);
    while let Some((namespace, result)) = lists.next().await {
        match result {
            Ok(listed) => {
                pieces.listed.settled.extend(listed.settled);
                pieces.listed.found.extend(listed.found);
            }
            Err(error) => {
                pieces.unread.insert(namespace, error);
            }
        }
    }
}
