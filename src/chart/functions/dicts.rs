//! Maps.

use super::builtin::new_map;
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Entries, Fault, List, Map, MapKind, Object, Str, Value, Zone};
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("dict", &[], dict).rest(Ty::Any).pass(),
    Func::new("get", &[Ty::Map, Ty::Str], |call| {
        let found = call.map(0).and_then(|map| map.get(&call.text(1)));
        Ok(found.unwrap_or_else(|| "".into()))
    })
    .pass(),
    Func::new("set", &[Ty::Map, Ty::Str, Ty::Any], set).pass(),
    Func::new("unset", &[Ty::Map, Ty::Str], |call| {
        if let Some(map) = call.map(0) {
            map.remove(&call.text(1));
        }
        Ok(Value::Map(call.map(0).map_or_else(|| Map::nil(MapKind::Any), Map::clone)))
    })
    .pass(),
    Func::new("hasKey", &[Ty::Map, Ty::Str], |call| {
        Ok(Value::Bool(call.map(0).is_some_and(|map| map.contains(&call.text(1)))))
    })
    .pass(),
    Func::new("pluck", &[Ty::Str], pluck).rest(Ty::Map).pass(),
    Func::new("keys", &[], keys).rest(Ty::Map).pass(),
    Func::new("values", &[Ty::Map], |call| {
        let entries = call.map(0).map(Map::snapshot).unwrap_or_default();
        Ok(super::lists::list(entries.into_iter().map(|(_, value)| value).collect()))
    })
    .pass(),
    Func::new("pick", &[Ty::Map], |call| filtered(call, true)).rest(Ty::Str).pass(),
    Func::new("omit", &[Ty::Map], |call| filtered(call, false)).rest(Ty::Str).pass(),
    Func::new("dig", &[], dig).rest(Ty::Any).pass(),
    Func::new("deepCopy", &[Ty::Any], deep_copy).pass(),
    Func::new("mustDeepCopy", &[Ty::Any], deep_copy).pass(),
];

fn dict(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut entries = Entries::new();
    for pair in call.args.chunks(2) {
        let [key, value @ ..] = pair else { continue };
        let key = match call.strval(key)? {
            crate::chart::template::Str::Text(text) => text,
            raw @ crate::chart::template::Str::Raw(_) => raw.text().as_ref().into(),
        };
        entries.insert(key.into(), value.first().map_or_else(|| "".into(), |value| value.clone().stored()));
    }
    Ok(Value::Map(Map::new(MapKind::Any, entries)))
}

fn set(call: &mut Call<'_, '_, '_>) -> Outcome {
    match call.map(0) {
        Some(map) if !map.is_nil() => {
            let key = match call.string(1) {
                Some(Str::Text(key)) => Arc::clone(key),
                _ => call.text(1).as_ref().into(),
            };
            call.run.put(map, key, call.value(2).clone());
            Ok(Value::Map(map.clone()))
        }
        _ => Err("assignment to entry in nil map".into()),
    }
}

fn pluck(call: &mut Call<'_, '_, '_>) -> Outcome {
    let key = call.text(0);
    let maps = call.rest(1).iter();
    let found = maps.filter_map(|value| match value {
        Value::Map(map) => map.get(&key),
        _ => None,
    });
    Ok(super::lists::list(found.collect()))
}

/// The keys, sorted: Go gives them in no order, so no chart can rely on one.
fn keys(call: &mut Call<'_, '_, '_>) -> Outcome {
    let mut keys = Vec::new();
    for value in call.args {
        if let Value::Map(map) = value {
            keys.extend(map.snapshot().into_iter().map(|(key, _)| Value::from(&*key)));
        }
    }
    Ok(Value::List(List::strings(keys)))
}

fn filtered(call: &mut Call<'_, '_, '_>, wanted: bool) -> Outcome {
    let entries = call.map(0).map(Map::snapshot).unwrap_or_default();
    let named: Vec<_> = (1..call.args.len()).map(|n| call.text(n)).collect();
    let kept = entries.into_iter().filter(|(key, _)| named.iter().any(|name| **name == **key) == wanted);
    Ok(new_map(kept))
}

fn dig(call: &mut Call<'_, '_, '_>) -> Outcome {
    let [path @ .., default, dict] = call.args else {
        return Err("dig needs at least three arguments".into());
    };
    if path.is_empty() {
        return Err("dig needs at least three arguments".into());
    }
    let as_map = |value: &Value| match value {
        Value::Map(map) if map.kind() == MapKind::Any => Ok(map.clone()),
        other => Err(conversion(other, "map[string]interface {}")),
    };
    let mut keys = Vec::with_capacity(path.len());
    let mut map = as_map(dict)?;
    for key in path {
        match key {
            Value::Str(text) => keys.push(text.text()),
            other => return Err(conversion(other, "string")),
        }
    }
    let last = keys.len() - 1;
    for (i, key) in keys.iter().enumerate() {
        match map.get(key) {
            None => return Ok(default.clone()),
            Some(value) if i == last => return Ok(value),
            Some(value) => map = as_map(&value)?,
        }
    }
    Ok(default.clone())
}

/// What Go says of a type assertion that fails.
fn conversion(value: &Value, wanted: &str) -> Fault {
    let is = match value {
        Value::Absent | Value::Nil => "nil",
        other => other.type_name(),
    };
    format!("interface conversion: interface {{}} is {is}, not {wanted}").into()
}

fn deep_copy(call: &mut Call<'_, '_, '_>) -> Outcome {
    if call.value(0).is_nil() {
        return Err("reflect: call of reflect.Value.Type on zero Value".into());
    }
    copy(call, call.value(0), 0)
}

fn copy(call: &mut Call<'_, '_, '_>, value: &Value, depth: usize) -> Outcome {
    call.run.step(1)?;
    if depth > 500 {
        return Err(Fault::bound("the value is nested too deeply to be copied"));
    }
    Ok(match value {
        Value::List(list) => {
            let items = list.items().iter().map(|item| copy(call, item, depth + 1));
            Value::List(List::new(list.kind(), items.collect::<Result<_, _>>()?))
        }
        Value::Map(map) => {
            let mut entries = crate::chart::template::Entries::new();
            for (key, item) in map.snapshot() {
                entries.insert(key.into(), copy(call, &item, depth + 1)?);
            }
            Value::Map(Map::new(map.kind(), entries))
        }
        // The library sees no hidden fields, and leaves them out of the copy.
        Value::Object(Object::Record(record)) if record.text_is_json => super::semver::zero(record.type_name),
        Value::Object(Object::Zone(_)) => Value::Object(Object::Zone(Zone::fixed("", 0).into())),
        other => other.clone(),
    })
}
