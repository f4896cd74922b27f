//! What a schema refers to outside itself.

use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{Draft, ReferencingError, Retrieve, Uri, ValidationError};
use serde_json::Value;

use crate::chart::template::go_quote;

/// What Helm takes a chart's schema to be called.
pub(super) const OWN: &str = "file:///values.schema.json";

/// What the library takes it to be called: of its own scheme, for then it keeps no address of each part.
const BASE: &str = "json-schema:///values.schema.json";

/// The name of a schema with such a text. One that names itself has the name that it knows.
pub(super) fn base(raw: &[u8]) -> &'static str {
    let is_named = memchr::memmem::find(raw, b"file:///").is_some();
    if is_named { OWN } else { BASE }
}

/// Finds nothing but what says what a schema is, and knows what it was asked for.
#[derive(Clone, Default)]
pub(super) struct Elsewhere(Arc<Mutex<Option<String>>>);

impl Retrieve for Elsewhere {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        // As Helm has it: whoever names a thing so does not say where it is.
        if uri.as_str().starts_with("urn:") {
            return Ok(Value::Bool(true));
        }
        // The old drafts are known by `http` alone.
        let plain = uri.as_str().strip_prefix("https://").map(|rest| format!("http://{rest}"));
        if let Some(known) = plain.as_deref().and_then(specification) {
            return Ok(known.clone());
        }
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let beside = uri.as_str().strip_prefix("json-schema:///").map(|rest| format!("file:///{rest}"));
        asked.get_or_insert_with(|| beside.unwrap_or_else(|| uri.as_str().to_owned()));
        Err("it is not looked for".into())
    }
}

impl Elsewhere {
    /// What a schema refers to that is not there, as Helm tells it.
    pub(super) fn lacking(&self, error: &ValidationError<'_>) -> Option<String> {
        if let Some(uri) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_deref() {
            return Some(unreadable(uri));
        }
        let jsonschema::error::ValidationErrorKind::Referencing(error) = error.kind() else { return None };
        match error {
            ReferencingError::PointerToNowhere { pointer } => {
                Some(format!("json-pointer in {} not found", go_quote(&format!("{OWN}#{pointer}"))))
            }
            ReferencingError::NoSuchAnchor { anchor } => {
                let (reference, own) = (go_quote(&format!("{OWN}#{anchor}")), go_quote(OWN));
                Some(format!("anchor in {reference} not found in schema {own}"))
            }
            _ => None,
        }
    }
}

/// The draft that a schema says it is of.
///
/// # Errors
/// It is another than those of json-schema.org.
pub(super) fn draft(document: &Value) -> Result<Draft, String> {
    let Some(said) = document.get("$schema").and_then(Value::as_str) else { return Ok(Draft::default()) };
    let uri = said.strip_suffix('#').unwrap_or(said);
    let name = ["http://", "https://"].iter().find_map(|scheme| uri.strip_prefix(scheme));
    Ok(match name.and_then(|name| name.strip_prefix("json-schema.org/")) {
        Some("schema" | "draft/2020-12/schema") => Draft::Draft202012,
        Some("draft/2019-09/schema") => Draft::Draft201909,
        Some("draft-07/schema") => Draft::Draft7,
        Some("draft-06/schema") => Draft::Draft6,
        Some("draft-04/schema") => Draft::Draft4,
        _ => return Err(unreadable(uri)),
    })
}

/// Whether what is lacking is known here nevertheless.
pub(super) fn is_known(error: &ValidationError<'_>) -> bool {
    use jsonschema::error::ValidationErrorKind::Referencing;
    matches!(error.kind(), Referencing(ReferencingError::Unretrievable { uri, .. }) if specification(uri).is_some())
}

fn unreadable(uri: &str) -> String {
    let name = go_quote(uri);
    match uri.split_once("://") {
        Some(("file", rest)) => {
            let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default();
            format!("failing loading {name}: open {path}: no such file or directory")
        }
        None => format!("failing loading {name}: no URLLoader registered for {name}"),
        Some(_) => format!(
            "failing loading {name}: nothing is fetched: put that schema into values.schema.json, or --skip-schema-validation"
        ),
    }
}

/// One of the documents that say what a schema is.
pub(super) fn specification(uri: &str) -> Option<&'static Value> {
    let uri = referencing::uri::from_str(uri.trim_end_matches('#')).ok()?;
    let text = uri.as_str().to_owned();
    referencing::SPECIFICATIONS.resolver(uri).lookup(&text).ok().map(|found| found.contents())
}
