//! Reads JSON, with the messages of Go's reader, which charts can see.

use crate::chart::template::{Keep, quote_rune as quote_kept};
use serde_json::Value as Json;

/// Go stops at 10,000; what is deeper than this is of no use to a chart.
const MAX_DEPTH: usize = 250;

/// A text that is JSON.
pub(super) struct Read {
    /// What it holds, with null in the place of numbers that are too large.
    pub json: Json,
    /// What Go says of the first such number.
    pub too_large: Option<String>,
}

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Result<Read, String> {
    let mut reader = Reader { text, pos: 0, depth: 0, too_large: None };
    reader.space();
    let json = reader.value("looking for beginning of value")?;
    reader.space();
    match reader.peek() {
        None => Ok(Read { json, too_large: reader.too_large }),
        Some(c) => Err(invalid(c, "after top-level value")),
    }
}

fn quote_rune(c: char) -> String {
    quote_kept(c, Keep::Printable)
}

struct Reader<'a> {
    text: &'a str,
    pos: usize,
    depth: usize,
    too_large: Option<String>,
}

const ENDED: &str = "unexpected end of JSON input";

/// Where a text ends, Go tries whether a space could follow, and complains of that.
fn ended(context: &str) -> String {
    invalid(' ', context)
}

/// Go reads bytes, and shows the first one of a character as if it were one itself.
fn invalid(c: char, context: &str) -> String {
    let mut bytes = [0; 4];
    c.encode_utf8(&mut bytes);
    let shown = match bytes[0] {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        byte => quote_rune(char::from(byte)),
    };
    format!("invalid character {shown} {context}")
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.pos..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r' | '\n')) {
            self.pos += 1;
        }
    }

    fn value(&mut self, context: &str) -> Result<Json, String> {
        match self.peek() {
            None => Err(ENDED.to_owned()),
            Some('{') => crate::chart::template::deep(|| self.object()),
            Some('[') => crate::chart::template::deep(|| self.array()),
            Some('"') => Ok(Json::String(self.string()?)),
            Some('t') => self.word("true", Json::Bool(true)),
            Some('f') => self.word("false", Json::Bool(false)),
            Some('n') => self.word("null", Json::Null),
            Some('-' | '0'..='9') => self.number(),
            Some(c) => Err(invalid(c, context)),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, String> {
        for wanted in word.chars() {
            match self.next() {
                Some(c) if c == wanted => {}
                Some(c) => {
                    return Err(invalid(c, &format!("in literal {word} (expecting {})", quote_rune(wanted))));
                }
                None => return Err(ended(&format!("in literal {word} (expecting {})", quote_rune(wanted)))),
            }
        }
        Ok(value)
    }

    fn enter(&mut self) -> Result<(), String> {
        self.pos += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.space();
        Ok(())
    }

    fn array(&mut self) -> Result<Json, String> {
        self.enter()?;
        let mut items = Vec::new();
        if self.peek() == Some(']') {
            self.pos += 1;
            self.depth -= 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value("looking for beginning of value")?);
            self.space();
            match self.next() {
                Some(',') => self.space(),
                Some(']') => break,
                Some(c) => return Err(invalid(c, "after array element")),
                None => return Err(ENDED.to_owned()),
            }
        }
        self.depth -= 1;
        Ok(Json::Array(items))
    }

    fn object(&mut self) -> Result<Json, String> {
        self.enter()?;
        let mut map = serde_json::Map::new();
        let mut context = "looking for beginning of object key string";
        if self.peek() == Some('}') {
            self.pos += 1;
            self.depth -= 1;
            return Ok(Json::Object(map));
        }
        loop {
            match self.peek() {
                Some('"') => {}
                Some(c) => return Err(invalid(c, context)),
                None => return Err(ENDED.to_owned()),
            }
            let key = self.string()?;
            self.space();
            match self.next() {
                Some(':') => self.space(),
                Some(c) => return Err(invalid(c, "after object key")),
                None => return Err(ENDED.to_owned()),
            }
            let value = self.value("looking for beginning of value")?;
            map.insert(key, value);
            self.space();
            match self.next() {
                Some(',') => self.space(),
                Some('}') => break,
                Some(c) => return Err(invalid(c, "after object key:value pair")),
                None => return Err(ENDED.to_owned()),
            }
            context = "looking for beginning of object key string";
        }
        self.depth -= 1;
        Ok(Json::Object(map))
    }

    fn string(&mut self) -> Result<String, String> {
        self.pos += 1;
        let mut out = String::new();
        loop {
            match self.next() {
                None => return Err(ENDED.to_owned()),
                Some('"') => return Ok(out),
                Some('\\') => self.escape(&mut out)?,
                Some(c) if c < ' ' => return Err(invalid(c, "in string literal")),
                Some(c) => out.push(c),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), String> {
        let c = self.next().ok_or_else(|| ended("in string escape code"))?;
        out.push(match c {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '"' | '\\' | '/' => c,
            'u' => {
                let first = self.hex()?;
                return self.surrogates(first, out);
            }
            c => return Err(invalid(c, "in string escape code")),
        });
        Ok(())
    }

    /// A pair of surrogates is one character; half a pair is U+FFFD.
    fn surrogates(&mut self, first: u32, out: &mut String) -> Result<(), String> {
        if (0xd800..0xdc00).contains(&first) && self.text.get(self.pos..).is_some_and(|t| t.starts_with("\\u")) {
            let before = self.pos;
            self.pos += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                return Ok(());
            }
            self.pos = before;
        }
        out.push(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        Ok(())
    }

    fn hex(&mut self) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..4 {
            let c = self.next().ok_or_else(|| ended("in \\u hexadecimal character escape"))?;
            let digit = c.to_digit(16).ok_or_else(|| invalid(c, "in \\u hexadecimal character escape"))?;
            code = code * 16 + digit;
        }
        Ok(code)
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.pos;
        if self.peek() == Some('-') {
            self.pos += 1;
        }
        match self.next() {
            Some('0') => {}
            Some('1'..='9') => self.digits(),
            Some(c) => return Err(invalid(c, "in numeric literal")),
            None => return Err(ended("in numeric literal")),
        }
        if self.peek() == Some('.') {
            self.pos += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.pos += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.pos += 1;
            }
            self.some_digits("in exponent of numeric literal")?;
        }
        let text = self.text.get(start..self.pos).unwrap_or("0");
        match text.parse::<f64>().ok().filter(|f| f.is_finite()).and_then(serde_json::Number::from_f64) {
            Some(number) => Ok(Json::Number(number)),
            None => {
                let said = || format!("json: cannot unmarshal number {text} into Go value of type float64");
                self.too_large.get_or_insert_with(said);
                Ok(Json::Null)
            }
        }
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some('0'..='9')) {
            self.pos += 1;
        }
    }

    fn some_digits(&mut self, context: &str) -> Result<(), String> {
        match self.peek() {
            Some('0'..='9') => {
                self.digits();
                Ok(())
            }
            Some(c) => Err(invalid(c, context)),
            None => Err(ended(context)),
        }
    }
}
