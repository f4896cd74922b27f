//! What each verb does, and refuses.

use reconcile::cluster::{Apply, Error, ErrorKind, Propagation};
use reconcile::manifest::MANAGER;
use serde_json::{Value, json};

use super::arena::{Arena, address, config_map, deployment, eventually, secret};

fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn kind<T>(result: Result<T, Error>) -> ErrorKind {
    result.err().expect("this is refused").kind
}

pub async fn a_second_create_is_a_conflict(arena: &Arena<'_>) {
    let body = config_map(&arena.namespace().await, "it", &json!({"a": "1"}));
    let at = address(&body);
    let made = arena.cluster.create(&at.target(), &body, MANAGER).await.unwrap();
    assert_eq!(made["data"], json!({"a": "1"}));
    assert!(!text(&made, "/metadata/uid").is_empty());
    assert_eq!(kind(arena.cluster.create(&at.target(), &body, MANAGER).await), ErrorKind::Conflict);
    assert_eq!(arena.get(&body).await.unwrap()["metadata"], made["metadata"]);
}

pub async fn what_is_made_by_apply_must_not_be_there(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let body = config_map(&namespace, "it", &json!({"a": "1"}));
    let made = arena.cluster.make(&address(&body).target(), &body, MANAGER).await.unwrap();
    assert_eq!(made["data"], json!({"a": "1"}));
    let meta = arena.meta(&body).await.unwrap();
    assert_eq!(meta.uid, text(&made, "/metadata/uid"));
    let [entry] = meta.managed.as_slice() else { panic!("{meta:?}") };
    assert!(entry.apply && entry.manager == MANAGER, "{entry:?}");
    // Whatever it is that is there: the same, something else, somebody else's, or what is on its way out.
    let other = config_map(&namespace, "it", &json!({"b": "2"}));
    let theirs = config_map(&namespace, "theirs", &json!({"a": "1"}));
    arena.apply_as("other", &theirs).await.unwrap();
    let mut going = config_map(&namespace, "going", &json!({"a": "1"}));
    going["metadata"]["finalizers"] = json!(["example.com/keep"]);
    let uid = text(&arena.apply(&going).await.unwrap(), "/metadata/uid").to_owned();
    arena.cluster.delete(&address(&going).target(), &uid, Propagation::Background).await.unwrap();
    let itself = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
    for there in [&body, &other, &theirs, &going, &itself] {
        let before = arena.get(there).await.unwrap();
        let refused = kind(arena.cluster.make(&address(there).target(), there, MANAGER).await);
        assert_eq!(refused, ErrorKind::Conflict, "{there}");
        assert_eq!(arena.get(there).await.unwrap(), before);
    }
    arena.patch(&going, json!([{"op": "remove", "path": "/metadata/finalizers"}])).await;
    let uid = arena.meta(&itself).await.unwrap().uid;
    arena.cluster.delete(&address(&itself).target(), &uid, Propagation::Background).await.unwrap();
    eventually("the namespace goes", async || arena.meta(&itself).await.is_none()).await;
    let made = arena.cluster.make(&address(&itself).target(), &itself, MANAGER).await.unwrap();
    assert_ne!(text(&made, "/metadata/uid"), uid);
    let lost = config_map(&arena.name(), "it", &json!({}));
    assert_eq!(kind(arena.cluster.make(&address(&lost).target(), &lost, MANAGER).await), ErrorKind::NotFound);
}

pub async fn what_is_missing_is_none(arena: &Arena<'_>) {
    let body = config_map(&arena.namespace().await, "it", &json!({}));
    let at = address(&body);
    assert_eq!(arena.meta(&body).await, None);
    assert_eq!(arena.get(&body).await, None);
    arena.cluster.delete(&at.target(), "00000000-0000-4000-8000-000000000000", Propagation::Background).await.unwrap();
    let patch = json!([{"op": "add", "path": "/data", "value": {}}]);
    assert_eq!(kind(arena.cluster.patch(&at.target(), &patch, MANAGER).await), ErrorKind::NotFound);
    let nowhere = config_map(&arena.name(), "it", &json!({}));
    assert_eq!(arena.meta(&nowhere).await, None);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": arena.name()}});
    assert_eq!(arena.meta(&namespace).await, None);
}

