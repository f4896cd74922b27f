//! Reads dates by Go's layouts.

use super::godate::{DAYS, MONTHS, Piece, next_piece};
use crate::chart::template::{DateParts, Time, Zone, is_date};

/// What is read while a text is parsed.
struct Parsed {
    year: i16,
    month: i8,
    day: i8,
    /// Whether the text has said them.
    has_month: bool,
    has_day: bool,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    afternoon: Option<bool>,
    year_day: Option<i16>,
    offset: Option<i32>,
    zone: Option<String>,
    /// Whether a `Z` or `UTC` was read, which counts before any other zone.
    utc: bool,
    /// What of an offset is out of range.
    offset_range: Option<&'static str>,
}

/// Reads a text by a layout, in the zone of the machine where it names none. The error is Go's.
pub(super) fn parse(layout: &str, text: &str) -> Result<Time, String> {
    let mut parsed = Parsed {
        year: 0,
        month: 1,
        day: 1,
        has_month: false,
        has_day: false,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        afternoon: None,
        year_day: None,
        offset: None,
        zone: None,
        utc: false,
        offset_range: None,
    };
    let mut rest = text;
    let mut pattern = layout;
    loop {
        let (prefix, piece, after) = next_field(pattern);
        rest = skip(rest, prefix).map_err(|left| cannot(layout, text, (left, prefix)))?;
        let Some(piece) = piece else { break };
        let shown = pattern.get(prefix.len()..pattern.len() - after.len()).unwrap_or_default();
        let names_fraction = matches!(next_field(after).1, Some(Piece::Fraction { .. }));
        let held = rest;
        let read = parsed.read(piece, rest, names_fraction);
        parsed.note(piece);
        let range = parsed.out_of_range(piece).filter(|_| read.is_some());
        if let Some(what) = parsed.offset_range.take().or(range) {
            return Err(format!("parsing time {}: {what} out of range", quote(text)));
        }
        rest = read.ok_or_else(|| cannot(layout, text, (held, shown)))?;
        pattern = after;
    }
    if !rest.is_empty() {
        return Err(format!("parsing time {}: extra text: {}", quote(text), quote(rest)));
    }
    parsed.time().map_err(|what| {
        let range = if what.starts_with("day-of-year") { "" } else { " out of range" };
        format!("parsing time {}: {what}{range}", quote(text))
    })
}

/// The literal text that a layout begins with, the piece after it, and the rest.
fn next_field(layout: &str) -> (&str, Option<Piece<'_>>, &str) {
    let mut rest = layout;
    while let Some((piece, after)) = next_piece(rest) {
        if !matches!(piece, Piece::Text(_)) {
            return (layout.get(..layout.len() - rest.len()).unwrap_or_default(), Some(piece), after);
        }
        rest = after;
    }
    (layout, None, "")
}

/// Takes literal text off; a space stands for any number of them. What is left where it does not fit.
fn skip<'a>(mut text: &'a str, prefix: &str) -> Result<&'a str, &'a str> {
    let mut wanted = prefix;
    while let Some(c) = wanted.chars().next() {
        if c == ' ' {
            if !text.is_empty() && !text.starts_with(' ') {
                return Err(text);
            }
            wanted = wanted.trim_start_matches(' ');
            text = text.trim_start_matches(' ');
            continue;
        }
        text = text.strip_prefix(c).ok_or(text)?;
        wanted = wanted.get(c.len_utf8()..).unwrap_or_default();
    }
    Ok(text)
}

fn cannot(layout: &str, text: &str, (rest, wanted): (&str, &str)) -> String {
    format!("parsing time {} as {}: cannot parse {} as {}", quote(text), quote(layout), quote(rest), quote(wanted))
}

/// The quotes of Go's time package, which writes all that is not ASCII as bytes.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=0x7f => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

