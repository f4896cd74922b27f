//! How the library behind Helm's `.Files.Glob` matches: a pattern becomes a tree around its longest piece of known
//! length, and pieces without one are joined where it knows how. Some patterns match less, or more, than they say by
//! that; so they do here. It counts in bytes and in characters as the library does.

use super::glob::Node;

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
    value: Matcher,
    left: Option<Matcher>,
    right: Option<Matcher>,
    /// Lengths in characters, where they are known; nothing is of length 0.
    lengths: [Option<usize>; 3],
}

impl Tree {
    fn around(value: Matcher, left: Option<Matcher>, right: Option<Matcher>) -> Matcher {
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
    /// The matcher of a whole pattern.
    pub fn of(nodes: &[Node]) -> Self {
        Self::compiled(&Node::Row(nodes.to_vec()))
    }

    fn compiled(node: &Node) -> Self {
        let done = match node {
            Node::Either(alternatives) => match in_common(alternatives) {
                Some(node) => return Self::compiled(&node),
                None => return Self::Either(alternatives.iter().map(|node| Self::compiled(node).better()).collect()),
            },
            Node::Row(nodes) if nodes.is_empty() => return Self::Nothing,
            Node::Row(nodes) => joined(least(nodes.iter().map(|node| Self::compiled(node).better()).collect())),
            Node::Any => Self::Any,
            Node::Super => Self::Super,
            Node::Single => Self::Single,
            Node::Nothing => Self::Nothing,
            Node::List { chars, not } => Self::List { chars: chars.clone(), not: *not },
            Node::Range { low, high, not } => Self::Range { low: *low, high: *high, not: *not },
            Node::Text(text) => Self::Text(text.clone().into_bytes()),
        };
        done.better()
    }

    /// A plainer one that does the same, or nearly so.
    fn better(self) -> Self {
        match self {
            Self::Either(mut some) if some.len() == 1 => some.remove(0),
            Self::List { chars, not: false } if chars.len() == 1 => {
                Self::Text(chars.iter().collect::<String>().into_bytes())
            }
            Self::Tree(mut tree) => {
                tree.left = tree.left.map(Self::better);
                tree.right = tree.right.map(Self::better);
                let Self::Text(text) = &tree.value else { return Self::Tree(tree) };
                let text = text.clone();
                match (&tree.left, &tree.right) {
                    (None, None) => Self::Text(text),
                    (Some(Self::Super), Some(Self::Super)) => Self::Contains { needle: text, not: false },
                    (Some(Self::Super), None) => Self::Suffix(text),
                    (None, Some(Self::Super)) => Self::Prefix(text),
                    (None, Some(Self::Suffix(end))) => Self::Ends(text, end.clone()),
                    (Some(Self::Prefix(start)), None) => Self::Ends(start.clone(), text),
                    (Some(Self::Any), None) => Self::SuffixAny(text),
                    (None, Some(Self::Any)) => Self::PrefixAny(text),
                    _ => Self::Tree(tree),
                }
            }
            other => other,
        }
    }

    /// In characters, where it is known.
    fn length(&self) -> Option<usize> {
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

/// A tree around the last of the longest parts.
fn joined(mut parts: Vec<Matcher>) -> Matcher {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    if let Some(glued) = glued(&parts) {
        return glued;
    }
    let longest = parts.iter().enumerate().filter_map(|(i, part)| Some((part.length()?, i))).max();
    let Some((_, at)) = longest else {
        let rest = parts.split_off(1);
        return Tree::around(parts.remove(0), None, Some(joined(rest)));
    };
    let right = parts.split_off(at + 1);
    let value = parts.remove(at);
    let side = |some: Vec<Matcher>| (!some.is_empty()).then(|| joined(some));
    let left = side(parts);
    Tree::around(value, left, side(right))
}

fn glued(parts: &[Matcher]) -> Option<Matcher> {
    if parts.len() <= 1 {
        return None;
    }
    if let Some(every) = glued_as_every(parts) {
        return Some(every);
    }
    let length = parts.iter().map(Matcher::length).sum::<Option<usize>>()?;
    Some(Matcher::Row(parts.to_vec(), length))
}

/// Parts that shut out the same characters.
fn glued_as_every(parts: &[Matcher]) -> Option<Matcher> {
    let (mut any, mut across, mut least) = (false, false, 0);
    let mut common: Option<&[char]> = None;
    for part in parts {
        let shut_out: &[char] = match part {
            Matcher::Super => {
                across = true;
                &[]
            }
            Matcher::Any => {
                any = true;
                &['/']
            }
            Matcher::Single => {
                least += 1;
                &['/']
            }
            Matcher::List { chars, not: true } => {
                least += 1;
                chars
            }
            _ => return None,
        };
        if *common.get_or_insert(shut_out) != shut_out {
            return None;
        }
    }
    let shut_out = common.unwrap_or_default();
    match (across, any, least) {
        (true, false, 0) => return Some(Matcher::Super),
        // Whatever it shut out: only `*` is there.
        (false, true, 0) => return Some(Matcher::Any),
        (_, _, 1..) if (across || any) && shut_out.is_empty() => return Some(Matcher::Least(least)),
        _ => {}
    }
    let mut every = Vec::new();
    if least > 0 {
        every.push(Matcher::Least(least));
        if !any && !across {
            every.push(Matcher::Most(least));
        }
    }
    if !shut_out.is_empty() {
        let needle = shut_out.iter().collect::<String>().into_bytes();
        every.push(Matcher::Contains { needle, not: true });
    }
    Some(Matcher::Every(every))
}

/// Glues the most parts that can be, until none can.
fn least(mut parts: Vec<Matcher>) -> Vec<Matcher> {
    loop {
        let mut best: Option<(Matcher, usize, usize)> = None;
        for from in 0..parts.len() {
            for to in (from + 2..=parts.len()).rev() {
                let Some(glued) = parts.get(from..to).and_then(glued) else { continue };
                let is_more = best.as_ref().is_none_or(|(best, start, end)| {
                    let is_longer = glued.length().zip(best.length()).is_some_and(|(glued, best)| glued > best);
                    is_longer || end - start < to - from
                });
                if is_more {
                    best = Some((glued, from, to));
                }
            }
        }
        let Some((glued, from, to)) = best else { return parts };
        parts.splice(from..to, [glued]);
    }
}

/// What all alternatives begin and end with is taken out of them.
fn in_common(alternatives: &[Node]) -> Option<Node> {
    let rows: Option<Vec<&[Node]>> = alternatives
        .iter()
        .map(|node| match node {
            Node::Row(nodes) => Some(&**nodes),
            _ => None,
        })
        .collect();
    let rows = rows?;
    if rows.len() <= 1 {
        return None;
    }
    let first = rows.first()?;
    let (left, right) = shared(&rows);
    if left == 0 && right == 0 {
        return None;
    }
    let mut result = Vec::new();
    let part = |row: &[Node], from: usize, to: usize| row.get(from..to).unwrap_or_default().to_vec();
    if left > 0 {
        result.push(Node::Row(part(first, 0, left)));
    }
    let mut between: Vec<Node> = Vec::new();
    for row in &rows {
        let inside = part(row, left, row.len() - right);
        let node = if inside.is_empty() { Node::Nothing } else { Node::Row(inside) };
        if !between.contains(&node) {
            between.push(node);
        }
    }
    match between.len() {
        1 if between.first() == Some(&Node::Nothing) => {}
        1 => result.append(&mut between),
        _ => result.push(Node::Either(between)),
    }
    if right > 0 {
        result.push(Node::Row(part(first, first.len() - right, first.len())));
    }
    Some(Node::Row(result))
}

/// How many nodes all rows have in common at their beginning and at their end: looked for at both at once, inwards.
fn shared(rows: &[&[Node]]) -> (usize, usize) {
    let shortest = rows.iter().map(|row| row.len()).min().unwrap_or(0);
    let same_left = |i: usize| rows.windows(2).all(|two| matches!(two, [a, b] if a.get(i) == b.get(i)));
    let same_right =
        |i: usize| rows.windows(2).all(|two| matches!(two, [a, b] if a.iter().rev().nth(i) == b.iter().rev().nth(i)));
    let (mut left, mut right) = (0, 0);
    let (mut at_left, mut at_right) = (true, true);
    for i in 0..shortest {
        at_left = at_left && same_left(i);
        // They have met in the middle.
        let met = at_left && shortest - 1 - i <= i;
        at_right = at_right && !met && same_right(i);
        left += usize::from(at_left);
        right += usize::from(at_right);
        if left + right >= shortest {
            break;
        }
    }
    (left, right)
}
