//! Amounts of CPU, memory and storage as Kubernetes writes them, read exactly.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::diagnostic::Invalid;

/// A Kubernetes quantity, from 0: `500m`, `16`, `1.5`, `64Gi`, `2e3`.
///
/// As the API server has them: counted in billionths, what is finer is rounded up, and more than 2^63 - 1 is that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u128);

const BILLION: u128 = 1_000_000_000;
/// The most that the API server counts to.
const MOST: u128 = (i64::MAX as u128) * BILLION;
/// Suffixes of powers of ten.
const DECIMAL: [(&str, i64); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
/// Suffixes of powers of 1024.
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Digits of a text longer than this are as good as none, or as too many.
const LONGEST: usize = 400;
const HINT: &str = "write a number, with or without a unit: \"500m\", \"16\", \"1.5\", \"64Gi\", \"2T\"";

impl Quantity {
    /// The sum; what is more than can be counted is the most.
    #[must_use]
    pub fn plus(self, other: Quantity) -> Quantity {
        Quantity(self.0.saturating_add(other.0).min(MOST))
    }

    /// As a number, for what does not need it exactly.
    pub fn approximately(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "it is for graphs")]
        let (whole, part) = ((self.0 / BILLION) as f64, (self.0 % BILLION) as f64);
        whole + part / 1e9
    }

    /// Short enough to be read: the amount itself, or where that is long, roughly.
    pub fn readable(self) -> String {
        const SHORT: usize = 9;
        let exact = self.to_string();
        if exact.len() <= SHORT {
            return exact;
        }
        let whole = self.0 / BILLION;
        let unit = BINARY.iter().zip([10, 20, 30, 40, 50, 60]).rev().find(|(_, power)| whole >= 1_u128 << power);
        let Some((suffix, power)) = unit else { return exact };
        // Hundredths of the unit, rounded.
        let size = BILLION << power;
        let hundredths = (self.0 * 100 + size / 2) / size;
        format!("about {}.{:02}{suffix}", hundredths / 100, hundredths % 100)
    }
}

impl FromStr for Quantity {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Quantity, Invalid> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let is_number = (whole.len() + fraction.len()) > 0 && !fraction.contains('.') && number.len() <= LONGEST;
        let unit = Unit::of(suffix).filter(|_| is_number).ok_or_else(|| unreadable(text))?;
        let quantity = unit.times(whole, fraction);
        if text.starts_with('-') && quantity.0 > 0 {
            return Err(Invalid::new(format!("`{text}` is less than nothing")).hint(HINT));
        }
        Ok(quantity)
    }
}

/// What a suffix multiplies with.
#[derive(Clone, Copy)]
enum Unit {
    Ten(i64),
    Two(u32),
}

impl Unit {
    fn of(suffix: &str) -> Option<Unit> {
        if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
            return Some(Unit::Ten(*power));
        }
        if let Some((_, power)) = BINARY.iter().zip(1..).find(|(name, _)| **name == suffix) {
            return Some(Unit::Two(10 * power));
        }
        let exponent = suffix.strip_prefix(['e', 'E'])?;
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        // A longer one is as good as the longest: nothing is left, or all there is.
        let power = digits.parse::<i64>().unwrap_or(i64::MAX).min(10_000);
        is_number.then_some(Unit::Ten(if exponent.starts_with('-') { -power } else { power }))
    }

    fn times(self, whole: &str, fraction: &str) -> Quantity {
        match self {
            Unit::Two(power) => product(whole.bytes(), fraction.bytes(), BILLION << power),
            Unit::Ten(power) => {
                // The point moves, and digits that are not there are noughts.
                let point = i64::try_from(whole.len()).unwrap_or(i64::MAX).saturating_add(power);
                let missing = usize::try_from(point.min(0).unsigned_abs()).unwrap_or_default();
                let mut digits = vec![b'0'; missing];
                digits.extend(whole.bytes().chain(fraction.bytes()));
                let point = usize::try_from(point).unwrap_or_default();
                digits.resize(digits.len().max(point), b'0');
                let (whole, fraction) = digits.split_at(point);
                product(whole.iter().copied(), fraction.iter().copied(), BILLION)
            }
        }
    }
}

