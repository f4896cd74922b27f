//! Metadata as the API server's protobuf has it: messages with only the fields that are used (numbers from
//! `k8s.io/apimachinery` `generated.proto`), behind the four magic bytes and the envelope that every answer has.

use std::collections::BTreeMap;

use jiff::Timestamp;
use prost::Message;
use prost::bytes::Bytes;

use super::decode::{Page, Undecodable};
use crate::plan::{Managed, Meta};

/// What every protobuf answer begins with.
const MAGIC: &[u8] = b"k8s\0";

/// `runtime.Unknown`.
#[derive(Message)]
struct Envelope {
    #[prost(message, optional, tag = "1")]
    kind: Option<TypeMeta>,
    #[prost(bytes = "bytes", tag = "2")]
    raw: Bytes,
}

#[derive(Message)]
struct TypeMeta {
    #[prost(string, tag = "1")]
    api_version: String,
    #[prost(string, tag = "2")]
    kind: String,
}

#[derive(Message)]
struct List {
    #[prost(message, optional, tag = "1")]
    meta: Option<ListMeta>,
    #[prost(message, repeated, tag = "2")]
    items: Vec<Item>,
}

#[derive(Message)]
struct ListMeta {
    #[prost(string, tag = "3")]
    next: String,
}

#[derive(Message)]
struct Item {
    #[prost(message, optional, tag = "1")]
    meta: Option<ObjectMeta>,
}

#[derive(Message)]
struct ObjectMeta {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "3")]
    namespace: String,
    #[prost(string, tag = "5")]
    uid: String,
    #[prost(string, tag = "6")]
    resource_version: String,
    #[prost(message, optional, tag = "9")]
    deleted: Option<Time>,
    #[prost(btree_map = "string, string", tag = "11")]
    labels: BTreeMap<String, String>,
    #[prost(btree_map = "string, string", tag = "12")]
    annotations: BTreeMap<String, String>,
    #[prost(message, repeated, tag = "13")]
    owners: Vec<OwnerReference>,
    #[prost(string, repeated, tag = "14")]
    finalizers: Vec<String>,
    #[prost(message, repeated, tag = "17")]
    managed: Vec<ManagedFieldsEntry>,
}

#[derive(Message)]
struct OwnerReference {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(bool, tag = "6")]
    controller: bool,
}

#[derive(Message)]
struct ManagedFieldsEntry {
    #[prost(string, tag = "1")]
    manager: String,
    #[prost(string, tag = "2")]
    operation: String,
    #[prost(message, optional, tag = "4")]
    time: Option<Time>,
    #[prost(message, optional, tag = "7")]
    fields: Option<FieldsV1>,
    #[prost(string, tag = "8")]
    subresource: String,
}

#[derive(Message)]
struct FieldsV1 {
    #[prost(bytes = "vec", tag = "1")]
    raw: Vec<u8>,
}

#[derive(Clone, Copy, Message)]
struct Time {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// One page of a `PartialObjectMetadataList`.
pub(super) fn list(body: &Bytes) -> Result<Page, Undecodable> {
    let list = List::decode(open(body, "PartialObjectMetadataList")?)?;
    Ok(Page {
        next: list.meta.map(|meta| meta.next).unwrap_or_default(),
        items: list.items.into_iter().map(meta).collect::<Result<_, _>>()?,
    })
}

/// One `PartialObjectMetadata`.
pub(super) fn object(body: &Bytes) -> Result<Meta, Undecodable> {
    meta(Item::decode(open(body, "PartialObjectMetadata")?)?)
}

fn open(body: &Bytes, wanted: &str) -> Result<Bytes, Undecodable> {
    if !body.starts_with(MAGIC) {
        return Err(Undecodable::new("its protobuf has no header"));
    }
    let envelope = Envelope::decode(body.slice(MAGIC.len()..))?;
    let kind = envelope.kind.unwrap_or_default();
    if kind.kind != wanted || kind.api_version != "meta.k8s.io/v1" {
        return Err(Undecodable::new(format!("it is a {} {:?}, not a {wanted}", kind.api_version, kind.kind)));
    }
    Ok(envelope.raw)
}

fn meta(item: Item) -> Result<Meta, Undecodable> {
    let meta = item.meta.ok_or_else(|| Undecodable::new("an item has no metadata"))?;
    Ok(Meta {
        name: meta.name,
        namespace: Some(meta.namespace).filter(|namespace| !namespace.is_empty()),
        uid: meta.uid,
        resource_version: meta.resource_version,
        labels: meta.labels,
        annotations: meta.annotations,
        deleting: meta.deleted.map(timestamp).transpose()?,
        finalizers: meta.finalizers,
        controller: meta.owners.into_iter().find(|o| o.controller).map(|o| format!("{}/{}", o.kind, o.name)),
        managed: meta.managed.into_iter().map(managed).collect::<Result<_, _>>()?,
    })
}

fn managed(entry: ManagedFieldsEntry) -> Result<Managed, Undecodable> {
    Ok(Managed {
        manager: entry.manager,
        apply: entry.operation == "Apply",
        subresource: Some(entry.subresource).filter(|name| !name.is_empty()),
        time: entry.time.map(timestamp).transpose()?,
        fields: entry.fields.map(|fields| fields.raw).unwrap_or_default(),
    })
}

fn timestamp(time: Time) -> Result<Timestamp, Undecodable> {
    Timestamp::new(time.seconds, time.nanos).map_err(|_| Undecodable::new("a time is out of range"))
}
