//! Lists.

use super::convert::{items, list_kind, to_int};
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Fault, List, ListKind, Run, Str, Value};
use std::borrow::Cow;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("list", &[], |call| Ok(list(call.args.to_vec()))).rest(Ty::Any).pass(),
    Func::new("tuple", &[], |call| Ok(list(call.args.to_vec()))).rest(Ty::Any).pass(),
    Func::new("append", &[Ty::Any, Ty::Any], |call| push(call, Must::No)).pass(),
    Func::new("push", &[Ty::Any, Ty::Any], |call| push(call, Must::No)).pass(),
    Func::new("mustAppend", &[Ty::Any, Ty::Any], |call| push(call, Must::Yes)).pass(),
    Func::new("mustPush", &[Ty::Any, Ty::Any], |call| push(call, Must::Yes)).pass(),
    Func::new("prepend", &[Ty::Any, Ty::Any], |call| prepend(call, Must::No)).pass(),
    Func::new("mustPrepend", &[Ty::Any, Ty::Any], |call| prepend(call, Must::Yes)).pass(),
    Func::new("first", &[Ty::Any], first).pass(),
    Func::new("mustFirst", &[Ty::Any], first).pass(),
    Func::new("last", &[Ty::Any], last).pass(),
    Func::new("mustLast", &[Ty::Any], last).pass(),
    Func::new("rest", &[Ty::Any], rest).pass(),
    Func::new("mustRest", &[Ty::Any], rest).pass(),
    Func::new("initial", &[Ty::Any], initial).pass(),
    Func::new("mustInitial", &[Ty::Any], initial).pass(),
    Func::new("reverse", &[Ty::Any], reverse).pass(),
    Func::new("mustReverse", &[Ty::Any], reverse).pass(),
    Func::new("compact", &[Ty::Any], compact).pass(),
    Func::new("mustCompact", &[Ty::Any], compact).pass(),
    Func::new("uniq", &[Ty::Any], uniq).refuse_deep(),
    Func::new("mustUniq", &[Ty::Any], uniq).refuse_deep(),
    Func::new("without", &[Ty::Any], without).rest(Ty::Any).refuse_deep(),
    Func::new("mustWithout", &[Ty::Any], without).rest(Ty::Any).refuse_deep(),
    Func::new("has", &[Ty::Any, Ty::Any], has).refuse_deep(),
    Func::new("mustHas", &[Ty::Any, Ty::Any], has).refuse_deep(),
    Func::new("slice", &[Ty::Any], slice).rest(Ty::Any).pass(),
    Func::new("mustSlice", &[Ty::Any], slice).rest(Ty::Any).pass(),
    Func::new("concat", &[], concat).rest(Ty::Any).pass(),
    Func::new("chunk", &[Ty::Int, Ty::Any], chunk).pass(),
    Func::new("mustChunk", &[Ty::Int, Ty::Any], chunk).pass(),
    Func::new("sortAlpha", &[Ty::Any], sort_alpha).refuse_deep(),
];

/// Whether the function answers an error itself, or Go's template catches its panic: the texts differ
/// for nil alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Must {
    Yes,
    No,
}

/// A `[]interface {}`.
pub(super) fn list(items: Vec<Value>) -> Value {
    Value::List(List::new(ListKind::Any, items))
}

/// The items of a list, or sprig's message about what is none.
fn listed<'v>(call: &mut Call<'_, '_, '_>, value: &'v Value, what: &str) -> Result<Cow<'v, [Value]>, Fault> {
    if value.is_nil() {
        return Err("runtime error: invalid memory address or nil pointer dereference".into());
    }
    match items(value) {
        Some(items) => {
            call.run.step(items.len() as u64)?;
            Ok(items)
        }
        None => Err(format!("{what} {}", value.kind_name()).into()),
    }
}

fn push(call: &mut Call<'_, '_, '_>, _must: Must) -> Outcome {
    let mut items = listed(call, call.value(0), "Cannot push on type")?.into_owned();
    items.push(call.value(1).clone());
    Ok(list(items))
}

fn prepend(call: &mut Call<'_, '_, '_>, _must: Must) -> Outcome {
    let items = listed(call, call.value(0), "Cannot prepend on type")?;
    let all = std::iter::once(call.value(1)).chain(items.iter());
    Ok(list(all.cloned().collect()))
}

fn first(call: &mut Call<'_, '_, '_>) -> Outcome {
    let items = listed(call, call.value(0), "Cannot find first on type")?;
    Ok(items.first().cloned().unwrap_or(Value::Absent))
}

fn last(call: &mut Call<'_, '_, '_>) -> Outcome {
    let items = listed(call, call.value(0), "Cannot find last on type")?;
    Ok(items.last().cloned().unwrap_or(Value::Absent))
}

fn rest(call: &mut Call<'_, '_, '_>) -> Outcome {
    let items = listed(call, call.value(0), "Cannot find rest on type")?;
    Ok(match items.split_first() {
        Some((_, rest)) => list(rest.to_vec()),
        None => Value::List(List::nil(ListKind::Any)),
    })
}

fn initial(call: &mut Call<'_, '_, '_>) -> Outcome {
    let items = listed(call, call.value(0), "Cannot find initial on type")?;
    Ok(match items.split_last() {
        Some((_, initial)) => list(initial.to_vec()),
        None => Value::List(List::nil(ListKind::Any)),
    })
}

fn reverse(call: &mut Call<'_, '_, '_>) -> Outcome {
    let items = listed(call, call.value(0), "Cannot find reverse on type")?;
    Ok(list(items.iter().rev().cloned().collect()))
}

