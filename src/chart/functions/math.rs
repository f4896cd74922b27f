//! Arithmetic: of integers, and of decimals.

use super::convert::{to_float, to_int};
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Fault, List, ListKind, Value};

/// Counting lists longer than this are refused.
const MAX_COUNT: i64 = 1_000_000;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("add1", &[Ty::Any], |call| Ok(Value::int64(to_int(call.value(0)).wrapping_add(1)))),
    Func::new("add", &[], |call| Ok(Value::int64(call.args.iter().map(to_int).fold(0, i64::wrapping_add))))
        .rest(Ty::Any),
    Func::new("sub", &[Ty::Any, Ty::Any], |call| {
        Ok(Value::int64(to_int(call.value(0)).wrapping_sub(to_int(call.value(1)))))
    }),
    Func::new("div", &[Ty::Any, Ty::Any], |call| divide(call, i64::wrapping_div)),
    Func::new("mod", &[Ty::Any, Ty::Any], |call| divide(call, i64::wrapping_rem)),
    Func::new("mul", &[Ty::Any], |call| Ok(Value::int64(call.args.iter().map(to_int).fold(1, i64::wrapping_mul))))
        .rest(Ty::Any),
    Func::new("max", &[Ty::Any], |call| Ok(Value::int64(call.args.iter().map(to_int).max().unwrap_or(0))))
        .rest(Ty::Any),
    Func::new("biggest", &[Ty::Any], |call| Ok(Value::int64(call.args.iter().map(to_int).max().unwrap_or(0))))
        .rest(Ty::Any),
    Func::new("min", &[Ty::Any], |call| Ok(Value::int64(call.args.iter().map(to_int).min().unwrap_or(0))))
        .rest(Ty::Any),
    Func::new("maxf", &[Ty::Any], |call| Ok(Value::Float(fold(call, f64::max)))).rest(Ty::Any),
    Func::new("minf", &[Ty::Any], |call| Ok(Value::Float(fold(call, f64::min)))).rest(Ty::Any),
    Func::new("add1f", &[Ty::Any], |call| Ok(Value::Float(to_float(call.value(0)) + 1.0))),
    Func::new("addf", &[], |call| decimals(call, Op::Add)).rest(Ty::Any),
    Func::new("subf", &[Ty::Any], |call| decimals(call, Op::Sub)).rest(Ty::Any),
    Func::new("divf", &[Ty::Any], |call| decimals(call, Op::Div)).rest(Ty::Any),
    Func::new("mulf", &[Ty::Any], |call| decimals(call, Op::Mul)).rest(Ty::Any),
    Func::new("ceil", &[Ty::Any], |call| Ok(Value::Float(to_float(call.value(0)).ceil()))),
    Func::new("floor", &[Ty::Any], |call| Ok(Value::Float(to_float(call.value(0)).floor()))),
    Func::new("round", &[Ty::Any, Ty::Int], round).rest(Ty::Float),
    Func::new("until", &[Ty::Int], |call| {
        let stop = call.int(0);
        count(call, (0, stop, if stop < 0 { -1 } else { 1 })).map(ints)
    }),
    Func::new("untilStep", &[Ty::Int, Ty::Int, Ty::Int], |call| {
        count(call, (call.int(0), call.int(1), call.int(2))).map(ints)
    }),
    Func::new("seq", &[], seq).rest(Ty::Int),
];

fn divide(call: &mut Call<'_, '_, '_>, op: fn(i64, i64) -> i64) -> Outcome {
    let (a, b) = (to_int(call.value(0)), to_int(call.value(1)));
    if b == 0 {
        return Err("runtime error: integer divide by zero".into());
    }
    Ok(Value::int64(op(a, b)))
}

fn fold(call: &Call<'_, '_, '_>, op: fn(f64, f64) -> f64) -> f64 {
    let mut numbers = call.args.iter().map(to_float);
    let first = numbers.next().unwrap_or(0.0);
    numbers.fold(first, |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { op(a, b) })
}

#[derive(Clone, Copy)]
enum Op {
    Add,
    Sub,
    Mul,
    Div,
}

fn decimals(call: &mut Call<'_, '_, '_>, op: Op) -> Outcome {
    use super::decimal::Decimal;
    let mut numbers = call.args.iter().map(to_float);
    let first = match op {
        Op::Add => 0.0,
        _ => numbers.next().unwrap_or(0.0),
    };
    let read = |f: f64| {
        Decimal::from_float(f)
            .ok_or_else(|| Fault::from(format!("Cannot create a Decimal from {}", super::decimal::shown(f))))
    };
    let mut total = read(first)?;
    for number in numbers {
        let number = read(number)?;
        total = match op {
            Op::Add => total.add(&number),
            Op::Sub => total.sub(&number),
            Op::Mul => total.mul(&number),
            Op::Div => total.div(&number).ok_or("decimal division by 0")?,
        };
        call.run.step(1)?;
    }
    Ok(Value::Float(total.to_float()))
}

fn round(call: &mut Call<'_, '_, '_>) -> Outcome {
    let on = call.args.get(2).map_or(0.5, to_float);
    let value = to_float(call.value(0));
    #[allow(clippy::cast_possible_truncation)] // clamped to what powi takes
    let places = call.int(1).clamp(-400, 400) as i32;
    let power = 10.0_f64.powi(places);
    let digit = power * value;
    let rounded = if digit.fract() >= on { digit.ceil() } else { digit.floor() };
    Ok(Value::Float(rounded / power))
}

/// From `start` to before `stop`; nothing where the step leads elsewhere.
fn count(call: &mut Call<'_, '_, '_>, (start, stop, step): (i64, i64, i64)) -> Result<Vec<i64>, Fault> {
    if step == 0 || (stop < start) != (step < 0) {
        return Ok(Vec::new());
    }
    let distance = start.abs_diff(stop) / step.unsigned_abs();
    if distance > MAX_COUNT.unsigned_abs() {
        return Err(Fault::bound(format!("a list of numbers is longer than {MAX_COUNT}")));
    }
    call.run.step(distance)?;
    let mut numbers = Vec::new();
    let mut i = start;
    while (step > 0 && i < stop) || (step < 0 && i > stop) {
        numbers.push(i);
        i = i.saturating_add(step);
    }
    Ok(numbers)
}

fn ints(numbers: Vec<i64>) -> Value {
    Value::List(List::new(ListKind::Ints, numbers.into_iter().map(Value::int).collect()))
}

fn seq(call: &mut Call<'_, '_, '_>) -> Outcome {
    let n = |i| call.int(i);
    let (start, step, end) = match call.args.len() {
        1 => (1, 1, n(0)),
        2 => (n(0), 1, n(1)),
        3 => (n(0), n(1), n(2)),
        _ => return Ok("".into()),
    };
    let down = end < start;
    let step = match (call.args.len(), down) {
        (3, true) if step > 0 => return Ok("".into()),
        (3, _) => step,
        (_, true) => -1,
        (_, false) => 1,
    };
    // The end is counted too.
    let stop = end.saturating_add(if down { -1 } else { 1 });
    let numbers = count(call, (start, stop, step))?;
    let words: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(words.join(" ").into())
}