pub async fn an_equal_apply_writes_nothing(arena: &Arena<'_>) {
    let body = deployment(&arena.namespace().await);
    arena.apply(&body).await.unwrap();
    let secret = secret(text(&body, "/metadata/namespace"), "it", &json!({"key": "dmFsdWU="}));
    arena.apply(&secret).await.unwrap();
    for body in [&body, &secret] {
        let before = arena.meta(body).await.unwrap();
        let entry = before.applied_by(MANAGER).unwrap();
        assert!(entry.time.is_some());
        arena.apply(body).await.unwrap();
        let after = arena.meta(body).await.unwrap();
        // A Deployment's status is written meanwhile.
        if text(body, "/kind") == "Secret" {
            assert_eq!(after.resource_version, before.resource_version);
        }
        assert_eq!(after.applied_by(MANAGER), Some(entry));
        assert_eq!(after.digest(), before.digest());
    }
}

pub async fn a_field_that_is_dropped_vanishes(arena: &Arena<'_>) {
    let mut body = deployment(&arena.namespace().await);
    arena.apply(&body).await.unwrap();
    let container = "/spec/template/spec/containers/0";
    body.pointer_mut(&format!("{container}/env")).unwrap().as_array_mut().unwrap().remove(0);
    body.pointer_mut(container).unwrap().as_object_mut().unwrap().remove("args");
    body["metadata"].as_object_mut().unwrap().remove("labels");
    let object = arena.apply(&body).await.unwrap();
    assert_eq!(object.pointer(&format!("{container}/env")), Some(&json!([{"name": "TWO", "value": "2"}])));
    assert_eq!(object.pointer(&format!("{container}/args")), None);
    assert_eq!(object.pointer("/metadata/labels"), None);
    assert_eq!(text(&object, "/spec/template/spec/containers/0/image"), "example.com/web:1");
}

pub async fn a_field_that_two_own_stays(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let both = config_map(&namespace, "it", &json!({"a": "1", "b": "2"}));
    arena.apply(&both).await.unwrap();
    arena.apply_as("other", &config_map(&namespace, "it", &json!({"b": "2"}))).await.unwrap();
    let object = arena.apply(&config_map(&namespace, "it", &json!({}))).await.unwrap();
    assert_eq!(object["data"], json!({"b": "2"}));
    let object = arena.apply_as("other", &config_map(&namespace, "it", &json!({}))).await.unwrap();
    assert!(object.get("data").is_none_or(|data| *data == json!({})), "{object}");
}

pub async fn a_dry_run_writes_nothing(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let body = config_map(&namespace, "it", &json!({"a": "1"}));
    let at = address(&body);
    let dry = |body| Apply { body, manager: MANAGER, uid: None, resource_version: None, dry_run: true };
    let would_be = arena.cluster.apply(&at.target(), &dry(&body)).await.unwrap();
    assert_eq!(would_be["data"], json!({"a": "1"}));
    assert_eq!(arena.get(&body).await, None);
    arena.apply(&body).await.unwrap();
    let before = arena.get(&body).await.unwrap();
    let changed = config_map(&namespace, "it", &json!({"b": "2"}));
    let would_be = arena.cluster.apply(&at.target(), &dry(&changed)).await.unwrap();
    assert_eq!(would_be["data"], json!({"b": "2"}));
    assert_eq!(arena.get(&body).await.unwrap(), before);
    let lost = config_map(&arena.name(), "it", &json!({}));
    assert_eq!(kind(arena.cluster.apply(&address(&lost).target(), &dry(&lost)).await), ErrorKind::NotFound);
}

pub async fn another_uid_is_a_conflict(arena: &Arena<'_>) {
    let body = config_map(&arena.namespace().await, "it", &json!({"a": "1"}));
    let at = address(&body);
    let wrong = "00000000-0000-4000-8000-000000000000";
    let with_uid =
        |uid| Apply { body: &body, manager: MANAGER, uid: Some(uid), resource_version: None, dry_run: false };
    assert_eq!(kind(arena.cluster.apply(&at.target(), &with_uid(wrong)).await), ErrorKind::Conflict);
    assert_eq!(arena.get(&body).await, None);
    let object = arena.apply(&body).await.unwrap();
    assert_eq!(kind(arena.cluster.apply(&at.target(), &with_uid(wrong)).await), ErrorKind::Conflict);
    arena.cluster.apply(&at.target(), &with_uid(text(&object, "/metadata/uid"))).await.unwrap();
}

