//! `values.schema.json`: whether the values are as a chart says they must be, and what is said where they are not.
//!
//! A library judges; where it finds the values wanting, [`tell`] goes through them once more and says what is wrong in
//! the words that Helm has for it. Nothing is fetched: a schema that refers elsewhere cannot judge.

mod circles;
mod elsewhere;
mod format;
mod object;
mod pattern;
mod tell;
mod unevaluated;
mod words;

use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Arc, OnceLock};
use std::thread::{self, Scope, ScopedJoinHandle};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::Value;

use super::{chart::Chart, functions::json};
use elsewhere::Elsewhere;
use pattern::Patterns;
use tell::Teller;

/// Bytes of stack of a thread that reads one: as many as a program's first thread has.
const STACK: usize = 8 << 20;

/// A schema, read when it is first needed. Clones share it.
#[derive(Clone)]
pub(super) struct Schema {
    raw: Arc<[u8]>,
    read: Arc<OnceLock<Result<Read, String>>>,
}

/// A schema that can judge.
struct Read {
    /// None where the library would go round in a circle: then [`tell`] judges.
    validator: Option<Validator>,
    document: Value,
    /// The year or number of its draft.
    draft: u16,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schema")
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
        // In draft 4 the library takes no 5.0 for a whole number.
        let values = if read.draft == 4 { &whole(values) } else { values };
        if read.validator.as_ref().is_some_and(|validator| validator.is_valid(values)) {
            return Ok(());
        }
        if let Some(told) = Teller::new(&read.document, read.draft).tell(values) {
            return Err(told);
        }
        // What is wrong is of a kind that is not told in Helm's words.
        let mut lines = String::new();
        for error in read.validator.iter().flat_map(|validator| validator.iter_errors(values)) {
            let place = words::quoted(error.instance_path().as_str());
            lines.push_str(&format!("- at {place}: {error}\n"));
        }
        if lines.is_empty() { Ok(()) } else { Err(lines) }
    }
}

/// The same with whole numbers written so.
fn whole(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            #[expect(clippy::cast_possible_truncation, reason = "it is compared")]
            let as_integer = number.as_f64().map(|float| (float, float as i64));
            #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "it is whole where nothing is lost")]
            let is_same = |(float, integer): &(f64, i64)| *integer as f64 == *float;
            as_integer.filter(is_same).map_or_else(|| value.clone(), |(_, integer)| integer.into())
        }
        Value::Array(items) => items.iter().map(whole).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), whole(value))).collect(),
        other => other.clone(),
    }
}

/// What Go says of a text that is not JSON, where that is known: it reads it as the beginning of more.
fn not_json(raw: &[u8]) -> Option<String> {
    let said = json::in_go(&String::from_utf8_lossy(raw))?;
    let is_cut = said == "unexpected end of JSON input";
    Some(match (is_cut, raw.trim_ascii().is_empty()) {
        (true, true) => "EOF".to_owned(),
        (true, false) => "unexpected EOF".to_owned(),
        (false, _) => said,
    })
}

