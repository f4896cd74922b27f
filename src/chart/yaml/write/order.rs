//! The order in which go-yaml writes the keys of a mapping: natural, `item2` before `item10`.

use std::sync::LazyLock;

use regex::Regex;

/// Sorts by go-yaml's comparison. That is not a total order (`a10` < `a1b` < `a9` < `a10`),
/// which the sort of the standard library may answer with a panic: hence a merge sort of our own.
pub(super) fn sort<T>(items: &mut Vec<T>, key: impl Fn(&T) -> &str + Copy, less: fn(&str, &str) -> bool) {
    if items.len() < 2 {
        return;
    }
    if let [first, second] = items.as_slice() {
        if less(key(second), key(first)) {
            items.swap(0, 1);
        }
        return;
    }
    let mut right = items.split_off(items.len() / 2);
    sort(items, key, less);
    sort(&mut right, key, less);
    let left = std::mem::take(items);
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if less(key(b), key(a)) { right.next() } else { left.next() };
        items.extend(next);
    }
    items.extend(left);
    items.extend(right);
}

/// Whether one key is written before another.
pub(super) fn less(left: &str, right: &str) -> bool {
    precedes(left, right, false)
}

/// The same for `toYamlPretty`: after a digit, a letter comes before what is none.
pub(super) fn less_pretty(left: &str, right: &str) -> bool {
    precedes(left, right, true)
}

fn precedes(left: &str, right: &str, pretty: bool) -> bool {
    let Some(at) = left.chars().zip(right.chars()).position(|(l, r)| l != r) else {
        return left.len() < right.len();
    };
    if let (Some(l), Some(r)) = (left.chars().nth(at), right.chars().nth(at))
        && l.is_ascii_alphabetic()
        && r.is_ascii_alphabetic()
    {
        return l < r;
    }
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let (l, r) = (left[at], right[at]); // `position` found both
    match (is_letter(l), is_letter(r)) {
        (true, true) => return l < r,
        (true, false) | (false, true) => {
            let after_digit = pretty && at.checked_sub(1).is_some_and(|before| is_digit(left[before]));
            return if after_digit { is_letter(l) } else { is_letter(r) };
        }
        (false, false) => {}
    }
    // Within a number, a zero more or less counts; in front of one it does not.
    let before = left[..at].iter().rev().take_while(|c| is_digit(**c));
    let inside = (l == '0' || r == '0') && before.into_iter().any(|c| *c != '0');
    let start = i64::from(inside);
    let (number_l, width_l) = number(&left[at..], start);
    let (number_r, width_r) = number(&right[at..], start);
    if number_l != number_r {
        number_l < number_r
    } else if width_l != width_r {
        width_l < width_r
    } else {
        l < r
    }
}

/// The number at the start of the text, with 64 bits that wrap as Go's do, and how many digits it has.
fn number(text: &[char], start: i64) -> (i64, usize) {
    let digits = text.iter().take_while(|c| is_digit(**c));
    digits.fold((start, 0), |(value, count), c| {
        let digit = i64::from(u32::from(*c)) - i64::from(u32::from('0'));
        (value.wrapping_mul(10).wrapping_add(digit), count + 1)
    })
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || (!c.is_ascii() && in_category(&LETTER, c))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && in_category(&DIGIT, c))
}

// Rust's own classes are wider than Go's categories L and Nd.
static LETTER: LazyLock<Regex> = LazyLock::new(|| category(r"^\p{L}"));
static DIGIT: LazyLock<Regex> = LazyLock::new(|| category(r"^\p{Nd}"));

fn category(pattern: &str) -> Regex {
    #[expect(clippy::unwrap_used, reason = "two constant patterns, compiled by the tests")]
    Regex::new(pattern).unwrap()
}

fn in_category(category: &Regex, c: char) -> bool {
    category.is_match(c.encode_utf8(&mut [0; 4]))
}
