//! Kinds of letters and their cases, one rune to one rune, as Go's package `unicode` has them (Unicode 15).

use crate::chart::template::is_print;
use regex::Regex;
use std::sync::LazyLock;

macro_rules! category {
    ($name:ident, $ascii:expr, $pattern:literal, $doc:literal) => {
        #[doc = $doc]
        pub(super) fn $name(c: char) -> bool {
            static CATEGORY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
            if c.is_ascii() {
                return $ascii(&c);
            }
            is_print(c) && CATEGORY.as_ref().is_some_and(|category| category.is_match(c.encode_utf8(&mut [0; 4])))
        }
    };
}

category!(is_letter, char::is_ascii_alphabetic, r"^\p{L}", "Category L.");
category!(is_upper, char::is_ascii_uppercase, r"^\p{Lu}", "Category Lu.");
category!(is_lower, char::is_ascii_lowercase, r"^\p{Ll}", "Category Ll.");
category!(is_title, |_: &char| false, r"^\p{Lt}", "Category Lt.");
category!(is_digit, char::is_ascii_digit, r"^\p{Nd}", "Category Nd.");
category!(is_number, char::is_ascii_digit, r"^\p{N}", "Category N.");
category!(is_punctuation, ascii_punctuation, r"^\p{P}", "Category P.");

/// Without `$+<=>^|~` and the backtick, which are symbols.
fn ascii_punctuation(c: &char) -> bool {
    c.is_ascii_punctuation() && !matches!(c, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~')
}

/// What a rune becomes, unless one of the two is younger than Unicode 15.
fn known(from: char, to: char) -> char {
    if from.is_ascii() || (is_print(from) && is_print(to)) { to } else { from }
}

/// In lower case.
pub(super) fn lower(c: char) -> char {
    // Go maps one rune to one: İ becomes i.
    known(c, c.to_lowercase().next().unwrap_or(c))
}

/// In upper case; ß and its like have none.
pub(super) fn upper(c: char) -> char {
    // Greek letters with an iota below them: Rust writes the iota out.
    match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => shifted(c, 8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => shifted(c, 9),
        _ => {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => known(c, one),
                _ => c,
            }
        }
    }
}

fn shifted(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

/// As the first letter of a word: upper case, but for digraphs and Georgian.
pub(super) fn title(c: char) -> char {
    match c {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => c,
        c => upper(c),
    }
}
