//! Reading TOML so that every error of a file is found in one go, each at its bytes.
//!
//! serde stops at the first error, so the tree is walked here: a [`Section`] is asked for its keys one by one,
//! each reader notes what is wrong in the [`Reader`], and what nobody asked for is an unknown key.

use std::collections::BTreeSet;
use std::ops::Range;
use std::str::FromStr;

use jiff::Timestamp;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Invalid, Level, Position};

/// A value and where it stands.
pub(super) type Node<'i> = Spanned<DeValue<'i>>;

/// One file while it is read, and what was found wrong in it.
pub(super) struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    /// Lines that are no TOML; what follows from them is not said again.
    garbled: BTreeSet<usize>,
    /// The first line that is a table's header, but garbled: the keys below it are taken into another table.
    garbled_header: Option<usize>,
    found: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// Parses the text; syntax errors are noted, and the rest of the file is read nevertheless.
    pub fn open(path: &'a str, text: &'a str) -> (Reader<'a>, Spanned<DeTable<'a>>) {
        let (tree, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader { path, text, garbled: BTreeSet::new(), garbled_header: None, found: Vec::new() };
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let at = Position::of(text, &span);
            // The parser stumbles several times over one bad line; its first word on it is the useful one.
            if reader.garbled.insert(at.line) {
                if at.source.trim_start().starts_with('[') {
                    reader.garbled_header = reader.garbled_header.or(Some(at.line));
                }
                let message = error.message().trim().to_owned();
                reader.found.push(Diagnostic::error(path, message).at(at).hint("mend the line: it is not valid TOML"));
            }
        }
        (reader, tree)
    }

    /// Notes an error at a place.
    pub fn error(&mut self, span: Range<usize>, why: Invalid) {
        let at = Position::of(self.text, &span);
        if !self.garbled.contains(&at.line) {
            self.found.push(Diagnostic {
                path: self.path.to_owned(),
                level: Level::Error,
                at: Some(at),
                message: why.message,
                hint: why.hint,
            });
        }
    }

    /// Whether what stands here belongs to a table whose header is garbled.
    fn is_displaced(&self, span: Range<usize>) -> bool {
        self.garbled_header.is_some_and(|line| Position::of(self.text, &span).line > line)
    }

    /// Notes that a key is missing; said only of files that parse, since the key may be on the garbled line.
    fn missing(&mut self, span: Range<usize>, why: Invalid) {
        if self.garbled.is_empty() {
            self.error(span, why);
        }
    }

    /// Everything found, in the order of the lines.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|found| found.at.as_ref().map(|at| (at.line, at.column)));
        self.found
    }
}

/// One table while its keys are asked for.
pub(super) struct Section<'t, 'i> {
    table: &'t DeTable<'i>,
    span: Range<usize>,
    /// As a reader of the file would name it: `[pin]`, or nothing for the top.
    title: &'static str,
    asked: Vec<&'static str>,
}

impl<'t, 'i> Section<'t, 'i> {
    /// The top of a file.
    pub fn top(tree: &'t Spanned<DeTable<'i>>) -> Section<'t, 'i> {
        Section { table: tree.get_ref(), span: 0..0, title: "", asked: Vec::new() }
    }

    /// A table by itself; what is none is noted.
    pub fn of(reader: &mut Reader<'_>, node: &'t Node<'i>, title: &'static str) -> Option<Section<'t, 'i>> {
        Some(Section { table: table(reader, node)?, span: node.span(), title, asked: Vec::new() })
    }

    /// A table below it, where there is one; what is no table is noted.
    pub fn section(
        &mut self,
        reader: &mut Reader<'_>,
        key: &'static str,
        title: &'static str,
    ) -> Option<Section<'t, 'i>> {
        let node = self.get(key)?;
        Some(Section { table: table(reader, node)?, span: node.span(), title, asked: Vec::new() })
    }

