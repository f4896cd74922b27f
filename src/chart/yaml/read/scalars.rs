//! The scalars: plain, quoted, and the blocks after `|` and `>`.

use std::borrow::Cow;

use super::{
    super::Error,
    cursor::{Cursor, is_blank, is_break, is_end},
    scan::Scanner,
};

/// White space within a scalar, until it is known whether it stays.
#[derive(Default)]
struct Gap {
    blanks: String,
    /// The first line break, and those after it.
    first: String,
    more: String,
    /// Whether a line break has been seen.
    broken: bool,
}

impl Gap {
    /// Reads blanks and line breaks; blanks after a break are indentation, of so many columns without a tab.
    fn read(&mut self, cursor: &mut Cursor<'_>, indent: usize) -> Result<(), Error> {
        while let Some(c) = cursor.peek().filter(|c| is_blank(*c) || is_break(*c)) {
            if is_blank(c) && !self.broken {
                cursor.read(&mut self.blanks);
            } else if c == '\t' && cursor.mark.column < indent {
                let message = "found a tab character that violates indentation";
                return Err(cursor.mark.token_error(message));
            } else if is_blank(c) {
                cursor.skip();
            } else if self.broken {
                cursor.read_line(&mut self.more);
            } else {
                self.blanks.clear();
                cursor.read_line(&mut self.first);
                self.broken = true;
            }
        }
        Ok(())
    }

    /// Puts into the text what is left of the white space: one break alone becomes a space.
    fn fold(&mut self, text: &mut String) {
        if !self.broken {
            text.push_str(&self.blanks);
        } else if self.first == "\n" {
            text.push_str(if self.more.is_empty() { " " } else { &self.more });
        } else {
            text.push_str(&self.first);
            text.push_str(&self.more);
        }
        *self = Self::default();
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn plain(&mut self) -> Result<Cow<'a, str>, Error> {
        let indent = self.indent.map_or(0, |indent| indent + 1);
        let start = self.cursor.pos();
        let mut end = start;
        let mut folded: Option<String> = None;
        let mut gap = Gap::default();
        loop {
            let over = self.cursor.is_document_mark("---") || self.cursor.is_document_mark("...");
            if over || self.cursor.peek() == Some('#') {
                break;
            }
            while !is_end(self.cursor.peek()) && !self.ends_plain() {
                // Text on one line is taken as it is; only a line break makes a new one of it.
                if gap.broken && folded.is_none() {
                    folded = Some(self.cursor.slice(start, end).to_owned());
                }
                if let Some(text) = &mut folded {
                    gap.fold(text);
                    self.cursor.read(text);
                } else {
                    gap = Gap::default();
                    self.cursor.skip();
                }
                end = self.cursor.pos();
            }
            if !self.cursor.peek().is_some_and(|c| is_blank(c) || is_break(c)) {
                break;
            }
            gap.read(&mut self.cursor, indent)?;
            if self.flow_level == 0 && self.cursor.mark.column < indent {
                break;
            }
        }
        if gap.broken {
            self.simple_key_allowed = true;
        }
        Ok(folded.map_or(Cow::Borrowed(self.cursor.slice(start, end)), Cow::Owned))
    }

    /// Whether punctuation ends a plain scalar here.
    fn ends_plain(&self) -> bool {
        match self.cursor.peek() {
            Some(':') => is_end(self.cursor.peek_after(1)),
            Some(',' | '?' | '[' | ']' | '{' | '}') => self.flow_level > 0,
            _ => false,
        }
    }

