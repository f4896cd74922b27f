//! The moment and chance, for a render that may ask.

use jiff::Timestamp;
use rand::TryRngCore as _;

use crate::chart::outside::Outside;

/// This machine.
pub(super) struct Here {
    started: Timestamp,
}

impl Here {
    #[allow(clippy::disallowed_methods, reason = "the edge, where time comes in")]
    pub fn new() -> Self {
        Self { started: Timestamp::now() }
    }
}

impl Outside for Here {
    #[allow(clippy::disallowed_methods, reason = "the edge, where time comes in")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn running(&self, now: Timestamp) -> Option<i64> {
        i64::try_from(now.as_nanosecond() - self.started.as_nanosecond()).ok()
    }

    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::expect_used, reason = "without randomness there is no password that nobody can guess")]
        rand::rngs::OsRng.try_fill_bytes(bytes).expect("the system gives random bytes");
    }
}
