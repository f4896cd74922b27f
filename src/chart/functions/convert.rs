//! One type from another: what sprig's `int`, `toString` and their like make of any value.

use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{IntKind, List, ListKind, Str, Value, parse_float, parse_signed};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("int", &[Ty::Any], |call| Ok(Value::int(to_int(call.value(0))))),
    Func::new("int64", &[Ty::Any], |call| Ok(Value::int64(to_int(call.value(0))))),
    Func::new("float64", &[Ty::Any], |call| Ok(Value::Float(to_float(call.value(0))))),
    Func::new("atoi", &[Ty::Str], |call| Ok(Value::int(atoi(&call.text(0))))),
    Func::new("toDecimal", &[Ty::Any], to_decimal),
    Func::new("toString", &[Ty::Any], |call| Ok(Value::Str(call.strval(call.value(0))?))).pass(),
    Func::new("toStrings", &[Ty::Any], |call| {
        let strings = strings(call, call.value(0))?;
        Ok(Value::List(List::strings(strings)))
    })
    .pass(),
];

/// `strconv.Atoi`, with 0 for what is no number.
fn atoi(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}

/// Any value as an integer; what is none is 0.
#[allow(clippy::cast_possible_truncation)] // Go's own conversion
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        // The library does not know of lengths of time.
        Value::Int(_, IntKind::Named("time.Duration")) => 0,
        Value::Int(i, _) => *i,
        Value::Float(f) => float_to_int(*f),
        Value::Bool(b) => i64::from(*b),
        Value::Str(text) => parse_signed(without_zero_decimals(&text.text())).unwrap_or(0),
        _ => 0,
    }
}

/// Go's conversion on amd64: what does not fit is the least integer.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn float_to_int(f: f64) -> i64 {
    if f.is_nan() || !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&f) {
        return i64::MIN;
    }
    f as i64
}

/// `8.00` is `8`; `8.5` stays.
fn without_zero_decimals(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        _ => text,
    }
}

/// Any value as a float; what is none is 0.
#[allow(clippy::cast_precision_loss)] // Go's own conversion
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Int(_, IntKind::Named("time.Duration")) => 0.0,
        Value::Int(i, IntKind::Uint64) => i.unsigned_abs() as f64,
        Value::Int(i, _) => *i as f64,
        Value::Float(f) => *f,
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::Str(text) => string_to_float(&text.text()).unwrap_or(0.0),
        _ => 0.0,
    }
}

/// `strconv.ParseFloat`.
fn string_to_float(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().trim_start_matches(['+', '-']) {
        "inf" | "infinity" => Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        "nan" => Some(f64::NAN),
        _ => parse_float(text),
    }
}

fn to_decimal(call: &mut Call<'_, '_, '_>) -> Outcome {
    let text = call.printed(call.value(0))?;
    let text = String::from_utf8_lossy(&text);
    let digits = text.strip_prefix('+').unwrap_or(&text);
    let value = if digits.starts_with('+') { None } else { i64::from_str_radix(digits, 8).ok() };
    Ok(Value::int64(value.unwrap_or(0)))
}

/// A value as a list of strings, without nils.
pub(super) fn strings(call: &Call<'_, '_, '_>, value: &Value) -> Result<Vec<Str>, crate::chart::template::Fault> {
    match value {
        Value::Absent | Value::Nil => Ok(Vec::new()),
        other => match items(other) {
            Some(items) => items.iter().filter(|item| !item.is_nil()).map(|item| call.strval(item)).collect(),
            None => Ok(vec![call.strval(other)?]),
        },
    }
}

/// The items of anything that is a slice in Go.
pub(super) fn items(value: &Value) -> Option<std::borrow::Cow<'_, [Value]>> {
    use crate::chart::template::Object;
    use std::borrow::Cow;
    match value {
        Value::List(list) => Some(Cow::Borrowed(list.items())),
        Value::Bytes(bytes) => {
            Some(Cow::Owned(bytes.iter().map(|b| Value::Int(i64::from(*b), IntKind::Uint8)).collect()))
        }
        Value::Object(Object::Versions(versions)) => {
            Some(Cow::Owned(versions.iter().map(|v| Value::from(v.as_str())).collect()))
        }
        _ => None,
    }
}

/// The Go type of the slice that `slice` cuts from a value.
pub(super) fn list_kind(value: &Value) -> ListKind {
    match value {
        Value::List(list) => list.kind(),
        other => ListKind::Named(other.type_name()),
    }
}
