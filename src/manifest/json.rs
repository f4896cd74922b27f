//! Reads the JSON that a content was written as: numbers to the last digit, and as deep as the YAML it was made from,
//! neither of which `serde_json` does by itself.

use serde_json::{Map, Number, Value};

/// The value of a JSON text without white space; `None` where it is none.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader::new(text);
    let value = reader.value()?;
    reader.rest.is_empty().then_some(value)
}

pub(super) struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    /// What the next value begins with.
    pub(super) fn first(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    /// Passes over a value.
    pub(super) fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.first()? {
                b'"' => self.skip_text()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.rest = self.rest.get(1..)?;
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.rest = self.rest.get(1..)?;
                }
                b',' | b':' => {
                    self.rest = self.rest.get(1..)?;
                    continue;
                }
                _ => {
                    let end = self.rest.find([',', '}', ']']).unwrap_or(self.rest.len());
                    self.rest = self.rest.get(end..)?;
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn skip_text(&mut self) -> Option<()> {
        self.rest = self.rest.strip_prefix('"')?;
        loop {
            let end = memchr::memchr2(b'"', b'\\', self.rest.as_bytes())?;
            let is_end = self.rest.as_bytes().get(end) == Some(&b'"');
            self.rest = self.rest.get(end + if is_end { 1 } else { 2 }..)?;
            if is_end {
                return Some(());
            }
        }
    }

    /// The next key of a mapping; its value comes next.
    pub(super) fn key(&mut self) -> Option<std::borrow::Cow<'t, str>> {
        let rest = self.rest.strip_prefix('"')?;
        let end = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
        let key = match rest.as_bytes().get(end) {
            Some(b'"') => {
                self.rest = rest.get(end + 1..)?;
                rest.get(..end)?.into()
            }
            _ => self.string()?.into(),
        };
        self.takes(":").then_some(key)
    }

    pub(super) fn value(&mut self) -> Option<Value> {
        match self.rest.as_bytes().first()? {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => self.string().map(Value::String),
            b'n' => self.word("null", Value::Null),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            _ => self.number(),
        }
    }

    /// Takes a piece of the text, where it is there.
    pub(super) fn takes(&mut self, piece: &str) -> bool {
        let rest = self.rest.strip_prefix(piece);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.takes(word).then_some(value)
    }

    fn object(&mut self) -> Option<Value> {
        self.takes("{");
        let mut map = Map::new();
        while !self.takes("}") {
            if !map.is_empty() && !self.takes(",") {
                return None;
            }
            let key = self.string()?;
            if !self.takes(":") {
                return None;
            }
            map.insert(key, self.value()?);
        }
        Some(Value::Object(map))
    }

    fn array(&mut self) -> Option<Value> {
        self.takes("[");
        let mut items = Vec::new();
        while !self.takes("]") {
            if !items.is_empty() && !self.takes(",") {
                return None;
            }
            items.push(self.value()?);
        }
        Some(Value::Array(items))
    }

    fn string(&mut self) -> Option<String> {
        if !self.takes("\"") {
            return None;
        }
        let mut text = String::new();
        loop {
            let end = memchr::memchr2(b'"', b'\\', self.rest.as_bytes())?;
            text.push_str(self.rest.get(..end)?);
            self.rest = self.rest.get(end..)?;
            if self.takes("\"") {
                return Some(text);
            }
            let escape = self.rest.as_bytes().get(1)?;
            let mut length = 2;
            text.push(match escape {
                b'"' | b'\\' => char::from(*escape),
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'u' => {
                    length = 6;
                    char::from_u32(u32::from_str_radix(self.rest.get(2..6)?, 16).ok()?)?
                }
                _ => return None,
            });
            self.rest = self.rest.get(length..)?;
        }
    }

    fn number(&mut self) -> Option<Value> {
        let end = self.rest.find([',', '}', ']']).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        let number = if text.contains(['.', 'e', 'E']) {
            Number::from_f64(text.parse().ok()?)?
        } else {
            text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()?
        };
        Some(Value::Number(number))
    }
}
