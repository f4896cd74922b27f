//! A release as `helm template` prints it: documents as their templates wrote them, in Helm's order, hooks behind them.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use regex::Regex;

use super::{
    chart::Crd, head::Head, hooks::events_of, load_ignore::matches, order::sort_for_install, render::Texts,
    split::split,
};

/// Which parts are printed.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Also the files of `crds/`.
    pub crds: bool,
    /// Not the hooks.
    pub no_hooks: bool,
    /// Not the hooks that are tests.
    pub no_tests: bool,
}

/// Why there is nothing to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListingError {
    /// A template made what is no object.
    #[error("YAML parse error on {template}: {problem}")]
    Yaml {
        /// The template.
        template: String,
        /// What is wrong.
        problem: String,
    },
    /// No template has that name, or what it made is nothing.
    #[error("could not find template {0} in chart")]
    NoTemplate(String),
}

/// What is printed, and what Helm would note beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing<'t> {
    /// The definitions and the objects.
    pub objects: Vec<Printed<'t>>,
    /// The hooks.
    pub hooks: Vec<Printed<'t>>,
    /// Hooks that were left out, since Helm does not know their moments.
    pub notes: Vec<String>,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed<'t> {
    /// The file that it is from, from the chart's name on.
    pub template: &'t str,
    /// What it says.
    pub text: Cow<'t, str>,
    /// Whether it is of `crds/`.
    pub is_definition: bool,
}

struct Document<'t> {
    template: &'t str,
    text: &'t str,
    kind: String,
    is_test: bool,
}

impl Texts {
    /// Lists what the templates made.
    ///
    /// # Errors
    /// In Helm's words: the first document that is no object.
    pub fn listing(&self, parts: &Parts) -> Result<Listing<'_>, ListingError> {
        let (mut objects, mut hooks) = (Vec::new(), Vec::new());
        let mut listing = Listing::default();
        for file in &self.files {
            listing.notes.extend(read(file, &mut objects, &mut hooks)?);
        }
        sort_for_install(&mut objects, |document| &document.kind);
        sort_for_install(&mut hooks, |document| &document.kind);
        if parts.crds {
            for Crd { path, data } in self.crds() {
                let text = String::from_utf8_lossy(data);
                listing.objects.push(Printed { template: path, text, is_definition: true });
            }
        }
        listing.objects.extend(objects.iter().map(Document::printed));
        listing.hooks = shown(&hooks, parts);
        Ok(listing)
    }

    /// Lists what there is where something in it is no object: all texts as they are, and of the hooks what Helm has found
    /// by then.
    pub fn broken(&self, parts: &Parts) -> Listing<'_> {
        let (mut objects, mut hooks) = (Vec::new(), Vec::new());
        let mut listing = Listing::default();
        for file in &self.files {
            if read(file, &mut objects, &mut hooks).is_err() {
                break;
            }
        }
        let full = self.files.iter().filter(|(_, text)| !text.trim().is_empty());
        let printed =
            full.map(|(template, text)| Printed { template, text: Cow::Borrowed(&**text), is_definition: false });
        listing.objects.extend(printed);
        listing.hooks = shown(&hooks, parts);
        listing
    }
}

/// Reads the documents of a file; with it what is to be noted.
fn read<'t>(
    (template, text): &'t (String, Arc<str>),
    objects: &mut Vec<Document<'t>>,
    hooks: &mut Vec<Document<'t>>,
) -> Result<Vec<String>, ListingError> {
    let mut notes = Vec::new();
    for part in split(text) {
        let head =
            Head::read(part.text).map_err(|problem| ListingError::Yaml { template: template.clone(), problem })?;
        let events = head.annotations.get("helm.sh/hook").map(|named| (named, events_of(named)));
        let (into, is_test) = match events {
            None => (&mut *objects, false),
            Some((_, Some(events))) => (&mut *hooks, events.contains(&super::hooks::Event::Test)),
            Some((named, None)) => {
                notes.push(format!("skipping unknown hook: {}", super::template::go_quote(named)));
                continue;
            }
        };
        into.push(Document { template, text: part.text, kind: head.kind, is_test });
    }
    Ok(notes)
}

fn shown<'t>(hooks: &[Document<'t>], parts: &Parts) -> Vec<Printed<'t>> {
    let wanted = hooks.iter().filter(|hook| !(parts.no_hooks || parts.no_tests && hook.is_test));
    wanted.map(Document::printed).collect()
}

impl<'t> Document<'t> {
    fn printed(&self) -> Printed<'t> {
        Printed { template: self.template, text: Cow::Borrowed(self.text), is_definition: false }
    }
}

impl Listing<'_> {
    /// The definitions and objects as they are given to whoever is to change them.
    pub fn objects(&self) -> String {
        let mut text = String::new();
        self.objects.iter().for_each(|printed| printed.print(&mut text));
        text
    }

    /// All of it, with these objects.
    ///
    /// # Errors
    /// A template asked for that made nothing.
    pub fn text(&self, objects: &str, only: &[String]) -> Result<String, ListingError> {
        let mut text = format!("{}\n", objects.trim());
        self.hooks.iter().for_each(|printed| printed.print(&mut text));
        if only.is_empty() { Ok(text) } else { some_of(&text, only) }
    }
}

impl Printed<'_> {
    /// Writes it below the line that tells where it is from.
    pub fn print(&self, out: &mut String) {
        for piece in ["---\n# Source: ", self.template, "\n", &self.text, "\n"] {
            out.push_str(piece);
        }
    }
}

/// The documents of some templates, in the order in which these are asked for.
fn some_of(text: &str, patterns: &[String]) -> Result<String, ListingError> {
    static SOURCE: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
        Regex::new("# Source: [^/]+/(.+)").unwrap()
    });
    let parts = split(text);
    let mut out = String::new();
    for pattern in patterns {
        let mut found = false;
        for part in &parts {
            let source = SOURCE.captures(part.text).and_then(|captures| captures.get(1));
            if source.is_some_and(|source| matches(pattern, source.as_str()) == Some(true)) {
                found = true;
                for piece in ["---\n", part.text, "\n"] {
                    out.push_str(piece);
                }
            }
        }
        if !found {
            return Err(ListingError::NoTemplate(pattern.clone()));
        }
    }
    Ok(out)
}
