//! `printf`: the format's own language, and integers.

use super::error::Fault;
use super::format::{Printer, Spec};
use super::quote::{Keep, quote_rune};
use super::value::Value;
use std::fmt::Write as _;

/// Widths and precisions beyond this are refused by Go.
const MAX_NUMBER: usize = 1_000_000;

/// `fmt.Sprintf`, into at most `limit` bytes.
pub(crate) fn sprintf(format: &[u8], args: &[Value], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(format.len() + 16);
    let mut state =
        Format { text: format, pos: 0, args, next: 0, reordered: false, good_index: true, after_index: false };
    let mut printer = Printer { out: &mut out, spec: Spec::default(), limit };
    state.run(&mut printer)?;
    Ok(out)
}

struct Format<'a> {
    text: &'a [u8],
    pos: usize,
    args: &'a [Value],
    next: usize,
    /// An explicit index was used: leftover arguments are no error.
    reordered: bool,
    good_index: bool,
    after_index: bool,
}

impl Format<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.pos).copied()
    }

    fn run(&mut self, p: &mut Printer<'_>) -> Result<(), Fault> {
        while self.pos < self.text.len() {
            let rest = self.text.get(self.pos..).unwrap_or_default();
            let text = rest.iter().position(|b| *b == b'%').unwrap_or(rest.len());
            p.out.extend_from_slice(rest.get(..text).unwrap_or_default());
            self.pos += text;
            if self.pos >= self.text.len() {
                break;
            }
            self.pos += 1;
            self.verb(p)?;
        }
        if !self.reordered && self.next < self.args.len() {
            p.spec = Spec::default();
            p.out.extend_from_slice(b"%!(EXTRA ");
            for (i, arg) in self.args.iter().skip(self.next).enumerate() {
                if i > 0 {
                    p.out.extend_from_slice(b", ");
                }
                if arg.is_nil() {
                    p.out.extend_from_slice(b"<nil>");
                } else {
                    p.out.extend_from_slice(arg.type_name().as_bytes());
                    p.out.push(b'=');
                    p.value(arg, 'v', 0)?;
                }
            }
            p.out.push(b')');
        }
        Ok(())
    }

    fn verb(&mut self, p: &mut Printer<'_>) -> Result<(), Fault> {
        p.spec = Spec::default();
        self.good_index = true;
        self.after_index = false;
        while let Some(flag) = self.peek() {
            match flag {
                b'#' => p.spec.sharp = true,
                b'0' => p.spec.zero = true,
                b'+' => p.spec.plus = true,
                b'-' => p.spec.minus = true,
                b' ' => p.spec.space = true,
                _ => break,
            }
            self.pos += 1;
        }
        self.index();
        self.width(p);
        self.precision(p);
        if !self.after_index {
            self.index();
        }
        let rest = self.text.get(self.pos..).unwrap_or_default();
        let Some(verb) = String::from_utf8_lossy(rest.get(..4.min(rest.len())).unwrap_or_default()).chars().next()
        else {
            p.out.extend_from_slice(b"%!(NOVERB)");
            return Ok(());
        };
        self.pos += if verb == char::REPLACEMENT_CHARACTER { 1 } else { verb.len_utf8() };
        if verb == '%' {
            p.out.push(b'%');
            return Ok(());
        }
        if !self.good_index {
            p.out.extend_from_slice(format!("%!{verb}(BADINDEX)").as_bytes());
            return Ok(());
        }
        let Some(arg) = self.args.get(self.next) else {
            p.out.extend_from_slice(format!("%!{verb}(MISSING)").as_bytes());
            return Ok(());
        };
        self.next += 1;
        match verb {
            'T' => {
                p.pad(arg.type_name().as_bytes());
                return Ok(());
            }
            'v' => {
                p.spec.sharp_v = std::mem::take(&mut p.spec.sharp);
                p.spec.plus_v = std::mem::take(&mut p.spec.plus);
            }
            _ => {}
        }
        p.value(arg, verb, 0)
    }

    fn width(&mut self, p: &mut Printer<'_>) {
        if self.peek() == Some(b'*') {
            self.pos += 1;
            match self.number_argument() {
                Some(width) => {
                    if width < 0 {
                        p.spec.minus = true;
                        p.spec.zero = false;
                    }
                    p.spec.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => p.out.extend_from_slice(b"%!(BADWIDTH)"),
            }
            self.after_index = false;
            return;
        }
        p.spec.width = self.number();
        if self.after_index && p.spec.width.is_some() {
            self.good_index = false;
        }
    }

    fn precision(&mut self, p: &mut Printer<'_>) {
        if self.peek() != Some(b'.') {
            return;
        }
        self.pos += 1;
        if self.after_index {
            self.good_index = false;
        }
        self.index();
        if self.peek() == Some(b'*') {
            self.pos += 1;
            match self.number_argument() {
                Some(n) if n < 0 => p.out.extend_from_slice(b"%!(BADPREC)"),
                Some(n) => p.spec.precision = usize::try_from(n).ok(),
                None => p.out.extend_from_slice(b"%!(BADPREC)"),
            }
            self.after_index = false;
            return;
        }
        p.spec.precision = Some(self.number().unwrap_or(0));
    }

    fn number_argument(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next);
        self.next += usize::from(arg.is_some());
        match arg {
            Some(Value::Int(n, _)) if n.unsigned_abs() <= MAX_NUMBER as u64 => Some(*n),
            _ => None,
        }
    }

    /// Digits; a number that is too large ends the reading and counts as none.
    fn number(&mut self) -> Option<usize> {
        let mut n: Option<usize> = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let so_far = n.unwrap_or(0);
            if so_far > MAX_NUMBER {
                self.pos = self.text.len();
                return None;
            }
            n = Some(so_far * 10 + usize::from(digit - b'0'));
            self.pos += 1;
        }
        n
    }

    /// An explicit argument index, `[3]`.
    fn index(&mut self) {
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = self.text.get(self.pos..).unwrap_or_default();
        let Some(close) = rest.iter().position(|b| *b == b']') else {
            self.good_index = false;
            self.pos += 1;
            return;
        };
        let digits = rest.get(1..close).unwrap_or_default();
        let index = std::str::from_utf8(digits).ok().and_then(|t| t.parse::<usize>().ok());
        self.pos += close + 1;
        match index {
            Some(n) if n >= 1 && n <= self.args.len() => {
                self.next = n - 1;
                self.after_index = true;
            }
            _ => self.good_index = false,
        }
    }
}

