//! Dates and durations. There is no now: what would ask the clock is an error.

use super::{Call, Func, Outcome, Ty};
use super::{godate, godateread, goduration};
use crate::chart::template::{Object, Time, Value, Zone};
use std::rc::Rc;

const NOW: &str = "it reads the clock";
const TIME: Ty = Ty::Named("time.Time");

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("now", &[], |call| Ok(value(now(call)?))),
    Func::new("ago", &[Ty::Any], |call| {
        let since = now(call)?.since(&time_of(call, 0)?);
        Ok(goduration::text(goduration::round(since, 1_000_000_000)).into())
    }),
    Func::new("date", &[Ty::Str, Ty::Any], |call| in_zone(call, (0, 1), "Local")),
    Func::new("dateInZone", &[Ty::Str, Ty::Any, Ty::Str], |call| in_zone(call, (0, 1), &call.text(2))),
    Func::new("date_in_zone", &[Ty::Str, Ty::Any, Ty::Str], |call| in_zone(call, (0, 1), &call.text(2))),
    Func::new("htmlDate", &[Ty::Any], |call| {
        let time = time_of(call, 0)?;
        Ok(godate::format("2006-01-02", &time.in_zone(Zone::Local)).into())
    }),
    Func::new("htmlDateInZone", &[Ty::Any, Ty::Str], |call| {
        let time = time_of(call, 0)?;
        Ok(godate::format("2006-01-02", &zoned(&time, &call.text(1))).into())
    }),
    Func::new("toDate", &[Ty::Str, Ty::Str], |call| {
        Ok(match godateread::parse(&call.text(0), &call.text(1)) {
            Ok(time) => value(time),
            Err(_) => value(Time::zero()),
        })
    }),
    Func::new("mustToDate", &[Ty::Str, Ty::Str], |call| Ok(value(godateread::parse(&call.text(0), &call.text(1))?))),
    Func::new("unixEpoch", &[TIME], |call| Ok(time_of(call, 0)?.to_unix().to_string().into())),
    Func::new("dateModify", &[Ty::Str, TIME], |call| modify(call, false)),
    Func::new("date_modify", &[Ty::Str, TIME], |call| modify(call, false)),
    Func::new("mustDateModify", &[Ty::Str, TIME], |call| modify(call, true)),
    Func::new("must_date_modify", &[Ty::Str, TIME], |call| modify(call, true)),
    Func::new("duration", &[Ty::Any], |call| {
        let seconds = match call.value(0) {
            Value::Str(text) => leading_int(&text.text()),
            Value::Int(n, kind) if kind.type_name() == "int64" => *n,
            _ => 0,
        };
        Ok(goduration::text(seconds.wrapping_mul(1_000_000_000)).into())
    }),
    Func::new("durationRound", &[Ty::Any], duration_round),
];

pub(super) fn value(time: Time) -> Value {
    Value::Object(Object::Time(Rc::new(time)))
}

