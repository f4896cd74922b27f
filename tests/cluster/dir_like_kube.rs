//! The cluster that is a folder does what a real API server does: the same random writes by several managers, and the
//! same fields, owners and refusals after each. And the table of shapes that it goes by is the server's own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use reconcile::cluster::Cluster;
use reconcile::cluster::dir::Dir;
use reconcile::cluster::kube::{Kube, KubeConnect};
use serde_json::{Map, Value, json};

use crate::contract::{Arena, RIVAL, address};
use crate::plane::{ControlPlane, Rights};

/// A small generator, the same on every machine (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn maybe(&mut self) -> bool {
        self.roll(2) == 0
    }

    fn some<'a>(&mut self, of: &[&'a str]) -> Vec<&'a str> {
        of.iter().copied().filter(|_| self.roll(2) == 0).collect()
    }

    /// In another order, sometimes.
    fn shuffled(&mut self, mut items: Vec<Value>) -> Vec<Value> {
        if self.maybe() {
            items.reverse();
        }
        items
    }
}

fn labels(dice: &mut Dice) -> Value {
    let labels = dice.some(&["x", "y", "z"]).into_iter().map(|key| (key.to_owned(), json!(dice.roll(2).to_string())));
    Value::Object(labels.collect())
}

fn container(dice: &mut Dice, name: &str) -> Value {
    let mut container = json!({"name": name, "image": format!("example.com/{name}:{}", dice.roll(2))});
    let env =
        dice.some(&["A", "B", "C"]).into_iter().map(|name| json!({"name": name, "value": dice.roll(2).to_string()}));
    let env: Vec<Value> = env.collect();
    if dice.maybe() {
        container["env"] = json!(dice.shuffled(env));
    }
    if dice.maybe() {
        container["args"] = json!(dice.some(&["serve", "--all", "--quiet"]));
    }
    if dice.maybe() {
        let ports = [
            json!({"containerPort": 80}),
            json!({"containerPort": 80, "protocol": "UDP"}),
            json!({"containerPort": 443, "protocol": "TCP"}),
        ];
        let ports = ports.into_iter().filter(|_| dice.maybe()).collect();
        container["ports"] = json!(dice.shuffled(ports));
    }
    if dice.maybe() {
        let limits = dice.some(&["cpu", "memory"]).into_iter().map(|key| (key.to_owned(), json!("1")));
        container["resources"] = json!({"limits": Value::Object(limits.collect())});
    }
    if dice.maybe() {
        container["securityContext"] = if dice.maybe() { json!({}) } else { json!({"runAsNonRoot": true}) };
    }
    container
}

/// A Deployment that stands on its own.
fn deployment(dice: &mut Dice, namespace: &str) -> Value {
    let mut containers = vec![container(dice, "web")];
    for name in dice.some(&["side", "tail"]) {
        containers.push(container(dice, name));
    }
    let volumes = dice.some(&["v", "w"]).into_iter().map(|name| {
        if dice.maybe() {
            json!({"name": name, "emptyDir": {}})
        } else {
            json!({"name": name, "configMap": {"name": "c"}})
        }
    });
    let mut spec = json!({"volumes": volumes.collect::<Vec<_>>()});
    spec["containers"] = json!(dice.shuffled(containers));
    if dice.maybe() {
        spec["tolerations"] = json!([{"key": format!("k{}", dice.roll(2)), "operator": "Exists"}]);
    }
    if dice.maybe() {
        spec["nodeSelector"] = labels(dice);
    }
    if dice.maybe() {
        spec["imagePullSecrets"] =
            json!(dice.some(&["a", "b"]).iter().map(|name| json!({"name": name})).collect::<Vec<_>>());
    }
    let mut body = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace, "labels": labels(dice), "annotations": labels(dice)},
        // Paused, so that its controller does not annotate it in between.
        "spec": {
            "paused": true,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": spec},
        },
    });
    if dice.maybe() {
        body["spec"]["replicas"] = json!(dice.roll(3));
    }
    body
}

/// A part of one, for somebody who has opinions on a few fields.
fn part(dice: &mut Dice, namespace: &str) -> Value {
    let mut containers: Vec<Value> =
        dice.some(&["web", "side"]).into_iter().map(|name| container(dice, name)).collect();
    for container in &mut containers {
        if dice.maybe() {
            container.as_object_mut().expect("a map").remove("image");
        }
    }
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace, "labels": labels(dice)},
        "spec": {"template": {"spec": {"containers": containers}}},
    })
}

