//! What the kinds of custom resources are called, asked of the server.
//!
//! Only the groups and versions of kinds that no cluster is sure to have are asked about, each with one small request
//! that every server since 1.0 answers. The aggregated document would be one request for everything there is: more
//! bytes than all lists of a small fleet together.
//!
//! A group that nobody answers for is gone, and its objects with it: a definition takes them along. A group whose server
//! does not answer is another matter: then nothing is known. Where a version alone is gone, the objects are there still,
//! in another one.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::decode::{media_type, unexpected};
use super::errors::{Subject, from_answer};
use super::transport::{Ask, Transport};
use super::url;
use crate::cluster::{Error, ErrorKind, Served};
use crate::manifest::{Kind, Resource, Scope, builtin, is_everywhere};

#[derive(Deserialize)]
struct ResourceList {
    resources: Vec<ApiResource>,
}

#[derive(Deserialize)]
struct ApiResource {
    name: String,
    kind: String,
    namespaced: bool,
}

#[derive(Deserialize)]
struct Group {
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

pub(super) async fn resources(transport: &Transport, kinds: &BTreeSet<Kind>) -> Served {
    let mut served = Served::default();
    let mut unknown: BTreeMap<(&str, &str), Vec<&Kind>> = BTreeMap::new();
    for kind in kinds {
        match builtin(kind).filter(|_| is_everywhere(kind)) {
            Some(resource) => {
                served.resources.insert(kind.clone(), resource);
            }
            None => unknown.entry((&kind.group, &kind.version)).or_default().push(kind),
        }
    }
    let answers = join_all(unknown.into_values().map(|kinds| group_version(transport, kinds))).await;
    for answer in answers {
        served.extend(answer);
    }
    served
}

/// How some kinds of one group and version are served.
async fn group_version(transport: &Transport, kinds: Vec<&Kind>) -> Served {
    let mut served = Served::default();
    let Some(first) = kinds.first() else { return served };
    let list = match list(transport, first).await {
        Ok(list) => list,
        Err(error) => {
            served.unknown.extend(kinds.iter().map(|kind| ((*kind).clone(), error.to_string())));
            return served;
        }
    };
    let mut missing = Vec::new();
    for kind in kinds {
        match find(list.as_ref(), kind) {
            Some(resource) => {
                served.resources.insert(kind.clone(), resource);
            }
            None => missing.push(kind),
        }
    }
    for kind in missing {
        match other_version(transport, kind).await {
            Ok(Some((other, resource))) => {
                served.resources.insert(other, resource);
                served.unserved.insert(kind.clone());
            }
            Ok(None) => {
                served.unserved.insert(kind.clone());
            }
            Err(error) => {
                served.unknown.insert(kind.clone(), error.to_string());
            }
        }
    }
    served
}

/// A kind in another version than the one asked for, as the server prefers them.
async fn other_version(transport: &Transport, kind: &Kind) -> Result<Option<(Kind, Resource)>, Error> {
    if kind.group.is_empty() {
        return Ok(None);
    }
    let Some(group) = document::<Group>(transport, url::group(kind), kind).await? else { return Ok(None) };
    for version in group.versions.into_iter().filter(|other| other.version != kind.version) {
        let other = Kind { version: version.version, ..kind.clone() };
        if let Some(resource) = find(list(transport, &other).await?.as_ref(), &other) {
            return Ok(Some((other, resource)));
        }
    }
    Ok(None)
}

fn find(list: Option<&ResourceList>, kind: &Kind) -> Option<Resource> {
    // Names with a slash are subresources.
    let served = list?.resources.iter().find(|served| served.kind == kind.kind && !served.name.contains('/'))?;
    let scope = if served.namespaced { Scope::Namespaced } else { Scope::Cluster };
    Some(Resource { plural: served.name.clone(), scope })
}

async fn list(transport: &Transport, kind: &Kind) -> Result<Option<ResourceList>, Error> {
    document(transport, url::group_version(kind), kind).await
}

/// A document of discovery; `None` where the server has none there.
async fn document<T: DeserializeOwned>(transport: &Transport, path: String, kind: &Kind) -> Result<Option<T>, Error> {
    let what = format!("discover {}", kind.api_version());
    let answer = transport.send(&Ask::get(path, "application/json"), &what).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let unreadable = |message: String| Error::new(ErrorKind::Other, what.clone(), message);
    if !answer.status.is_success() {
        let nothing = Resource { plural: String::new(), scope: Scope::Cluster };
        let subject = Subject { verb: "discover", kind, resource: &nothing, namespace: None, name: None };
        return Err(Error { what, ..from_answer(&subject, &answer) });
    }
    let media_type = media_type(&answer.content_type);
    if media_type != "application/json" {
        return Err(unreadable(unexpected(media_type).to_string()));
    }
    serde_json::from_slice(&answer.body)
        .map(Some)
        .map_err(|error| unreadable(format!("the answer cannot be read: {error}")))
}