    pub(super) fn quoted(&mut self, quote: char) -> Result<Cow<'a, str>, Error> {
        self.cursor.skip();
        if let Some(text) = self.simple_quoted(quote) {
            return Ok(Cow::Borrowed(text));
        }
        let mut text = String::new();
        loop {
            if self.cursor.is_document_mark("---") || self.cursor.is_document_mark("...") {
                return self.error("found unexpected document indicator");
            }
            if self.cursor.peek().is_none() {
                return self.error("found unexpected end of stream");
            }
            let mut gap = Gap::default();
            while let Some(c) = self.cursor.peek().filter(|c| !is_blank(*c) && !is_break(*c)) {
                let next = self.cursor.peek_after(1);
                match c {
                    '\'' if quote == c && next == Some('\'') => {
                        text.push('\'');
                        self.cursor.skip_many(2);
                    }
                    '\\' if quote == '"' && next.is_some_and(is_break) => {
                        self.cursor.skip();
                        self.cursor.skip_line();
                        gap.broken = true;
                        break;
                    }
                    '\\' if quote == '"' => self.escape(&mut text)?,
                    _ if c == quote => break,
                    _ => self.cursor.read(&mut text),
                }
            }
            if self.cursor.peek() == Some(quote) {
                break;
            }
            gap.read(&mut self.cursor, 0)?;
            gap.fold(&mut text);
        }
        self.cursor.skip();
        Ok(Cow::Owned(text))
    }

    /// A quoted text without escapes and line breaks, which is what most are.
    fn simple_quoted(&mut self, quote: char) -> Option<&'a str> {
        let rest = self.cursor.rest();
        let end = rest.find(|c| c == quote || is_break(c) || (c == '\\' && quote == '"'))?;
        let (text, tail) = (rest.get(..end)?, rest.get(end..)?);
        let tail = tail.strip_prefix(quote)?;
        if quote == '\'' && tail.starts_with('\'') {
            return None;
        }
        self.cursor.skip_many(text.chars().count() + 1);
        Some(text)
    }

    /// Reads `\` and what follows it.
    fn escape(&mut self, text: &mut String) -> Result<(), Error> {
        let Some(c) = self.cursor.peek_after(1) else {
            self.cursor.skip();
            return self.error("found unknown escape character");
        };
        let (plain, digits) = match c {
            '0' => ('\0', 0),
            'a' => ('\u{7}', 0),
            'b' => ('\u{8}', 0),
            't' | '\t' => ('\t', 0),
            'n' => ('\n', 0),
            'v' => ('\u{b}', 0),
            'f' => ('\u{c}', 0),
            'r' => ('\r', 0),
            'e' => ('\u{1b}', 0),
            ' ' | '"' | '\'' | '\\' => (c, 0),
            'N' => ('\u{85}', 0),
            '_' => ('\u{a0}', 0),
            'L' => ('\u{2028}', 0),
            'P' => ('\u{2029}', 0),
            'x' => (c, 2),
            'u' => (c, 4),
            'U' => (c, 8),
            _ => return self.error("found unknown escape character"),
        };
        self.cursor.skip_many(2);
        if digits == 0 {
            text.push(plain);
            return Ok(());
        }
        let code = self.cursor.rest().get(..digits);
        let Some(code) = code.filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit())) else {
            return self.error("did not find expected hexdecimal number");
        };
        let code = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
        let Some(code) = code else {
            return self.error("found invalid Unicode character escape code");
        };
        text.push(code);
        self.cursor.skip_many(digits);
        Ok(())
    }

    pub(super) fn block_scalar(&mut self, literal: bool) -> Result<Cow<'a, str>, Error> {
        self.cursor.skip();
        let (chomp, increment) = self.block_header()?;
        let base = self.indent.unwrap_or(0);
        let mut indent = increment.map_or(0, |increment| base + increment);
        let (mut text, mut first, mut more) = (String::new(), String::new(), String::new());
        self.block_breaks(&mut indent, &mut more)?;
        let mut previous_blank = false;
        while self.cursor.mark.column == indent && self.cursor.peek().is_some() {
            let blank = self.cursor.peek().is_some_and(is_blank);
            if !literal && !previous_blank && !blank && first == "\n" {
                if more.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&first);
            }
            first.clear();
            text.push_str(&more);
            more.clear();
            previous_blank = blank;
            let line = self.cursor.pos();
            self.cursor.skip_while(|_| true);
            text.push_str(self.cursor.slice(line, self.cursor.pos()));
            self.cursor.read_line(&mut first);
            self.block_breaks(&mut indent, &mut more)?;
        }
        if chomp != Some('-') {
            text.push_str(&first);
        }
        if chomp == Some('+') {
            text.push_str(&more);
        }
        Ok(Cow::Owned(text))
    }

    /// What follows `|` or `>` on its line: a sign for the last line breaks, and the indentation, in any order.
    fn block_header(&mut self) -> Result<(Option<char>, Option<usize>), Error> {
        let (mut chomp, mut increment) = (None, None);
        for _ in 0..2 {
            match self.cursor.peek() {
                Some(c @ ('+' | '-')) if chomp.is_none() => chomp = Some(c),
                Some('0') if increment.is_none() => {
                    return self.error("found an indentation indicator equal to 0");
                }
                Some(c @ '1'..='9') if increment.is_none() => {
                    increment = c.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
                }
                _ => break,
            }
            self.cursor.skip();
        }
        self.cursor.skip_while(is_blank);
        self.cursor.skip_comment();
        if !is_end(self.cursor.peek()) {
            return self.error("did not find expected comment or line break");
        }
        self.cursor.skip_line();
        Ok((chomp, increment))
    }

    /// Skips indentation and reads empty lines; finds the indentation out where it is not known (0).
    fn block_breaks(&mut self, indent: &mut usize, breaks: &mut String) -> Result<(), Error> {
        let mut widest = 0;
        loop {
            let open = |column: usize| *indent == 0 || column < *indent;
            while open(self.cursor.mark.column) && self.cursor.peek() == Some(' ') {
                self.cursor.skip();
            }
            widest = widest.max(self.cursor.mark.column);
            if open(self.cursor.mark.column) && self.cursor.peek() == Some('\t') {
                return self.error("found a tab character where an indentation space is expected");
            }
            if !self.cursor.peek().is_some_and(is_break) {
                break;
            }
            self.cursor.read_line(breaks);
        }
        if *indent == 0 {
            *indent = widest.max(self.indent.map_or(0, |indent| indent + 1)).max(1);
        }
        Ok(())
    }
}
