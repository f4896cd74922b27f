//! The names of what maps hold. Templates look them up all the time, so the first bytes of a name lie beside it: they
//! tell most names apart, and few texts have to be gone to.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::ops::Deref;
use std::sync::Arc;

/// A name. It orders as its text does.
#[derive(Clone)]
pub struct Key {
    /// The first eight bytes, the first of them in the highest place; nought where there is none.
    start: u64,
    text: Arc<str>,
}

const START: usize = size_of::<u64>();

impl Key {
    /// Its text, shared.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }
}

impl From<Arc<str>> for Key {
    fn from(text: Arc<str>) -> Self {
        let mut start = [0; START];
        start.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
        Self { start: u64::from_be_bytes(start), text }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::from(Arc::<str>::from(text))
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::from(Arc::<str>::from(text))
    }
}

impl Deref for Key {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.start.cmp(&other.start).then_with(|| {
            let is_short = self.text.len() <= START && self.text.len() == other.text.len();
            if is_short { Ordering::Equal } else { self.text.cmp(&other.text) }
        })
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.text, f)
    }
}
