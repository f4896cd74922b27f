//! What it costs to make a fleet and to remove it, beside the same server-side applies and deletions sent raw, over as many
//! connections.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::fleet_repo::FleetRepo;
use super::fleets;
use super::measure::sample;
use super::plane::{ControlPlane, Rights, User};
use super::tool::Tool;

/// As many as `reconcile` has in flight.
const CONNECTIONS: &str = "32";

/// Makes and removes a fleet, then the same raw; one row each.
pub fn applying(plane: &'static ControlPlane, size: usize) {
    let user = plane.user(Rights::Admin);
    let id = plane.unique("apply");
    let repo = fleets::bench(&id, size);
    let tool = Tool::new(&repo, &user);
    let rendered = tool.expect(0, &["render", "--format", "json"]);
    let mark = plane.mark();
    let made = sample(tool.command(&["--yes", "--quiet", "--timeout", "0s"])).expect("it is made");
    let requests = plane.requests(mark, &user).len();
    row(size, "first run, everything made (`--timeout 0s`)", made.wall, (made.work, made.peak_kib), requests);
    let raw = raw(&user, &repo, &rendered, &id);
    row(size, "the same applies, raw (curl)", raw.0, (0.0, 0), raw.1);
    println!("| {size} | ratio | {:.2} | | | |", made.wall / raw.0);

    for number in 1..size {
        repo.remove(&format!("sandboxes/s{number:05}.toml"));
    }
    repo.commit("all but one go", Timestamp::now());
    let all = size.to_string();
    let args = ["--yes", "--quiet", "--timeout", "30m", "--allow-removals", &all];
    let removed = sample(tool.command(&args)).expect("they are removed");
    row(size, "all but one removed, waited for", removed.wall, (removed.work, removed.peak_kib), 0);
    let started = Instant::now();
    plane.must(&["delete", "namespace", "--wait=false", "-l", &format!("bench={id}")]);
    loop {
        let left = plane.must(&["get", "namespaces", "-l", &format!("bench={id}"), "--output=name"]);
        if left.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let raw = started.elapsed().as_secs_f64();
    row(size, "the same namespaces deleted, raw (kubectl)", raw, (0.0, 0), 0);
    println!("| {size} | ratio | {:.2} | | | |", removed.wall / raw);
    plane.must(&["delete", "namespace", "--wait=false", "-l", &format!("reconcile.dev/fleet={id}")]);
}

fn row(size: usize, what: &str, wall: f64, (work, peak_kib): (f64, u64), requests: usize) {
    println!("| {size} | {what} | {wall:.2} s | {work:.2} s | {} MiB | {requests} |", peak_kib / 1024);
}

/// Applies the same objects into namespaces of another name; the seconds that takes, and the requests.
fn raw(user: &User, repo: &FleetRepo, rendered: &str, id: &str) -> (f64, usize) {
    let objects: Vec<Value> = serde_json::from_str(rendered).expect("JSON");
    let folder = repo.path().join("raw");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (server, _) = super::access(user);
    let mut namespaces: Vec<String> = Vec::new();
    let mut entries = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let namespace = text("/metadata/namespace").replacen(id, &format!("{id}-raw"), 1);
        if !namespaces.contains(&namespace) {
            namespaces.push(namespace.clone());
        }
        let mut body = object.clone();
        body["metadata"]["namespace"] = namespace.clone().into();
        if object["kind"] == "Secret" {
            // What is generated is shown as words.
            body.as_object_mut().expect("an object").remove("data");
        }
        let file = folder.join(format!("{number}.json"));
        std::fs::write(&file, body.to_string()).expect("a file");
        let group = text("/apiVersion");
        let base = if group.contains('/') { format!("apis/{group}") } else { format!("api/{group}") };
        let plural = plural(&text("/kind"));
        let url = format!("{server}/{base}/namespaces/{namespace}/{plural}/{}", text("/metadata/name"));
        entries.push((url, file));
    }
    let of_namespaces: Vec<(String, std::path::PathBuf)> = namespaces
        .iter()
        .map(|name| {
            let body = serde_json::json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"bench": id}},
            });
            let file = folder.join(format!("{name}.json"));
            std::fs::write(&file, body.to_string()).expect("a file");
            (format!("{server}/api/v1/namespaces/{name}"), file)
        })
        .collect();
    let started = Instant::now();
    apply_all(user, &folder, &of_namespaces);
    apply_all(user, &folder, &entries);
    (started.elapsed().as_secs_f64(), entries.len() + of_namespaces.len())
}

fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    }
}

fn apply_all(user: &User, folder: &Path, entries: &[(String, std::path::PathBuf)]) {
    let (_, token) = super::access(user);
    let mut config = String::new();
    for (number, (url, file)) in entries.iter().enumerate() {
        if number > 0 {
            config.push_str("next\n");
        }
        let _ = write!(
            config,
            "url = \"{url}?fieldManager=raw&force=true\"\nrequest = PATCH\ninsecure\nsilent\nfail\noutput = /dev/null\n\
             header = \"Authorization: Bearer {token}\"\nheader = \"Content-Type: application/apply-patch+yaml\"\n\
             data-binary = \"@{}\"\n",
            file.display()
        );
    }
    let path = folder.join("curl.conf");
    std::fs::write(&path, config).expect("a file");
    let done = Command::new("curl")
        .args(["--parallel", "--parallel-max", CONNECTIONS, "--config"])
        .arg(&path)
        .output()
        .expect("curl starts");
    assert!(done.status.success(), "{done:?}");
}
