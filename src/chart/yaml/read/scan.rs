//! From text to tokens. A key is known as one only at its `:`, so tokens wait in a queue while
//! the first of them may still turn out to begin a mapping.

use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
};

use super::{
    super::{Error, MAX_DEPTH},
    cursor::{Cursor, Mark, is_blank, is_break, is_end},
};

/// A key must be followed by its `:` within so many characters, and on its line.
const SIMPLE_KEY: usize = 1024;

/// A piece of YAML.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// `%YAML`, with the version.
    Version(u8, u8),
    /// `%TAG`, with handle and prefix.
    TagDirective(String, String),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    /// A tag's handle and suffix.
    Tag(String, String),
    Scalar {
        text: Cow<'a, str>,
        plain: bool,
    },
    StreamEnd,
}

/// A token that becomes a key if a `:` follows.
#[derive(Debug, Clone, Copy)]
struct SimpleKey {
    possible: bool,
    /// Nothing but a key can stand there.
    required: bool,
    /// The token's number, counted from the start of the text.
    token: usize,
    mark: Mark,
}

/// The reader of tokens.
pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    queue: VecDeque<(Token<'a>, Mark)>,
    /// Tokens that were taken out of the queue.
    taken: usize,
    /// The column of the current block collection.
    pub(super) indent: Option<usize>,
    indents: Vec<Option<usize>>,
    /// How many `[` and `{` are open.
    pub(super) flow_level: usize,
    pub(super) simple_key_allowed: bool,
    /// One for each open flow collection, and one below them.
    simple_keys: Vec<SimpleKey>,
    /// The levels of those that are still possible, by their tokens.
    possible: BTreeMap<usize, usize>,
    ended: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let cursor = Cursor::new(text.strip_prefix('\u{feff}').unwrap_or(text));
        let key = SimpleKey { possible: false, required: false, token: 0, mark: cursor.mark };
        Self {
            cursor,
            queue: VecDeque::new(),
            taken: 0,
            indent: None,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![key],
            possible: BTreeMap::new(),
            ended: false,
        }
    }

    /// The text from one place up to another.
    pub(super) fn between(&self, from: Mark, to: Mark) -> &'a str {
        self.cursor.between(from.index, to.index)
    }

    /// The next token, which stays where it is.
    pub(super) fn peek(&mut self) -> Result<(&Token<'a>, Mark), Error> {
        // After the end too: there a key that must be one may turn out to be none.
        while self.needs_more()? && !self.ended {
            self.fetch()?;
        }
        let end = (&Token::StreamEnd, self.cursor.mark);
        Ok(self.queue.front().map_or(end, |(token, mark)| (token, *mark)))
    }

    /// Takes the next token, which is not to be one that could still become a key: [`Self::peek`] comes first.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, Mark), Error> {
        self.peek()?;
        self.taken += 1;
        let end = (Token::StreamEnd, self.cursor.mark);
        Ok(self.queue.pop_front().unwrap_or(end))
    }

    fn needs_more(&mut self) -> Result<bool, Error> {
        if self.queue.is_empty() {
            return Ok(true);
        }
        let level = self.possible.get(&self.taken).copied();
        level.map_or(Ok(false), |level| self.is_key_possible(level))
    }

    pub(super) fn error<T>(&self, message: &str) -> Result<T, Error> {
        Err(self.cursor.mark.token_error(message))
    }

    fn push(&mut self, token: Token<'a>, mark: Mark) {
        self.queue.push_back((token, mark));
    }

    fn insert(&mut self, number: usize, token: Token<'a>, mark: Mark) {
        let at = number.saturating_sub(self.taken).min(self.queue.len());
        self.queue.insert(at, (token, mark));
    }

    fn fetch(&mut self) -> Result<(), Error> {
        self.skip_to_token();
        self.unroll(Some(self.cursor.mark.column));
        let Some(c) = self.cursor.peek() else {
            return self.stream_end();
        };
        if self.cursor.mark.column == 0 && c == '%' {
            self.unroll(None);
            self.forget_key()?;
            self.simple_key_allowed = false;
            let mark = self.cursor.mark;
            let token = self.directive()?;
            self.push(token, mark);
            return Ok(());
        }
        for (text, token) in [("---", Token::DocumentStart), ("...", Token::DocumentEnd)] {
            if self.cursor.is_document_mark(text) {
                self.unroll(None);
                self.forget_key()?;
                self.simple_key_allowed = false;
                self.take_token(3, token);
                return Ok(());
            }
        }
        let in_flow = self.flow_level > 0;
        let next = self.cursor.peek_after(1);
        match c {
            '[' => self.flow_start(Token::FlowSequenceStart),
            '{' => self.flow_start(Token::FlowMappingStart),
            ']' => self.flow_end(Token::FlowSequenceEnd),
            '}' => self.flow_end(Token::FlowMappingEnd),
            ',' => {
                self.forget_key()?;
                self.simple_key_allowed = true;
                self.take_token(1, Token::FlowEntry);
                Ok(())
            }
            '-' if is_end(next) => self.block_entry(),
            '?' if in_flow || is_end(next) => self.key(),
            ':' if in_flow || is_end(next) => self.value(),
            '*' | '&' | '!' => {
                self.save_key()?;
                self.simple_key_allowed = false;
                let mark = self.cursor.mark;
                let token = if c == '!' { self.tag()? } else { self.anchor(c)? };
                self.push(token, mark);
                Ok(())
            }
            '|' | '>' if !in_flow => {
                self.forget_key()?;
                self.simple_key_allowed = true;
                let mark = self.cursor.mark;
                let text = self.block_scalar(c == '|')?;
                self.push(Token::Scalar { text, plain: false }, mark);
                Ok(())
            }
            '\'' | '"' => {
                self.save_key()?;
                self.simple_key_allowed = false;
                let mark = self.cursor.mark;
                let text = self.quoted(c)?;
                self.push(Token::Scalar { text, plain: false }, mark);
                Ok(())
            }
            '\t' | '#' | '|' | '>' | '%' | '@' | '`' => self.error("found character that cannot start any token"),
            _ => {
                self.save_key()?;
                self.simple_key_allowed = false;
                let mark = self.cursor.mark;
                let text = self.plain()?;
                self.push(Token::Scalar { text, plain: true }, mark);
                Ok(())
            }
        }
    }

    /// Skips blanks, comments and line breaks. A tab may not indent a block.
    fn skip_to_token(&mut self) {
        loop {
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            self.cursor.skip_while(|c| c == ' ' || (tabs && is_blank(c)));
            self.cursor.skip_comment();
            if !self.cursor.peek().is_some_and(is_break) {
                return;
            }
            self.cursor.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn take_token(&mut self, width: usize, token: Token<'a>) {
        let mark = self.cursor.mark;
        self.cursor.skip_many(width);
        self.push(token, mark);
    }

    fn stream_end(&mut self) -> Result<(), Error> {
        if self.cursor.mark.column != 0 {
            self.cursor.mark.column = 0;
            self.cursor.mark.line += 1;
        }
        self.unroll(None);
        self.forget_key()?;
        self.simple_key_allowed = false;
        self.ended = true;
        self.push(Token::StreamEnd, self.cursor.mark);
        Ok(())
    }

    fn flow_start(&mut self, token: Token<'a>) -> Result<(), Error> {
        self.save_key()?;
        // It has the number of the collection itself: where the collection ends without another key in it, the
        // collection is no longer looked upon as a key, as in Go.
        let number = self.taken + self.queue.len();
        self.simple_keys.push(SimpleKey { possible: false, required: false, token: number, mark: self.cursor.mark });
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return self.error(&format!("exceeded max depth of {MAX_DEPTH}"));
        }
        self.simple_key_allowed = true;
        self.take_token(1, token);
        Ok(())
    }

    fn flow_end(&mut self, token: Token<'a>) -> Result<(), Error> {
        self.forget_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            if let Some(key) = self.simple_keys.pop() {
                self.possible.remove(&key.token);
            }
        }
        self.simple_key_allowed = false;
        self.take_token(1, token);
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), Error> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.error("block sequence entries are not allowed in this context");
            }
            let (mark, number) = (self.cursor.mark, self.taken + self.queue.len());
            self.roll(mark, number, Token::BlockSequenceStart)?;
        }
        self.forget_key()?;
        self.simple_key_allowed = true;
        self.take_token(1, Token::BlockEntry);
        Ok(())
    }

    fn key(&mut self) -> Result<(), Error> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.error("mapping keys are not allowed in this context");
            }
            let (mark, number) = (self.cursor.mark, self.taken + self.queue.len());
            self.roll(mark, number, Token::BlockMappingStart)?;
        }
        self.forget_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.take_token(1, Token::Key);
        Ok(())
    }

    fn value(&mut self) -> Result<(), Error> {
        let last = self.simple_keys.len() - 1; // never empty: see `new` and `flow_end`
        if self.is_key_possible(last)? {
            let key = self.simple_keys[last];
            self.insert(key.token, Token::Key, key.mark);
            self.roll(key.mark, key.token, Token::BlockMappingStart)?;
            self.simple_keys[last].possible = false;
            self.possible.remove(&key.token);
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return self.error("mapping values are not allowed in this context");
                }
                let (mark, number) = (self.cursor.mark, self.taken + self.queue.len());
                self.roll(mark, number, Token::BlockMappingStart)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.take_token(1, Token::Value);
        Ok(())
    }

    /// Opens a block collection where the column is further in than the current one.
    fn roll(&mut self, at: Mark, number: usize, token: Token<'a>) -> Result<(), Error> {
        if self.flow_level > 0 || self.indent.is_some_and(|indent| indent >= at.column) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = Some(at.column);
        if self.indents.len() > MAX_DEPTH {
            return self.error(&format!("exceeded max depth of {MAX_DEPTH}"));
        }
        self.insert(number, token, at);
        Ok(())
    }

    /// Closes the block collections that are further in than a column; all of them without one.
    fn unroll(&mut self, column: Option<usize>) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(Token::BlockEnd, self.cursor.mark);
            self.indent = self.indents.pop().flatten();
        }
    }

    /// Notes that the next token may be a key.
    fn save_key(&mut self) -> Result<(), Error> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let required = self.flow_level == 0 && self.indent == Some(self.cursor.mark.column);
        self.forget_key()?;
        let last = self.simple_keys.len() - 1; // never empty: see `new` and `flow_end`
        self.simple_keys[last] =
            SimpleKey { possible: true, required, token: self.taken + self.queue.len(), mark: self.cursor.mark };
        self.possible.insert(self.simple_keys[last].token, last);
        Ok(())
    }

    /// Gives up the possible key at this level, which is an error where there had to be one.
    fn forget_key(&mut self) -> Result<(), Error> {
        let last = self.simple_keys.len() - 1; // never empty: see `new` and `flow_end`
        let key = &mut self.simple_keys[last];
        if key.possible && key.required {
            return self.error("could not find expected ':'");
        }
        if std::mem::take(&mut key.possible) {
            self.possible.remove(&key.token);
        }
        Ok(())
    }

    /// Whether a `:` here would make a key of it; a key ends with its line.
    fn is_key_possible(&mut self, index: usize) -> Result<bool, Error> {
        let (at, key) = (self.cursor.mark, &mut self.simple_keys[index]);
        if key.possible && (key.mark.line < at.line || key.mark.index + SIMPLE_KEY < at.index) {
            if key.required {
                return self.error("could not find expected ':'");
            }
            key.possible = false;
            self.possible.remove(&key.token);
        }
        Ok(self.simple_keys[index].possible)
    }
}
