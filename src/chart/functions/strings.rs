//! Strings: trimming, cutting, quoting, joining, indenting.

use super::convert::strings;
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Fault, List, ListKind, Run, Str, Value, push_quoted};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("trim", &[Ty::Str], |call| Ok(call.text(0).trim_matches(is_go_space).into())).pass(),
    Func::new("trimAll", &[Ty::Str, Ty::Str], trim_all),
    Func::new("trimall", &[Ty::Str, Ty::Str], trim_all),
    Func::new("trimSuffix", &[Ty::Str, Ty::Str], trim_suffix).pass(),
    Func::new("trimPrefix", &[Ty::Str, Ty::Str], trim_prefix).pass(),
    Func::new("upper", &[Ty::Str], |call| Ok(upper(&call.text(0)).into())),
    Func::new("lower", &[Ty::Str], |call| Ok(lower(&call.text(0)).into())),
    Func::new("repeat", &[Ty::Int, Ty::Str], repeat),
    Func::new("substr", &[Ty::Int, Ty::Int, Ty::Str], substr),
    Func::new("trunc", &[Ty::Int, Ty::Str], trunc),
    Func::new("contains", &[Ty::Str, Ty::Str], |call| Ok(Value::Bool(find(call.bytes(1), call.bytes(0)).is_some()))),
    Func::new("hasPrefix", &[Ty::Str, Ty::Str], |call| Ok(Value::Bool(call.bytes(1).starts_with(call.bytes(0))))),
    Func::new("hasSuffix", &[Ty::Str, Ty::Str], |call| Ok(Value::Bool(call.bytes(1).ends_with(call.bytes(0))))),
    Func::new("quote", &[], |call| given(call, quoted)).rest(Ty::Any).pass().print(|call| printed(call, quoted)),
    Func::new("squote", &[], squote).rest(Ty::Any).pass(),
    Func::new("cat", &[], cat).rest(Ty::Any).pass(),
    Func::new("indent", &[Ty::Int, Ty::Str], |call| given(call, indented)).pass().print(|call| printed(call, indented)),
    Func::new("nindent", &[Ty::Int, Ty::Str], |call| given(call, indented_below))
        .pass()
        .print(|call| printed(call, indented_below)),
    Func::new("replace", &[Ty::Str, Ty::Str, Ty::Str], replace),
    Func::new("join", &[Ty::Str, Ty::Any], join).pass(),
    Func::new("split", &[Ty::Str, Ty::Str], |call| {
        let parts = split(call, call.bytes(1), call.bytes(0))?;
        Ok(numbered(&parts))
    }),
    Func::new("splitn", &[Ty::Str, Ty::Int, Ty::Str], |call| {
        let parts = split_n(call, call.bytes(2), (call.bytes(0), call.int(1)))?;
        Ok(numbered(&parts))
    }),
    Func::new("splitList", &[Ty::Str, Ty::Str], |call| {
        let parts = split(call, call.bytes(1), call.bytes(0))?;
        Ok(Value::List(List::new(ListKind::Strings, parts)))
    }),
    Func::new("hello", &[], |_| Ok("Hello!".into())),
    Func::new("plural", &[Ty::Str, Ty::Str, Ty::Int], |call| Ok(call.value(usize::from(call.int(2) != 1)).clone()))
        .pass(),
];

/// Go's `unicode.IsSpace`.
pub(super) fn is_go_space(c: char) -> bool {
    match c {
        '\t'..='\r' | ' ' | '\u{85}' | '\u{a0}' => true,
        c if c.is_ascii() => false,
        c => c.is_whitespace(),
    }
}

/// Go lowers rune by rune: no rule looks at the letters around one.
pub(super) fn lower(text: &str) -> String {
    text.chars().map(super::letters::lower).collect()
}

/// Go raises rune by rune: ß stays.
fn upper(text: &str) -> String {
    text.chars().map(super::letters::upper).collect()
}

fn trim_all(call: &mut Call<'_, '_, '_>) -> Outcome {
    let cut = call.text(0);
    Ok(call.text(1).trim_matches(|c| cut.contains(c)).into())
}

fn trim_suffix(call: &mut Call<'_, '_, '_>) -> Outcome {
    let (affix, text) = (call.bytes(0), call.bytes(1));
    call.no_edge_of_token(affix, text)?;
    Ok(Value::Str(text.strip_suffix(affix).unwrap_or(text).into()))
}

