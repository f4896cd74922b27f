//! Waiting for what others do, by the real clock.

use std::time::{Duration, Instant};

/// Asks until there is an answer, and fails the test with `what` and the last reason against it when `bound` is over.
///
/// # Panics
/// When `bound` is over.
pub fn wait_until<T>(what: &str, bound: Duration, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(reason) if started.elapsed() > bound => {
                panic!("not within {bound:?}: {what}; last: {reason}")
            }
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}
