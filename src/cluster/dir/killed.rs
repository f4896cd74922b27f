//! A run that is killed at any of its changes to the file system leaves what it found or what it wanted, and the next
//! request completes it.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use serde_json::{Value, json};

use super::Dir;
use crate::cluster::{Apply, Cluster as _, Error, Propagation, Query, Target};
use crate::manifest::{GENERATED_MANAGER, Kind, MANAGER, ObjectId, Resource, builtin};
use crate::plan::Meta;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

struct At(Kind, Resource, ObjectId);

fn at(body: &Value) -> At {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let kind = Kind::new(text("/apiVersion").unwrap(), text("/kind").unwrap());
    let id = ObjectId::new(&kind, text("/metadata/namespace"), text("/metadata/name").unwrap());
    At(kind.clone(), builtin(&kind).unwrap(), id)
}

impl At {
    fn target(&self) -> Target<'_> {
        Target { kind: &self.0, resource: &self.1, id: &self.2 }
    }
}

fn apply(cluster: &Dir, manager: &str, body: &Value) -> Result<(), Error> {
    let apply = Apply { body, manager, uid: None, resource_version: None, dry_run: false };
    block_on(cluster.apply(&at(body).target(), &apply)).map(drop)
}

fn delete(cluster: &Dir, body: &Value) -> Result<(), Error> {
    match block_on(cluster.metadata(&at(body).target()))? {
        Some(meta) => block_on(cluster.delete(&at(body).target(), &meta.uid, Propagation::Background)),
        None => Ok(()),
    }
}

fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns"}})
}

fn secret(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "it", "namespace": "ns"}, "data": data})
}

fn config(value: &str) -> Value {
    let metadata = json!({"name": "it", "namespace": "ns"});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": value}})
}

/// What a reader sees: each object's data and owners, without times.
fn seen(root: &Path) -> Vec<String> {
    let cluster = Dir::open(root).unwrap();
    let mut seen = Vec::new();
    for kind in ["Namespace", "ConfigMap", "Secret"] {
        let kind = Kind::new("v1", kind);
        let resource = builtin(&kind).unwrap();
        let mut metas = Vec::new();
        let query = Query { kind: &kind, resource: &resource, namespace: None, selector: "" };
        block_on(cluster.list(&query, &mut |meta: Meta| metas.push(meta))).expect("it can always be read");
        for meta in metas {
            let id = ObjectId::new(&kind, meta.namespace.as_deref(), &meta.name);
            let object = block_on(cluster.get(&Target { kind: &kind, resource: &resource, id: &id })).unwrap().unwrap();
            let mut owners: Vec<String> = meta
                .managed
                .iter()
                .map(|m| format!("{} {} {}", m.manager, m.apply, String::from_utf8_lossy(&m.fields)))
                .collect();
            // They come in the order of their times, of whole seconds, which one may end in between.
            owners.sort();
            seen.push(format!("{id} {} {owners:?}", object["data"]));
        }
    }
    seen
}

/// Every manifest's text, and whether anything is half done.
fn files(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join("ns")).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Kills `act` at its first, second, … change until it goes through.
fn everywhere(prepare: &dyn Fn(&Dir), act: &dyn Fn(&Dir) -> Result<(), Error>) {
    let temporary = tempfile::tempdir().unwrap();
    let start = temporary.path().join("start");
    fs::create_dir(&start).unwrap();
    prepare(&Dir::open(&start).unwrap());
    let before = seen(&start);
    let wanted = temporary.path().join("wanted");
    copy(&start, &wanted);
    act(&Dir::open(&wanted).unwrap()).unwrap();
    let after = seen(&wanted);
    assert_ne!(before, after);
    for kill_at in 0.. {
        let root = temporary.path().join(format!("killed-{kill_at}"));
        copy(&start, &root);
        let cluster = Dir::open(&root).unwrap();
        cluster.store.disk.fuse.store(kill_at, Relaxed);
        let result = act(&cluster);
        let found = seen(&root);
        assert!(found == before || found == after, "killed at {kill_at}: {found:#?}");
        if result.is_ok() {
            assert!(kill_at > 2, "nothing was killed");
            assert_eq!(found, after);
            return;
        }
        act(&Dir::open(&root).unwrap()).expect("the next run completes it");
        assert_eq!(seen(&root), after, "killed at {kill_at}");
        assert_eq!(files(&root), files(&wanted), "killed at {kill_at}");
        assert!(!root.join(".reconcile/journal.json").exists());
    }
}

fn with_namespace(cluster: &Dir) {
    apply(cluster, MANAGER, &namespace()).unwrap();
}

fn with_all(cluster: &Dir) {
    with_namespace(cluster);
    apply(cluster, MANAGER, &config("1")).unwrap();
    apply(cluster, MANAGER, &secret(&json!({"user": "b2Rvbw=="}))).unwrap();
    apply(cluster, GENERATED_MANAGER, &secret(&json!({"password": "aHVudGVyMg=="}))).unwrap();
}

#[test]
fn making_an_object() {
    everywhere(&with_namespace, &|cluster| apply(cluster, MANAGER, &config("1")));
}

#[test]
fn making_the_first_object_of_all() {
    everywhere(&|_| {}, &|cluster| apply(cluster, MANAGER, &namespace()));
}

#[test]
fn changing_an_object() {
    everywhere(&with_all, &|cluster| apply(cluster, MANAGER, &config("2")));
    everywhere(&with_all, &|cluster| apply(cluster, MANAGER, &secret(&json!({"user": "YWRtaW4="}))));
}

#[test]
fn changing_what_is_not_in_the_tree() {
    let more = secret(&json!({"password": "aHVudGVyMg==", "more": "YQ=="}));
    everywhere(&with_all, &|cluster| apply(cluster, GENERATED_MANAGER, &more));
}

#[test]
fn deleting() {
    everywhere(&with_all, &|cluster| delete(cluster, &config("1")));
    everywhere(&with_all, &|cluster| delete(cluster, &namespace()));
}

#[test]
fn an_edit_after_the_kill_is_kept() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path();
    with_all(&Dir::open(root).unwrap());
    let cluster = Dir::open(root).unwrap();
    // The journal is two changes: the file under another name, and the rename.
    cluster.store.disk.fuse.store(2, Relaxed);
    apply(&cluster, MANAGER, &config("2")).unwrap_err();
    assert!(root.join(".reconcile/journal.json").exists());
    let file = root.join("ns/configmap-it.yaml");
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("\"1\"", "\"3\"")).unwrap();
    let object = block_on(Dir::open(root).unwrap().get(&at(&config("")).target())).unwrap().unwrap();
    assert_eq!(object["data"]["a"], json!("3"));
    let managers: Vec<&Value> =
        object["metadata"]["managedFields"].as_array().unwrap().iter().map(|m| &m["manager"]).collect();
    assert_eq!(managers, ["file"]);
}
