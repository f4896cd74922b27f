//! The chart engine beside Helm's own, in process and as a program, over the same charts and no values but theirs.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use reconcile::chart::{Capabilities, Chart, ReleaseInfo, Stage};
use serde_json::{Value, json};

const COLD: usize = 31;
const WARM: usize = 501;
const PROCESSES: usize = 11;

/// Prints the table. `RECONCILE_BENCH_CHARTS` names more folders of charts, a space between them.
pub fn bench() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut charts = vec![root.join("charts/odoo-dev-sandbox")];
    let more = std::env::var("RECONCILE_BENCH_CHARTS").unwrap_or_default();
    charts.extend(more.split_whitespace().map(PathBuf::from));
    let Some(helm) = Helm::find(root) else {
        println!("\nHelm is not here (tests/cluster/build helm speed)");
        return;
    };
    println!(
        "\n| chart | read, parsed, rendered | Helm's engine | ratio | rendered once parsed | Helm's engine | ratio | helm's process |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for chart in charts {
        let name = chart.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (cold, warm) = ours(&chart);
        let (helm_cold, helm_warm, process) = helm.theirs(&chart);
        let share = |ours: f64, theirs: f64| format!("1 : {:.0}", theirs / ours);
        println!(
            "| {name} | {cold:.2} ms | {helm_cold:.1} ms | {} | {warm:.3} ms | {helm_warm:.1} ms | {} | {process:.0} ms |",
            share(cold, helm_cold),
            share(warm, helm_warm)
        );
    }
}

/// Milliseconds: from the files of the folder to the text, and the render alone of a chart that was parsed before.
fn ours(folder: &Path) -> (f64, f64) {
    let release = named("one");
    let user = json!({});
    let cold = median((0..COLD).map(|_| {
        let started = Instant::now();
        let chart = read(folder);
        let mut stage = Stage::new(&chart, Capabilities::default());
        black_box(stage.texts(&release, &user).expect("it renders"));
        since(started)
    }));
    let chart = read(folder);
    let mut stage = Stage::new(&chart, Capabilities::default());
    // Each a release of its own, as sandboxes are: what depends on its name is made for each.
    let releases: Vec<ReleaseInfo> = (0..WARM).map(|number| named(&format!("sandbox-{number}"))).collect();
    let warm = median(releases.iter().map(|release| {
        let started = Instant::now();
        black_box(stage.texts(release, black_box(&user)).expect("it renders"));
        since(started)
    }));
    (cold, warm)
}

fn named(name: &str) -> ReleaseInfo {
    ReleaseInfo::install(name, name)
}

fn read(folder: &Path) -> Chart {
    let mut files = BTreeMap::new();
    collect(folder, folder, &mut files);
    Chart::load(&files).expect("a chart")
}

fn collect(base: &Path, folder: &Path, files: &mut BTreeMap<String, Arc<[u8]>>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let entry = entry.expect("a readable entry");
        let path = entry.path();
        if entry.file_type().expect("a kind").is_dir() {
            collect(base, &path, files);
        } else {
            let name = path.strip_prefix(base).expect("below it").to_string_lossy().into_owned();
            files.insert(name, std::fs::read(&path).expect("a readable file").into());
        }
    }
}

/// The helm of `tests/cluster`, and its engine as a program that times itself.
struct Helm {
    helm: PathBuf,
    speed: PathBuf,
}

impl Helm {
    fn find(root: &Path) -> Option<Self> {
        let mut built = Command::new(root.join("tests/cluster/build"));
        built.args(["helm", "speed"]).stderr(Stdio::inherit());
        let built = built.output().ok().filter(|output| output.status.success())?;
        let folder = PathBuf::from(String::from_utf8(built.stdout).ok()?.trim_end());
        let entries = std::fs::read_dir(&folder).ok()?.flatten();
        let speed = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("speed-"));
        let newest = speed.max_by_key(|entry| entry.metadata().and_then(|data| data.modified()).ok())?;
        Some(Self { helm: folder.join("helm"), speed: newest.path() })
    }

    /// Milliseconds: its engine cold and warm, and the program.
    fn theirs(&self, chart: &Path) -> (f64, f64, f64) {
        let output = Command::new(&self.speed).arg(chart).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let measured: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let number = |key: &str| measured[key].as_f64().expect("a number");
        let process = median((0..PROCESSES).map(|_| {
            let started = Instant::now();
            let mut command = Command::new(&self.helm);
            command.args(["template", "one"]).arg(chart).stdout(Stdio::null());
            assert!(command.status().expect("it starts").success());
            since(started)
        }));
        (number("cold"), number("warm"), process)
    }
}

fn since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

fn median(all: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = all.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
