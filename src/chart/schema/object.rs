//! What is asked of mappings, lists, texts and numbers.

use regex::Regex;
use serde_json::{Map, Number, Value};

use super::tell::{Teller, Wrongs, equal};
use super::words::{self, all_quoted, count, quoted};
use crate::chart::functions::regexes::compiled;

type Keywords = Map<String, Value>;

/// The keyword, what it is called where it is past, and when that is.
type Bound = (&'static str, &'static str, fn(f64, f64) -> bool);

fn bound(schema: &Keywords, key: &str) -> Option<usize> {
    let number = schema.get(key)?.as_f64()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the nearest number is meant")]
    Some(number as usize)
}

impl Teller<'_> {
    /// A least and a greatest count.
    fn counted(&self, schema: &Keywords, (least, most): (&str, &str), got: usize, wrongs: &mut Wrongs) {
        if let Some(want) = bound(schema, least).filter(|want| got < *want) {
            wrongs.add(Err(self.wrong(format!("{least}: got {}, want {}", count(got), count(want)))));
        }
        if let Some(want) = bound(schema, most).filter(|want| got > *want) {
            wrongs.add(Err(self.wrong(format!("{most}: got {}, want {}", count(got), count(want)))));
        }
    }

    pub(super) fn object(&mut self, schema: &Keywords, map: &Map<String, Value>, wrongs: &mut Wrongs) {
        self.counted(schema, ("minProperties", "maxProperties"), map.len(), wrongs);
        let lacking = |wanted: &Value| -> Vec<String> {
            let wanted = wanted.as_array().into_iter().flatten().filter_map(Value::as_str);
            wanted.filter(|name| !map.contains_key(*name)).map(str::to_owned).collect()
        };
        if let Some(missing) = schema.get("required").map(lacking).filter(|missing| !missing.is_empty()) {
            let names = all_quoted(missing.iter().map(String::as_str));
            let word = if missing.len() == 1 { "property" } else { "properties" };
            wrongs.add(Err(self.wrong(format!("missing {word} {names}"))));
        }
        let depending = |key: &str| schema.get(key).and_then(Value::as_object).into_iter().flatten();
        for (name, wanted) in depending("dependencies").filter(|(name, _)| map.contains_key(*name)) {
            if wanted.is_array() {
                self.needed(name, &lacking(wanted), wrongs);
            } else {
                let value = Value::Object(map.clone());
                wrongs.add(self.check(wanted, &value));
            }
        }
        self.properties(schema, map, wrongs);
        if let Some(names) = schema.get("propertyNames").filter(|_| self.draft() > 4) {
            for name in map.keys() {
                wrongs.add(self.check_name(names, name));
            }
        }
        if self.draft() >= 2019 {
            for (name, wanted) in depending("dependentSchemas").filter(|(name, _)| map.contains_key(*name)) {
                let _ = name;
                let value = Value::Object(map.clone());
                wrongs.add(self.check(wanted, &value));
            }
            for (name, wanted) in depending("dependentRequired").filter(|(name, _)| map.contains_key(*name)) {
                self.needed(name, &lacking(wanted), wrongs);
            }
        }
    }

    fn needed(&self, name: &str, missing: &[String], wrongs: &mut Wrongs) {
        if !missing.is_empty() {
            let names = all_quoted(missing.iter().map(String::as_str));
            wrongs.add(Err(self.wrong(format!("properties {names} required, if {} exists", quoted(name)))));
        }
    }

    fn properties(&mut self, schema: &Keywords, map: &Map<String, Value>, wrongs: &mut Wrongs) {
        let known = schema.get("properties").and_then(Value::as_object);
        let patterns: Vec<(Regex, &Value)> = schema
            .get("patternProperties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(pattern, schema)| Some((compiled(pattern).ok()?, schema)))
            .collect();
        let further = schema.get("additionalProperties");
        let mut unwanted = Vec::new();
        for (name, value) in map {
            let mut is_known = false;
            if let Some(schema) = known.and_then(|known| known.get(name)) {
                is_known = true;
                wrongs.add(self.below(schema, value, name));
            }
            for (_, schema) in patterns.iter().filter(|(pattern, _)| pattern.is_match(name)) {
                is_known = true;
                wrongs.add(self.below(schema, value, name));
            }
            match further {
                Some(Value::Bool(false)) if !is_known => unwanted.push(name.as_str()),
                Some(schema) if !is_known => wrongs.add(self.below(schema, value, name)),
                _ => {}
            }
        }
        if !unwanted.is_empty() {
            let names = all_quoted(unwanted);
            wrongs.add(Err(self.wrong(format!("additional properties {names} not allowed"))));
        }
    }

    pub(super) fn array(&mut self, schema: &Keywords, items: &[Value], wrongs: &mut Wrongs) {
        self.counted(schema, ("minItems", "maxItems"), items.len(), wrongs);
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let twice = (1..items.len()).find_map(|later| {
                (0..later).find(|earlier| equal(&items[*earlier], &items[later])).map(|earlier| (earlier, later))
            });
            if let Some((earlier, later)) = twice {
                wrongs.add(Err(self.wrong(format!("items at {earlier} and {later} are equal"))));
            }
        }
        let (first, rest) = if self.draft() >= 2020 { ("prefixItems", "items") } else { ("items", "additionalItems") };
        let each = schema.get(first).and_then(Value::as_array);
        let placed = each.map_or(0, Vec::len).min(items.len());
        for (at, (item, schema)) in items.iter().zip(each.into_iter().flatten()).enumerate() {
            wrongs.add(self.below(schema, item, &at.to_string()));
        }
        let all = schema.get(first).filter(|schema| !schema.is_array() && self.draft() < 2020);
        let (from, others) = if all.is_some() { (0, all) } else { (placed, schema.get(rest)) };
        match others {
            Some(Value::Bool(false))
                if self.draft() < 2020 && rest == "additionalItems" && all.is_none() && items.len() > from =>
            {
                let said = format!("last {} additionalItem(s) not allowed", count(items.len() - from));
                wrongs.add(Err(self.wrong(said)));
            }
            Some(schema) => {
                for (at, item) in items.iter().enumerate().skip(from) {
                    wrongs.add(self.below(schema, item, &at.to_string()));
                }
            }
            None => {}
        }
        self.contained(schema, items, wrongs);
    }

    fn contained(&mut self, schema: &Keywords, items: &[Value], wrongs: &mut Wrongs) {
        let Some(wanted) = schema.get("contains").filter(|_| self.draft() > 4) else { return };
        let (fitting, wrong) = self.matching(wanted, items);
        let places = fitting.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let asked = "items required to match contains schema, but";
        let bounds = if self.draft() >= 2019 {
            (bound(schema, "minContains"), bound(schema, "maxContains"))
        } else {
            (None, None)
        };
        match bounds.0 {
            Some(least) if fitting.is_empty() && least > 0 => {
                let said = format!("min {} {asked} none matched", count(least));
                wrongs.add(Err(self.none_matching(said, wrong)));
            }
            Some(least) if fitting.len() < least => {
                let said = format!("min {} {asked} matched {} items at {places}", count(least), count(fitting.len()));
                wrongs.add(Err(self.none_matching(said, wrong)));
            }
            None if fitting.is_empty() => {
                wrongs.add(Err(self.none_matching("no items match contains schema".to_owned(), wrong)));
            }
            _ => {}
        }
        if let Some(most) = bounds.1.filter(|most| fitting.len() > *most) {
            let said = format!("max {} {asked} matched {} items at {places}", count(most), count(fitting.len()));
            wrongs.add(Err(self.wrong(said)));
        }
    }

    pub(super) fn text(&mut self, schema: &Keywords, text: &str, wrongs: &mut Wrongs) {
        if schema.contains_key("minLength") || schema.contains_key("maxLength") {
            self.counted(schema, ("minLength", "maxLength"), text.chars().count(), wrongs);
        }
        if let Some(Value::String(pattern)) = schema.get("pattern")
            && compiled(pattern).is_ok_and(|compiled| !compiled.is_match(text))
        {
            wrongs.add(Err(self.wrong(format!("{} does not match pattern {}", quoted(text), quoted(pattern)))));
        }
    }

    pub(super) fn number(&mut self, schema: &Keywords, number: &Number, wrongs: &mut Wrongs) {
        let got = number.as_f64().unwrap_or(f64::NAN);
        let old = |key: &str| self.draft() == 4 && schema.get(key) == Some(&Value::Bool(true));
        let (no_least, no_most) = (old("exclusiveMinimum"), old("exclusiveMaximum"));
        let bounds: [Bound; 4] = [
            (
                "minimum",
                if no_least { "exclusiveMinimum" } else { "minimum" },
                if no_least { |a, b| a <= b } else { |a, b| a < b },
            ),
            (
                "maximum",
                if no_most { "exclusiveMaximum" } else { "maximum" },
                if no_most { |a, b| a >= b } else { |a, b| a > b },
            ),
            ("exclusiveMinimum", "exclusiveMinimum", |a, b| a <= b),
            ("exclusiveMaximum", "exclusiveMaximum", |a, b| a >= b),
        ];
        for (key, name, is_past) in bounds {
            if let Some(Value::Number(want)) = schema.get(key)
                && want.as_f64().is_some_and(|want| is_past(got, want))
            {
                let said = format!("{name}: got {}, want {}", words::number(number), words::number(want));
                wrongs.add(Err(self.wrong(said)));
            }
        }
        if let Some(Value::Number(want)) = schema.get("multipleOf") {
            let times = got / want.as_f64().unwrap_or(f64::NAN);
            if (times - times.round()).abs() > 1e-9 {
                let said = format!("multipleOf: got {}, want {}", words::number(number), words::number(want));
                wrongs.add(Err(self.wrong(said)));
            }
        }
    }
}