impl Parsed {
    /// Notes what was said.
    fn note(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Month | Piece::ZeroMonth | Piece::LongMonth | Piece::ShortMonth => self.has_month = true,
            Piece::Day | Piece::ZeroDay | Piece::SpaceDay => self.has_day = true,
            _ => {}
        }
    }

    /// What is out of range right after a piece was read.
    fn out_of_range(&self, piece: Piece<'_>) -> Option<&'static str> {
        match piece {
            Piece::Month | Piece::ZeroMonth if !(1..=12).contains(&self.month) => Some("month"),
            Piece::Hour24 if self.hour >= 24 => Some("hour"),
            Piece::Hour12 | Piece::ZeroHour12 if self.hour > 12 => Some("hour"),
            Piece::Minute | Piece::ZeroMinute if self.minute >= 60 => Some("minute"),
            Piece::Second | Piece::ZeroSecond if self.second >= 60 => Some("second"),
            _ => None,
        }
    }

    fn read<'a>(&mut self, piece: Piece<'_>, text: &'a str, names_fraction: bool) -> Option<&'a str> {
        match piece {
            Piece::LongYear => self.year = take(text, 4, 4, &mut 0)?,
            Piece::ShortYear => {
                // Go takes a sign for a digit here.
                let (year, rest) = text.split_at_checked(2)?;
                let year: i16 = year.parse().ok()?;
                self.year = if year >= 69 { 1900 + year } else { 2000 + year };
                return Some(rest);
            }
            Piece::Month => self.month = take(text, 1, 2, &mut 0)?,
            Piece::ZeroMonth => self.month = take(text, 2, 2, &mut 0)?,
            Piece::Day => self.day = take(text, 1, 2, &mut 0)?,
            Piece::SpaceDay => {
                let text = text.strip_prefix(' ').unwrap_or(text);
                let mut used = 0;
                self.day = take(text, 1, 2, &mut used)?;
                return text.get(used..);
            }
            Piece::ZeroDay => self.day = take(text, 2, 2, &mut 0)?,
            Piece::YearDay => self.year_day = Some(take(text, 3, 3, &mut 0)?),
            Piece::SpaceYearDay => {
                let text = text.strip_prefix(' ').unwrap_or(text);
                let text = text.strip_prefix(' ').unwrap_or(text);
                let mut used = 0;
                self.year_day = Some(take(text, 1, 3, &mut used)?);
                return text.get(used..);
            }
            Piece::Hour12 => self.hour = take(text, 1, 2, &mut 0)?,
            Piece::Hour24 => self.hour = take(text, 1, 2, &mut 0)?,
            Piece::ZeroHour12 => self.hour = take(text, 2, 2, &mut 0)?,
            Piece::Minute => self.minute = take(text, 1, 2, &mut 0)?,
            Piece::ZeroMinute => self.minute = take(text, 2, 2, &mut 0)?,
            Piece::Second | Piece::ZeroSecond => {
                let least = if piece == Piece::ZeroSecond { 2 } else { 1 };
                let mut used = 0;
                self.second = take(text, least, 2, &mut used)?;
                // A fraction may follow that the layout does not name.
                let after = text.get(used..)?;
                if names_fraction {
                    return Some(after);
                }
                return match after.strip_prefix(['.', ',']) {
                    Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => self.fraction(after, None),
                    _ => Some(after),
                };
            }
            Piece::Fraction { digits, zeros, .. } => {
                return self.fraction(text, zeros.then_some(digits)).or_else(|| (!zeros).then_some(text));
            }
            Piece::LongMonth | Piece::ShortMonth => {
                return name(text, &MONTHS, piece == Piece::ShortMonth).map(|(i, rest)| {
                    self.month = i8::try_from(i + 1).unwrap_or(1);
                    rest
                });
            }
            Piece::LongWeekday | Piece::ShortWeekday => {
                return name(text, &DAYS, piece == Piece::ShortWeekday).map(|(_, rest)| rest);
            }
            Piece::Noon { upper } => {
                let word = text.get(..2)?;
                let (am, pm) = if upper { ("AM", "PM") } else { ("am", "pm") };
                let is_afternoon = match word {
                    w if w == pm => true,
                    w if w == am => false,
                    _ => return None,
                };
                // Said twice, the afternoon counts.
                self.afternoon = Some(is_afternoon || self.afternoon == Some(true));
                return text.get(2..);
            }
            Piece::Zone => {
                if let Some(rest) = text.strip_prefix("UTC") {
                    self.utc = true;
                    return Some(rest);
                }
                let (name, rest) = text.split_at(zone_length(text)?);
                self.zone = Some(name.to_owned());
                return Some(rest);
            }
            Piece::Offset { utc_is_z: true, .. } if text.starts_with('Z') => {
                self.utc = true;
                return text.get(1..);
            }
            Piece::Offset { colon, seconds, minutes, .. } => {
                return self.offset(text, (colon, seconds, minutes));
            }
            Piece::Text(_) => return None,
        }
        // The number's own length, which `take` has bounded.
        let length = text.bytes().take_while(u8::is_ascii_digit).count();
        text.get(length.min(width(piece))..)
    }

    fn fraction<'a>(&mut self, text: &'a str, exactly: Option<usize>) -> Option<&'a str> {
        let digits = text.strip_prefix(['.', ','])?;
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        let length = match exactly {
            Some(wanted) if length < wanted => return None,
            Some(wanted) => wanted,
            None => length,
        };
        if length == 0 {
            return None;
        }
        let shown = digits.get(..length.min(9))?;
        self.nanosecond = format!("{shown:0<9}").parse().ok()?;
        digits.get(length..)
    }

    /// A sign, hours, minutes and seconds; the sign is judged last.
    fn offset<'a>(&mut self, text: &'a str, (colon, seconds, minutes): (bool, bool, bool)) -> Option<&'a str> {
        let (sign, mut rest) = text.split_at_checked(1)?;
        // Colons and the length come before all numbers.
        let places: &[usize] = match (colon, seconds) {
            (true, true) => &[3, 6],
            (true, false) => &[3],
            (false, _) => &[],
        };
        let length = 3 + if minutes { 2 } else { 0 } + if seconds { 2 } else { 0 } + places.len();
        let signs = text.as_bytes();
        if signs.len() < length || places.iter().any(|place| signs.get(*place) != Some(&b':')) {
            return None;
        }
        let mut total = 0;
        let units = [
            (3600, 24, "time zone offset hour"),
            (60, 60, "time zone offset minute"),
            (1, 60, "time zone offset second"),
        ];
        for (i, (unit, most, name)) in units.into_iter().enumerate() {
            if (i == 1 && !minutes) || (i == 2 && !seconds) {
                break;
            }
            if i > 0 && colon {
                rest = rest.strip_prefix(':')?;
            }
            let number: i32 = take(rest, 2, 2, &mut 0)?;
            if number > most {
                self.offset_range = Some(name);
            }
            total += number * unit;
            rest = rest.get(2..)?;
        }
        self.offset = match sign {
            "+" => Some(total),
            "-" => Some(-total),
            _ => return None,
        };
        Some(rest)
    }

    fn by_day_of_year(&self, day: i64) -> Result<(i64, i64), &'static str> {
        let first = DateParts { year: self.year.into(), month: 1, day, seconds: 0, nanos: 0 };
        let date = Time::of(&first, Zone::Utc).civil();
        if day < 1 || date.year != i64::from(self.year) {
            return Err("day-of-year out of range");
        }
        let month = i64::try_from(date.month).unwrap_or(1);
        if self.has_month && i64::from(self.month) != month {
            return Err("day-of-year does not match month");
        }
        if self.has_day && i64::from(self.day) != date.day {
            return Err("day-of-year does not match day");
        }
        Ok((month, date.day))
    }

    fn time(mut self) -> Result<Time, &'static str> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        let year = i64::from(self.year);
        let (month, day) = match self.year_day {
            Some(day) => self.by_day_of_year(day.into())?,
            None => (self.month.into(), self.day.into()),
        };
        if !is_date(year, month, day) {
            return Err("day");
        }
        let seconds = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        let nanos = u32::try_from(self.nanosecond).unwrap_or(0);
        let parts = DateParts { year, month, day, seconds, nanos };
        if self.utc {
            return Ok(Time::of(&parts, Zone::Utc));
        }
        let name = self.zone.as_deref().unwrap_or_default();
        Ok(match self.offset {
            // What Go takes for no offset.
            None | Some(-1) if name.is_empty() => Time::of(&parts, Zone::Local),
            // A zone that is only named has no offset that anyone could know: it moves what is shown, not the time.
            None | Some(-1) => {
                let hours = name.strip_prefix("GMT").and_then(|hours| hours.parse::<i32>().ok()).unwrap_or(0);
                Time::of(&parts, Zone::Utc).in_zone(Zone::fixed(name, hours * 3600))
            }
            Some(0) if name.is_empty() => Time::of(&parts, Zone::Local),
            Some(offset) => Time::of(&parts, Zone::fixed(name, offset)),
        })
    }
}

