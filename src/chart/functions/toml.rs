//! `toToml`, as the Go library that Helm uses writes it: plain keys first, then tables, each level indented by two
//! spaces. `fromToml` is in `tomlread`.

use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Fault, Field, IntKind, Object, Record, Value, format_float};
use std::fmt::Write as _;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("toToml", &[Ty::Any], to_toml).pass(),
    Func::new("fromToml", &[Ty::Str], super::tomlread::from_toml).pass(),
];

/// Nested deeper than this a value holds itself.
const MAX_DEPTH: usize = 250;

fn to_toml(call: &mut Call<'_, '_, '_>) -> Outcome {
    if call.value(0).is_nil() {
        return Err("reflect: call of reflect.Value.Type on zero Value".into());
    }
    let mut writer = Writer { call, out: String::new() };
    let done = match node(writer.call.value(0), 0) {
        Ok(node) => writer.encode(&mut Vec::new(), &node),
        Err(stop) => Err(stop),
    };
    let out = writer.out;
    match done {
        Ok(()) => Ok(out.into()),
        Err(Stop::Message(message)) => Ok(message.into()),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

enum Stop {
    /// What Go says, which is what Helm gives.
    Message(String),
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn stop<T>(message: &str) -> Result<T, Stop> {
    Err(Stop::Message(message.to_owned()))
}

/// A value as TOML sees it.
enum Node {
    Nil,
    Scalar(String),
    Array(Vec<Node>),
    Table {
        entries: Vec<(String, Node)>,
        is_struct: bool,
    },
    /// What has no place in TOML, by its kind.
    Other(&'static str),
}

impl Node {
    /// Whether it is written under a heading of its own. An array with a nil is refused here.
    fn is_table(&self) -> Result<bool, Stop> {
        match self {
            Self::Table { .. } => Ok(true),
            Self::Array(_) => self.is_table_array(),
            Self::Other(kind) => stop(&format!("unsupported type: {kind}")),
            Self::Nil | Self::Scalar(_) => Ok(false),
        }
    }

    fn is_table_array(&self) -> Result<bool, Stop> {
        let Self::Array(items) = self else { return Ok(false) };
        let mut all = !items.is_empty();
        for item in items {
            if matches!(item, Self::Nil) {
                return stop("toml: cannot encode array with nil element");
            }
            item.is_table()?;
            all = all && matches!(item, Self::Table { .. });
        }
        Ok(all)
    }
}

fn node(value: &Value, depth: usize) -> Result<Node, Stop> {
    if depth > MAX_DEPTH {
        return Err(Fault::bound("the value is nested too deeply for TOML").into());
    }
    Ok(match value {
        Value::Absent | Value::Nil => Node::Nil,
        Value::Bool(b) => Node::Scalar(b.to_string()),
        Value::Int(i, kind @ IntKind::Named("time.Duration")) => {
            Node::Scalar(text(&super::times::text(*i, *kind).unwrap_or_default()))
        }
        Value::Int(i, _) => Node::Scalar(i.to_string()),
        Value::Float(f) => Node::Scalar(float(*f)),
        Value::Str(s) => Node::Scalar(text(&s.text())),
        Value::Bytes(bytes) => Node::Array(bytes.iter().map(|b| Node::Scalar(b.to_string())).collect()),
        // A nil slice is written where nothing holds it, as an empty one.
        Value::List(list) if list.is_nil() && depth > 0 => Node::Nil,
        Value::List(list) => {
            let items = list.items().iter().map(|item| node(item, depth + 1));
            Node::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Map(map) if map.is_nil() => Node::Nil,
        Value::Map(map) => {
            let entries =
                map.snapshot().into_iter().map(|(name, item)| Ok((name.to_string(), node(&item, depth + 1)?)));
            Node::Table { entries: entries.collect::<Result<_, Stop>>()?, is_struct: false }
        }
        Value::Object(object) => self::object(object, depth)?,
        Value::Complex(..) => Node::Other("complex128"),
    })
}

fn object(object: &Object, depth: usize) -> Result<Node, Stop> {
    Ok(match object {
        Object::Record(record) if record.text_is_json => {
            Node::Scalar(text(&record.text.as_ref().map(|text| text.text().into_owned()).unwrap_or_default()))
        }
        Object::Record(record) => record_node(record, depth)?,
        Object::Files(files) => {
            let entries = files.iter();
            let entries =
                entries.map(|(path, bytes)| Ok((path.to_string(), node(&Value::Bytes(bytes.clone()), depth + 1)?)));
            Node::Table { entries: entries.collect::<Result<_, Stop>>()?, is_struct: false }
        }
        Object::Versions(versions) => Node::Array(versions.iter().map(|v| Node::Scalar(text(v))).collect()),
        Object::Time(time) => Node::Scalar(super::dates::toml(time)),
        Object::Zone(_) => Node::Table { entries: Vec::new(), is_struct: true },
    })
}

fn record_node(record: &Record, depth: usize) -> Result<Node, Stop> {
    let entries =
        record.fields.iter().map(|Field { name, value, .. }| Ok(((*name).to_owned(), node(value, depth + 1)?)));
    Ok(Node::Table { entries: entries.collect::<Result<_, Stop>>()?, is_struct: true })
}

struct Writer<'c, 'a, 'r, 's> {
    call: &'c mut Call<'a, 'r, 's>,
    out: String,
}

impl Writer<'_, '_, '_, '_> {
    fn newline(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn indent(&mut self, path: &[String]) {
        for _ in 1..path.len() {
            self.out.push_str("  ");
        }
    }

    fn encode(&mut self, path: &mut Vec<String>, node: &Node) -> Result<(), Stop> {
        self.call.run.step(1)?;
        self.call.room(self.out.len())?;
        match node {
            Node::Nil => Ok(()),
            Node::Scalar(_) => self.key_value(path, node, false),
            Node::Array(items) => {
                if !node.is_table_array()? {
                    return self.key_value(path, node, false);
                }
                if path.is_empty() {
                    return stop("toml: top-level values must be Go maps or structs");
                }
                for item in items {
                    self.newline();
                    self.indent(path);
                    let _ = write!(self.out, "[[{}]]", path.join("."));
                    self.newline();
                    self.entries(path, item, false)?;
                }
                Ok(())
            }
            Node::Table { .. } => {
                if path.len() == 1 {
                    self.newline();
                }
                if !path.is_empty() {
                    self.indent(path);
                    let _ = write!(self.out, "[{}]", path.join("."));
                    self.newline();
                }
                self.entries(path, node, false)
            }
            Node::Other(kind) => {
                let path = path.join(".");
                stop(&format!("unsupported type for key '{path}': {kind}"))
            }
        }
    }

    fn entries(&mut self, path: &mut Vec<String>, node: &Node, inline: bool) -> Result<(), Stop> {
        let Node::Table { entries, is_struct } = node else { return Ok(()) };
        let mut direct = Vec::new();
        let mut tables = Vec::new();
        for (i, (name, item)) in entries.iter().enumerate() {
            if item.is_table()? { tables.push((i, name, item)) } else { direct.push((i, name, item)) }
        }
        let more = !tables.is_empty();
        for (part, trails) in [(direct, more), (tables, false)] {
            let count = part.len();
            for (n, (i, name, item)) in part.into_iter().enumerate() {
                if matches!(item, Node::Nil) {
                    continue;
                }
                path.push(key(name));
                if inline {
                    // The comma goes by the place of the entry, though entries that are nil are left out after it.
                    let is_last = if *is_struct { i + 1 == entries.len() } else { !trails && n + 1 == count };
                    let own = path.split_off(path.len() - 1);
                    self.key_value(&own, item, true)?;
                    path.extend(own);
                    if !is_last {
                        self.out.push_str(", ");
                    }
                } else {
                    self.encode(path, item)?;
                }
                path.pop();
            }
        }
        Ok(())
    }

    fn key_value(&mut self, path: &[String], node: &Node, inline: bool) -> Result<(), Stop> {
        if let Some(own) = path.last() {
            self.indent(path);
            let _ = write!(self.out, "{own} = ");
        }
        self.element(node)?;
        if !inline && !path.is_empty() {
            self.newline();
        }
        Ok(())
    }

    fn element(&mut self, node: &Node) -> Result<(), Stop> {
        self.call.run.step(1)?;
        match node {
            Node::Scalar(text) => self.out.push_str(text),
            Node::Array(items) => {
                self.out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.out.push_str(", ");
                    }
                    self.element(item)?;
                }
                self.out.push(']');
            }
            Node::Table { .. } => {
                self.out.push('{');
                self.entries(&mut Vec::new(), node, true)?;
                self.out.push('}');
            }
            Node::Nil => return Err(Fault::from("reflect: call of reflect.Value.Interface on zero Value").into()),
            Node::Other(kind) => return stop(&format!("unexpected type: {kind}")),
        }
        Ok(())
    }
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { name.to_owned() } else { text(name) }
}

fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        // Writing to a String cannot fail.
        let _ = match c {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\u{8}' => out.write_str("\\b"),
            '\t' => out.write_str("\\t"),
            '\n' => out.write_str("\\n"),
            '\u{c}' => out.write_str("\\f"),
            '\r' => out.write_str("\\r"),
            '\0'..='\u{1f}' | '\u{7f}' => write!(out, "\\u{:04x}", u32::from(c)),
            c => out.write_char(c),
        };
    }
    out.push('"');
    out
}

fn float(f: f64) -> String {
    let sign = if f.is_sign_negative() { "-" } else { "" };
    if f.is_nan() {
        return format!("{sign}nan");
    }
    if f.is_infinite() {
        return format!("{sign}inf");
    }
    let shown = format_float(f, 'g', None);
    // Without a point or an exponent it would be an integer.
    if shown.contains(['.', 'e']) { shown } else { format!("{shown}.0") }
}
