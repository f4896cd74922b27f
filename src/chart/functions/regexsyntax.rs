//! Go's regular expressions in the syntax of the `regex` crate: both descend from RE2, and differ in
//! classes (`\d` is ASCII in Go), in sets within sets, in `\Q…\E` and in what needs no escape.

use std::iter::Peekable;
use std::str::Chars;

/// The pattern in the other syntax, or Go's error.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    let mut depth = 0_usize;
    // Whether there is something that a repetition can repeat.
    let mut operand = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                operand = true;
                escape(&mut out, &mut chars, pattern)?;
            }
            '[' => {
                operand = true;
                class(&mut out, &mut chars)?;
            }
            '(' => {
                depth += 1;
                operand = false;
                out.push('(');
                group(&mut out, &mut chars);
            }
            ')' => {
                let Some(left) = depth.checked_sub(1) else {
                    return Err(format!("error parsing regexp: unexpected ): `{pattern}`"));
                };
                depth = left;
                operand = true;
                out.push(')');
            }
            '*' | '+' | '?' => {
                if !operand {
                    return Err(format!("error parsing regexp: missing argument to repetition operator: `{c}`"));
                }
                out.push(c);
                if let Some('?') = chars.peek() {
                    chars.next();
                    out.push('?');
                }
                if let Some(next @ ('*' | '+' | '?')) = chars.peek() {
                    return Err(format!("error parsing regexp: invalid nested repetition operator: `{c}{next}`"));
                }
            }
            '{' => match counted(&mut chars) {
                Some(counts) if operand => out.push_str(&counts),
                Some(counts) => {
                    return Err(format!("error parsing regexp: missing argument to repetition operator: `{counts}`"));
                }
                None => {
                    operand = true;
                    out.push_str("\\{");
                }
            },
            '}' => {
                operand = true;
                out.push_str("\\}");
            }
            ']' => {
                operand = true;
                out.push_str("\\]");
            }
            '|' => {
                operand = false;
                out.push('|');
            }
            c => {
                operand = !matches!(c, '^') || operand;
                out.push(c);
            }
        }
    }
    if depth > 0 {
        return Err(format!("error parsing regexp: missing closing ): `{pattern}`"));
    }
    Ok(out)
}

/// `(?:`, `(?i)`, `(?P<name>` and their like go over as they are.
fn group(out: &mut String, chars: &mut Peekable<Chars<'_>>) {
    if chars.peek() != Some(&'?') {
        return;
    }
    while let Some(c) = chars.peek().copied() {
        match c {
            ':' | '>' => {
                out.push(c);
                chars.next();
                return;
            }
            ')' => return,
            c => {
                out.push(c);
                chars.next();
            }
        }
    }
}

/// `{2}`, `{2,}` or `{2,3}`, and nothing taken where it is none of these: then it is literal.
fn counted(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut ahead = chars.clone();
    let mut text = String::from("{");
    loop {
        let c = ahead.next()?;
        text.push(c);
        match c {
            '0'..='9' | ',' => {}
            '}' => break,
            _ => return None,
        }
    }
    let body = text.trim_start_matches('{').trim_end_matches('}');
    let (low, high) = body.split_once(',').unwrap_or((body, body));
    if low.is_empty() || high.contains(',') {
        return None;
    }
    *chars = ahead;
    Some(text)
}

/// What the letter of a class stands for: in Go they are ASCII.
fn ascii_class(letter: char) -> &'static str {
    match letter {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => r"[\t\n\f\r ]",
        _ => r"[^\t\n\f\r ]",
    }
}

fn escape(out: &mut String, chars: &mut Peekable<Chars<'_>>, pattern: &str) -> Result<(), String> {
    let Some(c) = chars.next() else {
        return Err(format!("error parsing regexp: trailing backslash at end of expression: `{pattern}`")
            .replace(&format!(": `{pattern}`"), ": ``"));
    };
    match c {
        'd' | 'D' | 'w' | 'W' | 's' | 'S' => out.push_str(ascii_class(c)),
        'b' => out.push_str(r"(?-u:\b)"),
        'B' => out.push_str(r"(?-u:\B)"),
        'Q' => {
            let mut literal = String::new();
            while let Some(c) = chars.next() {
                if c == '\\' && chars.peek() == Some(&'E') {
                    chars.next();
                    break;
                }
                literal.push(c);
            }
            out.push_str(&regex::escape(&literal));
        }
        'A' | 'z' | 'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'p' | 'P' | 'x' => {
            out.push('\\');
            out.push(c);
        }
        '0'..='7' => out.push_str(&octal(c, chars)),
        c if c.is_ascii_punctuation() => out.push_str(&regex::escape(&c.to_string())),
        c => return Err(format!("error parsing regexp: invalid escape sequence: `\\{c}`")),
    }
    Ok(())
}

fn octal(first: char, chars: &mut Peekable<Chars<'_>>) -> String {
    let mut code = first.to_digit(8).unwrap_or(0);
    for _ in 0..2 {
        match chars.peek().and_then(|c| c.to_digit(8)) {
            Some(digit) => {
                code = code * 8 + digit;
                chars.next();
            }
            None => break,
        }
    }
    format!("\\x{{{code:x}}}")
}

/// A set: what the other syntax would read as operators is escaped.
fn class(out: &mut String, chars: &mut Peekable<Chars<'_>>) -> Result<(), String> {
    let whole: String = std::iter::once('[').chain(chars.clone()).collect();
    let missing = || format!("error parsing regexp: missing closing ]: `{whole}`");
    out.push('[');
    if chars.peek() == Some(&'^') {
        chars.next();
        out.push('^');
    }
    let mut first = true;
    loop {
        let c = chars.next().ok_or_else(missing)?;
        match c {
            ']' if !first => {
                out.push(']');
                return Ok(());
            }
            '[' if chars.peek() == Some(&':') => {
                let rest: String = chars.clone().collect();
                match rest.find(":]") {
                    Some(end) => {
                        let name = rest.get(..end + 2).unwrap_or("");
                        out.push('[');
                        out.push_str(name);
                        for _ in name.chars() {
                            chars.next();
                        }
                    }
                    None => out.push_str("\\["),
                }
            }
            '\\' => {
                let escaped = chars.next().ok_or_else(missing)?;
                match escaped {
                    'd' | 'D' | 'w' | 'W' | 's' | 'S' => out.push_str(ascii_class(escaped)),
                    'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'p' | 'P' | 'x' => {
                        out.push('\\');
                        out.push(escaped);
                    }
                    '0'..='7' => out.push_str(&octal(escaped, chars)),
                    c if c.is_ascii_punctuation() => {
                        out.push('\\');
                        out.push(c);
                    }
                    c => return Err(format!("error parsing regexp: invalid escape sequence: `\\{c}`")),
                }
            }
            ']' | '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '-' if first || chars.peek() == Some(&']') || chars.peek() == Some(&'-') => out.push_str("\\-"),
            c => out.push(c),
        }
        first = false;
    }
}

/// A replacement: Go takes the longest name after `$`, and so does the other syntax; but a `$` before
/// anything else is itself.
pub(super) fn replacement(text: &str) -> String {
    text.to_owned()
}
