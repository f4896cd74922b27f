//! What the desired side of a plan costs, without a cluster: reading the tree, dating the files, rendering the releases.
//!
//! `cargo bench --bench desired` prints the tables of `tests/bench/README.md`. Each measurement of a whole fleet is a
//! process of its own, so that its peak memory is its own. For a profiler, `desired-… --render SANDBOX ROUNDS` renders
//! one sandbox of this repository (or `bench`) and nothing else, `--thousand` those of the Odoo chart.
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(dead_code, reason = "the rig is shared with the suite, which uses all of it")]

mod engine;
#[path = "../cluster/fleet_repo.rs"]
mod fleet_repo;
mod fleets;
mod measure;
mod render;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reconcile::fleet::Fleet;
use reconcile::plan::{Source, Start, sources};
use reconcile::release::{Basis, Charts};
use reconcile::repo::{DateQuery, FileDate, Repo, RepoArgs};

const RUNS: usize = 5;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--render", sandbox, rounds] => render::again(sandbox, rounds.parse().expect("a number of rounds")),
        ["--thousand"] => render::thousand(),
        ["--measure", path] => measure_once(Path::new(path)),
        args if args.contains(&"--bench") => {
            engine::bench();
            render::bench();
            render::thousand();
            whole_fleets();
        }
        // `cargo test --benches` runs this too; it is only meant for `cargo bench`.
        _ => {}
    }
}

fn whole_fleets() {
    let sizes = std::env::var("RECONCILE_BENCH_SANDBOXES").unwrap_or_else(|_| "200,1000,5000".into());
    println!(
        "\n| sandboxes | tree | files parsed | charts | dated | rendered | in all | processor time | peak memory |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let this = std::env::current_exe().expect("the path of this program");
    for size in sizes.split(',').map(|size| size.trim().parse::<usize>().expect("a number of sandboxes")) {
        let repo = fleets::bench("bench", size);
        let runs = (0..RUNS).map(|_| {
            let output = Command::new(&this).arg("--measure").arg(repo.path()).output().expect("this program again");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).expect("text");
            text.split_whitespace().map(|number| number.parse().expect("a number")).collect::<Vec<f64>>()
        });
        let runs: Vec<Vec<f64>> = runs.collect();
        let median = |column: usize| {
            let mut all: Vec<f64> = runs.iter().map(|run| run[column]).collect();
            all.sort_by(f64::total_cmp);
            all[RUNS / 2]
        };
        let times: Vec<String> = (0..7).map(|column| format!("{:.1} ms", median(column) * 1e3)).collect();
        println!("| {size} | {} | {:.0} MiB |", times.join(" | "), median(7) / 1024.0);
    }
}

/// Prints the seconds of each stage, of all of them, and of the processors; then the peak memory in KiB.
fn measure_once(path: &Path) {
    let mut clock = Clock { started: Instant::now(), last: Instant::now(), laps: Vec::new() };
    let args = RepoArgs { repo: Some(path.display().to_string()), ..RepoArgs::default() };
    let repo = Repo::open(&args).expect("the repository");
    let tree = repo.tree().expect("its files");
    clock.lap();
    let fleet = Fleet::parse(&tree.files, &tree.odd).expect("a fleet");
    clock.lap();
    let charts = Charts::load(&tree.files, fleet.sandboxes.values().map(|sandbox| sandbox.chart.as_str()));
    clock.lap();
    let now = Timestamp::now();
    let dates = fleet.sandboxes.values().map(|sandbox| {
        let oldest = sandbox.terms(&fleet.settings).oldest_start(now);
        DateQuery { path: sandbox.path.clone(), oldest }
    });
    let dates = repo.dates(&dates.collect::<Vec<_>>()).expect("the dates");
    let starts: BTreeMap<String, Start> = dates
        .into_iter()
        .map(|(path, date)| match date.expect("a date") {
            FileDate::At { time, commit } | FileDate::Behind { time, commit, .. } => (path, Start::At { time, commit }),
            other => panic!("{path}: {other:?}"),
        })
        .collect();
    clock.lap();
    let copied = BTreeMap::new();
    let basis = Basis { settings: &fleet.settings, charts: &charts, copied: &copied, kept: None };
    let sources = sources(&fleet, &basis, &starts, now);
    clock.lap();
    assert!(sources.values().all(|source| matches!(source, Source::Wanted(_))), "all of them render");
    let all = clock.last.duration_since(clock.started);
    let seconds = clock.laps.iter().chain([&all]).map(|lap| format!("{} ", lap.as_secs_f64())).collect::<String>();
    println!("{seconds}{} {}", measure::processor_time(), measure::own_peak());
}

struct Clock {
    started: Instant,
    last: Instant,
    laps: Vec<Duration>,
}

impl Clock {
    fn lap(&mut self) {
        let now = Instant::now();
        self.laps.push(now.duration_since(self.last));
        self.last = now;
    }
}
