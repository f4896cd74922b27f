//! When a sandbox is awake: the hours of a week, in a time zone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Weekday;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::diagnostic::Invalid;
use super::read::{self, Reader, Section};

/// `[schedule]`: outside these hours nothing of the sandbox runs; its data is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Schedule {
    /// The hours in which it is awake: `Mon-Fri 08:00-20:00`, several with `;` between them.
    #[schemars(with = "String")]
    pub awake: Hours,
    /// The time zone of these hours, by its IANA name. By default UTC.
    #[schemars(default, with = "String")]
    pub timezone: Zone,
    /// Awake until then, whatever the hours say.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awake_until: Option<Timestamp>,
}

/// A time zone of the IANA database that this program brings along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl FromStr for Zone {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let found = TimeZoneDatabase::bundled().get(text);
        found.map(Self).map_err(|_| {
            Invalid::new(format!("`{text}` is no time zone"))
                .hint("write an IANA name, such as \"Europe/Berlin\" or \"UTC\"")
        })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The hours of a week, as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    text: String,
    spans: Vec<Span>,
}

/// From one minute of some days to another; where that is not later, into the day after.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    /// Monday first.
    days: [bool; 7],
    from: u16,
    to: u16,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: u16 = 24 * 60;
const HINT: &str = "write \"Mon-Fri 08:00-20:00\", or several: \"Mon-Thu 08:00-20:00; Fri 08:00-14:00\"";

impl FromStr for Hours {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let spans = text.split(';').map(|part| span(part.trim())).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { text: text.to_owned(), spans })
    }
}

fn span(part: &str) -> Result<Span, Invalid> {
    let bad = |why: String| Invalid::new(format!("`{part}` is no time of a week: {why}")).hint(HINT);
    let mut words: Vec<&str> = part.split_whitespace().collect();
    let Some(hours) = words.pop() else { return Err(bad("it is empty".to_owned())) };
    let days = if words.is_empty() { [true; 7] } else { days(&words.join("")).map_err(bad)? };
    let (from, to) = hours.split_once('-').ok_or_else(|| bad(format!("`{hours}` is no span of hours")))?;
    let (from, to) = (minute(from).map_err(bad)?, minute(to).map_err(bad)?);
    if from == DAY {
        return Err(bad("no day begins at 24:00".to_owned()));
    }
    if from == to {
        return Err(bad("it begins where it ends; a whole day is 00:00-24:00".to_owned()));
    }
    Ok(Span { days, from, to })
}

fn days(text: &str) -> Result<[bool; 7], String> {
    let mut all = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        let mut at = first;
        loop {
            if let Some(day) = all.get_mut(at) {
                *day = true;
            }
            if at == last {
                break;
            }
            at = (at + 1) % all.len();
        }
    }
    Ok(all)
}

fn day(text: &str) -> Result<usize, String> {
    let wanted = text.to_ascii_lowercase();
    let is = |name: &&str| wanted == **name || (wanted.len() > 3 && long(name) == wanted);
    DAYS.iter().position(is).ok_or_else(|| format!("`{text}` is no day; days are Mon Tue Wed Thu Fri Sat Sun"))
}

fn long(short: &str) -> String {
    let rest = match short {
        "tue" => "s",
        "wed" => "nes",
        "thu" => "rs",
        "sat" => "ur",
        _ => "",
    };
    format!("{short}{rest}day")
}

fn minute(text: &str) -> Result<u16, String> {
    let bad = || format!("`{text}` is no time of day, such as 08:00");
    let (hour, minute) = text.split_once(':').ok_or_else(bad)?;
    let digits = |text: &str| text.len() <= 2 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || minute.len() != 2 || !digits(minute) {
        return Err(bad());
    }
    let (hour, minute) = (hour.parse::<u16>().map_err(|_| bad())?, minute.parse::<u16>().map_err(|_| bad())?);
    let all = hour * 60 + minute;
    if minute < 60 && all <= DAY { Ok(all) } else { Err(bad()) }
}

