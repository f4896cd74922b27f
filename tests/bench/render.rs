//! Rendering alone: the charts of this repository, parsed once and rendered many times, to hashed manifests.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use reconcile::fleet::Fleet;
use reconcile::release::{Basis, Charts, render};

const ROUNDS: u32 = 200;

/// Prints how long one sandbox takes.
pub fn bench() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
    for folder in ["sandboxes", "charts"] {
        read(root, &root.join(folder), &mut files);
    }
    let fleet = Fleet::parse(&files, &BTreeMap::new()).expect("the repository's own fleet is right");
    let started = Instant::now();
    let charts = Charts::load(&files, fleet.sandboxes.values().map(|sandbox| sandbox.chart.as_str()));
    println!("charts read and parsed: {:.2} ms", started.elapsed().as_secs_f64() * 1e3);
    println!("\n| sandbox | objects | from values to hashed manifests |\n|---|---|---|");
    let basis = Basis { settings: &fleet.settings, charts: &charts, copied: &BTreeMap::new() };
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

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, Arc<[u8]>>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            files.insert(name, std::fs::read(&path).expect("a readable file").into());
        }
    }
}
