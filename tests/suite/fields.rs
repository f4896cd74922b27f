//! The walk of a manifest against a field set.

use reconcile::manifest::{Fields, field_path, unowned};
use serde_json::{Value, json};

fn missing(manifest: &Value, fields: &Value) -> Vec<String> {
    let fields = Fields::parse(fields.to_string().as_bytes()).expect("fieldsV1");
    unowned(manifest, &fields).iter().map(|path| field_path(path)).collect()
}

#[test]
fn everything_owned_is_nothing_missing() {
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"x": "y"}},
        "data": {"k": "v"}});
    let fields = json!({"f:metadata": {"f:labels": {"f:x": {}}}, "f:data": {"f:k": {}}});
    assert_eq!(missing(&manifest, &fields), Vec::<String>::new());
}

#[test]
fn a_value_that_another_took_leaves_the_set() {
    let manifest = json!({"spec": {"replicas": 2, "paused": false}});
    assert_eq!(missing(&manifest, &json!({"f:spec": {"f:paused": {}}})), [".spec.replicas"]);
}

#[test]
fn an_empty_node_is_owned_whole() {
    let manifest = json!({"spec": {"selector": {"matchLabels": {"a": "b"}}, "args": ["x", "y"]}});
    assert!(missing(&manifest, &json!({"f:spec": {"f:selector": {}, "f:args": {}}})).is_empty());
}

#[test]
fn an_item_that_only_exists_owns_nothing_below() {
    let manifest = json!({"spec": {"containers": [{"name": "a", "image": "i"}]}});
    let fields = json!({"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:name": {}}}}});
    assert_eq!(missing(&manifest, &fields), [".spec.containers[name=\"a\"].image"]);
}

#[test]
fn a_node_with_a_dot_alone_is_not_owned_whole() {
    let manifest = json!({"metadata": {"labels": {"a": "b"}}});
    assert_eq!(missing(&manifest, &json!({"f:metadata": {"f:labels": {".": {}}}})), [".metadata.labels.a"]);
}

#[test]
fn ports_that_differ_by_protocol_alone_match_one_to_one() {
    let manifest =
        json!({"spec": {"ports": [{"port": 53, "name": "tcp"}, {"port": 53, "protocol": "UDP", "name": "udp"}]}});
    let both = json!({"f:spec": {"f:ports": {
        "k:{\"port\":53,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}, "f:name": {}},
        "k:{\"port\":53,\"protocol\":\"UDP\"}": {".": {}, "f:port": {}, "f:protocol": {}, "f:name": {}}}}});
    assert!(missing(&manifest, &both).is_empty());
    let one = json!({"f:spec": {"f:ports": {
        "k:{\"port\":53,\"protocol\":\"UDP\"}": {".": {}, "f:port": {}, "f:protocol": {}, "f:name": {}}}}});
    assert_eq!(missing(&manifest, &one), [".spec.ports[port=53,protocol=\"TCP\"]"]);
}

#[test]
fn sets_match_by_value() {
    let manifest = json!({"metadata": {"finalizers": ["a", "b"]}});
    let fields = json!({"f:metadata": {"f:finalizers": {"v:\"a\"": {}}}});
    assert_eq!(missing(&manifest, &fields), [".metadata.finalizers[=\"b\"]"]);
}

#[test]
fn a_removed_list_item_is_named_by_its_key() {
    let manifest = json!({"spec": {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}});
    let fields = json!({"f:spec": {"f:env": {"k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}}}}});
    assert_eq!(missing(&manifest, &fields), [".spec.env[name=\"B\"]"]);
}

#[test]
fn empty_values_want_their_node() {
    let manifest = json!({"spec": {"ingress": [], "emptyDir": {}}});
    assert!(missing(&manifest, &json!({"f:spec": {"f:ingress": {}, "f:emptyDir": {}}})).is_empty());
    assert_eq!(missing(&manifest, &json!({"f:spec": {"f:emptyDir": {}}})), [".spec.ingress"]);
}

#[test]
fn names_and_versions_are_never_looked_for() {
    let manifest = json!({"apiVersion": "v1", "kind": "X", "metadata": {"name": "n", "namespace": "s"}});
    assert!(missing(&manifest, &json!({})).is_empty());
}

#[test]
fn rubbish_is_an_error_and_no_empty_set() {
    assert!(Fields::parse(b"{\"x:y\": {}}").is_err());
    assert!(Fields::parse(b"[]").is_err());
    assert!(Fields::parse(b"{\"k:{broken\": {}}").is_err());
}

#[test]
fn items_whose_key_was_left_out_match_any_one() {
    let manifest = json!({"spec": {"rules": [{"a": 1}, {"a": 2}]}});
    let fields = json!({"f:spec": {"f:rules": {"k:{\"id\":\"x\"}": {"f:a": {}}, "k:{\"id\":\"y\"}": {"f:a": {}}}}});
    assert!(missing(&manifest, &fields).is_empty());
}

#[test]
fn a_missing_map_of_one_field_is_named_by_that_field() {
    let manifest = json!({"data": {"user": "a"}, "spec": {"selector": {"app": "b"}, "ports": {"x": 1, "y": 2}}});
    assert_eq!(missing(&manifest, &json!({"f:spec": {".": {}}})), [".data.user", ".spec.ports", ".spec.selector.app"]);
    let atomic = Fields::parse(br#"{"f:spec": {"f:selector": {}}}"#).expect("fieldsV1");
    let path = ["spec", "selector", "app"].map(|name| reconcile::manifest::PathElement::Field(name.into()));
    assert!(atomic.touches(&path), "an atomic map has all that is in it");
}
