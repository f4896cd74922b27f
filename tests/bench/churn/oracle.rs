//! What is live beside what has to be, without `reconcile`'s planning: its rendering, the files' times as `files` works
//! them out, and the API server's own lists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::api::Api;

/// Where each kind of the bench's chart is listed.
const KINDS: &[(&str, &str)] = &[
    ("ConfigMap", "api/v1/configmaps"),
    ("Secret", "api/v1/secrets"),
    ("Service", "api/v1/services"),
    ("ServiceAccount", "api/v1/serviceaccounts"),
    ("ResourceQuota", "api/v1/resourcequotas"),
    ("LimitRange", "api/v1/limitranges"),
    ("Deployment", "apis/apps/v1/deployments"),
    ("StatefulSet", "apis/apps/v1/statefulsets"),
    ("NetworkPolicy", "apis/networking.k8s.io/v1/networkpolicies"),
    ("Role", "apis/rbac.authorization.k8s.io/v1/roles"),
    ("RoleBinding", "apis/rbac.authorization.k8s.io/v1/rolebindings"),
    ("PodDisruptionBudget", "apis/policy/v1/poddisruptionbudgets"),
];
/// Objects that are replaced when their content changes.
const REPLACED: &str = "frozen";

/// An object's kind, namespace and name.
type Id = (String, String, String);

/// What is remembered from one round to the next.
#[derive(Default)]
pub struct Oracle {
    /// The uids of all objects, and of those with a generated value a digest of it.
    before: BTreeMap<Id, (String, String)>,
    /// The uids of the namespaces.
    pub namespaces: BTreeMap<String, String>,
}

/// What has to be so.
pub struct Expected<'a> {
    /// The fleet's id.
    pub fleet: &'a str,
    /// The sandboxes that have to live, each with the end of its time, as its namespace has to say it.
    pub sandboxes: &'a BTreeMap<String, String>,
    /// What `reconcile render --format json` printed.
    pub rendered: &'a str,
    /// Paths of objects that others deleted, or whose generated values they took.
    pub touched: &'a BTreeSet<String>,
}

impl Oracle {
    /// What is not as it has to be, in words.
    pub fn judge(&mut self, api: &Api, expected: &Expected<'_>) -> Vec<String> {
        let (mut wrong, mut namespaces) = (Vec::new(), BTreeMap::new());
        judge_namespaces(api, expected, &mut namespaces, &mut wrong);
        let selector = format!("labelSelector=reconcile.dev%2Ffleet%3D{}", expected.fleet);
        let mut live: BTreeMap<Id, Value> = BTreeMap::new();
        for (kind, path) in KINDS {
            let objects = api.list(&format!("/{path}?{selector}"));
            live.extend(objects.into_iter().map(|object| (id_of(kind, &object), object)));
        }
        let rendered: Vec<Value> = serde_json::from_str(expected.rendered).expect("JSON");
        let is_wanted = |object: &&Value| {
            expected
                .sandboxes
                .contains_key(object["metadata"]["labels"]["reconcile.dev/sandbox"].as_str().unwrap_or_default())
        };
        let mut after = BTreeMap::new();
        for object in rendered.iter().filter(is_wanted) {
            let id = id_of(object["kind"].as_str().unwrap_or_default(), object);
            let Some(there) = live.remove(&id) else {
                wrong.push(format!("{id:?} is not there"));
                continue;
            };
            for path in differing(object, &there) {
                wrong.push(format!("{id:?} is not as rendered: {path}"));
            }
            let (uid, secret) = (text(&there["metadata"]["uid"]), text(&there["data"]["password"]));
            if id.0 == "Secret" && secret.is_empty() {
                wrong.push(format!("{id:?} has no generated password"));
            }
            if let Some((old_uid, old_secret)) = self.before.get(&id)
                && self.namespaces.get(&id.1) == namespaces.get(&id.1)
                && !expected.touched.contains(&path_of(&id))
                && id.2 != REPLACED
            {
                if *old_uid != uid {
                    wrong.push(format!("{id:?} was made anew, and nobody had deleted it"));
                } else if *old_secret != secret {
                    wrong.push(format!("{id:?} has another password, and nobody had taken it"));
                }
            }
            after.insert(id, (uid, secret));
        }
        let stray = live.keys().filter(|id| !id.2.starts_with("theirs-"));
        wrong.extend(stray.map(|id| format!("{id:?} is there, and nobody asks for it")));
        self.before = after;
        self.namespaces = namespaces;
        wrong
    }
}

