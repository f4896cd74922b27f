//! `toYamlPretty`: as `toYaml`, but lists are indented below their keys, long lines stay long, and floats keep their
//! exponent.

use super::{Call, Outcome};
use crate::chart::template::{Fault, Value, format_float};
use crate::chart::yaml;

/// Nested deeper than this a value holds itself.
const MAX_DEPTH: usize = 250;

pub(super) fn to_yaml_pretty(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut out = String::new();
    node(call, &mut out, call.value(0), (0, Place::Top))?;
    Ok(out.strip_suffix('\n').unwrap_or(&out).into())
}

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Key,
    Dash,
}

fn node(
    call: &mut Call<'_, '_, '_>,
    out: &mut String,
    value: &Value,
    (depth, place): (usize, Place),
) -> Result<(), Fault> {
    call.run.step(1)?;
    call.run.check_size(out.len())?;
    if depth > MAX_DEPTH {
        return Err(Fault::bound("the value is nested too deeply for YAML"));
    }
    match value {
        Value::Map(map) if !map.is_empty() => {
            let mut entries = map.snapshot();
            // The order is that of the other writer: ask it.
            let keys = entries.iter().map(|(key, _)| (key.to_string(), serde_json::Value::Null)).collect();
            let order = yaml::write(&serde_json::Value::Object(keys));
            let order: Vec<&str> = order.lines().collect();
            entries.sort_by_cached_key(|(key, _)| {
                let line = format!("{}: null", scalar_text(key));
                order.iter().position(|other| **other == *line).unwrap_or(usize::MAX)
            });
            for (i, (key, item)) in entries.iter().enumerate() {
                start(out, i, depth, place);
                out.push_str(&scalar_text(key));
                out.push(':');
                node(call, out, item, (depth + 1, Place::Key))?;
            }
        }
        Value::List(list) if !list.is_empty() => {
            for (i, item) in list.items().iter().enumerate() {
                start(out, i, depth, place);
                out.push('-');
                node(call, out, item, (depth + 1, Place::Dash))?;
            }
        }
        leaf => {
            if place != Place::Top {
                out.push(' ');
            }
            let text = leaf_text(call, leaf)?;
            for (i, line) in text.split('\n').enumerate() {
                if i > 0 {
                    out.push('\n');
                    if !line.is_empty() {
                        out.extend(std::iter::repeat_n("  ", depth.max(1)));
                        out.push_str(line.trim_start_matches("  "));
                        continue;
                    }
                }
                out.push_str(line);
            }
            out.push('\n');
        }
    }
    Ok(())
}

/// The start of an entry: the first one of a list within a list stands on the dash's line.
fn start(out: &mut String, i: usize, depth: usize, place: Place) {
    match place {
        Place::Dash if i == 0 => out.push(' '),
        Place::Key if i == 0 => {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        }
        _ => out.extend(std::iter::repeat_n("  ", depth)),
    }
}

fn leaf_text(call: &mut Call<'_, '_, '_>, value: &Value) -> Result<String, Fault> {
    Ok(match value {
        Value::Absent | Value::Nil => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i, _) => i.to_string(),
        Value::Float(f) if f.is_nan() => ".nan".to_owned(),
        Value::Float(f) if f.is_infinite() => if *f > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        Value::Float(f) => format_float(*f, 'g', None),
        Value::Str(text) => scalar_text(&text.text()),
        Value::Map(_) => "{}".to_owned(),
        Value::List(_) => "[]".to_owned(),
        other => scalar_text(&String::from_utf8_lossy(&call.printed(other)?)),
    })
}

/// A string in the style that the other writer gives it, without its folding.
fn scalar_text(text: &str) -> String {
    let written = yaml::write(&serde_json::Value::String(text.to_owned()));
    let written = written.strip_suffix('\n').unwrap_or(&written);
    if !written.contains('\n') || text.contains('\n') {
        return written.to_owned();
    }
    match written.chars().next() {
        Some('\'') => format!("'{}'", text.replace('\'', "''")),
        Some('"') => written.to_owned(),
        _ => text.to_owned(),
    }
}