    /// The value of a key, where it is there.
    pub fn get(&mut self, key: &'static str) -> Option<&'t Node<'i>> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// Reads a key that may be absent.
    pub fn optional<T>(
        &mut self,
        reader: &mut Reader<'_>,
        key: &'static str,
        read: impl FnOnce(&mut Reader<'_>, &Node<'_>) -> Option<T>,
    ) -> Option<T> {
        self.get(key).and_then(|node| read(reader, node))
    }

    /// Reads a key that must be there; `example` shows how.
    pub fn required<T>(
        &mut self,
        reader: &mut Reader<'_>,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&mut Reader<'_>, &Node<'_>) -> Option<T>,
    ) -> Option<T> {
        if let Some(node) = self.get(key) {
            return read(reader, node);
        }
        let place = match self.title {
            "" => String::new(),
            title => format!(" in {title}"),
        };
        let why = Invalid::new(format!("`{key}` is missing{place}")).hint(format!("add `{key} = {example}`"));
        reader.missing(self.span.clone(), why);
        None
    }

    /// Notes every key that nobody asked for. `top` are the keys of the file's top, which TOML
    /// takes into a table when they are written below its header.
    pub fn finish(self, reader: &mut Reader<'_>, top: &[&str]) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let place = match self.title {
                "" => String::new(),
                title => format!(" in {title}"),
            };
            let hint = if top.contains(&name) {
                format!("`{name}` belongs at the top of the file, above the first `[table]`")
            } else {
                nearest(name, &self.asked)
            };
            let why = Invalid::new(format!("unknown key `{name}`{place}")).hint(hint);
            if !reader.is_displaced(key.span()) {
                reader.error(key.span(), why);
            }
        }
    }
}

/// `did you mean …`, or where nothing is near, all that there is.
pub(super) fn nearest(name: &str, known: &[&str]) -> String {
    let name = name.to_lowercase();
    let best = known.iter().map(|key| (strsim::jaro_winkler(&name, key), key)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((likeness, key)) if likeness >= 0.75 => format!("did you mean `{key}`?"),
        _ => format!("known here: {}", known.join(", ")),
    }
}

/// A table.
pub(super) fn table<'t, 'i>(reader: &mut Reader<'_>, node: &'t Node<'i>) -> Option<&'t DeTable<'i>> {
    let found = node.get_ref().as_table();
    if found.is_none() {
        wrong_type(reader, node, "a table");
    }
    found
}

/// A string, not empty.
pub(super) fn string(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<String> {
    let Some(text) = node.get_ref().as_str() else {
        wrong_type(reader, node, "a string");
        return None;
    };
    if text.trim().is_empty() {
        reader.error(node.span(), Invalid::new("this is empty"));
        return None;
    }
    Some(text.to_owned())
}

/// A string that is parsed into something.
pub(super) fn parsed<T: FromStr<Err = Invalid>>(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<T> {
    checked(reader, node, str::parse)
}

/// A string that passes a check.
pub(super) fn checked<T>(
    reader: &mut Reader<'_>,
    node: &Node<'_>,
    check: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Option<T> {
    let text = string(reader, node)?;
    check(&text).map_err(|why| reader.error(node.span(), why)).ok()
}

/// A whole number from 0.
pub(super) fn count(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<u32> {
    let Some(number) = node.get_ref().as_integer() else {
        wrong_type(reader, node, "a whole number");
        return None;
    };
    let read = u32::from_str_radix(number.as_str(), number.radix()).ok();
    if read.is_none() {
        reader.error(node.span(), Invalid::new(format!("must be a whole number from 0 to {}", u32::MAX)));
    }
    read
}

/// A list; each item is read, and every bad one is noted.
pub(super) fn list<T>(
    reader: &mut Reader<'_>,
    node: &Node<'_>,
    mut read: impl FnMut(&mut Reader<'_>, &Node<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(items) = node.get_ref().as_array() else {
        wrong_type(reader, node, "a list");
        return None;
    };
    let mut good = Vec::new();
    let mut all_good = true;
    for item in items {
        match read(reader, item) {
            Some(item) => good.push(item),
            None => all_good = false,
        }
    }
    all_good.then_some(good)
}

/// `true` or `false`.
pub(super) fn boolean(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<bool> {
    let read = node.get_ref().as_bool();
    if read.is_none() {
        wrong_type(reader, node, "true or false");
    }
    read
}

/// A date with its offset, as TOML writes it or as a string.
pub(super) fn date(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Timestamp> {
    const EXAMPLE: &str = "write a date, a time and an offset: 2026-12-01T18:00:00+08:00";
    let text = match node.get_ref() {
        DeValue::Datetime(date) if date.date.is_none() || date.time.is_none() || date.offset.is_none() => {
            let why = Invalid::new("a date here needs its time and offset").hint(EXAMPLE);
            reader.error(node.span(), why);
            return None;
        }
        DeValue::Datetime(date) => date.to_string(),
        DeValue::String(text) => text.to_string(),
        _ => {
            wrong_type(reader, node, "a date");
            return None;
        }
    };
    let date = text.parse().ok();
    if date.is_none() {
        reader.error(node.span(), Invalid::new(format!("`{text}` is not a date")).hint(EXAMPLE));
    }
    date
}

/// Notes that a value has another type than it should.
pub(super) fn wrong_type(reader: &mut Reader<'_>, node: &Node<'_>, wanted: &str) {
    let found = match node.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    reader.error(node.span(), Invalid::new(format!("expected {wanted}, found {found}")));
}