fn compact(call: &mut Call<'_, '_, '_>) -> Outcome {
    let items = listed(call, call.value(0), "Cannot compact on type")?;
    Ok(list(items.iter().filter(|v| !super::defaults::empty(v)).cloned().collect()))
}

fn uniq(call: &mut Call<'_, '_, '_>) -> Outcome {
    let items = listed(call, call.value(0), "Cannot find uniq on type")?;
    let mut found: Vec<Value> = Vec::new();
    for item in items.iter() {
        if !contains(call.run, &found, item)? {
            found.push(item.clone());
        }
    }
    Ok(list(found))
}

fn without(call: &mut Call<'_, '_, '_>) -> Outcome {
    let items = listed(call, call.value(0), "Cannot find without on type")?;
    let mut kept = Vec::new();
    for item in items.iter() {
        if !contains(call.run, call.rest(1), item)? {
            kept.push(item.clone());
        }
    }
    Ok(list(kept))
}

fn has(call: &mut Call<'_, '_, '_>) -> Outcome {
    if call.value(1).is_nil() {
        return Ok(Value::Bool(false));
    }
    let items = listed(call, call.value(1), "Cannot find has on type")?;
    Ok(Value::Bool(contains(call.run, &items, call.value(0))?))
}

fn contains(run: &mut Run<'_>, items: &[Value], wanted: &Value) -> Result<bool, Fault> {
    for item in items {
        if deep_equal(run, wanted, item, 0)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `reflect.DeepEqual`: types included, so the number 1 of a template is not the 1 of a values file.
pub(super) fn deep_equal(run: &mut Run<'_>, a: &Value, b: &Value, depth: usize) -> Result<bool, Fault> {
    run.step(1)?;
    if depth > 500 {
        return Err(Fault::bound("the values are nested too deeply to be compared"));
    }
    #[allow(clippy::float_cmp)] // Go's own comparison
    Ok(match (a, b) {
        (Value::Absent | Value::Nil, Value::Absent | Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a, ka), Value::Int(b, kb)) => a == b && ka == kb,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Complex(a, c), Value::Complex(b, d)) => a == b && c == d,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(x), Value::List(y)) => {
            if x.kind() != y.kind() || x.is_nil() != y.is_nil() || x.items().len() != y.items().len() {
                return Ok(false);
            }
            for (a, b) in x.items().iter().zip(y.items()) {
                if !deep_equal(run, a, b, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(x), Value::Map(y)) => {
            if x.same(y) {
                return Ok(x.kind() == y.kind());
            }
            if x.kind() != y.kind() || x.len() != y.len() {
                return Ok(false);
            }
            for ((ka, a), (kb, b)) in x.snapshot().iter().zip(y.snapshot().iter()) {
                if ka != kb || !deep_equal(run, a, b, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Object(a), Value::Object(b)) => {
            let text = |value: &Value| crate::chart::template::to_text(value, 1 << 20);
            a.type_name() == b.type_name() && text(&Value::Object(a.clone()))? == text(&Value::Object(b.clone()))?
        }
        _ => false,
    })
}

fn slice(call: &mut Call<'_, '_, '_>) -> Outcome {
    let value = call.value(0);
    let items = listed(call, value, "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(Value::Absent);
    }
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let start = call.args.get(1).map_or(0, to_int);
    let end = call.args.get(2).map_or(length, to_int);
    let range = match (usize::try_from(start), usize::try_from(end)) {
        (Ok(start), Ok(end)) => items.get(start..end),
        _ => None,
    };
    match (value, range) {
        (Value::Bytes(_), Some(_)) => {
            let bytes: Vec<u8> =
                range.unwrap_or_default().iter().map(|v| u8::try_from(to_int(v)).unwrap_or(0)).collect();
            Ok(Value::Bytes(bytes.into()))
        }
        (_, Some(part)) => Ok(Value::List(List::new(list_kind(value), part.to_vec()))),
        (_, None) => Err("reflect.Value.Slice: slice index out of bounds".into()),
    }
}

fn concat(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut all = Vec::new();
    for value in call.args {
        if value.is_nil() {
            return Err("runtime error: invalid memory address or nil pointer dereference".into());
        }
        match items(value) {
            Some(items) => all.extend_from_slice(&items),
            None => return Err(format!("Cannot concat type {} as list", value.kind_name()).into()),
        }
        call.run.step(all.len() as u64)?;
    }
    if all.is_empty() {
        return Ok(Value::List(List::nil(ListKind::Any)));
    }
    Ok(list(all))
}

fn chunk(call: &mut Call<'_, '_, '_>) -> Outcome {
    let items = listed(call, call.value(1), "Cannot chunk type")?;
    let chunks = match usize::try_from(call.int(0)) {
        Ok(size) if size > 0 => items.chunks(size).map(|chunk| list(chunk.to_vec())).collect(),
        _ => return Err("runtime error: makeslice: len out of range".into()),
    };
    Ok(Value::List(List::new(ListKind::Named("[][]interface {}"), chunks)))
}

fn sort_alpha(call: &mut Call<'_, '_, '_>) -> Outcome {
    let value = call.value(0);
    if items(value).is_none() {
        return Ok(Value::List(List::strings([call.strval(value)?])));
    }
    let mut strings: Vec<Str> = super::convert::strings(call, value)?;
    strings.sort_by(|a, b| a.bytes().cmp(b.bytes()));
    Ok(Value::List(List::strings(strings)))
}
