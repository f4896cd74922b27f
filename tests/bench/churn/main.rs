//! Idempotence under load: a fleet is churned with random edits, expiries and foreign changes, and after each run it must be
//! as its files say, and the next plan empty. `cargo bench --bench churn`; see `tests/bench/README.md` for its variables.
//!
//! All that is random comes of one seed, and time is the bench's own (`--now`): the same seed is the same history.
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(dead_code, reason = "the rig is shared with the suite, which uses all of it")]

mod api;
#[path = "../../cluster/audit.rs"]
mod audit;
#[path = "../../cluster/binaries.rs"]
mod binaries;
#[path = "../../canary.rs"]
mod canary;
mod files;
#[path = "../../cluster/fleet_repo.rs"]
mod fleet_repo;
#[path = "../fleets.rs"]
mod fleets;
#[path = "../../cluster/gate.rs"]
mod gate;
mod hands;
#[path = "../measure.rs"]
mod measure;
mod oracle;
#[path = "../../cluster/plane/mod.rs"]
mod plane;
mod round;
mod tally;
#[path = "../../cluster/tool.rs"]
mod tool;
#[path = "../../cluster/wait.rs"]
mod wait;

use std::time::{Duration, Instant};

use plane::ControlPlane;
use round::Churn;

fn main() {
    // `cargo test --benches` runs this too; it is only meant for `cargo bench`.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let size = number("SANDBOXES").unwrap_or(1_000);
    let minutes = number("MINUTES").unwrap_or(30);
    let rounds = number("ROUNDS").unwrap_or(u64::MAX);
    let seed = number("SEED").unwrap_or_else(rand::random);
    let Some(plane) = ControlPlane::start() else { return };
    println!("{size} sandboxes, {minutes} minutes, Kubernetes {}, RECONCILE_BENCH_SEED={seed}", plane.version());
    let mut churn = Churn::begin(plane, usize::try_from(size).expect("a number of sandboxes"), seed);
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    while Instant::now() < end && churn.rounds() < rounds {
        churn.round();
    }
    if !churn.report() {
        std::process::exit(1);
    }
}

/// `RECONCILE_BENCH_…`, where it is set.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(format!("RECONCILE_BENCH_{name}")).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("RECONCILE_BENCH_{name} is no number: {text}")))
}
