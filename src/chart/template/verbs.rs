//! The verbs of texts, integers and floats.

use super::float::format_float;
use super::format::Printer;
use super::printable::is_print;
use super::quote::{self, Keep, quote_rune};
use std::fmt::Write as _;
use std::io::Write as _;

impl Printer<'_> {
    /// Text of any kind; false for a verb that strings do not have.
    pub(super) fn string(&mut self, bytes: &[u8], verb: char) -> bool {
        match verb {
            'v' if self.spec.sharp_v => self.quoted(bytes),
            'v' | 's' => {
                let text = self.cut(bytes).to_vec();
                self.pad(&text);
            }
            'x' | 'X' => self.hex(bytes, verb == 'X'),
            'q' => self.quoted(bytes),
            _ => return false,
        }
        true
    }

    /// As many runes as the precision allows.
    fn cut<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        let Some(precision) = self.spec.precision else {
            return bytes;
        };
        let mut left = precision;
        let mut end = 0;
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                if left == 0 {
                    return bytes.get(..end).unwrap_or(bytes);
                }
                left -= 1;
                end += c.len_utf8();
            }
            for _ in chunk.invalid() {
                if left == 0 {
                    return bytes.get(..end).unwrap_or(bytes);
                }
                left -= 1;
                end += 1;
            }
        }
        bytes
    }

    fn quoted(&mut self, bytes: &[u8]) {
        let bytes = self.cut(bytes).to_vec();
        let plain = |b: &[u8]| {
            let is_plain = |c: char| c == '\t' || !(c < ' ' || matches!(c, '`' | '\u{7f}' | '\u{feff}' | '\u{fffd}'));
            std::str::from_utf8(b).is_ok_and(|text| text.chars().all(is_plain))
        };
        let text = if self.spec.sharp && plain(&bytes) {
            format!("`{}`", String::from_utf8_lossy(&bytes))
        } else {
            let keep = if self.spec.plus { Keep::Ascii } else { Keep::Printable };
            quote::quote_with(&bytes, '"', keep)
        };
        self.pad(text.as_bytes());
    }

    fn hex(&mut self, bytes: &[u8], upper: bool) {
        let count = self.spec.precision.map_or(bytes.len(), |p| p.min(bytes.len()));
        let prefix = if upper { "0X" } else { "0x" };
        let mut text = String::new();
        for (i, byte) in bytes.iter().take(count).enumerate() {
            if self.spec.space && i > 0 {
                text.push(' ');
            }
            if self.spec.sharp && (self.spec.space || i == 0) {
                text.push_str(prefix);
            }
            // Writing to a String cannot fail.
            let _ = if upper { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
        }
        self.pad(text.as_bytes());
    }

    /// Writes text within the width, which counts runes.
    pub fn pad(&mut self, bytes: &[u8]) {
        let Some(width) = self.spec.width else {
            self.out.extend_from_slice(bytes);
            return;
        };
        let count = String::from_utf8_lossy(bytes).chars().count();
        let missing = width.saturating_sub(count);
        if self.spec.minus {
            self.out.extend_from_slice(bytes);
            self.out.extend(std::iter::repeat_n(b' ', missing));
        } else {
            let fill = if self.spec.zero { b'0' } else { b' ' };
            self.out.extend(std::iter::repeat_n(fill, missing));
            self.out.extend_from_slice(bytes);
        }
    }

    /// The same, with spaces whatever the flags say.
    fn pad_with_spaces(&mut self, bytes: &[u8]) {
        let zero = std::mem::take(&mut self.spec.zero);
        self.pad(bytes);
        self.spec.zero = zero;
    }

    /// An integer, as its magnitude and whether it is negative; false for a verb that integers do not have.
    pub(super) fn integer(&mut self, (magnitude, negative): (u64, bool), verb: char, unsigned: bool) -> bool {
        if matches!(verb, 'v' | 'd') && self.spec.is_plain() {
            if negative {
                self.out.push(b'-');
            }
            // Writing to a vector cannot fail.
            let _ = write!(self.out, "{magnitude}");
            return true;
        }
        let (digits, sharp) = match verb {
            'v' if self.spec.sharp_v && unsigned => (format!("{magnitude:x}"), true),
            'v' | 'd' => (magnitude.to_string(), self.spec.sharp),
            'b' => (format!("{magnitude:b}"), self.spec.sharp),
            'o' | 'O' => (format!("{magnitude:o}"), self.spec.sharp),
            'x' => (format!("{magnitude:x}"), self.spec.sharp),
            'X' => (format!("{magnitude:X}"), self.spec.sharp),
            'c' | 'q' | 'U' => {
                self.rune(magnitude, negative, verb);
                return true;
            }
            _ => return false,
        };
        let verb = if verb == 'v' && self.spec.sharp_v && unsigned { 'x' } else { verb };
        if self.spec.precision == Some(0) && magnitude == 0 {
            self.pad_with_spaces(b"");
            return true;
        }
        let signed = negative || self.spec.plus || self.spec.space;
        let least = match (self.spec.precision, self.spec.width) {
            (Some(precision), _) => precision,
            (None, Some(width)) if self.spec.zero && !self.spec.minus => width - usize::from(signed).min(width),
            _ => 0,
        };
        let mut text = format!("{digits:0>least$}");
        if sharp {
            text = match verb {
                'b' => format!("0b{text}"),
                'o' | 'O' if !text.starts_with('0') => format!("0{text}"),
                'x' => format!("0x{text}"),
                'X' => format!("0X{text}"),
                _ => text,
            };
        }
        if verb == 'O' {
            text = format!("0o{text}");
        }
        let sign = match (negative, self.spec.plus, self.spec.space) {
            (true, _, _) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        self.pad_with_spaces(format!("{sign}{text}").as_bytes());
        true
    }

    fn rune(&mut self, magnitude: u64, negative: bool, verb: char) {
        let code = u32::try_from(magnitude).ok().filter(|_| !negative);
        let c = code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
        match verb {
            'c' => self.pad(c.to_string().as_bytes()),
            'q' => {
                let text = quote_rune(c, if self.spec.plus { Keep::Ascii } else { Keep::Printable });
                self.pad(text.as_bytes());
            }
            _ => {
                let least = self.spec.precision.unwrap_or(4).max(4);
                let number = if negative { magnitude.wrapping_neg() } else { magnitude };
                let mut text = format!("U+{number:0>least$X}");
                if self.spec.sharp && code.and_then(char::from_u32).is_some() && is_print(c) {
                    // Writing to a String cannot fail.
                    let _ = write!(text, " '{c}'");
                }
                self.pad_with_spaces(text.as_bytes());
            }
        }
    }

    pub(super) fn complex(&mut self, re: f64, im: f64, verb: char) -> bool {
        if !"vbgGxXfFeE".contains(verb) {
            return false;
        }
        self.out.push(b'(');
        self.float(re, verb);
        // The imaginary part always has a sign.
        let plus = std::mem::replace(&mut self.spec.plus, true);
        self.float(im, verb);
        self.spec.plus = plus;
        self.out.extend_from_slice(b"i)");
        true
    }

    /// A float; false for a verb that floats do not have.
    pub(super) fn float(&mut self, value: f64, verb: char) -> bool {
        let (format, precision) = match verb {
            'v' => ('g', self.spec.precision),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, self.spec.precision),
            'f' | 'F' => ('f', Some(self.spec.precision.unwrap_or(6))),
            'e' | 'E' => (verb, Some(self.spec.precision.unwrap_or(6))),
            _ => return false,
        };
        let text = format_float(value, format, precision);
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => ('-', rest),
            None => ('+', text.strip_prefix('+').unwrap_or(&text)),
        };
        let sign = if self.spec.space && sign == '+' && !self.spec.plus { ' ' } else { sign };
        if !value.is_finite() {
            let signed = !value.is_nan() || self.spec.space || self.spec.plus;
            let shown = signed && (self.spec.plus || sign != '+' || value.is_infinite());
            let sign = if shown { sign.to_string() } else { String::new() };
            self.pad_with_spaces(format!("{sign}{digits}").as_bytes());
            return true;
        }
        let digits =
            if self.spec.sharp && verb != 'b' { keep_zeros(digits, format, precision) } else { digits.to_owned() };
        if !self.spec.plus && sign == '+' {
            self.pad(digits.as_bytes());
            return true;
        }
        match self.spec.width {
            Some(width) if self.spec.zero && !self.spec.minus && width > digits.len() + 1 => {
                self.out.push(if sign == ' ' { b' ' } else { text_sign(sign) });
                self.out.extend(std::iter::repeat_n(b'0', width - digits.len() - 1));
                self.out.extend_from_slice(digits.as_bytes());
            }
            _ => self.pad(format!("{sign}{digits}").as_bytes()),
        }
        true
    }
}

fn text_sign(sign: char) -> u8 {
    if sign == '-' { b'-' } else { b'+' }
}

/// `%#g`: a decimal point always, and zeros up to the precision.
fn keep_zeros(text: &str, verb: char, precision: Option<usize>) -> String {
    let hex = matches!(verb, 'x' | 'X');
    let is_tail = |c: char| matches!(c, 'p' | 'P') || (!hex && matches!(c, 'e' | 'E'));
    let (mantissa, exponent) = text.split_at(text.find(is_tail).unwrap_or(text.len()));
    let mut wanted = if matches!(verb, 'g' | 'G' | 'x') { precision.unwrap_or(6) } else { 0 };
    // Go counts from the first character on that is no zero, which is the x of a hexadecimal number.
    let significant = mantissa.chars().filter(|c| *c != '.').skip_while(|c| *c == '0').count();
    wanted = wanted.saturating_sub(significant);
    let mut mantissa = mantissa.to_owned();
    if !mantissa.contains('.') {
        if mantissa == "0" {
            wanted = wanted.saturating_sub(1);
        }
        mantissa.push('.');
    }
    mantissa.extend(std::iter::repeat_n('0', wanted));
    mantissa + exponent
}
