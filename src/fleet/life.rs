//! How long a sandbox lives: spans as a file writes them, the expiry, the pin, the warning.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::diagnostic::Invalid;

/// A time to live. A day has 24 hours, a week 7 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// No expiry: `"never"` or 0.
    Never,
    /// This long after the sandbox's time started; more than nothing.
    For(SignedDuration),
}

const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
const SPAN_HINT: &str = "write a span such as \"90m\", \"24h\", \"7d\" or \"2w\"";
const TTL_HINT: &str = "write a span such as \"90m\", \"24h\", \"7d\" or \"2w\", or \"never\"";

/// Reads a span: numbers with their units (`w d h m s`), the larger first, as in `1d12h`. Zero is a span too.
pub fn parse_span(text: &str) -> Result<SignedDuration, Invalid> {
    let unreadable = || Invalid::new(format!("`{text}` is no span of time")).hint(SPAN_HINT);
    let mut seconds: u64 = 0;
    let mut rest = text;
    let mut last = u64::MAX;
    if rest.is_empty() {
        return Err(unreadable());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(unreadable)?;
        let (number, tail) = rest.split_at(digits);
        let mut tail = tail.chars();
        let letter = tail.next();
        let unit = UNITS
            .iter()
            .find(|(name, _)| Some(*name) == letter)
            .map(|(_, unit)| *unit)
            .filter(|unit| *unit < last && !number.is_empty())
            .ok_or_else(unreadable)?;
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        seconds = part
            .and_then(|part| seconds.checked_add(part))
            .filter(|seconds| i64::try_from(*seconds).is_ok())
            .ok_or_else(|| Invalid::new(format!("`{text}` is longer than any clock runs")).hint(TTL_HINT))?;
        last = unit;
        rest = tail.as_str();
    }
    Ok(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)))
}

/// A span as [`parse_span`] reads it: `7d`, `1d12h`; seconds at the least.
pub fn write_span(span: SignedDuration) -> String {
    let mut left = span.as_secs().unsigned_abs();
    if left == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    // Weeks are read but not written: `14d` is how people think of them.
    for (letter, unit) in UNITS.iter().skip(1) {
        if left >= *unit {
            out.push_str(&(left / unit).to_string());
            out.push(*letter);
            left %= unit;
        }
    }
    out
}

impl FromStr for Ttl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Ttl, Invalid> {
        if matches!(text, "never" | "0") {
            return Ok(Ttl::Never);
        }
        let span = parse_span(text).map_err(|why| why.hint(TTL_HINT))?;
        if span.is_zero() {
            return Err(Invalid::new(format!("`{text}` is no time to live")).hint("for no expiry write \"never\" or 0"));
        }
        Ok(Ttl::For(span))
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ttl::Never => f.write_str("never"),
            Ttl::For(span) => f.write_str(&write_span(*span)),
        }
    }
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Ttl {
    fn schema_name() -> Cow<'static, str> {
        "Ttl".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A span such as \"90m\", \"24h\", \"7d\" or \"2w\"; \"never\" or 0 for no expiry. A day has 24 hours.",
            "anyOf": [
                {"type": "string", "pattern": "^(never|0|([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?)$", "minLength": 1},
                {"const": 0},
            ],
        })
    }
}

/// A sandbox's life as its file and its fleet have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Life {
    /// It does not expire.
    Never,
    /// It expires this long after its time started.
    For(#[serde(serialize_with = "span_as_text")] SignedDuration),
    /// It expires at this instant, whenever its time started.
    Until(Timestamp),
}

fn span_as_text<S: Serializer>(span: &SignedDuration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&write_span(*span))
}

impl From<Ttl> for Life {
    fn from(ttl: Ttl) -> Life {
        match ttl {
            Ttl::Never => Life::Never,
            Ttl::For(span) => Life::For(span),
        }
    }
}

impl Life {
    /// The expiry of a life that started at `start`. A life longer than the calendar ends with the calendar.
    pub fn expiry(&self, start: Timestamp) -> Option<Timestamp> {
        match self {
            Life::Never => None,
            Life::For(span) => Some(later(start, *span)),
            Life::Until(until) => Some(*until),
        }
    }
}

fn later(start: Timestamp, span: SignedDuration) -> Timestamp {
    start.checked_add(span).unwrap_or(Timestamp::MAX)
}

/// What a pin does at some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PinState {
    /// There is none.
    None,
    /// Its time has passed: it counts for nothing.
    Expired,
    /// It ends before the sandbox does by itself, or the sandbox does not expire: it changes nothing.
    Idle,
    /// It keeps the sandbox past its natural expiry.
    Keeps,
    /// It reaches further past the natural expiry than the fleet allows; `latest` is the furthest.
    TooLong {
        /// The last instant that the fleet allows.
        latest: Timestamp,
    },
}

impl PinState {
    /// Whether it is one of the `max_pins` that a fleet allows.
    pub fn counts(self) -> bool {
        matches!(self, PinState::Keeps | PinState::TooLong { .. })
    }
}

/// What decides about the life of one sandbox.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Its life.
    pub life: Life,
    /// The end of its pin, where it has one.
    pub pinned_until: Option<Timestamp>,
    /// How far past the natural expiry a pin may reach.
    pub max_pin: SignedDuration,
}

impl Terms {
    /// The start before which the sandbox is over at `now`, pin and all, whatever its exact start; `None` where no
    /// start tells that.
    pub fn oldest_start(&self, now: Timestamp) -> Option<Timestamp> {
        let Life::For(span) = self.life else { return None };
        let pinned = self.pinned_until.is_some_and(|until| until >= now);
        let oldest = now.checked_sub(span).ok();
        let oldest = if pinned { oldest.and_then(|oldest| oldest.checked_sub(self.max_pin).ok()) } else { oldest };
        Some(oldest.unwrap_or(Timestamp::MIN))
    }
}

/// The life of one sandbox as seen at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lifetime {
    /// When its time started.
    pub start: Timestamp,
    /// The expiry without a pin.
    pub natural: Option<Timestamp>,
    /// What its pin does.
    pub pin: PinState,
    /// The expiry that counts: after this instant the sandbox is garbage.
    pub expiry: Option<Timestamp>,
}

impl Lifetime {
    /// Works it out. A pin that is too long counts only up to what is allowed.
    pub fn at(now: Timestamp, start: Timestamp, terms: &Terms) -> Lifetime {
        let natural = terms.life.expiry(start);
        let (pin, expiry) = match (natural, terms.pinned_until) {
            (natural, None) => (PinState::None, natural),
            (natural, Some(until)) if until < now => (PinState::Expired, natural),
            (None, Some(_)) => (PinState::Idle, None),
            (Some(natural), Some(until)) if until <= natural => (PinState::Idle, Some(natural)),
            (Some(natural), Some(until)) => {
                let latest = later(natural, terms.max_pin);
                if until > latest {
                    (PinState::TooLong { latest }, Some(latest))
                } else {
                    (PinState::Keeps, Some(until))
                }
            }
        };
        Lifetime { start, natural, pin, expiry }
    }

    /// Whether it is over: `now` is after the expiry.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expiry.is_some_and(|expiry| now > expiry)
    }

    /// Whether it is nearly over: the last day, and for lives of a day or less the last quarter.
    pub fn warns(&self, now: Timestamp) -> bool {
        const DAY: SignedDuration = SignedDuration::from_hours(24);
        let Some(expiry) = self.expiry else {
            return false;
        };
        let whole = expiry.duration_since(self.start);
        let window = if whole > DAY { DAY } else { whole / 4 };
        now <= expiry && expiry.duration_since(now) <= window
    }
}
