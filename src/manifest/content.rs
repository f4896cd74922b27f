//! What a manifest asks for, as JSON: kept as text, which is small and can be hashed as it is, and shared by the sandboxes
//! that ask for the same. What names the sandbox stands in holes.

use std::sync::Arc;

use super::{Hash, LABEL_BUCKET, LABEL_FLEET, LABEL_SANDBOX, bucket};
use crate::chart::yaml::{Entry, Tree, write_json_string};

/// A canonical object with our labels, but for the names in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// JSON without white space, sorted keys; nothing where the names belong.
    text: Arc<str>,
    /// Where the sandbox's bucket, the fleet's id, the sandbox's name and the namespace belong, in this order; three for an
    /// object that has no namespace.
    holes: Vec<usize>,
}

/// The names that fill the holes, as JSON strings.
#[derive(Clone, Debug)]
pub struct Names([String; 4]);

impl Names {
    /// Those of one sandbox's objects.
    pub fn new(fleet: &str, sandbox: &str, namespace: &str) -> Self {
        let bucket = bucket(sandbox).to_string();
        Self([&bucket, fleet, sandbox, namespace].map(|name| {
            let mut quoted = String::with_capacity(name.len() + 2);
            write_json_string(name, &mut quoted);
            quoted
        }))
    }
}

impl Content {
    /// Of a tree in its canonical form.
    pub fn new(tree: &Tree<'_>, namespaced: bool) -> Self {
        let mut writer = Writer { out: String::with_capacity(512), holes: Vec::with_capacity(4), namespaced };
        writer.object(tree);
        Self { text: writer.out.into(), holes: writer.holes }
    }

    /// The same without a namespace.
    pub fn without_namespace(mut self) -> Self {
        const KEY: &str = ",\"namespace\":";
        if let [_, _, _, at] = *self.holes.as_slice()
            && let Some(start) = at.checked_sub(KEY.len())
        {
            // The labels always come before it, and a comma between.
            self.text = [self.text.get(..start), self.text.get(at..)].into_iter().flatten().collect::<String>().into();
            self.holes.pop();
        }
        self
    }

    /// Whether a word stands anywhere in it.
    pub fn mentions(&self, word: &str) -> bool {
        self.text.contains(word)
    }

    /// The pieces between the holes.
    fn pieces<'a>(&'a self, names: &'a Names) -> impl Iterator<Item = &'a str> {
        let starts = std::iter::once(0).chain(self.holes.iter().copied());
        let ends = self.holes.iter().copied().chain([self.text.len()]);
        let texts = starts.zip(ends).map(|(start, end)| self.text.get(start..end).unwrap_or_default());
        let filled = names.0.iter().take(self.holes.len()).map(String::as_str).chain([""]);
        texts.zip(filled).flat_map(|(text, name)| [text, name])
    }

    /// The object as JSON, with our labels.
    pub fn json(&self, names: &Names) -> String {
        self.pieces(names).collect()
    }

    /// The hash of the object with our labels and of what is generated beside it.
    pub fn hash(&self, names: &Names, generated: &str) -> Hash {
        Hash::of_all(self.pieces(names).chain([generated]))
    }
}

/// Writes an object with the places of our names in it.
struct Writer {
    out: String,
    holes: Vec<usize>,
    namespaced: bool,
}

impl Writer {
    fn object(&mut self, tree: &Tree<'_>) {
        self.merged(tree, &["metadata"], |writer, key, value| match key {
            "metadata" => writer.metadata(value.unwrap_or(&Tree::Null)),
            _ => writer.value(value),
        });
    }

    fn metadata(&mut self, tree: &Tree<'_>) {
        let ours: &[&str] = if self.namespaced { &["labels", "namespace"] } else { &["labels"] };
        self.merged(tree, ours, |writer, key, value| match key {
            "labels" => writer.labels(value.unwrap_or(&Tree::Null)),
            "namespace" if writer.namespaced => writer.holes.push(writer.out.len()),
            _ => writer.value(value),
        });
    }

    fn labels(&mut self, tree: &Tree<'_>) {
        self.merged(tree, &[LABEL_BUCKET, LABEL_FLEET, LABEL_SANDBOX], |writer, key, value| match key {
            LABEL_BUCKET | LABEL_FLEET | LABEL_SANDBOX => writer.holes.push(writer.out.len()),
            _ => writer.value(value),
        });
    }

    fn value(&mut self, value: Option<&Tree<'_>>) {
        if let Some(value) = value {
            value.write_json(&mut self.out);
        }
    }

    /// A mapping, with further keys at their places among its own, in order. What is no mapping counts as an empty one.
    fn merged(&mut self, tree: &Tree<'_>, further: &[&str], each: impl Fn(&mut Self, &str, Option<&Tree<'_>>)) {
        let own: &[Entry<'_>] = tree.entries().map(crate::chart::yaml::Entries::as_slice).unwrap_or_default();
        let mut own = own.iter().peekable();
        let mut further = further.iter().peekable();
        self.out.push('{');
        let mut is_first = true;
        loop {
            let key: &str = match (own.peek().copied(), further.peek().copied()) {
                (None, None) => break,
                (Some((key, _)), None) => key,
                (None, Some(further)) => further,
                (Some((key, _)), Some(further)) => (&**key).min(further),
            };
            let value = own.next_if(|(own, _)| *own == key).map(|(_, value)| value);
            further.next_if(|further| **further == key);
            if !std::mem::take(&mut is_first) {
                self.out.push(',');
            }
            write_json_string(key, &mut self.out);
            self.out.push(':');
            each(self, key, value);
        }
        self.out.push('}');
    }
}
