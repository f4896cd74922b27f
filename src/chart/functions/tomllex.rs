//! The characters and scalars of TOML, with the complaints of the Go library that Helm uses.

use crate::chart::template::go_quote;

/// A place where reading stopped: the line that Go names, and what it says.
pub(super) struct Stop {
    pub line: usize,
    pub message: String,
}

/// What a scalar is before its text is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// With escapes or without, on one line or many.
    Text {
        raw: bool,
        many: bool,
    },
    Bool,
    Integer,
    Float,
    Time,
}

/// A scalar: its text, where its line ends, and what it is.
pub(super) struct Scalar<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub line: usize,
}

pub(super) struct Lexer<'a> {
    pub text: &'a str,
    pub pos: usize,
    pub line: usize,
}

/// The digits of a number in another base, and what such a number is called.
type Base = (fn(char) -> bool, &'static str);

/// What reading gives, or where it stopped.
pub(super) type Step<T> = Result<T, Stop>;

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, pos: 0, line: 1 }
    }

    /// The next character; nothing at the end. Control characters are refused wherever they are looked at.
    pub fn peek(&self) -> Step<Option<char>> {
        let rest = self.text.get(self.pos..).unwrap_or_default();
        let Some(c) = rest.chars().next() else { return Ok(None) };
        let lonely = c == '\r' && !rest.starts_with("\r\n");
        let control = (c < ' ' && !matches!(c, '\t' | '\r' | '\n')) || c == '\u{7f}';
        if lonely || control {
            let message = format!("TOML files cannot contain control characters: '0x{:02x}'", u32::from(c));
            return Err(Stop { line: self.line, message });
        }
        Ok(Some(c))
    }

    pub fn bump(&mut self, c: char) {
        self.pos += c.len_utf8();
        self.line += usize::from(c == '\n');
    }

    pub fn next(&mut self) -> Step<Option<char>> {
        let c = self.peek()?;
        if let Some(c) = c {
            self.bump(c);
        }
        Ok(c)
    }

    pub fn accept(&mut self, wanted: char) -> Step<bool> {
        let found = self.peek()? == Some(wanted);
        if found {
            self.bump(wanted);
        }
        Ok(found)
    }

    pub fn skip(&mut self, skipped: fn(char) -> bool) -> Step<()> {
        while let Some(c) = self.peek()?.filter(|c| skipped(*c)) {
            self.bump(c);
        }
        Ok(())
    }

    /// An error after `read` was read, which is nothing at the end: Go then names the last line that has text.
    pub fn fail<T>(&self, read: Option<char>, message: impl Into<String>) -> Step<T> {
        let ended = read.is_none() && self.text.get(..self.pos).is_some_and(|text| text.ends_with('\n'));
        Err(Stop { line: self.line - usize::from(ended), message: message.into() })
    }

    /// An error at a line break that was read: it lies on the line before.
    pub fn fail_before<T>(&self, message: impl Into<String>) -> Step<T> {
        Err(Stop { line: self.line - 1, message: message.into() })
    }

    fn current(&self, start: usize) -> &'a str {
        self.text.get(start..self.pos).unwrap_or_default()
    }

    /// The text within quotes, after the first of them.
    pub fn quoted(&mut self, quote: char) -> Step<Scalar<'a>> {
        let raw = quote == '\'';
        let start = self.pos;
        loop {
            match self.next()? {
                None if raw => return self.fail(None, "unexpected EOF; expected \"'\""),
                None => return self.fail(None, "unexpected EOF; expected '\"'"),
                Some('\n') => return self.fail_before("strings cannot contain newlines"),
                // Go goes a line back here too, without having gone on to the next.
                Some('\r') => return self.fail_before("strings cannot contain newlines"),
                Some('\\') if !raw => self.escape(start)?,
                Some(c) if c == quote => {
                    let text = self.text.get(start..self.pos - 1).unwrap_or_default();
                    return Ok(Scalar { kind: Kind::Text { raw, many: false }, text, line: self.line });
                }
                Some(_) => {}
            }
        }
    }

    /// The text within three quotes, after the first three of them.
    pub fn quoted_lines(&mut self, quote: char) -> Step<Scalar<'a>> {
        let raw = quote == '\'';
        let three: String = std::iter::repeat_n(quote, 3).collect();
        let start = self.pos;
        loop {
            match self.next()? {
                None => {
                    let around = if raw { '"' } else { '\'' };
                    return self.fail(None, format!("unexpected EOF; expected {around}{three}{around}"));
                }
                Some('\\') if !raw => match self.peek()? {
                    Some(c @ ('\n' | '\r')) => self.bump(c),
                    _ => self.escape(start)?,
                },
                Some(c) if c == quote => {
                    let rest = self.text.get(self.pos..).unwrap_or_default();
                    if !rest.starts_with(&three[1..]) {
                        continue;
                    }
                    if !rest.get(2..).is_some_and(|rest| rest.starts_with(quote)) {
                        let text = self.text.get(start..self.pos - 1).unwrap_or_default();
                        let line = self.line;
                        self.pos += 2;
                        return Ok(Scalar { kind: Kind::Text { raw, many: true }, text, line });
                    }
                    let shown = self.text.get(start..self.pos + 2).unwrap_or_default();
                    let five: String = std::iter::repeat_n(quote, 5).collect();
                    if shown.ends_with(&five) && (raw || !shown.ends_with(&format!("\\{five}"))) {
                        let around = if raw { '"' } else { '\'' };
                        self.pos += 2;
                        return self.fail(Some(quote), format!("unexpected {around}{five}{quote}{around}"));
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, start: usize) -> Step<()> {
        let (count, words) = match self.next()? {
            Some('e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\') => return Ok(()),
            Some('x') => (2, "two hexadecimal digits after '\\x'"),
            Some('u') => (4, "four hexadecimal digits after '\\u'"),
            Some('U') => (8, "eight hexadecimal digits after '\\U'"),
            Some(c) => return Err(Stop { line: self.line, message: format!("invalid escape in string '\\{c}'") }),
            None => return Err(Stop { line: self.line - 1, message: "invalid escape in string '\\\0'".to_owned() }),
        };
        for _ in 0..count {
            let read = self.next()?;
            if !read.is_some_and(|c| c.is_ascii_hexdigit()) {
                let shown = go_quote(self.current(start));
                return self.fail(read, format!("expected {words}, but got {shown} instead"));
            }
        }
        Ok(())
    }

    fn scalar(&self, kind: Kind, start: usize) -> Scalar<'a> {
        Scalar { kind, text: self.current(start), line: self.line }
    }

    fn run(&mut self, kind: Kind, start: usize, taken: fn(char) -> bool) -> Step<Scalar<'a>> {
        while let Some(c) = self.peek()?.filter(|c| taken(*c)) {
            self.bump(c);
        }
        Ok(self.scalar(kind, start))
    }

    /// A number or a time that begins with a digit.
    pub fn number(&mut self) -> Step<Scalar<'a>> {
        let start = self.pos;
        let first = self.next()?;
        if first == Some('0') {
            let based: Option<Base> = match self.peek()? {
                Some('b') => Some((|c| matches!(c, '0' | '1'), "a binary")),
                Some('o') => Some((|c| matches!(c, '0'..='7'), "an octal")),
                Some('x') => Some((|c| c.is_ascii_hexdigit(), "a hexadecimal")),
                _ => None,
            };
            if let Some((digit, name)) = based {
                self.pos += 1;
                let next = self.peek()?;
                if !next.is_some_and(digit) {
                    let shown = next.unwrap_or('\0');
                    let current = self.current(start);
                    return self.fail(Some(shown), format!("not {name} number: '{current}{shown}'"));
                }
                while let Some(c) = self.peek()?.filter(|c| digit(*c) || *c == '_') {
                    self.bump(c);
                }
                return Ok(self.scalar(Kind::Integer, start));
            }
        }
        self.skip(|c| c.is_ascii_digit())?;
        match self.peek()? {
            Some('-' | ':') => {
                let is_time = |c: char| c.is_ascii_digit() || "-:Tt .Zz+".contains(c);
                let mut found = self.run(Kind::Time, start, is_time)?;
                found.text = found.text.trim();
                Ok(found)
            }
            Some('_') => self.decimal(start),
            Some('.' | 'e' | 'E') => self.float(start),
            _ => Ok(self.scalar(Kind::Integer, start)),
        }
    }

    fn decimal(&mut self, start: usize) -> Step<Scalar<'a>> {
        self.skip(|c| c.is_ascii_digit() || c == '_')?;
        match self.peek()? {
            Some('.' | 'e' | 'E') => self.float(start),
            _ => Ok(self.scalar(Kind::Integer, start)),
        }
    }

    fn float(&mut self, start: usize) -> Step<Scalar<'a>> {
        self.run(Kind::Float, start, |c| c.is_ascii_digit() || matches!(c, '_' | '.' | '-' | '+' | 'e' | 'E'))
    }

    /// A number after its sign, which was read.
    pub fn signed(&mut self) -> Step<Scalar<'a>> {
        let start = self.pos - 1;
        let read = self.next()?;
        match read {
            Some(first @ ('i' | 'n')) => {
                for wanted in if first == 'i' { ['n', 'f'] } else { ['a', 'n'] } {
                    if !self.accept(wanted)? {
                        let current = self.current(start);
                        return self.fail(Some(first), format!("invalid float: '{current}'"));
                    }
                }
                Ok(self.scalar(Kind::Float, start))
            }
            Some('.') => self.fail(read, "floats must start with a digit, not '.'"),
            Some(digit) if digit.is_ascii_digit() => {
                if let (true, Some(base @ ('b' | 'o' | 'x'))) = (digit == '0', self.peek()?) {
                    let current = self.current(start);
                    return self.fail(read, format!("cannot use sign with non-decimal numbers: '{current}{base}'"));
                }
                self.decimal(start)
            }
            other => self.fail(other, format!("expected a digit but got {}", rune(other))),
        }
    }

    /// `true`, `false`, or a word that is neither. `start` is where it begins.
    pub fn word(&mut self, start: usize) -> Step<Scalar<'a>> {
        while let Some(c) = self.peek()?.filter(|c| c.is_alphabetic()) {
            self.bump(c);
        }
        match self.current(start) {
            "true" | "false" => Ok(self.scalar(Kind::Bool, start)),
            other => self.fail(Some(' '), format!("expected value but found {} instead", go_quote(other))),
        }
    }

    /// `inf` and `nan`, whose first letter was read: what Go takes before it looks for another word.
    pub fn special(&mut self) -> Step<Option<Scalar<'a>>> {
        let start = self.pos - 1;
        let found = (self.accept('n')? && self.accept('f')?) || (self.accept('a')? && self.accept('n')?);
        Ok(found.then(|| self.scalar(Kind::Float, start)))
    }
}

/// A character as Go's `%q` shows it; the end is a zero.
pub(super) fn rune(c: Option<char>) -> String {
    crate::chart::template::quote_rune(c.unwrap_or('\0'), crate::chart::template::Keep::Printable)
}
