//! Which values the mappings of a traced render stand for: those of the release, and those that templates have made of them
//! by copying, merging and picking.

use std::collections::HashMap;
use std::sync::Arc;

use super::map::Map;
use super::value::Value;

/// So many mappings are looked through for one text that shows all of them.
const MOST: usize = 100_000;

/// A place in the values of the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    path: Vec<Arc<str>>,
    /// Whether it is an item of the list there. A list has one origin.
    is_item: bool,
}

impl Spot {
    fn below(&self, key: &Arc<str>) -> Self {
        let mut spot = self.clone();
        if !spot.is_item {
            spot.path.push(Arc::clone(key));
        }
        spot
    }

    pub fn path(self) -> Vec<Arc<str>> {
        self.path
    }
}

/// What a mapping stands for: a place as a whole, but for some of its keys, or these keys alone.
#[derive(Default, Clone)]
struct Of {
    whole: Option<Spot>,
    keys: HashMap<Arc<str>, Option<Spot>>,
}

/// The mappings that are known.
#[derive(Default)]
pub(super) struct Known {
    /// By what tells them from others.
    maps: HashMap<usize, Of>,
    /// They live as long as they are known, so that no other takes their place.
    kept: Vec<Map>,
    /// Whether some are no longer, or not all of them, as the release has them.
    is_mixed: bool,
}

impl Known {
    /// All values of a release.
    pub fn of(values: &Map) -> Self {
        let mut known = Self::default();
        known.learn(&Value::Map(values.clone()), &Spot { path: Vec::new(), is_item: false });
        known
    }

    fn learn(&mut self, value: &Value, spot: &Spot) {
        match value {
            Value::Map(map) if !self.maps.contains_key(&map.id()) => {
                self.entry(map).whole = Some(spot.clone());
                for (key, value) in map.snapshot() {
                    self.learn(&value, &spot.below(&key));
                }
            }
            Value::List(list) => {
                let item = Spot { is_item: true, ..spot.clone() };
                list.items().iter().for_each(|value| self.learn(value, &item));
            }
            _ => {}
        }
    }

    fn entry(&mut self, map: &Map) -> &mut Of {
        self.maps.entry(map.id()).or_insert_with(|| {
            self.kept.push(map.clone());
            Of::default()
        })
    }

    /// Where the value of a key is from.
    fn spot(&self, map: &Map, key: &Arc<str>) -> Option<Spot> {
        let of = self.maps.get(&map.id())?;
        match of.keys.get(key) {
            Some(spot) => spot.clone(),
            None => of.whole.as_ref().map(|whole| whole.below(key)),
        }
    }

    /// Where what is behind some keys, each below the one before, is from.
    pub fn find(&self, map: &Map, keys: &[&str]) -> Option<Spot> {
        let mut map = map.clone();
        let mut spot = self.maps.get(&map.id()).and_then(|of| of.whole.clone());
        for (at, key) in keys.iter().map(|key| Arc::from(*key)).enumerate() {
            spot = self.spot(&map, &key);
            match map.get(&key) {
                Some(Value::Map(next)) if self.maps.contains_key(&next.id()) => map = next,
                _ => {
                    let rest = keys.get(at + 1..).unwrap_or_default();
                    return spot.map(|spot| rest.iter().fold(spot, |spot, key| spot.below(&Arc::from(*key))));
                }
            }
        }
        spot
    }

    /// The places of all that is in a mapping; of each whether all below it counts.
    pub fn all(&self, map: &Map) -> Vec<(Spot, bool)> {
        let mut found = Vec::new();
        let mut open = vec![(Value::Map(map.clone()), None)];
        let mut left = MOST;
        while let Some((value, spot)) = open.pop() {
            left = left.saturating_sub(1);
            if left == 0 {
                break;
            }
            match value {
                Value::Map(map) => {
                    let own = self.maps.get(&map.id());
                    match own
                        .and_then(|of| of.whole.clone().filter(|_| !self.is_mixed))
                        .or(spot.filter(|_| own.is_none()))
                    {
                        Some(whole) => found.push((whole, true)),
                        None => {
                            let entries = map.snapshot().into_iter();
                            open.extend(entries.map(|(key, value)| (value, self.spot(&map, &key))));
                        }
                    }
                }
                Value::List(list) if spot.is_none() => {
                    open.extend(list.items().iter().map(|item| (item.clone(), None)));
                }
                _ => found.extend(spot.map(|spot| (spot, false))),
            }
        }
        found
    }

    /// A function is about to change, or to make something of, what it is given.
    pub fn before(&mut self, function: &str, args: &[Value]) {
        match (function, args) {
            ("merge" | "mustMerge", [Value::Map(target), sources @ ..]) => self.merge(target, sources, false),
            ("mergeOverwrite" | "mustMergeOverwrite", [Value::Map(target), sources @ ..]) => {
                self.merge(target, sources, true);
            }
            ("set", [Value::Map(map), Value::Str(key), _]) if self.maps.contains_key(&map.id()) => {
                self.is_mixed = true;
                let key = Arc::from(&*key.text());
                self.entry(map).keys.insert(key, None);
            }
            _ => {}
        }
    }

    /// It has made this.
    pub fn after(&mut self, function: &str, args: &[Value], made: &Value) {
        match (function, args, made) {
            ("deepCopy" | "mustDeepCopy", [from], made) => self.copy(from, made, 0),
            ("pick" | "omit", [Value::Map(from), ..], Value::Map(made)) => {
                self.is_mixed = true;
                let keys: HashMap<_, _> =
                    made.snapshot().into_iter().map(|(key, _)| (Arc::clone(&key), self.spot(from, &key))).collect();
                self.entry(made).keys = keys;
            }
            _ => {}
        }
    }

    fn copy(&mut self, from: &Value, made: &Value, depth: usize) {
        if depth > 500 {
            return;
        }
        match (from, made) {
            (Value::Map(from), Value::Map(made)) => {
                if let Some(of) = self.maps.get(&from.id()).cloned() {
                    *self.entry(made) = of;
                }
                for (key, value) in from.snapshot() {
                    if let Some(made) = made.get(&key) {
                        self.copy(&value, &made, depth + 1);
                    }
                }
            }
            (Value::List(from), Value::List(made)) => {
                for (from, made) in from.items().iter().zip(made.items()) {
                    self.copy(from, made, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// What will be where when mappings are merged into another one.
    fn merge(&mut self, target: &Map, sources: &[Value], overwrite: bool) {
        self.is_mixed = true;
        let mut filled: HashMap<Arc<str>, Value> = HashMap::new();
        for source in sources {
            if let Value::Map(source) = source {
                self.merge_one((target, source), &mut filled, (overwrite, 0));
            }
        }
    }

    fn merge_one(
        &mut self,
        (target, source): (&Map, &Map),
        filled: &mut HashMap<Arc<str>, Value>,
        (overwrite, depth): (bool, usize),
    ) {
        if depth > 500 || target.same(source) {
            return;
        }
        for (key, value) in source.snapshot() {
            if value.is_nil() {
                continue;
            }
            let old = filled.get(&key).cloned().or_else(|| target.get(&key));
            match (&old, &value) {
                (Some(Value::Map(old)), Value::Map(new)) if !old.is_empty() => {
                    self.merge_one((old, new), &mut HashMap::new(), (overwrite, depth + 1));
                    continue;
                }
                _ => {}
            }
            if overwrite || old.as_ref().is_none_or(|old| !old.truth()) {
                let spot = self.spot(source, &key);
                self.entry(target).keys.insert(Arc::clone(&key), spot);
                filled.insert(key, value);
            }
        }
    }
}
