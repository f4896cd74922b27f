//! TOML in and out. Out as the Go library that Helm uses writes it: plain keys first, then tables,
//! each level indented by two spaces.

use super::builtin::new_map;
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Fault, List, ListKind, Map, Value, format_float};
use std::fmt::Write as _;

pub(super) const FUNCTIONS: &[Func] =
    &[Func::new("toToml", &[Ty::Any], to_toml).pass(), Func::new("fromToml", &[Ty::Str], from_toml).pass()];

/// Nested deeper than this a value holds itself.
const MAX_DEPTH: usize = 250;

fn to_toml(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut out = String::new();
    let done = match call.value(0) {
        Value::Map(map) => table(call, &mut out, (map, &mut Vec::new())),
        other => inline(call, &mut out, other, 0),
    };
    match done {
        Ok(()) => Ok(out.into()),
        Err(Stop::Message(message)) => Ok(message.into()),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

enum Stop {
    Message(String),
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Whether a value is written as a table of its own: a map, or a list of maps.
fn is_table(value: &Value) -> bool {
    match value {
        Value::Map(_) => true,
        Value::List(list) => !list.is_empty() && list.items().iter().all(|item| matches!(item, Value::Map(_))),
        _ => false,
    }
}

fn table(call: &mut Call<'_, '_, '_>, out: &mut String, (map, path): (&Map, &mut Vec<String>)) -> Result<(), Stop> {
    if path.len() > MAX_DEPTH {
        return Err(Fault::bound("the value is nested too deeply for TOML").into());
    }
    let entries = map.snapshot();
    let indent = "  ".repeat(path.len());
    for (name, value) in entries.iter().filter(|(_, value)| !is_table(value)) {
        call.run.step(1)?;
        if value.is_nil() {
            continue;
        }
        let _ = write!(out, "{indent}{} = ", key(name));
        inline(call, out, value, path.len())?;
        out.push('\n');
        call.room(out.len())?;
    }
    for (name, value) in entries.iter().filter(|(_, value)| is_table(value)) {
        call.run.step(1)?;
        path.push(key(name));
        let indent = "  ".repeat(path.len() - 1);
        match value {
            Value::Map(inner) => {
                if path.len() == 1 && !out.is_empty() {
                    out.push('\n');
                }
                let _ = writeln!(out, "{indent}[{}]", path.join("."));
                table(call, out, (inner, path))?;
            }
            Value::List(list) => {
                for item in list.items() {
                    if let Value::Map(inner) = item {
                        if !out.is_empty() {
                            out.push('\n');
                        }
                        let _ = writeln!(out, "{indent}[[{}]]", path.join("."));
                        table(call, out, (inner, path))?;
                    }
                }
            }
            _ => {}
        }
        path.pop();
        call.room(out.len())?;
    }
    Ok(())
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { name.to_owned() } else { text(name) }
}

fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
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

fn inline(call: &mut Call<'_, '_, '_>, out: &mut String, value: &Value, depth: usize) -> Result<(), Stop> {
    call.run.step(1)?;
    if depth > MAX_DEPTH {
        return Err(Fault::bound("the value is nested too deeply for TOML").into());
    }
    match value {
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(i, _) => out.push_str(&i.to_string()),
        Value::Float(f) => out.push_str(&float(*f)),
        Value::Str(s) => out.push_str(&text(&s.text())),
        Value::List(list) => {
            out.push('[');
            for (i, item) in list.items().iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                if item.is_nil() {
                    return Err(Stop::Message("toml: cannot encode array with nil element".to_owned()));
                }
                inline(call, out, item, depth + 1)?;
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            let entries = map.snapshot();
            let mut first = true;
            for (name, item) in entries.iter().filter(|(_, item)| !item.is_nil()) {
                if !std::mem::take(&mut first) {
                    out.push_str(", ");
                }
                let _ = write!(out, "{} = ", key(name));
                inline(call, out, item, depth + 1)?;
            }
            out.push('}');
        }
        other => return Err(Stop::Message(format!("unsupported type for key '': {}", other.kind_name()))),
    }
    Ok(())
}

fn float(f: f64) -> String {
    if f.is_nan() {
        return "nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let shown = format_float(f, 'g', None);
    // Without a point or an exponent it would be an integer.
    if shown.contains(['.', 'e']) { shown } else { format!("{shown}.0") }
}

fn from_toml(call: &mut Call<'_, '_, '_>) -> Outcome {
    let text = call.text(0);
    call.reading(text.len())?;
    match ::toml::from_str::<::toml::Table>(&text) {
        Ok(table) => Ok(read_table(&table)),
        Err(error) => Ok(new_map([("Error", Value::from(format!("toml: {}", error.message())))])),
    }
}

fn read_table(table: &::toml::Table) -> Value {
    new_map(table.iter().map(|(key, value)| (key.as_str(), read_value(value))))
}

fn read_value(value: &::toml::Value) -> Value {
    use ::toml::Value as Toml;
    match value {
        Toml::String(text) => text.as_str().into(),
        Toml::Integer(i) => Value::int64(*i),
        Toml::Float(f) => Value::Float(*f),
        Toml::Boolean(b) => Value::Bool(*b),
        Toml::Datetime(time) => time.to_string().into(),
        Toml::Array(items) => {
            let tables = !items.is_empty() && items.iter().all(Toml::is_table);
            let kind = if tables { ListKind::Named("[]map[string]interface {}") } else { ListKind::Any };
            Value::List(List::new(kind, items.iter().map(read_value).collect()))
        }
        Toml::Table(table) => read_table(table),
    }
}
