//! Sets of fields that can be added, subtracted and written as `fieldsV1`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A set of paths. The elements of a path are kept as `fieldsV1` writes them: `f:name`, `k:{…}`, `v:…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set {
    /// Whether the path to here is itself in the set.
    member: bool,
    below: BTreeMap<String, Set>,
}

impl Set {
    pub(super) fn is_empty(&self) -> bool {
        !self.member && self.below.values().all(Self::is_empty)
    }

    /// Puts the path to here in the set.
    pub(super) fn insert_self(&mut self) {
        self.member = true;
    }

    /// The subset below an element, made where it is missing.
    pub(super) fn at(&mut self, element: String) -> &mut Self {
        self.below.entry(element).or_default()
    }

    /// The subset below an element.
    pub(super) fn below(&self, element: &str) -> Option<&Self> {
        self.below.get(element)
    }

    /// The elements that something is below of, and the subsets there.
    pub(super) fn children(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.below.iter().map(|(element, set)| (element.as_str(), set))
    }

    /// Whether the path to here is itself in the set.
    pub(super) fn has_self(&self) -> bool {
        self.member
    }

    /// Whether nothing is below it.
    pub(super) fn is_leaf(&self) -> bool {
        self.member && self.below.is_empty()
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.member |= other.member;
        for (element, set) in &other.below {
            let here = all.below.entry(element.clone()).or_default();
            *here = here.union(set);
        }
        all
    }

    pub(super) fn difference(&self, other: &Self) -> Self {
        let below = self.below.iter().map(|(element, set)| match other.below.get(element) {
            Some(theirs) => (element.clone(), set.difference(theirs)),
            None => (element.clone(), set.clone()),
        });
        Self { member: self.member && !other.member, below: below.filter(|(_, set)| !set.is_empty()).collect() }
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let below = self.below.iter().filter_map(|(element, set)| {
            let both = set.intersection(other.below.get(element)?);
            (!both.is_empty()).then(|| (element.clone(), both))
        });
        Self { member: self.member && other.member, below: below.collect() }
    }

    /// As `fieldsV1`.
    pub(super) fn to_json(&self) -> Value {
        let mut map = Map::new();
        let children: Map<String, Value> =
            self.below.iter().filter(|(_, set)| !set.is_empty()).map(|(e, set)| (e.clone(), set.to_json())).collect();
        if self.member && !children.is_empty() {
            map.insert(".".into(), Value::Object(Map::new()));
        }
        map.extend(children);
        Value::Object(map)
    }

    /// From `fieldsV1`; what is not an object counts as owned whole.
    pub(super) fn from_json(fields: &Value) -> Self {
        let Value::Object(map) = fields else { return Self { member: true, below: BTreeMap::new() } };
        let mut set = Self::children_of(map);
        set.member = map.is_empty() || map.contains_key(".");
        set
    }

    /// A whole `fieldsV1`, whose root is nobody's.
    pub(super) fn from_root(fields: &Value) -> Self {
        fields.as_object().map(Self::children_of).unwrap_or_default()
    }

    fn children_of(map: &Map<String, Value>) -> Self {
        let children = map.iter().filter(|(element, _)| *element != ".");
        Self { member: false, below: children.map(|(e, fields)| (e.clone(), Self::from_json(fields))).collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_algebra_of_sets() {
        let set = |json: Value| Set::from_root(&json);
        let one = set(json!({"f:a": {"f:b": {}, "f:c": {}}, "k:{}": {".": {}, "f:x": {}}}));
        let other = set(json!({"f:a": {"f:b": {}}, "k:{}": {".": {}}}));
        assert_eq!(one.difference(&other).to_json(), json!({"f:a": {"f:c": {}}, "k:{}": {"f:x": {}}}));
        assert_eq!(one.intersection(&other).to_json(), other.to_json());
        assert_eq!(one.union(&other).to_json(), one.to_json());
        assert!(other.difference(&one).is_empty());
        assert_eq!(Set::default().to_json(), json!({}));
    }
}
