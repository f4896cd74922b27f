//! What a plan costs on a real API server, beside the raw lists it is made of and beside tools that go through the
//! sandboxes one by one. `RECONCILE_BENCH_APPLY=200` measures the making and removing of so many instead,
//! `RECONCILE_BENCH_ROUNDS` times.
//!
//! `cargo bench` prints the table of `tests/bench/README.md`. `RECONCILE_BENCH_SANDBOXES=5,200` sets the sizes,
//! `RECONCILE_BENCH_KAPP` names a kapp to measure as well.
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(dead_code, reason = "the rig is shared with the suite, which uses all of it")]

mod applying;
#[path = "../cluster/audit.rs"]
mod audit;
#[path = "../cluster/binaries.rs"]
mod binaries;
#[path = "../canary.rs"]
mod canary;
#[path = "../cluster/fleet_repo.rs"]
mod fleet_repo;
mod fleets;
#[path = "../cluster/gate.rs"]
mod gate;
mod measure;
#[path = "../cluster/plane/mod.rs"]
mod plane;
#[path = "../cluster/tool.rs"]
mod tool;
#[path = "../cluster/wait.rs"]
mod wait;

use std::process::Command;

use fleet_repo::FleetRepo;
use jiff::Timestamp;
use measure::{Sample, median, sample};
use plane::{ControlPlane, Rights, User};
use tool::Tool;

const RUNS: usize = 7;
const KINDS: &[&str] = &[
    "api/v1/configmaps",
    "api/v1/secrets",
    "api/v1/services",
    "api/v1/serviceaccounts",
    "api/v1/resourcequotas",
    "api/v1/limitranges",
    "api/v1/namespaces",
    "apis/apps/v1/deployments",
    "apis/apps/v1/statefulsets",
    "apis/networking.k8s.io/v1/networkpolicies",
    "apis/rbac.authorization.k8s.io/v1/roles",
    "apis/rbac.authorization.k8s.io/v1/rolebindings",
];

fn main() {
    // `cargo test --benches` runs this too; it is only meant for `cargo bench`.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let Some(plane) = ControlPlane::start() else { return };
    let sizes = std::env::var("RECONCILE_BENCH_SANDBOXES").unwrap_or_else(|_| "5,200".into());
    println!("\n| sandboxes | what | wall, median | min to max | of processors, mean | peak memory | requests |");
    println!("|---|---|---|---|---|---|---|");
    if let Ok(size) = std::env::var("RECONCILE_BENCH_APPLY") {
        let rounds = std::env::var("RECONCILE_BENCH_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number"));
        return applying::applying(plane, size.parse().expect("a number of sandboxes"), rounds);
    }
    for size in sizes.split(',').map(|size| size.trim().parse::<usize>().expect("a number of sandboxes")) {
        fleet_of(plane, size);
    }
}

fn fleet_of(plane: &'static ControlPlane, size: usize) {
    let user = plane.user(Rights::Admin);
    let id = plane.unique("bench");
    let repo = fleets::bench(&id, size);
    let tool = Tool::new(&repo, &user);
    let applied = tool.run(&["--yes", "--quiet", "--timeout", "10m"]);
    assert_eq!(applied.status, 0, "{}{}", applied.stdout, applied.stderr);
    println!("| {size} | first run: everything made | {:.2} s | | | | |", applied.took.as_secs_f64());
    let plan = |what: &str, args: &[&str]| {
        let mark = plane.mark();
        let samples: Vec<Sample> =
            (0..RUNS).map(|_| sample(tool.command(args)).unwrap_or_else(|why| panic!("{args:?}: {why}"))).collect();
        let requests = plane.requests(mark, &user).len() / RUNS;
        row(size, what, &samples, &requests.to_string());
    };
    plan("no-op plan", &["--plan", "--quiet"]);
    plan("no-op plan, `--drift skip`", &["--plan", "--quiet", "--drift", "skip"]);
    let lists: Vec<Sample> =
        (0..RUNS).map(|_| sample(curl(&user, &id)).unwrap_or_else(|why| panic!("curl: {why}"))).collect();
    row(size, "raw lists, metadata as protobuf (curl, side by side)", &lists, &KINDS.len().to_string());
    change(&repo, size.min(10));
    plan("plan with 10 sandboxes changed", &["--plan", "--quiet"]);
    plan("plan with 10 sandboxes changed, `--drift skip`", &["--plan", "--quiet", "--drift", "skip"]);
    let rendered = rendered(&repo, &tool);
    one_by_one(size, "kubectl diff --server-side", || {
        let mut command = plane.kubectl_as(&user, &["diff", "--server-side", "--force-conflicts", "-f"]);
        command.arg(&rendered);
        command
    });
    let namespace = format!("{id}-s00000");
    let chart = fleets::as_chart(&repo, &rendered);
    let helm = |more: &[&str]| {
        let mut command = Command::new(binaries::folder().expect("the plane runs").join("helm"));
        command.args(["upgrade", "--install", "bench", "--namespace", &namespace, "--take-ownership"]).arg(&chart);
        command.args(more).env("KUBECONFIG", &user.kubeconfig);
        command
    };
    let made = helm(&[]).output();
    assert!(made.as_ref().is_ok_and(|made| made.status.success()), "{made:?}");
    one_by_one(size, "helm upgrade --dry-run=server", || helm(&["--dry-run=server"]));
    if let Some(kapp) = std::env::var_os("RECONCILE_BENCH_KAPP") {
        let with_kapp = |more: &[&str]| {
            let mut command = Command::new(&kapp);
            command.args(["deploy", "--yes", "--app", "bench", "--namespace", "default", "--file"]).arg(&rendered);
            command.args(more).env("KUBECONFIG", &user.kubeconfig);
            command
        };
        // Into a sandbox that is there; the objects are its own by then.
        let made =
            with_kapp(&["--into-ns", &namespace, "--dangerous-override-ownership-of-existing-resources"]).output();
        assert!(made.as_ref().is_ok_and(|made| made.status.success()), "{made:?}");
        one_by_one(size, "kapp deploy --diff-run", || with_kapp(&["--into-ns", &namespace, "--diff-run"]));
    }
    plane.must(&["delete", "namespace", "--wait=false", "-l", &format!("reconcile.dev/fleet={id}")]);
}

