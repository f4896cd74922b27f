//! What a drifted field was declared as, and what it was found to be.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::live::{By, Drift};
use super::words;
use crate::manifest::{PathElement, field_path};
use crate::report::{FingerprintKey, clean, mask};

/// A declared field that somebody else changed. Values of Secrets are masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Drift")]
pub struct Drifted {
    /// Where, as people write it: `.spec.replicas`.
    pub path: String,
    /// The field manager that owns it now; null where nobody does, and then by whom is not recorded.
    pub manager: Option<String>,
    /// When that manager last changed what it owns.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub time: Option<Timestamp>,
    /// What is declared, in short; null where it is not known.
    pub wanted: Option<String>,
    /// What was found, in short; null where it is gone, or not known.
    pub found: Option<String>,
}

/// The drift of an object with its values, as far as the object as it is now is known.
pub(super) fn drifted(wanted: &Value, live: Option<&Value>, drift: &[Drift], key: &FingerprintKey) -> Vec<Drifted> {
    if drift.is_empty() {
        return Vec::new();
    }
    let shown = live.map(|live| (mask(clean(live.clone()), key), mask(clean(wanted.clone()), key)));
    drift
        .iter()
        .map(|drift| {
            let (manager, time) = match &drift.by {
                Some(By { manager, time }) => (Some(manager.clone()), *time),
                None => (None, None),
            };
            let (found, wanted) = match &shown {
                Some((live, wanted)) => (at(live, &drift.at), at(wanted, &drift.at)),
                None => (None, None),
            };
            Drifted { path: drift.path.clone(), manager, time, wanted: wanted.map(short), found: found.map(short) }
        })
        .collect()
}

/// A field that is gone, as it is in an object that has it. Who took it off nobody records.
pub(super) fn removed(wanted: &Value, path: &[PathElement]) -> Drifted {
    let wanted = at(wanted, path).map(short);
    Drifted { path: field_path(path), manager: None, time: None, wanted, found: None }
}

/// What stands at a path.
fn at<'v>(value: &'v Value, path: &[PathElement]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, element| match element {
        PathElement::Field(name) => value.get(name),
        PathElement::Index(index) => value.get(index),
        PathElement::Item(wanted) => value.as_array()?.iter().find(|item| *item == wanted),
        PathElement::Key(key) => value.as_array()?.iter().find(|item| {
            key.iter().all(|(name, wanted)| match item.get(name) {
                Some(found) => found == wanted,
                None => wanted.is_null() || (name == "protocol" && wanted == "TCP"),
            })
        }),
    })
}

/// A value in a few words: the diff shows all of it.
fn short(value: &Value) -> String {
    const LONGEST: usize = 44;
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) if text.trim_end().contains('\n') => match text.lines().count() {
            1 => "1 line".to_owned(),
            lines => format!("{lines} lines"),
        },
        Value::String(text) => middle(text.trim_end_matches('\n'), LONGEST),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            middle(&value.to_string(), LONGEST)
        }
        Value::Array(items) => match items.len() {
            1 => "a list of 1".to_owned(),
            count => format!("a list of {count}"),
        },
        Value::Object(map) => match map.len() {
            0 => "{}".to_owned(),
            1..=4 => middle(&format!("{{{}}}", map.keys().cloned().collect::<Vec<_>>().join(", ")), LONGEST),
            count => format!("a map of {count}"),
        },
        scalar => scalar.to_string(),
    }
}

/// A text without its middle where it is long: two long values mostly differ at an end.
fn middle(text: &str, longest: usize) -> String {
    let count = text.chars().count();
    if count <= longest {
        return text.to_owned();
    }
    let half = (longest - 1) / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(count - half).collect();
    format!("{head}…{tail}")
}

/// What drifted, by whom, from what to what; the first few of it.
pub(super) fn sentences(drift: &[Drifted]) -> String {
    const SHOWN: usize = 3;
    let mut parts: Vec<String> = drift.iter().take(SHOWN).map(sentence).collect();
    if drift.len() > SHOWN {
        parts.push(format!("and {} more", drift.len() - SHOWN));
    }
    parts.join("; ")
}

/// `.spec.replicas was changed by kubectl-scale at 2026-11-21T10:00:00Z: 1 → 3`.
pub(super) fn sentence(drift: &Drifted) -> String {
    let path = &drift.path;
    let values = match (&drift.wanted, &drift.found) {
        (Some(wanted), Some(found)) if wanted != found => format!(": {wanted} → {found}"),
        _ => String::new(),
    };
    let is_gone = drift.wanted.is_some() && drift.found.is_none();
    match &drift.manager {
        Some(manager) if is_gone => {
            format!("{path} was removed, the rest of it changed by {}", who(manager, drift.time))
        }
        Some(manager) => format!("{path} was changed by {}{values}", who(manager, drift.time)),
        None if is_gone => format!("{path} was removed, by whom is not recorded"),
        None if values.is_empty() => format!("{path} is no longer ours, by whom is not recorded"),
        None => format!("{path} was changed, by whom is not recorded{values}"),
    }
}

fn who(manager: &str, time: Option<Timestamp>) -> String {
    words::by(&By { manager: manager.to_owned(), time })
}
