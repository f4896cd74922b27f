//! The numbers of TOML, with the complaints of the Go library that Helm uses.

use crate::chart::template::go_quote;

pub(super) fn integer(text: &str) -> Result<i64, String> {
    let shown = || go_quote(text);
    if !underscores_fit(text) {
        return Err(format!("Invalid integer {}: underscores must be surrounded by digits", shown()));
    }
    if has_leading_zero(text) {
        return Err(format!("Invalid integer {}: cannot have leading zeroes", shown()));
    }
    let plain = text.replace('_', "");
    let (radix, digits) = match plain.get(..2) {
        Some("0b") => (2, plain.get(2..)),
        Some("0o") => (8, plain.get(2..)),
        Some("0x") => (16, plain.get(2..)),
        _ => (10, Some(plain.as_str())),
    };
    let number = digits.and_then(|digits| i64::from_str_radix(digits, radix).ok());
    number.ok_or_else(|| format!("{text} is out of range for int64"))
}

pub(super) fn float(text: &str) -> Result<f64, String> {
    let shown = || go_quote(text);
    let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty());
    if !parts.clone().all(underscores_fit) {
        return Err(format!("Invalid float {}: underscores must be surrounded by digits", shown()));
    }
    if parts.next().is_some_and(has_leading_zero) {
        return Err(format!("Invalid float {}: cannot have leading zeroes", shown()));
    }
    let followed = text.split('.').skip(1).all(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if !followed {
        return Err(format!("Invalid float {}: '.' must be followed by one or more digits", shown()));
    }
    let plain = text.replace('_', "");
    match plain.trim_start_matches(['+', '-']) {
        "inf" => return Ok(if plain.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        "nan" => return Ok(if plain.starts_with('-') { -f64::NAN } else { f64::NAN }),
        _ => {}
    }
    match plain.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(format!("{text} is out of range for float64")),
        Err(_) => Err(format!("Invalid float value: {}", shown())),
    }
}

/// Each underscore follows a digit, and the text ends in one.
fn underscores_fit(text: &str) -> bool {
    if matches!(text.trim_start_matches(['+', '-']), "nan" | "inf") {
        return true;
    }
    let mut after_digit = false;
    for c in text.chars() {
        if c == '_' && !after_digit {
            return false;
        }
        after_digit = c.is_ascii_hexdigit();
    }
    after_digit
}

fn has_leading_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', next, ..] => !matches!(next, b'b' | b'o' | b'x'),
        [b'+' | b'-', b'0', _, ..] => true,
        _ => false,
    }
}
