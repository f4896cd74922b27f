//! The cluster that is a folder: what lies in the folder, and what people do to it.

use std::fs;
use std::path::{Path, PathBuf};

use reconcile::cluster::dir::Dir;
use reconcile::cluster::{Cluster as _, ErrorKind, Query};
use reconcile::manifest::{GENERATED_MANAGER, Kind, ObjectId, Scope, builtin};
use reconcile::plan::{Meta, Readiness, readiness};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::contract::{Arena, address, config_map, deployment, manifest, secret};

struct Folder {
    root: PathBuf,
    cluster: Dir,
    _temporary: TempDir,
}

fn folder() -> Folder {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let root = temporary.path().join("cluster");
    Folder { cluster: Dir::open(&root).expect("an empty cluster"), root, _temporary: temporary }
}

impl Folder {
    fn arena(&self) -> Arena<'_> {
        Arena::new(&self.cluster, "ns")
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{text}");
        self.write(path, &text.replace(from, to));
    }

    async fn list(&self, kind: &Kind) -> Result<Vec<Meta>, reconcile::cluster::Error> {
        let resource = builtin(kind).expect("a built-in kind");
        let mut found = Vec::new();
        let query = Query { kind, resource: &resource, namespace: None, selector: "" };
        self.cluster.list(&query, &mut |meta: Meta| found.push(meta)).await?;
        Ok(found)
    }
}

/// All files below a folder with their texts, in order.
fn tree(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).expect("below").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("text")));
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn the_tree_is_plain_manifests_and_the_rest_is_ignored_by_git() {
    let folder = folder();
    let arena = folder.arena();
    arena.namespace().await;
    arena.apply(&manifest(config_map("ns-0", "it", &json!({"a": "yes"}))).body()).await.unwrap();
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a:b"}, "rules": [],
    });
    arena.apply(&role).await.unwrap();
    let visible: Vec<String> =
        tree(&folder.root).into_iter().map(|(name, _)| name).filter(|name| !name.starts_with(".reconcile")).collect();
    assert_eq!(visible, ["_cluster/clusterrole-a%3Ab.yaml", "ns-0/configmap-it.yaml", "ns-0/namespace.yaml"]);
    insta::assert_snapshot!(folder.read("ns-0/configmap-it.yaml"));
    assert_eq!(folder.read(".reconcile/.gitignore"), "*\n");
}

#[tokio::test]
async fn generated_values_are_not_in_the_tree() {
    let folder = folder();
    let arena = folder.arena();
    arena.namespace().await;
    let body = secret("ns-0", "it", &json!({"user": "b2Rvbw=="}));
    arena.apply(&body).await.unwrap();
    arena.apply_as(GENERATED_MANAGER, &secret("ns-0", "it", &json!({"password": "aHVudGVyMg=="}))).await.unwrap();
    arena.apply_as(GENERATED_MANAGER, &secret("ns-0", "all", &json!({"password": "aHVudGVyMg=="}))).await.unwrap();
    for name in ["it", "all"] {
        let text = folder.read(&format!("ns-0/secret-{name}.yaml"));
        assert!(!text.contains("password") && !text.contains("aHVudGVyMg"), "{text}");
    }
    // An edit of the file leaves them.
    folder.edit("ns-0/secret-it.yaml", "b2Rvbw==", "YWRtaW4=");
    let object = arena.get(&body).await.unwrap();
    assert_eq!(object["data"], json!({"user": "YWRtaW4=", "password": "aHVudGVyMg=="}));
    arena.apply(&body).await.unwrap();
    assert_eq!(arena.get(&body).await.unwrap()["data"], json!({"user": "b2Rvbw==", "password": "aHVudGVyMg=="}));
}

#[tokio::test]
async fn what_is_declared_empty_is_written_empty() {
    let folder = folder();
    let arena = folder.arena();
    arena.namespace().await;
    let policy = manifest(json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "it", "namespace": "ns-0"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []},
    }));
    let object = arena.apply(&policy.body()).await.unwrap();
    assert_eq!(object["spec"], json!({"podSelector": {}, "policyTypes": ["Ingress"]}), "as a server keeps it");
    let text = folder.read("ns-0/networkpolicy-it.yaml");
    assert!(text.contains("ingress: []") && text.contains("podSelector: {}"), "{text}");
    let before = arena.meta(&policy.body()).await.unwrap();
    arena.apply(&policy.body()).await.unwrap();
    assert_eq!(arena.meta(&policy.body()).await.unwrap(), before);
    folder.edit("ns-0/networkpolicy-it.yaml", "ingress: []", "ingress: [{}]");
    assert_eq!(arena.observe(&policy).await.drift.len(), 1);
}