fn judge_namespaces(api: &Api, expected: &Expected<'_>, found: &mut BTreeMap<String, String>, wrong: &mut Vec<String>) {
    let namespaces = api.list("/api/v1/namespaces");
    let prefix = format!("{}-s", expected.fleet);
    let wanted: BTreeMap<String, (&str, &str)> = expected
        .sandboxes
        .iter()
        .map(|(name, end)| (format!("{}-{name}", expected.fleet), (name.as_str(), end.as_str())))
        .collect();
    for namespace in &namespaces {
        let name = text(&namespace["metadata"]["name"]);
        if !name.starts_with(&prefix) {
            continue;
        }
        let metadata = &namespace["metadata"];
        match wanted.get(&name) {
            None => wrong.push(format!("namespace {name} is there, and nobody asks for it")),
            Some(_) if namespace["status"]["phase"] != "Active" => {
                wrong.push(format!("namespace {name} is on its way out"));
            }
            Some((sandbox, end)) => {
                let lacks = lacking(metadata, expected.fleet, sandbox, end);
                wrong.extend(lacks.into_iter().map(|key| format!("namespace {name} does not have {key}: {metadata}")));
            }
        }
        found.insert(name, text(&metadata["uid"]));
    }
    let missing = wanted.keys().filter(|name| !found.contains_key(*name));
    wrong.extend(missing.map(|name| format!("namespace {name} is not there")));
}

/// What of a sandbox's record is not on its namespace.
fn lacking(metadata: &Value, fleet: &str, sandbox: &str, end: &str) -> Vec<String> {
    let path = format!("sandboxes/{sandbox}.toml");
    let said = [
        ("/labels/reconcile.dev~1fleet", fleet),
        ("/labels/reconcile.dev~1sandbox", sandbox),
        ("/annotations/reconcile.dev~1path", &path),
        ("/annotations/reconcile.dev~1expires", end),
    ];
    let there = ["release", "commit", "kinds", "file", "generated", "quota", "hash"];
    let wrong =
        said.into_iter().filter(|(at, value)| text_at(metadata, at) != Some(value)).map(|(at, _)| at.to_owned());
    let there = there.into_iter().map(|key| format!("/annotations/reconcile.dev~1{key}"));
    wrong.chain(there.filter(|at| text_at(metadata, at).is_none())).collect()
}

fn id_of(kind: &str, object: &Value) -> Id {
    let metadata = &object["metadata"];
    (kind.to_owned(), text(&metadata["namespace"]), text(&metadata["name"]))
}

fn path_of((kind, namespace, name): &Id) -> String {
    let path = KINDS.iter().find(|(own, _)| own == kind).map(|(_, path)| *path).unwrap_or_default();
    let (group, plural) = path.rsplit_once('/').unwrap_or_default();
    format!("/{group}/namespaces/{namespace}/{plural}/{name}")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn text_at<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// Where a live object is not what is declared: every declared field has to be there with its value. Beside it there may
/// be more.
fn differing(declared: &Value, live: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(declared, live, &mut String::new(), &mut found);
    // What is in a list does not say it of itself.
    found.retain(|path| !path.starts_with("/kind ") && !path.starts_with("/apiVersion "));
    found
}

fn compare(declared: &Value, live: &Value, path: &mut String, found: &mut Vec<String>) {
    let length = path.len();
    match (declared, live) {
        (Value::Object(declared), Value::Object(live)) => {
            for (key, value) in declared {
                path.push('/');
                path.push_str(key);
                match live.get(key) {
                    Some(live) => compare(value, live, path, found),
                    // What is declared empty the server does not keep.
                    None if is_empty(value) => {}
                    None => found.push(format!("{path} is missing")),
                }
                path.truncate(length);
            }
        }
        (Value::Array(declared), Value::Array(live)) => {
            let are_named = declared.iter().chain(live).all(|item| item["name"].is_string());
            if !are_named && declared.len() != live.len() {
                return found.push(format!("{path} has {} items, not {}", live.len(), declared.len()));
            }
            for (at, item) in declared.iter().enumerate() {
                let other =
                    if are_named { live.iter().find(|live| live["name"] == item["name"]) } else { live.get(at) };
                path.push_str(&format!("/{at}"));
                match other {
                    Some(live) => compare(item, live, path, found),
                    None => found.push(format!("{path} is missing")),
                }
                path.truncate(length);
            }
        }
        // What is generated is shown as words.
        (Value::String(declared), Value::String(_)) if declared.starts_with("<generated") => {}
        (declared, live) if declared == live => {}
        (declared, live) => found.push(format!("{path} is {live}, not {declared}")),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Bool(is) => !is,
        Value::String(text) => text.is_empty(),
    }
}
