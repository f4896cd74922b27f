//! What the kinds of custom resources are called, asked of the server.
//!
//! Only the groups and versions of kinds that no cluster is sure to have are asked about, each with one small request
//! that every server since 1.0 answers. The aggregated document would be one request for everything there is: more
//! bytes than all lists of a small fleet together.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use http::StatusCode;
use serde::Deserialize;

use super::decode::{media_type, unexpected};
use super::errors::{Subject, from_answer};
use super::transport::{Ask, Transport};
use super::url;
use crate::cluster::{Error, ErrorKind};
use crate::manifest::{Kind, Resource, Scope, builtin};

#[derive(Deserialize)]
struct ResourceList {
    resources: Vec<Served>,
}

#[derive(Deserialize)]
struct Served {
    name: String,
    kind: String,
    namespaced: bool,
}

pub(super) async fn resources(
    transport: &Transport,
    kinds: &BTreeSet<Kind>,
) -> Result<BTreeMap<Kind, Resource>, Error> {
    let mut found = BTreeMap::new();
    let mut unknown: BTreeMap<(&str, &str), Vec<&Kind>> = BTreeMap::new();
    for kind in kinds {
        match builtin(kind) {
            Some(resource) => {
                found.insert(kind.clone(), resource);
            }
            None => unknown.entry((&kind.group, &kind.version)).or_default().push(kind),
        }
    }
    let asked = unknown.into_values().map(|kinds| group_version(transport, kinds));
    found.extend(try_join_all(asked).await?.into_iter().flatten());
    Ok(found)
}

/// How some kinds of one group and version are served.
async fn group_version(transport: &Transport, kinds: Vec<&Kind>) -> Result<Vec<(Kind, Resource)>, Error> {
    let Some(first) = kinds.first() else { return Ok(Vec::new()) };
    let what = format!("discover {}", first.api_version());
    let answer = transport.send(&Ask::get(url::group_version(first), "application/json"), &what).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(Vec::new());
    }
    let unreadable = |message: String| Error::new(ErrorKind::Other, what.clone(), message);
    if !answer.status.is_success() {
        let nothing = Resource { plural: String::new(), scope: Scope::Cluster };
        let subject = Subject { verb: "discover", kind: first, resource: &nothing, namespace: None, name: None };
        return Err(Error { what, ..from_answer(&subject, &answer) });
    }
    let media_type = media_type(&answer.content_type);
    if media_type != "application/json" {
        return Err(unreadable(unexpected(media_type).to_string()));
    }
    let list: ResourceList = serde_json::from_slice(&answer.body)
        .map_err(|error| unreadable(format!("the answer cannot be read: {error}")))?;
    let resource = |kind: &Kind| {
        // Names with a slash are subresources.
        let served = list.resources.iter().find(|served| served.kind == kind.kind && !served.name.contains('/'))?;
        let scope = if served.namespaced { Scope::Namespaced } else { Scope::Cluster };
        Some(Resource { plural: served.name.clone(), scope })
    };
    Ok(kinds.into_iter().filter_map(|kind| Some((kind.clone(), resource(kind)?))).collect())
}