/// The number of these digits before and behind the point, times a unit, rounded up.
fn product(whole: impl Iterator<Item = u8>, fraction: impl DoubleEndedIterator<Item = u8>, unit: u128) -> Quantity {
    let digit = |byte: u8| u128::from(byte - b'0');
    let whole = whole.fold(0_u128, |sum, byte| (sum * 10 + digit(byte)).min(MOST));
    // From behind, each digit a tenth of the one before it. Rounded up at every one, it is rounded up once.
    let part = fraction.rev().fold(0_u128, |rest, byte| (digit(byte) * unit + rest).div_ceil(10));
    Quantity(whole.checked_mul(unit).and_then(|whole| whole.checked_add(part)).map_or(MOST, |all| all.min(MOST)))
}

fn unreadable(text: &str) -> Invalid {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let wanted = unit.to_lowercase();
    let wanted = wanted.strip_suffix('b').unwrap_or(&wanted);
    let known = DECIMAL.iter().map(|(name, _)| *name).chain(BINARY).filter(|name| !name.is_empty());
    let near: Vec<String> = known
        .filter(|name| name.to_lowercase() == *wanted || name.to_lowercase() == format!("{wanted}i"))
        .map(|name| format!("`{}{name}`", number.trim()))
        .collect();
    let is_near = !near.is_empty() && number.trim().parse::<Quantity>().is_ok();
    let hint = if is_near { format!("did you mean {}?", near.join(" or ")) } else { HINT.to_owned() };
    Invalid::new(format!("`{text}` is no quantity")).hint(hint)
}

impl fmt::Display for Quantity {
    /// Exact, in the unit that makes it shortest; [`FromStr`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PLAIN: u128 = 10_000;
        let whole = self.0 / BILLION;
        if !self.0.is_multiple_of(BILLION) {
            return part(self.0, f);
        }
        if whole < PLAIN {
            return write!(f, "{whole}");
        }
        let decimal = DECIMAL.iter().filter(|(_, power)| *power > 0).filter_map(|(suffix, power)| {
            let unit = 10_u128.pow(u32::try_from(*power).ok()?);
            Some((whole.is_multiple_of(unit).then(|| whole / unit)?, *suffix))
        });
        let binary = BINARY.iter().zip(1..).filter_map(|(suffix, power)| {
            let unit = 1_u128 << (10 * power);
            Some((whole.is_multiple_of(unit).then(|| whole / unit)?, *suffix))
        });
        let best = binary.chain(decimal).map(|(count, suffix)| format!("{count}{suffix}")).min_by_key(String::len);
        match best {
            Some(text) => f.write_str(&text),
            None => write!(f, "{whole}"),
        }
    }
}

/// An amount that is not whole: below 1 in a smaller unit, else as a decimal.
fn part(nano: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if nano > BILLION {
        let digits = format!("{:09}", nano % BILLION);
        return write!(f, "{}.{}", nano / BILLION, digits.trim_end_matches('0'));
    }
    let (unit, suffix) = [(1_000_000, "m"), (1_000, "u"), (1, "n")]
        .into_iter()
        .find(|(unit, _)| nano.is_multiple_of(*unit))
        .unwrap_or((1, "n"));
    write!(f, "{}{suffix}", nano / unit)
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|why: Invalid| serde::de::Error::custom(why.message))
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A quantity as Kubernetes writes it: 16, 1.5, \"500m\", \"64Gi\", \"2T\".",
            "anyOf": [
                {"type": "number", "minimum": 0},
                {
                    "type": "string",
                    "pattern": "^\\+?([0-9]+\\.?[0-9]*|\\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$",
                },
            ],
        })
    }
}