#[tokio::test]
async fn an_edit_by_hand_is_drift_by_file() {
    let folder = folder();
    let arena = folder.arena();
    arena.namespace().await;
    let wanted = manifest(deployment("ns-0"));
    arena.apply(&wanted.body()).await.unwrap();
    let before = arena.meta(&wanted.body()).await.unwrap();
    folder.edit("ns-0/deployment-web.yaml", "example.com/web:1", "example.com/web:2");
    folder.edit(
        "ns-0/deployment-web.yaml",
        "        env:",
        "        env: # by hand\n        - {name: THREE, value: '3'}",
    );
    let seen = arena.observe(&wanted).await;
    let drift: Vec<(&str, Option<&str>)> =
        seen.drift.iter().map(|d| (d.path.as_str(), d.by.as_ref().map(|by| by.manager.as_str()))).collect();
    assert_eq!(drift, [(".spec.template.spec.containers[name=\"web\"].image", Some("file"))]);
    let added = ".spec.template.spec.containers[name=\"web\"].env[name=\"THREE\"]";
    assert!(seen.extras.iter().any(|extra| extra.path == added && extra.by.manager == "file"), "{:?}", seen.extras);
    let after = arena.meta(&wanted.body()).await.unwrap();
    assert_eq!(after.uid, before.uid);
    assert_ne!(after.resource_version, before.resource_version);
    // Reading again, and from another process, says the same.
    assert_eq!(arena.meta(&wanted.body()).await.unwrap(), after);
    let other = Dir::open(&folder.root).unwrap();
    assert_eq!(Arena::new(&other, "x").meta(&wanted.body()).await.unwrap(), after);

    arena.apply(&wanted.body()).await.unwrap();
    assert_eq!(arena.observe(&wanted).await.drift, []);
    let text = folder.read("ns-0/deployment-web.yaml");
    assert!(text.contains("example.com/web:1") && text.contains("THREE"), "{text}");
    // Back to what it was: the same text as once before is an edit all the same.
    folder.edit("ns-0/deployment-web.yaml", "example.com/web:1", "example.com/web:2");
    assert_eq!(arena.observe(&wanted).await.drift.len(), 1);
}

#[tokio::test]
async fn another_format_of_the_same_is_no_edit() {
    let folder = folder();
    let arena = folder.arena();
    arena.namespace().await;
    let wanted = manifest(config_map("ns-0", "it", &json!({"a": "1"})));
    arena.apply(&wanted.body()).await.unwrap();
    let before = arena.meta(&wanted.body()).await.unwrap();
    let text = folder.read("ns-0/configmap-it.yaml");
    folder.write("ns-0/configmap-it.yaml", &format!("# checked\n---\n{text}\n---\n"));
    assert_eq!(arena.meta(&wanted.body()).await.unwrap(), before);
    fs::rename(folder.root.join("ns-0/configmap-it.yaml"), folder.root.join("ns-0/renamed.yml")).unwrap();
    assert_eq!(arena.meta(&wanted.body()).await.unwrap(), before);
    arena.apply(&manifest(config_map("ns-0", "it", &json!({"a": "2"}))).body()).await.unwrap();
    assert!(folder.read("ns-0/renamed.yml").contains("a: \"2\""));
    assert!(!folder.root.join("ns-0/configmap-it.yaml").exists());
}

#[tokio::test]
async fn a_file_that_is_deleted_is_an_object_deleted() {
    let folder = folder();
    let arena = folder.arena();
    arena.namespace().await;
    let body = config_map("ns-0", "it", &json!({"a": "1"}));
    let uid = arena.apply(&body).await.unwrap()["metadata"]["uid"].clone();
    fs::remove_file(folder.root.join("ns-0/configmap-it.yaml")).unwrap();
    assert_eq!(arena.meta(&body).await, None);
    let again = arena.apply(&body).await.unwrap();
    assert_ne!(again["metadata"]["uid"], uid);
    // A whole folder is a namespace with all that was in it.
    fs::remove_dir_all(folder.root.join("ns-0")).unwrap();
    assert_eq!(folder.list(&Kind::new("v1", "Namespace")).await.unwrap(), []);
    assert_eq!(folder.list(&Kind::new("v1", "ConfigMap")).await.unwrap(), []);
}