/// `strconv.ParseInt`, whose error is not looked at: a number that is too large is the largest, even before it is known
/// whether the text is a number.
fn leading_int(text: &str) -> i64 {
    let (negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let mut number: u64 = 0;
    for c in digits.chars() {
        let Some(digit) = c.to_digit(10) else { return 0 };
        match number.checked_mul(10).and_then(|number| number.checked_add(u64::from(digit))) {
            Some(next) => number = next,
            None => return if negative { i64::MIN } else { i64::MAX },
        }
    }
    match i64::try_from(number) {
        Ok(number) => {
            if negative {
                -number
            } else {
                number
            }
        }
        Err(_) => {
            if negative {
                i64::MIN
            } else {
                i64::MAX
            }
        }
    }
}

/// A time argument, or seconds since 1970; anything else would be now.
fn time_of(call: &Call<'_, '_, '_>, n: usize) -> Result<Time, crate::chart::template::Fault> {
    match call.value(n) {
        Value::Object(Object::Time(time)) => Ok((**time).clone()),
        Value::Int(seconds, kind) if matches!(kind.type_name(), "int" | "int64") => Ok(Time::unix(*seconds, 0)),
        _ => now(call),
    }
}

/// The moment, where a render may ask for it.
fn now(call: &Call<'_, '_, '_>) -> Result<Time, crate::chart::template::Fault> {
    match call.run.session.outside() {
        Some(outside) => {
            let now = outside.now();
            Ok(Time::now(now, outside.running(now)))
        }
        None => call.not_hermetic(NOW),
    }
}

fn zoned(time: &Time, zone: &str) -> Time {
    time.in_zone(match zone {
        "" | "UTC" => Zone::Utc,
        "Local" => Zone::Local,
        name => jiff::tz::TimeZoneDatabase::bundled().get(name).map_or(Zone::Utc, Zone::Named),
    })
}

fn in_zone(call: &mut Call<'_, '_, '_>, (layout, date): (usize, usize), zone: &str) -> Outcome {
    let time = time_of(call, date)?;
    Ok(godate::format(&call.text(layout), &zoned(&time, zone)).into())
}

fn modify(call: &mut Call<'_, '_, '_>, must: bool) -> Outcome {
    let time = time_of(call, 1)?;
    match goduration::parse(&call.text(0)) {
        Ok(nanoseconds) => Ok(value(time.plus(nanoseconds))),
        Err(error) if must => Err(error.into()),
        Err(_) => Ok(call.value(1).clone()),
    }
}

const SECOND: u64 = 1_000_000_000;

fn duration_round(call: &mut Call<'_, '_, '_>) -> Outcome {
    let nanoseconds = match call.value(0) {
        Value::Str(text) => goduration::parse(&text.text()).unwrap_or(0),
        Value::Int(n, kind) if kind.type_name() == "int64" => *n,
        Value::Object(Object::Time(time)) => now(call)?.since(time),
        _ => 0,
    };
    let units = [
        (SECOND * 3600 * 24 * 365, "y"),
        (SECOND * 3600 * 24 * 30, "mo"),
        (SECOND * 3600 * 24, "d"),
        (SECOND * 3600, "h"),
        (SECOND * 60, "m"),
        (SECOND, "s"),
    ];
    let size = nanoseconds.unsigned_abs();
    let unit = units.iter().find(|(length, _)| size > *length);
    Ok(unit.map_or_else(|| "0s".to_owned(), |(length, name)| format!("{}{name}", size / length)).into())
}

/// How Go prints a time.
pub(crate) fn go_time(time: &Time) -> String {
    let mut text = godate::format("2006-01-02 15:04:05.999999999 -0700 MST", time);
    if let Some(running) = time.running() {
        let (sign, nanos) = (if running < 0 { '-' } else { '+' }, running.unsigned_abs());
        text.push_str(&format!(" m={sign}{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000));
    }
    text
}

/// How Go prints a time as Go.
pub(crate) fn go_syntax(time: &Time) -> String {
    let month = godate::format("January", time);
    let shown = time.civil();
    let zone = match time.zone() {
        Zone::Utc => "time.UTC".to_owned(),
        Zone::Local => "time.Local".to_owned(),
        other => format!("time.Location({})", godateread::quote(other.name())),
    };
    format!(
        "time.Date({}, time.{month}, {}, {}, {}, {}, {}, {zone})",
        shown.year, shown.day, shown.hour, shown.minute, shown.second, shown.nanos
    )
}

/// A date or time of TOML.
pub(super) fn read_toml(text: &str) -> Result<Value, String> {
    const LAYOUTS: [(&str, &str); 7] = [
        ("2006-01-02T15:04:05.999999999Z07:00", ""),
        ("2006-01-02T15:04:05.999999999", DATE_TIME),
        ("2006-01-02", DATE),
        ("15:04:05.999999999", TIME_OF_DAY),
        ("2006-01-02T15:04Z07:00", ""),
        ("2006-01-02T15:04", DATE_TIME),
        ("15:04", TIME_OF_DAY),
    ];
    let written = text.replace('z', "Z").replace(['t', ' '], "T");
    let invalid = || format!("invalid datetime: {}", crate::chart::template::go_quote(&written));
    for (layout, zone) in LAYOUTS {
        let Ok(time) = godateread::parse(layout, &written) else { continue };
        // Go lets a digit go missing where the layout has two.
        let signs = layout.bytes().zip(written.bytes()).take_while(|(sign, _)| !matches!(sign, b'.' | b'Z'));
        if signs.into_iter().any(|(sign, byte)| !sign.is_ascii_digit() && sign != byte) {
            return Err(invalid());
        }
        if zone.is_empty() {
            return Ok(value(time));
        }
        return Ok(value(time.in_zone(Zone::fixed(zone, 0))));
    }
    Err(invalid())
}

/// The zones that the Go library gives to what has none.
const DATE_TIME: &str = "datetime-local";
const DATE: &str = "date-local";
const TIME_OF_DAY: &str = "time-local";

/// How a time is written in TOML.
pub(super) fn toml(time: &Time) -> String {
    let layout = match time.zone().name() {
        DATE_TIME => "2006-01-02T15:04:05.999999999",
        DATE => "2006-01-02",
        TIME_OF_DAY => "15:04:05.999999999",
        _ => RFC3339,
    };
    godate::format(layout, time)
}

const RFC3339: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// A time of any year.
pub(super) fn rfc3339_any(time: &Time) -> String {
    godate::format(RFC3339, time)
}

/// How Go writes a time in JSON. The error is Go's.
pub(super) fn rfc3339(time: &Time) -> Result<String, &'static str> {
    let shown = time.civil();
    if !(0..=9999).contains(&shown.year) {
        return Err("year outside of range [0,9999]");
    }
    if shown.offset.unsigned_abs() >= 24 * 3600 {
        return Err("timezone hour outside of range [0,23]");
    }
    Ok(godate::format(RFC3339, time))
}
