//! Words and letters: cases, titles, wrapping, abbreviations.

use super::letters::{self, is_letter, is_lower, is_number, is_punctuation, is_title, is_upper, lower, upper};
use super::strings::is_go_space;
use super::{Call, Func, Outcome, Ty};
use crate::chart::outside::World;
use crate::chart::template::Value;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("title", &[Ty::Str], |call| Ok(title(&call.text(0)).into())),
    Func::new("untitle", &[Ty::Str], |call| Ok(untitle(&call.text(0)).into())),
    Func::new("swapcase", &[Ty::Str], |call| Ok(swap_case(&call.text(0)).into())),
    Func::new("initials", &[Ty::Str], |call| Ok(initials(&call.text(0)).into())),
    Func::new("nospace", &[Ty::Str], |call| Ok(no_space(call.bytes(0)).into())),
    Func::new("abbrev", &[Ty::Int, Ty::Str], |call| {
        let (width, text) = (call.int(0), call.bytes(1));
        if width < 4 {
            return Ok(call.value(1).clone());
        }
        Ok(Value::Str(abbreviate(text, 0, width).into()))
    }),
    Func::new("abbrevboth", &[Ty::Int, Ty::Int, Ty::Str], |call| {
        let (left, right, text) = (call.int(0), call.int(1), call.bytes(2));
        if right < 4 || (left > 0 && right < 7) {
            return Ok(call.value(2).clone());
        }
        Ok(Value::Str(abbreviate(text, left, right).into()))
    }),
    Func::new("wrap", &[Ty::Int, Ty::Str], |call| wrap(call.int(0), "", (call.bytes(1), false))),
    Func::new("wrapWith", &[Ty::Int, Ty::Str, Ty::Str], |call| wrap(call.int(0), &call.text(1), (call.bytes(2), true))),
    Func::new("camelcase", &[Ty::Str], |call| Ok(pascal_case(&call.text(0)).into())),
    Func::new("snakecase", &[Ty::Str], |call| Ok(lower_case(&call.text(0), '_').into())),
    Func::new("kebabcase", &[Ty::Str], |call| Ok(lower_case(&call.text(0), '-').into())),
    Func::new("shuffle", &[Ty::Str], shuffle),
];

fn shuffle(call: &mut Call<'_, '_, '_>) -> Outcome {
    let Some(outside) = call.run.session.outside() else {
        return call.not_hermetic("it is random");
    };
    let mut all: Vec<char> = call.text(0).chars().collect();
    call.run.step(all.len() as u64)?;
    for last in (1..all.len()).rev() {
        let below = World::below(&*outside, last as u64 + 1);
        all.swap(last, usize::try_from(below).unwrap_or_default());
    }
    Ok(all.into_iter().collect::<String>().into())
}

/// `strings.Title`: the first letter of each word, where words end at what is neither letter, digit
/// nor underscore.
fn title(text: &str) -> String {
    let mut before = ' ';
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let separates = match before {
            '_' => false,
            b if b.is_ascii() => !b.is_ascii_alphanumeric(),
            b if is_letter(b) || letters::is_digit(b) => false,
            b => is_go_space(b),
        };
        out.push(if separates { letters::title(c) } else { c });
        before = c;
    }
    out
}

/// The first letter of each word that white space ends, in lower case.
fn untitle(text: &str) -> String {
    let mut starts = true;
    text.chars()
        .map(|c| {
            let out = if starts { lower(c) } else { c };
            starts = is_go_space(c);
            out
        })
        .collect()
}

fn swap_case(text: &str) -> String {
    let mut after_space = true;
    let swapped = text.chars().map(|c| {
        if is_upper(c) || is_title(c) {
            after_space = false;
            lower(c)
        } else if is_lower(c) {
            if std::mem::take(&mut after_space) { letters::title(c) } else { upper(c) }
        } else {
            after_space = is_go_space(c);
            c
        }
    });
    swapped.collect()
}

/// The first letters of words: the library takes each byte for a rune.
fn initials(text: &str) -> String {
    let mut out = String::new();
    let mut starts = true;
    for c in text.bytes().map(char::from) {
        let space = is_go_space(c);
        if starts && !space {
            out.push(c);
        }
        starts = space;
    }
    out
}

/// Takes out white space byte by byte: the library reads each byte as a rune.
fn no_space(bytes: &[u8]) -> String {
    let is_space = |b: &u8| is_go_space(char::from(*b));
    if !bytes.iter().any(is_space) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    bytes.iter().filter(|b| !is_space(b)).map(|b| char::from(*b)).collect()
}

fn abbreviate(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if length <= width || text.is_empty() {
        return text.to_vec();
    }
    let at = |i: i64| usize::try_from(i).unwrap_or(0).min(text.len());
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    let mut out = Vec::new();
    if offset <= 4 {
        out.extend_from_slice(text.get(..at(width - 3)).unwrap_or(text));
        out.extend_from_slice(b"...");
        return out;
    }
    if width < 7 {
        return out;
    }
    out.extend_from_slice(b"...");
    if offset + width - 3 < length {
        out.extend(abbreviate(text.get(at(offset)..).unwrap_or_default(), 0, width - 3));
    } else {
        out.extend_from_slice(text.get(at(length - (width - 3))..).unwrap_or_default());
    }
    out
}

