//! What `managedFields` say after others have written: the ground that planning stands on.

use reconcile::chart::generated::{GeneratedKey, Part};
use reconcile::manifest::{GENERATED_MANAGER, Manifest};
use serde_json::{Value, json};

use super::arena::{Arena, RIVAL, config_map, deployment, manifest, secret};

/// Applies a manifest, lets a rival do something, and answers with what drifted and by whom; then corrects it, after
/// which nothing is left.
async fn after(arena: &Arena<'_>, wanted: &Manifest, patch: Value) -> Vec<(String, Option<String>)> {
    arena.apply(&wanted.body()).await.unwrap();
    let before = arena.observe(wanted).await;
    assert_eq!((&before.drift[..], before.ours), (&[][..], true));
    arena.patch(&wanted.body(), patch).await;
    let seen = arena.observe(wanted).await;
    assert_ne!(seen.precondition, before.precondition);
    arena.apply(&wanted.body()).await.unwrap();
    assert_eq!(arena.observe(wanted).await.drift, []);
    seen.drift.into_iter().map(|drift| (drift.path, drift.by.map(|by| by.manager))).collect()
}

pub async fn right_after_an_apply_nothing_drifts(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let metadata = json!({"name": "it", "namespace": namespace});
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata,
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": [{"ports": [{"port": 53}]}]},
    });
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": metadata,
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}, {"port": 80, "protocol": "UDP", "name": "u"}]},
    });
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata,
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    });
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {"limits.cpu": "4", "pods": 5}},
    });
    let ingress = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata,
        "spec": {"rules": [{"host": "a.example", "http": {"paths": [{
            "path": "/", "pathType": "Prefix", "backend": {"service": {"name": "it", "port": {"number": 80}}},
        }]}}]},
    });
    let mut named = service;
    named["spec"]["ports"][0]["name"] = json!("h");
    let config = config_map(&namespace, "it", &json!({"a": ""}));
    let empty = secret(&namespace, "empty", &json!({}));
    for body in [deployment(&namespace), policy, named, role, quota, ingress, config, empty] {
        let wanted = manifest(body);
        arena.apply(&wanted.body()).await.unwrap();
        let seen = arena.observe(&wanted).await;
        assert!(seen.ours && seen.was_ours && !seen.controlled, "{seen:?}");
        assert_eq!(seen.drift, [], "{}", wanted.id);
        assert_eq!(seen.extras, [], "{}", wanted.id);
        assert_eq!(seen.hash.as_deref(), Some(wanted.hash.as_str()));
    }
}

pub async fn a_changed_value_is_drift(arena: &Arena<'_>) {
    let wanted = manifest(deployment(&arena.namespace().await));
    let container = "/spec/template/spec/containers/0";
    let patch = json!([
        {"op": "replace", "path": format!("{container}/image"), "value": "example.com/web:2"},
        {"op": "replace", "path": format!("{container}/env/1/value"), "value": "3"},
        {"op": "replace", "path": "/spec/replicas", "value": 3},
    ]);
    let drift = after(arena, &wanted, patch).await;
    let paths: Vec<&str> = drift.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths.len(), 3, "{drift:?}");
    assert!(paths.contains(&".spec.replicas"), "{drift:?}");
    assert!(drift.iter().all(|(_, by)| by.as_deref() == Some(RIVAL)), "{drift:?}");
}

pub async fn a_removed_item_is_drift(arena: &Arena<'_>) {
    let wanted = manifest(deployment(&arena.namespace().await));
    let patch = json!([{"op": "remove", "path": "/spec/template/spec/containers/0/env/0"}]);
    let drift = after(arena, &wanted, patch).await;
    assert_eq!(drift.len(), 1, "{drift:?}");
    assert_eq!(drift[0].1, None);
    let key = manifest(config_map(wanted.id.namespace.as_deref().unwrap(), "it", &json!({"a": "1", "b": "2"})));
    let drift = after(arena, &key, json!([{"op": "remove", "path": "/data/a"}])).await;
    assert_eq!(drift, [(".data.a".to_owned(), None)]);
}