pub async fn an_older_version_is_a_conflict(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let body = config_map(&namespace, "it", &json!({"a": "1"}));
    let at = address(&body);
    let first = arena.apply(&body).await.unwrap();
    let changed = config_map(&namespace, "it", &json!({"a": "2"}));
    let apply = |object: &Value| {
        let (uid, version) = (text(object, "/metadata/uid"), text(object, "/metadata/resourceVersion"));
        (uid.to_owned(), version.to_owned())
    };
    let (uid, version) = apply(&first);
    let at_version = |body, version| Apply {
        body,
        manager: MANAGER,
        uid: Some(uid.as_str()),
        resource_version: Some(version),
        dry_run: false,
    };
    let second = arena.cluster.apply(&at.target(), &at_version(&changed, version.as_str())).await.unwrap();
    assert_ne!(apply(&second).1, version);
    assert_eq!(
        kind(arena.cluster.apply(&at.target(), &at_version(&body, version.as_str())).await),
        ErrorKind::Conflict
    );
    assert_eq!(arena.get(&body).await.unwrap()["data"], json!({"a": "2"}));
}

pub async fn deleting_asks_for_the_uid(arena: &Arena<'_>) {
    let body = config_map(&arena.namespace().await, "it", &json!({}));
    let at = address(&body);
    let object = arena.apply(&body).await.unwrap();
    let wrong =
        arena.cluster.delete(&at.target(), "00000000-0000-4000-8000-000000000000", Propagation::Background).await;
    assert_eq!(kind(wrong), ErrorKind::Conflict);
    assert!(arena.get(&body).await.is_some());
    let uid = text(&object, "/metadata/uid");
    arena.cluster.delete(&at.target(), uid, Propagation::Background).await.unwrap();
    assert_eq!(arena.get(&body).await, None);
    arena.cluster.delete(&at.target(), uid, Propagation::Background).await.unwrap();
    let again = arena.apply(&body).await.unwrap();
    assert_ne!(text(&again, "/metadata/uid"), uid);
}

pub async fn a_finalizer_keeps_an_object(arena: &Arena<'_>) {
    let mut body = config_map(&arena.namespace().await, "it", &json!({}));
    body["metadata"]["finalizers"] = json!(["example.com/keep"]);
    let object = arena.apply(&body).await.unwrap();
    arena
        .cluster
        .delete(&address(&body).target(), text(&object, "/metadata/uid"), Propagation::Background)
        .await
        .unwrap();
    let meta = arena.meta(&body).await.unwrap();
    assert!(meta.deleting.is_some());
    assert_eq!(meta.finalizers, ["example.com/keep"]);
    arena.patch(&body, json!([{"op": "remove", "path": "/metadata/finalizers"}])).await;
    assert_eq!(arena.meta(&body).await, None);
}

pub async fn a_namespace_takes_all_in_it_along(arena: &Arena<'_>) {
    let name = arena.namespace().await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let inside = config_map(&name, "it", &json!({}));
    arena.apply(&inside).await.unwrap();
    let mut kept = config_map(&name, "kept", &json!({}));
    kept["metadata"]["finalizers"] = json!(["example.com/keep"]);
    arena.apply(&kept).await.unwrap();
    let uid = arena.meta(&namespace).await.unwrap().uid;
    arena.cluster.delete(&address(&namespace).target(), &uid, Propagation::Background).await.unwrap();
    eventually("what has no finalizer goes", async || arena.meta(&inside).await.is_none()).await;
    assert!(arena.meta(&namespace).await.unwrap().deleting.is_some());
    assert!(arena.meta(&kept).await.unwrap().deleting.is_some());
    assert_eq!(kind(arena.apply(&config_map(&name, "late", &json!({}))).await), ErrorKind::Conflict);
    arena.patch(&kept, json!([{"op": "remove", "path": "/metadata/finalizers"}])).await;
    eventually("the namespace goes", async || arena.meta(&namespace).await.is_none()).await;
}

pub async fn nothing_is_made_in_a_namespace_that_is_missing(arena: &Arena<'_>) {
    let body = config_map(&arena.name(), "it", &json!({}));
    assert_eq!(kind(arena.apply(&body).await), ErrorKind::NotFound);
    assert_eq!(kind(arena.cluster.create(&address(&body).target(), &body, MANAGER).await), ErrorKind::NotFound);
}

