//! How the library behind Helm's `.Files.Glob` matches, with what [`globbuild`](super::globbuild) made of a pattern. Some
//! patterns match less, or more, than they say by that; so they do here. It counts in bytes and in characters as the
//! library does.

/// Steps of one match.
pub(super) struct Budget(u32);

impl Budget {
    pub fn new() -> Self {
        Self(200_000)
    }

    fn take(&mut self) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }
}

/// Where something is found first, and after how many bytes it may end.
type Found = Option<(usize, Vec<usize>)>;

#[derive(Clone, Debug)]
pub(super) enum Matcher {
    Text(Vec<u8>),
    /// Anything within a folder.
    Any,
    Super,
    Single,
    List {
        chars: Vec<char>,
        not: bool,
    },
    Range {
        low: char,
        high: char,
        not: bool,
    },
    Nothing,
    Least(usize),
    Most(usize),
    Contains {
        needle: Vec<u8>,
        not: bool,
    },
    Prefix(Vec<u8>),
    Suffix(Vec<u8>),
    PrefixAny(Vec<u8>),
    SuffixAny(Vec<u8>),
    Ends(Vec<u8>, Vec<u8>),
    Either(Vec<Matcher>),
    Every(Vec<Matcher>),
    Row(Vec<Matcher>, usize),
    Tree(Box<Tree>),
}

#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) value: Matcher,
    pub(super) left: Option<Matcher>,
    pub(super) right: Option<Matcher>,
    /// Lengths in characters, where they are known; nothing is of length 0.
    lengths: [Option<usize>; 3],
}

impl Tree {
    pub(super) fn around(value: Matcher, left: Option<Matcher>, right: Option<Matcher>) -> Matcher {
        let of = |side: &Option<Matcher>| side.as_ref().map_or(Some(0), Matcher::length);
        let lengths = [of(&left), value.length(), of(&right)];
        Matcher::Tree(Box::new(Self { value, left, right, lengths }))
    }

    fn matches(&self, text: &[u8], budget: &mut Budget) -> bool {
        let [left, value, right] = self.lengths;
        if let (Some(left), Some(value), Some(right)) = (left, value, right)
            && left + value + right > text.len()
        {
            return false;
        }
        let mut offset = left.unwrap_or(0);
        let limit = text.len().saturating_sub(right.unwrap_or(0));
        while offset < limit && budget.take() {
            let Some((at, ends)) = self.value.find(text.get(offset..limit).unwrap_or_default()) else {
                return false;
            };
            let (before, after) = text.split_at((offset + at).min(text.len()));
            if self.left.as_ref().map_or(before.is_empty(), |left| left.matches(before, budget)) {
                for end in ends.into_iter().rev() {
                    let rest = after.get(end..).unwrap_or_default();
                    if self.right.as_ref().map_or(rest.is_empty(), |right| right.matches(rest, budget)) {
                        return true;
                    }
                }
            }
            offset += at + rune(after).1.max(1);
        }
        false
    }
}

/// The first character of some bytes and its length, as Go decodes it.
fn rune(bytes: &[u8]) -> (char, usize) {
    let head = bytes.get(..4.min(bytes.len())).unwrap_or_default();
    match head.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()) {
        Some(c) => (c, c.len_utf8()),
        None => (char::REPLACEMENT_CHARACTER, bytes.len().min(1)),
    }
}

/// Where each character begins.
fn runes(bytes: &[u8]) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let (c, width) = rune(rest);
        let here = at;
        at += width;
        Some((here, c))
    })
}

fn position(text: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    text.windows(needle.len()).position(|window| window == needle)
}

fn has_folder(text: &[u8]) -> bool {
    text.contains(&b'/')
}

/// Where each character begins, and the end.
fn starts(text: &[u8]) -> Vec<usize> {
    runes(text).map(|(at, _)| at).chain([text.len()]).collect()
}

/// After how many bytes each character ends.
fn ends(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    runes(text).map(|(at, c)| at + c.len_utf8())
}

