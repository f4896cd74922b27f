//! Writes values as JSON text, in Go's three styles.

use super::Call;
use super::json::{MAX_DEPTH, Refusal, base64, unsupported, written};
use crate::chart::template::{Fault, Object, Run, Value, format_float};
use std::fmt::Write as _;

/// How JSON is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// On one line, with `<`, `>` and `&` escaped.
    Html,
    /// With two spaces for each level, escaped likewise.
    Pretty,
    /// On one line, as it is.
    Raw,
}

/// The first argument as JSON.
pub(super) fn write(call: &mut Call<'_, '_, '_>, style: Style) -> Result<String, Refusal> {
    let mut writer = Writer { out: String::new(), style, depth: 0 };
    writer.value(call.run, call.value(0))?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    style: Style,
    depth: usize,
}

impl Writer {
    fn value(&mut self, run: &mut Run<'_>, value: &Value) -> Result<(), Refusal> {
        run.step(1)?;
        run.check_size(self.out.len())?;
        if self.depth > MAX_DEPTH {
            return Err(Fault::bound("the value is nested too deeply for JSON").into());
        }
        match value {
            Value::Absent | Value::Nil => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(i, _) => {
                // Writing to a String cannot fail.
                let _ = write!(self.out, "{i}");
            }
            Value::Float(f) => self.float(*f)?,
            Value::Complex(..) => {
                return Err(Refusal::Unsupported("json: unsupported type: complex128".to_owned()));
            }
            Value::Str(text) => self.string(&text.text()),
            Value::Bytes(bytes) => self.string(&base64(bytes)),
            Value::List(list) if list.is_nil() => self.out.push_str("null"),
            Value::List(list) => self.items(run, list.items())?,
            Value::Map(map) if map.is_nil() => self.out.push_str("null"),
            Value::Map(map) => {
                let entries = map.snapshot();
                self.object(run, entries.iter().map(|(key, value)| (&**key, value)))?;
            }
            Value::Object(Object::Record(record)) if record.text_is_json => {
                self.string(&record.text.as_ref().map(|text| text.text()).unwrap_or_default());
            }
            Value::Object(Object::Record(record)) => {
                let fields = written(record).map(|field| {
                    let name = if field.json.is_empty() { field.name } else { field.json };
                    (name, &field.value)
                });
                self.object(run, fields)?;
            }
            Value::Object(Object::Files(files)) => {
                let files: Vec<_> = files.iter().map(|(path, bytes)| (path, Value::Bytes(bytes.clone()))).collect();
                self.object(run, files.iter().map(|(path, value)| (&***path, value)))?;
            }
            Value::Object(Object::Versions(versions)) => {
                let items: Vec<Value> = versions.iter().map(|version| version.as_str().into()).collect();
                self.items(run, &items)?;
            }
            Value::Object(Object::Time(time)) => {
                let text = super::dates::rfc3339(time).map_err(|why| {
                    Refusal::Unsupported(format!(
                        "json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: {why}"
                    ))
                })?;
                self.string(&text);
            }
            Value::Object(Object::Zone(_)) => self.out.push_str("{}"),
        }
        Ok(())
    }

    fn items(&mut self, run: &mut Run<'_>, items: &[Value]) -> Result<(), Refusal> {
        self.out.push('[');
        self.depth += 1;
        for (i, item) in items.iter().enumerate() {
            self.separate(i);
            self.value(run, item)?;
        }
        self.depth -= 1;
        self.close(items.is_empty());
        self.out.push(']');
        Ok(())
    }

    fn object<'v>(
        &mut self,
        run: &mut Run<'_>,
        entries: impl Iterator<Item = (&'v str, &'v Value)>,
    ) -> Result<(), Refusal> {
        self.out.push('{');
        self.depth += 1;
        let mut empty = true;
        for (i, (key, item)) in entries.enumerate() {
            empty = false;
            self.separate(i);
            self.string(key);
            self.out.push_str(if self.style == Style::Pretty { ": " } else { ":" });
            self.value(run, item)?;
        }
        self.depth -= 1;
        self.close(empty);
        self.out.push('}');
        Ok(())
    }

    fn separate(&mut self, i: usize) {
        if i > 0 {
            self.out.push(',');
        }
        self.new_line();
    }

    fn close(&mut self, empty: bool) {
        if !empty {
            self.new_line();
        }
    }

    fn new_line(&mut self) {
        if self.style == Style::Pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    fn float(&mut self, f: f64) -> Result<(), Refusal> {
        if !f.is_finite() {
            return Err(unsupported(f));
        }
        if f != 0.0 && (f.abs() < 1e-6 || f.abs() >= 1e21) {
            // Go takes the zero out of a short negative exponent.
            let text = format_float(f, 'e', None);
            match text.split_once("e-0") {
                Some((mantissa, digit)) => {
                    // Writing to a String cannot fail.
                    let _ = write!(self.out, "{mantissa}e-{digit}");
                }
                None => self.out.push_str(&text),
            }
            return Ok(());
        }
        self.out.push_str(&format_float(f, 'f', None));
        Ok(())
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            // Writing to a String cannot fail.
            let _ = match c {
                '"' => self.out.write_str("\\\""),
                '\\' => self.out.write_str("\\\\"),
                '\u{8}' => self.out.write_str("\\b"),
                '\u{c}' => self.out.write_str("\\f"),
                '\n' => self.out.write_str("\\n"),
                '\r' => self.out.write_str("\\r"),
                '\t' => self.out.write_str("\\t"),
                '<' | '>' | '&' if self.style != Style::Raw => write!(self.out, "\\u{:04x}", u32::from(c)),
                '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => write!(self.out, "\\u{:04x}", u32::from(c)),
                c => self.out.write_char(c),
            };
        }
        self.out.push('"');
    }
}
