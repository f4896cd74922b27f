//! Cuts a template's text into items, as Go's text/template does: text, delimiters, and what stands
//! between them. Spaces inside an action are items too, because `$x .y` and `$x.y` differ.

use super::item::{Item, Kind};

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
/// A trim marker is a minus and a space.
const TRIM_LEN: usize = 2;

/// The lexer. After an error item it must not be asked again.
pub(super) struct Lexer<'a> {
    input: &'a str,
    start: usize,
    pos: usize,
    inside: bool,
    paren_depth: usize,
    /// What is wrong, once there was an error item.
    wrong: String,
}

impl<'a> Lexer<'a> {
    pub fn new(input: &'a str) -> Self {
        Self { input, start: 0, pos: 0, inside: false, paren_depth: 0, wrong: String::new() }
    }

    pub fn next_item(&mut self) -> Item<'a> {
        if self.inside {
            return self.inside_action();
        }
        loop {
            if let Some(item) = self.text() {
                return item;
            }
        }
    }

    /// What is wrong, of an error item.
    pub fn wrong(&self) -> &str {
        &self.wrong
    }

    fn rest(&self) -> &'a str {
        self.input.get(self.pos..).unwrap_or("")
    }

    fn bytes(&self) -> &'a [u8] {
        self.input.as_bytes().get(self.pos..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        match self.input.as_bytes().get(self.pos)? {
            byte if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.rest().chars().next(),
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn emit(&mut self, kind: Kind) -> Item<'a> {
        let text = self.input.get(self.start..self.pos).unwrap_or("");
        let item = Item { kind, pos: self.start, text };
        self.start = self.pos;
        item
    }

    fn error(&mut self, message: impl Into<String>) -> Item<'a> {
        self.wrong = message.into();
        Item { kind: Kind::Error, pos: self.start, text: "" }
    }

    /// Text up to an action, or what is at its beginning; nothing after a comment.
    fn text(&mut self) -> Option<Item<'a>> {
        let bytes = self.bytes();
        let mut braces = memchr::memchr_iter(b'{', bytes);
        let Some(found) = braces.find(|at| bytes.get(at + 1) == Some(&b'{')) else {
            self.pos = self.input.len();
            return Some(self.emit(if self.pos > self.start { Kind::Text } else { Kind::Eof }));
        };
        if found > 0 || self.pos > self.start {
            let delim = self.pos + found;
            let text = self.input.get(self.start..delim).unwrap_or("");
            let is_trimmed = left_trim(bytes.get(found + LEFT.len()..).unwrap_or_default());
            let kept = if is_trimmed { text.trim_end_matches(is_space) } else { text };
            let item = Item { kind: Kind::Text, pos: self.start, text: kept };
            self.pos = delim;
            self.start = delim;
            if !kept.is_empty() {
                return Some(item);
            }
        }
        self.left_delim()
    }

    fn left_delim(&mut self) -> Option<Item<'a>> {
        self.pos += LEFT.len();
        let marker = if left_trim(self.bytes()) { TRIM_LEN } else { 0 };
        if self.bytes().get(marker..).is_some_and(|rest| rest.starts_with(b"/*")) {
            self.pos += marker;
            self.start = self.pos;
            return self.comment();
        }
        let item = self.emit(Kind::LeftDelim);
        self.inside = true;
        self.pos += marker;
        self.start = self.pos;
        self.paren_depth = 0;
        Some(item)
    }

    fn comment(&mut self) -> Option<Item<'a>> {
        self.pos += 2;
        let Some(end) = self.rest().find("*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.pos += end + 2;
        let (delim, trim) = self.at_right_delim();
        if !delim {
            return Some(self.error("comment ends before closing delimiter"));
        }
        self.leave_action(trim);
        None
    }

    /// Passes a closing delimiter and, when it trims, the spaces after it.
    fn leave_action(&mut self, trim: bool) {
        if trim {
            self.pos += TRIM_LEN;
        }
        self.pos += RIGHT.len();
        if trim {
            self.pos += self.bytes().iter().take_while(|byte| is_space_byte(**byte)).count();
        }
        self.start = self.pos;
    }

    /// Whether a closing delimiter stands here, and whether it trims.
    fn at_right_delim(&self) -> (bool, bool) {
        match self.bytes() {
            [b'}', b'}', ..] => (true, false),
            rest => (trims_right(rest), trims_right(rest)),
        }
    }

    fn right_delim(&mut self) -> Item<'a> {
        let (_, trim) = self.at_right_delim();
        let pos = self.pos + if trim { TRIM_LEN } else { 0 };
        self.leave_action(trim);
        self.inside = false;
        Item { kind: Kind::RightDelim, pos, text: RIGHT }
    }

    fn inside_action(&mut self) -> Item<'a> {
        let (delim, _) = self.at_right_delim();
        if delim {
            if self.paren_depth == 0 {
                return self.right_delim();
            }
            return self.error("unclosed left paren");
        }
        let Some(c) = self.next() else {
            return self.error("unclosed action");
        };
        match c {
            c if is_space(c) => self.space(),
            '=' => self.emit(Kind::Assign),
            ':' => {
                if self.next() != Some('=') {
                    return self.error("expected :=");
                }
                self.emit(Kind::Declare)
            }
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '`' => self.raw_quote(),
            '$' => self.field_or_variable(Kind::Variable),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '.' if self.peek().is_some_and(|c| !c.is_ascii_digit()) => self.field_or_variable(Kind::Field),
            '.' | '+' | '-' | '0'..='9' => {
                self.pos -= c.len_utf8();
                self.number()
            }
            '(' => {
                self.paren_depth += 1;
                self.emit(Kind::LeftParen)
            }
            ')' => {
                if self.paren_depth == 0 {
                    return self.error("unexpected right paren");
                }
                self.paren_depth -= 1;
                self.emit(Kind::RightParen)
            }
            c if is_alphanumeric(c) => self.identifier(),
            ' '..='~' => self.emit(Kind::Char),
            c => {
                let shown = go_unicode(c);
                self.error(format!("unrecognized character in action: {shown}"))
            }
        }
    }

    fn space(&mut self) -> Item<'a> {
        self.pos += self.bytes().iter().take_while(|byte| is_space_byte(**byte)).count();
        // The last space may belong to a trimming closing delimiter.
        let last = self.pos - 1;
        if trims_right(self.input.as_bytes().get(last..).unwrap_or_default()) {
            self.pos = last;
            if self.pos == self.start {
                return self.right_delim();
            }
        }
        self.emit(Kind::Space)
    }

    /// Passes letters, digits and `_`.
    fn word(&mut self) {
        loop {
            let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            self.pos += self.bytes().iter().take_while(is_word).count();
            match self.peek() {
                Some(c) if !c.is_ascii() && is_alphanumeric(c) => self.pos += c.len_utf8(),
                _ => return,
            }
        }
    }

    fn identifier(&mut self) -> Item<'a> {
        self.word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match self.input.get(self.start..self.pos).unwrap_or("") {
            "true" | "false" => Kind::Bool,
            "nil" => Kind::Nil,
            "block" => Kind::Block,
            "break" => Kind::Break,
            "continue" => Kind::Continue,
            "define" => Kind::Define,
            "else" => Kind::Else,
            "end" => Kind::End,
            "if" => Kind::If,
            "range" => Kind::Range,
            "template" => Kind::Template,
            "with" => Kind::With,
            _ => Kind::Identifier,
        };
        self.emit(kind)
    }

    fn field_or_variable(&mut self, kind: Kind) -> Item<'a> {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable { kind } else { Kind::Dot });
        }
        self.word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(kind)
    }

    fn bad_character(&mut self) -> Item<'a> {
        let shown = self.peek().map_or_else(String::new, go_unicode);
        self.error(format!("bad character {shown}"))
    }

    fn at_terminator(&self) -> bool {
        match self.bytes() {
            [] | [b'.' | b',' | b'|' | b':' | b')' | b'(', ..] | [b'}', b'}', ..] => true,
            [byte, ..] => is_space_byte(*byte),
        }
    }

    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> Item<'a> {
        loop {
            match self.next() {
                Some('\\') => {
                    if matches!(self.next(), None | Some('\n')) {
                        return self.error(unterminated);
                    }
                }
                None | Some('\n') => return self.error(unterminated),
                Some(c) if c == quote => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_quote(&mut self) -> Item<'a> {
        match self.rest().find('`') {
            Some(end) => {
                self.pos += end + 1;
                self.emit(Kind::RawString)
            }
            None => self.error("unterminated raw quoted string"),
        }
    }

    fn number(&mut self) -> Item<'a> {
        let mut ok = self.scan_number();
        let mut kind = Kind::Number;
        if ok && matches!(self.peek(), Some('+' | '-')) {
            // 1+2i: no spaces, and it must end in i.
            kind = Kind::Complex;
            ok = self.scan_number() && self.input.get(..self.pos).is_some_and(|t| t.ends_with('i'));
        }
        if ok {
            return self.emit(kind);
        }
        let text = self.input.get(self.start..self.pos).unwrap_or("");
        self.error(format!("bad number syntax: {}", super::quote::go_quote(text)))
    }

    fn accept(&mut self, of: &str) -> bool {
        let found = self.peek().is_some_and(|c| of.contains(c));
        if found {
            self.next();
        }
        found
    }

    fn accept_run(&mut self, of: &str) {
        while self.accept(of) {}
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let (mut digits, mut base) = ("0123456789_", 10);
        if self.accept("0") {
            // A leading 0 alone does not mean octal in floats.
            if self.accept("xX") {
                (digits, base) = ("0123456789abcdefABCDEF_", 16);
            } else if self.accept("oO") {
                (digits, base) = ("01234567_", 8);
            } else if self.accept("bB") {
                (digits, base) = ("01_", 2);
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        if (base == 10 && self.accept("eE")) || (base == 16 && self.accept("pP")) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}

pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn is_space_byte(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn left_trim(rest: &[u8]) -> bool {
    matches!(rest, [b'-', space, ..] if is_space_byte(*space))
}

/// Whether a closing delimiter that trims stands at the beginning.
fn trims_right(rest: &[u8]) -> bool {
    matches!(rest, [space, b'-', b'}', b'}', ..] if is_space_byte(*space))
}

/// Go's `%#U`.
fn go_unicode(c: char) -> String {
    let code = format!("U+{:04X}", c as u32);
    if super::printable::is_print(c) { format!("{code} '{c}'") } else { code }
}
