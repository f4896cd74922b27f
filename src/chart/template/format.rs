//! Values as text, as Go's `fmt` prints them: `%v` of every kind, and each verb with its flags.

use super::error::Fault;
use super::float::format_float;
use super::object::{Object, Record};
use super::quote::{self, Keep};
use super::value::Value;
use std::fmt::Write as _;

/// Values nested deeper than this are not printed: they hold themselves.
const MAX_DEPTH: usize = 500;

/// Flags, width and precision of one verb.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // Go's flags are just that
pub(super) struct Spec {
    pub plus: bool,
    pub minus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    pub plus_v: bool,
    pub sharp_v: bool,
    pub width: Option<usize>,
    pub precision: Option<usize>,
}

/// Writes values under one [`Spec`].
pub(super) struct Printer<'o> {
    pub out: &'o mut Vec<u8>,
    pub spec: Spec,
    pub limit: usize,
}

/// Prints a value as an action does, into at most `limit` bytes.
pub(super) fn print_value(out: &mut Vec<u8>, value: &Value, limit: usize) -> Result<(), Fault> {
    if let Value::Object(Object::Record(record)) = value
        && let Some(text) = &record.text
    {
        out.extend_from_slice(text.bytes());
        return Ok(());
    }
    let mut printer = Printer { out, spec: Spec::default(), limit };
    printer.value(value, 'v', 0)
}

/// Prints a value for a message; what cannot be printed is cut short.
pub(super) fn print_plain(out: &mut Vec<u8>, value: &Value) {
    // A message holds what was printed up to the limit.
    let _ = print_value(out, value, 64 << 10);
}

/// `fmt.Sprintf("%v", value)`.
pub(crate) fn to_text(value: &Value, limit: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    match value {
        Value::Str(text) => out.extend_from_slice(text.bytes()),
        Value::Absent | Value::Nil => out.extend_from_slice(b"<nil>"),
        other => {
            let mut printer = Printer { out: &mut out, spec: Spec::default(), limit };
            printer.value(other, 'v', 0)?;
        }
    }
    Ok(out)
}