/// Wraps one line at spaces; long words are cut only by `wrapWith`.
fn wrap(width: i64, line_break: &str, (text, cut_words): (&[u8], bool)) -> Outcome {
    let line_break = if line_break.is_empty() { "\n" } else { line_break };
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let mut out = Vec::with_capacity(text.len());
    let mut offset = 0;
    while text.len() - offset > width {
        let rest = text.get(offset..).unwrap_or_default();
        if rest.first() == Some(&b' ') {
            offset += 1;
            continue;
        }
        let window = rest.get(..=width).unwrap_or(rest);
        let (taken, skipped) = match window.iter().rposition(|b| *b == b' ') {
            Some(space) => (space, 1),
            None if cut_words => (width, 0),
            None => match rest.iter().skip(width).position(|b| *b == b' ') {
                Some(space) => (space + width, 1),
                None => {
                    out.extend_from_slice(rest);
                    offset = text.len();
                    break;
                }
            },
        };
        out.extend_from_slice(rest.get(..taken).unwrap_or_default());
        out.extend_from_slice(line_break.as_bytes());
        offset += taken + skipped;
    }
    out.extend_from_slice(text.get(offset..).unwrap_or_default());
    Ok(Value::Str(out.into()))
}

fn is_connector(c: char) -> bool {
    c == '-' || c == '_' || is_go_space(c)
}

/// `some_words` as `SomeWords`. Connectors at the start stay; of several in a row all but one.
fn pascal_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut current = loop {
        match chars.next() {
            None => return out,
            Some(c) if is_connector(c) => out.push(c),
            Some(c) => break c,
        }
    };
    let mut first_upper = is_upper(current);
    current = upper(current);
    for next in chars {
        let before = std::mem::replace(&mut current, next);
        if is_connector(current) && is_connector(before) {
            out.push(before);
            continue;
        }
        if is_connector(before) {
            first_upper = is_upper(current);
            current = upper(current);
        } else {
            if first_upper {
                if is_upper(current) {
                    current = lower(current);
                } else {
                    first_upper = false;
                }
            }
            out.push(before);
        }
    }
    out.push(current);
    out
}

/// What a run of runes is, for [`lower_case`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    End,
    Number,
    Upper,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// Letters, but for the signs of Chinese, which are words of their own.
fn is_letters(c: char) -> bool {
    is_letter(c) && !matches!(c, '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4d85}' | '\u{20000}'..='\u{2b81d}')
}

/// The first word of a text and the rest.
fn next_word(text: &str) -> (Word, &str, &str) {
    let Some(first) = text.chars().next() else {
        return (Word::End, "", "");
    };
    let run = |fits: &dyn Fn(char) -> bool| text.find(|c| !fits(c)).unwrap_or(text.len());
    let small = |c: char| is_letters(c) && !is_upper(c);
    let (word, end) = if is_connector(first) {
        (Word::Connector, run(&is_connector))
    } else if is_punctuation(first) {
        (Word::Punctuation, run(&is_punctuation))
    } else if is_upper(first) {
        let upper = run(&is_upper);
        let count = text.get(..upper).map_or(0, |t| t.chars().count());
        let after = text.get(upper..).and_then(|t| t.chars().next());
        let end = match after {
            // One capital and its small letters, or the capitals before the last one's word.
            Some(c) if count == 1 && is_letters(c) => {
                upper + text.get(upper..).map_or(0, |t| t.find(|c| !small(c)).unwrap_or(t.len()))
            }
            Some(c) if count > 1 && is_letters(c) => {
                let last = text.get(..upper).and_then(|t| t.chars().last());
                upper - last.map_or(0, char::len_utf8)
            }
            _ => upper,
        };
        (Word::Upper, end)
    } else if is_letters(first) {
        (Word::Letters, run(&small))
    } else if is_number(first) {
        (Word::Number, run(&is_number))
    } else {
        let other = |c: char| !(is_connector(c) || is_letters(c) || is_number(c) || is_punctuation(c));
        (Word::Other, run(&other))
    };
    let (word_text, rest) = text.split_at(end);
    (word, word_text, rest)
}

/// `SomeWords` as `some_words`.
fn lower_case(text: &str, connector: char) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let push = |out: &mut String, word: Word, text: &str| match word {
        Word::Connector => out.extend(text.chars().map(|_| connector)),
        Word::Upper => out.extend(text.chars().map(|c| if is_upper(c) { lower(c) } else { c })),
        _ => out.push_str(text),
    };
    let joins = |word: Word| !matches!(word, Word::Connector | Word::Punctuation);
    let (mut word, mut part, mut rest) = next_word(text);
    while !rest.is_empty() {
        if word != Word::Connector {
            push(&mut out, word, part);
        }
        let before = word;
        let last = part;
        (word, part, rest) = next_word(rest);
        match before {
            Word::Number => {
                while matches!(word, Word::Letters | Word::Number) {
                    push(&mut out, word, part);
                    (word, part, rest) = next_word(rest);
                }
                if word != Word::End && joins(word) {
                    out.push(connector);
                }
            }
            Word::Connector => push(&mut out, before, last),
            Word::Punctuation => {}
            _ if word != Word::Number => {
                if joins(word) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = part;
                (word, part, rest) = next_word(rest);
                if word != Word::Letters {
                    push(&mut out, Word::Number, number);
                    if joins(word) {
                        out.push(connector);
                    }
                    continue;
                }
                out.push(connector);
                push(&mut out, Word::Number, number);
                while matches!(word, Word::Letters | Word::Number) {
                    push(&mut out, word, part);
                    (word, part, rest) = next_word(rest);
                }
                if word != Word::End && joins(word) {
                    out.push(connector);
                }
            }
        }
    }
    push(&mut out, word, part);
    out
}
