//! Go's quoted strings, both ways (`strconv.Quote`, `Unquote` and `UnquoteChar`).

use super::printable::is_print;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Which runes stay as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// What Go calls printable.
    Printable,
    /// ASCII only (`%+q`).
    Ascii,
}

/// `strconv.Quote` of a text.
pub(crate) fn go_quote(text: &str) -> String {
    quote_with(text.as_bytes(), '"', Keep::Printable)
}

/// Quotes bytes as [`go_quote`] does, at the end of others.
pub(crate) fn push_quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'\\' | b'"')) {
        out.push(b'"');
        out.extend_from_slice(bytes);
        out.push(b'"');
    } else {
        out.extend_from_slice(quote_with(bytes, '"', Keep::Printable).as_bytes());
    }
}

/// Quotes bytes, which need not be UTF-8: stray bytes become `\xNN`.
pub(crate) fn quote_with(bytes: &[u8], quote: char, keep: Keep) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push(quote);
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'\\' && char::from(*byte) != quote;
    if let Ok(text) = std::str::from_utf8(bytes)
        && bytes.iter().all(is_plain)
    {
        out.push_str(text);
        out.push(quote);
        return out;
    }
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_escaped(&mut out, c, quote, keep);
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push(quote);
    out
}

/// `strconv.QuoteRune` and its ASCII form.
pub(crate) fn quote_rune(c: char, keep: Keep) -> String {
    let mut out = String::from("'");
    push_escaped(&mut out, c, '\'', keep);
    out.push('\'');
    out
}

fn push_escaped(out: &mut String, c: char, quote: char, keep: Keep) {
    match c {
        c if c == quote || c == '\\' => {
            out.push('\\');
            out.push(c);
        }
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        ' '..='~' => out.push(c),
        c if !c.is_ascii() && keep == Keep::Printable && is_print(c) => out.push(c),
        c => {
            let code = u32::from(c);
            let _ = match code {
                0..0x80 => write!(out, "\\x{code:02x}"),
                0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

/// `strconv.Unquote` of an item that the lexer has already matched: `"…"` or `` `…` ``.
/// `None` is Go's 'invalid syntax'.
pub(super) fn unquote(text: &str) -> Option<Cow<'_, [u8]>> {
    if let Some(raw) = text.strip_prefix('`').and_then(|t| t.strip_suffix('`')) {
        // Carriage returns are dropped from raw strings.
        return Some(raw.bytes().filter(|b| *b != b'\r').collect());
    }
    let mut rest = text.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr3(b'"', b'\\', b'\n', rest.as_bytes()).is_none() {
        return Some(rest.as_bytes().into());
    }
    let mut out = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (rune, tail) = unquote_char(rest, '"')?;
        match rune {
            Rune::Byte(b) => out.push(b),
            Rune::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = tail;
    }
    Some(out.into())
}

/// One unit of a quoted string.
pub(super) enum Rune {
    Byte(u8),
    Char(char),
}

/// The first character of quoted text and what follows it.
pub(super) fn unquote_char(text: &str, quote: char) -> Option<(Rune, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == quote || first == '\n' {
        return None;
    }
    if first != '\\' {
        return Some((Rune::Char(first), chars.as_str()));
    }
    let code = chars.next()?;
    let rest = chars.as_str();
    let plain = |c: char| Some((Rune::Char(c), rest));
    match code {
        'a' => plain('\x07'),
        'b' => plain('\x08'),
        'f' => plain('\x0c'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\x0b'),
        '\\' => plain('\\'),
        '\'' | '"' if code == quote => plain(code),
        'x' => {
            let (n, rest) = digits(rest, 2, 16)?;
            Some((Rune::Byte(u8::try_from(n).ok()?), rest))
        }
        'u' | 'U' => {
            let (n, rest) = digits(rest, if code == 'u' { 4 } else { 8 }, 16)?;
            Some((Rune::Char(char::from_u32(n)?), rest))
        }
        '0'..='7' => {
            let all = text.get(1..)?;
            let (n, rest) = digits(all, 3, 8)?;
            Some((Rune::Byte(u8::try_from(n).ok()?), rest))
        }
        _ => None,
    }
}

fn digits(text: &str, count: usize, radix: u32) -> Option<(u32, &str)> {
    let head = text.get(..count)?;
    if !head.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some((u32::from_str_radix(head, radix).ok()?, text.get(count..)?))
}
