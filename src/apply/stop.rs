//! How a run is told to end before it is through: by whoever sends it a signal, or because its Lease is another's.

use tokio::sync::watch;

/// Tells a run to end. The step in hand is finished; what only waits ends at once.
#[derive(Debug)]
pub struct Stop(watch::Sender<Option<&'static str>>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Stop {
    /// Tells it, and why. The first reason stays.
    pub fn now(&self, why: &'static str) {
        self.0.send_if_modified(|told| {
            let is_first = told.is_none();
            if is_first {
                *told = Some(why);
            }
            is_first
        });
    }

    /// Why it was told, if it was.
    pub fn why(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Waits until it is told.
    pub async fn told(&self) -> &'static str {
        let mut told = self.0.subscribe();
        let why = told.wait_for(Option::is_some).await.ok().and_then(|why| *why);
        match why {
            Some(why) => why,
            // The sender is this very value, so it is there.
            None => std::future::pending().await,
        }
    }
}
