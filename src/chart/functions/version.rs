//! One semantic version. A `v` before it, missing parts and leading zeros are allowed.

use std::cmp::Ordering;
use std::fmt;

/// Longer texts are no versions.
const MAX_LENGTH: usize = 256;

/// A version, and how it was written.
#[derive(Debug, Clone, Default)]
pub(super) struct Version {
    /// Major, minor, patch.
    pub numbers: [u64; 3],
    pub prerelease: String,
    pub metadata: String,
    pub original: String,
}

impl Version {
    /// Reads a version; the error is the library's.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("version string is too long (max {MAX_LENGTH} bytes)"));
        }
        let invalid = || "invalid semantic version".to_owned();
        let body = text.strip_prefix('v').unwrap_or(text);
        let (body, metadata) = split_off(body, '+');
        let (core, prerelease) = split_off(body, '-');
        let mut numbers = [0; 3];
        let parts: Vec<&str> = core.split('.').collect();
        if parts.len() > 3 {
            return Err(invalid());
        }
        for (number, part) in numbers.iter_mut().zip(&parts) {
            *number = digits(part)?.ok_or_else(invalid)?;
        }
        let words = |words: Option<&str>| match words {
            None => Ok(String::new()),
            Some(words) if valid_words(words) => Ok(words.to_owned()),
            Some(_) => Err(invalid()),
        };
        let prerelease = words(prerelease)?;
        for word in prerelease.split('.') {
            if word.len() > 1 && word.starts_with('0') && word.bytes().all(|b| b.is_ascii_digit()) {
                return Err("version segment starts with 0".to_owned());
            }
        }
        Ok(Self { numbers, prerelease, metadata: words(metadata)?, original: text.to_owned() })
    }

    /// The next major, minor or patch version. The next patch of a prerelease is its release.
    /// The version with a part of it changed, as text too.
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        let v = if self.original.starts_with('v') { "v" } else { "" };
        changed.original = format!("{v}{changed}");
        changed
    }

    pub fn next(&self, part: usize) -> Self {
        let mut numbers = self.numbers;
        if part != 2 || self.prerelease.is_empty() {
            numbers[part] = numbers[part].saturating_add(1);
            numbers[part + 1..].fill(0);
        }
        let v = if self.original.starts_with('v') { "v" } else { "" };
        let [major, minor, patch] = numbers;
        Self { numbers, original: format!("{v}{major}.{minor}.{patch}"), ..Self::default() }
    }

    /// Which comes first; metadata does not count.
    pub fn cmp_precedence(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| compare_prereleases(&self.prerelease, &other.prerelease))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

/// What stands before a mark, and what after it, if it is there.
pub(super) fn split_off(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// A number; `None` is no number, an error a number that no version may have.
fn digits(text: &str) -> Result<Option<u64>, String> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        format!("error parsing version segment: strconv.ParseUint: parsing \"{text}\": value out of range")
    })
}

/// Refuses what is no prerelease; none at all is one.
pub(super) fn check_prerelease(text: &str) -> Result<(), String> {
    for word in text.split('.').filter(|_| !text.is_empty()) {
        if !valid_words(word) {
            return Err("invalid prerelease string".to_owned());
        }
        if word.len() > 1 && word.starts_with('0') && word.bytes().all(|b| b.is_ascii_digit()) {
            return Err("version segment starts with 0".to_owned());
        }
    }
    Ok(())
}

/// Words of letters, digits and hyphens, separated by dots.
pub(super) fn valid_words(words: &str) -> bool {
    words.split('.').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

/// No prerelease comes after any; numbers before words.
fn compare_prereleases(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match (x.parse::<u64>(), y.parse::<u64>()) {
                (Ok(x), Ok(y)) => x.cmp(&y),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => x.cmp(y),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}