/// A change of what is there, by a JSON patch.
fn patch(dice: &mut Dice, live: &Value) -> Value {
    let at = "/spec/template/spec/containers/0";
    let has = |path: &str| live.pointer(path).is_some();
    let mut operations = vec![json!({"op": "replace", "path": format!("{at}/image"), "value": "example.com/other:1"})];
    if has(&format!("{at}/env/0")) {
        operations.push(json!({"op": "remove", "path": format!("{at}/env/0")}));
        // A second one of the name is a thing that the folder refuses, and a server takes.
        if !live.pointer(at).is_some_and(|container| container["env"].to_string().contains("\"D\"")) {
            operations.push(json!({"op": "add", "path": format!("{at}/env/-"), "value": {"name": "D", "value": "1"}}));
        }
    }
    if has(&format!("{at}/args")) {
        operations.push(json!({"op": "replace", "path": format!("{at}/args"), "value": ["other"]}));
    }
    if has("/metadata/labels/x") {
        operations.push(json!({"op": "remove", "path": "/metadata/labels/x"}));
    }
    if has("/metadata/annotations") {
        operations.push(json!({"op": "add", "path": "/metadata/annotations/more", "value": "1"}));
    }
    operations.push(json!({"op": "add", "path": "/spec/replicas", "value": 2 + dice.roll(3)}));
    let chosen = dice.roll(operations.len() as u64);
    json!([operations.swap_remove(usize::try_from(chosen).expect("small"))])
}

/// All that the one says, the other says too; it may say more (what a server fills in), but in no list.
fn says(folder: &Value, server: &Value, path: &str) -> Result<(), String> {
    match (folder, server) {
        (Value::Object(folder), Value::Object(server)) => folder.iter().try_for_each(|(key, value)| {
            let path = format!("{path}.{key}");
            match server.get(key) {
                Some(other) => says(value, other, &path),
                // A server drops some empty values when it reads them.
                None if is_empty(value) => Ok(()),
                None => Err(format!("{path}: only in the folder: {value}")),
            }
        }),
        (Value::Array(folder), Value::Array(server)) if folder.len() == server.len() => folder
            .iter()
            .zip(server)
            .enumerate()
            .try_for_each(|(place, (one, other))| says(one, other, &format!("{path}[{place}]"))),
        _ if folder == server => Ok(()),
        _ => Err(format!("{path}: {folder} in the folder, {server} on the server")),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// Manager and operation, and what it owns.
fn owners(object: &Value) -> BTreeMap<(String, String), Value> {
    let entries = object["metadata"]["managedFields"].as_array().expect("managed fields").iter();
    let ours = entries.filter(|entry| entry.get("subresource").is_none());
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let pairs = ours.map(|entry| ((text(entry, "manager"), text(entry, "operation")), entry["fieldsV1"].clone()));
    pairs.filter(|((manager, _), _)| manager != "kube-controller-manager").collect()
}

fn compare(folder: &Value, server: &Value) -> Result<(), String> {
    for part in ["spec", "metadata/labels", "metadata/annotations"] {
        let at = |object: &Value| object.pointer(&format!("/{part}")).cloned().unwrap_or(json!({}));
        let (mut one, other) = (at(folder), at(server));
        if part == "metadata/annotations" {
            one.as_object_mut().expect("a map").remove("deployment.kubernetes.io/revision");
        }
        says(&one, &other, part)?;
    }
    let (one, other) = (owners(folder), owners(server));
    if one.keys().collect::<Vec<_>>() != other.keys().collect::<Vec<_>>() {
        return Err(format!("owners: {:?} in the folder, {:?} on the server", one.keys(), other.keys()));
    }
    for (who, fields) in &one {
        // What a server fills in is owned by whoever writes without apply.
        let same = if who.1 == "Apply" { *fields == other[who] } else { says(fields, &other[who], "").is_ok() };
        if !same {
            return Err(format!("{who:?} owns {fields:#} in the folder, {:#} on the server", other[who]));
        }
    }
    Ok(())
}

#[test]
fn the_same_writes_have_the_same_effect() {
    let Some(plane) = ControlPlane::start() else { return };
    let user = plane.user(Rights::Admin);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let stem = plane.unique("like");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let wanted = KubeConnect { kubeconfig: Some(user.kubeconfig.clone()), context: None };
        let server = Kube::connect(&wanted).await.expect("a client");
        let folder = Dir::open(folder.path()).expect("a folder");
        let (server, folder) = (Arena::new(&server, &stem), Arena::new(&folder, &stem));
        let (mut accepted, mut refused) = (0, 0);
        for seed in 1..=24 {
            let mut dice = Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
            let namespace = server.namespace().await;
            assert_eq!(folder.namespace().await, namespace);
            let mut history = Vec::new();
            let mut live = Value::Null;
            for _ in 0..14 {
                let (manager, body) = match dice.roll(4) {
                    _ if live.is_null() => ("reconcile", deployment(&mut dice, &namespace)),
                    0 => ("other", part(&mut dice, &namespace)),
                    1 => (RIVAL, patch(&mut dice, &live)),
                    _ => ("reconcile", deployment(&mut dice, &namespace)),
                };
                history.push(format!("{manager}: {body}"));
                let (one, other) = if manager == RIVAL {
                    (write(&folder, &live, &body).await, write(&server, &live, &body).await)
                } else {
                    (folder.apply_as(manager, &body).await, server.apply_as(manager, &body).await)
                };
                let told = || format!("seed {seed}, after\n{}", history.join("\n"));
                match (one, other) {
                    (Ok(one), Ok(other)) => {
                        compare(&one, &other).unwrap_or_else(|why| panic!("{why}\n{}", told()));
                        live = one;
                        accepted += 1;
                    }
                    (Err(one), Err(other)) => {
                        assert_eq!(one.kind, other.kind, "{one} {other} {}", told());
                        refused += 1;
                    }
                    (one, other) => panic!("{one:?} in the folder, {other:?} on the server\n{}", told()),
                }
            }
        }
        assert!(accepted > 100 && refused > 5, "{accepted} accepted, {refused} refused: a test of nothing");
    });
}

