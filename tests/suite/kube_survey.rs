//! Reading a fleet's live state from a server that answers what it is told: how many requests that takes, and what a
//! list that cannot be had whole means.

use std::collections::BTreeMap;
use std::convert::Infallible;

use jiff::Timestamp;
use reconcile::cluster::{Served, Sources, Survey, Unknown, survey};
use reconcile::manifest::Kind;
use reconcile::plan::{Chosen, DriftMode, Live, Source};
use serde_json::json;

use crate::fake_server::{Server, answer, json_answer, list_answer, status_answer};

/// One namespace that says which kinds its sandbox has.
fn one_namespace(kinds: &str) -> Vec<u8> {
    let metadata = json!({
        "name": "dev-a", "uid": "u", "resourceVersion": "1",
        "labels": {"reconcile.dev/fleet": "f", "reconcile.dev/sandbox": "a"},
        "annotations": {"reconcile.dev/kinds": kinds},
    });
    let list = json!({
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": {},
        "items": [{"metadata": metadata}],
    });
    json_answer("200 OK", &list)
}

async fn read(server: &Server, sources: Sources) -> Live {
    read_as(server, sources, false).await
}

/// The same as an account that each sandbox gives its rights there.
async fn read_as(server: &Server, sources: Sources, by_namespace: bool) -> Live {
    let (labels, chosen) = (BTreeMap::new(), Chosen::default());
    let asked = Survey {
        fleet_id: "f",
        namespace_labels: &labels,
        now: Timestamp::UNIX_EPOCH,
        drift: DriftMode::Detect,
        chosen: &chosen,
        by_namespace,
    };
    let sources = async { Ok::<_, Unknown<Infallible>>((sources, Served::default())) };
    survey(&server.client().await, &asked, sources).await.expect("the namespaces can be read").1
}

fn expired() -> Vec<u8> {
    status_answer("410 Gone", json!({"reason": "Expired", "message": "the provided continue parameter is too old"}))
}

/// The names of the objects of a kind that were found.
fn found(live: &Live) -> Vec<String> {
    live.objects.of("", "a").map(|observed| observed.id.name.clone()).collect()
}

#[tokio::test]
async fn a_list_that_expires_half_way_begins_anew_once() {
    let server = Server::routed(|request, count| match () {
        () if request.contains("/namespaces?") => one_namespace("v1/ConfigMap"),
        () if request.contains("continue=old") => expired(),
        () if request.contains("continue=new") => list_answer(&["c"], ""),
        () if count == 1 => list_answer(&["gone-meanwhile", "a"], "old"),
        () => list_answer(&["a", "b"], "new"),
    });
    let live = read(&server, Sources::new()).await;
    assert!(live.unreadable.is_empty(), "{:?}", live.unreadable);
    // Nothing of the first time is kept.
    assert_eq!(found(&live), ["a", "b", "c"]);
    assert_eq!(server.requests().iter().filter(|r| r.contains("/configmaps?")).count(), 4, "{:?}", server.requests());
}

#[tokio::test]
async fn a_list_that_keeps_expiring_is_unreadable() {
    let server = Server::routed(|request, _| match () {
        () if request.contains("/namespaces?") => one_namespace("v1/ConfigMap,v1/Service"),
        () if request.contains("/services?") => list_answer(&["s"], ""),
        () if request.contains("continue=") => expired(),
        () => list_answer(&["a"], "old"),
    });
    let live = read(&server, Sources::new()).await;
    let kind = Kind::new("v1", "ConfigMap");
    assert_eq!(live.unreadable.keys().collect::<Vec<_>>(), [&kind]);
    assert!(live.unreadable[&kind].error.contains("too old"), "{:?}", live.unreadable);
    // What came before it broke off is not taken for the whole.
    assert_eq!(found(&live), ["s"]);
}

#[tokio::test]
async fn namespaces_whose_list_expires_are_listed_anew() {
    let server = Server::routed(|request, count| match count {
        _ if request.contains("continue=") => expired(),
        1 => list_answer(&["first"], "old"),
        _ => list_answer(&["second"], ""),
    });
    let live = read(&server, Sources::new()).await;
    assert_eq!(live.namespaces.keys().collect::<Vec<_>>(), ["second"]);
}

