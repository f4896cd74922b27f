//! What was measured: several values of one thing become their median.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Figures by what they are of, in the order in which they first came.
#[derive(Default)]
pub struct Report {
    figures: RefCell<Vec<(String, &'static str, Vec<f64>)>>,
}

impl Report {
    /// Notes a figure. `unit` is `s`, `MB`, `MiB` or `%`.
    pub fn note(&self, what: &str, value: f64, unit: &'static str) {
        if !value.is_finite() {
            return; // it cannot be measured here
        }
        println!("   {what}: {value:.1} {unit}");
        let mut figures = self.figures.borrow_mut();
        match figures.iter_mut().find(|(name, ..)| name == what) {
            Some((.., values)) => values.push(value),
            None => figures.push((what.to_owned(), unit, vec![value])),
        }
    }

    /// As a table of Markdown.
    pub fn table(&self) -> String {
        let mut table = "| what | median | of |\n|---|---|---|\n".to_owned();
        for (what, unit, values) in self.figures.borrow().iter() {
            let each: Vec<String> = values.iter().map(|value| format!("{value:.1}")).collect();
            let of = if each.len() > 1 { each.join(", ") } else { "one".to_owned() };
            let _ = writeln!(table, "| {what} | {:.1} {unit} | {of} |", median(values));
        }
        table
    }

    /// Leaves the table, and on what machine it was measured, in `target/node/`, where `ci/e2e` takes it from.
    pub fn write(&self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/node");
        let written = std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(folder.join("figures.md"), self.table()))
            .and_then(|()| std::fs::write(folder.join("machine"), machine()));
        if let Err(error) = written {
            println!("the figures could not be written to {}: {error}", folder.display());
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One line: system, processors, memory, and how busy it was meanwhile.
fn machine() -> String {
    let release: BTreeMap<String, String> = std::fs::read_to_string("/etc/os-release")
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.trim_matches('"').to_owned()))
        .collect();
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory: u64 = memory.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or_default();
    let kernel = Command::new("uname").arg("-rm").output().map(|output| output.stdout).unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "{}, Linux {}, {processors} processors, {} GiB; load at the end {}\n",
        release.get("PRETTY_NAME").map_or("unknown", String::as_str),
        String::from_utf8_lossy(&kernel).trim(),
        memory.div_ceil(1024 * 1024),
        load.split(' ').next().unwrap_or_default(),
    )
}
