//! What differs between two versions of a sandbox's file, key by key.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use toml::{Table, Value};

use super::sensitive::is_sensitive;

/// A key that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyChange {
    /// The key, its tables before it.
    pub key: String,
    /// Its value before, as TOML writes it; a secret's is left out.
    pub before: Option<String>,
    /// Its value after.
    pub after: Option<String>,
}

/// The keys that differ; `None` where one of the texts is no TOML.
pub fn compared(before: Option<&str>, after: Option<&str>) -> Option<Vec<KeyChange>> {
    let (mut old, new) = (keys(before)?, keys(after)?);
    let mut changes: Vec<KeyChange> = Vec::new();
    for (key, after) in new {
        let before = old.remove(&key);
        if before.as_ref() != Some(&after) {
            changes.push(KeyChange {
                before: before.map(|value| shown(&key, &value)),
                after: Some(shown(&key, &after)),
                key,
            });
        }
    }
    changes.extend(old.into_iter().map(|(key, value)| KeyChange {
        before: Some(shown(&key, &value)),
        after: None,
        key,
    }));
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    Some(changes)
}

fn keys(text: Option<&str>) -> Option<BTreeMap<String, Value>> {
    let table: Table = text.unwrap_or_default().parse().ok()?;
    let mut all = BTreeMap::new();
    flatten("", table, &mut all);
    Some(all)
}

fn flatten(prefix: &str, table: Table, all: &mut BTreeMap<String, Value>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(below) if !below.is_empty() => flatten(&path, below, all),
            value => {
                all.insert(path, value);
            }
        }
    }
}

fn shown(key: &str, value: &Value) -> String {
    if key.split('.').any(is_sensitive) { "…".to_owned() } else { value.to_string() }
}

impl KeyChange {
    /// In one line: `image: "a" → "b"`.
    pub fn line(&self) -> String {
        let Self { key, before, after } = self;
        match (before, after) {
            (Some(before), Some(after)) if before == after => format!("{key}: changed"),
            (Some(before), Some(after)) => format!("{key}: {before} → {after}"),
            (None, Some(after)) => format!("{key}: {after}"),
            (Some(before), None) => format!("{key}: {before} → nothing"),
            (None, None) => key.clone(),
        }
    }
}
