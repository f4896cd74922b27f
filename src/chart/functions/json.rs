//! JSON in and out, as Go's `encoding/json` writes and reads it.

use super::jsonread;
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Fault, Field, Map, Object, Record, Run, Value, format_float};
use base64::Engine as _;
use serde_json::Value as Json;
use std::fmt::Write as _;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("toJson", &[Ty::Any], |call| to_text(call, Style::Html)).pass(),
    Func::new("mustToJson", &[Ty::Any], |call| must(call, Style::Html)).pass(),
    Func::new("toPrettyJson", &[Ty::Any], |call| to_text(call, Style::Pretty)).pass(),
    Func::new("mustToPrettyJson", &[Ty::Any], |call| must(call, Style::Pretty)).pass(),
    Func::new("toRawJson", &[Ty::Any], |call| must(call, Style::Raw)).pass(),
    Func::new("mustToRawJson", &[Ty::Any], |call| must(call, Style::Raw)).pass(),
    Func::new("fromJson", &[Ty::Str], from_json_map).pass(),
    Func::new("fromJsonArray", &[Ty::Str], from_json_array).pass(),
    Func::new("mustFromJson", &[Ty::Str], |call| {
        call.room(call.bytes(0).len())?;
        let json = jsonread::parse(&call.text(0))?;
        Ok(Value::from(&json).dug())
    })
    .pass(),
];

/// Nested deeper than this a value is not JSON: it holds itself.
const MAX_DEPTH: usize = 250;

/// Why a value is no JSON: past a bound, or in Go's words.
enum Refusal {
    Fault(Fault),
    Unsupported(String),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The nth argument as JSON. `None` where Go has an error that Helm swallows.
pub(crate) fn to_json(call: &mut Call<'_, '_, '_>, n: usize) -> Result<Option<Json>, Fault> {
    match convert(call.run, call.value(n), 0) {
        Ok(json) => Ok(Some(json)),
        Err(Refusal::Unsupported(_)) => Ok(None),
        Err(Refusal::Fault(fault)) => Err(fault),
    }
}

fn convert(run: &mut Run<'_>, value: &Value, depth: usize) -> Result<Json, Refusal> {
    run.step(1)?;
    if depth > MAX_DEPTH {
        return Err(Fault::bound("the value is nested too deeply for JSON").into());
    }
    Ok(match value {
        Value::Absent | Value::Nil => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(i, _) => Json::from(*i),
        Value::Float(f) => float(*f)?,
        Value::Complex(..) => return Err(Refusal::Unsupported("json: unsupported type: complex128".to_owned())),
        Value::Str(text) => Json::String(text.text().into_owned()),
        Value::Bytes(bytes) => Json::String(base64(bytes)),
        Value::List(list) if list.is_nil() => Json::Null,
        Value::List(list) => {
            let items = list.items().iter().map(|item| convert(run, item, depth + 1));
            Json::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Map(map) => {
            let mut object = serde_json::Map::new();
            for (key, item) in map.snapshot() {
                object.insert(key.to_string(), convert(run, &item, depth + 1)?);
            }
            Json::Object(object)
        }
        Value::Object(object) => self::object(run, object, depth)?,
    })
}

/// Whole numbers are written without a point, as far as Go writes their digits.
fn float(f: f64) -> Result<Json, Refusal> {
    if !f.is_finite() {
        let shown = format_float(f, 'g', None);
        return Err(Refusal::Unsupported(format!("json: unsupported value: {shown}")));
    }
    #[allow(clippy::cast_possible_truncation, clippy::float_cmp)] // exactness is the question
    if f.fract() == 0.0 && f.abs() < 9.2e18 {
        return Ok(Json::from(f as i64));
    }
    Ok(serde_json::Number::from_f64(f).map_or(Json::Null, Json::Number))
}

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn object(run: &mut Run<'_>, object: &Object, depth: usize) -> Result<Json, Refusal> {
    Ok(match object {
        Object::Record(record) => {
            let mut out = serde_json::Map::new();
            for Field { name, json, value, .. } in written(record) {
                let key = if json.is_empty() { *name } else { *json };
                out.insert(key.to_owned(), convert(run, value, depth + 1)?);
            }
            Json::Object(out)
        }
        Object::Files(files) => {
            let entries = files.iter().map(|(path, bytes)| (path.to_string(), Json::String(base64(bytes))));
            Json::Object(entries.collect())
        }
        Object::Versions(versions) => Json::Array(versions.iter().map(|v| Json::from(v.as_str())).collect()),
        Object::Time(time) => Json::String(super::dates::rfc3339(time)),
    })
}

/// The fields of a struct that JSON shows.
fn written(record: &Record) -> impl Iterator<Item = &Field> {
    record.fields.iter().filter(|field| !(field.omit_empty && !field.value.truth()))
}

/// JSON as a value of templates.
pub(super) fn from_json(json: &Json) -> Value {
    Value::from(json)
}

/// What Go calls the kind of a JSON value.
pub(super) fn go_kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn from_json_map(call: &mut Call<'_, '_, '_>) -> Outcome {
    call.room(call.bytes(0).len())?;
    let error = match jsonread::parse(&call.text(0)) {
        Ok(json @ Json::Object(_)) => return Ok(from_json(&json)),
        Ok(Json::Null) => return Ok(Value::Map(Map::from_iter([]))),
        Ok(other) => {
            format!("json: cannot unmarshal {} into Go value of type map[string]interface {{}}", go_kind(&other))
        }
        Err(error) => error,
    };
    Ok(Value::Map(Map::from_iter([("Error".into(), error.into())])))
}

fn from_json_array(call: &mut Call<'_, '_, '_>) -> Outcome {
    call.room(call.bytes(0).len())?;
    let error = match jsonread::parse(&call.text(0)) {
        Ok(json @ Json::Array(_)) => return Ok(from_json(&json)),
        Ok(Json::Null) => return Ok(super::lists::list(Vec::new())),
        Ok(other) => format!("json: cannot unmarshal {} into Go value of type []interface {{}}", go_kind(&other)),
        Err(error) => error,
    };
    Ok(super::lists::list(vec![error.into()]))
}

/// How JSON is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// On one line, with `<`, `>` and `&` escaped.
    Html,
    /// With two spaces for each level, escaped likewise.
    Pretty,
    /// On one line, as it is.
    Raw,
}

fn to_text(call: &mut Call<'_, '_, '_>, style: Style) -> Outcome {
    match write(call, style) {
        Ok(text) => Ok(text.into()),
        Err(Refusal::Unsupported(_)) => Ok("".into()),
        Err(Refusal::Fault(fault)) => Err(fault),
    }
}

fn must(call: &mut Call<'_, '_, '_>, style: Style) -> Outcome {
    match write(call, style) {
        Ok(text) => Ok(text.into()),
        Err(Refusal::Unsupported(error)) => Err(error.into()),
        Err(Refusal::Fault(fault)) => Err(fault),
    }
}

fn write(call: &mut Call<'_, '_, '_>, style: Style) -> Result<String, Refusal> {
    let json = convert(call.run, call.value(0), 0)?;
    let mut out = String::new();
    write_json(&mut out, &json, style, 0);
    call.room(out.len())?;
    Ok(out)
}

fn write_json(out: &mut String, json: &Json, style: Style, depth: usize) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Json::Number(n) => write_number(out, n),
        Json::String(text) => write_string(out, text, style),
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                separate(out, i, style, depth + 1);
                write_json(out, item, style, depth + 1);
            }
            close(out, items.is_empty(), style, depth);
            out.push(']');
        }
        Json::Object(map) => {
            // Go sorts the keys of maps by their bytes, and leaves structs as they are; the order of
            // a serde_json map depends on its features, so it is made here.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                separate(out, i, style, depth + 1);
                write_string(out, key, style);
                out.push_str(if style == Style::Pretty { ": " } else { ":" });
                write_json(out, item, style, depth + 1);
            }
            close(out, map.is_empty(), style, depth);
            out.push('}');
        }
    }
}