/// How long the name of a zone is that a text begins with.
fn zone_length(text: &str) -> Option<usize> {
    if text.starts_with("ChST") || text.starts_with("MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix("GMT") {
        return Some(3 + signed_hours(rest).unwrap_or(0));
    }
    if text.starts_with(['+', '-']) {
        return signed_hours(text).filter(|_| text.len() >= 3);
    }
    let upper = text.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
    let name = text.get(..upper).unwrap_or_default();
    let fits = match upper {
        3 => true,
        4 => name.ends_with('T') || name == "WITA",
        5 => name.ends_with('T'),
        _ => false,
    };
    fits.then_some(upper)
}

/// The length of a sign and of hours, of which there are less than 24.
fn signed_hours(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['+', '-'])?;
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let hours: u32 = digits.get(..length)?.parse().ok()?;
    (hours < 24).then_some(length + 1)
}

/// The most digits that a piece has.
fn width(piece: Piece<'_>) -> usize {
    match piece {
        Piece::LongYear => 4,
        Piece::YearDay => 3,
        _ => 2,
    }
}

/// A number of so many digits.
fn take<T: std::str::FromStr>(text: &str, least: usize, most: usize, used: &mut usize) -> Option<T> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count().min(most);
    if length < least {
        return None;
    }
    *used = length;
    text.get(..length)?.parse().ok()
}

/// A name, or its first three letters, in any case.
fn name<'a>(text: &'a str, names: &[&str], short: bool) -> Option<(usize, &'a str)> {
    names.iter().enumerate().find_map(|(i, name)| {
        let name = if short { name.get(..3)? } else { name };
        let head = text.get(..name.len())?;
        head.eq_ignore_ascii_case(name).then(|| Some((i, text.get(name.len()..)?))).flatten()
    })
}
