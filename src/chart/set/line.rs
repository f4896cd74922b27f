//! What is left of a line.

use super::{Done, End, number, quoted_each};

/// Reads a line from its start to its end.
pub(super) struct Line<'l>(pub(super) &'l str);

impl Line<'_> {
    /// The next character.
    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.0.chars().next()?;
        self.0 = &self.0[c.len_utf8()..];
        Some(c)
    }

    /// Takes the next character if it is this one.
    pub(super) fn takes(&mut self, wanted: char) -> bool {
        match self.0.strip_prefix(wanted) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// What stands before the next of some characters, and which one that is; none where the line ends before it.
    pub(super) fn until(&mut self, stops: &[char], has_escapes: bool) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(c) = self.next() {
            if stops.contains(&c) {
                return (text, Some(c));
            }
            if c == '\\' && has_escapes {
                match self.next() {
                    Some(c) => text.push(c),
                    None => return (text, None),
                }
            } else {
                text.push(c);
            }
        }
        (text, None)
    }

    /// The number up to the closing bracket.
    pub(super) fn index(&mut self, has_escapes: bool) -> Done<i64> {
        let wrong = |why: &str| End::of(format!("error parsing index: {why}"));
        match self.until(&[']'], has_escapes) {
            (_, None) => Err(wrong("EOF")),
            (text, Some(_)) => number(&text).map_err(|why| wrong(&why)),
        }
    }

    /// What comes behind a bracket: another, a dot, an equals sign, or the end.
    pub(super) fn behind_index(&mut self, has_escapes: bool) -> Done<Option<char>> {
        match self.until(&['[', '.', '='], has_escapes) {
            (text, stop) if text.is_empty() => Ok(stop),
            (text, _) => Err(End::of(format!("unexpected data at end of array index: {}", quoted_each(&text)))),
        }
    }
}
