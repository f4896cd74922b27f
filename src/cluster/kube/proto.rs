//! Metadata as the API server's protobuf has it: messages with only the fields that are used (numbers from
//! `k8s.io/apimachinery` `generated.proto`), behind the four magic bytes and the envelope that every answer has.

use std::collections::BTreeMap;

use jiff::Timestamp;
use prost::Message;
use prost::bytes::Bytes;

use super::decode::{Items, Page, Undecodable};
use crate::cluster::Sink;
use crate::manifest::{ANNOTATION_HASH, LABEL_FLEET};
use crate::plan::{Managed, Meta, Seen, SeenManaged};

/// What every protobuf answer begins with.
const MAGIC: &[u8] = b"k8s\0";

/// `runtime.Unknown`.
#[derive(Message)]
struct Envelope {
    #[prost(message, optional, tag = "1")]
    kind: Option<TypeMeta>,
    #[prost(bytes = "bytes", optional, tag = "2")]
    raw: Option<Bytes>,
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
    /// Each an [`Item`], left as it is until its turn comes.
    #[prost(bytes = "bytes", repeated, tag = "2")]
    items: Vec<Bytes>,
}

#[derive(Message)]
struct ListMeta {
    #[prost(string, tag = "3")]
    next: String,
    #[prost(int64, optional, tag = "4")]
    remaining: Option<i64>,
}

/// Texts are slices of the answer's own bytes: most objects are only looked at.
#[derive(Message)]
struct Item {
    #[prost(message, optional, tag = "1")]
    meta: Option<ObjectMeta>,
}

#[derive(Message)]
struct ObjectMeta {
    #[prost(bytes = "bytes", tag = "1")]
    name: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    namespace: Bytes,
    #[prost(bytes = "bytes", tag = "5")]
    uid: Bytes,
    #[prost(bytes = "bytes", tag = "6")]
    resource_version: Bytes,
    #[prost(message, optional, tag = "8")]
    created: Option<Time>,
    #[prost(message, optional, tag = "9")]
    deleted: Option<Time>,
    #[prost(message, repeated, tag = "11")]
    labels: Vec<Pair>,
    #[prost(message, repeated, tag = "12")]
    annotations: Vec<Pair>,
    #[prost(message, repeated, tag = "13")]
    owners: Vec<OwnerReference>,
    #[prost(bytes = "bytes", repeated, tag = "14")]
    finalizers: Vec<Bytes>,
    #[prost(message, repeated, tag = "17")]
    managed: Vec<ManagedFieldsEntry>,
}

/// An entry of a map.
#[derive(Message)]
struct Pair {
    #[prost(bytes = "bytes", tag = "1")]
    key: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
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
    #[prost(bytes = "bytes", tag = "1")]
    manager: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    operation: Bytes,
    #[prost(message, optional, tag = "4")]
    time: Option<Time>,
    #[prost(message, optional, tag = "7")]
    fields: Option<FieldsV1>,
    #[prost(bytes = "bytes", tag = "8")]
    subresource: Bytes,
}

#[derive(Message)]
struct FieldsV1 {
    #[prost(bytes = "bytes", tag = "1")]
    raw: Bytes,
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
    let meta = list.meta.ok_or_else(|| Undecodable::new("the list has no metadata"))?;
    Page::new(meta.next, meta.remaining, Items::Proto(list.items))
}

/// Passes one item of a list on.
pub(super) fn pass(item: Bytes, sink: &mut dyn Sink) -> Result<(), Undecodable> {
    let item = Item::decode(item)?.meta.ok_or_else(|| Undecodable::new("an item has no metadata"))?;
    if !sink.passes(&seen(&item)?) {
        sink.take(meta(item)?);
    }
    Ok(())
}

/// One `PartialObjectMetadata`.
pub(super) fn object(body: &Bytes) -> Result<Meta, Undecodable> {
    let item = Item::decode(open(body, "PartialObjectMetadata")?)?;
    meta(item.meta.ok_or_else(|| Undecodable::new("an item has no metadata"))?)
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
    // What is cut off before it would read as a list of nothing.
    envelope.raw.ok_or_else(|| Undecodable::new("its protobuf has no content"))
}

fn text(bytes: &Bytes) -> Result<&str, Undecodable> {
    std::str::from_utf8(bytes).map_err(|_| Undecodable::new("a text is not UTF-8"))
}

fn owned(bytes: &Bytes) -> Result<String, Undecodable> {
    text(bytes).map(str::to_owned)
}

fn value<'m>(map: &'m [Pair], key: &str) -> Result<Option<&'m str>, Undecodable> {
    map.iter().find(|pair| pair.key == key.as_bytes()).map(|pair| text(&pair.value)).transpose()
}

