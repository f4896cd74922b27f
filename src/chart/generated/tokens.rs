//! The words that stand for generated values while templates run.

use super::{Made, RandomKind};
use crate::chart::template::{Str, Value};
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;

/// How a token begins: letters only, so that YAML sees a plain word, and none that a chart would hold.
const PREFIX: &str = "rcGEN7vQx";
/// How it ends.
const SUFFIX: u8 = b'Z';
/// Its number has so many digits.
const DIGITS: usize = 6;
const LENGTH: usize = PREFIX.len() + DIGITS + 1;

/// What a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Recipe {
    /// A random value.
    Random(RandomKind),
    /// What is made of texts, each of which is fixed or holds tokens.
    Made(Made<String>),
    /// The base64 of a text that holds tokens.
    Base64(String),
}

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    Token(usize),
}

/// The tokens of one release, in the order in which templates asked for them.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    recipes: Vec<Recipe>,
    digests: Vec<String>,
    /// Where in the templates each was made, in the order of the recipes.
    places: Vec<String>,
}

impl Tokens {
    /// Whether no value is generated.
    pub fn is_empty(&self) -> bool {
        self.recipes.is_empty()
    }

    /// A token for a new random value.
    pub(crate) fn random(&mut self, kind: RandomKind) -> String {
        self.add(Recipe::Random(kind))
    }

    /// A token for what is made of other values.
    pub(crate) fn made(&mut self, made: Made<String>) -> String {
        self.add(Recipe::Made(made))
    }

    /// Whether all of a text is one token for a value of some kind.
    pub(crate) fn is_one(&self, text: &str, is_right: impl Fn(&RandomKind) -> bool) -> bool {
        match self.pieces(text).as_slice() {
            [Piece::Token(number)] => matches!(self.recipe(*number), Some(Recipe::Random(kind)) if is_right(kind)),
            _ => false,
        }
    }

    /// Whether all of a text is one token for what is in PEM.
    pub(crate) fn is_pem(&self, text: &str) -> bool {
        let is_certificate = |piece: &[Piece<'_>]| match piece {
            [Piece::Token(number)] => matches!(self.recipe(*number), Some(Recipe::Made(Made::Certificate { .. }))),
            _ => false,
        };
        self.is_one(text, RandomKind::is_pem) || is_certificate(&self.pieces(text))
    }

    /// How many certificates sign one another from this one on; nothing where it is fixed.
    pub(crate) fn signers(&self, text: &str) -> usize {
        match self.pieces(text).as_slice() {
            [Piece::Token(number)] => match self.recipe(*number) {
                Some(Recipe::Made(Made::Certificate { signer, .. })) => {
                    1 + signer.as_ref().map_or(0, |signer| self.signers(&signer.cert))
                }
                _ => 1,
            },
            _ => 0,
        }
    }

    /// Whether each token of a text stands for a random value that is made of nothing else.
    pub(crate) fn are_plain(&self, text: &str) -> bool {
        self.pieces(text).iter().all(|piece| match piece {
            Piece::Text(_) => true,
            Piece::Token(number) => matches!(self.recipe(*number), Some(Recipe::Random(_))),
        })
    }

    /// A token for the base64 of a text with tokens; equal texts have one.
    pub(crate) fn base64(&mut self, text: &str) -> String {
        let recipe = Recipe::Base64(text.to_owned());
        match self.recipes.iter().position(|r| *r == recipe) {
            Some(number) => word(number),
            None => self.add(recipe),
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.recipes.len()
    }

    /// Notes where those were made that have no place yet; what is deeper inside a template says so first.
    pub(crate) fn made_at(&mut self, place: &str) {
        self.places.resize_with(self.recipes.len(), || place.to_owned());
    }

    /// Where the first token of a text was made.
    pub(super) fn place(&self, text: &str) -> Option<&str> {
        self.pieces(text).iter().find_map(|piece| match piece {
            Piece::Token(number) => self.places.get(*number).map(String::as_str),
            Piece::Text(_) => None,
        })
    }

    fn add(&mut self, recipe: Recipe) -> String {
        self.recipes.push(recipe);
        word(self.recipes.len() - 1)
    }

    /// The text that was encoded, if all of this is one base64 token.
    pub(crate) fn decoded(&self, text: &str) -> Option<String> {
        match self.pieces(text).as_slice() {
            [Piece::Token(number)] => match self.recipes.get(*number)? {
                Recipe::Base64(inner) => Some(inner.clone()),
                Recipe::Random(_) | Recipe::Made(_) => None,
            },
            _ => None,
        }
    }

    pub(super) fn recipe(&self, number: usize) -> Option<&Recipe> {
        self.recipes.get(number)
    }

    /// Whether an object can hold a token, or in a Secret the digest of one, by what it was rendered as.
    pub(crate) fn may_be_in(&self, rendered: &str, secret: bool) -> bool {
        // Whatever is written with a backslash is looked at closely.
        self.are_in(rendered.as_bytes()) || rendered.contains('\\') || (secret && !self.digests.is_empty())
    }

    /// Whether a text holds a token.
    pub(crate) fn are_in(&self, text: &[u8]) -> bool {
        static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(PREFIX));
        if self.recipes.is_empty() || text.len() < LENGTH {
            return false;
        }
        let mut found = FINDER.find_iter(text);
        found.any(|at| text.get(at..at + LENGTH).is_some_and(|token| self.number(token).is_some()))
    }

