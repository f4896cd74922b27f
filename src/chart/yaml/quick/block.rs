//! Block mappings, lists and literal blocks.

use std::borrow::Cow;

use memchr::memchr;

use super::super::tree::{Entries, Tree};
use super::{Line, Reader};

impl<'t> Reader<'t> {
    /// The collection that begins at the line in hand.
    pub(super) fn block(&mut self) -> Option<Tree<'t>> {
        let line = self.line?;
        self.deeper(|reader| {
            if reader.is_item(line.start) {
                reader.sequence(line.indent)
            } else {
                reader.mapping(line.indent, line.start)
            }
        })
    }

    /// A mapping at a column, whose first key begins at a place.
    fn mapping(&mut self, column: usize, mut start: usize) -> Option<Tree<'t>> {
        let mut entries = Vec::with_capacity(4);
        loop {
            let (key, after) = self.key(start)?;
            let value = self.value(column, after)?;
            entries.push((key, value));
            match self.line {
                // What goes on further in belongs to the scalar before it, or is wrong.
                Some(line) if line.indent > column => return None,
                Some(line) if line.indent == column && !self.is_item(line.start) => start = line.start,
                _ => return Entries::sorted(entries).map(Tree::Map),
            }
        }
    }

    /// What follows the `:` of a key.
    fn value(&mut self, column: usize, after: usize) -> Option<Tree<'t>> {
        let at = self.skip_spaces(after);
        if !matches!(self.byte(at), None | Some(b'\n' | b'#')) {
            return self.inline(at, column);
        }
        self.end_line(after)?;
        match self.line {
            Some(line) if line.indent > column => self.block(),
            // A list need not be further in than its key.
            Some(line) if line.indent == column && self.is_item(line.start) => {
                self.deeper(|reader| reader.sequence(column))
            }
            _ => Some(Tree::Null),
        }
    }

    /// A list at a column, whose first item is the line in hand.
    fn sequence(&mut self, column: usize) -> Option<Tree<'t>> {
        let mut items = Vec::with_capacity(4);
        while let Some(line) = self.line.filter(|line| line.indent == column && self.is_item(line.start)) {
            items.push(self.item(line)?);
            if self.line.is_some_and(|line| line.indent > column) {
                return None;
            }
        }
        Some(Tree::List(items))
    }

    /// The item whose `-` begins a line.
    fn item(&mut self, line: Line) -> Option<Tree<'t>> {
        let sign = line.start + 1;
        let at = self.skip_spaces(sign);
        if matches!(self.byte(at), None | Some(b'\n' | b'#')) {
            self.end_line(sign)?;
            return match self.line {
                Some(next) if next.indent > line.indent => self.block(),
                _ => Some(Tree::Null),
            };
        }
        if self.is_item(at) {
            return None;
        }
        if self.key(at).is_some() {
            return self.deeper(|reader| reader.mapping(line.indent + at - line.start, at));
        }
        self.inline(at, line.indent)
    }

    /// A value that begins on the line of its key or sign, in the collection at a column.
    fn inline(&mut self, at: usize, column: usize) -> Option<Tree<'t>> {
        let (value, end) = match self.byte(at)? {
            b'|' => return self.literal(at + 1, column),
            b'{' | b'[' => self.flow(at)?,
            b'"' | b'\'' => self.quoted(at).map(|(text, end)| (Tree::Text(text), end))?,
            _ => self.plain(at)?,
        };
        self.end_line(end)?;
        Some(value)
    }

    /// The block after a `|`.
    fn literal(&mut self, mut at: usize, column: usize) -> Option<Tree<'t>> {
        let chomp = self.byte(at).filter(|byte| matches!(byte, b'-' | b'+'));
        at = self.skip_spaces(at + usize::from(chomp.is_some()));
        if self.byte(at) != Some(b'\n') {
            return None;
        }
        let first = at + 1;
        let content = self.skip_spaces(first);
        let indent = content - first;
        if indent <= column || matches!(self.byte(content), None | Some(b'\n' | b'\t')) {
            return None;
        }
        let (text, breaks) = self.lines(first, indent)?;
        let kept = match chomp {
            Some(b'-') => 0,
            Some(_) => breaks,
            None => breaks.min(1),
        };
        let mut text = text;
        text.extend(std::iter::repeat_n('\n', kept));
        self.next_line()?;
        Some(Tree::Text(Cow::Owned(text)))
    }

    /// The lines of a literal block without their indentation, and how many line breaks follow the last one.
    fn lines(&mut self, first: usize, indent: usize) -> Option<(String, usize)> {
        let bytes = self.text.as_bytes();
        let mut text = String::new();
        let mut breaks = 0;
        self.at = first;
        while self.at < bytes.len() {
            let end = self.line_end(self.at);
            let spaces = bytes[self.at..end].iter().take(indent).take_while(|byte| **byte == b' ').count();
            let content = self.at + spaces;
            if content < end {
                if spaces < indent {
                    if bytes[content] == b'\t' {
                        return None;
                    }
                    break;
                }
                text.extend(std::iter::repeat_n('\n', breaks));
                text.push_str(self.text.get(content..end)?);
                breaks = 0;
            }
            breaks += usize::from(end < bytes.len());
            self.at = end + 1;
        }
        Some((text, breaks))
    }

    /// The key that begins at a place, and the place after its `:`.
    fn key(&self, start: usize) -> Option<(Cow<'t, str>, usize)> {
        let (key, end) = if matches!(self.byte(start)?, b'"' | b'\'') {
            self.quoted(start)?
        } else {
            let end = self.word(start)?;
            let key = self.text.get(start..end)?;
            (super::scalar::is_text(key).then_some(Cow::Borrowed(key))?, end)
        };
        // Longer ones may be no keys at all.
        let short = end - start < 512;
        (short && self.byte(end) == Some(b':') && self.is_end(end + 1)).then_some((key, end + 1))
    }

    /// The end of the rest of a line that is a plain scalar: before a comment, without the spaces there.
    pub(super) fn plain_end(&self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut line = bytes.get(at..self.line_end(at))?;
        let mut from = 0;
        while let Some(found) = memchr(b'#', line.get(from..)?).map(|found| from + found) {
            if found > 0 && line[found - 1] == b' ' {
                line = &line[..found];
                break;
            }
            from = found + 1;
        }
        let spaces = line.iter().rev().take_while(|byte| **byte == b' ').count();
        line = &line[..line.len() - spaces];
        let mut from = 0;
        while let Some(found) = memchr::memchr2(b':', b'\t', line.get(from..)?).map(|found| from + found) {
            // A tab, or what looks like a key where none can be.
            if line[found] == b'\t' || line.get(found + 1).is_none_or(|byte| *byte == b' ') {
                return None;
            }
            from = found + 1;
        }
        Some(at + line.len())
    }
}