fn trim_prefix(call: &mut Call<'_, '_, '_>) -> Outcome {
    let (affix, text) = (call.bytes(0), call.bytes(1));
    call.no_edge_of_token(affix, text)?;
    Ok(Value::Str(text.strip_prefix(affix).unwrap_or(text).into()))
}

impl Call<'_, '_, '_> {
    /// An affix of white space cannot be a part of a generated value; any other might be.
    fn no_edge_of_token(&self, affix: &[u8], text: &[u8]) -> Result<(), Fault> {
        let tokens = &self.run.session.tokens;
        if affix.iter().all(u8::is_ascii_whitespace) || !tokens.are_in(text) {
            return Ok(());
        }
        Err(crate::chart::generated::refusal(self.name))
    }
}

fn repeat(call: &mut Call<'_, '_, '_>) -> Outcome {
    let text = call.bytes(1);
    let Ok(count) = usize::try_from(call.int(0)) else {
        return Err("strings: negative Repeat count".into());
    };
    call.room(text.len().saturating_mul(count))?;
    Ok(Value::Str(text.repeat(count).into()))
}

fn substr(call: &mut Call<'_, '_, '_>) -> Outcome {
    let (start, end, text) = (call.int(0), call.int(1), call.bytes(2));
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let (from, to) = match (start, end) {
        (..0, _) => (0, end),
        (_, ..0) => (start, length),
        _ if end > length => (start, length),
        _ => (start, end),
    };
    cut(text, from, to)
}

/// `text[from:to]`, with what Go says when it cannot be.
fn cut(text: &[u8], from: i64, to: i64) -> Outcome {
    let length = text.len();
    let range = (usize::try_from(from), usize::try_from(to));
    let error = match range {
        (_, Err(_)) => format!("slice bounds out of range [:{to}]"),
        (_, Ok(to)) if to > length => format!("slice bounds out of range [:{to}] with length {length}"),
        (Err(_), _) => format!("slice bounds out of range [{from}:]"),
        (Ok(from), Ok(to)) => match text.get(from..to) {
            Some(part) => return Ok(Value::Str(part.into())),
            None => format!("slice bounds out of range [{from}:{to}]"),
        },
    };
    Err(format!("runtime error: {error}").into())
}

fn trunc(call: &mut Call<'_, '_, '_>) -> Outcome {
    let (count, text) = (call.int(0), call.bytes(1));
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let part = if count < 0 { text.get(text.len().saturating_sub(size)..) } else { text.get(..size.min(text.len())) };
    Ok(Value::Str(part.unwrap_or(text).into()))
}

/// Where a text begins in another.
pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    memchr::memmem::find(text, part)
}

fn quoted(call: &mut Call<'_, '_, '_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let start = out.len();
    for value in call.args.iter().filter(|value| !value.is_nil()) {
        if out.len() > start {
            out.push(b' ');
        }
        match value {
            Value::Str(text) => push_quoted(out, text.bytes()),
            other => push_quoted(out, call.strval(other)?.bytes()),
        }
        call.room(out.len() - start)?;
    }
    Ok(())
}

fn squote(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut out = Vec::new();
    for value in call.args.iter().filter(|value| !value.is_nil()) {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.push(b'\'');
        out.extend_from_slice(&call.printed(value)?);
        out.push(b'\'');
        call.room(out.len())?;
    }
    Ok(Value::Str(out.into()))
}

fn cat(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut out = Vec::new();
    for (i, value) in call.args.iter().filter(|value| !value.is_nil()).enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(&call.printed(value)?);
        call.room(out.len())?;
    }
    Ok(Value::Str(out.into()))
}

