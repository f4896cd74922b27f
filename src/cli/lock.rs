//! Of two runs of one fleet only one works at a time; and a run that is told to end does so in good order.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::failure::{Exit, Failure};
use super::print::Printer;
use crate::apply::{Holder, Lease, Realm, Rivals, Stop};
use crate::cluster::{Cluster, Error, ErrorKind};
use crate::manifest::Hash;

/// Takes the Lease of the fleet or of its shard; whether another run was waited for.
///
/// # Errors
/// Where another run keeps it, or the cluster does not give it.
pub async fn take<'c>(
    cluster: &'c dyn Cluster,
    realm: Realm<'c>,
    patience: Duration,
    printer: &Printer,
) -> Result<(Lease<'c>, bool), Failure> {
    let name = format!("{}-{}-{}-{:04x}", machine(), std::process::id(), place(), rand::random::<u16>());
    let taken = Lease::take(cluster, realm, (&name, patience), &Others(printer)).await;
    let refused = |error: Error| {
        let why = (error.kind == ErrorKind::Forbidden).then_some(WHAT);
        Failure::of(&error).hint(error.remedy.clone()).hint(why)
    };
    match taken.map_err(refused)? {
        Ok(taken) => Ok(taken),
        Err(holder) => Err(Failure::new(
            Exit::Busy,
            format!("another run of this fleet is at work: {}", called(&holder)),
            "nothing was changed; run again when it is through, or wait for it: --lock-timeout 15m",
        )),
    }
}

const WHAT: &str = "a run that has something to do takes the fleet's Lease, in namespace reconcile-system";

fn called(holder: &Holder) -> String {
    let name = if holder.name.is_empty() { "unknown" } else { &holder.name };
    holder.since.map_or_else(|| name.to_owned(), |since| format!("{name}, since {since}"))
}

/// Other runs of the fleet.
struct Others<'a>(&'a Printer);

impl Rivals for Others<'_> {
    fn is_dead(&self, holder: &str) -> bool {
        let mut words = holder.rsplit('-').skip(1);
        let (at, process) = (words.next(), words.next().and_then(|id| id.parse::<u32>().ok()));
        let own = place();
        let Some(process) = process.filter(|_| !own.is_empty() && at == Some(&own)) else { return false };
        // A number that was given to another process since looks alive, and then its Lease lapses.
        matches!(Path::new(&format!("/proc/{process}")).try_exists(), Ok(false))
    }

    fn wait_for(&self, holder: &Holder) {
        self.0.progress(&format!("waiting for another run of this fleet: {}", called(holder)));
    }
}

/// The machine's name, as far as it says.
fn machine() -> String {
    let said = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let said = said.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    let name: String =
        said.trim().chars().filter(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).take(60).collect();
    if name.is_empty() { "run".to_owned() } else { name }
}

/// What tells this machine, since it was started, and the processes that this one can see, from all others; empty where
/// that is not known.
fn place() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    let processes = std::fs::read_link("/proc/self/ns/pid").ok();
    let place = boot.zip(processes).map(|(boot, processes)| format!("{} {}", boot.trim(), processes.display()));
    place.map(|place| Hash::of(place.as_bytes()).short().to_owned()).unwrap_or_default()
}

/// Tells a run to end when the process is told to; the second time the process ends.
pub fn listen() -> Arc<Stop> {
    let stop = Arc::new(Stop::default());
    let told = Arc::clone(&stop);
    tokio::spawn(async move {
        let why = signal().await;
        told.now(why.0);
        let (_, status) = signal().await;
        std::process::exit(status);
    });
    stop
}

/// The next signal that asks the process to end, and the status with which shells report it.
#[cfg(unix)]
async fn signal() -> (&'static str, i32) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => ("the run was told to end (SIGTERM)", 143),
        _ = tokio::signal::ctrl_c() => ("the run was told to end (SIGINT)", 130),
    }
}

#[cfg(not(unix))]
async fn signal() -> (&'static str, i32) {
    // Where it cannot be listened to, the process ends as it would anyway.
    let _ = tokio::signal::ctrl_c().await;
    ("the run was told to end", 130)
}
