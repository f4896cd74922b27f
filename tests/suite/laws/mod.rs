//! Laws: what holds for every fleet, every live state and every time. Fleets and histories are generated: editions of the
//! files, hours that pass, and what others do to the cluster meanwhile.
//!
//! A normal run has the same few cases for everyone; `PROPTEST_CASES=2000` tries so many new ones.

mod adapter;
mod bounded;
mod deterministic;
mod fleet;
mod foreign;
mod found;
mod history;
mod meddling;
mod orderless;
mod pages;
mod settles;
mod shards;
mod tally;
mod unreadable;
mod world;

use proptest::test_runner::{Config, RngSeed};

/// So many cases, unless the environment has a number.
fn cases(few: u32) -> Config {
    let usual = Config { failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => usual,
        None => Config { cases: few, rng_seed: RngSeed::Fixed(0x5eed), ..usual },
    }
}
