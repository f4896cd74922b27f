//! `values.schema.json`: whether the values are as a chart says they must be, and what is said where they are not.
//!
//! A library judges; where it finds the values wanting, [`tell`] goes through them once more and says what is wrong in
//! the words that Helm has for it. Nothing is fetched: what a schema refers to elsewhere takes any value.

mod format;
mod object;
mod tell;
mod words;

use std::fmt;
use std::sync::{Arc, OnceLock};

use jsonschema::{Draft, Retrieve, Uri, Validator};
use serde_json::Value;

use super::{chart::Chart, functions::json, values::Table};
use tell::Teller;

/// A schema, read when it is first needed. Clones share it.
#[derive(Clone)]
pub(super) struct Schema {
    raw: Arc<[u8]>,
    read: Arc<OnceLock<Result<Read, String>>>,
}

/// A schema that can judge.
struct Read {
    validator: Validator,
    document: Value,
    /// The year or number of its draft.
    draft: u16,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schema")
    }
}

/// What lies elsewhere takes any value.
struct Nowhere;

impl Retrieve for Nowhere {
    fn retrieve(&self, _: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Value::Bool(true))
    }
}

impl Schema {
    pub(super) fn new(raw: Arc<[u8]>) -> Self {
        Self { raw, read: Arc::default() }
    }

    /// The file as it is.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Judges values.
    fn check(&self, values: &Value) -> Result<(), String> {
        let read = self.read.get_or_init(|| Read::new(&self.raw)).as_ref().map_err(Clone::clone)?;
        if read.validator.is_valid(values) {
            return Ok(());
        }
        if let Some(told) = Teller::new(&read.document, read.draft).tell(values) {
            return Err(told);
        }
        // What is wrong is of a kind that is not told in Helm's words.
        let mut lines = String::new();
        for error in read.validator.iter_errors(values) {
            let place = words::quoted(error.instance_path().as_str());
            lines.push_str(&format!("- at {place}: {error}\n"));
        }
        Err(lines)
    }
}

impl Read {
    fn new(raw: &[u8]) -> Result<Self, String> {
        let document: Value = match serde_json::from_slice(raw) {
            Ok(document) => document,
            // In Go's words, where it has some.
            Err(error) => return Err(json::in_go(&String::from_utf8_lossy(raw)).unwrap_or(error.to_string())),
        };
        let draft = Draft::default().detect(&document);
        let validator = jsonschema::options().with_draft(draft).with_retriever(Nowhere).build(&document);
        let validator = validator.map_err(|error| {
            let place = words::quoted(error.instance_path().as_str());
            format!("\"file:///values.schema.json#\" is not valid against metaschema: at {place}: {error}")
        })?;
        let draft = match draft {
            Draft::Draft4 => 4,
            Draft::Draft6 => 6,
            Draft::Draft7 => 7,
            Draft::Draft201909 => 2019,
            _ => 2020,
        };
        Ok(Self { validator, document, draft })
    }
}

/// Judges the values of a chart and of the charts below it, each by its own schema.
///
/// # Errors
/// What is wrong, a part for each chart, as Helm tells it.
pub(super) fn check(chart: &Chart, values: &Value) -> Result<(), String> {
    if !has_schema(chart) {
        return Ok(());
    }
    let mut told = String::new();
    if let Some(schema) = &chart.schema
        && let Err(why) = schema.check(values)
    {
        told = format!("{}:\n{why}", chart.name());
    }
    for subchart in &chart.dependencies {
        match values.get(subchart.name()) {
            None | Some(Value::Null) => {}
            Some(below @ Value::Object(_)) => {
                if let Err(why) = check(subchart, below) {
                    told.push_str(&why);
                }
            }
            // Values of another kind are an error before.
            Some(_) => {}
        }
    }
    if told.is_empty() { Ok(()) } else { Err(told) }
}

/// The same for values in a table.
pub(super) fn check_table(chart: &Chart, values: &Table) -> Result<(), String> {
    if !has_schema(chart) {
        return Ok(());
    }
    check(chart, &Value::Object(values.clone()))
}

/// Whether a chart or one below it has a schema.
pub(super) fn has_schema(chart: &Chart) -> bool {
    chart.schema.is_some() || chart.dependencies.iter().any(has_schema)
}