#[tokio::test]
async fn a_file_of_somebody_else_is_an_object_of_theirs() {
    let folder = folder();
    folder.write("shop/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    folder.write("shop/any-name.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: it}\ndata: {a: '1'}\n");
    folder.write("shop/kustomization.yaml", "resources: [any-name.yaml]\n");
    folder.write("shop/notes.txt", "not: yaml: at all");
    let before = tree(&folder.root);
    let arena = folder.arena();
    let body = config_map("shop", "it", &json!({"a": "1"}));
    let meta = arena.meta(&body).await.unwrap();
    assert!(meta.managed.iter().all(|m| m.manager == "file" && !m.apply));
    assert!(!meta.is_ours("contract") && !meta.uid.is_empty() && !meta.resource_version.is_empty());
    assert_eq!(folder.list(&Kind::new("v1", "ConfigMap")).await.unwrap(), std::slice::from_ref(&meta));
    assert_eq!(folder.list(&Kind::new("v1", "Namespace")).await.unwrap().len(), 1);
    assert_eq!(tree(&folder.root), before, "reading writes nothing");
    let error = folder.cluster.create(&address(&body).target(), &body, "x").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    arena.apply(&body).await.unwrap();
    assert_eq!(arena.meta(&body).await.unwrap().uid, meta.uid);
}

