//! Diffs of objects: what they show and what they never do.

use insta::assert_snapshot;
use reconcile::report::{GENERATED, clean, mask, object_diff, unified};
use serde_json::{Value, json};

use super::report_plans::{deployment, secret};

const HUNTER: &str = "aHVudGVyMg==";

#[test]
fn a_diff_has_three_lines_around_a_change() {
    let old = (1..=12).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
    let new = old.replace("line 6", "line six");
    assert_snapshot!(unified(Some(&old), Some(&new), ("live/ConfigMap/odoo", "wanted/ConfigMap/odoo")));
}

#[test]
fn a_missing_side_is_dev_null() {
    assert_snapshot!(unified(None, Some("a\nb"), ("live/ConfigMap/odoo", "wanted/ConfigMap/odoo")), @r"
    --- /dev/null
    +++ wanted/ConfigMap/odoo
    @@ -0,0 +1,2 @@
    +a
    +b
    ");
    assert_snapshot!(unified(Some("a\n"), None, ("live/ConfigMap/odoo", "wanted/ConfigMap/odoo")), @r"
    --- live/ConfigMap/odoo
    +++ /dev/null
    @@ -1 +0,0 @@
    -a
    ");
}

#[test]
fn equal_is_empty() {
    assert_eq!(unified(Some("a"), Some("a\n"), ("x", "y")), "");
    assert_eq!(unified(None, None, ("x", "y")), "");
    assert_eq!(unified(None, Some(""), ("x", "y")), "");
}

#[test]
fn what_the_server_keeps_is_not_shown() {
    let mut live = deployment("a", "odoo:18.0", 1);
    let metadata = &mut live["metadata"];
    metadata["uid"] = json!("1");
    metadata["resourceVersion"] = json!("2");
    metadata["generation"] = json!(3);
    metadata["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
    metadata["selfLink"] = json!("/x");
    metadata["managedFields"] = json!([{"manager": "kubectl"}]);
    metadata["annotations"] = json!({"reconcile.dev/hash": "abc"});
    live["status"] = json!({"replicas": 1});
    assert_eq!(clean(live.clone()), deployment("a", "odoo:18.0", 1));
    assert_eq!(object_diff(Some(&live), Some(&deployment("a", "odoo:18.0", 1)), "x"), "");
    assert_eq!(clean(json!("text")), json!("text"));
}

#[test]
fn values_that_differ_are_told_apart() {
    let before = secret("a", json!({"password": HUNTER, "same": HUNTER, "gone": HUNTER}));
    let after = secret("a", json!({"password": "b3RoZXI=", "same": HUNTER, "new": HUNTER}));
    let (before, after) = mask((Some(&before), Some(&after)));
    assert_eq!(
        before.map(|s| s["data"].clone()),
        Some(json!({"password": "<hidden 1>", "same": "<hidden>", "gone": "<hidden>"}))
    );
    assert_eq!(
        after.map(|s| s["data"].clone()),
        Some(json!({"password": "<hidden 2>", "same": "<hidden>", "new": "<hidden>"}))
    );
}

#[test]
fn plain_and_encoded_values_are_compared_as_the_server_would() {
    let live = secret("a", json!({"password": HUNTER, "other": HUNTER}));
    let mut wanted = live.clone();
    wanted["data"] = json!({});
    wanted["stringData"] = json!({"password": "hunter2", "other": "hunter3"});
    let (before, after) = mask((Some(&live), Some(&wanted)));
    assert_eq!(before.map(|s| s["data"].clone()), Some(json!({"password": "<hidden>", "other": "<hidden 1>"})));
    assert_eq!(after.map(|s| s["stringData"].clone()), Some(json!({"password": "<hidden>", "other": "<hidden 2>"})));
}

#[test]
fn copies_in_annotations_are_hidden_too() {
    let annotated = |password: &str| {
        let mut secret = secret("a", json!({"password": password}));
        let copy = secret.to_string();
        secret["metadata"]["annotations"] = json!({
            "kubectl.kubernetes.io/last-applied-configuration": copy,
            "kapp.k14s.io/original": copy,
            "reconcile.dev/hash": password,
        });
        secret
    };
    let (before, after) = mask((Some(&annotated(HUNTER)), Some(&annotated("b3RoZXI="))));
    let (before, after) = (before.expect("before"), after.expect("after"));
    for side in [&before, &after] {
        let text = side.to_string();
        assert!(!text.contains(HUNTER) && !text.contains("b3RoZXI"), "{text}");
    }
    assert_eq!(before["metadata"]["annotations"]["kapp.k14s.io/original"], "<hidden 1>");
    assert_eq!(after["metadata"]["annotations"]["reconcile.dev/hash"], "<hidden 2>");
}

/// A canary in every place of a Secret that can hold a value, in forms that the API would refuse too.
#[test]
fn no_form_of_a_secret_lets_a_value_through() {
    let canary = "canary";
    let odd: Vec<Value> = vec![
        secret("a", json!({"key": canary})),
        secret("a", json!(canary)),
        secret("a", json!([canary])),
        secret("a", json!({"key": {"nested": [canary]}})),
        json!({"apiVersion": "v1", "kind": "Secret", "stringData": canary}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"annotations": canary}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"annotations": {"a": {"b": canary}}}}),
    ];
    for one in &odd {
        for other in [None, Some(&odd[0]), Some(&deployment("a", "x", 1))] {
            for diff in [object_diff(Some(one), other, "x"), object_diff(other, Some(one), "x")] {
                assert!(!diff.contains(canary), "{one}: {diff}");
            }
        }
    }
}

#[test]
fn what_the_cluster_will_generate_is_said() {
    let before = secret("a", json!({"password": HUNTER}));
    let after = secret("a", json!({"password": GENERATED, "new": GENERATED}));
    let (before, after) = mask((Some(&before), Some(&after)));
    assert_eq!(before.map(|s| s["data"].clone()), Some(json!({"password": "<hidden 1>"})));
    assert_eq!(after.map(|s| s["data"].clone()), Some(json!({"password": GENERATED, "new": GENERATED})));
}

#[test]
fn other_kinds_are_shown_as_they_are() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}});
    assert_eq!(mask((Some(&object), None)), (Some(object), None));
    let custom = json!({"apiVersion": "example.com/v1", "kind": "Secret", "data": {"a": "b"}});
    assert_eq!(mask((None, Some(&custom))), (None, Some(custom)));
}
