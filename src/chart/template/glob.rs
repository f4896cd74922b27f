//! Patterns of `.Files.Glob`: `*` and `?` within a folder, `**` across folders, `[a-z]`, `[abc]`, `[!a-z]`, `{a,b}`
//! and `\` before a literal. What they match is what the library matches that Helm takes, its oddities included.

use super::globmatch::{Budget, Matcher};

/// Groups nest at most so deep, and a pattern has at most so many pieces.
const MOST_DEEP: usize = 100;
const MOST_PIECES: usize = 500;

/// A pattern.
pub(super) struct Pattern(Option<Matcher>);

impl Pattern {
    /// A pattern that cannot be read matches every path, as in Helm.
    pub fn read(pattern: &str) -> Self {
        Self(parse(pattern).map(|nodes| Matcher::of(&nodes)))
    }

    pub fn matches(&self, path: &str) -> bool {
        self.0.as_ref().is_none_or(|matcher| matcher.matches(path.as_bytes(), &mut Budget::new()))
    }
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    /// `*`
    Any,
    /// `**`
    Super,
    /// `?`
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
    Either(Vec<Node>),
    Row(Vec<Node>),
    Nothing,
}

struct Parser {
    chars: Vec<char>,
    at: usize,
}

fn parse(pattern: &str) -> Option<Vec<Node>> {
    // The library cannot read this one.
    if pattern.contains('\u{fffd}') {
        return None;
    }
    let mut parser = Parser { chars: pattern.chars().collect(), at: 0 };
    // The groups that are open: their alternatives so far, and what stands before them.
    let mut open: Vec<(Vec<Node>, Vec<Node>)> = Vec::new();
    let mut here: Vec<Node> = Vec::new();
    let mut pieces = 0;
    while let Some(c) = parser.next() {
        pieces += 1;
        if pieces > MOST_PIECES || open.len() > MOST_DEEP {
            return None;
        }
        match c {
            '{' => open.push((Vec::new(), std::mem::take(&mut here))),
            ',' if !open.is_empty() => {
                let (alternatives, _) = open.last_mut()?;
                alternatives.push(Node::Row(std::mem::take(&mut here)));
            }
            '}' if !open.is_empty() => here = closed(open.pop()?, here),
            '[' => here.push(parser.class()?),
            '?' => here.push(Node::Single),
            '*' if parser.peek() == Some('*') => {
                parser.at += 1;
                here.push(Node::Super);
            }
            '*' => here.push(Node::Any),
            _ => {
                parser.at -= 1;
                let stops = if open.is_empty() { "?*[{" } else { "?*[{}," };
                let text = parser.text(stops);
                if !text.is_empty() {
                    here.push(Node::Text(text));
                }
            }
        }
    }
    // A group need not be closed.
    while let Some(group) = open.pop() {
        here = closed(group, here);
    }
    Some(here)
}

fn closed((mut alternatives, mut before): (Vec<Node>, Vec<Node>), last: Vec<Node>) -> Vec<Node> {
    alternatives.push(Node::Row(last));
    before.push(Node::Either(alternatives));
    before
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Literal text up to one of some characters; a backslash at the end stands for nothing.
    fn text(&mut self, stops: &str) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if stops.contains(c) {
                break;
            }
            self.at += 1;
            let literal = if c == '\\' { self.next() } else { Some(c) };
            text.extend(literal);
        }
        text
    }

    /// Either one range or a list of characters.
    fn class(&mut self) -> Option<Node> {
        let not = self.peek() == Some('!');
        self.at += usize::from(not);
        let low = self.next()?;
        if self.peek() == Some('-') {
            self.at += 1;
            let high = self.next()?;
            let fits = self.next()? == ']' && low <= high;
            return fits.then_some(Node::Range { low, high, not });
        }
        self.at -= 1;
        let chars: Vec<char> = self.text("]").chars().collect();
        let fits = self.next()? == ']' && !chars.is_empty();
        fits.then_some(Node::List { chars, not })
    }
}
