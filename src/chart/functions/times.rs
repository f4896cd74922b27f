//! The methods of times, durations, months, days of the week and zones.

use super::{Call, Func, Outcome, Ty};
use super::{dates, godate, goduration};
use crate::chart::template::{Civil, DateParts, Fault, IntKind, List, ListKind, Object, Time, Value, Zone};

const BYTES: Ty = Ty::Named("[]uint8");
const TIME: Ty = Ty::Named("time.Time");
const LENGTH: Ty = Ty::Named(DURATION);
const DURATION: &str = "time.Duration";
const MONTH: &str = "time.Month";
const WEEKDAY: &str = "time.Weekday";
const BILLION: i64 = 1_000_000_000;

/// Of a `time.Time`.
pub(crate) const OF_TIME: &[Func] = &[
    Func::new("Add", &[LENGTH], |call| Ok(dates::value(time(call, 0).plus(call.int(1))))),
    Func::new("AddDate", &[Ty::Int, Ty::Int, Ty::Int], add_date),
    Func::new("After", &[TIME], |call| Ok((time(call, 0).moment() > time(call, 1).moment()).into())),
    Func::new("AppendBinary", &[BYTES], |call| appended(call, binary(&time(call, 0))?)),
    Func::new("AppendFormat", &[BYTES, Ty::Str], |call| {
        let text = godate::format(&call.text(2), &time(call, 0));
        appended(call, text.into_bytes())
    }),
    Func::new("AppendText", &[BYTES], |call| {
        let text = written(call, "AppendText")?;
        appended(call, text.into_bytes())
    }),
    Func::new("Before", &[TIME], |call| Ok((time(call, 0).moment() < time(call, 1).moment()).into())),
    Func::new("Clock", &[], nothing).unfit("function Clock has 3 return values; should be 1 or 2"),
    Func::new("Compare", &[TIME], |call| {
        let order = time(call, 0).moment().cmp(&time(call, 1).moment());
        Ok(Value::int(order as i64))
    }),
    Func::new("Date", &[], nothing).unfit("function Date has 3 return values; should be 1 or 2"),
    Func::new("Day", &[], |call| Ok(Value::int(civil(call).day))),
    Func::new("Equal", &[TIME], |call| Ok((time(call, 0).moment() == time(call, 1).moment()).into())),
    Func::new("Format", &[Ty::Str], |call| Ok(godate::format(&call.text(1), &time(call, 0)).into())),
    Func::new("GoString", &[], |call| Ok(dates::go_syntax(&time(call, 0)).into())),
    Func::new("GobEncode", &[], |call| Ok(Value::Bytes(binary(&time(call, 0))?.into()))),
    Func::new("Hour", &[], |call| Ok(Value::int(civil(call).hour))),
    Func::new("ISOWeek", &[], nothing)
        .unfit("invalid function signature for ISOWeek: second return value should be error; is int"),
    Func::new("In", &[Ty::Named("*time.Location")], |call| match call.value(1) {
        Value::Object(Object::Zone(zone)) => Ok(dates::value(time(call, 0).in_zone((**zone).clone()))),
        _ => Err("time: missing Location in call to Time.In".into()),
    }),
    Func::new("IsDST", &[], |_| Ok(false.into())),
    Func::new("IsZero", &[], |call| Ok(time(call, 0).is_zero().into())),
    Func::new("Local", &[], |call| Ok(dates::value(time(call, 0).in_zone(Zone::Local)))),
    Func::new("Location", &[], |call| Ok(Value::Object(Object::Zone(time(call, 0).zone().clone().into())))),
    Func::new("MarshalBinary", &[], |call| Ok(Value::Bytes(binary(&time(call, 0))?.into()))),
    Func::new("MarshalJSON", &[], |call| {
        let text = format!("\"{}\"", written(call, "MarshalJSON")?);
        Ok(Value::Bytes(text.into_bytes().into()))
    }),
    Func::new("MarshalText", &[], |call| Ok(Value::Bytes(written(call, "MarshalText")?.into_bytes().into()))),
    Func::new("Minute", &[], |call| Ok(Value::int(civil(call).minute))),
    Func::new("Month", &[], |call| {
        let month = i64::try_from(civil(call).month).unwrap_or(1);
        Ok(Value::Int(month, IntKind::Named(MONTH)))
    }),
    Func::new("Nanosecond", &[], |call| Ok(Value::int(time(call, 0).nanos().into()))),
    Func::new("Round", &[LENGTH], |call| {
        let (time, length) = (time(call, 0), call.int(1));
        let past = time.past(length);
        let is_less = i128::from(past) * 2 < i128::from(length);
        let moved = if is_less { -past } else { length - past };
        Ok(dates::value(if length <= 0 { time } else { time.plus(moved) }.bare()))
    }),
    Func::new("Second", &[], |call| Ok(Value::int(civil(call).second))),
    Func::new("String", &[], |call| Ok(dates::go_time(&time(call, 0)).into())),
    Func::new("Sub", &[TIME], |call| Ok(duration(time(call, 0).since(&time(call, 1))))),
    Func::new("Truncate", &[LENGTH], |call| {
        let (time, length) = (time(call, 0), call.int(1));
        Ok(dates::value(if length <= 0 { time } else { time.plus(-time.past(length)) }.bare()))
    }),
    Func::new("UTC", &[], |call| Ok(dates::value(time(call, 0).in_zone(Zone::Utc)))),
    Func::new("Unix", &[], |call| Ok(Value::int64(time(call, 0).to_unix()))),
    Func::new("UnixMicro", &[], |call| Ok(since_1970(call, 1_000_000))),
    Func::new("UnixMilli", &[], |call| Ok(since_1970(call, 1_000))),
    Func::new("UnixNano", &[], |call| Ok(since_1970(call, BILLION))),
    Func::new("Weekday", &[], |call| {
        let day = i64::try_from(civil(call).weekday).unwrap_or(0);
        Ok(Value::Int(day, IntKind::Named(WEEKDAY)))
    }),
    Func::new("Year", &[], |call| Ok(Value::int(civil(call).year))),
    Func::new("YearDay", &[], |call| Ok(Value::int(civil(call).year_day))),
    Func::new("Zone", &[], nothing)
        .unfit("invalid function signature for Zone: second return value should be error; is int"),
    Func::new("ZoneBounds", &[], nothing)
        .unfit("invalid function signature for ZoneBounds: second return value should be error; is time.Time"),
];

