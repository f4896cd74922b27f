//! Constraints on versions: `>=1.2, <2 || ^3.1`, with `~`, `^`, `x` and ranges `1.2 - 1.4`.

use super::version::{Version, split_off, valid_words};
use crate::chart::template::go_quote;

/// Longer texts are no constraints.
const MAX_LENGTH: usize = 512;
/// Nor are more alternatives.
const MAX_GROUPS: usize = 32;

/// Alternatives, each of which asks for several things at once.
#[derive(Debug)]
pub(super) struct Constraints {
    groups: Vec<Vec<Constraint>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// Written at each place from the longest to the shortest.
const OPS: [(&str, Op); 11] = [
    ("!=", Op::NotEqual),
    (">=", Op::GreaterEqual),
    ("=>", Op::GreaterEqual),
    ("<=", Op::LessEqual),
    ("=<", Op::LessEqual),
    ("~>", Op::Tilde),
    ("=", Op::Equal),
    (">", Op::Greater),
    ("<", Op::Less),
    ("~", Op::Tilde),
    ("^", Op::Caret),
];

/// How much of the version is left open by `x` or by nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Patch,
    Minor,
    All,
}

#[derive(Debug)]
struct Constraint {
    op: Op,
    version: Version,
    open: Open,
}

impl Constraints {
    /// Reads constraints; the error is the library's.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("constraint string is too long (max {MAX_LENGTH} bytes)"));
        }
        let groups: Vec<&str> = text.split("||").collect();
        if groups.len() > MAX_GROUPS {
            return Err(format!("too many constraint groups (max {MAX_GROUPS})"));
        }
        let groups = groups.into_iter().map(group);
        Ok(Self { groups: groups.collect::<Result<_, _>>()? })
    }

    /// Whether a version meets them. Prereleases do where a constraint of the group names one.
    pub fn allow(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            let prereleases = group.iter().any(|c| !c.version.prerelease.is_empty());
            (version.prerelease.is_empty() || prereleases) && group.iter().all(|c| c.allows(version))
        })
    }
}

fn group(text: &str) -> Result<Vec<Constraint>, String> {
    let improper = || format!("improper constraint: {}", go_quote(text));
    let mut constraints = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let (op, after) = OPS
            .iter()
            .find_map(|(mark, op)| rest.strip_prefix(mark).map(|after| (Some(*op), after)))
            .unwrap_or((None, rest));
        let (version, after) = word(after.trim_start()).ok_or_else(improper)?;
        if let Some((end, after)) = range_end(after) {
            if op.is_some() {
                return Err(improper());
            }
            constraints.push(Constraint::new(Op::GreaterEqual, version)?);
            constraints.push(Constraint::new(Op::LessEqual, end)?);
            rest = after;
        } else {
            constraints.push(Constraint::new(op.unwrap_or(Op::Equal), version)?);
            rest = after;
        }
        let trimmed = rest.trim_start();
        if trimmed.is_empty() {
            return Ok(constraints);
        }
        rest = match trimmed.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if trimmed.len() < rest.len() => trimmed,
            None => return Err(improper()),
        };
    }
}

/// The version after `-` in a range, and what follows it.
fn range_end(text: &str) -> Option<(&str, &str)> {
    let after = text.trim_start();
    let end = after.strip_prefix('-')?;
    if after.len() == text.len() || !end.starts_with(char::is_whitespace) {
        return None;
    }
    word(end.trim_start())
}

/// A version as constraints write it, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let body = word.strip_prefix('v').unwrap_or(word);
    let (body, metadata) = split_off(body, '+');
    let (core, prerelease) = split_off(body, '-');
    let parts: Vec<&str> = core.split('.').collect();
    let is_part = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || "xX*".contains(c));
    let fits = parts.len() <= 3
        && parts.iter().all(is_part)
        && prerelease.is_none_or(valid_words)
        && metadata.is_none_or(valid_words);
    fits.then_some((word, rest))
}

impl Constraint {
    fn new(op: Op, word: &str) -> Result<Self, String> {
        let body = word.strip_prefix('v').unwrap_or(word);
        let (body, _) = split_off(body, '+');
        let (core, prerelease) = split_off(body, '-');
        let mut parts = core.split('.');
        let closed = |part: Option<&str>| part.is_some_and(|p| !matches!(p, "x" | "X" | "*"));
        let (major, minor, patch) = (parts.next(), parts.next(), parts.next());
        let open = if !closed(major) {
            Open::All
        } else if !closed(minor) {
            Open::Minor
        } else if !closed(patch) {
            Open::Patch
        } else {
            Open::Nothing
        };
        let number = |part: Option<&str>| part.unwrap_or("0").to_owned();
        let [major, minor, patch] = match open {
            Open::All => ["0".to_owned(), "0".to_owned(), "0".to_owned()],
            Open::Minor => [number(major), "0".to_owned(), "0".to_owned()],
            Open::Patch => [number(major), number(minor), "0".to_owned()],
            Open::Nothing => [number(major), number(minor), number(patch)],
        };
        let prerelease = prerelease.map_or_else(String::new, |p| format!("-{p}"));
        let version = Version::parse(&format!("{major}.{minor}.{patch}{prerelease}"));
        let version = version.map_err(|_| "constraint parser error".to_owned())?;
        Ok(Self { op, version, open })
    }

    fn allows(&self, version: &Version) -> bool {
        let (is, wanted) = (version.numbers, self.version.numbers);
        let order = version.cmp_precedence(&self.version);
        match self.op {
            Op::Equal if self.open == Open::Nothing => order.is_eq(),
            Op::Equal | Op::Tilde => self.tilde(version),
            Op::NotEqual => match self.open {
                Open::Minor => is[0] != wanted[0],
                Open::Patch => is[..2] != wanted[..2] || version.prerelease != self.version.prerelease,
                // Where all is open, the zeros put in are compared.
                Open::Nothing | Open::All => order.is_ne(),
            },
            Op::Greater => match self.open {
                Open::Nothing | Open::All => order.is_gt(),
                Open::Minor => is[0] > wanted[0],
                Open::Patch => is[..2] > wanted[..2],
            },
            Op::Less => order.is_lt(),
            Op::GreaterEqual => order.is_ge(),
            Op::LessEqual => match self.open {
                Open::Nothing => order.is_le(),
                Open::Minor => is[0] <= wanted[0],
                Open::Patch | Open::All => is[..2] <= wanted[..2],
            },
            Op::Caret => self.caret(version),
        }
    }

    fn tilde(&self, version: &Version) -> bool {
        let (is, wanted) = (version.numbers, self.version.numbers);
        if version.cmp_precedence(&self.version).is_lt() {
            return false;
        }
        // ~0.0.0 is any version.
        if wanted == [0, 0, 0] && matches!(self.open, Open::Nothing | Open::All) {
            return true;
        }
        is[0] == wanted[0] && (is[1] == wanted[1] || self.open == Open::Minor)
    }

    fn caret(&self, version: &Version) -> bool {
        let (is, wanted) = (version.numbers, self.version.numbers);
        if version.cmp_precedence(&self.version).is_lt() {
            return false;
        }
        if wanted[0] > 0 || self.open == Open::Minor {
            return is[0] == wanted[0];
        }
        if is[0] > 0 {
            return false;
        }
        if wanted[1] > 0 || self.open == Open::Patch {
            return is[1] == wanted[1];
        }
        is[1] == 0 && is[2] == wanted[2]
    }
}