fn separate(out: &mut String, i: usize, style: Style, depth: usize) {
    if i > 0 {
        out.push(',');
    }
    new_line(out, style, depth);
}

fn close(out: &mut String, empty: bool, style: Style, depth: usize) {
    if !empty {
        new_line(out, style, depth);
    }
}

fn new_line(out: &mut String, style: Style, depth: usize) {
    if style == Style::Pretty {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
}

fn write_number(out: &mut String, number: &serde_json::Number) {
    // Writing to a String cannot fail.
    let _ = match (number.as_i64(), number.as_f64()) {
        (Some(i), _) => write!(out, "{i}"),
        (None, Some(f)) if f != 0.0 && (f.abs() < 1e-6 || f.abs() >= 1e21) => {
            // Go takes the zero out of a short negative exponent.
            let text = format_float(f, 'e', None);
            match text.split_once("e-0") {
                Some((mantissa, digit)) => write!(out, "{mantissa}e-{digit}"),
                None => out.write_str(&text),
            }
        }
        (None, Some(f)) => out.write_str(&format_float(f, 'f', None)),
        (None, None) => write!(out, "{number}"),
    };
}

fn write_string(out: &mut String, text: &str, style: Style) {
    out.push('"');
    for c in text.chars() {
        // Writing to a String cannot fail.
        let _ = match c {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\u{8}' => out.write_str("\\b"),
            '\u{c}' => out.write_str("\\f"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            '<' | '>' | '&' if style != Style::Raw => write!(out, "\\u{:04x}", u32::from(c)),
            '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => write!(out, "\\u{:04x}", u32::from(c)),
            c => out.write_char(c),
        };
    }
    out.push('"');
}
