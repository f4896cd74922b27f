//! The contract, kept by a real API server, and what only one has.

use std::collections::BTreeSet;
use std::path::Path;

use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use reconcile::cluster::kube::{Kube, KubeConnect};
use reconcile::cluster::{Cluster as _, ErrorKind, Query, Target};
use reconcile::manifest::{Kind, MANAGER, ObjectId, builtin};
use reconcile::plan::Meta;
use serde_json::json;

use crate::contract::{self, Arena};
use crate::plane::{ControlPlane, Rights, User};

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(future)
}

async fn connect(user: &User) -> Kube {
    let wanted = KubeConnect { kubeconfig: Some(user.kubeconfig.clone()), context: None };
    Kube::connect(&wanted).await.expect("a client")
}

macro_rules! on_a_server {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            let Some(plane) = ControlPlane::start() else { return };
            let user = plane.user(Rights::Admin);
            run(async {
                let cluster = connect(&user).await;
                contract::$name(&Arena::new(&cluster, &plane.unique("contract"))).await;
            });
        }
    )* };
}
contract::each!(on_a_server);

#[test]
fn a_long_list_comes_in_pages_each_object_once() {
    let Some(plane) = ControlPlane::start() else { return };
    let user = plane.user(Rights::Admin);
    run(async {
        let cluster = connect(&user).await;
        let namespace = Arena::new(&cluster, &plane.unique("pages")).namespace().await;
        let kind = Kind::new("v1", "ConfigMap");
        let resource = builtin(&kind).expect("a built-in kind");
        let (cluster, kind, resource, namespace) = (&cluster, &kind, &resource, namespace.as_str());
        futures::stream::iter(0..1100)
            .for_each_concurrent(32, |number| async move {
                let name = format!("it-{number}");
                let body = json!({
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": {"name": name, "namespace": namespace, "labels": {"paged": "yes"}},
                });
                let id = ObjectId::new(kind, Some(namespace), &name);
                cluster.create(&Target { kind, resource, id: &id }, &body, MANAGER).await.expect("it is made");
            })
            .await;
        let mark = plane.mark();
        let mut names = Vec::new();
        let query = Query { kind, resource, namespace: Some(namespace), selector: "paged=yes" };
        cluster.list(&query, &mut |meta: Meta| names.push(meta.name)).await.expect("the list is whole");
        assert_eq!(names.len(), 1100);
        assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), (0..1100).map(|n| format!("it-{n}")).collect());
        let requests = plane.requests(mark, &user);
        assert_eq!(requests.len(), 2, "{requests:?}");
        assert!(requests.iter().all(|request| request.verb == "list"));
        assert!(requests.iter().all(|request| request.user_agent.starts_with("reconcile/")));
    });
}

#[test]
fn what_is_forbidden_names_the_rule_that_would_allow_it() {
    let Some(plane) = ControlPlane::start() else { return };
    let user = plane.user(Rights::Nothing);
    run(async {
        let cluster = connect(&user).await;
        for (kind, resource) in [("ConfigMap", "configmaps"), ("Secret", "secrets")] {
            let kind = Kind::new("v1", kind);
            let served = builtin(&kind).expect("a built-in kind");
            let query = Query { kind: &kind, resource: &served, namespace: None, selector: "" };
            let error =
                cluster.list(&query, &mut |_: Meta| panic!("nothing can be listed")).await.expect_err("forbidden");
            assert_eq!(error.kind, ErrorKind::Forbidden);
            let rule = format!(
                r#"a ClusterRole would allow it with the rule {{apiGroups: [""], resources: ["{resource}"], verbs: ["list"]}}"#
            );
            assert_eq!(error.remedy, Some(rule));
            assert_eq!(error.what, format!("list {resource}"));
        }
    });
}

#[test]
fn the_clock_is_the_servers() {
    let Some(plane) = ControlPlane::start() else { return };
    let user = plane.user(Rights::Admin);
    run(async {
        let cluster = connect(&user).await;
        let clock = cluster.clock().await.expect("a clock").expect("a server has one");
        // It runs on this machine; its answers are of whole seconds.
        assert!(Timestamp::now().duration_since(clock).abs() < SignedDuration::from_secs(60), "{clock}");
        assert!(cluster.describe().starts_with("test (https://127.0.0.1:"), "{}", cluster.describe());
        assert_eq!(cluster.context(), Some("test"));
    });
}

#[test]
fn wrong_credentials_and_no_server_are_told_apart() {
    let Some(plane) = ControlPlane::start() else { return };
    let user = plane.user(Rights::Admin);
    let text = std::fs::read_to_string(&user.kubeconfig).expect("a kubeconfig");
    let kind = Kind::new("v1", "Namespace");
    let resource = builtin(&kind).expect("a built-in kind");
    let list = |kubeconfig: &Path| {
        run(async {
            let wanted = KubeConnect { kubeconfig: Some(kubeconfig.to_owned()), context: None };
            let cluster = Kube::connect(&wanted).await.expect("a client");
            let query = Query { kind: &kind, resource: &resource, namespace: None, selector: "" };
            cluster.list(&query, &mut |_: Meta| panic!("nothing can be listed")).await.expect_err("this fails").kind
        })
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("kubeconfig");
    let line = |key: &str| text.lines().find_map(|line| line.trim().strip_prefix(key)).expect("a line of this key");
    let (token, server) = (line("token: "), line("server: "));
    std::fs::write(&file, text.replace(token, "wrong")).expect("written");
    assert_eq!(list(&file), ErrorKind::Unauthorized);
    std::fs::write(&file, text.replace(server, "https://127.0.0.1:9")).expect("written");
    assert_eq!(list(&file), ErrorKind::Unreachable);
}
