//! Wrapping prose to the width of a terminal.

use unicode_width::UnicodeWidthStr;

use crate::report::style::plain;

/// Below this many columns, wrapping does more harm than good.
const NARROWEST: usize = 24;

/// `text` in lines of at most `width` columns: the first begins at column `first`, the others at column `rest`, with
/// that many spaces before them. Words are never broken, so that paths and addresses can be copied: one that is longer
/// than a line has a line to itself. Lines of the text after its first (a quotation of source, a server's own list)
/// keep the spaces that they begin with.
pub(super) fn wrap(text: &str, width: usize, first: usize, rest: usize) -> String {
    let room = width.max(rest + NARROWEST);
    let mut wrapped = String::with_capacity(text.len() + 16);
    for (at, line) in text.lines().enumerate() {
        if at == 0 {
            wrap_line(&mut wrapped, line, first, (rest, room));
            continue;
        }
        let own = line.len() - line.trim_start_matches(' ').len();
        // What stands in further than half a line would have no room.
        let indent = if rest + own + NARROWEST <= room { rest + own } else { rest };
        start_line(&mut wrapped, indent);
        wrap_line(&mut wrapped, line.trim_start_matches(' '), indent, (indent, room));
    }
    wrapped
}

/// Wrapped text behind what stands before it: a space between, where it does not begin with a new line.
pub(super) fn behind(wrapped: &str) -> String {
    if wrapped.starts_with('\n') { wrapped.to_owned() } else { format!(" {wrapped}") }
}

fn wrap_line(wrapped: &mut String, line: &str, mut column: usize, (rest, room): (usize, usize)) {
    for (at, word) in line.split(' ').enumerate() {
        // Styles take no columns.
        let long = plain(word).width();
        if column + usize::from(at > 0) + long > room && column > rest {
            start_line(wrapped, rest);
            column = rest;
        } else if at > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += long;
    }
}

fn start_line(text: &mut String, indent: usize) {
    // A space before a word that did not fit has no use at the end of a line.
    text.truncate(text.trim_end().len());
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', indent));
}
