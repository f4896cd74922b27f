//! Values as text, as Go's `fmt` prints them: `%v` of every kind, and each verb with its flags.

use super::error::Fault;
use super::object::{Field, Object, Record};
use super::value::Value;

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
    match value {
        // An action prints what a pointer points to.
        Value::Object(Object::Record(record)) if record.text.is_none() => printer.record(record, 'v', 0),
        other => printer.value(other, 'v', 0),
    }
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
            self.out.extend_from_slice(text);
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
        if record.type_name == super::object::CHART
            && let Some((own, embedded)) = record.fields.split_last()
        {
            self.name("Metadata");
            self.out.push(b'{');
            self.fields(embedded, verb, depth)?;
            self.out.push(b'}');
            self.separator(1);
            self.fields(std::slice::from_ref(own), verb, depth)?;
        } else {
            self.fields(&record.fields, verb, depth)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn fields(&mut self, fields: &[Field], verb: char, depth: usize) -> Result<(), Fault> {
        for (i, field) in fields.iter().enumerate() {
            self.separator(i);
            self.name(field.name);
            self.nested(&field.value, verb, depth + 1)?;
        }
        Ok(())
    }

    fn name(&mut self, name: &str) {
        if self.spec.plus_v || self.spec.sharp_v {
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b':');
        }
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
}