#[tokio::test]
async fn a_forbidden_list_says_which_rule_would_allow_it() {
    let said = r#"deployments.apps is forbidden: User "ci" cannot list resource "deployments" in API group "apps" at the cluster scope"#;
    let server = Server::routed(move |request, _| match () {
        () if request.contains("/namespaces?") => one_namespace("v1/ConfigMap,apps/v1/Deployment"),
        () if request.contains("/deployments?") => status_answer(
            "403 Forbidden",
            json!({"reason": "Forbidden", "message": said, "details": {"kind": "deployments"}}),
        ),
        () => list_answer(&["a"], ""),
    });
    let live = read(&server, Sources::new()).await;
    let unread = &live.unreadable[&Kind::new("apps/v1", "Deployment")];
    assert_eq!(unread.error, format!("list deployments.apps: {said}"));
    let rule = r#"a ClusterRole would allow it with the rule {apiGroups: ["apps"], resources: ["deployments"], verbs: ["list"]}"#;
    assert_eq!(unread.remedy.as_deref(), Some(rule));
    assert_eq!(found(&live), ["a"], "the other kinds are read");
}

#[tokio::test]
async fn a_part_of_a_list_is_unreadable() {
    let breaks_off = json!({
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
        "metadata": {"remainingItemCount": 7},
        "items": [{"metadata": {"name": "a", "namespace": "a", "uid": "u", "resourceVersion": "1"}}],
    });
    let html = answer("200 OK\r\nContent-Type: text/html", "<html>please log in</html>");
    let whole = list_answer(&["b"], "");
    let second_pages = [
        ("no way on", json_answer("200 OK", &breaks_off), "7 more"),
        ("another content type", html, "text/html"),
        ("a body cut short", whole[..whole.len() - 3].to_vec(), "list configmaps"),
    ];
    for (what, second, words) in second_pages {
        let server = Server::routed(move |request, _| match () {
            () if request.contains("/namespaces?") => one_namespace("v1/ConfigMap"),
            () if request.contains("continue=") => second.clone(),
            () => list_answer(&["a"], "more"),
        });
        let live = read(&server, Sources::new()).await;
        let unread = live.unreadable.get(&Kind::new("v1", "ConfigMap")).expect(what);
        assert!(unread.error.contains(words), "{what}: {unread:?}");
        assert_eq!(found(&live), Vec::<String>::new(), "{what}");
    }
}

#[tokio::test]
async fn a_group_that_cannot_be_asked_concerns_its_own_kinds_alone() {
    let server = Server::routed(|request, _| match () {
        () if request.contains("/namespaces?") => {
            one_namespace("v1/ConfigMap,ill.example.com/v1/Widget,example.com/v1/Gadget")
        }
        () if request.contains("ill.example.com") => {
            answer("500 Internal Server Error\r\nContent-Type: text/plain", "no endpoints available")
        }
        () if request.contains("/gadgets?") => list_answer(&["g"], ""),
        () if request.contains("/apis/example.com") => json_answer(
            "200 OK",
            &json!({"kind": "APIResourceList", "resources": [{"name": "gadgets", "kind": "Gadget", "namespaced": true}]}),
        ),
        () => list_answer(&["a"], ""),
    });
    let live = read(&server, Sources::new()).await;
    assert_eq!(live.unreadable.keys().collect::<Vec<_>>(), [&Kind::new("ill.example.com/v1", "Widget")]);
    assert_eq!(found(&live), ["a", "g"]);
}

/// A list of namespaces that say which kinds their sandboxes have.
fn namespaces(names: &[&str], kinds: &str) -> Vec<u8> {
    let labels = json!({"reconcile.dev/fleet": "f", "reconcile.dev/sandbox": "a"});
    let annotations = json!({"reconcile.dev/kinds": kinds, "reconcile.dev/hash": "h"});
    let items: Vec<_> = names
        .iter()
        .map(|name| {
            json!({"metadata": {"name": name, "uid": name, "resourceVersion": "1", "labels": labels, "annotations": annotations}})
        })
        .collect();
    let list =
        json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "items": items});
    json_answer("200 OK", &list)
}

