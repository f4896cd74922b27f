//! The verbs of texts and floats.

use super::float::format_float;
use super::format::Printer;
use super::quote::{self, Keep};
use std::fmt::Write as _;

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
            std::str::from_utf8(b)
                .is_ok_and(|t| !t.chars().any(|c| (c.is_control() && c != '\t') || c == '`' || c == '\u{feff}'))
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
        self.spec.zero = false;
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

    pub(super) fn float(&mut self, value: f64, verb: char) -> bool {
        let (format, precision) = match verb {
            'v' => ('g', self.spec.precision),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, self.spec.precision),
            'f' | 'F' | 'e' | 'E' => (verb, Some(self.spec.precision.unwrap_or(6))),
            _ => return false,
        };
        let precision = precision.map(|p| p.min(1 << 20));
        let text = format_float(value, format, precision);
        let (sign, digits) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (text.get(..1).unwrap_or("+"), rest.to_owned()),
            None => ("+", text.clone()),
        };
        let digits = if self.spec.sharp && value.is_finite() && format != 'b' {
            super::printf::keep_zeros(&digits, format, precision)
        } else {
            digits
        };
        let sign = match sign {
            "+" if self.spec.plus => "+",
            "+" if self.spec.space => " ",
            "+" if value.is_infinite() => "+",
            "+" => "",
            other => other,
        };
        let zero = self.spec.zero;
        if !value.is_finite() {
            self.spec.zero = false;
        }
        let length = sign.len() + digits.len();
        match self.spec.width {
            Some(width) if self.spec.zero && !self.spec.minus && width > length => {
                self.out.extend_from_slice(sign.as_bytes());
                self.out.extend(std::iter::repeat_n(b'0', width - length));
                self.out.extend_from_slice(digits.as_bytes());
            }
            _ => self.pad(format!("{sign}{digits}").as_bytes()),
        }
        self.spec.zero = zero;
        true
    }
}
