//! How Helm layers values: the user's over the chart's, a subchart's below its name, `global` for all.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    chart::Chart,
    template::{Value as Shown, sprintf},
};

/// A mapping of values.
pub type Table = Map<String, Value>;

/// The key whose values every subchart sees.
const GLOBAL: &str = "global";

/// Lays one layer of values over another, as Helm does with several values files: mappings are merged,
/// everything else replaces what was there. A null stays, and takes the chart's value away in [`coalesce`].
#[must_use]
pub fn merge(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Object(mut base), Value::Object(over)) => {
            for (key, value) in over {
                let value = match base.remove(&key) {
                    Some(below) => merge(below, value),
                    None => value,
                };
                base.insert(key, value);
            }
            Value::Object(base)
        }
        (_, over) => over,
    }
}

/// Whether a null in the higher layer takes a value away, or is kept for a later layer to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nulls {
    Remove,
    Keep,
}

/// The values of a chart and, below their names, of its subcharts: the user's over their own. Adds a warning
/// for each mapping that meets something else.
///
/// # Errors
/// A value in a subchart's place that is not a mapping.
pub fn coalesce(chart: &Chart, user: &Table, warnings: &mut Vec<String>) -> Result<Table, String> {
    layer(chart, user.clone(), Nulls::Remove, warnings)
}

/// [`coalesce`], or the same with nulls kept.
pub(super) fn layer(chart: &Chart, user: Table, nulls: Nulls, warnings: &mut Vec<String>) -> Result<Table, String> {
    let mut layers = Layers { nulls, warnings };
    let mut values = user;
    layers.chart(chart, &mut values, "")?;
    Ok(values)
}

/// [`coalesce`] of one key at the top, for a chart without subcharts.
pub(super) fn coalesce_key(
    chart: &Chart,
    key: &str,
    user: Option<&Value>,
    warnings: &mut Vec<String>,
) -> Option<Value> {
    let mut values = Table::new();
    if let Some(user) = user {
        values.insert(key.to_owned(), user.clone());
    }
    if let Some(own) = chart.values.get(key) {
        Layers { nulls: Nulls::Remove, warnings }.key(chart, (key, own), &mut values, chart.name());
    }
    values.remove(key)
}

struct Layers<'w> {
    nulls: Nulls,
    warnings: &'w mut Vec<String>,
}

