//! What templates wrote, read: documents, told apart into the release's objects and its hooks.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    generated::{GeneratedKey, Misplaced, Tokens, extract},
    hooks::{Hook, Role, role},
    order::sort_for_install,
    render::{RenderError, Texts},
    split::{Part, split},
    yaml::{self, Tree},
};

/// An object as a template made it, for as long as its text is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'t> {
    /// The template's name, from the chart's on: `odoo/templates/service.yaml`.
    pub template: &'t str,
    /// The object, which is a mapping.
    pub tree: Tree<'t>,
    /// Its text.
    pub text: &'t str,
    /// The line of the rendered file where the text begins, from 1.
    pub line: usize,
}

impl Object<'_> {
    fn kind(&self) -> &str {
        self.tree.text(&["kind"]).unwrap_or_default()
    }
}

/// The objects of a release.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Objects<'t> {
    /// In Helm's install order.
    pub manifests: Vec<Object<'t>>,
    /// What `crds/` holds, marked as that, where the caller wants it: see [`Texts::crds`].
    pub crds: Vec<Object<'t>>,
    /// Hooks, in the same order.
    pub hooks: Vec<(Object<'t>, Hook)>,
    /// Which keys of which Secrets are generated in the cluster, by the Secret's name.
    pub generated: BTreeMap<String, Vec<GeneratedKey>>,
    /// What Helm would warn of.
    pub warnings: Vec<String>,
}

/// Stands for a line that may hold a value of a Secret.
const LEFT_OUT: &str = "(the line is left out, for it may hold a value of a Secret)";

/// Whether a text that need not be YAML speaks of an object of kind Secret.
fn names_secret(text: &str) -> bool {
    text.match_indices("Secret").any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t', '"', '\'']);
        let before = before.strip_suffix(':').unwrap_or_default();
        before.trim_end_matches([' ', '\t', '"', '\'']).ends_with("kind")
    })
}

impl Texts {
    /// Reads the objects.
    ///
    /// # Errors
    /// The first document that is no YAML or no object, or that holds a generated value where none can be.
    pub fn objects(&self) -> Result<Objects<'_>, RenderError> {
        let mut objects = Objects::default();
        for (template, text) in &self.files {
            for part in split(text) {
                objects.add(template, text, part)?;
            }
        }
        objects.take_generated(&self.tokens).map_err(RenderError::Generated)?;
        sort_for_install(&mut objects.manifests, Object::kind);
        sort_for_install(&mut objects.hooks, |(object, _)| object.kind());
        Ok(objects)
    }
}

impl<'t> Objects<'t> {
    /// Adds the object of a document, if it holds one.
    fn add(&mut self, template: &'t str, file: &str, part: Part<'t>) -> Result<(), RenderError> {
        let tree = yaml::read_tree(part.text).map_err(|error| {
            let line = part.line + error.line - 1;
            let is_secret = names_secret(part.text);
            let shown = file.lines().nth(line - 1).filter(|_| !is_secret).unwrap_or(LEFT_OUT).to_owned();
            let message = if is_secret { error.unquoted() } else { error.message };
            RenderError::Yaml { template: template.to_owned(), line, message, shown }
        })?;
        match tree {
            Tree::Null => return Ok(()),
            Tree::Map(_) => {}
            _ => {
                let first = part.text.lines().next().filter(|_| !names_secret(part.text));
                let shown = first.unwrap_or(LEFT_OUT).to_owned();
                return Err(RenderError::NoObject { template: template.to_owned(), line: part.line, shown });
            }
        }
        let role = role(&tree);
        let object = Object { template, tree, text: part.text, line: part.line };
        match role {
            Role::Part => self.manifests.push(object),
            Role::Hook(hook) => self.hooks.push((object, hook)),
            Role::Unknown(named) => self.warnings.push(format!("{template}: unknown hook {named:?} left out")),
        }
        Ok(())
    }

    /// Takes the values that the cluster generates out of the objects.
    fn take_generated(&mut self, tokens: &Tokens) -> Result<(), Misplaced> {
        if tokens.is_empty() {
            return Ok(());
        }
        // Most objects hold none, which their text tells at once.
        let concerned = |object: &&mut Object<'_>| tokens.may_be_in(object.text, object.kind() == "Secret");
        let all = self.manifests.iter_mut().chain(self.hooks.iter_mut().map(|(object, _)| object));
        let mut concerned: Vec<&mut Object<'t>> = all.filter(concerned).collect();
        let mut values: Vec<(String, Value)> =
            concerned.iter().map(|object| (object.template.to_owned(), object.tree.to_value())).collect();
        let keys = extract(&mut values, tokens)?;
        for (object, ((_, value), keys)) in concerned.iter_mut().zip(values.into_iter().zip(keys)) {
            object.tree = Tree::from(value);
            if !keys.keys.is_empty() {
                let name = object.tree.text(&["metadata", "name"]).unwrap_or_default();
                self.generated.entry(name.to_owned()).or_default().extend(keys.keys);
            }
        }
        Ok(())
    }
}
