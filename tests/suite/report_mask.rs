//! Diffs of objects: what they show and what they never do.

use insta::assert_snapshot;
use reconcile::report::{FingerprintKey, GENERATED, TooShort, clean, mask, object_diff, unified};
use serde_json::{Value, json};

use super::report_plans::{deployment, key, secret};

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
    assert_eq!(object_diff(Some(&live), Some(&deployment("a", "odoo:18.0", 1)), "x", &key()), "");
    assert_eq!(clean(json!("text")), json!("text"));
}

/// The text that stands for one value of a Secret.
fn hidden(secret: &Value, pointer: &str, key: &FingerprintKey) -> String {
    mask(secret.clone(), key).pointer(pointer).and_then(Value::as_str).expect("a text").to_owned()
}

fn other_key() -> FingerprintKey {
    FingerprintKey::new(b"another key of the tests").expect("it is long enough")
}

#[test]
fn a_fingerprint_is_short_and_the_same_for_the_same() {
    let one = secret("a", json!({"password": HUNTER}));
    let text = hidden(&one, "/data/password", &key());
    let digits = text.strip_prefix("<hidden ").and_then(|text| text.strip_suffix('>')).expect("as documented");
    assert!(digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{text}");
    assert_eq!(text, hidden(&one, "/data/password", &key()));
}

/// What goes into it: the key, the object, the place, the value. Each alone changes it.
#[test]
fn a_fingerprint_is_of_one_value_in_one_place_under_one_key() {
    let one = secret("a", json!({"password": HUNTER, "other": HUNTER}));
    let text = hidden(&one, "/data/password", &key());
    let mut renamed = one.clone();
    renamed["metadata"]["name"] = json!("another");
    let mut annotated = one.clone();
    annotated["metadata"]["annotations"] = json!({"password": HUNTER});
    let others = [
        hidden(&one, "/data/password", &other_key()),
        hidden(&one, "/data/other", &key()),
        hidden(&secret("b", json!({"password": HUNTER})), "/data/password", &key()),
        hidden(&renamed, "/data/password", &key()),
        hidden(&secret("a", json!({"password": "b3RoZXI="})), "/data/password", &key()),
        hidden(&annotated, "/metadata/annotations/password", &key()),
    ];
    for (at, other) in others.iter().enumerate() {
        assert!(*other != text && others.iter().filter(|o| *o == other).count() == 1, "{at}: {other}");
    }
}

/// Pieces cannot be shifted from one part to the next.
#[test]
fn where_a_part_ends_counts() {
    let named = |namespace: &str, name: &str| {
        let mut secret = secret("a", json!({"password": HUNTER}));
        secret["metadata"] = json!({"name": name, "namespace": namespace});
        hidden(&secret, "/data/password", &key())
    };
    assert_ne!(named("ab", "c"), named("a", "bc"));
}

#[test]
fn a_key_is_long_and_never_shown() {
    assert_eq!(FingerprintKey::new(b"fifteen bytes..").err(), Some(TooShort(15)));
    assert!(FingerprintKey::new(b"sixteen bytes...").is_ok());
    assert_eq!(format!("{:?}", key()), "FingerprintKey(..)");
}

#[test]
fn a_change_shows_and_what_stays_does_not() {
    let before = secret("a", json!({"password": HUNTER, "same": HUNTER, "gone": HUNTER}));
    let after = secret("a", json!({"password": "b3RoZXI=", "same": HUNTER, "new": HUNTER}));
    assert_snapshot!(object_diff(Some(&before), Some(&after), "Secret/odoo", &key()));
}

#[test]
fn plain_and_encoded_values_are_compared_as_the_server_would() {
    let live = secret("a", json!({"password": HUNTER, "other": HUNTER}));
    let mut wanted = live.clone();
    wanted["data"] = json!({});
    wanted["stringData"] = json!({"password": "hunter2", "other": "hunter3"});
    let pair = |name: &str| {
        (hidden(&live, &format!("/data/{name}"), &key()), hidden(&wanted, &format!("/stringData/{name}"), &key()))
    };
    let (before, after) = pair("password");
    assert_eq!(before, after);
    let (before, after) = pair("other");
    assert_ne!(before, after);
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
    let (before, after) = (annotated(HUNTER), annotated("b3RoZXI="));
    for side in [&before, &after] {
        let text = mask(side.clone(), &key()).to_string();
        assert!(!text.contains(HUNTER) && !text.contains("b3RoZXI"), "{text}");
    }
    let place = "/metadata/annotations/kapp.k14s.io~1original";
    assert_ne!(hidden(&before, place, &key()), hidden(&after, place, &key()));
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
        json!({"kind": "Secret", "data": {"key": canary}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"annotations": canary}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"annotations": {"a": {"b": canary}}}}),
    ];
    for one in &odd {
        for other in [None, Some(&odd[0]), Some(&deployment("a", "x", 1))] {
            for diff in [object_diff(Some(one), other, "x", &key()), object_diff(other, Some(one), "x", &key())] {
                assert!(!diff.contains(canary), "{one}: {diff}");
            }
        }
    }
}

#[test]
fn what_the_cluster_will_generate_is_said() {
    let wanted = mask(secret("a", json!({"password": GENERATED, "new": HUNTER})), &key());
    assert_eq!(wanted["data"]["password"], GENERATED);
    assert_ne!(wanted["data"]["new"], HUNTER);
}

#[test]
fn other_kinds_are_shown_as_they_are() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}});
    assert_eq!(mask(object.clone(), &key()), object);
    let custom = json!({"apiVersion": "example.com/v1", "kind": "Secret", "data": {"a": "b"}});
    assert_eq!(mask(custom.clone(), &key()), custom);
}
