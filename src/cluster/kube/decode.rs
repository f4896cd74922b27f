//! Metadata out of an answer. The content type decides the decoder, and whatever is not exactly what was asked for is
//! an error: an HTML page, a cut body or another kind never reads as an empty list.

use std::collections::BTreeMap;

use jiff::Timestamp;
use prost::bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::proto;
use crate::cluster::Sink;
use crate::plan::{Managed, Meta, Seen};

/// Asks for a list of metadata alone, in protobuf where the server has it (it has none for custom resources).
pub(super) const ACCEPT_LIST: &str = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,\
     application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
/// Asks for one object's metadata alone.
pub(super) const ACCEPT_OBJECT: &str = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,\
     application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// A part of a list.
#[derive(Debug, PartialEq)]
pub(super) struct Page {
    /// The token for the next page; empty at the end.
    pub(super) next: String,
    pub(super) items: Items,
}

/// The objects of a page.
#[derive(Debug, PartialEq)]
pub(super) enum Items {
    /// One message each, not looked into yet.
    Proto(Vec<Bytes>),
    Json(Vec<Meta>),
}

impl Page {
    /// A page is the last one, or says how to go on: what names neither is a part of a list, and not a whole one.
    pub(super) fn new(next: String, remaining: Option<i64>, items: Items) -> Result<Self, Undecodable> {
        match remaining {
            Some(remaining) if remaining > 0 && next.is_empty() => {
                Err(Undecodable::new(format!("it breaks off, with {remaining} more to come and no way on")))
            }
            _ => Ok(Self { next, items }),
        }
    }
}

impl Items {
    pub(super) fn pass_to(self, sink: &mut dyn Sink) -> Result<(), Undecodable> {
        match self {
            Self::Proto(items) => items.into_iter().try_for_each(|item| proto::pass(item, sink)),
            Self::Json(items) => {
                for meta in items {
                    if !sink.passes(&Seen::of(&meta)) {
                        sink.take(meta);
                    }
                }
                Ok(())
            }
        }
    }
}

/// The answer is not what was asked for.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the answer cannot be read: {0}")]
pub(super) struct Undecodable(String);

impl Undecodable {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl From<prost::DecodeError> for Undecodable {
    fn from(error: prost::DecodeError) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Undecodable {
    fn from(error: serde_json::Error) -> Self {
        // Its text may quote what it read; the place may be said.
        Self(format!("its JSON is wrong at line {} column {}", error.line(), error.column()))
    }
}

/// One page of a list.
pub(super) fn list(content_type: &str, body: &Bytes) -> Result<Page, Undecodable> {
    match media_type(content_type) {
        "application/vnd.kubernetes.protobuf" => proto::list(body),
        "application/json" => {
            let list: JsonList<'_> = serde_json::from_slice(body)?;
            expect(&list.kind, "PartialObjectMetadataList")?;
            let items = list.items.into_iter().map(|item| meta(item.metadata)).collect();
            Page::new(list.metadata.next.unwrap_or_default(), list.metadata.remaining, Items::Json(items))
        }
        other => Err(unexpected(other)),
    }
}

/// One object's metadata.
pub(super) fn object(content_type: &str, body: &Bytes) -> Result<Meta, Undecodable> {
    match media_type(content_type) {
        "application/vnd.kubernetes.protobuf" => proto::object(body),
        "application/json" => {
            let object: JsonObject<'_> = serde_json::from_slice(body)?;
            expect(&object.kind, "PartialObjectMetadata")?;
            Ok(meta(object.metadata))
        }
        other => Err(unexpected(other)),
    }
}

/// The type without its parameters.
pub(super) fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// For a content type that nothing here reads.
pub(super) fn unexpected(media_type: &str) -> Undecodable {
    if media_type.is_empty() {
        return Undecodable::new("it has no content type");
    }
    Undecodable::new(format!("it is {media_type}; does something else than an API server answer there?"))
}

fn expect(kind: &str, wanted: &str) -> Result<(), Undecodable> {
    if kind == wanted { Ok(()) } else { Err(Undecodable::new(format!("it is a {kind:?}, not a {wanted}"))) }
}

#[derive(Deserialize)]
struct JsonList<'a> {
    kind: String,
    metadata: JsonListMeta,
    #[serde(borrow)]
    items: Vec<JsonItem<'a>>,
}

#[derive(Deserialize)]
struct JsonListMeta {
    #[serde(rename = "continue")]
    next: Option<String>,
    #[serde(rename = "remainingItemCount")]
    remaining: Option<i64>,
}

#[derive(Deserialize)]
struct JsonItem<'a> {
    #[serde(borrow)]
    metadata: JsonMeta<'a>,
}

#[derive(Deserialize)]
struct JsonObject<'a> {
    kind: String,
    #[serde(borrow)]
    metadata: JsonMeta<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonMeta<'a> {
    name: String,
    namespace: Option<String>,
    uid: String,
    resource_version: String,
    creation_timestamp: Option<Timestamp>,
    deletion_timestamp: Option<Timestamp>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    owner_references: Vec<JsonOwner>,
    #[serde(default)]
    finalizers: Vec<String>,
    #[serde(default, borrow)]
    managed_fields: Vec<JsonManaged<'a>>,
}

#[derive(Deserialize)]
struct JsonOwner {
    kind: String,
    name: String,
    #[serde(default)]
    controller: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonManaged<'a> {
    #[serde(default)]
    manager: String,
    #[serde(default)]
    operation: String,
    time: Option<Timestamp>,
    #[serde(borrow)]
    fields_v1: Option<&'a RawValue>,
    subresource: Option<String>,
}

fn meta(meta: JsonMeta<'_>) -> Meta {
    Meta {
        name: meta.name,
        namespace: meta.namespace,
        uid: meta.uid,
        resource_version: meta.resource_version,
        labels: meta.labels,
        annotations: meta.annotations,
        created: meta.creation_timestamp,
        deleting: meta.deletion_timestamp,
        finalizers: meta.finalizers,
        controller: meta.owner_references.into_iter().find(|o| o.controller).map(|o| format!("{}/{}", o.kind, o.name)),
        managed: meta.managed_fields.into_iter().map(managed).collect(),
    }
}

fn managed(entry: JsonManaged<'_>) -> Managed {
    Managed {
        manager: entry.manager,
        apply: entry.operation == "Apply",
        subresource: entry.subresource.filter(|name| !name.is_empty()),
        time: entry.time,
        fields: entry.fields_v1.map(|fields| fields.get().as_bytes().to_vec()).unwrap_or_default(),
    }
}
