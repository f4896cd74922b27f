//! Decimals for `addf` and its kin: 0.1 and 0.2 make 0.3.

use crate::chart::template::format_float;

/// Digits after the point that a division keeps.
const DIVISION_DIGITS: i32 = 16;

/// `digits × 10^exponent` exactly, or a float where that grows out of 128 bits.
#[derive(Clone, Copy)]
pub(super) enum Decimal {
    Exact { digits: i128, exponent: i32 },
    Float(f64),
}

impl Decimal {
    /// The shortest decimal that reads back as the float; infinities and NaN have none.
    pub fn from_float(f: f64) -> Option<Self> {
        if !f.is_finite() {
            return None;
        }
        let text = format!("{f:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let decimals = mantissa.split_once('.').map_or(0, |(_, d)| d.len());
        let digits = mantissa.replace('.', "").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()? - i32::try_from(decimals).ok()?;
        Some(Self::Exact { digits, exponent })
    }

    pub fn to_float(self) -> f64 {
        match self {
            Self::Exact { digits, exponent } => format!("{digits}e{exponent}").parse().unwrap_or(f64::NAN),
            Self::Float(f) => f,
        }
    }

    fn with(
        self,
        other: &Self,
        exact: impl Fn(i128, i128, i32) -> Option<Self>,
        float: impl Fn(f64, f64) -> f64,
    ) -> Self {
        let done = match (self, *other) {
            (Self::Exact { digits: a, exponent: ea }, Self::Exact { digits: b, exponent: eb }) => {
                let exponent = ea.min(eb);
                let scale = |digits: i128, from: i32| {
                    let power = u32::try_from(from - exponent).ok()?;
                    digits.checked_mul(10_i128.checked_pow(power)?)
                };
                scale(a, ea).zip(scale(b, eb)).and_then(|(a, b)| exact(a, b, exponent))
            }
            _ => None,
        };
        done.unwrap_or_else(|| Self::Float(float(self.to_float(), other.to_float())))
    }

    pub fn add(self, other: &Self) -> Self {
        self.with(other, |a, b, exponent| Some(Self::Exact { digits: a.checked_add(b)?, exponent }), |a, b| a + b)
    }

    pub fn sub(self, other: &Self) -> Self {
        self.with(other, |a, b, exponent| Some(Self::Exact { digits: a.checked_sub(b)?, exponent }), |a, b| a - b)
    }

    pub fn mul(self, other: &Self) -> Self {
        if let (Self::Exact { digits: a, exponent: ea }, Self::Exact { digits: b, exponent: eb }) = (self, *other)
            && let Some(digits) = a.checked_mul(b)
        {
            return Self::Exact { digits, exponent: ea.saturating_add(eb) };
        }
        Self::Float(self.to_float() * other.to_float())
    }

    /// `None` for a division by zero. The result is rounded to sixteen digits after the point, halves away from zero.
    pub fn div(self, other: &Self) -> Option<Self> {
        if other.to_float() == 0.0 {
            return None;
        }
        let scale = 10_i128.pow(DIVISION_DIGITS.unsigned_abs());
        Some(self.with(
            other,
            |a, b, _| {
                let scaled = a.checked_mul(scale)?;
                let (quotient, rest) = (scaled / b, scaled % b);
                let up = rest.unsigned_abs().checked_mul(2)? >= b.unsigned_abs();
                let away = if (a < 0) == (b < 0) { 1 } else { -1 };
                let digits = if up && rest != 0 { quotient.checked_add(away)? } else { quotient };
                Some(Self::Exact { digits, exponent: -DIVISION_DIGITS })
            },
            |a, b| a / b,
        ))
    }
}

/// How a float reads in the library's messages.
pub(super) fn shown(f: f64) -> String {
    format_float(f, 'g', None)
}
