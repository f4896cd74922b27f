//! What the library behind Helm's `.Files.Glob` makes of a pattern: a tree around its longest piece of known length, with
//! pieces without one joined where it knows how.

use super::glob::Node;
use super::globmatch::{Matcher, Tree};

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