impl Hours {
    fn holds(&self, at: Timestamp, zone: &Zone) -> bool {
        let local = at.to_zoned(zone.0.clone());
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or_default();
        let today = usize::from(weekday(local.weekday()));
        let yesterday = (today + DAYS.len() - 1) % DAYS.len();
        let on = |span: &Span, day: usize| span.days.get(day).copied().unwrap_or_default();
        self.spans.iter().any(|span| {
            if span.from < span.to {
                on(span, today) && (span.from..span.to).contains(&minute)
            } else {
                (on(span, today) && minute >= span.from) || (on(span, yesterday) && minute < span.to)
            }
        })
    }
}

fn weekday(day: Weekday) -> u8 {
    day.to_monday_zero_offset().unsigned_abs()
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl Schedule {
    /// Whether the sandbox is awake at an instant.
    pub fn is_awake(&self, at: Timestamp) -> bool {
        self.awake_until.is_some_and(|until| at < until) || self.awake.holds(at, &self.timezone)
    }

    /// The next instant at which that changes; `None` where it does not within a week.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        const DAYS_AHEAD: i64 = 8;
        let is_awake = self.is_awake(now);
        let today = now.to_zoned(self.timezone.0.clone()).date();
        let zone = &self.timezone.0;
        // Where clocks are put forward or back, hours are left out or come twice, and what they say begins or ends there.
        let last = now.checked_add(jiff::SignedDuration::from_hours(24 * DAYS_AHEAD)).unwrap_or(Timestamp::MAX);
        let mut edges: Vec<Timestamp> = self.awake_until.into_iter().collect();
        edges.extend(zone.following(now).map(|change| change.timestamp()).take_while(|change| *change <= last));
        for ahead in -1..=DAYS_AHEAD {
            let Ok(day) = today.checked_add(jiff::Span::new().days(ahead)) else { continue };
            let at = |minutes: u16| {
                let edge = day.at(0, 0, 0, 0).checked_add(jiff::Span::new().minutes(i64::from(minutes))).ok()?;
                let edge = zone.to_ambiguous_zoned(edge);
                Some([edge.clone().earlier().ok()?.timestamp(), edge.later().ok()?.timestamp()])
            };
            let spans = self.awake.spans.iter();
            edges.extend(spans.flat_map(|span| [at(span.from), at(span.to)]).flatten().flatten());
        }
        edges.retain(|edge| *edge > now);
        edges.sort_unstable();
        edges.into_iter().find(|edge| self.is_awake(*edge) != is_awake)
    }
}

impl Schedule {
    /// What it does to the sandbox, as a reason: by it the sandbox is awake, or asleep.
    pub fn reason(&self, is_awake: bool) -> String {
        let what = if is_awake { "wakes it" } else { "puts it to sleep" };
        format!("its schedule ({} {}) {what}", self.awake, self.timezone)
    }
}

/// Reads `[schedule]`; `keys` are those of the file's top.
pub(super) fn schedule(reader: &mut Reader<'_>, top: &mut Section<'_, '_>, keys: &[&str]) -> Option<Schedule> {
    let mut section = top.section(reader, "schedule", "[schedule]")?;
    let awake = section.required(reader, "awake", "\"Mon-Fri 08:00-20:00\"", read::parsed);
    let timezone = section.optional(reader, "timezone", read::parsed);
    let awake_until = section.optional(reader, "awake_until", read::date);
    section.finish(reader, keys);
    Some(Schedule { awake: awake?, timezone: timezone.unwrap_or_default(), awake_until })
}

/// What keeps a sandbox from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Its file says so.
    Asked,
    /// The hours of its schedule, until then.
    Hours(Option<Timestamp>),
}

impl Rest {
    /// In words.
    pub fn describe(&self, now: Timestamp) -> String {
        match self {
            Self::Asked => "asleep, as its file says; its data is kept".to_owned(),
            Self::Hours(None) => "asleep by its schedule; its data is kept".to_owned(),
            Self::Hours(Some(until)) => {
                let left: SignedDuration = until.duration_since(now);
                format!("asleep by its schedule until {until}, in {}; its data is kept", super::human::span(left))
            }
        }
    }
}

/// Why a sandbox rests at an instant; `None` where it is awake.
pub fn rest(asleep: bool, schedule: Option<&Schedule>, now: Timestamp) -> Option<Rest> {
    match schedule {
        _ if asleep => Some(Rest::Asked),
        Some(schedule) if !schedule.is_awake(now) => Some(Rest::Hours(schedule.next_change(now))),
        _ => None,
    }
}
