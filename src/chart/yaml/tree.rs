//! A document as a tree that borrows its words from the text: what a manifest is while it is rendered, for a tree of
//! owned strings and search trees costs more than all else that is done with it.

use std::borrow::Cow;

use serde_json::{Number, Value};

/// A node. Equal documents have equal trees.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree<'t> {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Tree<'t>>),
    /// A mapping.
    Map(Entries<'t>),
}

/// The entries of a mapping, in the order of their keys, each of which is there once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entries<'t>(Vec<Entry<'t>>);

/// A key and its value.
pub type Entry<'t> = (Cow<'t, str>, Tree<'t>);

impl<'t> Entries<'t> {
    /// Sorts entries; `None` where a key is given twice.
    pub(super) fn sorted(mut entries: Vec<Entry<'t>>) -> Option<Self> {
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            if entries.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return None;
            }
        }
        Some(Self(entries))
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| (**own).cmp(key))
    }

    /// The entries as they are.
    pub fn as_slice(&self) -> &[Entry<'t>] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Tree<'t>> {
        self.place(key).ok().map(|at| &self.0[at].1)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Tree<'t>> {
        self.place(key).ok().map(|at| &mut self.0[at].1)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &str) -> Option<Tree<'t>> {
        self.place(key).ok().map(|at| self.0.remove(at).1)
    }

    /// Puts an entry in, over what is there.
    pub fn insert(&mut self, key: Cow<'t, str>, value: Tree<'t>) {
        match self.place(&key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// Leaves those entries whose values are wanted, and lets them be changed.
    pub fn retain(&mut self, mut wanted: impl FnMut(&mut Tree<'t>) -> bool) {
        self.0.retain_mut(|(_, value)| wanted(value));
    }
}

impl<'t> IntoIterator for Entries<'t> {
    type Item = Entry<'t>;
    type IntoIter = std::vec::IntoIter<Entry<'t>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'t> Tree<'t> {
    /// The value of a key, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Tree<'t>> {
        self.entries()?.get(key)
    }

    /// What is at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Tree<'t>> {
        path.iter().try_fold(self, |tree, key| tree.get(key))
    }

    /// The text at the end of a path of keys; an empty path is this node.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        match self.at(path)? {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entries, where this is a mapping.
    pub fn entries(&self) -> Option<&Entries<'t>> {
        match self {
            Tree::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entries, to be changed.
    pub fn entries_mut(&mut self) -> Option<&mut Entries<'t>> {
        match self {
            Tree::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, where this is a list.
    pub fn items(&self) -> Option<&[Tree<'t>]> {
        match self {
            Tree::List(items) => Some(items),
            _ => None,
        }
    }

    /// The tree of a value, whose words it borrows.
    pub fn of(value: &'t Value) -> Self {
        match value {
            Value::Null => Tree::Null,
            Value::Bool(truth) => Tree::Bool(*truth),
            Value::Number(number) => Tree::Number(number.clone()),
            Value::String(text) => Tree::Text(Cow::Borrowed(text)),
            Value::Array(items) => Tree::List(items.iter().map(Tree::of).collect()),
            // The map is sorted, as this one is.
            Value::Object(map) => Tree::Map(Entries(
                map.iter().map(|(key, value)| (Cow::Borrowed(key.as_str()), Tree::of(value))).collect(),
            )),
        }
    }

    /// The value of this tree.
    pub fn to_value(&self) -> Value {
        match self {
            Tree::Null => Value::Null,
            Tree::Bool(truth) => Value::Bool(*truth),
            Tree::Number(number) => Value::Number(number.clone()),
            Tree::Text(text) => Value::String(text.as_ref().to_owned()),
            Tree::List(items) => Value::Array(items.iter().map(Tree::to_value).collect()),
            Tree::Map(Entries(entries)) => {
                Value::Object(entries.iter().map(|(key, value)| (key.as_ref().to_owned(), value.to_value())).collect())
            }
        }
    }

    /// Writes it as JSON without white space, as `serde_json` does.
    pub fn write_json(&self, out: &mut String) {
        match self {
            Tree::Null => out.push_str("null"),
            Tree::Bool(true) => out.push_str("true"),
            Tree::Bool(false) => out.push_str("false"),
            Tree::Number(number) => out.push_str(&number.to_string()),
            Tree::Text(text) => write_json_string(text, out),
            Tree::List(items) => {
                out.push('[');
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Tree::Map(Entries(entries)) => {
                out.push('{');
                for (position, (key, value)) in entries.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    write_json_string(key, out);
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }
}

impl From<Value> for Tree<'static> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Tree::Null,
            Value::Bool(truth) => Tree::Bool(truth),
            Value::Number(number) => Tree::Number(number),
            Value::String(text) => Tree::Text(Cow::Owned(text)),
            Value::Array(items) => Tree::List(items.into_iter().map(Tree::from).collect()),
            Value::Object(map) => {
                Tree::Map(Entries(map.into_iter().map(|(key, value)| (Cow::Owned(key), Tree::from(value))).collect()))
            }
        }
    }
}

/// Writes a text as a string of JSON, with no more escapes than it must have.
pub fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // Most have nothing special, which is told many bytes at a time.
    let is_special = |byte: &u8| u8::from(*byte < b' ') | u8::from(*byte == b'"') | u8::from(*byte == b'\\');
    if text.as_bytes().iter().fold(0, |special, byte| special | is_special(byte)) == 0 {
        out.push_str(text);
        out.push('"');
        return;
    }
    while let Some(at) = rest.as_bytes().iter().position(|byte| is_special(byte) != 0) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let (special, after) = special.split_at(1);
        match special {
            "\"" => out.push_str("\\\""),
            "\\" => out.push_str("\\\\"),
            "\n" => out.push_str("\\n"),
            "\r" => out.push_str("\\r"),
            "\t" => out.push_str("\\t"),
            "\u{8}" => out.push_str("\\b"),
            "\u{c}" => out.push_str("\\f"),
            other => out.extend(other.bytes().map(|byte| format!("\\u{byte:04x}"))),
        }
        rest = after;
    }
    out.push_str(rest);
    out.push('"');
}