/// Of a `*time.Location`.
pub(crate) const OF_ZONE: &[Func] = &[Func::new("String", &[], |call| {
    Ok(match call.value(0) {
        Value::Object(Object::Zone(zone)) => zone.name().into(),
        _ => "".into(),
    })
})];

#[allow(clippy::cast_precision_loss, reason = "Go's own arithmetic")]
const OF_DURATION: &[Func] = &[
    Func::new("Abs", &[], |call| Ok(duration(call.int(0).saturating_abs()))),
    Func::new("Hours", &[], |call| Ok(units(call, 3600 * BILLION))),
    Func::new("Microseconds", &[], |call| Ok(Value::int64(call.int(0) / 1_000))),
    Func::new("Milliseconds", &[], |call| Ok(Value::int64(call.int(0) / 1_000_000))),
    Func::new("Minutes", &[], |call| Ok(units(call, 60 * BILLION))),
    Func::new("Nanoseconds", &[], |call| Ok(Value::int64(call.int(0)))),
    Func::new("Round", &[LENGTH], |call| Ok(duration(goduration::round(call.int(0), call.int(1))))),
    Func::new("Seconds", &[], |call| Ok(units(call, BILLION))),
    Func::new("String", &[], number_text),
    Func::new("Truncate", &[LENGTH], |call| {
        let (length, unit) = (call.int(0), call.int(1));
        Ok(duration(if unit <= 0 { length } else { length - length % unit }))
    }),
];

const OF_NAME: &[Func] = &[Func::new("String", &[], number_text)];

/// A method of a number that has a type of its own.
pub(crate) fn of_number(kind: IntKind, name: &str) -> Option<&'static Func> {
    let methods = match kind {
        IntKind::Named(DURATION) => OF_DURATION,
        IntKind::Named(MONTH | WEEKDAY) => OF_NAME,
        _ => return None,
    };
    methods.iter().find(|method| method.name == name)
}

