//! Go's own functions: printing, indexing, lengths, and the logic words.

use super::{Call, Func, Lazy, Outcome, Ty};
use crate::chart::template::{Fault, IntKind, Map, Value, sprintf};
use std::borrow::Cow;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("and", &[Ty::Reflect], |call| Ok(call.value(0).clone())).rest(Ty::Reflect).lazy(Lazy::And).pass(),
    Func::new("or", &[Ty::Reflect], |call| Ok(call.value(0).clone())).rest(Ty::Reflect).lazy(Lazy::Or).pass(),
    Func::new("not", &[Ty::Reflect], |call| Ok(Value::Bool(!call.value(0).truth()))).pass(),
    Func::new("len", &[Ty::Reflect], len),
    Func::new("index", &[Ty::Reflect], index).rest(Ty::Reflect),
    Func::new("call", &[Ty::Reflect], call_function).rest(Ty::Reflect),
    Func::new("print", &[], print).rest(Ty::Any).pass(),
    Func::new("println", &[], println).rest(Ty::Any).pass(),
    Func::new("printf", &[Ty::Str], printf).rest(Ty::Any).pass(),
];

fn len(call: &mut Call<'_, '_, '_>) -> Outcome {
    use crate::chart::template::Object;
    Ok(Value::length(match call.value(0) {
        Value::Str(text) => text.bytes().len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.items().len(),
        Value::Map(map) => map.len(),
        Value::Object(Object::Files(files)) => files.len(),
        Value::Object(Object::Versions(versions)) => versions.len(),
        Value::Nil => return Err("len of nil pointer".into()),
        Value::Absent => return Err("reflect: call of reflect.Value.Type on zero Value".into()),
        Value::Object(object) => return Err(format!("len of type {}", object.pointed_type_name()).into()),
        other => return Err(format!("len of type {}", other.type_name()).into()),
    }))
}

fn index(call: &mut Call<'_, '_, '_>) -> Outcome {
    if call.value(0).is_nil() {
        return Err("index of untyped nil".into());
    }
    let Some((first, more)) = call.rest(1).split_first() else {
        return Ok(call.value(0).clone());
    };
    more.iter().try_fold(index_one(call.value(0), first)?, |item, index| index_one(&item, index))
}

fn index_one(item: &Value, index: &Value) -> Outcome {
    use crate::chart::template::Object;
    match item {
        Value::Absent | Value::Nil => Err("index of nil pointer".into()),
        Value::Str(text) => {
            let i = position(index, text.bytes().len(), "string")?;
            Ok(Value::Int(i64::from(text.bytes().get(i).copied().unwrap_or(0)), IntKind::Uint8))
        }
        Value::Bytes(bytes) => {
            let i = position(index, bytes.len(), "slice")?;
            Ok(Value::Int(i64::from(bytes.get(i).copied().unwrap_or(0)), IntKind::Uint8))
        }
        Value::List(list) => {
            let i = position(index, list.items().len(), "slice")?;
            Ok(list.items().get(i).cloned().unwrap_or(Value::Nil))
        }
        Value::Map(map) => {
            let key = key(index)?;
            Ok(map.get(&key).unwrap_or_else(|| map.kind().zero()))
        }
        Value::Object(Object::Files(files)) => Ok(files.entry(&key(index)?)),
        Value::Object(Object::Versions(versions)) => {
            let i = position(index, versions.len(), "slice")?;
            Ok(versions.get(i).map_or(Value::Nil, |v| Value::from(v.as_str())))
        }
        Value::Object(object) => Err(format!("can't index item of type {}", object.pointed_type_name()).into()),
        other => Err(format!("can't index item of type {}", other.type_name()).into()),
    }
}

/// An index into something of a length.
fn position(index: &Value, length: usize, kind: &str) -> Result<usize, Fault> {
    match index {
        Value::Int(i, _) => match usize::try_from(*i) {
            Ok(at) if at < length => Ok(at),
            // Go's own check lets it pass, and its reflection does not.
            Ok(at) if at == length => Err(format!("reflect: {kind} index out of range").into()),
            _ => Err(format!("index out of range: {i}").into()),
        },
        Value::Absent | Value::Nil => Err("cannot index slice/array with nil".into()),
        other => Err(format!("cannot index slice/array with type {}", other.type_name()).into()),
    }
}

fn key(index: &Value) -> Result<Cow<'_, str>, Fault> {
    match index {
        Value::Str(text) => Ok(text.text()),
        Value::Absent | Value::Nil => Err("value is nil; should be of type string".into()),
        other => Err(format!("value has type {}; should be string", other.type_name()).into()),
    }
}

fn call_function(call: &mut Call<'_, '_, '_>) -> Outcome {
    match call.value(0) {
        Value::Absent | Value::Nil => Err("call of nil".into()),
        // No value of a template is a function.
        other => Err(format!("non-function {} of type {}", call.written, other.type_name()).into()),
    }
}

fn print(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut out = Vec::new();
    let mut before: Option<&Value> = None;
    for value in call.args {
        // Go puts a space between two operands of which neither is a string.
        let is_text = |v: &Value| matches!(v, Value::Str(_));
        if before.is_some_and(|b| !is_text(b) && !is_text(value)) {
            out.push(b' ');
        }
        out.extend_from_slice(&call.printed(value)?);
        call.room(out.len())?;
        before = Some(value);
    }
    Ok(Value::Str(out.into()))
}

fn println(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut out = Vec::new();
    for (i, value) in call.args.iter().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(&call.printed(value)?);
        call.room(out.len())?;
    }
    out.push(b'\n');
    Ok(Value::Str(out.into()))
}

fn printf(call: &mut Call<'_, '_, '_>) -> Outcome {
    let limit = call.run.session.limits.output;
    let format = call.bytes(0);
    crate::chart::generated::check_format(format, call.rest(1), &call.run.session.tokens)?;
    Ok(Value::Str(sprintf(format, call.rest(1), limit)?.into()))
}

/// A map that a function makes.
pub(super) fn new_map<K: Into<std::sync::Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value.stored())).collect::<Map>())
}