    /// Whether a value holds a token; looking inside lists and maps is up to the caller.
    pub(crate) fn are_in_value(&self, value: &Value, deep: usize) -> bool {
        if self.recipes.is_empty() {
            return false;
        }
        match value {
            Value::Str(text) => self.are_in(text.bytes()),
            Value::List(list) if deep > 0 => list.items().iter().any(|v| self.are_in_value(v, deep - 1)),
            Value::Map(map) if deep > 0 => map.with(|entries| {
                entries.iter().any(|(key, v)| self.are_in(key.as_bytes()) || self.are_in_value(v, deep - 1))
            }),
            _ => false,
        }
    }

    /// The pieces of a text, in order.
    pub(super) fn pieces<'t>(&self, text: &'t str) -> Vec<Piece<'t>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut from = 0;
        while let Some(at) = rest.get(from..).and_then(|t| t.find(PREFIX)).map(|at| at + from) {
            let token = rest.as_bytes().get(at..at + LENGTH);
            match token.and_then(|token| self.number(token)) {
                Some(number) => {
                    if at > 0 {
                        pieces.push(Piece::Text(rest.get(..at).unwrap_or("")));
                    }
                    pieces.push(Piece::Token(number));
                    rest = rest.get(at + LENGTH..).unwrap_or("");
                    from = 0;
                }
                None => from = at + PREFIX.len(),
            }
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
        pieces
    }

    /// The number of a token.
    fn number(&self, token: &[u8]) -> Option<usize> {
        let body = token.strip_prefix(PREFIX.as_bytes())?.strip_suffix(&[SUFFIX])?;
        let number: usize = std::str::from_utf8(body).ok()?.parse().ok()?;
        // One spelling each: a sign or fewer digits are none.
        (body.len() == DIGITS && body.iter().all(u8::is_ascii_digit) && number < self.recipes.len()).then_some(number)
    }

    /// The text with each token replaced by what it stands for, whatever its number: equal for two renders that
    /// ask in another order.
    pub(crate) fn normalised<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        if !self.are_in(text) {
            return Cow::Borrowed(text);
        }
        let text = Str::from(text);
        Cow::Owned(self.described(&text.text(), 0).into_bytes())
    }

    fn described(&self, text: &str, depth: usize) -> String {
        let pieces = self.pieces(text);
        let shown = pieces.into_iter().map(|piece| match piece {
            Piece::Text(text) => Cow::Borrowed(text),
            Piece::Token(number) => Cow::Owned(match self.recipes.get(number) {
                Some(Recipe::Random(kind)) => format!("<generated: {kind}>"),
                Some(Recipe::Made(made)) => format!("<generated: {made}>"),
                Some(Recipe::Base64(inner)) if depth < 64 => {
                    format!("<base64: {}>", self.described(inner, depth + 1))
                }
                _ => String::new(),
            }),
        });
        shown.collect()
    }

    /// Keeps the digest of a text that held tokens.
    pub(crate) fn remember_digest(&mut self, digest: &str) {
        if !self.digests.iter().any(|known| known == digest) {
            self.digests.push(digest.to_owned());
        }
    }

    /// Whether a text holds such a digest.
    pub(super) fn holds_digest(&self, text: &str) -> bool {
        self.digests.iter().any(|digest| digest.len() >= 32 && text.contains(digest.as_str()))
    }
}

fn word(number: usize) -> String {
    format!("{PREFIX}{number:0DIGITS$}{}", char::from(SUFFIX))
}