async fn write(arena: &Arena<'_>, of: &Value, patch: &Value) -> Result<Value, reconcile::cluster::Error> {
    let cluster: &dyn Cluster = arena.cluster;
    cluster.patch(&address(of).target(), patch, RIVAL).await
}

/// Where the version stands that the table is of.
const NEWEST: &str = include_str!("kubernetes/go.mod");
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cluster/dir/schema.txt");

#[test]
fn the_table_of_shapes_is_the_servers() {
    let Some(plane) = ControlPlane::start() else { return };
    let document: Value = serde_json::from_str(&plane.must(&["get", "--raw", "/openapi/v2"])).expect("OpenAPI is JSON");
    let scope = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manifest/scope.rs");
    let scope = fs::read_to_string(scope).expect("readable");
    let table = Table::of(&document, &kinds(&scope)).text();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(TABLE, &table).expect("written");
    }
    let kept = fs::read_to_string(TABLE).expect("readable");
    if !NEWEST.contains(&format!("k8s.io/kubernetes {} ", plane.version())) {
        let missing = older(&kept, &table);
        assert!(missing.is_empty(), "what an older server has and the table lacks:\n{}", missing.join("\n"));
        return;
    }
    let differing: Vec<(&str, &str)> = kept.lines().zip(table.lines()).filter(|(a, b)| a != b).take(3).collect();
    assert!(kept == table, "not what the server says (UPDATE_SCHEMA=1 writes it anew): {differing:#?}");
}

/// What has another name or shape since the oldest server: a type of its own, an item that changes whole, what was alpha.
const CHANGED: [&str; 4] = [
    "PersistentVolumeClaimSpec resources:ResourceRequirements",
    "ServiceBackendPort",
    "ClaimSource",
    "PodResourceClaim source:ClaimSource",
];

/// What a table of an older server says that the kept one does not: but for [`CHANGED`], fields are only ever added.
fn older(kept: &str, table: &str) -> Vec<String> {
    let of = |text: &str| -> BTreeMap<String, BTreeSet<String>> {
        let words = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            (words.next().unwrap_or_default(), words.collect())
        };
        text.lines().map(words).collect()
    };
    let kept = of(kept);
    let mut missing = Vec::new();
    for (name, fields) in of(table) {
        let Some(own) = kept.get(&name) else {
            missing.push(name);
            continue;
        };
        missing.extend(fields.difference(own).map(|field| format!("{name} {field}")));
    }
    missing.retain(|line| !CHANGED.contains(&line.as_str()));
    missing
}

/// The kinds that every cluster serves, out of the table that names them: `("GROUP", "KIND", "plural")`.
fn kinds(scope: &str) -> Vec<(String, String)> {
    let rows = scope.lines().filter_map(|line| line.trim().strip_prefix("(\"")?.strip_suffix("\"),"));
    rows.map(|row| row.split("\", \"").collect::<Vec<_>>())
        .filter(|row| row.len() == 3)
        .map(|row| (row[0].to_owned(), row[1].to_owned()))
        .collect()
}

/// The shapes of some kinds and of all that they are made of.
struct Table<'a> {
    definitions: &'a Map<String, Value>,
    kinds: BTreeMap<(String, String, String), &'a str>,
    /// The short name of each definition.
    names: BTreeMap<&'a str, String>,
    waiting: Vec<&'a str>,
    lines: BTreeMap<String, String>,
}