/// What a function gives that writes it.
fn given(
    call: &mut Call<'_, '_, '_>,
    write: impl FnOnce(&mut Call<'_, '_, '_>, &mut Vec<u8>) -> Result<(), Fault>,
) -> Outcome {
    let mut out = call.run.buffer();
    write(call, &mut out)?;
    let done = Str::from(out.as_slice());
    call.run.give_back(out);
    Ok(Value::Str(done))
}

/// It is written at the end of the output.
fn printed(
    call: &mut Call<'_, '_, '_>,
    write: impl FnOnce(&mut Call<'_, '_, '_>, &mut Vec<u8>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut out = std::mem::take(&mut call.run.out);
    let done = write(call, &mut out);
    call.run.out = out;
    done
}

fn indented(call: &mut Call<'_, '_, '_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let Ok(spaces) = usize::try_from(call.int(0)) else {
        return Err("strings: negative Repeat count".into());
    };
    let (text, bytes) = (call.value(1), call.bytes(1));
    if !call.run.session.memo.is_lent(text) {
        return indent(call.run, bytes, spaces, out);
    }
    let text = call.run.known_or_called(("indent", spaces), text, |run| {
        let mut out = run.buffer();
        indent(run, bytes, spaces, &mut out)?;
        let done = Str::from(out.as_slice());
        run.give_back(out);
        Ok(done)
    })?;
    out.extend_from_slice(text.bytes());
    Ok(())
}

/// More spaces are put there one by one.
const PAD: [u8; 16] = [b' '; 16];

/// Writes a text with so many spaces before each line.
fn indent(run: &mut Run<'_>, text: &[u8], spaces: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    if spaces > PAD.len() {
        let lines = 1 + memchr::memchr_iter(b'\n', text).count();
        run.check_size(spaces.saturating_mul(lines).saturating_add(text.len()))?;
    }
    out.reserve(text.len() + text.len() / 4);
    let pad = |out: &mut Vec<u8>| match spaces.checked_sub(PAD.len()) {
        // That many at once are one instruction; those too many are taken away.
        None | Some(0) => {
            out.extend_from_slice(&PAD);
            out.truncate(out.len() - (PAD.len() - spaces));
        }
        Some(_) => out.extend(std::iter::repeat_n(b' ', spaces)),
    };
    pad(out);
    let mut start = 0;
    for at in memchr::memchr_iter(b'\n', text) {
        out.extend_from_slice(text.get(start..=at).unwrap_or_default());
        pad(out);
        start = at + 1;
    }
    out.extend_from_slice(text.get(start..).unwrap_or_default());
    run.step(1 + (text.len() as u64 >> 6))
}

fn indented_below(call: &mut Call<'_, '_, '_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    out.push(b'\n');
    indented(call, out)
}

fn replace(call: &mut Call<'_, '_, '_>) -> Outcome {
    let (old, new, text) = (call.bytes(0), call.bytes(1), call.bytes(2));
    let mut out = Vec::with_capacity(text.len());
    if old.is_empty() {
        // Between all runes, and at both ends.
        let text = call.text(2);
        call.room(text.len().saturating_mul(1 + new.len()))?;
        out.extend_from_slice(new);
        for c in text.chars() {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            out.extend_from_slice(new);
        }
        return Ok(Value::Str(out.into()));
    }
    let mut rest = text;
    while let Some(at) = find(rest, old) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(new);
        rest = rest.get(at + old.len()..).unwrap_or_default();
        call.room(out.len())?;
    }
    out.extend_from_slice(rest);
    Ok(Value::Str(out.into()))
}

fn join(call: &mut Call<'_, '_, '_>) -> Outcome {
    let separator = call.bytes(0);
    let mut out = Vec::new();
    for (i, text) in strings(call, call.value(1))?.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(text.bytes());
        call.room(out.len())?;
    }
    Ok(Value::Str(out.into()))
}

fn split(call: &mut Call<'_, '_, '_>, text: &[u8], separator: &[u8]) -> Result<Vec<Value>, Fault> {
    split_n(call, text, (separator, -1))
}

/// `strings.SplitN`: a negative count is all of them, zero none.
fn split_n(call: &mut Call<'_, '_, '_>, text: &[u8], (separator, count): (&[u8], i64)) -> Result<Vec<Value>, Fault> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let part = |bytes: &[u8]| Value::Str(Str::from(bytes));
    let mut out = Vec::new();
    let mut rest = text;
    call.run.step(text.len() as u64 >> 1)?;
    while out.len() + 1 < most {
        let at = if separator.is_empty() {
            // Between runes.
            let width = rest.utf8_chunks().next().and_then(|c| c.valid().chars().next()).map_or(1, char::len_utf8);
            if rest.len() <= width { None } else { Some(width) }
        } else {
            find(rest, separator)
        };
        let Some(at) = at else { break };
        out.push(part(rest.get(..at).unwrap_or_default()));
        rest = rest.get(at + separator.len()..).unwrap_or_default();
    }
    if !(separator.is_empty() && rest.is_empty()) {
        out.push(part(rest));
    }
    Ok(out)
}

/// The parts under the keys `_0`, `_1` and so on.
fn numbered(parts: &[Value]) -> Value {
    use crate::chart::template::{Map, MapKind};
    let entries = parts.iter().enumerate();
    let entries = entries.map(|(i, part)| (format!("_{i}").into(), part.clone())).collect();
    Value::Map(Map::new(MapKind::Strings, entries))
}
