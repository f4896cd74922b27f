//! The writer of `toYamlPretty`: lists are indented below their keys, long lines stay long, numbers are as Go has them.

use super::emit::{Dialect, Emitter, INDENT, Place};
use super::order;

/// What is written.
pub enum Node {
    /// A number, a truth, null or a date, which needs no quotes.
    Plain(String),
    /// Bytes that are not text, in base64.
    Binary(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, whose keys are written in natural order.
    Map(Vec<(String, Node)>),
    /// A mapping whose keys keep their order.
    Struct(Vec<(String, Node)>),
}

/// Writes a value as YAML, with a line break at its end.
pub fn write_pretty(node: Node) -> String {
    let mut emitter = Emitter::new(Dialect::Pretty);
    emitter.pretty(node, Place::Root);
    emitter.finish()
}

impl Emitter {
    fn pretty(&mut self, node: Node, place: Place) {
        match node {
            Node::Plain(text) => self.plain(&text),
            Node::Binary(text) => {
                self.indicator("!!binary", true, false);
                self.text(&text, place);
            }
            Node::Text(text) => self.text(&text, place),
            Node::List(items) if items.is_empty() => self.indicator("[]", true, false),
            Node::Map(entries) | Node::Struct(entries) if entries.is_empty() => self.indicator("{}", true, false),
            Node::List(items) => {
                let outer = self.deeper();
                for item in items {
                    self.write_indent();
                    self.indicator("-", true, true);
                    self.pretty(item, Place::Item);
                }
                self.indent = outer;
            }
            Node::Map(mut entries) => {
                order::sort(&mut entries, |entry| &entry.0, order::less_pretty);
                self.entries(entries);
            }
            Node::Struct(entries) => self.entries(entries),
        }
    }

    fn entries(&mut self, entries: Vec<(String, Node)>) {
        let outer = self.deeper();
        for (key, item) in entries {
            self.key(&key);
            self.pretty(item, Place::Value);
        }
        self.indent = outer;
    }

    fn deeper(&mut self) -> Option<usize> {
        let outer = self.indent;
        self.indent = Some(outer.map_or(0, |indent| indent + INDENT));
        outer
    }
}
