//! Scalars of one line.

use std::borrow::Cow;

use memchr::memchr;

use super::super::Numbers;
use super::super::number::wanted;
use super::super::resolve::{Scalar, resolve};
use super::super::tree::Tree;
use super::Reader;

impl<'t> Reader<'t> {
    /// The end of a word that a key can be without quotes.
    pub(super) fn word(&self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes().get(start..)?;
        if !bytes.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/')) {
            return None;
        }
        Some(start + bytes.iter().take_while(|byte| is_word(**byte)).count())
    }

    /// A quoted text on one line, and the place behind it.
    pub(super) fn quoted(&self, start: usize) -> Option<(Cow<'t, str>, usize)> {
        let line = self.text.get(start + 1..self.line_end(start))?;
        if self.byte(start) == Some(b'\'') {
            let (text, length) = single(line)?;
            return Some((text, start + length + 2));
        }
        match memchr::memchr2(b'"', b'\\', line.as_bytes())? {
            end if line.as_bytes()[end] == b'"' => Some((Cow::Borrowed(line.get(..end)?), start + end + 2)),
            from => {
                let (text, length) = escaped(line, from)?;
                Some((Cow::Owned(text), start + length + 2))
            }
        }
    }

    /// A plain scalar in a block, which takes the rest of its line, and its end.
    pub(super) fn plain(&self, at: usize) -> Option<(Tree<'t>, usize)> {
        let first = self.byte(at)?;
        let begins = match first {
            b'-' | b':' => !self.is_end(at + 1),
            _ => first.is_ascii_alphanumeric() || first >= 0x80 || b"_./~($<=^+;\\".contains(&first),
        };
        if !begins {
            return None;
        }
        let end = self.plain_end(at)?;
        Some((scalar(self.text.get(at..end)?, self.numbers)?, end))
    }
}

/// Which bytes a word is made of.
static WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        word[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
        byte += 1;
    }
    word
};

fn is_word(byte: u8) -> bool {
    WORD[usize::from(byte)]
}

/// The text up to the closing `'`, where `''` stands for one of them, and its length as it is written.
fn single(line: &str) -> Option<(Cow<'_, str>, usize)> {
    let mut end = 0;
    let mut doubled = false;
    loop {
        end += memchr(b'\'', line.as_bytes().get(end..)?)?;
        if line.as_bytes().get(end + 1) != Some(&b'\'') {
            let text = line.get(..end)?;
            return Some((if doubled { Cow::Owned(text.replace("''", "'")) } else { Cow::Borrowed(text) }, end));
        }
        doubled = true;
        end += 2;
    }
}

/// The text up to the closing `"`, with the common escapes, the first of which is at a place; and its length as it is
/// written.
fn escaped(line: &str, mut at: usize) -> Option<(String, usize)> {
    let mut text = line.get(..at)?.to_owned();
    loop {
        if line.as_bytes().get(at)? == &b'"' {
            return Some((text, at));
        }
        text.push(match line.as_bytes().get(at + 1)? {
            b'"' => '"',
            b'\\' => '\\',
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            _ => return None,
        });
        let rest = line.get(at + 2..)?;
        let plain = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
        text.push_str(rest.get(..plain)?);
        at += 2 + plain;
    }
}

/// The meaning of a plain scalar.
pub(super) fn scalar(text: &str, numbers: Numbers) -> Option<Tree<'_>> {
    if is_surely_text(text) {
        return Some(Tree::Text(Cow::Borrowed(text)));
    }
    Some(match resolve(text) {
        Scalar::Null => Tree::Null,
        Scalar::Bool(truth) => Tree::Bool(truth),
        Scalar::Text { .. } => Tree::Text(Cow::Borrowed(text)),
        number => Tree::Number(wanted(&number, numbers)?),
    })
}

/// Whether a plain scalar is text.
pub(super) fn is_text(text: &str) -> bool {
    is_surely_text(text) || matches!(resolve(text), Scalar::Text { .. })
}

/// The words with a meaning have five letters at most, and all else that is no text begins otherwise.
fn is_surely_text(text: &str) -> bool {
    text.len() > 5 && text.as_bytes()[0].is_ascii_alphabetic()
}