pub async fn a_replaced_list_is_drift(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let metadata = json!({"name": "it", "namespace": namespace});
    let policy = manifest(json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata,
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []},
    }));
    let drift = after(arena, &policy, json!([{"op": "add", "path": "/spec/ingress", "value": [{}]}])).await;
    assert_eq!(drift, [(".spec.ingress".to_owned(), Some(RIVAL.to_owned()))]);
    let wanted = manifest(deployment(&namespace));
    let patch = json!([{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--more"}]);
    let drift = after(arena, &wanted, patch).await;
    assert_eq!(drift.len(), 1, "{drift:?}");
    let args = ".spec.template.spec.containers[name=\"web\"].args".to_owned();
    assert_eq!(drift, [(args, Some(RIVAL.to_owned()))]);
}

pub async fn a_taken_label_is_drift(arena: &Arena<'_>) {
    let wanted = manifest(config_map(&arena.namespace().await, "it", &json!({})));
    arena.apply(&wanted.body()).await.unwrap();
    arena.patch(&wanted.body(), json!([{"op": "remove", "path": "/metadata/labels/reconcile.dev~1fleet"}])).await;
    let seen = arena.observe(&wanted).await;
    assert_eq!((seen.ours, seen.was_ours, seen.drift.len()), (false, true, 1));
    arena.apply(&wanted.body()).await.unwrap();
    let seen = arena.observe(&wanted).await;
    assert_eq!((seen.ours, seen.drift), (true, vec![]));
}

pub async fn what_others_add_is_extra(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let wanted = manifest(deployment(&namespace));
    arena.apply(&wanted.body()).await.unwrap();
    let sidecar = json!({"name": "proxy", "image": "example.com/proxy:1"});
    let patch = json!([
        {"op": "add", "path": "/spec/template/spec/containers/-", "value": sidecar},
        {"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": {"name": "THREE", "value": "3"}},
        {"op": "add", "path": "/metadata/annotations/note", "value": "mine"},
    ]);
    arena.patch(&wanted.body(), patch).await;
    for _ in 0..2 {
        let seen = arena.observe(&wanted).await;
        assert_eq!(seen.drift, []);
        assert_eq!(seen.extras.len(), 3, "{:?}", seen.extras);
        assert_eq!(seen.extras.iter().filter(|extra| extra.security).count(), 2);
        assert!(seen.extras.iter().all(|extra| extra.by.manager == RIVAL));
        let object = arena.apply(&wanted.body()).await.unwrap();
        let names = object.pointer("/spec/template/spec/containers").and_then(Value::as_array);
        assert_eq!(names.map(Vec::len), Some(2), "apply leaves a sidecar alone");
    }
}

pub async fn generated_values_survive_applies(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let mut wanted = manifest(secret(&namespace, "it", &json!({"user": "b2Rvbw=="})));
    wanted.generated = vec![GeneratedKey { key: "password".into(), parts: vec![Part::Text("-".into())] }];
    arena.apply(&wanted.body()).await.unwrap();
    arena.apply_as(GENERATED_MANAGER, &secret(&namespace, "it", &json!({"password": "aHVudGVyMg=="}))).await.unwrap();
    let both = json!({"user": "b2Rvbw==", "password": "aHVudGVyMg=="});
    for _ in 0..3 {
        assert_eq!(arena.apply(&wanted.body()).await.unwrap()["data"], both);
        let seen = arena.observe(&wanted).await;
        assert_eq!((&seen.drift[..], &seen.extras[..]), (&[][..], &[][..]));
        assert_eq!(seen.generated.kept, ["password"]);
        assert!(seen.generated.taken.is_empty());
    }
    // A change of what is declared leaves it too.
    let other = secret(&namespace, "it", &json!({"user": "YWRtaW4="}));
    assert_eq!(arena.apply(&other).await.unwrap()["data"], json!({"user": "YWRtaW4=", "password": "aHVudGVyMg=="}));
    // Somebody sets another password.
    arena.patch(&wanted.body(), json!([{"op": "replace", "path": "/data/password", "value": "bmV3"}])).await;
    let seen = arena.observe(&wanted).await;
    assert!(seen.generated.kept.is_empty());
    assert_eq!(
        seen.generated.taken.iter().map(|(key, by)| (key.as_str(), by.manager.as_str())).collect::<Vec<_>>(),
        [("password", RIVAL)]
    );
    // A key that its manager applies no more goes.
    let more = secret(&namespace, "more", &json!({}));
    arena.apply(&more).await.unwrap();
    arena.apply_as(GENERATED_MANAGER, &secret(&namespace, "more", &json!({"a": "YQ==", "b": "Yg=="}))).await.unwrap();
    let less = arena.apply_as(GENERATED_MANAGER, &secret(&namespace, "more", &json!({"a": "YQ=="}))).await.unwrap();
    assert_eq!(less["data"], json!({"a": "YQ=="}));
}