fn forbidden(resource: &str) -> Vec<u8> {
    let message = format!(r#"{resource} is forbidden: User "ci" cannot list resource "{resource}" in API group """#);
    let details = json!({"kind": resource});
    status_answer("403 Forbidden", json!({"reason": "Forbidden", "message": message, "details": details}))
}

#[tokio::test]
async fn secrets_that_may_not_be_listed_at_once_are_listed_in_each_namespace() {
    let server = || {
        Server::routed(|request, _| match () {
            () if request.contains("/api/v1/namespaces?") => {
                namespaces(&["dev-a", "dev-b", "dev-lost"], "v1/ConfigMap,v1/Secret")
            }
            () if request.contains("/namespaces/dev-lost/secrets?") => forbidden("secrets"),
            () if request.contains("/namespaces/dev-a/secrets?") => list_answer(&["s"], ""),
            () if request.contains("/namespaces/dev-b/secrets?") => list_answer(&[], ""),
            () if request.contains("/secrets?") => forbidden("secrets"),
            () => list_answer(&["c"], ""),
        })
    };
    let kind = Kind::new("v1", "Secret");
    let (bound, unbound) = (server(), server());
    let live = read_as(&bound, Sources::new(), true).await;
    assert_eq!(found(&live), ["c", "s"]);
    assert!(live.unreadable.is_empty(), "{:?}", live.unreadable);
    // What could not be read of one namespace says nothing of the others.
    assert_eq!(live.unread_in.keys().collect::<Vec<_>>(), ["dev-lost"]);
    assert!(live.unread_in["dev-lost"][&kind].forbidden);
    assert!(live.fault(&kind, Some("dev-lost")).is_some() && live.fault(&kind, Some("dev-a")).is_none());
    let lists = |server: &Server| server.requests().iter().filter(|r| r.contains("/secrets?")).count();
    assert_eq!(lists(&bound), 5, "one of all, one of each, and of that which is forbidden one more");

    // Where no sandbox gives rights, one answer is enough.
    let live = read_as(&unbound, Sources::new(), false).await;
    assert_eq!((live.unreadable.keys().collect::<Vec<_>>(), lists(&unbound)), (vec![&kind], 1));
}

#[tokio::test]
async fn other_kinds_that_may_not_be_listed_are_not_asked_for_in_each_namespace() {
    let server = Server::routed(|request, _| match () {
        () if request.contains("/api/v1/namespaces?") => namespaces(&["dev-a"], "v1/ConfigMap"),
        () => forbidden("configmaps"),
    });
    let live = read_as(&server, Sources::new(), true).await;
    assert_eq!(live.unreadable.keys().collect::<Vec<_>>(), [&Kind::new("v1", "ConfigMap")]);
    assert_eq!(server.requests().len(), 2, "{:?}", server.requests());
}

/// Sandboxes that nothing lives of.
fn files(count: usize) -> Sources {
    let broken = |number: usize| Source::Broken {
        path: format!("sandboxes/{number:03}.toml"),
        namespace: format!("dev-{number:03}"),
        reason: "it does not parse".into(),
        remedy: "mend it".into(),
    };
    (0..count).map(|number| (format!("{number:03}"), broken(number))).collect()
}

#[tokio::test]
async fn requests_do_not_grow_with_the_files() {
    let not_found = |request: &str| {
        let name = request.split('/').next_back().unwrap_or_default().split(' ').next().unwrap_or_default();
        let name = name.split('/').next_back().unwrap_or_default().to_owned();
        status_answer("404 Not Found", json!({"reason": "NotFound", "details": {"name": name, "kind": "namespaces"}}))
    };
    for (count, requests) in [(3, 4), (300, 2)] {
        let server = Server::routed(move |request, _| match () {
            () if request.contains("labelSelector") => list_answer(&[], ""),
            // Taken by somebody else; it is not ours, and named like one of the files.
            () if request.contains("/namespaces?") => list_answer(&["dev-007", "kube-system"], ""),
            () => not_found(request.split(" HTTP").next().unwrap_or_default()),
        });
        let live = read(&server, files(count)).await;
        assert_eq!(server.requests().len(), requests, "{:?}", server.requests());
        let taken: Vec<&str> = live.namespaces.keys().map(String::as_str).collect();
        assert_eq!(taken, if count > 7 { vec!["dev-007"] } else { vec![] });
        assert!(live.namespaces.values().all(|namespace| !namespace.observed.was_ours));
    }
}
