//! What an unquoted scalar means: null, a boolean, a number or text, by go-yaml v2's rules of YAML 1.1.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::timestamp::is_timestamp;

/// The meaning of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer above `i64::MAX`.
    Unsigned(u64),
    Float(f64),
    /// Text, with whether it was recognised as a date.
    Text {
        timestamp: bool,
    },
}

static DECIMAL: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
    Regex::new(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$").unwrap()
});

/// Resolves a plain scalar.
pub(super) fn resolve(text: &str) -> Scalar {
    let Some(first) = text.bytes().next() else {
        return Scalar::Null;
    };
    if let Some(known) = word(text) {
        return known;
    }
    match first {
        b'.' => fraction(text),
        b'+' | b'-' | b'0'..=b'9' => number(text),
        _ => Scalar::Text { timestamp: false },
    }
}

/// The words with a meaning of their own.
fn word(text: &str) -> Option<Scalar> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// A number that begins with a point; underscores may stand between two digits.
fn fraction(text: &str) -> Scalar {
    let separates = |at: usize| {
        let digit = |i: Option<usize>| i.and_then(|i| text.as_bytes().get(i)).is_some_and(u8::is_ascii_digit);
        digit(at.checked_sub(1)) && digit(Some(at + 1))
    };
    if !text.match_indices('_').all(|(at, _)| separates(at)) {
        return Scalar::Text { timestamp: false };
    }
    decimal(&text.replace('_', ""))
}

/// An integer in any base, a decimal number, or a date.
fn number(text: &str) -> Scalar {
    if is_timestamp(text) {
        return Scalar::Text { timestamp: true };
    }
    let plain = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    integer(&plain).unwrap_or_else(|| decimal(&plain))
}

/// `0x`, `0o`, `0b`, a leading zero for octal, or decimal; nothing where 64 bits do not hold it.
fn integer(plain: &str) -> Option<Scalar> {
    let (negative, rest) = match plain.as_bytes().first()? {
        b'-' => (true, &plain[1..]),
        b'+' => (false, &plain[1..]),
        _ => (false, plain),
    };
    let signed = rest.len() != plain.len();
    let (digits, base) = match rest.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (&rest[2..], 16),
        [b'0', b'o' | b'O', _, ..] => (&rest[2..], 8),
        [b'0', b'b' | b'B', _, ..] => (&rest[2..], 2),
        [b'0', _, ..] => (&rest[1..], 8),
        _ => (rest, 10),
    };
    // Rust's parser takes a sign of its own, which Go's does not after a prefix.
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, base).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Scalar::Int);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Scalar::Int(value)),
        // Go reads the large ones without a sign only.
        Err(_) if signed => None,
        Err(_) => Some(Scalar::Unsigned(magnitude)),
    }
}

/// A decimal number that a double holds, else text.
fn decimal(plain: &str) -> Scalar {
    let may_be = plain.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if may_be
        && DECIMAL.is_match(plain)
        && let Ok(value) = plain.parse::<f64>()
        && value.is_finite()
    {
        return Scalar::Float(value);
    }
    Scalar::Text { timestamp: false }
}

/// Whether the text would be a base-60 number in YAML 1.1: go-yaml reads those as text, but quotes them.
pub(super) fn is_base60(text: &str) -> bool {
    static BASE60: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
        Regex::new(r"^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$").unwrap()
    });
    text.contains(':') && BASE60.is_match(text)
}
