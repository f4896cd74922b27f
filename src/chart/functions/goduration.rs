//! Go's durations: `1h15m30.918s`.

use super::godateread::quote as go_quote;

/// `time.ParseDuration`: nanoseconds, or Go's error.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", go_quote(text));
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or("")),
        Some(b'+') => (false, text.get(1..).unwrap_or("")),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let length = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(length);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        // A whole number is read before its unit is looked for, and a second point begins a number without one.
        let parsed = if whole.is_empty() { Some(0) } else { whole.parse::<i128>().ok() };
        let Some(whole) = parsed.filter(|whole| *whole <= 1 << 63) else {
            return Err(invalid());
        };
        if fraction.contains('.') {
            return Err(format!("time: missing unit in duration {}", go_quote(text)));
        }
        let length = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(length);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", go_quote(text)));
        }
        let scale: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            unknown => {
                return Err(format!("time: unknown unit {} in duration {}", go_quote(unknown), go_quote(text)));
            }
        };
        total += whole.checked_mul(scale).ok_or_else(invalid)?;
        let digits = fraction.get(..fraction.len().min(18)).unwrap_or("");
        if !digits.is_empty() {
            let power = 10_i128.pow(u32::try_from(digits.len()).unwrap_or(18));
            total += digits.parse::<i128>().map_err(|_| invalid())? * scale / power;
        }
        if total > i128::from(i64::MAX) + i128::from(negative) {
            return Err(invalid());
        }
        rest = after;
    }
    i64::try_from(if negative { -total } else { total }).map_err(|_| invalid())
}

/// How Go prints a duration of so many nanoseconds.
pub(super) fn text(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let size = nanoseconds.unsigned_abs();
    let decimals = |whole: u64, rest: u64, digits: usize| {
        let fraction = format!("{rest:0digits$}");
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") }
    };
    if size == 0 {
        return "0s".to_owned();
    }
    if size < 1_000 {
        return format!("{sign}{size}ns");
    }
    if size < 1_000_000 {
        return format!("{sign}{}µs", decimals(size / 1_000, size % 1_000, 3));
    }
    if size < 1_000_000_000 {
        return format!("{sign}{}ms", decimals(size / 1_000_000, size % 1_000_000, 6));
    }
    let seconds = size / 1_000_000_000;
    let rest = decimals(seconds % 60, size % 1_000_000_000, 9);
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{sign}{rest}s"),
        (0, minutes) => format!("{sign}{minutes}m{rest}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{rest}s"),
    }
}

/// To the nearest multiple, and halves away from zero; at most as much as a duration holds.
pub(super) fn round(duration: i64, multiple: i64) -> i64 {
    if multiple <= 0 {
        return duration;
    }
    let (duration, multiple) = (i128::from(duration), i128::from(multiple));
    let rest = (duration % multiple).abs();
    let down = duration.abs() - rest;
    let size = if rest * 2 < multiple { down } else { down + multiple };
    let rounded = if duration < 0 { -size } else { size };
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}
