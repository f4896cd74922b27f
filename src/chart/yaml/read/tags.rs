//! Anchors, aliases, tags and directives.

use super::{
    super::Error,
    cursor::{is_blank, is_end},
    scan::{Scanner, Token},
};

impl<'a> Scanner<'a> {
    /// `&name` or `*name`.
    pub(super) fn anchor(&mut self, sign: char) -> Result<Token<'a>, Error> {
        self.cursor.skip();
        let start = self.cursor.pos();
        self.cursor.skip_while(is_word);
        let name = self.cursor.slice(start, self.cursor.pos());
        let next = self.cursor.peek();
        let ends = is_end(next) || next.is_some_and(|c| "?:,]}%@`".contains(c));
        if name.is_empty() || !ends {
            return self.error("did not find expected alphabetic or numeric character");
        }
        Ok(if sign == '&' { Token::Anchor(name) } else { Token::Alias(name) })
    }

    /// `!suffix`, `!handle!suffix` or `!<whole>`.
    pub(super) fn tag(&mut self) -> Result<Token<'a>, Error> {
        let token = if self.cursor.peek_after(1) == Some('<') {
            self.cursor.skip_many(2);
            let suffix = self.uri("")?;
            if self.cursor.peek() != Some('>') {
                return self.error("did not find the expected '>'");
            }
            self.cursor.skip();
            Token::Tag(String::new(), suffix)
        } else {
            let handle = self.tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with('!') {
                Token::Tag(handle, self.uri("")?)
            } else {
                let suffix = self.uri(&handle)?;
                if suffix.is_empty() {
                    Token::Tag(String::new(), "!".to_owned())
                } else {
                    Token::Tag("!".to_owned(), suffix)
                }
            }
        };
        if !is_end(self.cursor.peek()) {
            return self.error("did not find expected whitespace or line break");
        }
        Ok(token)
    }

    fn tag_handle(&mut self, directive: bool) -> Result<String, Error> {
        if self.cursor.peek() != Some('!') {
            return self.error("did not find expected '!'");
        }
        let start = self.cursor.pos();
        self.cursor.skip();
        self.cursor.skip_while(is_word);
        if self.cursor.peek() == Some('!') {
            self.cursor.skip();
        } else if directive && self.cursor.pos() - start > 1 {
            return self.error("did not find expected '!'");
        }
        Ok(self.cursor.slice(start, self.cursor.pos()).to_owned())
    }

    /// The rest of a tag, after what was taken for its handle.
    fn uri(&mut self, head: &str) -> Result<String, Error> {
        let mut bytes: Vec<u8> = head.bytes().skip(1).collect();
        let start = self.cursor.pos();
        while let Some(c) = self.cursor.peek().filter(|c| is_uri(*c)) {
            if c == '%' {
                bytes.push(self.escaped_byte()?);
            } else {
                let mut buffer = [0; 4];
                bytes.extend(c.encode_utf8(&mut buffer).bytes());
                self.cursor.skip();
            }
        }
        if head.is_empty() && self.cursor.pos() == start {
            return self.error("did not find expected tag URI");
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(_) => self.error("found an incorrect trailing UTF-8 octet"),
        }
    }

    fn escaped_byte(&mut self) -> Result<u8, Error> {
        let digits = self.cursor.rest().get(1..3);
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let Some(byte) = byte else {
            return self.error("did not find URI escaped octet");
        };
        self.cursor.skip_many(3);
        Ok(byte)
    }

    /// `%YAML` or `%TAG`, to the end of its line.
    pub(super) fn directive(&mut self) -> Result<Token<'a>, Error> {
        self.cursor.skip();
        let start = self.cursor.pos();
        self.cursor.skip_while(is_word);
        let name = self.cursor.slice(start, self.cursor.pos());
        if name.is_empty() {
            return self.error("could not find expected directive name");
        }
        if !is_end(self.cursor.peek()) {
            return self.error("found unexpected non-alphabetical character");
        }
        let token = match name {
            "YAML" => {
                self.cursor.skip_while(is_blank);
                let major = self.version_number()?;
                if self.cursor.peek() != Some('.') {
                    return self.error("did not find expected digit or '.' character");
                }
                self.cursor.skip();
                Token::Version(major, self.version_number()?)
            }
            "TAG" => {
                self.cursor.skip_while(is_blank);
                let handle = self.tag_handle(true)?;
                if !self.cursor.peek().is_some_and(is_blank) {
                    return self.error("did not find expected whitespace");
                }
                self.cursor.skip_while(is_blank);
                let prefix = self.uri("")?;
                if !is_end(self.cursor.peek()) {
                    return self.error("did not find expected whitespace or line break");
                }
                Token::TagDirective(handle, prefix)
            }
            _ => return self.error("found unknown directive name"),
        };
        self.cursor.skip_while(is_blank);
        self.cursor.skip_comment();
        if !is_end(self.cursor.peek()) {
            return self.error("did not find expected comment or line break");
        }
        self.cursor.skip_line();
        Ok(token)
    }

    fn version_number(&mut self) -> Result<u8, Error> {
        let start = self.cursor.pos();
        self.cursor.skip_while(|c| c.is_ascii_digit());
        let digits = self.cursor.slice(start, self.cursor.pos());
        match digits.len() {
            0 => self.error("did not find expected version number"),
            1 | 2 => Ok(digits.parse().unwrap_or(0)),
            _ => self.error("found extremely long version number"),
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn is_uri(c: char) -> bool {
    is_word(c) || ";/?:@&=+$,.!~*'()[]%".contains(c)
}
