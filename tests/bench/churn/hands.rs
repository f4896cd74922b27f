//! What others do to the cluster between two runs: each change by another manager, at random, at most one to an object.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use crate::api::Api;

/// An object of each sandbox: where it is, its name, and what somebody changes in it.
const OBJECTS: &[(&str, &str, &str)] = &[
    ("api/v1", "configmaps", "config-0"),
    ("api/v1", "configmaps", "config-1"),
    ("api/v1", "configmaps", "config-2"),
    ("api/v1", "configmaps", "config-3"),
    ("api/v1", "secrets", "secret-0"),
    ("api/v1", "secrets", "secret-1"),
    ("api/v1", "services", "service-0"),
    ("api/v1", "services", "service-1"),
    ("api/v1", "serviceaccounts", "bench"),
    ("api/v1", "resourcequotas", "bench"),
    ("api/v1", "limitranges", "bench"),
    ("apis/apps/v1", "deployments", "bench"),
    ("apis/apps/v1", "statefulsets", "bench"),
    ("apis/networking.k8s.io/v1", "networkpolicies", "deny"),
    ("apis/rbac.authorization.k8s.io/v1", "roles", "bench"),
    ("apis/rbac.authorization.k8s.io/v1", "rolebindings", "bench"),
];

/// What a namespace says of its sandbox.
const RECORD: [&str; 8] = ["release", "kinds", "commit", "expires", "path", "file", "generated", "quota"];

const MERGE: &str = "merge-patch+json";

/// What others have put there, which has to stay as long as the sandbox does.
#[derive(Clone, Debug)]
pub struct Theirs {
    /// The sandbox's namespace and its uid; none for what is in none.
    home: Option<(String, String)>,
    /// The object.
    path: String,
    /// A field of it, and its value; without one it is the object as a whole, by its uid.
    field: Option<(String, Value)>,
    uid: String,
}

/// Those others.
pub struct Hands<'a> {
    api: &'a Api,
    id: String,
    serial: u32,
    /// What has to stay.
    theirs: Vec<Theirs>,
    /// Objects that they deleted or whose generated values they changed, in the last round.
    pub touched: BTreeSet<String>,
}

impl<'a> Hands<'a> {
    pub fn new(api: &'a Api, id: &str) -> Self {
        Self { api, id: id.to_owned(), serial: 0, theirs: Vec::new(), touched: BTreeSet::new() }
    }

    fn namespace(&self, sandbox: &str) -> String {
        format!("{}-{sandbox}", self.id)
    }

    /// Does some changes to sandboxes that live and are still wanted; what was done, by its sandbox.
    pub fn change(&mut self, live: &[String], most: usize, random: &mut StdRng) -> Vec<(String, &'static str)> {
        self.touched.clear();
        let mut done = Vec::new();
        let mut had: BTreeSet<(String, String)> = BTreeSet::new();
        for _ in 0..random.random_range(0..=most) {
            let Some(sandbox) = live.choose(random) else { break };
            let whole = random.random_bool(0.12);
            let object = *OBJECTS.choose(random).expect("there are some");
            let what = if whole { "namespace".to_owned() } else { format!("{}/{}", object.1, object.2) };
            // Whoever deletes the namespace leaves nothing to be changed in it.
            let is_gone = had.contains(&(sandbox.clone(), "namespace".to_owned()));
            if is_gone || !had.insert((sandbox.clone(), what)) {
                continue;
            }
            let did = if whole {
                self.change_namespace(sandbox, random)
            } else {
                self.change_object(sandbox, object, random)
            };
            done.extend(did.map(|did| (sandbox.clone(), did)));
        }
        if random.random_bool(0.1) {
            done.push((String::new(), self.namespace_of_theirs(random)));
        }
        done
    }

