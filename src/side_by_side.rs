//! One function of many items, on all processors. The answers come in the order of the items, whoever worked them out,
//! so that nothing depends on how many processors there are.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// So many items are taken at a time: enough that taking them costs nothing, few enough that all end together.
const BLOCK: usize = 16;

/// The answers to all items. `start` makes what a worker keeps from one item to the next.
///
/// # Panics
/// Where `one` does.
pub fn map<T: Sync, R: Send, S>(
    items: &[T],
    start: impl Fn() -> S + Sync,
    one: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let blocks = items.len().div_ceil(BLOCK);
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(blocks);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut kept = start();
        let mut done = Vec::new();
        loop {
            let block = next.fetch_add(1, Ordering::Relaxed);
            let Some(items) = items.chunks(BLOCK).nth(block) else { return done };
            done.push((block, items.iter().map(|item| one(&mut kept, item)).collect::<Vec<R>>()));
        }
    };
    let mut done = thread::scope(|scope| {
        // A thread that cannot be had is missed by nobody: this one works too, until all is done.
        let others: Vec<_> =
            (1..workers).filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(block, _)| *block);
    done.into_iter().flat_map(|(_, answers)| answers).collect()
}
