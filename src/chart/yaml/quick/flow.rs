//! Flow collections on one line: `{a: 1, b: [x, "y"]}`, and JSON.

use std::borrow::Cow;

use super::super::tree::{Entries, Tree};
use super::Reader;
use super::scalar::{is_text, scalar};

impl<'t> Reader<'t> {
    /// The collection that begins at a place, and the place behind it.
    pub(super) fn flow(&mut self, at: usize) -> Option<(Tree<'t>, usize)> {
        let is_map = self.byte(at)? == b'{';
        self.deeper(|reader| if is_map { reader.flow_mapping(at + 1) } else { reader.flow_sequence(at + 1) })
    }

    fn flow_mapping(&mut self, at: usize) -> Option<(Tree<'t>, usize)> {
        let mut at = self.skip_spaces(at);
        let mut entries = Vec::new();
        if self.byte(at)? == b'}' {
            return Some((Tree::Map(Entries::default()), at + 1));
        }
        loop {
            let (key, after) = self.flow_key(at)?;
            let (value, end) = self.flow_value(after)?;
            entries.push((key, value));
            at = self.skip_spaces(end);
            match self.byte(at)? {
                b',' => at = self.skip_spaces(at + 1),
                b'}' => return Some((Tree::Map(Entries::sorted(entries)?), at + 1)),
                _ => return None,
            }
        }
    }

    fn flow_sequence(&mut self, at: usize) -> Option<(Tree<'t>, usize)> {
        let mut at = self.skip_spaces(at);
        let mut items = Vec::new();
        if self.byte(at)? == b']' {
            return Some((Tree::List(items), at + 1));
        }
        loop {
            let (item, end) = self.flow_value(at)?;
            items.push(item);
            at = self.skip_spaces(end);
            match self.byte(at)? {
                b',' => at += 1,
                b']' => return Some((Tree::List(items), at + 1)),
                _ => return None,
            }
        }
    }

    /// A key, and the place after its `:`. After quotes that needs no space behind it, as in JSON.
    fn flow_key(&self, at: usize) -> Option<(Cow<'t, str>, usize)> {
        if matches!(self.byte(at)?, b'"' | b'\'') {
            let (key, end) = self.quoted(at)?;
            return (end - at < 512 && self.byte(end) == Some(b':')).then_some((key, end + 1));
        }
        let end = self.word(at)?;
        let key = self.text.get(at..end)?;
        let separated = self.byte(end) == Some(b':') && self.byte(end + 1) == Some(b' ');
        (separated && end - at < 512 && is_text(key)).then_some((Cow::Borrowed(key), end + 1))
    }

    fn flow_value(&mut self, at: usize) -> Option<(Tree<'t>, usize)> {
        let at = self.skip_spaces(at);
        match self.byte(at)? {
            b'{' | b'[' => self.flow(at),
            b'"' | b'\'' => self.quoted(at).map(|(text, end)| (Tree::Text(text), end)),
            first
                if begins(first)
                    || (first == b'-' && self.byte(at + 1).is_some_and(|next| next == b'-' || begins(next))) =>
            {
                let end = self.flow_plain_end(at);
                Some((scalar(self.text.get(at..end)?, self.numbers)?, end))
            }
            _ => None,
        }
    }

    /// The end of a plain scalar of harmless characters, single spaces and colons within it included.
    fn flow_plain_end(&self, at: usize) -> usize {
        let goes_on = |at: usize| self.byte(at).is_some_and(is_harmless);
        let mut end = at + 1;
        loop {
            match self.byte(end) {
                Some(byte) if is_harmless(byte) => end += 1,
                Some(b' ' | b':') if goes_on(end + 1) => end += 2,
                _ => return end,
            }
        }
    }
}

/// Whether a plain scalar can begin so.
fn begins(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/')
}

fn is_harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'.' | b'/' | b'-' | b'+' | b'=' | b'@' | b'*' | b'(' | b')' | b'$')
}
