//! Values as text, as Go's `fmt` prints them: `%v` of every kind, and each verb with its flags.

use super::error::Fault;
use super::object::{CHART, Field, Object, Record};
use super::value::{IntKind, Value};

/// Values nested deeper than this are not printed: they hold themselves.
const MAX_DEPTH: usize = 500;
/// Where Go's pointers point to differs in each run; a render says the same each time.
pub(super) const ADDRESS: u64 = 0xc0_0000_0000;

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

impl Spec {
    /// Whether nothing is asked of how integers are written.
    pub fn is_plain(&self) -> bool {
        let Self { plus, minus: _, sharp, space, zero: _, plus_v: _, sharp_v, width, precision } = *self;
        !(plus || sharp || space || sharp_v) && width.is_none() && precision.is_none()
    }
}

/// Writes values under one [`Spec`].
pub(super) struct Printer<'o> {
    pub out: &'o mut Vec<u8>,
    pub spec: Spec,
    pub limit: usize,
    /// Within the words about a verb that does not fit: no methods are called.
    pub(super) erroring: bool,
}

/// Prints a value as an action does, into at most `limit` bytes.
pub(super) fn print_value(out: &mut Vec<u8>, value: &Value, limit: usize) -> Result<(), Fault> {
    let mut printer = Printer::new(out, limit);
    match value {
        Value::Object(Object::Record(record)) => match &record.text {
            Some(text) => {
                printer.out.extend_from_slice(text.bytes());
                Ok(())
            }
            // An action prints what a pointer points to.
            None => printer.record(record, 'v', 0),
        },
        other => printer.arg(other, 'v'),
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
        other => Printer::new(&mut out, limit).arg(other, 'v')?,
    }
    Ok(out)
}

/// What `%s` prints of a `reflect.Value` within Go's own messages.
pub(crate) fn reflected(value: &Value, limit: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, limit);
    match value {
        Value::Absent => printer.out.extend_from_slice(b"<invalid reflect.Value>"),
        other => printer.arg(other, 's')?,
    }
    Ok(out)
}

impl<'o> Printer<'o> {
    pub fn new(out: &'o mut Vec<u8>, limit: usize) -> Self {
        Self { out, spec: Spec::default(), limit, erroring: false }
    }

    /// Prints an operand under a verb.
    pub fn arg(&mut self, value: &Value, verb: char) -> Result<(), Fault> {
        match (value, verb) {
            (Value::Absent | Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Absent | Value::Nil, _) => return self.bad_verb(value, verb),
            (_, 'T') => {
                self.string(value.type_name().as_bytes(), 's');
            }
            (_, 'p') => return self.pointer(value, verb),
            (Value::Bytes(bytes), 'v' | 'd') => self.byte_list(bytes, verb),
            (Value::Map(_) | Value::List(_) | Value::Object(_) | Value::Int(_, IntKind::Named(_)), _) => {
                return self.held(value, verb, 0);
            }
            _ => return self.plain(value, verb, 0),
        }
        Ok(())
    }

    /// Prints what a list, a map or a struct holds, at `depth`: by its own methods where it has one for the verb.
    fn held(&mut self, value: &Value, verb: char, depth: usize) -> Result<(), Fault> {
        if !self.erroring {
            if verb == 'w' {
                return self.bad_verb(value, verb);
            }
            if let Some(text) = self.own_text(value, verb) {
                let verb = if self.spec.sharp_v { 's' } else { verb };
                self.string(&text, verb);
                return Ok(());
            }
        }
        self.plain(value, verb, depth)
    }

    /// What the value's `String` or `GoString` says.
    fn own_text(&self, value: &Value, verb: char) -> Option<Vec<u8>> {
        match value {
            Value::Object(Object::Time(time)) if self.spec.sharp_v => {
                Some(crate::chart::functions::dates::go_syntax(time).into_bytes())
            }
            _ if self.spec.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') => None,
            Value::Object(Object::Time(time)) => Some(crate::chart::functions::dates::go_time(time).into_bytes()),
            Value::Object(Object::Zone(zone)) => Some(zone.name().as_bytes().to_vec()),
            Value::Int(n, kind) => crate::chart::functions::times::text(*n, *kind).map(String::into_bytes),
            // A method of a pointer is not seen where the struct itself is held.
            Value::Object(Object::Record(record)) if record.is_pointer() => {
                record.text.as_ref().map(|text| text.bytes().to_vec())
            }
            _ => None,
        }
    }

