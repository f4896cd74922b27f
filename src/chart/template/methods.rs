//! The methods of typed objects.

#![allow(clippy::unnecessary_wraps, reason = "methods have one signature, whether they can fail or not")]

use super::error::Fault;
use super::map::{List, Map, MapKind};
use super::object::Object;
use super::quote::go_quote;
use super::value::Value;
use crate::chart::functions::{Call, Func, Outcome, Ty};
use base64::Engine as _;

/// Of `.Files`.
pub(crate) const FILES: &[Func] = &[
    Func::new("Get", &[Ty::Str], files_get),
    Func::new("GetBytes", &[Ty::Str], files_get_bytes),
    Func::new("Glob", &[Ty::Str], files_glob),
    Func::new("AsConfig", &[], files_as_config),
    Func::new("AsSecrets", &[], files_as_secrets),
    Func::new("Lines", &[Ty::Str], files_lines),
];

/// Of `.Capabilities`.
pub(crate) const CAPABILITIES: &[Func] = &[Func::new("Copy", &[], |call| Ok(call.value(0).clone()))];

/// Of `.Capabilities.KubeVersion`.
pub(crate) const KUBE_VERSION: &[Func] =
    &[Func::new("String", &[], record_text), Func::new("GitVersion", &[], record_text)];

/// Of `.Capabilities.APIVersions`.
pub(crate) const VERSIONS: &[Func] = &[Func::new("Has", &[Ty::Str], versions_has)];

/// Of `.Values`.
pub(crate) const VALUES: &[Func] = &[
    Func::new("AsMap", &[], |call| {
        Ok(match call.value(0) {
            Value::Map(map) => Value::Map(map.seen_as(MapKind::Any)),
            other => other.clone(),
        })
    }),
    Func::new("Table", &[Ty::Str], |call| {
        let map = table(call.value(0), &call.text(1))?;
        Ok(Value::Map(map.seen_as(MapKind::Values)))
    }),
    // No template has a writer but none.
    Func::new("Encode", &[Ty::Named("io.Writer")], |_| {
        Err(Fault::from("runtime error: invalid memory address or nil pointer dereference".to_owned()))
    }),
    Func::new("PathValue", &[Ty::Str], path_value),
    Func::new("YAML", &[], |call| {
        let json = crate::chart::functions::json::to_json(call.run, call.value(0))?;
        Ok(Value::from(json.map(|json| crate::chart::yaml::write(&json)).unwrap_or_default()))
    }),
];

/// The map below a path of names.
fn table(values: &Value, path: &str) -> Result<Map, Fault> {
    let no_table = |name: &str| Fault::from(format!("{} is not a table", go_quote(name)));
    let Value::Map(map) = values else {
        return Err(no_table(path));
    };
    let mut here = map.clone();
    for name in path.split('.') {
        match here.get(name) {
            Some(Value::Map(map)) if map.kind().is_any() => here = map,
            _ => return Err(no_table(name)),
        }
    }
    Ok(here)
}

fn path_value(call: &mut Call<'_, '_, '_>) -> Outcome {
    let path = call.text(1);
    if path.is_empty() {
        return Err("YAML path cannot be empty".into());
    }
    let (parents, key) = path.rsplit_once('.').map_or((None, &*path), |(parents, key)| (Some(parents), key));
    let no_value = || Fault::from(format!("{} is not a value", go_quote(key)));
    let map = match (parents, call.value(0)) {
        (Some(parents), values) => table(values, parents).map_err(|_| no_value())?,
        (None, Value::Map(map)) => map.clone(),
        (None, _) => return Err(no_value()),
    };
    match map.get(key) {
        Some(value) if !matches!(value, Value::Map(_)) => Ok(value),
        _ => Err(no_value()),
    }
}

fn files<'a>(call: &Call<'a, '_, '_>) -> &'a super::files::Files {
    static NONE: std::sync::LazyLock<super::files::Files> = std::sync::LazyLock::new(super::files::Files::default);
    match call.args.first() {
        Some(Value::Object(Object::Files(files))) => files,
        _ => &NONE,
    }
}

fn files_get(call: &mut Call<'_, '_, '_>) -> Outcome {
    Ok(Value::Str(files(call).text(&call.text(1))))
}

fn files_get_bytes(call: &mut Call<'_, '_, '_>) -> Outcome {
    Ok(Value::Bytes(files(call).get(&call.text(1)).into()))
}

fn files_glob(call: &mut Call<'_, '_, '_>) -> Outcome {
    let found = files(call).glob(&call.text(1));
    Ok(Value::Object(Object::Files(found.into())))
}

fn files_as_config(call: &mut Call<'_, '_, '_>) -> Outcome {
    let entries = files(call).by_base_name().into_iter();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(as_yaml(entries.map(|(name, bytes)| (name.to_owned(), text(bytes)))))
}

fn files_as_secrets(call: &mut Call<'_, '_, '_>) -> Outcome {
    let entries = files(call).by_base_name().into_iter();
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    Ok(as_yaml(entries.map(|(name, bytes)| (name.to_owned(), encode(bytes)))))
}

fn as_yaml(entries: impl Iterator<Item = (String, String)>) -> Value {
    let object = entries.map(|(k, v)| (k, serde_json::Value::String(v))).collect();
    let text = crate::chart::yaml::write(&serde_json::Value::Object(object));
    Value::from(text.strip_suffix('\n').unwrap_or(&text))
}

fn files_lines(call: &mut Call<'_, '_, '_>) -> Outcome {
    Ok(Value::List(List::strings(files(call).lines(&call.text(1)))))
}

fn record_text(call: &mut Call<'_, '_, '_>) -> Outcome {
    Ok(match call.value(0) {
        Value::Object(Object::Record(record)) => record.text.clone().map_or(Value::from(""), Value::Str),
        _ => Value::from(""),
    })
}

fn versions_has(call: &mut Call<'_, '_, '_>) -> Outcome {
    let wanted = call.text(1);
    Ok(Value::Bool(match call.value(0) {
        Value::Object(Object::Versions(versions)) => versions.iter().any(|v| **v == *wanted),
        _ => false,
    }))
}
