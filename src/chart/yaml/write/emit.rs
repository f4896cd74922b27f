//! Writing YAML with the bytes of `sigs.k8s.io/yaml`: keys in natural order, sequences not indented
//! under their key, lines folded after 80 columns. The scalars' styles are in `scalar`.

use serde_json::{Map, Number, Value};

use super::{
    super::{
        number,
        resolve::{Scalar, is_base60, resolve},
    },
    order,
    scalar::{Facts, Style},
};

/// Columns after which a scalar is folded at its next single space.
const BEST_WIDTH: usize = 80;
/// Columns of one level of indentation.
pub(super) const INDENT: usize = 2;
/// A key of more bytes than this gets a line of its own, after `?`.
const SIMPLE_KEY: usize = 128;

/// Writes a value as YAML, with a line break at its end.
pub fn write(value: &Value) -> String {
    let mut emitter = Emitter::new(Dialect::Usual);
    emitter.node(value, Place::Root);
    emitter.finish()
}

/// The two writers that Helm has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// That of `toYaml`, of go-yaml's second edition.
    Usual,
    /// That of `toYamlPretty`, of its third: no line is folded, a tab needs no quotes in a block.
    Pretty,
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Item,
    Value,
    /// A key on the line of its value.
    SimpleKey,
    /// A key on a line of its own.
    LongKey,
}

/// What has been written, and how the next token joins it.
pub(super) struct Emitter {
    out: String,
    /// Characters since the last line break.
    pub(super) column: usize,
    /// The current indentation; nothing at the root.
    pub(super) indent: Option<usize>,
    dialect: Dialect,
    /// Whether the last thing written separates tokens.
    pub(super) whitespace: bool,
    /// Whether only indentation and `-`, `?`, `:` are on this line.
    pub(super) indention: bool,
}

impl Emitter {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { out: String::new(), column: 0, indent: None, dialect, whitespace: true, indention: true }
    }

    pub(super) fn finish(mut self) -> String {
        self.write_indent();
        self.out
    }

    fn node(&mut self, value: &Value, place: Place) {
        match value {
            Value::Object(map) if map.is_empty() => self.indicator("{}", true, false),
            Value::Array(items) if items.is_empty() => self.indicator("[]", true, false),
            Value::Object(map) => self.mapping(map),
            Value::Array(items) => self.sequence(items, place),
            Value::String(text) => self.text(text, place),
            Value::Null => self.plain("null"),
            Value::Bool(value) => self.plain(if *value { "true" } else { "false" }),
            Value::Number(value) => self.plain(&number_text(value)),
        }
    }

    fn mapping(&mut self, map: &Map<String, Value>) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(0, |indent| indent + INDENT));
        let mut entries: Vec<(&str, &Value)> = map.iter().map(|(k, v)| (k.as_str(), v)).collect();
        order::sort(&mut entries, |entry| entry.0, order::less);
        for (key, value) in entries {
            self.key(key);
            self.node(value, Place::Value);
        }
        self.indent = outer;
    }

    /// A key and its colon.
    pub(super) fn key(&mut self, key: &str) {
        self.write_indent();
        let facts = self.facts(key);
        if key.len() <= SIMPLE_KEY && !facts.multiline {
            self.text_with(key, facts, Place::SimpleKey);
            self.indicator(":", false, false);
        } else {
            self.indicator("?", true, true);
            self.text_with(key, facts, Place::LongKey);
            self.write_indent();
            self.indicator(":", true, true);
        }
    }

    fn facts(&self, text: &str) -> Facts {
        Facts::of(text, self.dialect == Dialect::Pretty)
    }

    fn sequence(&mut self, items: &[Value], place: Place) {
        let outer = self.indent;
        let under_key = place == Place::Value && !self.indention;
        self.indent = Some(match outer {
            None => 0,
            Some(indent) if under_key => indent,
            Some(indent) => indent + INDENT,
        });
        for item in items {
            self.write_indent();
            self.indicator("-", true, true);
            self.node(item, Place::Item);
        }
        self.indent = outer;
    }

    /// Writes a string in the first style that keeps it a string and keeps its characters.
    pub(super) fn text(&mut self, text: &str, place: Place) {
        self.text_with(text, self.facts(text), place);
    }

    fn text_with(&mut self, text: &str, facts: Facts, place: Place) {
        let is_text = matches!(resolve(text), Scalar::Text { timestamp: false }) && !is_base60(text);
        if facts.word && is_text {
            return self.plain(text);
        }
        let wish = if text.contains('\n') {
            Style::Literal
        } else if is_text {
            Style::Plain
        } else {
            Style::Double
        };
        let outer = self.indent;
        self.indent = Some(outer.map_or(INDENT, |indent| indent + INDENT));
        let simple = place == Place::SimpleKey;
        match facts.style(wish, simple) {
            Style::Plain => self.write_plain(text, !simple),
            Style::Single => self.write_single(text, !simple),
            Style::Double => self.write_double(text, !simple),
            Style::Literal => self.write_literal(text),
        }
        self.indent = outer;
    }

    /// Writes a scalar that needs neither quotes nor folding.
    pub(super) fn plain(&mut self, text: &str) {
        self.separate();
        self.push_str(text);
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes punctuation: after a space where it needs one.
    pub(super) fn indicator(&mut self, text: &str, needs_space: bool, is_indention: bool) {
        if needs_space {
            self.separate();
        }
        self.push_str(text);
        self.whitespace = false;
        self.indention = self.indention && is_indention;
    }

    /// Puts a space between two tokens.
    pub(super) fn separate(&mut self) {
        if !self.whitespace {
            self.push(' ');
        }
    }

    /// Goes to the current indentation, on a new line unless this one holds nothing else.
    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break();
        }
        while self.column < indent {
            self.push(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    pub(super) fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Writes a line break of the text itself, which may be one of Unicode's.
    pub(super) fn text_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
    }

    pub(super) fn push(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    pub(super) fn push_str(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += if text.is_ascii() { text.len() } else { text.chars().count() };
    }

    /// Whether the line is long enough to be folded.
    pub(super) fn is_full(&self) -> bool {
        self.dialect == Dialect::Usual && self.column > BEST_WIDTH
    }
}

/// A number as it comes out of JSON and go-yaml: integral values without a fraction or an exponent
/// while 64 bits hold them.
fn number_text(number: &Number) -> String {
    let Some(value) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    if let Some(whole) = number::integral(value) {
        return whole.to_string();
    }
    number::general(value)
}
