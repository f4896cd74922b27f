//! JSON in and out, as Go's `encoding/json` writes and reads it.

use super::jsonread;
use super::jsonwrite::{self, Style};
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{
    Fault, Field, Key, List, ListKind, Map, MapKind, Object, Record, Run, Value, format_float,
};
use base64::Engine as _;
use serde_json::Value as Json;

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
        call.reading(call.bytes(0).len())?;
        let read = jsonread::parse(&call.text(0))?;
        match read.too_large {
            None => Ok(Value::from(&read.json).dug()),
            Some(error) => Err(error.into()),
        }
    })
    .pass(),
];

/// Nested deeper than this a value is not JSON: it holds itself.
pub(super) const MAX_DEPTH: usize = 250;

/// Why a value is no JSON: past a bound, or in Go's words.
pub(super) enum Refusal {
    Fault(Fault),
    Unsupported(String),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A value as JSON. `None` where Go has an error that Helm swallows.
pub(crate) fn to_json(run: &mut Run<'_>, value: &Value) -> Result<Option<Json>, Fault> {
    match convert(run, value, 0) {
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
        Value::Map(map) if map.is_nil() => Json::Null,
        Value::Map(map) => {
            let each = |(key, item): (&Key, &Value)| Ok((key.to_string(), convert(run, item, depth + 1)?));
            Json::Object(map.with(|entries| entries.iter().map(each).collect::<Result<_, Refusal>>())?)
        }
        Value::Object(object) => self::object(run, object, depth)?,
    })
}

/// Whole numbers are written without a point, as far as Go writes their digits.
fn float(f: f64) -> Result<Json, Refusal> {
    if !f.is_finite() {
        return Err(unsupported(f));
    }
    #[allow(clippy::cast_possible_truncation, clippy::float_cmp)] // exactness is the question
    if f.fract() == 0.0 && f.abs() < 9.2e18 {
        return Ok(Json::from(f as i64));
    }
    Ok(serde_json::Number::from_f64(f).map_or(Json::Null, Json::Number))
}

/// The error of a float that JSON has no word for.
pub(super) fn unsupported(f: f64) -> Refusal {
    let shown = format_float(f, 'g', None);
    Refusal::Unsupported(format!("json: unsupported value: {shown}"))
}

pub(super) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn object(run: &mut Run<'_>, object: &Object, depth: usize) -> Result<Json, Refusal> {
    Ok(match object {
        Object::Record(record) if record.text_is_json => {
            Json::String(record.text.as_ref().map(|text| text.text().into_owned()).unwrap_or_default())
        }
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
        Object::Time(time) => Json::String(super::dates::rfc3339(time).map_err(|why| {
            Refusal::Unsupported(format!("json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: {why}"))
        })?),
        Object::Zone(_) => Json::Object(serde_json::Map::new()),
    })
}

/// The fields of a struct that JSON shows.
pub(super) fn written(record: &Record) -> impl Iterator<Item = &Field> {
    record.fields.iter().filter(|field| !field.omit_empty || field.value.truth())
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
    call.reading(call.bytes(0).len())?;
    let (map, error) = match jsonread::parse(&call.text(0)) {
        Ok(read) => match (from_json(&read.json), read.too_large) {
            (Value::Map(map), error) => (map, error),
            (Value::Nil, None) => (Map::nil(MapKind::Any), None),
            (_, error) => {
                let is = go_kind(&read.json);
                // A number that is too large is a number here, though it was read as null.
                let is = if error.is_some() && read.json.is_null() { "number" } else { is };
                (
                    Map::from_iter([]),
                    Some(format!("json: cannot unmarshal {is} into Go value of type map[string]interface {{}}")),
                )
            }
        },
        Err(error) => (Map::from_iter([]), Some(error)),
    };
    if let Some(error) = error {
        map.insert("Error", error.into());
    }
    Ok(Value::Map(map))
}

fn from_json_array(call: &mut Call<'_, '_, '_>) -> Outcome {
    call.reading(call.bytes(0).len())?;
    let error = match jsonread::parse(&call.text(0)) {
        Ok(read) => match (from_json(&read.json), read.too_large) {
            (Value::List(_), Some(error)) => error,
            (list @ Value::List(_), None) => return Ok(list),
            (Value::Nil, None) => return Ok(Value::List(List::nil(ListKind::Any))),
            (Value::Nil, Some(_)) => "json: cannot unmarshal number into Go value of type []interface {}".to_owned(),
            _ => format!("json: cannot unmarshal {} into Go value of type []interface {{}}", go_kind(&read.json)),
        },
        Err(error) => error,
    };
    Ok(super::lists::list(vec![error.into()]))
}

fn to_text(call: &mut Call<'_, '_, '_>, style: Style) -> Outcome {
    match jsonwrite::write(call, style) {
        Ok(text) => Ok(text.into()),
        Err(Refusal::Unsupported(_)) => Ok("".into()),
        Err(Refusal::Fault(fault)) => Err(fault),
    }
}

fn must(call: &mut Call<'_, '_, '_>, style: Style) -> Outcome {
    match jsonwrite::write(call, style) {
        Ok(text) => Ok(text.into()),
        Err(Refusal::Unsupported(error)) => Err(error.into()),
        Err(Refusal::Fault(fault)) => Err(fault),
    }
}

/// What Go says of a text that is not JSON.
pub(in crate::chart) fn in_go(text: &str) -> Option<String> {
    super::jsonread::parse(text).err()
}