#[tokio::test]
async fn an_exported_object_keeps_its_owners() {
    let folder = folder();
    let arena = folder.arena();
    folder.write("shop/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    let wanted = manifest(config_map("shop", "it", &json!({"a": "1"})));
    let mut exported = wanted.body();
    exported["metadata"]["uid"] = json!("0c0b9a2e-7a4e-4a4e-8c9e-2f4d0c0b9a2e");
    exported["metadata"]["resourceVersion"] = json!("4711");
    exported["metadata"]["managedFields"] = json!([{
        "manager": "reconcile", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "time": "2030-01-01T00:00:00Z",
        "fieldsV1": {"f:data": {"f:a": {}}, "f:metadata": {
            "f:annotations": {"f:reconcile.dev/hash": {}},
            "f:labels": {"f:reconcile.dev/bucket": {}, "f:reconcile.dev/fleet": {}, "f:reconcile.dev/sandbox": {}},
        }},
    }]);
    folder.write("shop/it.yaml", &exported.to_string());
    let seen = arena.observe(&wanted).await;
    assert!(seen.ours);
    assert_eq!(seen.drift, []);
    assert_eq!(seen.precondition.uid, "0c0b9a2e-7a4e-4a4e-8c9e-2f4d0c0b9a2e");
    assert_eq!(arena.meta(&wanted.body()).await.unwrap().resource_version, "4711");
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_never_absent() {
    let cases = [
        ("is not YAML", "a: [1,\nb: 2\n", "line "),
        (
            "has a key twice",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: it}\ndata: {a: '1', a: '2'}\n",
            "line 4",
        ),
        ("is no object", "just: text\n", "no Kubernetes object"),
        ("is two", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: it}\n---\na: b\n", "line 4 column 1"),
        ("has an unknown field", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: it}\ndatas: {}\n", ".datas"),
        ("is elsewhere", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: it, namespace: b}\n", "folder b"),
        ("is empty", "", "no Kubernetes object"),
        ("is a list", "apiVersion: v1\nkind: List\nmetadata: {name: it}\nitems: []\n", "list"),
        ("is there twice", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n", "too"),
    ];
    for (what, text, why) in cases {
        let folder = folder();
        let arena = folder.arena();
        arena.namespace().await;
        let good = config_map("ns-0", "good", &json!({}));
        arena.apply(&good).await.unwrap();
        folder.write("ns-0/wrong.yaml", text);
        let error = folder.list(&Kind::new("v1", "ConfigMap")).await.expect_err(what);
        let said = error.to_string();
        assert!(said.contains("ns-0/") && said.contains(why), "a file that {what}: {said}");
        assert!(folder.cluster.metadata(&address(&good).target()).await.is_err(), "{what}");
        assert!(arena.apply(&config_map("ns-0", "new", &json!({}))).await.is_err(), "{what}");
        fs::remove_file(folder.root.join("ns-0/wrong.yaml")).unwrap();
        assert_eq!(folder.list(&Kind::new("v1", "ConfigMap")).await.unwrap().len(), 1);
    }
    let folder = folder();
    folder.arena().namespace().await;
    folder.write(".reconcile/ns-0/namespace.json", "{\"object\": \"hunter2");
    let error = folder.list(&Kind::new("v1", "Namespace")).await.expect_err("a broken record");
    assert!(error.message.contains("no record") && !error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn two_runs_at_once_lose_nothing() {
    let folder = folder();
    folder.arena().namespace().await;
    let writers = (0..4).map(|writer| {
        let root = folder.root.clone();
        std::thread::spawn(move || {
            let cluster = Dir::open(&root).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            for round in 0..10 {
                let data = json!({ (format!("key-{writer}")): format!("{round}") });
                let body = config_map("ns-0", "it", &data);
                runtime.block_on(Arena::new(&cluster, "x").apply_as(&format!("manager-{writer}"), &body)).unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.join().unwrap();
    }
    let object = folder.arena().get(&config_map("ns-0", "it", &json!({}))).await.unwrap();
    assert_eq!(object["data"], json!({"key-0": "9", "key-1": "9", "key-2": "9", "key-3": "9"}));
}

#[tokio::test]
async fn everything_is_ready_at_once() {
    let folder = folder();
    let arena = folder.arena();
    arena.namespace().await;
    let metadata = json!({"name": "it", "namespace": "ns-0"});
    let pods = json!({
        "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "a", "image": "b"}]},
    });
    let selector = json!({"matchLabels": {"app": "web"}});
    let of = |api_version: &str, kind: &str, spec: Value| json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec});
    let bodies = [
        of("apps/v1", "Deployment", json!({"replicas": 3, "selector": selector, "template": pods})),
        of("apps/v1", "StatefulSet", json!({"selector": selector, "template": pods})),
        of("apps/v1", "DaemonSet", json!({"selector": selector, "template": pods})),
        of("batch/v1", "Job", json!({"template": pods})),
        of("v1", "PersistentVolumeClaim", json!({"resources": {"requests": {"storage": "1Gi"}}})),
        of("v1", "ResourceQuota", json!({"hard": {"pods": "5"}})),
        of("v1", "Pod", json!({"containers": [{"name": "a", "image": "b"}]})),
    ];
    for body in bodies {
        arena.apply(&body).await.unwrap();
        let object = arena.get(&body).await.unwrap();
        assert!(object.get("status").is_some());
        assert_eq!(readiness(&object), Readiness::Ready, "{object}");
        assert_ne!(readiness(&body), Readiness::Ready, "without a status it is not: {body}");
        let file = format!("ns-0/{}-it.yaml", body["kind"].as_str().unwrap().to_lowercase());
        assert!(!folder.read(&file).contains("status"));
    }
}

#[tokio::test]
async fn it_is_stricter_than_a_server() {
    let folder = folder();
    let arena = folder.arena();
    arena.namespace().await;
    let refused = async |body: Value| arena.apply(&body).await.expect_err("this is refused");
    let mut plain = secret("ns-0", "it", &json!({}));
    plain["stringData"] = json!({"a": "b"});
    // A canonical manifest has none; whoever sends one is told.
    arena.apply(&plain).await.unwrap();
    assert_eq!(arena.get(&plain).await.unwrap()["data"], json!({"a": "Yg=="}));
    let beta =
        json!({"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "it", "namespace": "ns-0"}});
    assert_eq!(refused(beta).await.kind, ErrorKind::NotServed);
    let mut unnamed = config_map("ns-0", "it", &json!({}));
    unnamed.as_object_mut().unwrap().remove("kind");
    let at = address(&config_map("ns-0", "it", &json!({})));
    let apply =
        |body| reconcile::cluster::Apply { body, manager: "x", uid: None, resource_version: None, dry_run: false };
    assert_eq!(folder.cluster.apply(&at.target(), &apply(&unnamed)).await.unwrap_err().kind, ErrorKind::Invalid);
    let homeless = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "it"}});
    assert_eq!(refused(homeless).await.kind, ErrorKind::Invalid);
    let body = config_map("ns-0", "it", &json!({}));
    let versioned = reconcile::cluster::Apply { resource_version: Some("1"), ..apply(&body) };
    assert_eq!(folder.cluster.apply(&at.target(), &versioned).await.unwrap_err().kind, ErrorKind::Invalid);
    let id = ObjectId::new(&Kind::new("v1", "ConfigMap"), Some("../../etc"), "it");
    let escape = crate::contract::Address { id, ..at };
    assert_eq!(escape.resource.scope, Scope::Namespaced);
    let body = config_map("../../etc", "it", &json!({}));
    assert_eq!(folder.cluster.apply(&escape.target(), &apply(&body)).await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(folder.cluster.metadata(&escape.target()).await.unwrap(), None);
}
