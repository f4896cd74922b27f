//! One run of a process: how long it took, and how much memory it held at most.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Seconds from start to end.
    pub wall: f64,
    /// The most resident memory seen, KiB.
    pub peak_kib: u64,
    /// Seconds that processors worked for it.
    pub work: f64,
}

/// One run, and what it said.
#[derive(Debug)]
pub struct Ran {
    /// What it took.
    pub sample: Sample,
    /// The exit status; -1 for one that a signal ended.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs a command to its end. Statuses 0, 1 and 2 are answers (diffs and plans use them); others are an error.
pub fn sample(mut command: Command) -> Result<Sample, String> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    match measured(command).map_err(|error| error.to_string())? {
        (sample, Some(0..=2)) => Ok(sample),
        (_, other) => Err(format!("ended with {other:?}")),
    }
}

/// Runs a command to its end, whatever that is.
///
/// # Panics
/// Where it cannot be started.
pub fn ran(mut command: Command) -> Ran {
    // Files, as a pipe that nobody reads fills up.
    let said = [tempfile::NamedTempFile::new(), tempfile::NamedTempFile::new()].map(|file| file.expect("a file"));
    let [stdout, stderr] = said.each_ref().map(|file| file.reopen().expect("a file"));
    command.stdout(stdout).stderr(stderr);
    let (sample, status) = measured(command).expect("it starts");
    let [stdout, stderr] = said.map(|file| fs::read_to_string(file.path()).expect("it writes UTF-8"));
    Ran { sample, status: status.unwrap_or(-1), stdout, stderr }
}

fn measured(mut command: Command) -> std::io::Result<(Sample, Option<i32>)> {
    let before = children_time();
    let started = Instant::now();
    let mut child = command.spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    loop {
        if let Some(status) = child.try_wait()? {
            let wall = started.elapsed().as_secs_f64();
            return Ok((Sample { wall, peak_kib, work: children_time() - before }, status.code()));
        }
        peak_kib = peak_kib.max(high_water(&status_file));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// `VmHWM` of a process, as the kernel counts it.
fn high_water(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// The middle one of sorted figures.
pub fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

/// The most memory that this process ever held, KiB.
pub fn own_peak() -> u64 {
    high_water("/proc/self/status")
}

/// The seconds that processors have worked for this process, all threads together, those that ended too. The kernel
/// counts them in hundredths.
pub fn processor_time() -> f64 {
    // utime and stime.
    ticks(11)
}

/// The same of the children that have ended.
fn children_time() -> f64 {
    // cutime and cstime.
    ticks(13)
}

/// The seconds that processors have worked for another process.
pub fn worked(process: &str) -> f64 {
    // utime and stime.
    ticks_of(process, 11)
}

/// The sum of two numbers of ticks, counted from what follows the process's name.
fn ticks(at: usize) -> f64 {
    ticks_of("self", at)
}

fn ticks_of(process: &str, at: usize) -> f64 {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may hold spaces.
    let after = text.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks = after.split_whitespace().skip(at).take(2).filter_map(|number| number.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
