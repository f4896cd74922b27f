//! What it costs to make a fleet and to remove it, beside the same server-side applies and deletions sent raw, over as many
//! connections.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::audit::{Object, Request};
use super::fleet_repo::FleetRepo;
use super::fleets;
use super::measure::{self, Sample, median, sample};
use super::plane::{ControlPlane, Rights, User};
use super::tool::Tool;

/// As many as `reconcile` has in flight.
const CONNECTIONS: &str = "32";

/// Makes and removes a fleet and the same raw, one row each, so many times, and first one, then the other: whoever comes
/// second finds a server that holds more.
pub fn applying(plane: &'static ControlPlane, size: usize, rounds: usize) {
    let (mut making, mut removing) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let bench = Bench::new(plane, size);
        let is_first = round % 2 == 0;
        let (ours, raw) = both(is_first, || bench.make(), || bench.make_raw());
        println!("| {size} | ratio of making | {:.2} | | | |", ours / raw);
        making.push(ours / raw);
        let (ours, raw) = both(is_first, || bench.remove(), || bench.remove_raw());
        println!("| {size} | ratio of removing | {:.2} | | | |", ours / raw);
        removing.push(ours / raw);
    }
    making.sort_by(f64::total_cmp);
    removing.sort_by(f64::total_cmp);
    println!("| {size} | ratios, medians of {rounds} | {:.2}, {:.2} | | | |", median(&making), median(&removing));
}

/// Both, in this order or the other.
fn both(is_first: bool, ours: impl FnOnce() -> f64, raw: impl FnOnce() -> f64) -> (f64, f64) {
    if is_first {
        let ours = ours();
        return (ours, raw());
    }
    let raw = raw();
    (ours(), raw)
}

/// One fleet, and the same objects beside it.
struct Bench {
    plane: &'static ControlPlane,
    size: usize,
    user: User,
    id: String,
    repo: FleetRepo,
}

impl Bench {
    fn new(plane: &'static ControlPlane, size: usize) -> Self {
        let (user, id) = (plane.user(Rights::Admin), plane.unique("apply"));
        let repo = fleets::bench(&id, size);
        Self { plane, size, user, id, repo }
    }

    fn make(&self) -> f64 {
        let tool = Tool::new(&self.repo, &self.user);
        let (mark, before) = (self.plane.mark(), worked(self.plane));
        let made = sample(tool.command(&["--yes", "--quiet", "--timeout", "0s"])).expect("it is made");
        let requests = self.plane.requests(mark, &self.user);
        row(self.size, "first run, everything made (`--timeout 0s`)", &made, requests.len());
        self.told(&before, &requests);
        made.wall
    }

    fn remove(&self) -> f64 {
        for number in 1..self.size {
            self.repo.remove(&format!("sandboxes/s{number:05}.toml"));
        }
        self.repo.commit("all but one go", Timestamp::now());
        let all = self.size.to_string();
        let tool = Tool::new(&self.repo, &self.user);
        let args = ["--yes", "--quiet", "--timeout", "30m", "--allow-removals", &all];
        let (mark, before) = (self.plane.mark(), worked(self.plane));
        let removed = sample(tool.command(&args)).expect("they are removed");
        let requests = self.plane.requests(mark, &self.user);
        row(self.size, "all but one removed, waited for", &removed, requests.len());
        self.told(&before, &requests);
        self.plane.must(&["delete", "namespace", "-l", &format!("reconcile.dev/fleet={}", self.id)]);
        removed.wall
    }

    /// Applies the same objects into namespaces of another name.
    fn make_raw(&self) -> f64 {
        let tool = Tool::new(&self.repo, &self.user);
        let rendered = tool.expect(0, &["render", "--format", "json"]);
        let raw = Raw::of(self, &rendered);
        let before = worked(self.plane);
        let (made, requests) = raw.apply();
        row(self.size, "the same applies, raw (curl)", &made, requests);
        self.told(&before, &[]);
        made.wall
    }

    fn remove_raw(&self) -> f64 {
        let label = format!("bench={}", self.id);
        // The same number as beside it.
        self.plane.must(&["delete", "namespace", &format!("{}-raw-s00000", self.id)]);
        let before = worked(self.plane);
        let started = Instant::now();
        self.plane.must(&["delete", "namespace", "--wait=false", "-l", &label]);
        while !self.plane.must(&["get", "namespaces", "-l", &label, "--output=name"]).is_empty() {
            std::thread::sleep(Duration::from_millis(200));
        }
        let wall = started.elapsed().as_secs_f64();
        let removed = Sample { wall, peak_kib: 0, work: 0.0 };
        row(self.size, "the same namespaces deleted, raw (kubectl)", &removed, 0);
        self.told(&before, &[]);
        wall
    }