impl Layers<'_> {
    fn chart(&mut self, chart: &Chart, values: &mut Table, prefix: &str) -> Result<(), String> {
        let prefix = join(prefix, chart.name());
        self.own(chart, values, &prefix);
        for subchart in &chart.dependencies {
            let name = subchart.name();
            let below = values.remove(name);
            let mut below = match below {
                None => Table::new(),
                Some(Value::Object(table)) => table,
                Some(other) => {
                    let shown = sprintf(b"%t", &[Shown::from(&other)], usize::MAX).unwrap_or_default();
                    return Err(format!("type mismatch on {name}: {}", String::from_utf8_lossy(&shown)));
                }
            };
            self.globals(&mut below, values, &prefix);
            let done = self.chart(subchart, &mut below, &prefix);
            values.insert(name.to_owned(), Value::Object(below));
            done?;
        }
        Ok(())
    }

    /// A chart's own values below the user's.
    fn own(&mut self, chart: &Chart, values: &mut Table, prefix: &str) {
        for (key, own) in &*chart.values {
            self.key(chart, (key.as_str(), own), values, prefix);
        }
    }

    /// One of a chart's own values below the user's.
    fn key(&mut self, chart: &Chart, (key, own): (&str, &Value), values: &mut Table, prefix: &str) {
        match values.get_mut(key) {
            None => {
                values.insert(key.to_owned(), own.clone());
            }
            Some(Value::Null) if self.nulls == Nulls::Remove => {
                values.remove(key);
            }
            Some(Value::Object(table)) => match own {
                Value::Object(own) => {
                    let outer = self.nulls;
                    if chart.dependencies.iter().any(|subchart| subchart.name() == key) {
                        self.nulls = Nulls::Keep;
                    }
                    self.tables(table, own, &join(prefix, key));
                    self.nulls = outer;
                }
                Value::Null => {}
                _ => {
                    let message = format!("skipped value for {prefix}.{key}: not a table");
                    self.warnings.push(message);
                }
            },
            Some(_) => {}
        }
    }

    /// One mapping over another.
    fn tables(&mut self, over: &mut Table, base: &Table, prefix: &str) {
        for (key, value) in base {
            let full = || join(prefix, key);
            match (over.get_mut(key), value) {
                (None, value) => {
                    over.insert(key.clone(), value.clone());
                }
                (Some(Value::Null), Value::Null) => {}
                (Some(Value::Null), _) => {
                    if self.nulls == Nulls::Remove {
                        over.remove(key);
                    }
                }
                (Some(Value::Object(over)), Value::Object(base)) => self.tables(over, base, &full()),
                (Some(_), Value::Object(_)) => {
                    let message = format!("cannot overwrite table with non table for {}", full());
                    self.warnings.push(message);
                }
                (Some(Value::Object(_)), value) if !value.is_null() => {
                    let message = format!("destination for {} is a table, so {value} is ignored", full());
                    self.warnings.push(message);
                }
                (Some(_), _) => {}
            }
        }
    }

    /// Gives a subchart its parent's globals, which count more than its own.
    fn globals(&mut self, below: &mut Table, parent: &mut Table, prefix: &str) {
        let is_odd = |of: &Table| of.get(GLOBAL).is_some_and(|globals| !globals.is_object());
        let whose = if is_odd(below) { "'s subchart" } else { "" };
        if is_odd(below) || is_odd(parent) {
            self.warnings.push(format!("globals skipped: those of {prefix}{whose} are not a table"));
            return;
        }
        let mut own = match below.remove(GLOBAL) {
            Some(Value::Object(table)) => table,
            _ => Table::new(),
        };
        let mut none = Table::new();
        let from = parent.get_mut(GLOBAL).and_then(Value::as_object_mut).unwrap_or(&mut none);
        for (key, value) in from {
            match (own.get_mut(key), value) {
                (Some(Value::Object(mine)), Value::Object(theirs)) => {
                    let mut merged = theirs.clone();
                    let outer = std::mem::replace(&mut self.nulls, Nulls::Keep);
                    self.tables(&mut merged, mine, &join(prefix, key));
                    self.nulls = outer;
                    // In Helm the inner mappings are shared, so that the parent and the subcharts
                    // after this one see what is merged into them.
                    for (key, value) in theirs.iter_mut().filter(|(_, value)| value.is_object()) {
                        if let Some(shared) = merged.get(key) {
                            value.clone_from(shared);
                        }
                    }
                    *mine = merged;
                }
                (None, value) => {
                    own.insert(key.clone(), value.clone());
                }
                (Some(Value::Object(_)), _) => self.warnings.push(format!("global {key} is a table: skipped")),
                (Some(_), Value::Object(_)) => {
                    let message = format!("cannot merge a table onto the non-table global {key}");
                    self.warnings.push(message);
                }
                (Some(mine), value) => mine.clone_from(value),
            }
        }
        below.insert(GLOBAL.to_owned(), Value::Object(own));
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// The mapping at a path of keys with points between.
pub(super) fn table<'v>(values: &'v Table, path: &str) -> Option<&'v Table> {
    let mut table = values;
    for key in path.split('.') {
        table = table.get(key)?.as_object()?;
    }
    Some(table)
}

/// What is at a path of keys with points between, unless it is a mapping.
pub(super) fn leaf<'v>(values: &'v Table, path: &str) -> Option<&'v Value> {
    let (table, key) = match path.rsplit_once('.') {
        Some((path, key)) => (self::table(values, path)?, key),
        None => (values, path),
    };
    table.get(key).filter(|value| !value.is_object())
}

/// One mapping over another with nulls kept, for values that a parent imports.
pub(super) fn over(mut over: Table, base: &Table, warnings: &mut Vec<String>) -> Table {
    let mut layers = Layers { nulls: Nulls::Keep, warnings };
    layers.tables(&mut over, base, "");
    over
}

/// Values shared with a chart.
pub(super) fn shared(values: Table) -> Arc<Table> {
    Arc::new(values)
}
