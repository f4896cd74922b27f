//! What stands behind an option: clusters, instants, lengths of time.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// Which cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterName {
    /// The API server that kubectl would talk to.
    Kube,
    /// A folder of YAML files.
    Dir(PathBuf),
}

impl FromStr for ClusterName {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        match text.split_once(':') {
            None if text == "kube" => Ok(Self::Kube),
            Some(("dir", path)) if !path.is_empty() => Ok(Self::Dir(path.into())),
            _ => Err(Wrong("expected kube or dir:PATH".into())),
        }
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kube => f.write_str("kube"),
            Self::Dir(path) => write!(f, "dir:{}", path.display()),
        }
    }
}

/// The instant to plan for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// That one.
    At(Timestamp),
    /// So much later (or earlier) than the clock says.
    From(SignedDuration),
}

impl Now {
    /// The instant, by what the clock says.
    ///
    /// # Errors
    /// Where it lies beyond the years -9999 to 9999.
    pub fn resolve(self, clock: Timestamp) -> Result<Timestamp, Wrong> {
        match self {
            Self::At(at) => Ok(at),
            Self::From(span) => clock.checked_add(span).map_err(|_| Wrong("that is beyond the calendar".into())),
        }
    }
}

impl FromStr for Now {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        let (sign, span) = match text.split_at_checked(1) {
            Some(("+", span)) => (1, span),
            Some(("-", span)) => (-1, span),
            _ => {
                let at = text.parse().map_err(|_| {
                    Wrong("expected RFC 3339, such as 2026-12-01T18:00:00Z, or a span from now, such as +7d".into())
                })?;
                return Ok(Self::At(at));
            }
        };
        span_of_days(span).map(|span| Self::From(span * sign))
    }
}

/// A value of an option that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(pub(super) String);

/// A length of time, days of 24 hours.
fn span_of_days(text: &str) -> Result<SignedDuration, Wrong> {
    let wrong = || Wrong("expected a length of time, such as 90s, 15m, 12h, 7d or 2w".into());
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(wrong());
    }
    let span: Span = text.parse().map_err(|_| wrong())?;
    // Months and years have no fixed length, and are refused here.
    span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())
}

pub(super) fn duration(text: &str) -> Result<Duration, Wrong> {
    Duration::try_from(span_of_days(text)?).map_err(|_| Wrong("expected a length of time that is not negative".into()))
}

/// Standard output has the plan itself.
pub(super) fn out_file(text: &str) -> Result<PathBuf, Wrong> {
    match text {
        "" | "-" => Err(Wrong("expected a file: standard output has the plan for people".into())),
        file => Ok(file.into()),
    }
}
