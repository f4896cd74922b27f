//! `pattern`, as Go reads it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::{Keyword, ValidationError};
use regex_automata::meta::Regex;
use serde_json::Value;

use crate::chart::functions::regexes;

/// Bytes of a text that is long: there it pays to compile a pattern in full.
const LONG: usize = 4096;

/// A pattern, compiled when a text is first held against it. Nothing in it where Go has a word against the pattern.
#[derive(Clone)]
struct Pattern {
    text: Arc<str>,
    compiled: Arc<OnceLock<Option<Regex>>>,
}

/// The patterns of one schema, by their texts: the same one stands in many places.
#[derive(Default)]
pub(super) struct Patterns(Mutex<HashMap<Arc<str>, Pattern>>);

impl Patterns {
    /// What judges by the value of a keyword `pattern`.
    pub(super) fn keyword(&self, value: &Value) -> Box<dyn for<'i> Keyword<'i>> {
        let text = value.as_str().unwrap_or_default();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pattern) = known.get(text) {
            return Box::new(pattern.clone());
        }
        let text: Arc<str> = text.into();
        let pattern = Pattern { text: Arc::clone(&text), compiled: Arc::default() };
        known.insert(text, pattern.clone());
        Box::new(pattern)
    }
}

impl<'i> Keyword<'i> for Pattern {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        if Keyword::is_valid(self, value) {
            return Ok(());
        }
        Err(ValidationError::custom(format!("{value} does not match pattern '{}'", self.text)))
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        let Value::String(text) = value else { return true };
        if text.len() > LONG {
            return regexes::compiled(&self.text).map_or(true, |pattern| pattern.is_match(text));
        }
        let compiled = self.compiled.get_or_init(|| regexes::compile_lean(&self.text).ok());
        compiled.as_ref().is_none_or(|pattern| pattern.is_match(text))
    }
}