impl Read {
    fn new(raw: &[u8]) -> Result<Self, String> {
        let document: Value = match serde_json::from_slice(raw) {
            Ok(document) => document,
            // In Go's words, where it has some.
            Err(error) => return Err(not_json(raw).unwrap_or(error.to_string())),
        };
        let found = elsewhere::draft(&document)?;
        let (draft, specification) = match found {
            Draft::Draft4 => (4, "http://json-schema.org/draft-04/schema"),
            Draft::Draft6 => (6, "http://json-schema.org/draft-06/schema"),
            Draft::Draft7 => (7, "http://json-schema.org/draft-07/schema"),
            Draft::Draft201909 => (2019, "https://json-schema.org/draft/2019-09/schema"),
            _ => (2020, "https://json-schema.org/draft/2020-12/schema"),
        };
        let not_valid = |why: &str| format!("\"{}#\" is not valid against metaschema: {why}", elsewhere::OWN);
        let elsewhere = Elsewhere::default();
        let patterns = Patterns::default();
        let options = jsonschema::options()
            .with_draft(found)
            .with_base_uri(elsewhere::base(raw))
            .with_keyword("pattern", move |_, value, _| Ok(patterns.keyword(value)));
        let built = options.with_retriever(elsewhere.clone()).build(&document);
        // The library holds a schema against its specification too, and quicker, but for numbers of old drafts and for
        // what texts have to look like.
        let is_odd = has_odd_text(&document);
        let is_judged = built.is_ok() && draft >= 7 && !is_odd;
        let told = elsewhere::specification(specification)
            .filter(|_| !is_judged)
            .and_then(|meta| Teller::of_schemas(meta, draft, specification).tell(&document));
        if let Some(told) = told {
            let why = format!("jsonschema validation failed with '{specification}#'\n{}", told.trim_end_matches('\n'));
            return Err(not_valid(&why));
        }
        let validator = match built {
            Ok(validator) => (!is_odd && !circles::has_circle(&document)).then_some(validator),
            // A schema for schemas of another draft, or a pattern that Go has nothing against.
            Err(error) if elsewhere::is_known(&error) || is_of_pattern(&error) => None,
            Err(error) => {
                let place = words::quoted(error.instance_path().as_str());
                return Err(elsewhere.lacking(&error).unwrap_or_else(|| not_valid(&format!("at {place}: {error}"))));
            }
        };
        Ok(Self { validator, document, draft })
    }
}

/// Whether a `$schema`, wherever it stands, is no URI, or a pattern none in Go, or one for names of properties, which
/// the library reads itself, something else there.
fn has_odd_text(document: &Value) -> bool {
    let is_wrong = |pattern: &str| format::wrong("regex", pattern).is_some();
    let is_odd = |pattern: &str| {
        let elsewhere = ["[:", r"\A", r"\z", r"\Q", r"\a", r"\C", r"\s", r"\S"];
        is_wrong(pattern) || elsewhere.iter().any(|part| pattern.contains(part))
    };
    match document {
        Value::Array(items) => items.iter().any(has_odd_text),
        Value::Object(map) => map.iter().any(|(key, value)| match (key.as_str(), value) {
            ("$schema", Value::String(text)) => format::wrong("uri", text).is_some(),
            ("pattern", Value::String(text)) => is_wrong(text),
            ("patternProperties", Value::Object(below)) => {
                below.keys().any(|pattern| is_odd(pattern)) || has_odd_text(value)
            }
            _ => has_odd_text(value),
        }),
        _ => false,
    }
}

/// Whether the library does not take a pattern.
fn is_of_pattern(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Format { format } if format == "regex")
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

/// The same, and does something else besides that is of no use where the values are not as they must be. A schema that
/// nobody has read yet takes as long to be read as all else of a first render, so it has a thread of its own.
pub(super) fn check_beside<T>(chart: &Chart, values: &Value, other: impl FnOnce() -> T) -> Result<T, String> {
    thread::scope(|scope| {
        let apart = if is_read(chart) { None } else { spawn(scope, || check(chart, values)) };
        let Some(apart) = apart else {
            check(chart, values)?;
            return Ok(other());
        };
        let made = other();
        apart.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(made)
    })
}

/// Nothing where the system has no more threads.
fn spawn<'s, T: Send + 's>(
    scope: &'s Scope<'s, '_>,
    work: impl FnOnce() -> T + Send + 's,
) -> Option<ScopedJoinHandle<'s, T>> {
    thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok()
}

/// Whether no schema has to be read any more.
fn is_read(chart: &Chart) -> bool {
    chart.schema.as_ref().is_none_or(|schema| schema.read.get().is_some()) && chart.dependencies.iter().all(is_read)
}

/// Whether a chart or one below it has a schema.
pub(super) fn has_schema(chart: &Chart) -> bool {
    chart.schema.is_some() || chart.dependencies.iter().any(has_schema)
}
