//! Go's layouts: dates written as the reference time would be, `Mon Jan 2 15:04:05 MST 2006`.

use crate::chart::template::{Civil, Time};
use std::fmt::Write as _;

/// A piece of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    LongMonth,
    ShortMonth,
    Month,
    ZeroMonth,
    LongWeekday,
    ShortWeekday,
    Day,
    SpaceDay,
    ZeroDay,
    YearDay,
    /// The same with spaces in the place of zeros.
    SpaceYearDay,
    Hour24,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    ShortYear,
    Noon {
        upper: bool,
    },
    Zone,
    Offset {
        utc_is_z: bool,
        colon: bool,
        seconds: bool,
        minutes: bool,
    },
    Fraction {
        digits: usize,
        zeros: bool,
        comma: bool,
    },
}

/// What a layout may hold, the longer of equal beginnings first.
const PIECES: &[(&str, Piece<'static>)] = &[
    ("January", Piece::LongMonth),
    ("Jan", Piece::ShortMonth),
    ("Monday", Piece::LongWeekday),
    ("Mon", Piece::ShortWeekday),
    ("MST", Piece::Zone),
    ("002", Piece::YearDay),
    ("01", Piece::ZeroMonth),
    ("02", Piece::ZeroDay),
    ("03", Piece::ZeroHour12),
    ("04", Piece::ZeroMinute),
    ("05", Piece::ZeroSecond),
    ("06", Piece::ShortYear),
    ("15", Piece::Hour24),
    ("1", Piece::Month),
    ("2006", Piece::LongYear),
    ("2", Piece::Day),
    ("_2006", Piece::Text("_")),
    ("__2", Piece::SpaceYearDay),
    ("_2", Piece::SpaceDay),
    ("3", Piece::Hour12),
    ("4", Piece::Minute),
    ("5", Piece::Second),
    ("PM", Piece::Noon { upper: true }),
    ("pm", Piece::Noon { upper: false }),
    ("-07:00:00", Piece::Offset { utc_is_z: false, colon: true, seconds: true, minutes: true }),
    ("-070000", Piece::Offset { utc_is_z: false, colon: false, seconds: true, minutes: true }),
    ("-07:00", Piece::Offset { utc_is_z: false, colon: true, seconds: false, minutes: true }),
    ("-0700", Piece::Offset { utc_is_z: false, colon: false, seconds: false, minutes: true }),
    ("-07", Piece::Offset { utc_is_z: false, colon: false, seconds: false, minutes: false }),
    ("Z07:00:00", Piece::Offset { utc_is_z: true, colon: true, seconds: true, minutes: true }),
    ("Z070000", Piece::Offset { utc_is_z: true, colon: false, seconds: true, minutes: true }),
    ("Z07:00", Piece::Offset { utc_is_z: true, colon: true, seconds: false, minutes: true }),
    ("Z0700", Piece::Offset { utc_is_z: true, colon: false, seconds: false, minutes: true }),
    ("Z07", Piece::Offset { utc_is_z: true, colon: false, seconds: false, minutes: false }),
];

/// The next piece of a layout and what follows it.
pub(super) fn next_piece(layout: &str) -> Option<(Piece<'_>, &str)> {
    let first = layout.chars().next()?;
    if matches!(first, '.' | ',')
        && let Some(digit @ ('0' | '9')) = layout.chars().nth(1)
    {
        let run = layout.get(1..)?.bytes().take_while(|b| char::from(*b) == digit).count();
        let after = layout.get(1 + run..)?;
        if !after.starts_with(|c: char| c.is_ascii_digit()) {
            let zeros = digit == '0';
            return Some((Piece::Fraction { digits: run, zeros, comma: first == ',' }, after));
        }
    }
    for (text, piece) in PIECES {
        let Some(rest) = layout.strip_prefix(text) else { continue };
        // `Jan` in `Janet` is no month.
        let is_word = matches!(piece, Piece::ShortMonth | Piece::ShortWeekday);
        if is_word && rest.starts_with(|c: char| c.is_ascii_lowercase()) {
            continue;
        }
        if *text == "_2006" {
            return Some((Piece::Text("_"), layout.get(1..)?));
        }
        return Some((*piece, rest));
    }
    let (text, rest) = layout.split_at(first.len_utf8());
    Some((Piece::Text(text), rest))
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Formats a time by a layout.
pub(super) fn format(layout: &str, time: &Time) -> String {
    let time = time.civil();
    let mut out = String::with_capacity(layout.len() + 10);
    let mut rest = layout;
    while let Some((piece, after)) = next_piece(rest) {
        // Writing to a String cannot fail.
        let _ = write_piece(&mut out, piece, &time);
        rest = after;
    }
    out
}

fn write_piece(out: &mut String, piece: Piece<'_>, time: &Civil) -> std::fmt::Result {
    let month = MONTHS.get(time.month.saturating_sub(1)).copied().unwrap_or("");
    let weekday = DAYS.get(time.weekday).copied().unwrap_or("");
    let hour12 = match time.hour % 12 {
        0 => 12,
        hour => hour,
    };
    match piece {
        Piece::Text(text) => out.write_str(text),
        Piece::LongMonth => out.write_str(month),
        Piece::ShortMonth => out.write_str(month.get(..3).unwrap_or(month)),
        Piece::Month => write!(out, "{}", time.month),
        Piece::ZeroMonth => write!(out, "{:02}", time.month),
        Piece::LongWeekday => out.write_str(weekday),
        Piece::ShortWeekday => out.write_str(weekday.get(..3).unwrap_or(weekday)),
        Piece::Day => write!(out, "{}", time.day),
        Piece::SpaceDay => write!(out, "{:2}", time.day),
        Piece::ZeroDay => write!(out, "{:02}", time.day),
        Piece::YearDay => write!(out, "{:03}", time.year_day),
        Piece::SpaceYearDay => write!(out, "{:3}", time.year_day),
        Piece::Hour24 => write!(out, "{:02}", time.hour),
        Piece::Hour12 => write!(out, "{hour12}"),
        Piece::ZeroHour12 => write!(out, "{hour12:02}"),
        Piece::Minute => write!(out, "{}", time.minute),
        Piece::ZeroMinute => write!(out, "{:02}", time.minute),
        Piece::Second => write!(out, "{}", time.second),
        Piece::ZeroSecond => write!(out, "{:02}", time.second),
        Piece::LongYear => {
            let sign = if time.year < 0 { "-" } else { "" };
            write!(out, "{sign}{:04}", time.year.unsigned_abs())
        }
        Piece::ShortYear => write!(out, "{:02}", time.year.unsigned_abs() % 100),
        Piece::Noon { upper } => out.write_str(match (time.hour >= 12, upper) {
            (true, true) => "PM",
            (false, true) => "AM",
            (true, false) => "pm",
            (false, false) => "am",
        }),
        Piece::Zone if time.zone.is_empty() => write_offset(out, time.offset, (false, false, true)),
        Piece::Zone => out.write_str(&time.zone),
        Piece::Offset { utc_is_z: true, .. } if time.offset == 0 => out.write_char('Z'),
        Piece::Offset { colon, seconds, minutes, .. } => write_offset(out, time.offset, (colon, seconds, minutes)),
        Piece::Fraction { digits, zeros, comma } => {
            let mark = if comma { ',' } else { '.' };
            let digits = digits.min(9);
            let nanoseconds = format!("{:09}", time.nanos);
            let shown = nanoseconds.get(..digits).unwrap_or("");
            let shown = if zeros { shown } else { shown.trim_end_matches('0') };
            if shown.is_empty() { Ok(()) } else { write!(out, "{mark}{shown}") }
        }
    }
}

fn write_offset(
    out: &mut String,
    seconds: i32,
    (colon, with_seconds, with_minutes): (bool, bool, bool),
) -> std::fmt::Result {
    // Less than a minute has no sign of its own.
    let sign = if seconds / 60 < 0 { '-' } else { '+' };
    let size = seconds.unsigned_abs();
    let colon = if colon { ":" } else { "" };
    write!(out, "{sign}{:02}", size / 3600)?;
    if with_minutes {
        write!(out, "{colon}{:02}", size / 60 % 60)?;
    }
    if with_seconds {
        write!(out, "{colon}{:02}", size % 60)?;
    }
    Ok(())
}
