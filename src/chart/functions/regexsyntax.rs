//! Go's regular expressions in the syntax of the `regex` crate. Both descend from RE2; where they differ (classes are
//! ASCII in Go, sets do not nest, some letters need no escape) the pattern is written anew, and what Go refuses is refused
//! in its words.

use std::fmt::Write as _;

/// Repetitions within repetitions come to no more than this.
const MOST: i64 = 1000;

type Step<T> = Result<T, String>;

/// The pattern in the other syntax, or Go's error.
pub(super) fn translate(pattern: &str) -> Step<String> {
    let mut parser = Parser {
        whole: pattern,
        out: String::with_capacity(pattern.len() + 16),
        groups: Vec::new(),
        ungreedy: false,
        flags: String::new(),
        operand: None,
    };
    let mut rest = pattern;
    let mut repeated: Option<&str> = None;
    while let Some(c) = rest.chars().next() {
        let before = rest;
        let mut is_repetition = false;
        let repeats = matches!(c, '*' | '+' | '?') || (c == '{' && counts(rest).is_some());
        if !repeats {
            let flags = std::mem::take(&mut parser.flags);
            parser.out.push_str(&flags);
        }
        rest = match c {
            '(' => parser.open(rest)?,
            ')' => parser.close(rest)?,
            '|' => {
                parser.operand = None;
                parser.out.push('|');
                cut(rest, 1)
            }
            '[' => parser.class(rest)?,
            '\\' => parser.escape(rest)?,
            '*' | '+' | '?' => {
                is_repetition = true;
                parser.repeat(before, (cut(rest, 1), repeated), None)?
            }
            '{' => match counts(rest) {
                None => parser.literal(c, rest),
                Some((least, most, after)) => {
                    is_repetition = true;
                    parser.repeat(before, (after, repeated), Some((least, most)))?
                }
            },
            '^' | '$' | '.' => {
                let _ = write!(parser.out, "(?:{c})");
                parser.operand = Some(1);
                cut(rest, 1)
            }
            c => parser.literal(c, rest),
        };
        repeated = is_repetition.then_some(before);
    }
    if parser.groups.is_empty() { Ok(parser.out + &parser.flags) } else { fail("missing closing )", pattern) }
}

fn fail<T>(what: &str, shown: &str) -> Step<T> {
    Err(format!("error parsing regexp: {what}: `{shown}`"))
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(bytes..).unwrap_or_default()
}

/// What of a text comes before its end.
fn up_to<'a>(text: &'a str, end: &str) -> &'a str {
    text.get(..text.len() - end.len()).unwrap_or_default()
}

/// `{2}`, `{2,}` or `{2,3}`: least, most and what follows; a count that is far too large is -1, as is an open end
/// for most.
fn counts(text: &str) -> Option<(i64, i64, &str)> {
    let (least, rest) = count(cut(text, 1))?;
    let (most, rest) = match rest.strip_prefix(',') {
        None => (least, rest),
        Some(rest) if rest.starts_with('}') => (-1, rest),
        Some(rest) => {
            let (most, rest) = count(rest)?;
            // Go marks a count that is too large by the least.
            if most < 0 {
                return Some((-1, most, rest.strip_prefix('}')?));
            }
            (most, rest)
        }
    };
    Some((least, most, rest.strip_prefix('}')?))
}

fn count(text: &str) -> Option<(i64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    if number.is_empty() || (number.len() > 1 && number.starts_with('0')) {
        return None;
    }
    let number = number.parse::<i64>().ok().filter(|n| *n < 1_000_000_000);
    Some((number.unwrap_or(-1), rest))
}

struct Parser<'a> {
    whole: &'a str,
    out: String,
    /// Of each open group the largest repetition within it, and whether repetitions before it are turned round.
    groups: Vec<(i64, bool)>,
    /// `(?U)`: what is lazy is greedy, and the other way round. It is written out, for it counts for a repetition right
    /// behind it.
    ungreedy: bool,
    /// Flags that are to be set: after a repetition, should one follow, for it repeats what is before them.
    flags: String,
    /// How often what a repetition would repeat is repeated already; nothing where there is none.
    operand: Option<i64>,
}

