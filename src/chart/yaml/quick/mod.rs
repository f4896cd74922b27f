//! The quick reader: block mappings and lists of one-line scalars, short flow collections and literal blocks, which is
//! what nearly all rendered documents are made of. It reads a document in one pass without tokens, and gives up on
//! everything that it does not know for certain, errors included: then the whole reader has the word. What it does
//! read, it reads as that one does; a test holds the two together.

mod block;
mod flow;
mod scalar;

use memchr::memchr;

use super::{Numbers, tree::Tree};

/// Collections nested deeper than this are left to the whole reader.
const MAX_DEPTH: usize = 60;

/// The tree of a document; `None` where the whole reader is needed.
pub(super) fn read(text: &str, numbers: Numbers) -> Option<Tree<'_>> {
    if !is_ordinary(text) {
        return None;
    }
    let mut reader = Reader { text, numbers, at: 0, line: None, depth: 0 };
    reader.next_line()?;
    if reader.line.is_none() {
        return Some(Tree::Null);
    }
    let tree = reader.block()?;
    reader.line.is_none().then_some(tree)
}

/// Whether the text has no characters that YAML refuses or takes for a line break, beside the common one.
fn is_ordinary(text: &str) -> bool {
    // Without a branch, so that many bytes are looked at at a time.
    let is_odd =
        |byte: u8| u8::from(byte < b' ') & u8::from(byte != b'\n') & u8::from(byte != b'\t') | u8::from(byte == 0x7f);
    let (odd, all) = text.bytes().fold((0, 0), |(odd, all), byte| (odd | is_odd(byte), all | byte));
    odd == 0 && (all.is_ascii() || text.chars().all(|c| c.is_ascii() || is_ordinary_char(c)))
}

fn is_ordinary_char(c: char) -> bool {
    matches!(c, '\u{a0}'..='\u{fffd}' | '\u{10000}'..) && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A line that says something.
#[derive(Clone, Copy)]
struct Line {
    /// The spaces that it begins with.
    indent: usize,
    /// Where the rest of it begins.
    start: usize,
}

struct Reader<'t> {
    text: &'t str,
    numbers: Numbers,
    /// The start of the line after the one in hand.
    at: usize,
    /// The line in hand; nothing at the end.
    line: Option<Line>,
    depth: usize,
}

impl Reader<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The end of the line that holds a place.
    fn line_end(&self, from: usize) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        memchr(b'\n', rest).map_or(self.text.len(), |at| from + at)
    }

    fn skip_spaces(&self, mut at: usize) -> usize {
        while self.byte(at) == Some(b' ') {
            at += 1;
        }
        at
    }

    /// Whether a token ends here. A tab would end it too, but is not read here.
    fn is_end(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b' ' | b'\n'))
    }

    /// Whether `- ` stands here.
    fn is_item(&self, at: usize) -> bool {
        self.byte(at) == Some(b'-') && self.is_end(at + 1)
    }

    /// Takes the next line in hand that is neither blank nor a comment.
    fn next_line(&mut self) -> Option<()> {
        loop {
            let start = self.skip_spaces(self.at);
            match self.byte(start) {
                None => {
                    self.line = None;
                    return Some(());
                }
                Some(b'\n') => self.at = start + 1,
                Some(b'#') => self.at = self.line_end(start) + 1,
                Some(b'\t') => return None,
                Some(_) => {
                    self.line = Some(Line { indent: start - self.at, start });
                    return Some(());
                }
            }
        }
    }

    /// Goes from the end of a value to the next line; nothing but a comment may follow on this one.
    fn end_line(&mut self, end: usize) -> Option<()> {
        let rest = self.skip_spaces(end);
        match self.byte(rest) {
            None => self.at = self.text.len(),
            Some(b'\n') => self.at = rest + 1,
            Some(b'#') if rest > end => self.at = self.line_end(rest) + 1,
            Some(_) => return None,
        }
        self.next_line()
    }

    /// Reads something within the collection in hand.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }
}
