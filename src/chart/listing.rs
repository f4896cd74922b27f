//! A release as `helm template` prints it: documents as their templates wrote them, in Helm's order, hooks behind them.

use std::sync::LazyLock;

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
    /// Only what these templates made, given as patterns of paths below the chart.
    pub only: Vec<String>,
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
pub struct Listing {
    /// The documents.
    pub text: String,
    /// Hooks that were left out, since Helm does not know their moments.
    pub notes: Vec<String>,
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
    /// In Helm's words: the first document that is no object, or a template asked for that made nothing.
    pub fn listing(&self, parts: &Parts) -> Result<Listing, ListingError> {
        let (mut objects, mut hooks) = (Vec::new(), Vec::new());
        let mut listing = Listing::default();
        for (template, text) in &self.files {
            for part in split(text) {
                let head = Head::read(part.text)
                    .map_err(|problem| ListingError::Yaml { template: template.clone(), problem })?;
                let events = head.annotations.get("helm.sh/hook").map(|named| (named, events_of(named)));
                let (into, is_test) = match events {
                    None => (&mut objects, false),
                    Some((_, Some(events))) => (&mut hooks, events.contains(&super::hooks::Event::Test)),
                    Some((named, None)) => {
                        listing.notes.push(format!("skipping unknown hook: {}", super::template::go_quote(named)));
                        continue;
                    }
                };
                into.push(Document { template, text: part.text, kind: head.kind, is_test });
            }
        }
        sort_for_install(&mut objects, |document| &document.kind);
        sort_for_install(&mut hooks, |document| &document.kind);
        let mut text = String::new();
        if parts.crds {
            for Crd { path, data } in self.crds() {
                print(&mut text, path, &String::from_utf8_lossy(data));
            }
        }
        for document in &objects {
            print(&mut text, document.template, document.text);
        }
        text.trim().clone_into(&mut listing.text);
        listing.text.push('\n');
        if !parts.no_hooks {
            for document in hooks.iter().filter(|hook| !(parts.no_tests && hook.is_test)) {
                print(&mut listing.text, document.template, document.text);
            }
        }
        if !parts.only.is_empty() {
            listing.text = only(&listing.text, &parts.only)?;
        }
        Ok(listing)
    }
}

fn print(out: &mut String, template: &str, text: &str) {
    for piece in ["---\n# Source: ", template, "\n", text, "\n"] {
        out.push_str(piece);
    }
}

/// The documents of some templates, in the order in which these are asked for.
fn only(text: &str, patterns: &[String]) -> Result<String, ListingError> {
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
