//! Floating-point numbers as Go prints and reads them.

use serde_json::Number;

/// `strconv.FormatFloat(x, 'g', -1, 64)`: the shortest digits, with an exponent below 1e-04 and from 1e+06 on.
pub(super) fn general(x: f64) -> String {
    shortest(&format!("{x:e}"))
}

/// The same with the precision of a 32-bit float, as map keys are printed.
pub(super) fn general32(x: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the loss of precision is what Go shows"
    )]
    let narrow = x as f32;
    shortest(&format!("{narrow:e}"))
}

/// Turns Rust's `d.ddde±x` into Go's form of it.
fn shortest(scientific: &str) -> String {
    let (mantissa, exponent) = match scientific.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().unwrap_or(0)),
        None => return scientific.to_owned(),
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    if exponent < -4 || exponent >= 6 {
        let mark = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{mark}{:02}", exponent.abs());
    }
    format!("{sign}{}", positional(&digits, exponent))
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

/// The integer that a double is in JSON: where it has no fraction and 64 bits hold it.
pub(super) fn integral(value: f64) -> Option<Number> {
    if value.fract() != 0.0 || value.abs() >= 1e21 {
        return None;
    }
    let digits = format!("{value}");
    let signed = digits.parse::<i64>().map(Number::from);
    signed
        .or_else(|_| digits.parse::<u64>().map(Number::from))
        .ok()
}
