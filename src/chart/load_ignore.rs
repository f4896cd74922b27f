//! `.helmignore`: which files of a folder do not belong to the chart.

/// The rules of a `.helmignore`, and Helm's own.
#[derive(Debug)]
pub struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: Option<Vec<Piece>>,
    /// `!`: all that does not match is ignored.
    negated: bool,
    /// A `/` at the end.
    folders_only: bool,
    /// Without a `/`, the pattern is for the last part of a path alone.
    whole: bool,
}

impl Rules {
    /// Reads the file, if there is one.
    pub(super) fn of(file: Option<&[u8]>) -> Result<Self, String> {
        let text = String::from_utf8_lossy(file.unwrap_or_default());
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut rules = Vec::new();
        for line in text.lines().chain(["templates/.?*"]) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.contains("**") {
                return Err("double-star (**) syntax is not supported".to_owned());
            }
            let is_wrong = || "syntax error in pattern".to_owned();
            parse(line).ok_or_else(is_wrong)?;
            let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
            let (folders_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
            let whole = line.contains('/');
            // Without its `!` and `/` it may be none any more, and then hits nothing.
            let pattern = parse(line.strip_prefix('/').unwrap_or(line));
            rules.push(Rule { pattern, negated, folders_only, whole });
        }
        Ok(Self(rules))
    }

    /// Whether a folder itself is ignored, so that it need not be looked into.
    pub fn ignores_folder(&self, path: &str) -> bool {
        self.hit(path, true)
    }

    /// Whether a file is ignored, or a folder that it lies in.
    pub fn ignores(&self, path: &str) -> bool {
        let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        folders.into_iter().any(|folder| self.hit(folder, true)) || self.hit(path, false)
    }

    fn hit(&self, path: &str, is_folder: bool) -> bool {
        let path: Vec<char> = path.chars().collect();
        let last = path.rsplit(|c| *c == '/').next().unwrap_or(&path);
        self.0.iter().any(|rule| {
            let part = if rule.whole { &path } else { last };
            let right_kind = !rule.folders_only || is_folder;
            let hit = rule.pattern.as_ref().is_some_and(|pattern| glob(pattern, part));
            if rule.negated { !(right_kind && hit) } else { right_kind && hit }
        })
    }
}

/// Go's `filepath.Match`: `*`, `?`, `[a-z]` and `\`, none of which crosses a `/`. Nothing for a pattern that is wrong.
pub(super) fn matches(pattern: &str, name: &str) -> Option<bool> {
    let name: Vec<char> = name.chars().collect();
    Some(glob(&parse(pattern)?, &name))
}

#[derive(Debug)]
enum Piece {
    Char(char),
    Any,
    Star,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

fn parse(pattern: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' => Piece::Star,
            '?' => Piece::Any,
            '\\' => Piece::Char(chars.next()?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                loop {
                    if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
                        break;
                    }
                    let mut end = || match chars.next()? {
                        '-' | ']' => None,
                        '\\' => chars.next(),
                        c => Some(c),
                    };
                    let low = end()?;
                    let high = if chars.next_if_eq(&'-').is_some() {
                        match chars.next()? {
                            '-' | ']' => return None,
                            '\\' => chars.next()?,
                            c => c,
                        }
                    } else {
                        low
                    };
                    ranges.push((low, high));
                }
                Piece::Class { negated, ranges }
            }
            c => Piece::Char(c),
        });
    }
    Some(pieces)
}

/// Matches with one point to come back to, the last star: no pattern takes more than quadratic time.
fn glob(pieces: &[Piece], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let fits = match (pieces.get(p), name.get(n)) {
            (None, None) => return true,
            (Some(Piece::Star), _) => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            (Some(Piece::Char(wanted)), Some(c)) => wanted == c,
            (Some(Piece::Any), Some(c)) => *c != '/',
            (Some(Piece::Class { negated, ranges }), Some(c)) => {
                ranges.iter().any(|(low, high)| low <= c && c <= high) != *negated
            }
            (None, Some(_)) | (Some(_), None) => false,
        };
        if fits {
            p += 1;
            n += 1;
            continue;
        }
        match star {
            Some((at, from)) if name.get(from).is_some_and(|c| *c != '/') => {
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
            _ => return false,
        }
    }
}