impl Printer<'_> {
    /// Prints a value under a verb.
    pub fn value(&mut self, value: &Value, verb: char, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::bound("the value is nested too deeply to be printed"));
        }
        if self.out.len() > self.limit {
            let limit = self.limit;
            return Err(Fault::bound(format!("the render is larger than {limit} bytes")));
        }
        match value {
            Value::Absent | Value::Nil => {
                if matches!(verb, 'v' | 'T') || depth > 0 {
                    self.pad(b"<nil>");
                } else {
                    return self.bad_verb(value, verb);
                }
            }
            Value::Bool(b) if matches!(verb, 't' | 'v') => self.pad(b.to_string().as_bytes()),
            Value::Int(n, kind) => {
                let handled = if kind.is_unsigned() {
                    self.integer(n.unsigned_abs(), false, verb, true)
                } else {
                    self.integer(n.unsigned_abs(), *n < 0, verb, false)
                };
                if !handled {
                    return self.bad_verb(value, verb);
                }
            }
            Value::Float(f) => {
                if !self.float(*f, verb) {
                    return self.bad_verb(value, verb);
                }
            }
            Value::Complex(re, im) if "vbgGxXfFeE".contains(verb) => {
                let plus = self.spec.plus;
                self.out.push(b'(');
                self.float(*re, verb);
                self.spec.plus = true;
                self.float(*im, verb);
                self.out.extend_from_slice(b"i)");
                self.spec.plus = plus;
            }
            Value::Str(text) => {
                if !self.string(text.bytes(), verb) {
                    return self.bad_verb(value, verb);
                }
            }
            Value::Bytes(bytes) => return self.byte_list(bytes, value, verb),
            Value::List(list) => {
                let type_name = list.kind().type_name();
                return self.sequence(list.items(), type_name, verb, depth);
            }
            Value::Map(map) => {
                let entries = map.snapshot();
                let open = if self.spec.sharp_v { "{" } else { "map[" };
                if self.spec.sharp_v {
                    self.out.extend_from_slice(map.kind().type_name().as_bytes());
                }
                self.out.extend_from_slice(open.as_bytes());
                for (i, (key, item)) in entries.iter().enumerate() {
                    self.separator(i);
                    self.value(&Value::from(&**key), verb, depth + 1)?;
                    self.out.push(b':');
                    self.nested(item, verb, depth + 1)?;
                }
                self.out.push(if self.spec.sharp_v { b'}' } else { b']' });
            }
            Value::Object(object) => return self.object(object, value, verb, depth),
            Value::Bool(_) | Value::Complex(..) => return self.bad_verb(value, verb),
        }
        Ok(())
    }

    fn separator(&mut self, i: usize) {
        if i > 0 {
            self.out.extend_from_slice(if self.spec.sharp_v { b", " } else { b" " });
        }
    }

    /// An element that is held as any value.
    fn nested(&mut self, value: &Value, verb: char, depth: usize) -> Result<(), Fault> {
        if value.is_nil() {
            let text: &[u8] = if self.spec.sharp_v { b"interface {}(nil)" } else { b"<nil>" };
            if self.spec.sharp_v {
                self.out.extend_from_slice(text);
            } else {
                self.pad(text);
            }
            return Ok(());
        }
        self.value(value, verb, depth)
    }

    fn sequence(&mut self, items: &[Value], type_name: &str, verb: char, depth: usize) -> Result<(), Fault> {
        if self.spec.sharp_v {
            self.out.extend_from_slice(type_name.as_bytes());
        }
        self.out.push(if self.spec.sharp_v { b'{' } else { b'[' });
        for (i, item) in items.iter().enumerate() {
            self.separator(i);
            self.nested(item, verb, depth + 1)?;
        }
        self.out.push(if self.spec.sharp_v { b'}' } else { b']' });
        Ok(())
    }

    fn byte_list(&mut self, bytes: &[u8], value: &Value, verb: char) -> Result<(), Fault> {
        match verb {
            'v' | 'd' => {
                self.out.extend_from_slice(if self.spec.sharp_v { b"[]byte{" } else { b"[" });
                for (i, byte) in bytes.iter().enumerate() {
                    self.separator(i);
                    if self.spec.sharp_v {
                        self.out.extend_from_slice(format!("{byte:#x}").as_bytes());
                    } else {
                        self.integer(u64::from(*byte), false, 'd', true);
                    }
                }
                self.out.push(if self.spec.sharp_v { b'}' } else { b']' });
            }
            's' | 'x' | 'X' | 'q' => {
                self.string(bytes, verb);
            }
            'b' | 'o' | 'O' | 'c' | 'U' => {
                self.out.push(b'[');
                for (i, byte) in bytes.iter().enumerate() {
                    self.separator(i);
                    self.integer(u64::from(*byte), false, verb, true);
                }
                self.out.push(b']');
            }
            _ => return self.bad_verb(value, verb),
        }
        Ok(())
    }

    fn object(&mut self, object: &Object, value: &Value, verb: char, depth: usize) -> Result<(), Fault> {
        match object {
            Object::Record(record) => {
                let pointer = record.type_name.starts_with('*');
                if pointer && let Some(text) = &record.text {
                    if !self.string(text.bytes(), verb) {
                        return self.bad_verb(value, verb);
                    }
                    return Ok(());
                }
                if pointer && depth == 0 {
                    self.out.push(b'&');
                }
                self.record(record, verb, depth)
            }
            Object::Files(files) => {
                self.out.extend_from_slice(b"map[");
                for (i, (path, bytes)) in files.iter().enumerate() {
                    self.separator(i);
                    self.string(path.as_bytes(), verb);
                    self.out.push(b':');
                    self.byte_list(bytes, value, verb)?;
                }
                self.out.push(b']');
                Ok(())
            }
            Object::Versions(versions) => {
                let items: Vec<Value> = versions.iter().map(|v| v.as_str().into()).collect();
                self.sequence(&items, object.type_name(), verb, depth)
            }
            Object::Time(time) => {
                let text = crate::chart::functions::dates::go_time(time);
                if !self.string(text.as_bytes(), verb) {
                    return self.bad_verb(value, verb);
                }
                Ok(())
            }
        }
    }

    fn record(&mut self, record: &Record, verb: char, depth: usize) -> Result<(), Fault> {
        if self.spec.sharp_v {
            let name = record.type_name.trim_start_matches('*');
            self.out.extend_from_slice(name.as_bytes());
        }
        self.out.push(b'{');
        for (i, field) in record.fields.iter().enumerate() {
            self.separator(i);
            if self.spec.plus_v || self.spec.sharp_v {
                self.out.extend_from_slice(field.name.as_bytes());
                self.out.push(b':');
            }
            self.nested(&field.value, verb, depth + 1)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// `%!verb(type=value)`.
    pub fn bad_verb(&mut self, value: &Value, verb: char) -> Result<(), Fault> {
        self.out.extend_from_slice(format!("%!{verb}(").as_bytes());
        if value.is_nil() {
            self.out.extend_from_slice(b"<nil>");
        } else {
            self.out.extend_from_slice(value.type_name().as_bytes());
            self.out.push(b'=');
            self.value(value, 'v', 0)?;
        }
        self.out.push(b')');
        Ok(())
    }

    /// Text of any kind; false for a verb that strings do not have.
    fn string(&mut self, bytes: &[u8], verb: char) -> bool {
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

    fn float(&mut self, value: f64, verb: char) -> bool {
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
