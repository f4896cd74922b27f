//! Lists, and which kinds there are to list.

use std::collections::BTreeSet;

use reconcile::cluster::{ErrorKind, Propagation, Query};
use reconcile::manifest::{Kind, Resource, Scope};
use reconcile::plan::Meta;
use serde_json::{Value, json};

use super::arena::{Address, Arena, address, config_map, eventually, manifest};

async fn list(arena: &Arena<'_>, at: &Address, namespace: Option<&str>, selector: &str) -> Vec<Meta> {
    let mut found = Vec::new();
    let query = Query { kind: &at.kind, resource: &at.resource, namespace, selector };
    arena.cluster.list(&query, &mut |meta: Meta| found.push(meta)).await.expect("the list is whole");
    found
}

fn names(metas: &[Meta]) -> BTreeSet<String> {
    metas.iter().map(|meta| format!("{}/{}", meta.namespace.as_deref().unwrap_or_default(), meta.name)).collect()
}

pub async fn lists_select_by_label(arena: &Arena<'_>) {
    let mark = arena.name();
    let (one, two) = (arena.namespace().await, arena.namespace().await);
    let labelled = |namespace: &str, name: &str, labels: Value| {
        let mut body = config_map(namespace, name, &json!({}));
        body["metadata"]["labels"] = labels;
        body
    };
    let bodies = [
        labelled(&one, "a", json!({"mark": mark, "colour": "red"})),
        labelled(&one, "b", json!({"mark": mark})),
        labelled(&two, "a", json!({"mark": mark, "colour": "red"})),
        labelled(&two, "c", json!({"mark": "other", "colour": "red"})),
        labelled(&two, "d", json!({})),
    ];
    for body in &bodies {
        arena.apply(body).await.unwrap();
    }
    let at = address(&bodies[0]);
    let of = |pairs: &[(&str, &str)]| pairs.iter().map(|(ns, name)| format!("{ns}/{name}")).collect::<BTreeSet<_>>();
    let marked = list(arena, &at, None, &format!("mark={mark}")).await;
    assert_eq!(names(&marked), of(&[(&one, "a"), (&one, "b"), (&two, "a")]));
    assert_eq!(marked.len(), 3);
    let red = list(arena, &at, None, &format!("mark={mark},colour=red")).await;
    assert_eq!(names(&red), of(&[(&one, "a"), (&two, "a")]));
    let here = list(arena, &at, Some(&two), "").await;
    // A real cluster puts its certificate into each namespace.
    let here: Vec<Meta> = here.into_iter().filter(|meta| meta.name != "kube-root-ca.crt").collect();
    assert_eq!(names(&here), of(&[(&two, "a"), (&two, "c"), (&two, "d")]));
    assert_eq!(list(arena, &at, None, "mark=nobody").await, []);
    assert_eq!(list(arena, &at, Some(&arena.name()), "").await, []);
    let namespaces = address(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": one}}));
    let all = names(&list(arena, &namespaces, None, "").await);
    assert!(all.contains(&format!("/{one}")) && all.contains(&format!("/{two}")), "{all:?}");
}

pub async fn a_list_has_all_metadata(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let mut body = config_map(&namespace, "it", &json!({"a": "1"}));
    body["metadata"]["labels"] = json!({"a": "b"});
    body["metadata"]["annotations"] = json!({"note": "ü 1"});
    body["metadata"]["finalizers"] = json!(["example.com/keep"]);
    let owner = |name: &str, controller: bool| json!({"apiVersion": "v1", "kind": "Widget", "name": name, "uid": format!("uid-{name}"), "controller": controller});
    body["metadata"]["ownerReferences"] = json!([owner("a", false), owner("b", true)]);
    let wanted = manifest(body.clone());
    let object = arena.apply(&wanted.body()).await.unwrap();
    let listed = list(arena, &address(&body), Some(&namespace), "a=b").await;
    assert_eq!(listed.len(), 1);
    let meta = &listed[0];
    assert_eq!(Some(meta), arena.meta(&body).await.as_ref());
    assert_eq!(Some(meta.uid.as_str()), object["metadata"]["uid"].as_str());
    assert_eq!(Some(meta.resource_version.as_str()), object["metadata"]["resourceVersion"].as_str());
    assert_eq!((meta.name.as_str(), meta.namespace.as_deref()), ("it", Some(namespace.as_str())));
    assert_eq!(meta.annotations["note"], "ü 1");
    assert_eq!(meta.sandbox(), Some("one"));
    assert_eq!(meta.finalizers, ["example.com/keep"]);
    assert_eq!(meta.controller.as_deref(), Some("Widget/b"));
    assert_eq!(meta.deleting, None);
    arena.patch(&body, json!([{"op": "remove", "path": "/metadata/finalizers"}])).await;
}

pub async fn custom_resources_are_served_by_their_definition(arena: &Arena<'_>) {
    let namespace = arena.namespace().await;
    let group = format!("{}.example.com", arena.name());
    let kind = Kind::new(&format!("{group}/v1"), "Widget");
    let absent = Kind::new(&format!("{group}/v1"), "Gadget");
    let config_maps = Kind::new("v1", "ConfigMap");
    let asked = BTreeSet::from([kind.clone(), absent.clone(), config_maps.clone()]);
    let all = async || arena.cluster.resources(&asked).await.expect("discovery works");
    let served = async || all().await.resources;
    assert_eq!(served().await.into_keys().collect::<Vec<_>>(), std::slice::from_ref(&config_maps));
    assert_eq!(all().await.unserved, BTreeSet::from([kind.clone(), absent.clone()]));
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("widgets.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": {
                    "size": {"type": "integer"}, "parts": {"type": "array", "items": {"type": "string"}},
                }}}}},
            }],
        },
    });
    arena.apply(&definition).await.unwrap();
    eventually("the definition is served", async || served().await.contains_key(&kind)).await;
    let found = served().await;
    assert_eq!(found[&kind], Resource { plural: "widgets".into(), scope: Scope::Namespaced });
    assert!(!found.contains_key(&absent));
    let wanted = manifest(json!({
        "apiVersion": kind.api_version(), "kind": "Widget", "metadata": {"name": "it", "namespace": namespace},
        "spec": {"size": 1, "parts": ["a", "b"]},
    }));
    eventually("an object of it can be made", async || arena.apply(&wanted.body()).await.is_ok()).await;
    let seen = arena.observe(&wanted).await;
    assert_eq!((seen.ours, &seen.drift[..], &seen.extras[..]), (true, &[][..], &[][..]));
    let at = address(&wanted.body());
    let listed = list(arena, &at, None, "reconcile.dev/sandbox=one").await;
    assert_eq!(listed, [arena.meta(&wanted.body()).await.unwrap()]);
    arena.patch(&wanted.body(), json!([{"op": "add", "path": "/spec/parts/-", "value": "c"}])).await;
    let drift: Vec<String> = arena.observe(&wanted).await.drift.into_iter().map(|drift| drift.path).collect();
    assert_eq!(drift, [".spec.parts"]);

    let resource = Resource { plural: "gadgets".into(), scope: Scope::Namespaced };
    let query = Query { kind: &absent, resource: &resource, namespace: None, selector: "" };
    let error = arena.cluster.list(&query, &mut |_: Meta| panic!("there is nothing to list")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotServed, "{error}");
    let uid = arena.meta(&definition).await.unwrap().uid;
    arena.cluster.delete(&address(&definition).target(), &uid, Propagation::Background).await.unwrap();
}