/// What such a number is called.
pub(crate) fn text(number: i64, kind: IntKind) -> Option<String> {
    let named = |names: &[&str], at: i64, type_name: &str| {
        let name = usize::try_from(at).ok().and_then(|at| names.get(at));
        name.map_or_else(|| format!("%!{type_name}({number})"), |name| (*name).to_owned())
    };
    match kind {
        IntKind::Named(DURATION) => Some(goduration::text(number)),
        IntKind::Named(MONTH) => Some(named(&godate::MONTHS, number - 1, "Month")),
        IntKind::Named(WEEKDAY) => Some(named(&godate::DAYS, number, "Weekday")),
        _ => None,
    }
}

fn number_text(call: &mut Call<'_, '_, '_>) -> Outcome {
    Ok(match call.value(0) {
        Value::Int(number, kind) => text(*number, *kind).unwrap_or_default().into(),
        _ => "".into(),
    })
}

/// For what Go refuses to call.
fn nothing(_: &mut Call<'_, '_, '_>) -> Outcome {
    Ok(Value::Absent)
}

fn time(call: &Call<'_, '_, '_>, n: usize) -> Time {
    match call.value(n) {
        Value::Object(Object::Time(time)) => (**time).clone(),
        _ => Time::zero(),
    }
}

fn civil(call: &Call<'_, '_, '_>) -> Civil {
    time(call, 0).civil()
}

fn duration(nanoseconds: i64) -> Value {
    Value::Int(nanoseconds, IntKind::Named(DURATION))
}

/// Whole units and what is left of one, as Go adds them up.
#[allow(clippy::cast_precision_loss, reason = "Go's own arithmetic")]
fn units(call: &Call<'_, '_, '_>, unit: i64) -> Value {
    let length = call.int(0);
    Value::Float((length / unit) as f64 + (length % unit) as f64 / unit as f64)
}

fn since_1970(call: &Call<'_, '_, '_>, a_second: i64) -> Value {
    let time = time(call, 0);
    let part = i64::from(time.nanos()) / (BILLION / a_second);
    Value::int64(time.to_unix().wrapping_mul(a_second).wrapping_add(part))
}

fn add_date(call: &mut Call<'_, '_, '_>) -> Outcome {
    let time = time(call, 0);
    let shown = time.civil();
    let parts = DateParts {
        year: shown.year.wrapping_add(call.int(1)),
        month: i64::try_from(shown.month).unwrap_or(1).wrapping_add(call.int(2)),
        day: shown.day.wrapping_add(call.int(3)),
        seconds: shown.hour * 3600 + shown.minute * 60 + shown.second,
        nanos: shown.nanos,
    };
    Ok(dates::value(Time::of(&parts, time.zone().clone())))
}

fn written(call: &Call<'_, '_, '_>, method: &str) -> Result<String, Fault> {
    dates::rfc3339(&time(call, 0)).map_err(|why| format!("Time.{method}: {why}").into())
}

fn appended(call: &Call<'_, '_, '_>, more: Vec<u8>) -> Outcome {
    let mut all = match call.value(1) {
        Value::Bytes(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    };
    // Nothing after nothing stays nil.
    if more.is_empty() && call.value(1).is_nil() {
        return Ok(Value::List(List::nil(ListKind::Named("[]uint8"))));
    }
    all.extend(more);
    Ok(Value::Bytes(all.into()))
}

/// A version, seconds, nanoseconds, and the zone's minutes; UTC is minus one.
fn binary(time: &Time) -> Result<Vec<u8>, Fault> {
    let offset = time.civil().offset;
    let is_utc = matches!(time.zone(), Zone::Utc);
    let minutes = if is_utc { Some(-1) } else { i16::try_from(offset / 60).ok().filter(|minutes| *minutes != -1) };
    let Some(minutes) = minutes else {
        return Err("Time.MarshalBinary: unexpected zone offset".into());
    };
    let rest = if is_utc { 0 } else { i8::try_from(offset % 60).unwrap_or(0) };
    let mut out = vec![if rest == 0 { 1 } else { 2 }];
    out.extend(time.seconds().to_be_bytes());
    out.extend(time.nanos().to_be_bytes());
    out.extend(minutes.to_be_bytes());
    if rest != 0 {
        out.extend(rest.to_be_bytes());
    }
    Ok(out)
}