/// Another image for the first sandboxes.
fn change(repo: &FleetRepo, count: usize) {
    for number in 0..count {
        repo.edit(
            &format!("sandboxes/s{number:05}.toml"),
            &format!("bench:{number}\""),
            &format!("bench:{number}-2\""),
        );
    }
    repo.commit("other images", Timestamp::now());
}

/// A tool that goes through the sandboxes: three times one of them, scaled.
fn one_by_one(size: usize, what: &str, command: impl Fn() -> Command) {
    let samples: Vec<Sample> =
        (0..3).map(|_| sample(command()).unwrap_or_else(|why| panic!("{what}: {why}"))).collect();
    let mean = |of: fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count(samples.len()) * count(size);
    let (wall, work) = (mean(|s| s.wall), mean(|s| s.work));
    println!(
        "| {size} | {what}, one sandbox after another (three measured, scaled) | {wall:.1} s | | {work:.1} s | | |"
    );
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("a small number"))
}

fn row(size: usize, what: &str, samples: &[Sample], requests: &str) {
    let mut walls: Vec<f64> = samples.iter().map(|s| s.wall).collect();
    walls.sort_by(f64::total_cmp);
    let peak = samples.iter().map(|s| s.peak_kib).max().unwrap_or_default() / 1024;
    let work = samples.iter().map(|s| s.work).sum::<f64>() / count(samples.len());
    println!(
        "| {size} | {what} | {:.3} s | {:.3} to {:.3} s | {work:.2} s | {peak} MiB | {requests} |",
        median(&walls),
        walls[0],
        walls[walls.len() - 1]
    );
}

fn curl(user: &User, id: &str) -> Command {
    let (server, token) = access(user);
    let mut command = Command::new("curl");
    command.args(["-sk", "--parallel", "--parallel-max", "16", "--fail"]);
    command.args(["-H", &format!("Authorization: Bearer {token}")]);
    command.args(["-H", "Accept: application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"]);
    for kind in KINDS {
        command.args(["-o", "/dev/null", &format!("{server}/{kind}?labelSelector=reconcile.dev%2Ffleet%3D{id}")]);
    }
    command
}

/// The server and token of a user, as its kubeconfig has them.
fn access(user: &User) -> (String, String) {
    let text = std::fs::read_to_string(&user.kubeconfig).expect("a kubeconfig");
    let after = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key)).expect("the key is there");
        line.trim().to_owned()
    };
    (after("server:"), after("token:"))
}

/// The first sandbox's manifests, in a file.
fn rendered(repo: &FleetRepo, tool: &Tool) -> std::path::PathBuf {
    let rendered = tool.expect(0, &["render", "s00000"]);
    let file = repo.path().join("rendered.yaml");
    // What is generated is no base64, and no field of what another tool would apply.
    let text: String =
        rendered.lines().filter(|line| !line.contains("<generated")).fold(String::new(), |mut all, line| {
            all.push_str(line);
            all.push('\n');
            all
        });
    std::fs::write(&file, text).expect("a file");
    file
}
