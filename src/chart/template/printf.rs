//! `printf`: the format's own language.

use super::error::Fault;
use super::format::{Printer, Spec};
use super::value::Value;

/// Widths and precisions beyond this are refused by Go.
const MAX_NUMBER: usize = 1_000_000;

/// `fmt.Sprintf`, into at most `limit` bytes.
pub(crate) fn sprintf(format: &[u8], args: &[Value], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(format.len() + 16);
    let mut state =
        Format { text: format, pos: 0, args, next: 0, reordered: false, good_index: true, after_index: false };
    state.run(&mut Printer::new(&mut out, limit))?;
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
            if p.out.len() > p.limit {
                let limit = p.limit;
                return Err(Fault::bound(format!("the render is larger than {limit} bytes")));
            }
        }
        if !self.reordered && self.next < self.args.len() {
            self.extra(p)?;
        }
        Ok(())
    }

    fn extra(&mut self, p: &mut Printer<'_>) -> Result<(), Fault> {
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
                p.arg(arg, 'v')?;
            }
        }
        p.out.push(b')');
        Ok(())
    }

    fn verb(&mut self, p: &mut Printer<'_>) -> Result<(), Fault> {
        p.spec = Spec::default();
        self.good_index = true;
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
        let Some(verb) = self.rune() else {
            p.out.extend_from_slice(b"%!(NOVERB)");
            return Ok(());
        };
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
        if matches!(verb, 'v' | 'w') {
            p.spec.sharp_v = std::mem::take(&mut p.spec.sharp);
            p.spec.plus_v = std::mem::take(&mut p.spec.plus);
        }
        self.next += 1;
        p.arg(arg, verb)
    }

    /// The next character; a stray byte is U+FFFD.
    fn rune(&mut self) -> Option<char> {
        let rest = self.text.get(self.pos..).filter(|rest| !rest.is_empty())?;
        let chunk = rest.get(..4.min(rest.len()))?.utf8_chunks().next()?;
        let found = chunk.valid().chars().next();
        self.pos += found.map_or(1, char::len_utf8);
        Some(found.unwrap_or(char::REPLACEMENT_CHARACTER))
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
        // A point at the very end is no precision, but a verb.
        if self.peek() != Some(b'.') || self.pos + 1 >= self.text.len() {
            return;
        }
        self.pos += 1;
        if self.after_index {
            self.good_index = false;
        }
        self.index();
        if self.peek() == Some(b'*') {
            self.pos += 1;
            p.spec.precision = self.number_argument().and_then(|n| usize::try_from(n).ok());
            if p.spec.precision.is_none() {
                p.out.extend_from_slice(b"%!(BADPREC)");
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

    /// Digits; a number that is too large ends the format and counts as none.
    fn number(&mut self) -> Option<usize> {
        let (number, read) = digits(self.text.get(self.pos..).unwrap_or_default());
        self.pos = read.map_or(self.text.len(), |read| self.pos + read);
        number
    }

    /// An explicit argument index, `[3]`.
    fn index(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = self.text.get(self.pos..).unwrap_or_default();
        let close = rest.iter().position(|b| *b == b']').filter(|_| rest.len() >= 3);
        let Some(close) = close else {
            self.good_index = false;
            self.pos += 1;
            return;
        };
        let inside = rest.get(1..close).unwrap_or_default();
        self.pos += close + 1;
        match digits(inside) {
            (Some(n), Some(read)) if read == inside.len() => {
                self.after_index = true;
                if (1..=self.args.len()).contains(&n) {
                    self.next = n - 1;
                } else {
                    self.good_index = false;
                }
            }
            _ => self.good_index = false,
        }
    }
}

/// The number that a text begins with, if any, and how many digits it has; no count where it is too large.
fn digits(text: &[u8]) -> (Option<usize>, Option<usize>) {
    let mut number = None;
    for (i, byte) in text.iter().enumerate() {
        let so_far = number.unwrap_or(0);
        match byte {
            b'0'..=b'9' if so_far > MAX_NUMBER => return (None, None),
            b'0'..=b'9' => number = Some(so_far * 10 + usize::from(byte - b'0')),
            _ => return (number, Some(i)),
        }
    }
    (number, Some(text.len()))
}
