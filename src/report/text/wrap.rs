//! Wrapping prose to the width of a terminal.

use unicode_width::UnicodeWidthStr;

/// Below this many columns, wrapping does more harm than good.
const NARROWEST: usize = 24;

/// `text` in lines of at most `width` columns: the first begins at column `first`, the others at column `rest`, with
/// that many spaces before them. Words are never broken (paths and URLs can be copied), and only the first of
/// several lines is wrapped: what follows it is a quotation of source, whose columns mean something.
pub(super) fn wrap(text: &str, width: usize, first: usize, rest: usize) -> String {
    let mut lines = text.lines();
    let mut wrapped = String::with_capacity(text.len() + 16);
    let mut column = first;
    let room = width.max(rest + NARROWEST);
    for (at, word) in lines.next().unwrap_or_default().split(' ').enumerate() {
        let long = word.width();
        if at > 0 && column + 1 + long > room {
            start_line(&mut wrapped, rest);
            column = rest;
        } else if at > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += long;
    }
    for line in lines {
        start_line(&mut wrapped, rest);
        wrapped.push_str(line);
    }
    wrapped
}

fn start_line(text: &mut String, indent: usize) {
    // A space before a word that did not fit has no use at the end of a line.
    text.truncate(text.trim_end().len());
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', indent));
}
