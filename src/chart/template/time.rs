//! Go's `time.Time`: a moment and the zone that it is shown in.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::rc::Rc;

/// From Go's year 1 to 1970.
pub(crate) const TO_UNIX: i64 = 62_135_596_800;
const DAY: i64 = 86_400;
const BILLION: i64 = 1_000_000_000;

/// What Go keeps of a zone.
pub(crate) const FIELDS: [&str; 7] = ["name", "zone", "tx", "extend", "cacheStart", "cacheEnd", "cacheZone"];

/// A `time.Time`. As in Go, its seconds count from the year 1 and wrap.
#[derive(Clone, Debug)]
pub struct Time {
    seconds: i64,
    nanos: u32,
    zone: Zone,
    /// Of the moment itself, how long the program ran by then, in nanoseconds.
    running: Option<i64>,
}

/// A `*time.Location`.
#[derive(Clone, Debug)]
pub enum Zone {
    /// UTC, said so.
    Utc,
    /// That of the machine, which is UTC for every render.
    Local,
    /// A name, which may be empty, and an offset in seconds.
    Fixed(Rc<(String, i32)>),
    /// One of the data base.
    Named(TimeZone),
}

impl Zone {
    pub(crate) fn fixed(name: &str, offset: i32) -> Self {
        Self::Fixed(Rc::new((name.to_owned(), offset)))
    }

    /// The offset, where it is a fixed one of its own.
    pub(crate) fn fixed_offset(&self) -> Option<i32> {
        match self {
            Self::Fixed(zone) => Some(zone.1),
            _ => None,
        }
    }

    /// What a location is called.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Utc | Self::Local => "UTC",
            Self::Fixed(zone) => &zone.0,
            Self::Named(zone) => zone.iana_name().unwrap_or("UTC"),
        }
    }

    /// Whether Go has one location for both.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Utc, Self::Utc) | (Self::Local, Self::Local) => true,
            // Whole hours without a name are kept.
            (Self::Fixed(a), Self::Fixed(b)) => {
                Rc::ptr_eq(a, b) || (a == b && a.0.is_empty() && a.1 % 3600 == 0 && (-12..=14).contains(&(a.1 / 3600)))
            }
            (Self::Named(a), Self::Named(b)) => a == b,
            _ => false,
        }
    }

    /// The abbreviation and the offset at a moment.
    fn at(&self, unix: i64) -> (String, i32) {
        match self {
            Self::Utc | Self::Local => ("UTC".to_owned(), 0),
            Self::Fixed(zone) => (zone.0.clone(), zone.1),
            Self::Named(zone) => {
                let (least, most) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
                let at = Timestamp::from_second(unix.clamp(least, most)).unwrap_or(Timestamp::UNIX_EPOCH);
                let info = zone.to_offset_info(at);
                (info.abbreviation().to_owned(), info.offset().seconds())
            }
        }
    }
}

/// What calendar and clock show.
#[derive(Clone, Debug, Default)]
pub(crate) struct Civil {
    pub year: i64,
    /// From 1 on.
    pub month: usize,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    pub nanos: u32,
    /// From 1 on.
    pub year_day: i64,
    /// From Sunday, which is 0.
    pub weekday: usize,
    /// Seconds to the east.
    pub offset: i32,
    /// The zone's abbreviation; empty where it has none.
    pub zone: String,
}

/// A date and a time of day of any size: what is too large goes over into what is larger.
pub(crate) struct Parts {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub seconds: i64,
    pub nanos: u32,
}

impl Time {
    /// Go's zero time.
    pub(crate) fn zero() -> Self {
        Self { seconds: 0, nanos: 0, zone: Zone::Utc, running: None }
    }

    /// So many seconds after 1970, in the zone of the machine.
    pub(crate) fn unix(seconds: i64, nanos: u32) -> Self {
        Self { seconds: seconds.wrapping_add(TO_UNIX), nanos, zone: Zone::Local, running: None }
    }

    /// The moment.
    pub(crate) fn now(now: Timestamp, running: Option<i64>) -> Self {
        Self { running, ..Self::unix(now.as_second(), u32::try_from(now.subsec_nanosecond()).unwrap_or(0)) }
    }

    /// Without how long the program ran by then.
    pub(crate) fn bare(self) -> Self {
        Self { running: None, ..self }
    }

    pub(crate) fn running(&self) -> Option<i64> {
        self.running
    }

