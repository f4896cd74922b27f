//! Rendering alone: charts parsed once and rendered many times, to hashed manifests.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use reconcile::fleet::Fleet;
use reconcile::plan::{Source, sources};
use reconcile::release::{Basis, Charts, render};

use super::measure;

const ROUNDS: u32 = 200;
const ROUNDS_OF_ALL: usize = 7;

type Files = BTreeMap<String, Arc<[u8]>>;

/// Prints how long one sandbox takes.
pub fn bench() {
    let (files, fleet) = own();
    let started = Instant::now();
    let charts = charts(&files, &fleet);
    println!("charts read and parsed: {:.2} ms", started.elapsed().as_secs_f64() * 1e3);
    println!("\n| sandbox | objects | from values to hashed manifests |\n|---|---|---|");
    let basis = Basis { settings: &fleet.settings, charts: &charts, copied: &BTreeMap::new(), kept: None };
    for (name, sandbox) in &fleet.sandboxes {
        let objects = render(sandbox, &basis).expect("it renders").release.manifests.len();
        let started = Instant::now();
        for _ in 0..ROUNDS {
            std::hint::black_box(render(std::hint::black_box(sandbox), &basis).expect("it renders"));
        }
        let each = started.elapsed().as_secs_f64() * 1e3 / f64::from(ROUNDS);
        println!("| {name} | {objects} | {each:.3} ms |");
    }
}

/// Prints how long a thousand sandboxes of the Odoo chart take, on all processors.
pub fn thousand() {
    const COUNT: usize = 1_000;
    let (mut files, _) = own();
    files.retain(|path, _| !path.starts_with("sandboxes/") || path == "sandboxes/fleet.toml");
    for number in 0..COUNT {
        let text = format!(
            "branch = \"feature/{number}\"\nimage = \"registry.example.com/odoo:{number}\"\nchart = \"odoo-dev-sandbox\"\nttl = \"never\"\n\n\
             [values]\nodoo.workers = {}\n",
            number % 4
        );
        files.insert(format!("sandboxes/s{number}.toml"), Arc::from(text.as_bytes()));
    }
    let fleet = Fleet::parse(&files, &BTreeMap::new()).expect("a fleet");
    assert_eq!((fleet.sandboxes.len(), fleet.broken.len()), (COUNT, 0));
    let charts = charts(&files, &fleet);
    let basis = Basis { settings: &fleet.settings, charts: &charts, copied: &BTreeMap::new(), kept: None };
    let before = measure::own_peak();
    let mut best = f64::MAX;
    let mut all = Vec::new();
    for _ in 0..ROUNDS_OF_ALL {
        let started = Instant::now();
        let sources = sources(&fleet, &basis, &BTreeMap::new(), jiff::Timestamp::now());
        let took = started.elapsed().as_secs_f64();
        assert!(sources.values().all(|source| matches!(source, Source::Wanted(_))), "all of them render");
        best = best.min(took);
        all.push(took);
    }
    all.sort_by(f64::total_cmp);
    println!(
        "\n{COUNT} sandboxes of the Odoo chart, from values to hashed manifests: {:.3} s, at best {best:.3} s; memory grew by {} MiB",
        all[all.len() / 2],
        (measure::own_peak() - before) / 1024
    );
}

/// Renders one sandbox so many times, and does nothing else.
pub fn again(name: &str, rounds: u32) {
    let (files, fleet) = own();
    let charts = charts(&files, &fleet);
    let basis = Basis { settings: &fleet.settings, charts: &charts, copied: &BTreeMap::new(), kept: None };
    let sandbox = fleet.sandboxes.get(name).expect("the name of a sandbox");
    for _ in 0..rounds {
        std::hint::black_box(render(std::hint::black_box(sandbox), &basis).expect("it renders"));
    }
}

/// The fleet of this repository, and one sandbox of the bench's chart.
fn own() -> (Files, Fleet) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Files::new();
    for (folder, base) in [("sandboxes", root), ("charts", root)] {
        read(base, &base.join(folder), "", &mut files);
    }
    let chart = root.join("tests/bench/chart");
    read(&chart, &chart, "charts/bench/", &mut files);
    let text = "branch = \"feature/1\"\nimage = \"registry.example.com/bench:1\"\nchart = \"bench\"\nttl = \"never\"\n";
    files.insert("sandboxes/bench.toml".into(), Arc::from(text.as_bytes()));
    let fleet = Fleet::parse(&files, &BTreeMap::new()).expect("the repository's own fleet is right");
    (files, fleet)
}

fn charts(files: &Files, fleet: &Fleet) -> Charts {
    Charts::load(files, fleet.sandboxes.values().map(|sandbox| sandbox.chart.as_str()))
}

fn read(base: &Path, folder: &Path, prefix: &str, files: &mut Files) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            read(base, &path, prefix, files);
        } else {
            let name = path.strip_prefix(base).expect("below the root").to_string_lossy();
            files.insert(format!("{prefix}{name}"), std::fs::read(&path).expect("a readable file").into());
        }
    }
}
