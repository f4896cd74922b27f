//! Regular expressions, in Go's syntax and with Go's rules.

use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Fault, List, ListKind, Value, go_quote};
use regex::Regex;
use regex_automata::{meta, util::syntax};
use std::cell::RefCell;
use std::collections::HashMap;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("regexMatch", &[Ty::Str, Ty::Str], |call| {
        Ok(Value::Bool(compiled(&call.text(0)).is_ok_and(|re| re.is_match(&call.text(1)))))
    }),
    Func::new("mustRegexMatch", &[Ty::Str, Ty::Str], |call| {
        Ok(Value::Bool(must(call, Panic::No)?.is_match(&call.text(1))))
    }),
    Func::new("regexFind", &[Ty::Str, Ty::Str], |call| find(call, Panic::Yes)),
    Func::new("mustRegexFind", &[Ty::Str, Ty::Str], |call| find(call, Panic::No)),
    Func::new("regexFindAll", &[Ty::Str, Ty::Str, Ty::Int], |call| find_all(call, Panic::Yes)),
    Func::new("mustRegexFindAll", &[Ty::Str, Ty::Str, Ty::Int], |call| find_all(call, Panic::No)),
    Func::new("regexReplaceAll", &[Ty::Str, Ty::Str, Ty::Str], |call| replace(call, (Panic::Yes, false))),
    Func::new("mustRegexReplaceAll", &[Ty::Str, Ty::Str, Ty::Str], |call| replace(call, (Panic::No, false))),
    Func::new("regexReplaceAllLiteral", &[Ty::Str, Ty::Str, Ty::Str], |call| replace(call, (Panic::Yes, true))),
    Func::new("mustRegexReplaceAllLiteral", &[Ty::Str, Ty::Str, Ty::Str], |call| replace(call, (Panic::No, true))),
    Func::new("regexSplit", &[Ty::Str, Ty::Str, Ty::Int], |call| split(call, Panic::Yes)),
    Func::new("mustRegexSplit", &[Ty::Str, Ty::Str, Ty::Int], |call| split(call, Panic::No)),
    Func::new("regexQuoteMeta", &[Ty::Str], |call| Ok(quote_meta(&call.text(0)).into())),
];

/// Functions without `must` panic in Go, which words the error another way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Panic {
    Yes,
    No,
}

thread_local! {
    /// Compiling costs more than rendering: patterns are few, and kept.
    static COMPILED: RefCell<HashMap<String, Result<Regex, String>>> = RefCell::new(HashMap::new());
}

/// How many patterns are kept.
const KEPT: usize = 256;
/// The most bytes that a compiled pattern takes.
const SIZE: usize = 4 << 20;
/// How deep its groups may be nested.
const NEST: u32 = 200;

/// What Go says of a pattern that is none.
pub(crate) fn wrong(pattern: &str) -> Option<String> {
    super::regexsyntax::translate(pattern).err()
}

/// A pattern in Go's syntax, or what Go says of it.
pub(crate) fn compiled(pattern: &str) -> Result<Regex, String> {
    COMPILED.with_borrow_mut(|kept| {
        if let Some(done) = kept.get(pattern) {
            return done.clone();
        }
        let done = compile(pattern);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(pattern.to_owned(), done.clone());
        done
    })
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = super::regexsyntax::translate(pattern)?;
    let mut builder = regex::RegexBuilder::new(&translated);
    let built = builder.size_limit(SIZE).nest_limit(NEST).build();
    built.map_err(|_| unsupported(pattern))
}

fn unsupported(pattern: &str) -> String {
    format!("error parsing regexp: invalid or unsupported syntax: `{pattern}`")
}

/// The same for short texts: compiled in half the time, and matched in twice.
pub(crate) fn compile_lean(pattern: &str) -> Result<meta::Regex, String> {
    let translated = super::regexsyntax::translate(pattern)?;
    let config = meta::Config::new().nfa_size_limit(Some(SIZE)).hybrid(false).dfa(false).onepass(false);
    let mut builder = meta::Builder::new();
    let built = builder.configure(config).syntax(syntax::Config::new().nest_limit(NEST)).build(&translated);
    built.map_err(|_| unsupported(pattern))
}

fn must(call: &mut Call<'_, '_, '_>, panic: Panic) -> Result<Regex, Fault> {
    let pattern = call.text(0);
    call.room(call.bytes(1).len())?;
    compiled(&pattern).map_err(|error| {
        let quoted = if pattern.contains('`') { go_quote(&pattern) } else { format!("`{pattern}`") };
        match panic {
            Panic::Yes => format!("regexp: Compile({quoted}): {error}").into(),
            Panic::No => error.into(),
        }
    })
}

fn find(call: &mut Call<'_, '_, '_>, panic: Panic) -> Outcome {
    let re = must(call, panic)?;
    let text = call.text(1);
    Ok(re.find(&text).map_or("", |m| m.as_str()).into())
}

fn find_all(call: &mut Call<'_, '_, '_>, panic: Panic) -> Outcome {
    let re = must(call, panic)?;
    let text = call.text(1);
    let most = usize::try_from(call.int(2)).unwrap_or(usize::MAX);
    let found: Vec<Value> = re.find_iter(&text).take(most).map(|m| m.as_str().into()).collect();
    if found.is_empty() {
        return Ok(Value::List(List::nil(ListKind::Strings)));
    }
    Ok(Value::List(List::new(ListKind::Strings, found)))
}

fn replace(call: &mut Call<'_, '_, '_>, (panic, literal): (Panic, bool)) -> Outcome {
    let re = must(call, panic)?;
    let (text, with) = (call.text(1), call.text(2));
    let matches = re.find_iter(&text).count();
    call.room(text.len().saturating_add(matches.saturating_mul(with.len().saturating_add(text.len().min(4096)))))?;
    let done = if literal {
        re.replace_all(&text, regex::NoExpand(&with))
    } else {
        re.replace_all(&text, super::regexsyntax::replacement(&with).as_str())
    };
    Ok(done.into_owned().into())
}

fn split(call: &mut Call<'_, '_, '_>, panic: Panic) -> Outcome {
    let re = must(call, panic)?;
    let (text, count) = (call.text(1), call.int(2));
    if count == 0 {
        return Ok(Value::List(List::nil(ListKind::Strings)));
    }
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let mut parts: Vec<Value> = Vec::new();
    let (mut start, mut end) = (0, 0);
    if !re.as_str().is_empty() && text.is_empty() {
        return Ok(Value::List(List::strings([""])));
    }
    for found in re.find_iter(&text) {
        if parts.len() + 1 >= most {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(text.get(start..end).unwrap_or("").into());
        }
        start = found.end();
    }
    if end != text.len() {
        parts.push(text.get(start..).unwrap_or("").into());
    }
    Ok(Value::List(List::new(ListKind::Strings, parts)))
}

fn quote_meta(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