    /// What the parts of the control plane worked since, and what was asked, by verb and kind.
    fn told(&self, before: &BTreeMap<&'static str, f64>, requests: &[Request]) {
        let now = worked(self.plane);
        let since = |part: &str| now.get(part).zip(before.get(part)).map_or(0.0, |(after, before)| after - before);
        let parts: Vec<String> = now.keys().map(|part| format!("{part} {:.1} s", since(part))).collect();
        println!("| | of processors: {} | | | | |", parts.join(", "));
        let mut asked: BTreeMap<String, usize> = BTreeMap::new();
        for request in requests {
            let Object { resource, subresource, .. } = &request.object_ref;
            let what = if resource.is_empty() { request.uri.split('?').next().unwrap_or_default() } else { resource };
            let code = request.response_status.code;
            *asked.entry(format!("{} {what} {subresource} {code}", request.verb)).or_default() += 1;
        }
        for (what, count) in asked {
            println!("| | {what} | | | | {count} |");
        }
    }
}

/// The seconds that processors have worked for each part of a control plane.
fn worked(plane: &ControlPlane) -> BTreeMap<&'static str, f64> {
    let folder = plane.kubeconfig().parent().expect("it lies in the control plane's folder");
    let of_part = |part| {
        let process = std::fs::read_to_string(folder.join(format!("{part}.pid"))).expect("it was started");
        (part, measure::worked(process.trim()))
    };
    ["etcd", "kube-apiserver", "kube-controller-manager", "kwok"].map(of_part).into()
}

fn row(size: usize, what: &str, sample: &Sample, requests: usize) {
    let Sample { wall, work, peak_kib } = sample;
    println!("| {size} | {what} | {wall:.2} s | {work:.2} s | {} MiB | {requests} |", peak_kib / 1024);
}

/// Server-side applies, written out for curl.
struct Raw {
    folder: PathBuf,
    token: String,
    namespaces: Vec<(String, PathBuf)>,
    objects: Vec<(String, PathBuf)>,
}

impl Raw {
    fn of(bench: &Bench, rendered: &str) -> Self {
        let id = &bench.id;
        let objects: Vec<Value> = serde_json::from_str(rendered).expect("JSON");
        let folder = bench.repo.path().join("raw");
        std::fs::create_dir_all(&folder).expect("a folder");
        let (server, token) = super::access(&bench.user);
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
        let of_namespace = |name: &String| {
            let body = serde_json::json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"bench": id}},
            });
            let file = folder.join(format!("{name}.json"));
            std::fs::write(&file, body.to_string()).expect("a file");
            (format!("{server}/api/v1/namespaces/{name}"), file)
        };
        let namespaces = namespaces.iter().map(of_namespace).collect();
        Self { folder, token, namespaces, objects: entries }
    }

    /// How long it takes, and the number of requests.
    fn apply(&self) -> (Sample, usize) {
        let [first, then] = [&self.namespaces, &self.objects]
            .map(|entries| sample(self.curl(entries)).unwrap_or_else(|why| panic!("curl: {why}")));
        let made = Sample {
            wall: first.wall + then.wall,
            work: first.work + then.work,
            peak_kib: first.peak_kib.max(then.peak_kib),
        };
        (made, self.namespaces.len() + self.objects.len())
    }

    fn curl(&self, entries: &[(String, PathBuf)]) -> Command {
        let mut config = String::new();
        for (number, (url, file)) in entries.iter().enumerate() {
            if number > 0 {
                config.push_str("next\n");
            }
            let _ = write!(
                config,
                "url = \"{url}?fieldManager=raw&force=true\"\nhttp1.1\nrequest = PATCH\ninsecure\nsilent\nfail\noutput = /dev/null\n\
                 header = \"Authorization: Bearer {}\"\nheader = \"Content-Type: application/apply-patch+yaml\"\n\
                 data-binary = \"@{}\"\n",
                self.token,
                file.display()
            );
        }
        let path = self.folder.join("curl.conf");
        std::fs::write(&path, config).expect("a file");
        let mut command = Command::new("curl");
        // Over HTTP/2 it would send all by one connection.
        command.args(["--parallel", "--parallel-immediate", "--parallel-max", CONNECTIONS, "--config"]).arg(&path);
        command
    }
}

fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    }
}