    /// Prints a value by its kind.
    pub(super) fn plain(&mut self, value: &Value, verb: char, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::bound("the value is nested too deeply to be printed"));
        }
        if self.out.len() > self.limit {
            let limit = self.limit;
            return Err(Fault::bound(format!("the render is larger than {limit} bytes")));
        }
        let done = match value {
            Value::Absent | Value::Nil => {
                let text: &[u8] = if self.spec.sharp_v { b"interface {}(nil)" } else { b"<nil>" };
                self.out.extend_from_slice(text);
                true
            }
            Value::Bool(b) if matches!(verb, 't' | 'v') => {
                self.pad(b.to_string().as_bytes());
                true
            }
            Value::Bool(_) => false,
            Value::Int(n, kind) if kind.is_unsigned() => self.integer((n.unsigned_abs(), false), verb, true),
            Value::Int(n, _) => self.integer((n.unsigned_abs(), *n < 0), verb, false),
            Value::Float(f) => self.float(*f, verb),
            Value::Complex(re, im) => self.complex(*re, *im, verb),
            Value::Str(text) => self.string(text.bytes(), verb),
            Value::Bytes(bytes) => return self.bytes(bytes, verb, depth),
            // Bytes that are nil.
            Value::List(list) if list.is_nil() && list.kind().type_name() == "[]uint8" => {
                match (self.spec.sharp_v, depth) {
                    (true, 0) => self.out.extend_from_slice(b"[]byte(nil)"),
                    (true, _) => self.out.extend_from_slice(b"[]uint8(nil)"),
                    _ => return self.bytes(&[], verb, depth),
                }
                true
            }
            Value::List(list) => {
                let type_name = list.kind().type_name();
                return self.sequence((list.items(), list.is_nil()), type_name, verb, depth);
            }
            Value::Map(map) if map.is_nil() && self.spec.sharp_v => {
                self.out.extend_from_slice(map.kind().type_name().as_bytes());
                self.out.extend_from_slice(b"(nil)");
                true
            }
            Value::Map(map) => {
                let entries = map.snapshot();
                let entries = entries.iter().map(|(key, item)| (&**key, item.clone()));
                return self.entries(entries, map.kind().type_name(), verb, depth);
            }
            Value::Object(object) => return self.object(object, value, verb, depth),
        };
        if done { Ok(()) } else { self.bad_verb(value, verb) }
    }

    pub(super) fn separator(&mut self, i: usize) {
        if i > 0 {
            self.out.extend_from_slice(if self.spec.sharp_v { b", " } else { b" " });
        }
    }

    fn entries<'e>(
        &mut self,
        entries: impl Iterator<Item = (&'e str, Value)>,
        type_name: &str,
        verb: char,
        depth: usize,
    ) -> Result<(), Fault> {
        if self.spec.sharp_v {
            self.out.extend_from_slice(type_name.as_bytes());
        }
        self.out.extend_from_slice(if self.spec.sharp_v { b"{" } else { b"map[" });
        for (i, (key, item)) in entries.enumerate() {
            self.separator(i);
            self.plain(&Value::from(key), verb, depth + 1)?;
            self.out.push(b':');
            self.held(&item, verb, depth + 1)?;
        }
        self.out.push(if self.spec.sharp_v { b'}' } else { b']' });
        Ok(())
    }

    fn sequence(
        &mut self,
        (items, is_nil): (&[Value], bool),
        type_name: &str,
        verb: char,
        depth: usize,
    ) -> Result<(), Fault> {
        if self.spec.sharp_v {
            self.out.extend_from_slice(type_name.as_bytes());
            if is_nil {
                self.out.extend_from_slice(b"(nil)");
                return Ok(());
            }
        }
        self.out.push(if self.spec.sharp_v { b'{' } else { b'[' });
        for (i, item) in items.iter().enumerate() {
            self.separator(i);
            self.held(item, verb, depth + 1)?;
        }
        self.out.push(if self.spec.sharp_v { b'}' } else { b']' });
        Ok(())
    }

    /// `%v` and `%d` of a `[]byte` that is an operand itself.
    fn byte_list(&mut self, bytes: &[u8], verb: char) {
        self.out.extend_from_slice(if self.spec.sharp_v { b"[]byte{" } else { b"[" });
        for (i, byte) in bytes.iter().enumerate() {
            self.separator(i);
            if self.spec.sharp_v {
                self.prefixed_hex(u64::from(*byte), true);
            } else {
                self.integer((u64::from(*byte), false), verb, true);
            }
        }
        self.out.push(if self.spec.sharp_v { b'}' } else { b']' });
    }

    fn bytes(&mut self, bytes: &[u8], verb: char, depth: usize) -> Result<(), Fault> {
        if matches!(verb, 's' | 'x' | 'X' | 'q') {
            self.string(bytes, verb);
            return Ok(());
        }
        let items = bytes.iter().map(|byte| Value::Int(i64::from(*byte), super::value::IntKind::Uint8));
        self.sequence((&items.collect::<Vec<_>>(), false), "[]uint8", verb, depth)
    }

    fn object(&mut self, object: &Object, value: &Value, verb: char, depth: usize) -> Result<(), Fault> {
        match object {
            Object::Record(record) if record.is_pointer() && depth > 0 => self.pointer(value, verb),
            Object::Record(record) => {
                if record.is_pointer() {
                    self.out.push(b'&');
                }
                self.record(record, verb, depth)
            }
            Object::Files(files) => {
                let entries = files.iter().map(|(path, bytes)| (&**path, Value::Bytes(bytes.clone())));
                self.entries(entries, object.type_name(), verb, depth)
            }
            Object::Versions(versions) => {
                let items: Vec<Value> = versions.iter().map(|v| v.as_str().into()).collect();
                self.sequence((&items, false), object.type_name(), verb, depth)
            }
            Object::Time(time) => self.time(time, verb, depth),
            Object::Zone(_) if depth > 0 => self.pointer(value, verb),
            Object::Zone(zone) => self.zone(zone, verb, depth),
        }
    }

    fn record(&mut self, record: &Record, verb: char, depth: usize) -> Result<(), Fault> {
        if self.spec.sharp_v {
            let name = record.type_name.trim_start_matches('*');
            self.out.extend_from_slice(name.as_bytes());
        }
        self.out.push(b'{');
        if record.type_name == CHART
            && let Some((own, embedded)) = record.fields.split_last()
        {
            self.name("Metadata");
            self.out.extend_from_slice(if self.spec.sharp_v { b"chart.Metadata{" } else { b"{" });
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
            self.held(&field.value, verb, depth + 1)?;
        }
        Ok(())
    }

    pub(super) fn name(&mut self, name: &str) {
        if self.spec.plus_v || self.spec.sharp_v {
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b':');
        }
    }

    /// The place of something in memory.
    fn pointer(&mut self, value: &Value, verb: char) -> Result<(), Fault> {
        let address = match value {
            Value::List(list) if list.is_nil() => 0,
            Value::Object(Object::Record(record)) if !record.is_pointer() => return self.bad_verb(value, verb),
            Value::Object(Object::Time(_)) => return self.bad_verb(value, verb),
            Value::List(_) | Value::Map(_) | Value::Bytes(_) | Value::Object(_) => ADDRESS,
            _ => return self.bad_verb(value, verb),
        };
        match verb {
            'v' if self.spec.sharp_v => {
                self.out.extend_from_slice(format!("({})(", value.type_name()).as_bytes());
                self.prefixed_hex(address, true);
                self.out.push(b')');
            }
            'v' | 'p' => self.prefixed_hex(address, !self.spec.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => {
                self.integer((address, false), verb, true);
            }
            _ => return self.bad_verb(value, verb),
        }
        Ok(())
    }

    pub(super) fn prefixed_hex(&mut self, number: u64, prefixed: bool) {
        let sharp = std::mem::replace(&mut self.spec.sharp, prefixed);
        self.integer((number, false), 'x', true);
        self.spec.sharp = sharp;
    }

    /// `%!verb(type=value)`.
    pub fn bad_verb(&mut self, value: &Value, verb: char) -> Result<(), Fault> {
        self.out.extend_from_slice(format!("%!{verb}(").as_bytes());
        if value.is_nil() {
            self.out.extend_from_slice(b"<nil>");
        } else {
            self.out.extend_from_slice(value.type_name().as_bytes());
            self.out.push(b'=');
            let outer = std::mem::replace(&mut self.erroring, true);
            self.arg(value, 'v')?;
            self.erroring = outer;
        }
        self.out.push(b')');
        Ok(())
    }
}
