//! An API server that lists a world's objects, in pages of some size and in some order.

use std::collections::BTreeMap;

use reconcile::manifest::{Hash, LABEL_FLEET, ObjectId};
use serde_json::{Value, json};

use super::world::Address;
use crate::fake_server::{Server, json_answer};

/// Lists these objects.
pub fn serve(objects: BTreeMap<ObjectId, Value>, page: usize, seed: u32) -> Server {
    let mut objects: Vec<(String, Value)> = objects.into_values().map(|object| (path_of(&object), object)).collect();
    objects.sort_by_key(|(path, _)| Hash::of(format!("{seed} {path}").as_bytes()));
    Server::routed(move |request, _| {
        let address = request.split(' ').nth(1).unwrap_or_default();
        let (path, query) = address.split_once('?').expect("nothing but lists");
        list(&objects, path, query, page)
    })
}

/// One page of a list of a kind, in all namespaces.
fn list(objects: &[(String, Value)], path: &str, query: &str, page: usize) -> Vec<u8> {
    let asked = |name: &str| {
        let found = query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name));
        found.map(|(_, value)| value.replace("%3D", "=").replace("%2F", "/"))
    };
    let (root, plural) = path.rsplit_once('/').expect("a path of a list");
    let selector = asked("labelSelector").unwrap_or_default();
    let is_selected = |object: &Value| {
        let fleet = object["metadata"]["labels"][LABEL_FLEET].as_str();
        selector.is_empty() || fleet.is_some_and(|fleet| selector == format!("{LABEL_FLEET}={fleet}"))
    };
    let is_listed = |own: &str| {
        let below = own.strip_prefix(root).unwrap_or_default();
        below.rsplit('/').nth(1) == Some(plural)
    };
    let all: Vec<&Value> =
        objects.iter().filter(|(own, o)| is_listed(own) && is_selected(o)).map(|(_, object)| object).collect();
    let from: usize = asked("continue").and_then(|token| token.parse().ok()).unwrap_or_default();
    let items: Vec<Value> = all.iter().skip(from).take(page).map(|o| json!({"metadata": o["metadata"]})).collect();
    let next = if from + page < all.len() { (from + page).to_string() } else { String::new() };
    let body = json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
        "metadata": {"continue": next}, "items": items});
    json_answer("200 OK", &body)
}

/// Where an API server has an object.
fn path_of(object: &Value) -> String {
    let Address { kind, resource, id } = Address::of(object);
    let root = if kind.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", kind.group) };
    let namespace = id.namespace.map(|namespace| format!("namespaces/{namespace}/")).unwrap_or_default();
    format!("{root}/{}/{namespace}{}/{}", kind.version, resource.plural, id.name)
}
