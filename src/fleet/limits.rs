//! How much of a fleet there may be, and how much of it one run may remove.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::diagnostic::Invalid;
use super::life::{parse_span, write_span};

/// The ceiling on removals: a count, or a share of the live sandboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxRemovals {
    /// This many.
    Count(u32),
    /// This many of a hundred live sandboxes.
    Percent(u8),
    /// Nothing is written: the larger of 3 and 30 %.
    Default,
}

impl MaxRemovals {
    /// How many of `live` sandboxes one plan may remove. A share is rounded down, but what is not 0 % allows one.
    pub fn of(self, live: usize) -> usize {
        let share = |percent: u8| live.saturating_mul(usize::from(percent)) / 100;
        match self {
            MaxRemovals::Count(count) => usize::try_from(count).unwrap_or(usize::MAX),
            MaxRemovals::Percent(0) => 0,
            MaxRemovals::Percent(percent) => share(percent).max(1),
            MaxRemovals::Default => share(30).max(3),
        }
    }
}

impl FromStr for MaxRemovals {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<MaxRemovals, Invalid> {
        text.strip_suffix('%')
            .map(str::trim)
            .filter(|number| number.chars().all(|c| c.is_ascii_digit()))
            .and_then(|number| number.parse().ok())
            .filter(|percent| *percent <= 100)
            .map(MaxRemovals::Percent)
            .ok_or_else(|| {
                Invalid::new(format!("`{text}` is neither a count nor a share"))
                    .hint("write a count such as 5, or a share from \"0%\" to \"100%\"")
            })
    }
}

impl fmt::Display for MaxRemovals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MaxRemovals::Count(count) => write!(f, "{count}"),
            MaxRemovals::Percent(percent) => write!(f, "{percent}%"),
            MaxRemovals::Default => f.write_str("the larger of 3 and 30%"),
        }
    }
}

impl Serialize for MaxRemovals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            MaxRemovals::Count(count) => serializer.serialize_u32(*count),
            other => serializer.collect_str(other),
        }
    }
}

impl JsonSchema for MaxRemovals {
    fn schema_name() -> Cow<'static, str> {
        "MaxRemovals".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": "^(100|[1-9]?[0-9])%$"},
            ],
        })
    }
}

/// A span of time as a file writes it; a day has 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub SignedDuration);

impl FromStr for Span {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Span, Invalid> {
        parse_span(text).map(Span)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write_span(self.0))
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
            "minLength": 1,
        })
    }
}

/// `[limits]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Limits {
    /// How many sandboxes may live at once; among new ones the older file comes first.
    #[schemars(default = "default_sandboxes")]
    pub max_sandboxes: u32,
    /// How many of them one owner may have.
    pub max_per_owner: Option<u32>,
    /// How many pins may count at once.
    #[schemars(default = "default_pins")]
    pub max_pins: u32,
    /// How far past its natural expiry a pin may keep a sandbox.
    #[schemars(default = "default_pin")]
    pub max_pin: Span,
    /// How many sandboxes one run may remove: a count, or a share such as "30%". By default the larger of 3 and 30 % of
    /// those alive.
    #[schemars(with = "Option<MaxRemovals>")]
    pub max_removals: MaxRemovals,
}

fn default_sandboxes() -> u32 {
    5
}

fn default_pins() -> u32 {
    3
}

fn default_pin() -> Span {
    Span(SignedDuration::from_hours(48))
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_sandboxes: default_sandboxes(),
            max_per_owner: None,
            max_pins: default_pins(),
            max_pin: default_pin(),
            max_removals: MaxRemovals::Default,
        }
    }
}
