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
}

/// Runs a command to its end. Statuses 0, 1 and 2 are answers (diffs and plans use them); others are an error.
pub fn sample(mut command: Command) -> Result<Sample, String> {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            let wall = started.elapsed().as_secs_f64();
            return match status.code() {
                Some(0..=2) => Ok(Sample { wall, peak_kib }),
                other => Err(format!("ended with {other:?}")),
            };
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
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name, which may hold spaces, utime and stime are the 12th and 13th.
    let after = text.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks = after.split_whitespace().skip(11).take(2).filter_map(|number| number.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