impl<'a> Table<'a> {
    fn of(document: &'a Value, kinds: &[(String, String)]) -> Self {
        let definitions = document["definitions"].as_object().expect("definitions");
        let mut roots = BTreeMap::new();
        for (name, definition) in definitions {
            for gvk in definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
                let text = |key: &str| gvk[key].as_str().unwrap_or_default().to_owned();
                let (group, version, kind) = (text("group"), text("version"), text("kind"));
                if kinds.iter().any(|(g, k)| *g == group && *k == kind) {
                    roots.insert((group, version, kind), name.as_str());
                }
            }
        }
        let mut table =
            Self { definitions, kinds: roots, names: BTreeMap::new(), waiting: Vec::new(), lines: BTreeMap::new() };
        for root in table.kinds.values().copied().collect::<Vec<_>>() {
            table.name(root);
        }
        while let Some(next) = table.waiting.pop() {
            table.add(next);
        }
        table
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for ((group, version, kind), root) in &self.kinds {
            let group = if group.is_empty() { String::new() } else { format!("{group}/") };
            writeln!(text, "{group}{version}/{kind} {}", self.names[root]).expect("a String takes it");
        }
        for line in self.lines.values() {
            write!(text, "\n{line}").expect("a String takes it");
        }
        text + "\n"
    }

    /// The last word of a definition's name, or where another has it already the last three.
    fn name(&mut self, definition: &'a str) -> String {
        if let Some(name) = self.names.get(definition) {
            return name.clone();
        }
        let words: Vec<&str> = definition.rsplit('.').take(3).collect();
        let short = words[0].to_owned();
        let taken = self.names.values().any(|name| *name == short);
        let name = if taken { format!("{}.{}.{}", words[2], words[1], words[0]) } else { short };
        self.names.insert(definition, name.clone());
        self.waiting.push(definition);
        name
    }

    fn add(&mut self, definition: &'a str) {
        let of = &self.definitions[definition];
        let whole = if of["x-kubernetes-map-type"] == "atomic" { "!" } else { "" };
        let is_root = self.kinds.values().any(|root| *root == definition);
        let mut line = format!("{whole}{}", self.names[definition]);
        for (field, property) in of["properties"].as_object().into_iter().flatten() {
            // What the server writes itself is not checked.
            let shape = if is_root && field == "status" { "*".to_owned() } else { self.shape(property) };
            write!(line, " {field}:{shape}").expect("a String takes it");
        }
        self.lines.insert(self.names[definition].clone(), line);
    }

    fn shape(&mut self, property: &'a Value) -> String {
        let whole = if property["x-kubernetes-map-type"] == "atomic" { "!" } else { "" };
        if let Some(reference) = property["$ref"].as_str() {
            let shape = self.reference(reference.trim_start_matches("#/definitions/"));
            return if shape.starts_with('!') { shape } else { format!("{whole}{shape}") };
        }
        match property["type"].as_str() {
            Some("array") => self.list(property),
            Some("object") => match property.get("additionalProperties") {
                Some(items) => format!("{whole}({})", self.shape(items)),
                None => "!*".into(),
            },
            other => scalar(other).into(),
        }
    }

    fn list(&mut self, property: &'a Value) -> String {
        let items = &property["items"];
        let item = self.shape(items);
        let list_type = property["x-kubernetes-list-type"].as_str();
        // Older servers say it so, and take it for the same.
        let merges = property["x-kubernetes-patch-strategy"].as_str().is_some_and(|by| by.contains("merge"));
        match list_type {
            None if merges => match property["x-kubernetes-patch-merge-key"].as_str() {
                Some(key) => format!("{{{key}}}{item}"),
                None => format!("<{item}>"),
            },
            Some("set") => format!("<{item}>"),
            Some("map") => {
                let keys = property["x-kubernetes-list-map-keys"].as_array().expect("keys").iter();
                // The only key with a default; this form of the document does not tell defaults.
                let key = |key: &Value| match key.as_str() {
                    Some("protocol") => "protocol=TCP".to_owned(),
                    key => key.unwrap_or_default().to_owned(),
                };
                format!("{{{}}}{item}", keys.map(key).collect::<Vec<_>>().join(","))
            }
            _ => format!("[{item}]"),
        }
    }

    fn reference(&mut self, name: &'a str) -> String {
        let of = &self.definitions[name];
        if of["properties"].is_object() {
            return self.name(name);
        }
        match name.rsplit('.').next() {
            Some("Quantity" | "IntOrString") => "q".into(),
            // Any JSON at all, and what is one thing or another.
            _ if of["type"] == "object" || of["type"].is_null() => "!*".into(),
            _ => scalar(of["type"].as_str()).into(),
        }
    }
}

fn scalar(of: Option<&str>) -> &'static str {
    match of {
        Some("string") => "s",
        Some("integer") => "i",
        Some("number") => "n",
        Some("boolean") => "b",
        _ => "*",
    }
}
