//! Go's own escapes: `html`, `js`, `urlquery`.

use super::{Call, Func, Outcome, Ty};
use crate::chart::template::Fault;
use std::fmt::Write as _;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("html", &[], html).rest(Ty::Any),
    Func::new("js", &[], js).rest(Ty::Any),
    Func::new("urlquery", &[], |call| Ok(query_escape(&joined(call)?).into())).rest(Ty::Any),
];

/// The arguments as `fmt.Sprint` puts them together.
fn joined(call: &mut Call<'_, '_, '_>) -> Result<String, Fault> {
    use crate::chart::template::{Object, Value};
    let mut out = Vec::new();
    let is_text = |value: &Value| matches!(value, Value::Str(_));
    // Go shows what actions show: the words for no value, and what a pointer points to.
    let is_text = |value: &Value| value.is_nil() || is_text(value);
    for (i, value) in call.args.iter().enumerate() {
        if i > 0 && !is_text(value) && !call.args.get(i - 1).is_some_and(is_text) {
            out.push(b' ');
        }
        match value {
            Value::Absent | Value::Nil => out.extend_from_slice(b"<no value>"),
            value => {
                let text = call.printed(value)?;
                let pointed = matches!(value, Value::Object(Object::Record(record)) if record.text.is_none());
                let text = if pointed { text.strip_prefix(b"&").unwrap_or(&text) } else { &text };
                out.extend_from_slice(text);
            }
        }
        call.room(out.len().saturating_mul(6))?;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn html(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut out = String::new();
    for c in joined(call)?.chars() {
        match c {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    Ok(out.into())
}

fn js(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut out = String::new();
    for c in joined(call)?.chars() {
        // Writing to a String cannot fail.
        let _ = match c {
            '\\' => out.write_str("\\\\"),
            '\'' => out.write_str("\\'"),
            '"' => out.write_str("\\\""),
            '<' | '>' | '&' | '=' | '\0'..='\u{1f}' => write!(out, "\\u{:04X}", u32::from(c)),
            c if c.is_ascii() || crate::chart::template::is_print(c) => out.write_char(c),
            c => write!(out, "\\u{:04X}", u32::from(c)),
        };
    }
    Ok(out.into())
}

/// `url.QueryEscape`.
pub(super) fn query_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b if b.is_ascii_alphanumeric() => out.push(char::from(b)),
            b => {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}