impl Matcher {
    /// In characters, where it is known.
    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(runes(text).count()),
            Self::Single | Self::List { .. } | Self::Range { .. } => Some(1),
            Self::Nothing => Some(0),
            Self::Row(_, length) => Some(*length),
            Self::Either(some) => {
                let mut all = None;
                for one in some {
                    let length = one.length();
                    match all {
                        None => all = length,
                        _ if length != all => return None,
                        _ => {}
                    }
                }
                all
            }
            Self::Tree(tree) => {
                let [left, value, right] = tree.lengths;
                Some(left? + value? + right?)
            }
            Self::Every(some) if some.is_empty() => Some(0),
            _ => None,
        }
    }

    fn takes(&self, c: char) -> bool {
        match self {
            Self::Single => c != '/',
            Self::List { chars, not } => chars.contains(&c) != *not,
            Self::Range { low, high, not } => (*low..=*high).contains(&c) != *not,
            _ => false,
        }
    }

    pub fn matches(&self, text: &[u8], budget: &mut Budget) -> bool {
        if !budget.take() {
            return false;
        }
        match self {
            Self::Text(wanted) => wanted == text,
            Self::Any => !has_folder(text),
            Self::Super => true,
            Self::Single | Self::List { .. } | Self::Range { .. } => {
                let (c, width) = rune(text);
                text.len() <= width && self.takes(c)
            }
            Self::Nothing => text.is_empty(),
            Self::Least(count) => runes(text).count() >= *count,
            Self::Most(count) => runes(text).count() <= *count,
            Self::Contains { needle, not } => position(text, needle).is_some() != *not,
            Self::Prefix(start) => text.starts_with(start),
            Self::Suffix(end) => text.ends_with(end),
            Self::PrefixAny(start) => text.strip_prefix(&**start).is_some_and(|rest| !has_folder(rest)),
            Self::SuffixAny(end) => text.strip_suffix(&**end).is_some_and(|rest| !has_folder(rest)),
            Self::Ends(start, end) => text.starts_with(start) && text.ends_with(end),
            Self::Either(some) => some.iter().any(|one| one.matches(text, budget)),
            Self::Every(all) => all.iter().all(|one| one.matches(text, budget)),
            Self::Row(row, length) => runes(text).count() == *length && row_matches(row, text, budget),
            Self::Tree(tree) => tree.matches(text, budget),
        }
    }

    /// Where a text has it first.
    fn find(&self, text: &[u8]) -> Found {
        match self {
            Self::Text(wanted) => position(text, wanted).map(|at| (at, vec![wanted.len()])),
            Self::Any => Some((0, starts(text.split(|byte| *byte == b'/').next().unwrap_or_default()))),
            Self::Super => Some((0, starts(text))),
            Self::Single | Self::List { .. } | Self::Range { .. } => {
                let found = runes(text).find(|(_, c)| self.takes(*c));
                found.map(|(at, c)| (at, vec![c.len_utf8()]))
            }
            Self::Nothing => Some((0, vec![0])),
            Self::Least(count) => {
                let ends: Vec<usize> = ends(text).skip(count.saturating_sub(1)).collect();
                (!ends.is_empty()).then_some((0, ends))
            }
            Self::Most(count) => Some((0, [0].into_iter().chain(ends(text).take(*count)).collect())),
            Self::Contains { needle, not } => {
                let found = position(text, needle);
                let from = match (found, not) {
                    (None, false) => return None,
                    (Some(at), false) => at + needle.len(),
                    (_, true) => 0,
                };
                let to = if *not { found.unwrap_or(text.len()) } else { text.len() };
                let rest = text.get(from..to).unwrap_or_default();
                Some((0, starts(rest).into_iter().map(|at| from + at).collect()))
            }
            Self::Prefix(start) => {
                let at = position(text, start)?;
                let rest = text.get(at + start.len()..).unwrap_or_default();
                Some((at, after(start.len(), rest)))
            }
            Self::PrefixAny(start) => {
                let at = position(text, start)?;
                let rest = text.get(at + start.len()..).unwrap_or_default();
                Some((at, after(start.len(), rest.split(|byte| *byte == b'/').next().unwrap_or_default())))
            }
            Self::Suffix(end) => Some((0, vec![position(text, end)? + end.len()])),
            Self::SuffixAny(end) => {
                let at = position(text, end)?;
                let before = text.get(..at).unwrap_or_default();
                let from = before.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
                Some((from, vec![at + end.len() - from]))
            }
            Self::Ends(start, end) => {
                let at = position(text, start)?;
                let rest = text.get(at..).unwrap_or_default();
                let mut found: Vec<usize> = Vec::new();
                let mut upto = rest;
                while let Some(last) = upto.windows(end.len().max(1)).rposition(|window| window == &**end) {
                    found.push(last + end.len());
                    upto = rest.get(..last).unwrap_or_default();
                }
                found.reverse();
                (!found.is_empty()).then_some((at, found))
            }
            Self::Either(some) => {
                let all: Vec<(usize, Vec<usize>)> = some.iter().filter_map(|one| one.find(text)).collect();
                let first = all.iter().map(|(at, _)| *at).min()?;
                let mut ends: Vec<usize> =
                    all.into_iter().filter(|(at, _)| *at == first).flat_map(|(_, ends)| ends).collect();
                ends.sort_unstable();
                ends.dedup();
                Some((first, ends))
            }
            Self::Every(all) => every(all, text),
            Self::Row(row, length) => {
                let mut budget = Budget::new();
                let fits = |at: &usize| row_matches(row, text.get(*at..).unwrap_or_default(), &mut budget);
                let places = runes(text).map(|(at, _)| at).take_while(|at| text.len() - at >= *length);
                let found = { places }.find(fits);
                found.map(|at| (at, vec![*length]))
            }
            // The library does not look for one.
            Self::Tree(_) => None,
        }
    }
}

fn after(start: usize, rest: &[u8]) -> Vec<usize> {
    [start].into_iter().chain(ends(rest).map(|end| start + end)).collect()
}

fn every(all: &[Matcher], text: &[u8]) -> Found {
    let (mut at, mut offset) = (0, 0);
    let mut ends: Vec<usize> = Vec::new();
    let mut rest = text;
    for (i, one) in all.iter().enumerate() {
        let (found, more) = one.find(rest)?;
        if i == 0 {
            ends = more;
        } else {
            // The ends so far, seen from here.
            let seen = ends.iter().filter_map(|end| (end + at).checked_sub(found + offset));
            ends = seen.filter(|end| more.contains(end)).collect();
            if ends.is_empty() {
                return None;
            }
        }
        at = found + offset;
        rest = text.get(at..).unwrap_or_default();
        offset += found;
    }
    Some((at, ends))
}

/// One after the other. Of a part's last character the library takes one byte.
fn row_matches(row: &[Matcher], text: &[u8], budget: &mut Budget) -> bool {
    let mut at = 0;
    for one in row {
        let length = one.length().unwrap_or(0);
        let rest = text.get(at..).unwrap_or_default();
        let (mut count, mut last) = (0, 0);
        for (i, _) in runes(rest) {
            (count, last) = (count + 1, i);
            if count == length {
                break;
            }
        }
        let Some(part) = rest.get(..=last) else { return false };
        if count < length || !one.matches(part, budget) {
            return false;
        }
        at += last + 1;
    }
    true
}
