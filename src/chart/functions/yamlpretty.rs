//! `toYamlPretty`: a value as it is, without the way through JSON that `toYaml` takes.

use super::{Call, Outcome, dates, times};
use crate::chart::template::{Fault, Field, IntKind, Object, Run, Str, Value, format_float};
use crate::chart::yaml::{Node, write_pretty};
use base64::Engine as _;

/// Nested deeper than this a value holds itself.
const MAX_DEPTH: usize = 250;
/// Base64 of more than this is written in lines.
const LINE: usize = 70;

pub(super) fn to_yaml_pretty(call: &mut Call<'_, '_, '_>) -> Outcome {
    let node = node(call.run, call.value(0), 0)?;
    let text = write_pretty(node);
    Ok(text.strip_suffix('\n').unwrap_or(&text).into())
}

fn node(run: &mut Run<'_>, value: &Value, depth: usize) -> Result<Node, Fault> {
    run.step(1)?;
    if depth > MAX_DEPTH {
        return Err(Fault::bound("the value is nested too deeply for YAML"));
    }
    Ok(match value {
        Value::Absent | Value::Nil => Node::Plain("null".to_owned()),
        Value::Bool(b) => Node::Plain(b.to_string()),
        // The library writes lengths of time as texts, months and days of the week as numbers.
        Value::Int(i, kind @ IntKind::Named("time.Duration")) => Node::Text(times::text(*i, *kind).unwrap_or_default()),
        Value::Int(i, _) => Node::Plain(i.to_string()),
        Value::Float(f) if f.is_nan() => Node::Plain(".nan".to_owned()),
        Value::Float(f) if f.is_infinite() => Node::Plain(if *f > 0.0 { ".inf" } else { "-.inf" }.to_owned()),
        Value::Float(f) => Node::Plain(format_float(*f, 'g', None)),
        Value::Complex(..) => return Err("cannot marshal type: complex128".into()),
        Value::Str(Str::Text(text)) => Node::Text(text.as_ref().to_owned()),
        Value::Str(Str::Raw(bytes)) => Node::Binary(base64(bytes)),
        Value::Bytes(bytes) => Node::List(bytes.iter().map(|byte| Node::Plain(byte.to_string())).collect()),
        Value::List(list) => {
            let items = list.items().iter().map(|item| node(run, item, depth + 1));
            Node::List(items.collect::<Result<_, _>>()?)
        }
        Value::Map(map) => {
            let entries = map.snapshot();
            let entries = entries.iter().map(|(key, item)| Ok((key.to_string(), node(run, item, depth + 1)?)));
            Node::Map(entries.collect::<Result<_, Fault>>()?)
        }
        Value::Object(object) => self::object(run, object, depth)?,
    })
}

fn object(run: &mut Run<'_>, object: &Object, depth: usize) -> Result<Node, Fault> {
    Ok(match object {
        Object::Record(record) if record.text_is_json => {
            Node::Text(record.text.as_ref().map(|text| text.text().into_owned()).unwrap_or_default())
        }
        Object::Record(record) if record.type_name == crate::chart::template::CHART => {
            // The library writes an embedded struct as one field more.
            let mut own = fields(run, &record.fields, depth)?;
            let is_root = own.pop();
            let metadata = ("metadata".to_owned(), Node::Struct(own));
            Node::Struct([metadata].into_iter().chain(is_root).collect())
        }
        Object::Record(record) => Node::Struct(fields(run, &record.fields, depth)?),
        Object::Files(files) => {
            let list = |bytes: &[u8]| Node::List(bytes.iter().map(|byte| Node::Plain(byte.to_string())).collect());
            Node::Map(files.iter().map(|(path, bytes)| (path.to_string(), list(bytes))).collect())
        }
        Object::Versions(versions) => Node::List(versions.iter().map(|v| Node::Text(v.clone())).collect()),
        Object::Time(time) => Node::Plain(dates::rfc3339_any(time)),
        Object::Zone(_) => Node::Struct(Vec::new()),
    })
}

/// Without tags the library calls a field by its name in small letters.
fn fields(run: &mut Run<'_>, fields: &[Field], depth: usize) -> Result<Vec<(String, Node)>, Fault> {
    fields.iter().map(|field| Ok((field.name.to_lowercase(), node(run, &field.value, depth + 1)?))).collect()
}

fn base64(bytes: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    if text.len() < LINE {
        return text;
    }
    let mut lines = String::new();
    for (i, c) in text.chars().enumerate() {
        lines.push(c);
        if (i + 1) % LINE == 0 {
            lines.push('\n');
        }
    }
    if !lines.ends_with('\n') {
        lines.push('\n');
    }
    lines
}
