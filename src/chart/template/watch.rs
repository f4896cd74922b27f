//! Which of a release's data a template looked at: `.Template`, `.Release`, `.Values`, and each mapping of these values.
//!
//! Whoever gets at a mapping of the data comes by one of them, or was given it. What was not looked at makes no
//! difference to a text, so the text stays as it is where that becomes another.

use super::files::Files;
use super::key::Key;
use super::map::Map;
use super::object::Object;
use super::value::{Str, Value};
use std::cell::Cell;
use std::sync::Arc;

/// Some of what is watched.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen(u64);

/// `.Template`, which is another for each file.
pub(super) const TEMPLATE: Seen = Seen(1);
/// `.Release`, which is another for each release.
const RELEASE: Seen = Seen(1 << 1);
/// `.Values`: which there are, and those that are no mappings.
const VALUES: Seen = Seen(1 << 2);
/// The place of the first mapping of the values.
const FIRST: u32 = 3;
/// All those for which there is no place of their own.
const REST: Seen = Seen(1 << 63);

impl Seen {
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it may be the same for another release.
    pub fn can_last(self) -> bool {
        !self.has(Self(TEMPLATE.0 | RELEASE.0 | REST.0))
    }

    fn places(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let place = left.checked_ilog2()?;
            left ^= 1 << place;
            Some(place as usize)
        })
    }
}

/// What is watched in a render.
#[derive(Default)]
pub(super) struct Watch {
    /// `.Template` of the file in hand, where the data have it.
    about: Option<Map>,
    /// The data themselves.
    root: Option<Map>,
    release: Option<Map>,
    values: Option<Map>,
    /// The chart's files, which are the same for all releases.
    files: Option<Arc<Files>>,
    watched: Vec<(Map, Seen)>,
    /// The render that each place of [`Seen`] has been the same since.
    since: Vec<u64>,
    /// The values' names, and which of them are mappings.
    shape: Vec<(Key, bool)>,
}

impl Watch {
    /// The values of a new render, each with the render that it has been the same since. False where their names are
    /// others than in the render before.
    pub fn begin(&mut self, root: &Map, values: &[(Key, Value, u64)]) -> bool {
        let map = |name: &str| match root.get(name) {
            Some(Value::Map(map)) => Some(map),
            _ => None,
        };
        (self.about, self.root) = (None, Some(root.clone()));
        (self.release, self.values) = (map("Release"), map("Values"));
        self.files = match root.get("Files") {
            Some(Value::Object(Object::Files(files))) => Some(files),
            _ => None,
        };
        self.watched.clear();
        self.watched.extend(self.release.clone().map(|release| (release, RELEASE)));
        self.watched.extend(self.values.clone().map(|values| (values, VALUES)));
        self.since.clear();
        self.since.resize(FIRST as usize, 0);
        let mut known = std::mem::take(&mut self.shape).into_iter();
        let mut is_same = true;
        for (name, value, since) in values {
            let is_map = match value {
                Value::Map(map) => {
                    let place = 1_u64.checked_shl(u32::try_from(self.since.len()).unwrap_or(u32::MAX));
                    self.watched.push((map.clone(), place.map_or(REST, Seen)));
                    self.since.push(*since);
                    true
                }
                _ => {
                    if let Some(last) = self.since.get_mut(VALUES.0.ilog2() as usize) {
                        *last = (*since).max(*last);
                    }
                    false
                }
            };
            is_same &= known.next().is_some_and(|(key, was_map)| key == *name && was_map == is_map);
            self.shape.push((name.clone(), is_map));
        }
        is_same && known.next().is_none()
    }

    /// A file begins.
    pub fn begin_file(&mut self, about: Option<Map>) {
        self.about = about;
    }

    pub fn is_root(&self, map: &Map) -> bool {
        self.root.as_ref().is_some_and(|root| root.same(map))
    }

    /// Whether a text is that of a file of the chart.
    pub fn is_of_file(&self, text: &Str) -> bool {
        self.files.as_ref().is_some_and(|files| files.own(text))
    }

    /// Whether it is another map in the next render.
    pub fn is_of_this_render(&self, map: &Map) -> bool {
        [&self.about, &self.root, &self.release, &self.values].into_iter().flatten().any(|own| own.same(map))
    }

    /// What was looked at since this was last asked.
    pub fn take(&self) -> Seen {
        self.seen(|looked| looked.replace(false))
    }

    /// What was looked at so far.
    pub fn so_far(&self) -> Seen {
        self.seen(Cell::get)
    }

    fn seen(&self, ask: impl Fn(&Cell<bool>) -> bool) -> Seen {
        let about = self.about.iter().map(|about| (about, TEMPLATE));
        let all = about.chain(self.watched.iter().map(|(map, place)| (map, *place)));
        all.fold(Seen::default(), |seen, (map, place)| if ask(map.looked()) { Seen(seen.0 | place.0) } else { seen })
    }

    /// Says that this was looked at.
    pub fn mark(&self, seen: Seen) {
        if seen.has(TEMPLATE) {
            self.about.iter().for_each(|about| about.looked().set(true));
        }
        if seen.0 > TEMPLATE.0 {
            let marked = self.watched.iter().filter(|(_, place)| seen.has(*place));
            marked.for_each(|(map, _)| map.looked().set(true));
        }
    }

    /// Whether all of it is the same as in that render.
    pub fn is_as_in(&self, render: u64, seen: Seen) -> bool {
        seen.places().all(|place| self.since.get(place).is_some_and(|since| *since <= render))
    }
}
