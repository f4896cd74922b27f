//! Floating-point numbers as Go prints and reads them.

use serde_json::{Number, Value};

use super::{Numbers, resolve::Scalar};

/// `strconv.FormatFloat(x, 'g', -1, 64)`: the shortest digits, with an exponent below 1e-04 and from 1e+06 on.
pub(super) fn general(x: f64) -> String {
    spell(&Shortest::of(&x))
}

/// The same with the precision of a 32-bit float, as map keys are printed.
pub(super) fn general32(x: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the loss of precision is what Go shows")]
    let narrow = x as f32;
    spell(&Shortest::of(&narrow))
}

/// The fewest digits that name a number, as `DIGITSe-9`: of two that are equally near, Go's.
pub(in crate::chart) fn shortest(x: f64) -> String {
    let Shortest { digits, exponent, .. } = Shortest::of(&x);
    format!("{digits}e{exponent}")
}

/// The fewest digits that name a number, the first of which stands before the point.
struct Shortest {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Shortest {
    /// JSON's digits are Go's: where two are equally near, the even one. `{:e}` takes the upper.
    fn of(x: &impl serde::Serialize) -> Self {
        let text = serde_json::to_string(x).unwrap_or_default();
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{part}");
        let digits = all.trim_start_matches('0');
        let zeros = all.len() - digits.len();
        let first = i32::try_from(whole.len()).unwrap_or(0) - i32::try_from(zeros).unwrap_or(0) - 1;
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() {
            return Self { negative, digits: "0".to_owned(), exponent: 0 };
        }
        Self { negative, digits: digits.to_owned(), exponent: first + exponent }
    }
}

fn spell(number: &Shortest) -> String {
    let Shortest { negative, digits, exponent } = number;
    let sign = if *negative { "-" } else { "" };
    if *exponent >= -4 && *exponent < 6 {
        return format!("{sign}{}", positional(digits, *exponent));
    }
    let mark = if *exponent < 0 { '-' } else { '+' };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}e{mark}{:02}", exponent.abs())
}

/// Writes digits with their decimal point after `exponent + 1` of them.
fn positional(digits: &str, exponent: i32) -> String {
    let Ok(point) = usize::try_from(exponent + 1) else {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("0.{}{digits}", "0".repeat(zeros));
    };
    if point == 0 {
        return format!("0.{digits}");
    }
    if digits.len() <= point {
        return format!("{digits}{}", "0".repeat(point - digits.len()));
    }
    let (whole, part) = digits.split_at(point);
    format!("{whole}.{part}")
}

/// The number that a scalar is, as numbers are wanted; nothing where it is none, or none that JSON has.
#[expect(clippy::cast_precision_loss, reason = "what a double does to large integers")]
pub(super) fn wanted(scalar: &Scalar, numbers: Numbers) -> Option<Number> {
    match (scalar, numbers) {
        (Scalar::Int(value), Numbers::Float64) => Number::from_f64(*value as f64),
        (Scalar::Unsigned(value), Numbers::Float64) => Number::from_f64(*value as f64),
        (Scalar::Int(value), _) => Some((*value).into()),
        (Scalar::Unsigned(value), _) => Some((*value).into()),
        (Scalar::Float(value), Numbers::Exact) => integral(*value).or_else(|| Number::from_f64(*value)),
        (Scalar::Float(value), _) => Number::from_f64(*value),
        (Scalar::Null | Scalar::Bool(_) | Scalar::Text { .. }, _) => None,
    }
}

/// The integer that a double is in JSON: where it has no fraction and 64 bits hold it.
pub(super) fn integral(value: f64) -> Option<Number> {
    if value.fract() != 0.0 || value.abs() >= 1e21 {
        return None;
    }
    let digits = format!("{value}");
    let signed = digits.parse::<i64>().map(Number::from);
    signed.or_else(|_| digits.parse::<u64>().map(Number::from)).ok()
}

/// A number as text where text was wanted: integers as they are, others with a 32-bit float's precision.
pub(in crate::chart) fn narrow_number(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(double) => general32(double),
        None => number.to_string(),
    }
}

/// Values as Helm's files give them, where every number is a double.
pub fn as_float64(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Number(number), Value::from),
        Value::Array(items) => items.into_iter().map(as_float64).collect(),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, as_float64(value))).collect()),
        other => other,
    }
}