impl<'a> Parser<'a> {
    fn literal(&mut self, c: char, rest: &'a str) -> &'a str {
        self.push(c);
        self.operand = Some(1);
        cut(rest, c.len_utf8())
    }

    /// A character that stands for itself, also within a set.
    fn push(&mut self, c: char) {
        if c.is_ascii_alphanumeric() {
            self.out.push(c);
        } else {
            let _ = write!(self.out, "\\x{{{:x}}}", u32::from(c));
        }
    }

    fn repeat(
        &mut self,
        before: &'a str,
        (after, repeated): (&'a str, Option<&str>),
        counts: Option<(i64, i64)>,
    ) -> Step<&'a str> {
        if let Some((least, most)) = counts
            && (!(0..=MOST).contains(&least) || most > MOST || (most >= 0 && least > most))
        {
            return fail("invalid repeat count", up_to(before, after));
        }
        let shown = up_to(before, after);
        let (lazy, rest) = after.strip_prefix('?').map_or((false, after), |rest| (true, rest));
        if let Some(first) = repeated {
            return fail("invalid nested repetition operator", up_to(first, rest));
        }
        let Some(within) = self.operand else {
            return fail("missing argument to repetition operator", up_to(before, rest));
        };
        if let Some((least, most)) = counts {
            let times = if most < 0 { least } else { most };
            let product = within.saturating_mul(times.max(1));
            if (least >= 2 || most >= 2) && product > MOST {
                return fail("invalid repeat count", up_to(before, rest));
            }
            self.operand = Some(product);
        }
        if let Some((largest, _)) = self.groups.last_mut() {
            *largest = (*largest).max(self.operand.unwrap_or(1));
        }
        self.out.push_str(shown);
        if lazy != self.ungreedy {
            self.out.push('?');
        }
        Ok(rest)
    }

    fn open(&mut self, text: &'a str) -> Step<&'a str> {
        if !text.starts_with("(?") {
            self.groups.push((1, self.ungreedy));
            self.operand = None;
            self.out.push('(');
            return Ok(cut(text, 1));
        }
        let name_at = if text.len() > 4 && text.starts_with("(?P<") {
            Some(4)
        } else {
            (text.len() > 3 && text.starts_with("(?<")).then_some(3)
        };
        if let Some(at) = name_at {
            let Some(end) = text.find('>') else {
                return fail("invalid named capture", text);
            };
            let name = text.get(at..end).unwrap_or_default();
            let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !fits {
                return fail("invalid named capture", text.get(..=end).unwrap_or_default());
            }
            self.groups.push((1, self.ungreedy));
            self.operand = None;
            // Go lets two groups have one name; the first of them is meant.
            let named = format!("(?P<{name}>");
            self.out.push_str(if self.out.contains(&named) { "(" } else { &named });
            return Ok(cut(text, end + 1));
        }
        self.group_flags(text)
    }

    /// `(?i)` or `(?i:`.
    fn group_flags(&mut self, text: &'a str) -> Step<&'a str> {
        let (mut negated, mut saw_flag) = (false, false);
        let mut ungreedy = self.ungreedy;
        for (i, c) in cut(text, 2).char_indices() {
            let at = 2 + i;
            match c {
                'i' | 'm' | 's' | 'U' => {
                    saw_flag = true;
                    if c == 'U' {
                        ungreedy = !negated;
                    }
                }
                '-' if !negated => (negated, saw_flag) = (true, false),
                ':' | ')' if !negated || saw_flag => {
                    let head =
                        text.get(..=at).unwrap_or_default().replace('U', "").replace("-:", ":").replace("-)", ")");
                    // The other syntax has no group of flags without any.
                    if c == ':' {
                        self.out.push_str(&head);
                        self.groups.push((1, self.ungreedy));
                        self.operand = None;
                    } else if head != "(?)" {
                        self.flags.push_str(&head);
                    }
                    self.ungreedy = ungreedy;
                    return Ok(cut(text, at + 1));
                }
                c => {
                    let end = at + c.len_utf8();
                    return fail("invalid or unsupported Perl syntax", text.get(..end).unwrap_or_default());
                }
            }
        }
        fail("invalid or unsupported Perl syntax", text)
    }

    fn close(&mut self, text: &'a str) -> Step<&'a str> {
        let Some((within, ungreedy)) = self.groups.pop() else {
            return fail("unexpected )", self.whole);
        };
        self.ungreedy = ungreedy;
        if let Some((largest, _)) = self.groups.last_mut() {
            *largest = (*largest).max(within);
        }
        self.operand = Some(within);
        self.out.push(')');
        Ok(cut(text, 1))
    }

    fn escape(&mut self, text: &'a str) -> Step<&'a str> {
        let next = cut(text, 1).chars().next();
        let outside = match next {
            Some('A') => Some("(?:\\A)"),
            Some('z') => Some("(?:\\z)"),
            Some('b') => Some(r"(?-u:\b)"),
            Some('B') => Some(r"(?-u:\B)"),
            _ => None,
        };
        if let Some(written) = outside {
            self.out.push_str(written);
            self.operand = Some(1);
            return Ok(cut(text, 2));
        }
        if next == Some('Q') {
            let (quoted, rest) = cut(text, 2).split_once("\\E").unwrap_or((cut(text, 2), ""));
            for c in quoted.chars() {
                self.literal(c, "");
            }
            return Ok(rest);
        }
        self.operand = Some(1);
        if let Some(rest) = self.named_class(text)? {
            return Ok(rest);
        }
        let (c, rest) = single(text)?;
        self.push(c);
        Ok(rest)
    }

    /// `\d`, `\pL` and their like, which may stand in a set too. Nothing where it is none of them.
    fn named_class(&mut self, text: &'a str) -> Step<Option<&'a str>> {
        let Some(letter) = cut(text, 1).chars().next() else { return Ok(None) };
        match letter {
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str("[0-9A-Za-z_]"),
            'W' => self.out.push_str("[^0-9A-Za-z_]"),
            's' => self.out.push_str(r"[\t\n\f\r ]"),
            'S' => self.out.push_str(r"[^\t\n\f\r ]"),
            'p' | 'P' => return self.unicode_class(text, letter == 'P').map(Some),
            _ => return Ok(None),
        }
        Ok(Some(cut(text, 2)))
    }

    fn unicode_class(&mut self, text: &'a str, negated: bool) -> Step<&'a str> {
        let inside = cut(text, 2);
        let Some(first) = inside.chars().next() else {
            return fail("invalid character class range", text);
        };
        let (name, rest) = if first == '{' {
            match inside.find('}') {
                Some(end) => (inside.get(1..end).unwrap_or_default(), cut(inside, end + 1)),
                None => return fail("invalid character class range", text),
            }
        } else {
            inside.split_at(first.len_utf8())
        };
        let (name, negated) = name.strip_prefix('^').map_or((name, negated), |name| (name, !negated));
        let written = match name {
            "Any" => if negated { r"[^\s\S]" } else { r"[\s\S]" }.to_owned(),
            name => format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' }),
        };
        // The other syntax takes a name in any case; Go does not.
        let is_name = name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(['=', ':', ' ', '-']);
        if !is_name || regex::Regex::new(&written).is_err() {
            return fail("invalid character class range", up_to(text, rest));
        }
        self.out.push_str(&written);
        Ok(rest)
    }

    /// A set.
    fn class(&mut self, text: &'a str) -> Step<&'a str> {
        let mut rest = cut(text, 1);
        self.out.push('[');
        if let Some(after) = rest.strip_prefix('^') {
            self.out.push('^');
            rest = after;
        }
        let mut first = true;
        while first || !rest.starts_with(']') {
            first = false;
            if rest.starts_with("[:")
                && let Some(end) = rest.get(2..).and_then(|inside| inside.find(":]"))
            {
                let name = rest.get(..end + 4).unwrap_or_default();
                if !is_posix(name) {
                    return fail("invalid character class range", name);
                }
                self.out.push_str(name);
                rest = cut(rest, name.len());
                continue;
            }
            if rest.starts_with('\\')
                && let Some(after) = self.named_class(rest)?
            {
                rest = after;
                continue;
            }
            let range = rest;
            let (low, after) = of_class(rest, text)?;
            rest = after;
            let mut high = low;
            if rest.starts_with('-') && !rest.starts_with("-]") && rest.len() > 1 {
                (high, rest) = of_class(cut(rest, 1), text)?;
                if high < low {
                    return fail("invalid character class range", up_to(range, rest));
                }
            }
            self.push(low);
            if high != low {
                self.out.push('-');
                self.push(high);
            }
        }
        self.out.push(']');
        self.operand = Some(1);
        Ok(cut(rest, 1))
    }
}

fn is_posix(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
        "word", "xdigit",
    ];
    let inside = name.strip_prefix("[:").and_then(|name| name.strip_suffix(":]")).unwrap_or_default();
    NAMES.contains(&inside.strip_prefix('^').unwrap_or(inside))
}

/// A character of a set.
fn of_class<'a>(text: &'a str, whole: &str) -> Step<(char, &'a str)> {
    match text.chars().next() {
        None => fail("missing closing ]", whole),
        Some('\\') => single(text),
        Some(c) => Ok((c, cut(text, c.len_utf8()))),
    }
}

/// The character that an escape stands for.
fn single(text: &str) -> Step<(char, &str)> {
    let inside = cut(text, 1);
    let Some(c) = inside.chars().next() else {
        return fail("trailing backslash at end of expression", "");
    };
    let rest = cut(inside, c.len_utf8());
    let plain = |c: char| Ok((c, rest));
    match c {
        'a' => plain('\u{7}'),
        'f' => plain('\u{c}'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\u{b}'),
        // A single digit other than 0 refers back, which nothing here can do.
        '0'..='7' if c == '0' || rest.starts_with(|next: char| next.is_digit(8)) => {
            let more = rest.bytes().take(2).take_while(|b| matches!(b, b'0'..=b'7')).count();
            let digits = inside.get(..=more).unwrap_or_default();
            let code = u32::from_str_radix(digits, 8).ok().and_then(char::from_u32);
            Ok((code.unwrap_or('\0'), cut(rest, more)))
        }
        'x' => hexadecimal(text, rest),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => plain(c),
        _ => fail("invalid escape sequence", up_to(text, rest)),
    }
}

/// `\x41` or `\x{e9}`.
fn hexadecimal<'a>(text: &'a str, rest: &'a str) -> Step<(char, &'a str)> {
    let refuse = |read: usize| {
        let end = rest.char_indices().nth(read).map_or(rest.len(), |(at, _)| at);
        fail("invalid escape sequence", up_to(text, cut(rest, end)))
    };
    if let Some(inside) = rest.strip_prefix('{') {
        let digits = inside.chars().take_while(char::is_ascii_hexdigit).count();
        let code =
            inside.get(..digits).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        return match code {
            Some(code) if inside.get(digits..).is_some_and(|after| after.starts_with('}')) => {
                Ok((code, cut(inside, digits + 1)))
            }
            _ => refuse(digits + 2),
        };
    }
    let digits = rest.chars().take(2).take_while(char::is_ascii_hexdigit).count();
    let code = rest.get(..digits).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
    match code {
        Some(code) if digits == 2 => Ok((code, cut(rest, 2))),
        _ => refuse(digits + 1),
    }
}

/// A replacement: Go takes the longest name after `$`, and so does the other syntax; but a `$` before
/// anything else is itself.
pub(super) fn replacement(text: &str) -> String {
    text.to_owned()
}
