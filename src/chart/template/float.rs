//! Floats as text, as Go's `strconv.FormatFloat` writes them.

use crate::chart::yaml::shortest;
use std::fmt::Write as _;

/// The digits of a number and the place of its decimal point: `0.DIGITS × 10^point`.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

fn parse_scientific(text: &str) -> Decimal {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let zero = digits.iter().all(|d| *d == b'0');
    Decimal { digits: if zero { Vec::new() } else { digits }, point: if zero { 0 } else { exponent + 1 } }
}

/// `strconv.FormatFloat(value, verb, precision, 64)`; no precision is the shortest text that reads
/// back as the same number. Verbs: `e E f F g G x X b`.
pub(crate) fn format_float(value: f64, verb: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let magnitude = value.abs();
    let body = match verb {
        'b' => binary(magnitude),
        'x' | 'X' => {
            let text = hexadecimal(magnitude, precision);
            if verb == 'X' { text.to_uppercase() } else { text }
        }
        'e' | 'E' => exponential(magnitude, verb, precision),
        'f' | 'F' => match precision {
            Some(p) => format!("{magnitude:.p$}"),
            None => {
                let Decimal { digits, point } = parse_scientific(&shortest(magnitude));
                if digits.is_empty() { "0".to_owned() } else { plain(&String::from_utf8_lossy(&digits), point) }
            }
        },
        _ => general(magnitude, verb, precision),
    };
    format!("{sign}{body}")
}

fn exponential(value: f64, verb: char, precision: Option<usize>) -> String {
    let text = match precision {
        Some(p) => format!("{value:.p$e}"),
        None => {
            let text = shortest(value);
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let (first, rest) = digits.split_at(1.min(digits.len()));
            let point = if rest.is_empty() { "" } else { "." };
            format!("{first}{point}{rest}e{exponent}")
        }
    };
    with_go_exponent(&text, verb)
}

/// Rust writes `1e6`, Go `1e+06`.
fn with_go_exponent(text: &str, verb: char) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let letter = if verb.is_ascii_uppercase() { 'E' } else { 'e' };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}{letter}{sign}{digits:0>2}")
}

/// `%g`: `%e` for large and small exponents, else `%f`, without trailing zeros.
fn general(value: f64, verb: char, precision: Option<usize>) -> String {
    let is_shortest = precision.is_none();
    let mut decimal = match precision {
        None => parse_scientific(&shortest(value)),
        Some(p) => {
            let digits = p.max(1) - 1;
            parse_scientific(&format!("{value:.digits$e}"))
        }
    };
    let asked = i32::try_from(precision.unwrap_or(6).max(1)).unwrap_or(i32::MAX);
    while decimal.digits.last() == Some(&b'0') {
        decimal.digits.pop();
    }
    let count = i32::try_from(decimal.digits.len()).unwrap_or(i32::MAX);
    let mut threshold = asked;
    if threshold > count && count >= decimal.point {
        threshold = count;
    }
    if is_shortest {
        threshold = 6;
    }
    let exponent = decimal.point - 1;
    let text = String::from_utf8_lossy(&decimal.digits).into_owned();
    if decimal.digits.is_empty() {
        return "0".to_owned();
    }
    if exponent < -4 || exponent >= threshold {
        let (first, rest) = text.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        return with_go_exponent(&format!("{first}{dot}{rest}e{exponent}"), if verb == 'G' { 'E' } else { 'e' });
    }
    plain(&text, decimal.point)
}

/// Digits with their decimal point put in.
fn plain(digits: &str, point: i32) -> String {
    let Ok(place) = usize::try_from(point) else {
        let zeros = usize::try_from(-point).unwrap_or(0);
        return format!("0.{}{digits}", "0".repeat(zeros));
    };
    if place == 0 {
        return format!("0.{digits}");
    }
    if place >= digits.len() {
        return format!("{digits}{}", "0".repeat(place - digits.len()));
    }
    let (whole, fraction) = digits.split_at(place);
    format!("{whole}.{fraction}")
}

/// `%b`: a decimal mantissa and a power of two.
fn binary(value: f64) -> String {
    let (mantissa, exponent) = parts(value);
    format!("{mantissa}p{exponent:+}")
}

/// The mantissa and the power of two that it is multiplied with.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let biased = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    if biased == 0 { (fraction, -1074) } else { (fraction | (1 << 52), biased - 1075) }
}

/// `%x`: a hexadecimal mantissa and a power of two.
fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    if value == 0.0 {
        let zeros = "0".repeat(precision.unwrap_or(0));
        let dot = if zeros.is_empty() { "" } else { "." };
        return format!("0x0{dot}{zeros}p+00");
    }
    let (mut mantissa, mut exponent) = parts(value);
    while mantissa < 1 << 52 {
        mantissa <<= 1;
        exponent -= 1;
    }
    exponent += 52;
    let mut wanted = precision.unwrap_or(13).min(13);
    let spare = 4 * (13 - wanted);
    if spare > 0 {
        // Round half to even.
        let half = 1_u64 << (spare - 1);
        let rest = mantissa & ((1 << spare) - 1);
        mantissa >>= spare;
        if rest > half || (rest == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= spare;
        if mantissa >= 1 << 53 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut digits = format!("{:013x}", mantissa & ((1 << 52) - 1));
    if precision.is_none() {
        wanted = digits.trim_end_matches('0').len();
    }
    digits.truncate(wanted);
    if let Some(p) = precision {
        while digits.len() < p.min(1 << 20) {
            digits.push('0');
        }
    }
    let dot = if digits.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let mut out = format!("0x1{dot}{digits}p{sign}");
    // Writing to a String cannot fail.
    let _ = write!(out, "{:02}", exponent.unsigned_abs());
    out
}
