//! Cuts a template's text into items, as Go's text/template does: text, delimiters, and what stands
//! between them. Spaces inside an action are items too, because `$x .y` and `$x.y` differ.

use super::item::{Item, Kind};
use std::borrow::Cow;

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
}

/// What to scan next.
enum State<'a> {
    Emit(Item<'a>),
    Text,
    LeftDelim,
    RightDelim,
    Inside,
}

impl<'a> Lexer<'a> {
    pub fn new(input: &'a str) -> Self {
        Self { input, start: 0, pos: 0, inside: false, paren_depth: 0 }
    }

    pub fn next_item(&mut self) -> Item<'a> {
        let mut state = if self.inside { State::Inside } else { State::Text };
        loop {
            state = match state {
                State::Emit(item) => return item,
                State::Text => self.text(),
                State::LeftDelim => self.left_delim(),
                State::RightDelim => self.right_delim(),
                State::Inside => self.inside_action(),
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.input.get(self.pos..).unwrap_or("")
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

    fn emit(&mut self, kind: Kind) -> State<'a> {
        let text = self.input.get(self.start..self.pos).unwrap_or("");
        let item = Item { kind, pos: self.start, text: Cow::Borrowed(text) };
        self.start = self.pos;
        State::Emit(item)
    }

    fn error(&self, message: impl Into<String>) -> State<'a> {
        State::Emit(Item { kind: Kind::Error, pos: self.start, text: Cow::Owned(message.into()) })
    }

    fn text(&mut self) -> State<'a> {
        let mut braces = memchr::memchr_iter(b'{', self.rest().as_bytes());
        let Some(found) = braces.find(|at| self.rest().as_bytes().get(at + 1) == Some(&b'{')) else {
            self.pos = self.input.len();
            return if self.pos > self.start { self.emit(Kind::Text) } else { self.emit(Kind::Eof) };
        };
        if found > 0 || self.pos > self.start {
            let delim = self.pos + found;
            let text = self.input.get(self.start..delim).unwrap_or("");
            let kept = if left_trim(self.input.get(delim + LEFT.len()..).unwrap_or("")) {
                text.trim_end_matches(is_space).len()
            } else {
                text.len()
            };
            self.pos = delim;
            if kept > 0 {
                let item =
                    Item { kind: Kind::Text, pos: self.start, text: Cow::Borrowed(text.get(..kept).unwrap_or("")) };
                self.start = delim;
                return State::Emit(item);
            }
            self.start = delim;
        }
        State::LeftDelim
    }

    fn left_delim(&mut self) -> State<'a> {
        self.pos += LEFT.len();
        let marker = if left_trim(self.rest()) { TRIM_LEN } else { 0 };
        if self.rest().get(marker..).is_some_and(|r| r.starts_with("/*")) {
            self.pos += marker;
            self.start = self.pos;
            return self.comment();
        }
        let item = self.emit(Kind::LeftDelim);
        self.inside = true;
        self.pos += marker;
        self.start = self.pos;
        self.paren_depth = 0;
        item
    }

    fn comment(&mut self) -> State<'a> {
        self.pos += 2;
        let Some(end) = self.rest().find("*/") else {
            return self.error("unclosed comment");
        };
        self.pos += end + 2;
        let (delim, trim) = self.at_right_delim();
        if !delim {
            return self.error("comment ends before closing delimiter");
        }
        self.leave_action(trim);
        State::Text
    }

    /// Passes a closing delimiter and, when it trims, the spaces after it.
    fn leave_action(&mut self, trim: bool) {
        if trim {
            self.pos += TRIM_LEN;
        }
        self.pos += RIGHT.len();
        if trim {
            let rest = self.rest();
            self.pos += rest.len() - rest.trim_start_matches(is_space).len();
        }
        self.start = self.pos;
    }

    fn at_right_delim(&self) -> (bool, bool) {
        if !matches!(self.peek(), Some('}' | ' ' | '\t' | '\r' | '\n')) {
            return (false, false);
        }
        let rest = self.rest();
        if right_trim(rest) && rest.get(TRIM_LEN..).is_some_and(|r| r.starts_with(RIGHT)) {
            return (true, true);
        }
        (rest.starts_with(RIGHT), false)
    }

    fn right_delim(&mut self) -> State<'a> {
        let (_, trim) = self.at_right_delim();
        let pos = self.pos + if trim { TRIM_LEN } else { 0 };
        self.leave_action(trim);
        self.inside = false;
        State::Emit(Item { kind: Kind::RightDelim, pos, text: Cow::Borrowed(RIGHT) })
    }

    fn inside_action(&mut self) -> State<'a> {
        let (delim, _) = self.at_right_delim();
        if delim {
            if self.paren_depth == 0 {
                return State::RightDelim;
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

    fn space(&mut self) -> State<'a> {
        let mut last = self.pos - 1;
        while self.peek().is_some_and(is_space) {
            last = self.pos;
            self.pos += 1;
        }
        // The last space may belong to a trimming closing delimiter.
        let from_last = self.input.get(last..).unwrap_or("");
        if right_trim(from_last) && from_last.get(TRIM_LEN..).is_some_and(|r| r.starts_with(RIGHT)) {
            self.pos = last;
            if self.pos == self.start {
                return State::RightDelim;
            }
        }
        self.emit(Kind::Space)
    }

    fn identifier(&mut self) -> State<'a> {
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
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

    fn field_or_variable(&mut self, kind: Kind) -> State<'a> {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable { kind } else { Kind::Dot });
        }
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(kind)
    }

    fn bad_character(&self) -> State<'a> {
        let shown = self.peek().map_or_else(String::new, go_unicode);
        self.error(format!("bad character {shown}"))
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => is_space(c) || (c == '}' && self.rest().starts_with(RIGHT)),
        }
    }

    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> State<'a> {
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

    fn raw_quote(&mut self) -> State<'a> {
        match self.rest().find('`') {
            Some(end) => {
                self.pos += end + 1;
                self.emit(Kind::RawString)
            }
            None => self.error("unterminated raw quoted string"),
        }
    }

    fn number(&mut self) -> State<'a> {
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

fn left_trim(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next() == Some('-') && chars.next().is_some_and(is_space)
}

fn right_trim(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next().is_some_and(is_space) && chars.next() == Some('-')
}

/// Go's `%#U`.
fn go_unicode(c: char) -> String {
    let code = format!("U+{:04X}", c as u32);
    if super::printable::is_print(c) { format!("{code} '{c}'") } else { code }
}