impl Printer<'_> {
    /// An integer; false for a verb that integers do not have.
    pub(super) fn integer(&mut self, magnitude: u64, negative: bool, verb: char, unsigned: bool) -> bool {
        let digits = match verb {
            'v' if self.spec.sharp_v && unsigned => format!("0x{magnitude:x}"),
            'v' | 'd' => magnitude.to_string(),
            'b' => format!("{magnitude:b}"),
            'o' | 'O' => format!("{magnitude:o}"),
            'x' => format!("{magnitude:x}"),
            'X' => format!("{magnitude:X}"),
            'c' | 'q' | 'U' => {
                self.rune(magnitude, negative, verb);
                return true;
            }
            _ => return false,
        };
        self.digits(&digits, magnitude == 0, negative, verb);
        true
    }

    fn digits(&mut self, digits: &str, is_zero: bool, negative: bool, verb: char) {
        let zero = std::mem::take(&mut self.spec.zero);
        let signed = negative || self.spec.plus || self.spec.space;
        let least = match (self.spec.precision, self.spec.width) {
            (Some(0), _) if is_zero => {
                self.pad(b"");
                self.spec.zero = zero;
                return;
            }
            (Some(precision), _) => precision,
            (None, Some(width)) if zero && !self.spec.minus => width - usize::from(signed).min(width),
            _ => 0,
        };
        let mut text = format!("{digits:0>least$}");
        if self.spec.sharp {
            text = match verb {
                'b' => format!("0b{text}"),
                'o' if !text.starts_with('0') => format!("0{text}"),
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
        self.pad(format!("{sign}{text}").as_bytes());
        self.spec.zero = zero;
    }

    fn rune(&mut self, magnitude: u64, negative: bool, verb: char) {
        let code = u32::try_from(magnitude).ok().filter(|_| !negative);
        let c = code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
        let text = match verb {
            'c' => c.to_string(),
            'q' => quote_rune(c, if self.spec.plus { Keep::Ascii } else { Keep::Printable }),
            _ => {
                let least = self.spec.precision.unwrap_or(4).max(4);
                let number = if negative { magnitude.wrapping_neg() } else { magnitude };
                let mut text = format!("U+{number:0>least$X}");
                if self.spec.sharp && code.is_some() && super::quote::is_print(c) {
                    // Writing to a String cannot fail.
                    let _ = write!(text, " '{c}'");
                }
                text
            }
        };
        let zero = self.spec.zero;
        if verb == 'U' {
            self.spec.zero = false;
        }
        self.pad(text.as_bytes());
        self.spec.zero = zero;
    }
}

/// `%#g`: a decimal point always, and zeros up to the precision.
pub(super) fn keep_zeros(text: &str, verb: char, precision: Option<usize>) -> String {
    let at = text.find(['e', 'E', 'p', 'P']).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(at);
    let mut mantissa = mantissa.to_owned();
    if !mantissa.contains('.') {
        mantissa.push('.');
    }
    if matches!(verb, 'g' | 'G') {
        let wanted = precision.unwrap_or(6).max(1);
        let count = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|d| *d == b'0').count();
        let count = count.max(1);
        for _ in count..wanted {
            mantissa.push('0');
        }
    }
    format!("{mantissa}{exponent}")
}
