//! What a bench of many rounds came to.

use std::collections::BTreeMap;

use crate::audit::Request;
use crate::files::Done;
use crate::measure::{Ran, median};

/// The figures.
#[derive(Default)]
pub struct Tally {
    pub rounds: u64,
    pub failed: usize,
    edits: BTreeMap<&'static str, usize>,
    foreign: BTreeMap<&'static str, usize>,
    expired: usize,
    runs: Vec<f64>,
    plans: Vec<f64>,
    /// The peak of each run and each plan, KiB.
    peaks: Vec<(u64, u64)>,
    requests: usize,
    writes: usize,
    most_of_a_plan: usize,
    /// How many rounds took so many runs.
    needed: BTreeMap<usize, usize>,
}

impl Tally {
    pub fn count(&mut self, edits: &Done, foreign: &Done, expired: usize) {
        for (_, did) in edits {
            *self.edits.entry(did).or_default() += 1;
        }
        for (_, did) in foreign {
            *self.foreign.entry(did).or_default() += 1;
        }
        self.expired += expired;
    }

    pub fn ran(&mut self, run: &Ran, requests: &[Request]) {
        self.runs.push(run.sample.wall);
        self.peaks.push((run.sample.peak_kib, 0));
        self.requests += requests.len();
        self.writes += requests.iter().filter(|request| request.is_write()).count();
    }

    pub fn planned(&mut self, plan: &Ran, requests: usize) {
        self.plans.push(plan.sample.wall);
        if let Some(last) = self.peaks.last_mut() {
            last.1 = plan.sample.peak_kib;
        }
        self.most_of_a_plan = self.most_of_a_plan.max(requests);
    }

    pub fn took(&mut self, runs: usize) {
        *self.needed.entry(runs).or_default() += 1;
    }

    pub fn print(&self, live: usize, over: usize) {
        let all = |counts: &BTreeMap<&str, usize>| {
            let words: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
            format!("{} ({})", counts.values().sum::<usize>(), words.join(", "))
        };
        println!("rounds: {}, the first of which made the fleet", self.rounds);
        println!("at the end: {live} live, {over} over whose files remain");
        println!("edits: {}", all(&self.edits));
        println!("foreign changes: {}", all(&self.foreign));
        println!("expired: {}", self.expired);
        println!("runs: {}; writes: {}; requests: {}", self.runs.len(), self.writes, self.requests);
        println!("wall of the first run: {:.2} s", self.runs.first().copied().unwrap_or_default());
        println!("wall of the later runs: {}", spread(self.runs.get(1..).unwrap_or_default()));
        println!("wall of the plans after them: {}", spread(&self.plans));
        println!("requests of such a plan: at most {}, none of them a write", self.most_of_a_plan);
        let third = |peaks: &[(u64, u64)]| {
            let most = |of: fn(&(u64, u64)) -> u64| peaks.iter().map(of).max().unwrap_or_default() / 1024;
            format!("runs {} MiB, plans {} MiB", most(|peak| peak.0), most(|peak| peak.1))
        };
        if let Some((first, later)) = self.peaks.split_first() {
            println!("peak memory of the first run: {} MiB", first.0 / 1024);
            let (early, late) = later.split_at(later.len() / 2);
            println!("peak memory of the first half: {}; of the second: {}", third(early), third(late));
        }
        let needed: Vec<String> = self.needed.iter().map(|(runs, rounds)| format!("{runs}: {rounds}")).collect();
        println!(
            "rounds by the runs that they took (two where a namespace was deleted by hand, or nothing was waited for): {}",
            needed.join(", ")
        );
        println!("not converged: {}", self.failed);
    }
}

fn spread(seconds: &[f64]) -> String {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.as_slice() {
        [] => "none".to_owned(),
        [.., slowest] => format!("median {:.2} s, slowest {slowest:.2} s", median(&sorted)),
    }
}
