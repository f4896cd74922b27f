//! Spans and instants as people say them: `2 d 4 h`, `in 3 h`, `5 min ago`.

use jiff::{SignedDuration, Timestamp};

const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

/// A span by its two largest units, rounded down: `2 d 4 h`, `45 min`, `0 s`. The sign is left out.
pub fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().unsigned_abs();
    let first = UNITS.iter().position(|(_, unit)| seconds >= *unit).unwrap_or(UNITS.len() - 1);
    let mut left = seconds;
    let mut parts = Vec::new();
    for (name, unit) in UNITS.iter().skip(first).take(2) {
        let count = left / unit;
        left %= unit;
        if count > 0 {
            parts.push(format!("{count} {name}"));
        }
    }
    if parts.is_empty() {
        return "0 s".to_owned();
    }
    parts.join(" ")
}

/// The same without spaces, for columns: `2d4h`, `45m`, `0s`.
pub fn short(length: SignedDuration) -> String {
    span(length).replace("min", "m").replace(' ', "")
}

/// An instant as seen from `now`: `in 2 d 4 h`, `3 h ago`, `now`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let away = at.duration_since(now);
    match away.as_secs() {
        0 => "now".to_owned(),
        1.. => format!("in {}", span(away)),
        _ => format!("{} ago", span(away)),
    }
}
