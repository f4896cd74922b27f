//! The dates that go-yaml knows: they stay strings, yet a string that looks like one is quoted.

/// Whether go-yaml takes the text for a timestamp: a date, or a date and a time of day.
pub(super) fn is_timestamp(text: &str) -> bool {
    date(text).is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix(['T', 't']).and_then(time).is_some_and(is_zone)
            || rest.strip_prefix(' ').map(|rest| rest.trim_start_matches(' ')).and_then(time).is_some_and(str::is_empty)
    })
}

/// `2006-1-2`: four digits of a year, one or two of month and day, and a day that the month has.
fn date(text: &str) -> Option<&str> {
    let (year, rest) = text.split_at_checked(4)?;
    if !year.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year: u32 = year.parse().ok()?;
    let (month, rest) = short(rest.strip_prefix('-')?)?;
    let (day, rest) = short(rest.strip_prefix('-')?)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=last).contains(&day).then_some(rest)
}

/// `15:4:5`, with or without a fraction of a second after a point or a comma.
fn time(text: &str) -> Option<&str> {
    let (hour, rest) = short(text)?;
    let (minute, rest) = short(rest.strip_prefix(':')?)?;
    let (second, rest) = short(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = rest.strip_prefix(['.', ',']).filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
    Some(fraction.map_or(rest, |digits| digits.trim_start_matches(|c: char| c.is_ascii_digit())))
}

/// `Z`, or an offset such as `+08:00`.
fn is_zone(text: &str) -> bool {
    if text == "Z" {
        return true;
    }
    let bytes = text.as_bytes();
    let [b'+' | b'-', h1, h2, b':', m1, m2] = *bytes else {
        return false;
    };
    let number = |a: u8, b: u8| (a.is_ascii_digit() && b.is_ascii_digit()).then(|| (a - b'0') * 10 + (b - b'0'));
    number(h1, h2).is_some_and(|h| h <= 24) && number(m1, m2).is_some_and(|m| m <= 60)
}

/// One or two digits, and what follows them.
fn short(text: &str) -> Option<(u32, &str)> {
    let count = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(count)?;
    Some((digits.parse().ok()?, rest))
}
