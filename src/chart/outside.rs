//! What lies outside of a render: the moment, and chance. The renders of a fleet know neither; one that is for a person to
//! look at, as `helm template` is, may ask.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// Who is asked.
pub trait Outside: Send + Sync {
    /// The moment.
    fn now(&self) -> Timestamp;
    /// Nanoseconds that the program has run by then, which Go writes behind a moment that it was asked for.
    fn running(&self, _now: Timestamp) -> Option<i64> {
        None
    }
    /// Fills a buffer with random bytes that nobody can guess.
    fn fill(&self, bytes: &mut [u8]);
}

/// Whether a render may ask, and whom.
#[derive(Clone, Default)]
pub struct World(pub Option<Arc<dyn Outside>>);

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "open" } else { "closed" })
    }
}

impl World {
    /// A number below a bound, each as likely as the others.
    pub(super) fn below(outside: &dyn Outside, bound: u64) -> u64 {
        // What is left over of the largest numbers would make the small ones likelier.
        let usable = u64::MAX - u64::MAX % bound.max(1);
        loop {
            let mut bytes = [0; 8];
            outside.fill(&mut bytes);
            let number = u64::from_le_bytes(bytes);
            if number < usable {
                return number % bound.max(1);
            }
        }
    }
}
