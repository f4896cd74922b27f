//! Constraints on versions: `>=1.2, <2 || ^3.1`, with `~`, `^`, `x` and ranges `1.2 - 1.4`.

use super::version::Version;
use crate::chart::template::go_quote;
use regex::Regex;
use std::sync::LazyLock;

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
        let text = with_ranges(text);
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

/// A version as constraints write it: its numbers, its prerelease and its metadata.
const VERSION: &str = r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?(-(?:[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+(?:[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?";
/// What may stand before one, tried in this order.
const MARKS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

/// The library's patterns.
struct Patterns {
    range: Regex,
    group: Regex,
    each: Regex,
    one: Regex,
}

fn patterns() -> Option<&'static Patterns> {
    static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
        let pattern = |text: String| Regex::new(&text.replace(r"\s", r"[\t\n\f\r ]")).ok();
        Some(Patterns {
            range: pattern(format!(r"\s*(?P<low>{VERSION})\s+-\s+(?P<high>{VERSION})\s*"))?,
            group: pattern(format!(r"^(\s*({MARKS})\s*({VERSION})\s*)((?:\s+|,\s*)({MARKS})\s*({VERSION})\s*)*$"))?,
            each: pattern(format!(r"({MARKS})\s*({VERSION})"))?,
            one: pattern(format!(r"^\s*(?P<mark>{MARKS})\s*(?:{VERSION})\s*$"))?,
        })
    });
    PATTERNS.as_ref()
}

/// `1.2 - 1.4` as two constraints, wherever that stands.
fn with_ranges(text: &str) -> String {
    let mut out = text.to_owned();
    let Some(patterns) = patterns() else { return out };
    for found in patterns.range.captures_iter(text) {
        let part = |name| found.name(name).map_or("", |part| part.as_str());
        let whole = found.get(0).map_or("", |whole| whole.as_str());
        out = out.replacen(whole, &format!(">= {}, <= {} ", part("low"), part("high")), 1);
    }
    out
}

fn group(text: &str) -> Result<Vec<Constraint>, String> {
    let Some(patterns) = patterns().filter(|patterns| patterns.group.is_match(text)) else {
        return Err(format!("improper constraint: {}", go_quote(text)));
    };
    patterns.each.find_iter(text).map(|found| Constraint::read(patterns, found.as_str())).collect()
}

impl Constraint {
    fn read(patterns: &Patterns, text: &str) -> Result<Self, String> {
        let Some(parts) = patterns.one.captures(text) else {
            return Err(format!("improper constraint: {}", go_quote(text)));
        };
        let part = |n| parts.get(n).map_or("", |part| part.as_str());
        let mark = part(1);
        let op = OPS.iter().find(|(text, _)| *text == mark).map_or(Op::Equal, |(_, op)| *op);
        let (major, minor, patch, prerelease) = (part(2), part(3), part(4), part(5));
        let closed = |part: &str| !matches!(part.trim_start_matches('.'), "" | "x" | "X" | "*");
        let (open, version) = if !closed(major) {
            (Open::All, format!("0.0.0{prerelease}"))
        } else if !closed(minor) {
            (Open::Minor, format!("{major}.0.0{prerelease}"))
        } else if !closed(patch) {
            (Open::Patch, format!("{major}{minor}.0{prerelease}"))
        } else {
            (Open::Nothing, format!("{major}{minor}{patch}{prerelease}"))
        };
        let version = Version::parse(&version).map_err(|_| "constraint parser error".to_owned())?;
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
