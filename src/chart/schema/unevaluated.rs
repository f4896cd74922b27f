//! `unevaluatedProperties` and `unevaluatedItems`: what none of the schemas that fit has looked at.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::tell::{Teller, Wrongs};
use crate::chart::functions::regexes::compiled;

type Keywords = Map<String, Value>;

impl Teller<'_> {
    /// Checks what nothing else has looked at.
    pub(super) fn unevaluated(&mut self, schema: &Keywords, value: &Value, wrongs: &mut Wrongs) {
        if self.draft() < 2019 {
            return;
        }
        match value {
            Value::Object(map) => {
                let Some(further) = schema.get("unevaluatedProperties") else { return };
                let known = self.names(schema, value, false);
                for (name, below) in map.iter().filter(|(name, _)| !known.contains(*name)) {
                    wrongs.add(self.below(further, below, name));
                }
            }
            Value::Array(items) => {
                let Some(further) = schema.get("unevaluatedItems") else { return };
                let known = self.places(schema, value, false);
                for (at, below) in items.iter().enumerate().filter(|(at, _)| !known.contains(at)) {
                    wrongs.add(self.below(further, below, &at.to_string()));
                }
            }
            _ => {}
        }
    }

    /// The names that a schema looks at.
    fn names(&mut self, schema: &Keywords, value: &Value, is_inner: bool) -> BTreeSet<String> {
        let Some(map) = value.as_object() else { return BTreeSet::new() };
        let takes_all = ["additionalProperties", "unevaluatedProperties"];
        if schema.contains_key(takes_all[0]) || (is_inner && schema.contains_key(takes_all[1])) {
            return map.keys().cloned().collect();
        }
        let members = |key: &str| schema.get(key).and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let mut known: BTreeSet<String> = members("properties").cloned().collect();
        for pattern in members("patternProperties").filter_map(|pattern| compiled(pattern).ok()) {
            known.extend(map.keys().filter(|name| pattern.is_match(name)).cloned());
        }
        self.each_fitting(schema, value, &mut |teller, inner| known.extend(teller.names(inner, value, true)));
        known
    }

    /// The places of the items that a schema looks at.
    fn places(&mut self, schema: &Keywords, value: &Value, is_inner: bool) -> BTreeSet<usize> {
        let Some(items) = value.as_array() else { return BTreeSet::new() };
        let (first, rest) = if self.draft() >= 2020 { ("prefixItems", "items") } else { ("items", "additionalItems") };
        let each = schema.get(first).and_then(Value::as_array).map(Vec::len);
        let is_all = schema.get(first).is_some_and(|first| !first.is_array());
        let has_rest = schema.contains_key(rest) && (self.draft() >= 2020 || each.is_some());
        if is_all || has_rest || (is_inner && schema.contains_key("unevaluatedItems")) {
            return (0..items.len()).collect();
        }
        let mut known: BTreeSet<usize> = (0..each.unwrap_or_default().min(items.len())).collect();
        if let Some(wanted) = schema.get("contains").filter(|_| self.draft() >= 2020) {
            known.extend(self.matching(wanted, items).0);
        }
        self.each_fitting(schema, value, &mut |teller, inner| known.extend(teller.places(inner, value, true)));
        known
    }

    /// The schemas beside this one that judge the same value, where they take it.
    fn each_fitting(&mut self, schema: &Keywords, value: &Value, take: &mut dyn FnMut(&mut Self, &Keywords)) {
        let mut beside: Vec<&Value> = Vec::new();
        for key in ["allOf", "anyOf", "oneOf"] {
            beside.extend(schema.get(key).and_then(Value::as_array).into_iter().flatten());
        }
        if let Some(condition) = schema.get("if") {
            let fits = self.fits(condition, value);
            beside.push(condition);
            beside.extend(schema.get(if fits { "then" } else { "else" }));
        }
        let dependent = schema.get("dependentSchemas").and_then(Value::as_object).into_iter().flatten();
        beside.extend(dependent.filter(|(name, _)| value.get(name.as_str()).is_some()).map(|(_, schema)| schema));
        for one in beside {
            if let Some(inner) = one.as_object()
                && self.fits(one, value)
            {
                take(self, inner);
            }
        }
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let Some(reference) = schema.get(keyword).and_then(Value::as_str) else { continue };
            self.within_target(keyword, reference, &mut |teller, target| {
                if let Some(inner) = target.as_object()
                    && teller.fits(target, value)
                {
                    take(teller, inner);
                }
            });
        }
    }
}