    pub(crate) fn of(parts: &Parts, zone: Zone) -> Self {
        let shown = days_before(parts) * i128::from(DAY) + i128::from(parts.seconds);
        // As Go's own arithmetic, it wraps.
        #[allow(clippy::cast_possible_truncation)]
        let mut time = Self { seconds: shown as i64, nanos: parts.nanos, zone, running: None };
        let (_, offset) = time.zone.at(time.to_unix());
        let moved = time.to_unix().wrapping_sub(offset.into());
        let (_, offset) = time.zone.at(moved);
        time.seconds = time.seconds.wrapping_sub(offset.into());
        time
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.seconds
    }

    pub(crate) fn nanos(&self) -> u32 {
        self.nanos
    }

    pub(crate) fn zone(&self) -> &Zone {
        &self.zone
    }

    pub(crate) fn to_unix(&self) -> i64 {
        self.seconds.wrapping_sub(TO_UNIX)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.seconds == 0 && self.nanos == 0
    }

    /// Earlier is less.
    pub(crate) fn moment(&self) -> (i64, u32) {
        (self.seconds, self.nanos)
    }

    pub(crate) fn in_zone(&self, zone: Zone) -> Self {
        Self { zone, ..self.clone().bare() }
    }

    /// Later by nanoseconds; at most as late, or as early, as there are seconds.
    pub(crate) fn plus(&self, nanoseconds: i64) -> Self {
        let nanos = i64::from(self.nanos) + nanoseconds % BILLION;
        let seconds = nanoseconds / BILLION + nanos.div_euclid(BILLION);
        let sum = self.seconds.wrapping_add(seconds);
        let fits = (sum > self.seconds) == (seconds > 0);
        let end = if seconds > 0 { i64::MAX } else { -i64::MAX };
        let nanos = u32::try_from(nanos.rem_euclid(BILLION)).unwrap_or(0);
        let running = self.running.and_then(|running| running.checked_add(nanoseconds));
        Self { seconds: if fits { sum } else { end }, nanos, zone: self.zone.clone(), running }
    }

    /// The nanoseconds since another time, as far as a duration can hold them.
    pub(crate) fn since(&self, other: &Self) -> i64 {
        let all = |time: &Self| i128::from(time.seconds) * i128::from(BILLION) + i128::from(time.nanos);
        let between = all(self) - all(other);
        i64::try_from(between).unwrap_or(if between < 0 { i64::MIN } else { i64::MAX })
    }

    /// What is left after as many whole durations as fit since the year 1.
    pub(crate) fn past(&self, duration: i64) -> i64 {
        let all = i128::from(self.seconds) * i128::from(BILLION) + i128::from(self.nanos);
        i64::try_from(all.rem_euclid(i128::from(duration.max(1)))).unwrap_or(0)
    }

    pub(crate) fn civil(&self) -> Civil {
        let (zone, offset) = self.zone.at(self.to_unix());
        let shown = i128::from(self.seconds) + i128::from(offset);
        let days = i64::try_from(shown.div_euclid(DAY.into())).unwrap_or(0);
        let clock = i64::try_from(shown.rem_euclid(DAY.into())).unwrap_or(0);
        let (year, month, day) = date(days);
        let first = Parts { year, month: 1, day: 1, seconds: 0, nanos: 0 };
        let year_day = i64::try_from(i128::from(days) - days_before(&first)).unwrap_or(0) + 1;
        Civil {
            year,
            month,
            day,
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
            nanos: self.nanos,
            year_day,
            // The first day of the year 1 was a Monday.
            weekday: usize::try_from((days + 1).rem_euclid(7)).unwrap_or(0),
            offset,
            zone,
        }
    }
}

/// The days from the first of the year 1 to a date. Years begin with March here, so that the odd day is the last one.
fn days_before(parts: &Parts) -> i128 {
    let months = i128::from(parts.month) - 3;
    let year = i128::from(parts.year) + months.div_euclid(12);
    let month = months.rem_euclid(12);
    let in_year = (153 * month + 2) / 5 + i128::from(parts.day) - 1;
    // 306 days lie between March and the end of the year.
    let years = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    years + in_year - 306
}

/// The date of a day that is counted from the first of the year 1.
fn date(days: i64) -> (i64, usize, i64) {
    let days = days + 306;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * of_era + of_era / 4 - of_era / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + of_era + i64::from(month >= 10);
    (year, usize::try_from((month + 2) % 12 + 1).unwrap_or(1), day)
}

/// Whether there is such a date.
pub(crate) fn is_date(year: i64, month: i64, day: i64) -> bool {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=last).contains(&day)
}