    fn change_object(
        &mut self,
        sandbox: &str,
        (group, plural, name): (&str, &str, &str),
        random: &mut StdRng,
    ) -> Option<&'static str> {
        let path = format!("/{group}/namespaces/{}/{plural}/{name}", self.namespace(sandbox));
        let serial = self.next();
        let labels = |labels: Value| json!({ "metadata": { "labels": labels } });
        let merge = |body: &Value| self.api.patch(&path, MERGE, body);
        match random.random_range(0..16) {
            0..5 => self.change_field(sandbox, &path, plural, random),
            5 | 6 => {
                self.touched.insert(path.clone());
                self.theirs.retain(|own| own.path != path);
                self.api.delete(&path).then_some("object deleted")
            }
            7 => merge(&labels(json!({ "reconcile.dev/fleet": null }))).then_some("fleet's label taken"),
            8 if random.random_bool(0.5) => {
                merge(&labels(json!({ "reconcile.dev/bucket": null }))).then_some("bucket's label taken")
            }
            8 => merge(&labels(json!({ "reconcile.dev/sandbox": null }))).then_some("sandbox's label taken"),
            9 => merge(&labels(json!({ "reconcile.dev/sandbox": "another" }))).then_some("sandbox's label changed"),
            10 => merge(&json!({ "metadata": { "annotations": { "reconcile.dev/hash": null } } }))
                .then_some("hash removed"),
            11 => merge(&json!({ "metadata": { "annotations": { "reconcile.dev/hash": "0" } } }))
                .then_some("hash changed"),
            12 => {
                let strip = json!([{ "op": "replace", "path": "/metadata/managedFields", "value": [{}] }]);
                self.api.patch(&path, "json-patch+json", &strip).then_some("managedFields stripped")
            }
            13 => {
                let key = format!("churn.example.com/note-{serial}");
                let field = format!("/metadata/annotations/churn.example.com~1note-{serial}");
                let body = json!({ "metadata": { "annotations": { key: "theirs" } } });
                self.add_field(sandbox, &path, field, &body).then_some("annotation added")
            }
            14 => self.extra_object(sandbox, serial, random.random_bool(0.5)).then_some("object added"),
            _ => {
                let body = json!({
                    "apiVersion": group.trim_start_matches("apis/").trim_start_matches("api/"),
                    "kind": kind_of(plural),
                    "metadata": { "name": name, "labels": { "reconcile.dev/fleet": self.id } },
                });
                let rival = format!("{path}?fieldManager=rival&force=true");
                self.api.patch(&rival, "apply-patch+yaml", &body).then_some("label applied by a rival too")
            }
        }
    }

    /// Another value, or none, where the chart declares one; of some kinds a field beside those.
    fn change_field(&mut self, sandbox: &str, path: &str, plural: &str, random: &mut StdRng) -> Option<&'static str> {
        let first = random.random_bool(0.5);
        let serial = self.next();
        let body = match (plural, first) {
            ("configmaps", true) => json!({ "data": { "generation": "theirs" } }),
            ("configmaps", false) if random.random_bool(0.5) => json!({ "data": { "settings": null } }),
            ("configmaps", false) => {
                let key = format!("theirs-{serial}");
                let body = json!({ "data": { &key: "theirs" } });
                return self.add_field(sandbox, path, format!("/data/{key}"), &body).then_some("key added");
            }
            ("secrets", true) => json!({ "data": { "user": "dGhlaXJz" } }),
            ("secrets", false) => {
                self.touched.insert(path.to_owned());
                json!({ "data": { "password": null } })
            }
            ("services", true) => json!({ "spec": { "selector": { "app": "theirs" } } }),
            ("services", false) => json!({ "spec": { "ports": [{ "name": "http", "port": 80, "targetPort": 9999 }] } }),
            ("serviceaccounts", _) => json!({ "metadata": { "labels": null } }),
            ("resourcequotas", true) => json!({ "spec": { "hard": { "requests.cpu": "3" } } }),
            ("resourcequotas", false) => {
                let body = json!({ "spec": { "hard": { "count/jobs.batch": "7" } } });
                return self
                    .add_field(sandbox, path, "/spec/hard/count~1jobs.batch".to_owned(), &body)
                    .then_some("key added");
            }
            ("limitranges", _) => json!({ "spec": { "limits": [{ "type": "Pod", "max": { "cpu": "8" } }] } }),
            ("deployments" | "statefulsets", true) => json!({ "spec": { "template": { "spec": {
                "containers": [{ "name": "bench", "image": "theirs.example.com/other:1" }] } } } }),
            ("deployments" | "statefulsets", false) => json!({ "spec": { "template": { "metadata": { "annotations": {
                "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z" } }, "spec": { "containers": [{
                "name": "bench", "env": [{ "name": "A", "value": "9" }, { "name": "Z", "value": "1" }] }] } } } }),
            ("networkpolicies", _) => json!({ "spec": { "ingress": [{}] } }),
            ("roles", _) => json!({ "rules": [{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["get"] }] }),
            ("rolebindings", _) => json!({ "subjects": [
                { "kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "mallory" }] }),
            (other, _) => panic!("{other} is none of the bench's"),
        };
        let kind = match plural {
            "deployments" | "statefulsets" => "strategic-merge-patch+json",
            _ => MERGE,
        };
        let is_removal = body.pointer("/data/settings").or_else(|| body.pointer("/data/password")).is_some();
        let did = if is_removal { "key removed" } else { "field changed" };
        self.api.patch(path, kind, &body).then_some(did)
    }

    fn change_namespace(&mut self, sandbox: &str, random: &mut StdRng) -> Option<&'static str> {
        let name = self.namespace(sandbox);
        let path = format!("/api/v1/namespaces/{name}");
        let serial = self.next();
        let merge = |metadata: &Value| self.api.patch(&path, MERGE, &json!({ "metadata": metadata }));
        let without = |key: &str| json!({ "annotations": { key: null } });
        match random.random_range(0..11) {
            0 | 1 => self.api.delete(&path).then_some("namespace deleted"),
            2 => merge(&json!({ "labels": { "reconcile.dev/fleet": null } })).then_some("namespace's label taken"),
            3 => merge(&json!({ "labels": { "reconcile.dev/sandbox": null } })).then_some("namespace's label taken"),
            4..8 => {
                let key = RECORD.choose(random).expect("there are some");
                merge(&without(&format!("reconcile.dev/{key}"))).then_some("a part of the namespace's record removed")
            }
            8 => merge(&json!({ "annotations": null })).then_some("namespace's annotations removed"),
            9 => {
                let strip = json!([{ "op": "replace", "path": "/metadata/managedFields", "value": [{}] }]);
                self.api.patch(&path, "json-patch+json", &strip).then_some("managedFields stripped")
            }
            _ => {
                let key = format!("churn.example.com/note-{serial}");
                let field = format!("/metadata/labels/churn.example.com~1note-{serial}");
                let body = json!({ "metadata": { "labels": { key: "theirs" } } });
                self.add_field(sandbox, &path, field, &body).then_some("label added")
            }
        }
    }

    fn add_field(&mut self, sandbox: &str, path: &str, field: String, body: &Value) -> bool {
        let done = self.api.patch(path, MERGE, body);
        let value = body.pointer(&field).expect("it is in what was sent").clone();
        if let (Some(uid), Some(home)) = (self.uid(path).filter(|_| done), self.home(sandbox)) {
            let field = Some((field, value));
            self.theirs.push(Theirs { home: Some(home), path: path.to_owned(), field, uid });
        }
        done
    }

    fn uid(&self, path: &str) -> Option<String> {
        Some(self.api.get(path)?["metadata"]["uid"].as_str()?.to_owned())
    }

    fn home(&self, sandbox: &str) -> Option<(String, String)> {
        let namespace = self.namespace(sandbox);
        let uid = self.uid(&format!("/api/v1/namespaces/{namespace}"))?;
        Some((namespace, uid))
    }

    /// One that the fleet does not ask for; a copy carries its labels.
    fn extra_object(&mut self, sandbox: &str, serial: u32, is_copy: bool) -> bool {
        let collection = format!("/api/v1/namespaces/{}/configmaps", self.namespace(sandbox));
        let labels = if is_copy {
            json!({ "reconcile.dev/fleet": self.id, "reconcile.dev/sandbox": sandbox })
        } else {
            json!({})
        };
        let name = format!("theirs-{serial}");
        let body = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name, "labels": labels },
            "data": { "a": "theirs" },
        });
        let Some(home) = self.home(sandbox) else { return false };
        let uid = self.api.create(&collection, &body);
        let path = format!("{collection}/{name}");
        self.theirs.push(Theirs { home: Some(home), path, field: None, uid });
        true
    }

    /// A namespace that has the fleet's prefix, and is none of its own.
    fn namespace_of_theirs(&mut self, random: &mut StdRng) -> &'static str {
        let serial = self.next();
        let name = format!("{}-theirs-{serial}", self.id);
        let labels = if random.random_bool(0.5) {
            json!({ "reconcile.dev/fleet": "another", "reconcile.dev/sandbox": "s00000" })
        } else {
            json!({})
        };
        let body = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } });
        let uid = self.api.create("/api/v1/namespaces", &body);
        let path = format!("/api/v1/namespaces/{name}");
        self.theirs.push(Theirs { home: None, path, field: None, uid });
        "namespace of theirs made"
    }

    /// What of theirs is no longer there, though its sandbox is. What went with its sandbox is forgotten.
    pub fn missing(&mut self, namespaces: &BTreeMap<String, String>) -> Vec<String> {
        let api = self.api;
        let mut missing = Vec::new();
        self.theirs.retain(|own| {
            if own.home.as_ref().is_some_and(|(namespace, uid)| namespaces.get(namespace) != Some(uid)) {
                return false;
            }
            let there = api.get(&own.path).filter(|object| object["metadata"]["uid"] == own.uid.as_str());
            let is_there = match (&there, &own.field) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(object), Some((field, value))) => object.pointer(field) == Some(value),
            };
            if !is_there {
                missing.push(format!("{own:?}"));
            }
            is_there
        });
        missing
    }

    fn next(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }
}

fn kind_of(plural: &str) -> &'static str {
    match plural {
        "configmaps" => "ConfigMap",
        "secrets" => "Secret",
        "services" => "Service",
        "serviceaccounts" => "ServiceAccount",
        "resourcequotas" => "ResourceQuota",
        "limitranges" => "LimitRange",
        "deployments" => "Deployment",
        "statefulsets" => "StatefulSet",
        "networkpolicies" => "NetworkPolicy",
        "roles" => "Role",
        _ => "RoleBinding",
    }
}