fn seen(meta: &ObjectMeta) -> Result<Seen<'_>, Undecodable> {
    let mut managed = Vec::with_capacity(meta.managed.len());
    for entry in &meta.managed {
        managed.push(SeenManaged {
            manager: text(&entry.manager)?,
            apply: entry.operation == "Apply",
            subresource: text(&entry.subresource)?,
            fields: entry.fields.as_ref().map(|fields| &*fields.raw).unwrap_or_default(),
        });
    }
    Ok(Seen {
        name: text(&meta.name)?,
        namespace: Some(text(&meta.namespace)?).filter(|namespace| !namespace.is_empty()),
        fleet: value(&meta.labels, LABEL_FLEET)?,
        hash: value(&meta.annotations, ANNOTATION_HASH)?,
        deleting: meta.deleted.is_some(),
        controlled: meta.owners.iter().any(|owner| owner.controller),
        managed,
    })
}

fn meta(meta: ObjectMeta) -> Result<Meta, Undecodable> {
    Ok(Meta {
        name: owned(&meta.name)?,
        namespace: Some(owned(&meta.namespace)?).filter(|namespace| !namespace.is_empty()),
        uid: owned(&meta.uid)?,
        resource_version: owned(&meta.resource_version)?,
        labels: map(&meta.labels)?,
        annotations: map(&meta.annotations)?,
        created: meta.created.map(timestamp).transpose()?,
        deleting: meta.deleted.map(timestamp).transpose()?,
        finalizers: meta.finalizers.iter().map(owned).collect::<Result<_, _>>()?,
        controller: meta.owners.into_iter().find(|o| o.controller).map(|o| format!("{}/{}", o.kind, o.name)),
        managed: meta.managed.iter().map(managed).collect::<Result<_, _>>()?,
    })
}

fn map(pairs: &[Pair]) -> Result<BTreeMap<String, String>, Undecodable> {
    pairs.iter().map(|pair| Ok((owned(&pair.key)?, owned(&pair.value)?))).collect()
}

fn managed(entry: &ManagedFieldsEntry) -> Result<Managed, Undecodable> {
    Ok(Managed {
        manager: owned(&entry.manager)?,
        apply: entry.operation == "Apply",
        subresource: Some(owned(&entry.subresource)?).filter(|name| !name.is_empty()),
        time: entry.time.map(timestamp).transpose()?,
        fields: entry.fields.as_ref().map(|fields| fields.raw.to_vec()).unwrap_or_default(),
    })
}

fn timestamp(time: Time) -> Result<Timestamp, Undecodable> {
    Timestamp::new(time.seconds, time.nanos).map_err(|_| Undecodable::new("a time is out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(names: &[&str], next: &str, remaining: Option<i64>) -> Bytes {
        let item = |name: &&str| {
            let meta = ObjectMeta { name: Bytes::copy_from_slice(name.as_bytes()), ..ObjectMeta::default() };
            Bytes::from(Item { meta: Some(meta) }.encode_to_vec())
        };
        let meta = ListMeta { next: next.into(), remaining };
        let list = List { meta: Some(meta), items: names.iter().map(item).collect() };
        let kind = TypeMeta { api_version: "meta.k8s.io/v1".into(), kind: "PartialObjectMetadataList".into() };
        let envelope = Envelope { kind: Some(kind), raw: Some(list.encode_to_vec().into()) };
        [MAGIC, &envelope.encode_to_vec()].concat().into()
    }

    fn names(body: &Bytes) -> Result<(Vec<String>, String), Undecodable> {
        let page = list(body)?;
        let mut names = Vec::new();
        page.items.pass_to(&mut |meta: Meta| names.push(meta.name))?;
        Ok((names, page.next))
    }

    #[test]
    fn a_page_that_is_cut_anywhere_is_an_error() {
        let whole = page(&["a", "b", "c"], "more", Some(7));
        assert_eq!(names(&whole).unwrap(), (["a", "b", "c"].map(str::to_owned).to_vec(), "more".to_owned()));
        for end in 0..whole.len() {
            let cut = names(&whole.slice(..end));
            assert!(cut.is_err(), "cut at {end} of {}: {cut:?}", whole.len());
        }
        assert_eq!(names(&page(&[], "", None)).unwrap(), (Vec::new(), String::new()));
    }

    #[test]
    fn a_page_that_names_no_way_to_the_rest_is_an_error() {
        assert!(names(&page(&["a"], "", Some(0))).is_ok());
        let error = names(&page(&["a"], "", Some(3))).unwrap_err();
        assert!(error.to_string().contains("3 more"), "{error}");
    }

    #[test]
    fn a_text_that_is_none_is_an_error() {
        let meta = ObjectMeta { name: Bytes::from_static(b"\xff"), ..ObjectMeta::default() };
        let item = Bytes::from(Item { meta: Some(meta) }.encode_to_vec());
        assert!(pass(item, &mut |_: Meta| {}).is_err());
    }
}
