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
    pub path: Vec<Arc<str>>,
    /// Whether all that is below it counts.
    pub whole: bool,
    /// Whether something is an item of the list there, or made of what is there: whatever is in it is from there too.
    pub ends: bool,
}

impl Spot {
    fn at(path: Vec<Arc<str>>) -> Self {
        Self { path, whole: false, ends: false }
    }

    fn below(&self, key: &Arc<str>) -> Self {
        let mut spot = self.clone();
        if !spot.ends {
            spot.path.push(Arc::clone(key));
        }
        spot
    }
}

/// What a mapping stands for: a place as a whole, but for some of its keys, or these keys alone, each of which may be made
/// of several.
#[derive(Default, Clone)]
struct Of {
    whole: Option<Spot>,
    keys: HashMap<Arc<str>, Vec<Spot>>,
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
        known.learn(&Value::Map(values.clone()), &Spot::at(Vec::new()));
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
                let item = Spot { ends: true, ..spot.clone() };
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

    pub fn has(&self, value: &Value) -> bool {
        matches!(value, Value::Map(map) if self.maps.contains_key(&map.id()))
    }

    /// Where the value of a key is from.
    fn spots(&self, map: &Map, key: &Arc<str>) -> Vec<Spot> {
        let Some(of) = self.maps.get(&map.id()) else { return Vec::new() };
        match of.keys.get(key) {
            Some(spots) => spots.clone(),
            None => of.whole.iter().map(|whole| whole.below(key)).collect(),
        }
    }

    /// Where what is behind some keys, each below the one before, is from, and whether it is a mapping that is known.
    pub fn find(&self, map: &Map, keys: &[&str]) -> (Vec<Spot>, bool) {
        let mut map = map.clone();
        let mut spots = self.maps.get(&map.id()).and_then(|of| of.whole.clone()).into_iter().collect();
        for (at, key) in keys.iter().map(|key| Arc::from(*key)).enumerate() {
            spots = self.spots(&map, &key);
            match map.get(&key) {
                Some(Value::Map(next)) if self.maps.contains_key(&next.id()) => map = next,
                _ => {
                    let rest = keys.get(at + 1..).unwrap_or_default();
                    let below = |spot| rest.iter().fold(spot, |spot: Spot, key| spot.below(&Arc::from(*key)));
                    return (spots.into_iter().map(below).collect(), false);
                }
            }
        }
        (spots, true)
    }

    /// The places of all that is in a mapping.
    pub fn all(&self, map: &Map) -> Vec<Spot> {
        let mut found = Vec::new();
        let mut open = vec![(Value::Map(map.clone()), Vec::new())];
        let mut left = MOST;
        while let Some((value, spots)) = open.pop() {
            left = left.saturating_sub(1);
            if left == 0 {
                break;
            }
            let as_whole = |spot: Spot| Spot { whole: true, ..spot };
            match value {
                Value::Map(map) => match self.maps.get(&map.id()) {
                    Some(Of { whole: Some(whole), .. }) if !self.is_mixed => found.push(as_whole(whole.clone())),
                    None if !spots.is_empty() => found.extend(spots.into_iter().map(as_whole)),
                    _ => {
                        let entries = map.snapshot().into_iter();
                        open.extend(entries.map(|(key, value)| (value, self.spots(&map, &key))));
                    }
                },
                Value::List(list) if spots.is_empty() => {
                    open.extend(list.items().iter().map(|item| (item.clone(), Vec::new())));
                }
                _ => found.extend(spots),
            }
        }
        found
    }

    /// A key of a mapping is about to be set to what was made of what is at these places.
    pub fn set(&mut self, args: &[Value], spots: Vec<Spot>) {
        if let [Value::Map(map), Value::Str(key), _] = args {
            self.is_mixed = true;
            let key = Arc::from(&*key.text());
            self.entry(map).keys.insert(key, spots);
        }
    }

    /// A mapping was made of keys and values, each of what is at some places.
    pub fn made(&mut self, args: &[Value], parts: &[Vec<Spot>], made: &Value) {
        let Value::Map(made) = made else { return };
        self.is_mixed = true;
        let mut keys = HashMap::new();
        for (pair, parts) in args.chunks(2).zip(parts.chunks(2)) {
            if let ([Value::Str(key), _], [_, spots]) = (pair, parts) {
                keys.insert(Arc::from(&*key.text()), spots.clone());
            }
        }
        self.entry(made).keys = keys;
    }

    /// A function is about to change, or to make something of, what it is given.
    pub fn before(&mut self, function: &str, args: &[Value]) {
        match (function, args) {
            ("merge" | "mustMerge", [Value::Map(target), sources @ ..]) => self.merge(target, sources, false),
            ("mergeOverwrite" | "mustMergeOverwrite", [Value::Map(target), sources @ ..]) => {
                self.merge(target, sources, true);
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
                    made.snapshot().into_iter().map(|(key, _)| (Arc::clone(&key), self.spots(from, &key))).collect();
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
                let spots = self.spots(source, &key);
                self.entry(target).keys.insert(Arc::clone(&key), spots);
                filled.insert(key, value);
            }
        }
    }
}
