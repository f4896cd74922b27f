//! What is taken out of an object by name, as a patch of its own.

use reconcile::manifest::{Path, PathElement};
use reconcile::plan::{clearing, in_the_way, removal};
use serde_json::{Value, json};

fn path(elements: &[&str]) -> Path {
    elements.iter().map(|element| PathElement::try_from((*element).to_owned()).expect("a path element")).collect()
}

fn service() -> Value {
    json!({
        "metadata": {
            "uid": "u", "resourceVersion": "7", "annotations": {"ours": "1", "a/b~c": "theirs"},
            "managedFields": [
                {"manager": "reconcile", "operation": "Apply", "fieldsV1": {"f:spec": {"f:selector": {}}}},
                {"manager": "rival", "operation": "Update", "fieldsV1": {
                    "f:metadata": {"f:annotations": {"f:a/b~c": {}}},
                    "f:spec": {"f:ports": {"k:{\"port\":81,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}},
                }},
            ],
        },
        "spec": {"ports": [{"port": 81, "protocol": "TCP"}, {"port": 80, "protocol": "TCP"}, {"port": 82}]},
    })
}

fn applied(object: &Value, patch: &[Value]) -> Value {
    let patch: json_patch::Patch = serde_json::from_value(patch.into()).expect("a JSON patch");
    let mut object = object.clone();
    json_patch::patch(&mut object, &patch).expect("its tests hold");
    object
}

#[test]
fn items_go_by_their_key_and_who_put_them_there_holds_nothing_any_more() {
    let ports = [r#"k:{"port":81,"protocol":"TCP"}"#, r#"k:{"port":82,"protocol":"TCP"}"#];
    let paths = [
        path(&["f:spec", "f:ports", ports[0]]),
        path(&["f:spec", "f:ports", ports[1]]),
        path(&["f:metadata", "f:annotations", "f:a/b~c"]),
    ];
    let after = applied(&service(), &removal(&service(), &paths));
    assert_eq!(after["spec"]["ports"], json!([{"port": 80, "protocol": "TCP"}]));
    assert_eq!(after["metadata"]["annotations"], json!({"ours": "1"}));
    let managers: Vec<&Value> =
        after["metadata"]["managedFields"].as_array().expect("a list").iter().map(|entry| &entry["manager"]).collect();
    assert_eq!(managers, ["reconcile"]);
}

#[test]
fn a_removal_is_bound_to_the_object_and_to_the_item() {
    let paths = [path(&["f:spec", "f:ports", r#"k:{"port":81,"protocol":"TCP"}"#])];
    let patch = removal(&service(), &paths);
    assert_eq!(patch[0], json!({"op": "test", "path": "/metadata/uid", "value": "u"}));
    assert_eq!(patch[1], json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}));
    let mut other = service();
    other["spec"]["ports"] = json!([{"port": 80, "protocol": "TCP"}, {"port": 81, "protocol": "TCP"}]);
    let patch: json_patch::Patch = serde_json::from_value(patch.into()).expect("a JSON patch");
    json_patch::patch(&mut other, &patch).expect_err("another port is in its place");
}

#[test]
fn what_is_not_there_and_nobodys_needs_no_patch() {
    assert!(removal(&service(), &[path(&["f:spec", "f:type"])]).is_empty());
    assert!(removal(&service(), &[]).is_empty());
}

#[test]
fn ours_comes_back_in_one_go_with_what_stood_in_its_way() {
    let wanted = json!({"spec": {"ports": [{"port": 80, "name": "http"}]}});
    let mut live = service();
    live["spec"]["ports"] = json!([{"port": 81, "protocol": "TCP", "name": "http"}]);
    let list = ["f:spec", "f:ports"];
    let ours = path(&[&list[..], &[r#"k:{"port":80,"protocol":"TCP"}"#]].concat());
    let theirs = path(&[&list[..], &[r#"k:{"port":81,"protocol":"TCP"}"#]].concat());
    let after = applied(&live, &clearing(&live, &wanted, std::slice::from_ref(&ours), &[theirs]));
    assert_eq!(after["spec"]["ports"], json!([{"port": 80, "name": "http"}]));
    // Nothing stands beside it, so nothing is put back that apply does not put back by itself.
    assert!(clearing(&live, &wanted, &[ours], &[]).is_empty());
}

#[test]
fn what_the_server_filled_in_beside_theirs_stands_in_the_way_too() {
    let wanted = json!({"spec": {"strategy": {"type": "Recreate"}}});
    let live = json!({
        "metadata": {"uid": "u", "resourceVersion": "7", "managedFields": [
            {"manager": "rival", "operation": "Update", "fieldsV1": {"f:spec": {"f:strategy": {"f:type": {}, "f:own": {}}}}},
        ]},
        "spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}, "own": 1}},
    });
    let ours = [path(&["f:spec", "f:strategy", "f:type"])];
    let beside = in_the_way(&live, &wanted, &ours, &[]);
    assert_eq!(beside, [path(&["f:spec", "f:strategy", "f:rollingUpdate"])]);
    let after = applied(&live, &clearing(&live, &wanted, &ours, &beside));
    assert_eq!(after["spec"]["strategy"], json!({"type": "Recreate", "own": 1}));
}
