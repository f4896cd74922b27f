//! Patterns of `.Files.Glob`: `*` and `?` within a folder, `**` across folders, `[a-z]`, `[!a-z]`,
//! `{a,b}` and `\` before a literal.

/// Whether a path matches. A pattern that cannot be read matches every path, as in Helm.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let chars: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    let mut budget = 1_000_000;
    match parse(&chars, &mut 0, false) {
        Some(alternatives) => alternatives.iter().any(|parts| matches_parts(parts, &path, &mut budget)),
        None => true,
    }
}

#[derive(Clone)]
enum Part {
    Literal(char),
    One,
    Many,
    ManyFolders,
    Class { not: bool, ranges: Vec<(char, char)> },
    Either(Vec<Vec<Part>>),
}

/// Parses up to the end, or within braces up to the closing one; answers the alternatives.
fn parse(pattern: &[char], pos: &mut usize, in_braces: bool) -> Option<Vec<Vec<Part>>> {
    let mut alternatives = vec![Vec::new()];
    while let Some(c) = pattern.get(*pos).copied() {
        *pos += 1;
        let part = match c {
            '*' => {
                let mut stars = 1;
                while pattern.get(*pos) == Some(&'*') {
                    *pos += 1;
                    stars += 1;
                }
                if stars > 1 { Part::ManyFolders } else { Part::Many }
            }
            '?' => Part::One,
            '\\' => {
                // At the end it stands for nothing.
                let Some(literal) = pattern.get(*pos).copied() else { break };
                *pos += 1;
                Part::Literal(literal)
            }
            '[' => class(pattern, pos)?,
            '{' if *pos < 10_000 => Part::Either(parse(pattern, pos, true)?),
            '{' => return None,
            ',' if in_braces => {
                alternatives.push(Vec::new());
                continue;
            }
            '}' if in_braces => return Some(alternatives),
            c => Part::Literal(c),
        };
        alternatives.last_mut()?.push(part);
    }
    if in_braces { None } else { Some(alternatives) }
}

fn class(pattern: &[char], pos: &mut usize) -> Option<Part> {
    let not = pattern.get(*pos) == Some(&'!');
    *pos += usize::from(not);
    let mut ranges = Vec::new();
    loop {
        let mut low = pattern.get(*pos).copied()?;
        *pos += 1;
        if low == ']' && !ranges.is_empty() {
            return Some(Part::Class { not, ranges });
        }
        if low == '\\' {
            low = pattern.get(*pos).copied()?;
            *pos += 1;
        }
        let mut high = low;
        if pattern.get(*pos) == Some(&'-') && pattern.get(*pos + 1).is_some_and(|c| *c != ']') {
            high = pattern.get(*pos + 1).copied()?;
            *pos += 2;
        }
        ranges.push((low, high));
    }
}

fn matches_parts(parts: &[Part], path: &[char], budget: &mut u32) -> bool {
    if *budget == 0 {
        return false;
    }
    *budget -= 1;
    let Some((part, rest)) = parts.split_first() else {
        return path.is_empty();
    };
    let one = |fits: bool| fits.then(|| path.get(1..).unwrap_or_default());
    let next = path.first().copied();
    let left = match part {
        Part::Literal(c) => one(next == Some(*c)),
        Part::One => one(next.is_some_and(|c| c != '/')),
        Part::Class { not, ranges } => {
            one(next.is_some_and(|c| ranges.iter().any(|(l, h)| (*l..=*h).contains(&c)) != *not))
        }
        Part::Many | Part::ManyFolders => {
            let across = matches!(part, Part::ManyFolders);
            for taken in 0..=path.len() {
                if taken > 0 && !across && path.get(taken - 1) == Some(&'/') {
                    return false;
                }
                if matches_parts(rest, path.get(taken..).unwrap_or_default(), budget) {
                    return true;
                }
            }
            return false;
        }
        Part::Either(alternatives) => {
            return alternatives.iter().any(|alternative| {
                let mut all = alternative.clone();
                all.extend_from_slice(rest);
                matches_parts(&all, path, budget)
            });
        }
    };
    left.is_some_and(|left| matches_parts(rest, left, budget))
}
