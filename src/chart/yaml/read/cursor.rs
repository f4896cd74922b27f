//! A place in a text that moves forward, and knows its line and column.

use super::super::Error;

/// A place in the text, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) line: usize,
    /// In characters, as is `index`.
    pub(super) column: usize,
    pub(super) index: usize,
}

impl Mark {
    /// An error in what a node means; go-yaml says no line.
    pub(super) fn error(self, message: impl Into<String>) -> Error {
        self.error_in_go(message.into(), None)
    }

    /// An error in how a token is spelt; go-yaml says no line where it is the first one.
    pub(super) fn token_error(self, message: impl Into<String>) -> Error {
        self.error_in_go(message.into(), (self.line > 0).then_some(self.line + 1))
    }

    /// An error in how tokens follow each other; go-yaml counts its lines from 0.
    pub(super) fn syntax_error(self, message: impl Into<String>) -> Error {
        self.error_in_go(message.into(), (self.line > 0).then_some(self.line))
    }

    fn error_in_go(self, message: String, go_line: Option<usize>) -> Error {
        Error { line: self.line + 1, column: self.column + 1, message, go_line, after: false, in_go: None }
    }
}

/// The text and how far it is read.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    /// In bytes, always between two characters.
    pos: usize,
    pub(super) mark: Mark,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mark = Mark { line: 0, column: 0, index: 0 };
        Self { text, pos: 0, mark }
    }

    /// The bytes read so far.
    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    /// What lies between two places.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// What lies between two places, which are counted in characters.
    pub(super) fn between(&self, from: usize, to: usize) -> &'a str {
        let byte = |at: usize| self.text.char_indices().nth(at).map_or(self.text.len(), |(byte, _)| byte);
        self.slice(byte(from), byte(to))
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        match self.text.as_bytes().get(self.pos)? {
            byte if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.rest().chars().next(),
        }
    }

    /// The character behind as many bytes, which the caller knows to be ASCII.
    pub(super) fn peek_after(&self, bytes: usize) -> Option<char> {
        self.text.get(self.pos + bytes..)?.chars().next()
    }

    /// Reads one character that is not a line break.
    pub(super) fn skip(&mut self) {
        if let Some(c) = self.peek() {
            self.pos += c.len_utf8();
            self.mark.column += 1;
            self.mark.index += 1;
        }
    }

    pub(super) fn skip_many(&mut self, count: usize) {
        for _ in 0..count {
            self.skip();
        }
    }

    /// Reads one character that is not a line break, into a text.
    pub(super) fn read(&mut self, into: &mut String) {
        into.extend(self.peek());
        self.skip();
    }

    /// Skips what a condition holds for, line breaks excepted.
    pub(super) fn skip_while(&mut self, condition: impl Fn(char) -> bool) {
        while self.peek().is_some_and(|c| !is_break(c) && condition(c)) {
            self.skip();
        }
    }

    /// Reads one line break, if any; the two separators of Unicode stay what they are.
    pub(super) fn read_line(&mut self, into: &mut String) {
        let Some(c) = self.peek().filter(|c| is_break(*c)) else {
            return;
        };
        let crlf = c == '\r' && self.peek_after(1) == Some('\n');
        self.pos += if crlf { 2 } else { c.len_utf8() };
        self.mark.index += if crlf { 2 } else { 1 };
        self.mark.column = 0;
        self.mark.line += 1;
        into.push(if matches!(c, '\u{2028}' | '\u{2029}') { c } else { '\n' });
    }

    pub(super) fn skip_line(&mut self) {
        self.read_line(&mut String::new());
    }

    /// Skips a comment, up to the end of its line.
    pub(super) fn skip_comment(&mut self) {
        if self.peek() != Some('#') {
            return;
        }
        let rest = self.rest().as_bytes();
        let line = rest.get(..memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())).unwrap_or_default();
        if line.is_ascii() {
            self.pos += line.len();
            self.mark.column += line.len();
            self.mark.index += line.len();
        } else {
            self.skip_while(|_| true);
        }
    }

    /// Whether `---` or `...` stands here, as a word of its own at the start of a line.
    pub(super) fn is_document_mark(&self, mark: &str) -> bool {
        self.mark.column == 0 && self.rest().starts_with(mark) && is_end(self.peek_after(3))
    }
}

/// The line breaks of YAML 1.1.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Whether a token ends here: at a blank, a line break or the end of the text.
pub(super) fn is_end(c: Option<char>) -> bool {
    c.is_none_or(|c| is_blank(c) || is_break(c))
}