pub async fn wrong_objects_are_invalid(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let with = |pointer: &str, value: Value| {
        let mut body = deployment(&namespace);
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[key] = value;
        body
    };
    let container = "/spec/template/spec/containers/0";
    let env = json!([{"name": "ONE", "value": "1"}, {"name": "ONE", "value": "2"}]);
    let mount = json!([{"name": "nowhere", "mountPath": "/data"}]);
    let wrong = [
        ("a duplicate name", with(&format!("{container}/env"), env)),
        ("an unknown field", with("/spec/replica", json!(1))),
        ("a text for a number", with("/spec/replicas", json!("one"))),
        ("a number for a text", with("/metadata/labels/number", json!(1))),
        ("a wrong label", with("/metadata/labels/wrong", json!("not a label!"))),
        ("a list for a map", with("/spec/selector", json!([]))),
        ("no containers", with("/spec/template/spec/containers", json!([]))),
        ("no image", with(&format!("{container}/image"), json!(""))),
        ("a volume that is not there", with(&format!("{container}/volumeMounts"), mount)),
        ("a selector of other pods", with("/spec/template/metadata/labels", json!({"app": "other"}))),
        ("a name in capitals", config_map(&namespace, "IT", &json!({}))),
        ("a Service that begins with a digit", {
            let metadata = json!({"name": "-a", "namespace": namespace});
            json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}})
        }),
    ];
    for (what, body) in wrong {
        for dry_run in [true, false] {
            let apply = Apply { body: &body, manager: MANAGER, uid: None, resource_version: None, dry_run };
            let error = arena.cluster.apply(&address(&body).target(), &apply).await.expect_err(what);
            assert_eq!(error.kind, ErrorKind::Invalid, "{what}: {error}");
        }
        assert_eq!(arena.meta(&body).await, None, "{what}");
    }
}

pub async fn what_cannot_change_is_invalid(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let mut body = deployment(&namespace);
    arena.apply(&body).await.unwrap();
    body["spec"]["selector"]["matchLabels"]["more"] = json!("a");
    body["spec"]["template"]["metadata"]["labels"]["more"] = json!("a");
    let error = arena.apply(&body).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.contains("spec.selector") && error.message.contains("immutable"), "{error}");
}

pub async fn no_error_quotes_a_secret(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let value = "aHVudGVyMg==";
    let body = secret(&namespace, "it", &json!({"key": value}));
    arena.apply(&body).await.unwrap();
    let mut errors = Vec::new();
    for wrong in [json!({"key": "hunter2!"}), json!({"key": ["hunter2"]}), json!({"a key": value}), json!("hunter2")] {
        errors.push(arena.apply(&secret(&namespace, "it", &wrong)).await.expect_err("this is wrong"));
    }
    let test = json!([{"op": "test", "path": "/data/key", "value": "hunter2"}]);
    errors.push(arena.cluster.patch(&address(&body).target(), &test, MANAGER).await.expect_err("the test fails"));
    for error in errors {
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
        let said = format!("{error} {error:?}");
        assert!(!said.contains("hunter2") && !said.contains(value), "{said}");
    }
}

pub async fn patches_are_tested_and_owned(arena: &Arena<'_>) {
    let body = config_map(&arena.namespace().await, "it", &json!({"a": "1", "b": "2"}));
    arena.apply(&body).await.unwrap();
    let patch = json!([
        {"op": "test", "path": "/data/b", "value": "2"},
        {"op": "remove", "path": "/data/b"},
        {"op": "add", "path": "/data/d", "value": "3"},
    ]);
    assert_eq!(arena.patch(&body, patch).await["data"], json!({"a": "1", "d": "3"}));
    let meta = arena.meta(&body).await.unwrap();
    let rival = meta.managed.iter().find(|m| m.manager == super::arena::RIVAL).expect("the rival has an entry");
    assert!(!rival.apply);
    assert_eq!(String::from_utf8_lossy(&rival.fields), r#"{"f:data":{"f:d":{}}}"#);
    let stale = json!([{"op": "test", "path": "/data/a", "value": "9"}, {"op": "remove", "path": "/data/a"}]);
    assert_eq!(kind(arena.cluster.patch(&address(&body).target(), &stale, MANAGER).await), ErrorKind::Invalid);
    assert_eq!(arena.get(&body).await.unwrap()["data"], json!({"a": "1", "d": "3"}));
}
