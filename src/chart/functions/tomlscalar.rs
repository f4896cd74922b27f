//! What the scalars of a TOML document stand for.

use super::dates;
use super::tomllex::{Kind, Scalar, Step, Stop};
use crate::chart::template::Value;

/// The text of a quoted key.
pub(super) fn text(scalar: &Scalar<'_>) -> Step<String> {
    match value(scalar)? {
        Value::Str(text) => Ok(text.text().into_owned()),
        _ => Ok(String::new()),
    }
}

/// What a scalar stands for.
pub(super) fn value(scalar: &Scalar<'_>) -> Step<Value> {
    let fail = |message: String| Err(Stop { line: scalar.line, message });
    let text = scalar.text;
    match scalar.kind {
        Kind::Bool => Ok(Value::Bool(text == "true")),
        Kind::Text { raw, many } => {
            let text = if many { without_first_break(text) } else { text };
            match (raw, many) {
                (true, _) => Ok(text.into()),
                (false, true) => unescaped(&joined(text)).map(Value::from).or_else(fail),
                (false, false) => unescaped(text).map(Value::from).or_else(fail),
            }
        }
        Kind::Integer => super::tomlnumber::integer(text).map(Value::int64).or_else(fail),
        Kind::Float => super::tomlnumber::float(text).map(Value::Float).or_else(fail),
        Kind::Time => dates::read_toml(text).or_else(fail),
    }
}

fn without_first_break(text: &str) -> &str {
    text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n")).unwrap_or(text)
}

/// Takes out a backslash at the end of a line, and the white space after it.
fn joined(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
        out.push_str(before);
        if let Some(left) = after.strip_prefix('\\') {
            out.push_str("\\\\");
            rest = left;
            continue;
        }
        let left = after.trim_start_matches([' ', '\t', '\r', '\n']);
        if after.get(..after.len() - left.len()).is_some_and(|space| space.contains('\n')) {
            rest = left;
        } else {
            out.push('\\');
            rest = after;
        }
    }
    out + rest
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let code = chars.next().unwrap_or('\\');
        let digits = match code {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        out.push(match code {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            'x' | 'u' | 'U' => {
                let hex: String = chars.by_ref().take(digits).collect();
                let found = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32);
                found.ok_or_else(|| format!("Escaped character '\\u{hex}' is not valid UTF-8."))?
            }
            ' ' | '\t' => return Err(format!("invalid escape: '\\{code}'")),
            other => other,
        });
    }
    Ok(out)
}
