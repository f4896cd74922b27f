//! Number constants: integers in four bases, floats, imaginary numbers and characters, each read
//! as everything it can be, as Go's parser does; the use decides.

use super::quote::{Rune, go_quote, unquote_char};

/// A constant and what it can stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Number {
    pub text: String,
    pub int: Option<i64>,
    pub uint: Option<u64>,
    pub float: Option<f64>,
    pub complex: Option<(f64, f64)>,
}

/// Why a part of a complex number is none.
fn not_a_float(text: &str) -> String {
    let digits = text.trim_start_matches(['+', '-']);
    let what = if digits.starts_with(['0']) && digits.get(1..).is_some_and(|rest| rest.starts_with(['x', 'X'])) {
        "invalid syntax"
    } else if text.parse::<f64>().is_ok() {
        "value out of range"
    } else {
        return "syntax error scanning complex number".to_owned();
    };
    format!("strconv.ParseFloat: parsing {}: {what}", super::quote::go_quote(text))
}

impl Number {
    /// Reads a number item; the error is the parser's message.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut number = Number { text: text.to_owned(), ..Self::default() };
        if let Some(imaginary) = text.strip_suffix('i')
            && let Some(f) = parse_float(imaginary)
        {
            number.set_complex(0.0, f);
            return Ok(number);
        }
        number.uint = parse_unsigned(text);
        number.int = parse_signed(text);
        if number.int == Some(0) {
            number.uint = number.uint.or(Some(0));
        }
        if let Some(i) = number.int {
            number.float = Some(int_to_float(i));
        } else if let Some(u) = number.uint {
            #[allow(clippy::cast_precision_loss)] // Go's own conversion
            let f = u as f64;
            number.float = Some(f);
        } else if let Some(f) = parse_float(text) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", go_quote(text)));
            }
            number.set_float(f);
        }
        if number.float.is_none() {
            return Err(format!("illegal number syntax: {}", go_quote(text)));
        }
        Ok(number)
    }

    /// Reads `1+2i`.
    pub fn parse_complex(text: &str) -> Result<Self, String> {
        let body = text.strip_suffix('i').unwrap_or(text);
        // The sign of the imaginary part is the last one that no exponent owns.
        let split = body
            .char_indices()
            .rev()
            .find(|(i, c)| {
                let before = body.get(..*i).and_then(|t| t.chars().last());
                matches!(c, '+' | '-') && !matches!(before, None | Some('e' | 'E' | 'p' | 'P'))
            })
            .map_or(0, |(i, _)| i);
        let (real, imaginary) = body.split_at(split);
        match (parse_float(real), parse_float(imaginary)) {
            (Some(re), Some(im)) => {
                let mut number = Number { text: text.to_owned(), ..Self::default() };
                number.set_complex(re, im);
                Ok(number)
            }
            (re, _) => Err(not_a_float(if re.is_none() { real } else { imaginary })),
        }
    }

    /// Reads a character constant with its quotes.
    pub fn parse_char(text: &str) -> Result<Self, String> {
        let body = text.get(1..).unwrap_or("");
        let Some((rune, tail)) = unquote_char(body, '\'') else {
            return Err("invalid syntax".to_owned());
        };
        if tail != "'" {
            return Err(format!("malformed character constant: {text}"));
        }
        let code = match rune {
            Rune::Byte(b) => u32::from(b),
            Rune::Char(c) => u32::from(c),
        };
        Ok(Number {
            text: text.to_owned(),
            int: Some(i64::from(code)),
            uint: Some(u64::from(code)),
            float: Some(f64::from(code)),
            complex: None,
        })
    }

    /// A complex number without imaginary part is a real one too.
    fn set_complex(&mut self, re: f64, im: f64) {
        self.complex = Some((re, im));
        if im == 0.0 {
            self.set_float(re);
        }
    }

    fn set_float(&mut self, f: f64) {
        self.float = Some(f);
        #[allow(clippy::cast_possible_truncation, clippy::float_cmp)] // exactness is the question
        let i = f as i64;
        #[allow(clippy::float_cmp)]
        if int_to_float(i) == f {
            self.int = Some(i);
        }
    }
}

#[allow(clippy::cast_precision_loss)] // Go's own conversion
fn int_to_float(i: i64) -> f64 {
    i as f64
}

/// `strconv.ParseInt(text, 0, 64)`: bases by prefix, so `010` is eight.
pub(crate) fn parse_signed(text: &str) -> Option<i64> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let magnitude = i128::from(parse_unsigned(body)?);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// `strconv.ParseUint(text, 0, 64)`.
fn parse_unsigned(text: &str) -> Option<u64> {
    // What most numbers are.
    if let [b'1'..=b'9', more @ ..] = text.as_bytes()
        && more.len() < 18
        && more.iter().all(u8::is_ascii_digit)
    {
        return text.parse().ok();
    }
    let lower = text.to_ascii_lowercase();
    let (radix, body) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?),
        [b'0', b'b', ..] => (2, lower.get(2..)?),
        [b'0', b'o', ..] => (8, lower.get(2..)?),
        [b'0', _, ..] => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    let digits = without_underscores(&lower, body)?;
    if digits.is_empty() || digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(&digits, radix).ok()
}

/// Go allows `_` between digits and after a base prefix only.
fn without_underscores(whole: &str, body: &str) -> Option<String> {
    if !whole.contains('_') {
        return Some(body.to_owned());
    }
    let prefixed = body.len() < whole.len();
    let bytes = body.as_bytes();
    for (i, b) in bytes.iter().enumerate() {
        if *b == b'_' {
            let before = if i == 0 { prefixed } else { bytes.get(i - 1) != Some(&b'_') };
            let after = bytes.get(i + 1).is_some_and(u8::is_ascii_hexdigit);
            if !before || !after {
                return None;
            }
        }
    }
    Some(body.replace('_', ""))
}

/// `strconv.ParseFloat(text, 64)` for what the lexer lets through.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if text.len() - unsigned.len() > 1 {
        return None;
    }
    let lower = unsigned.to_ascii_lowercase();
    let value = if let Some(hex) = lower.strip_prefix("0x") {
        parse_hex_float(&hex.replace('_', ""))?
    } else {
        let digits = without_underscores(unsigned, unsigned)?;
        let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if !numeric || digits == "." {
            return None;
        }
        let value: f64 = digits.parse().ok()?;
        if value.is_infinite() {
            return None;
        }
        value
    };
    Some(if text.starts_with('-') { -value } else { value })
}

fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0_f64;
    for c in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(c.to_digit(16)?);
    }
    let scale = exponent.checked_sub(i32::try_from(fraction.len()).ok()?.checked_mul(4)?)?;
    let value = value * 2.0_f64.powi(scale);
    value.is_finite().then_some(value)
}
