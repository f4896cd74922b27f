//! `--set`, `--set-string`, `--set-json` and `--set-file`: one grammar, and four ways to make a value of what is written.

use serde_json::Value;

use super::{
    Done, End, Source, Table, deeper, line::Line, list, list_at, mapping, negative, no_value, no_values, put, put_at,
};
use crate::chart::{template::go_quote, yaml};

pub(super) fn set(line: &str, values: &mut Table, source: Source<'_>) -> End {
    let mut typed = Typed { line: Line(line), source };
    loop {
        if let Err(end) = typed.key(values, 0) {
            return end;
        }
    }
}

struct Typed<'l, 'r> {
    line: Line<'l>,
    source: Source<'r>,
}

/// What stands behind a `=`.
enum Written {
    List(Vec<Value>),
    /// The line ends there.
    Nothing,
    One(Value),
}

impl Typed<'_, '_> {
    fn key(&mut self, values: &mut Table, level: usize) -> Done<()> {
        let (key, stop) = self.line.until(&['=', '[', ',', '.'], true);
        match stop {
            None if key.is_empty() => Err(End::Early),
            None => Err(no_value(&key)),
            Some('[') => {
                let index = self.line.index(true)?;
                let mut items = list(values, &key)?;
                let done = self.item(&mut items, index, level);
                put(values, &key, Value::Array(items));
                done
            }
            Some('=') if matches!(self.source, Source::Json) => {
                let value = self.json()?;
                put(values, &key, value);
                Ok(())
            }
            Some('=') => match self.written()? {
                Written::List(items) => {
                    put(values, &key, Value::Array(items));
                    Ok(())
                }
                Written::Nothing => {
                    put(values, &key, Value::String(String::new()));
                    Err(End::Early)
                }
                Written::One(value) => {
                    put(values, &key, value);
                    Ok(())
                }
            },
            Some('.') => {
                let level = deeper(level)?;
                if let Some(inner) = mapping(values, &key)? {
                    let done = self.key(inner, level);
                    return if inner.is_empty() { done.and_then(|()| Err(no_values(&key))) } else { done };
                }
                let mut inner = Table::new();
                let done = self.key(&mut inner, level);
                if inner.is_empty() {
                    return done.and_then(|()| Err(no_values(&key)));
                }
                put(values, &key, Value::Object(inner));
                done
            }
            Some(_) => Err(End::of(format!("key {} has no value (cannot end with ,)", go_quote(&key)))),
        }
    }

    /// What stands behind the brackets.
    fn item(&mut self, items: &mut Vec<Value>, index: i64, level: usize) -> Done<()> {
        if index < 0 {
            return Err(negative(index));
        }
        match self.line.behind_index(true)? {
            None => Err(End::Early),
            Some('[') => {
                let next = self.line.index(true)?;
                let mut below = list_at(items, index)?;
                self.item(&mut below, next, level)?;
                put_at(items, index, Value::Array(below))
            }
            Some('.') => below(items, index, |inner| self.key(inner, level)),
            Some(_) if matches!(self.source, Source::Json) => {
                let value = self.json()?;
                put_at(items, index, value)
            }
            Some(_) => {
                let value = match self.written()? {
                    Written::List(list) => Value::Array(list),
                    Written::Nothing => Value::String(String::new()),
                    Written::One(value) => value,
                };
                put_at(items, index, value)
            }
        }
    }

    fn written(&mut self) -> Done<Written> {
        if self.line.0.is_empty() {
            return Ok(Written::Nothing);
        }
        if !self.line.takes('{') {
            let (text, _) = self.line.until(&[','], true);
            return self.value(text).map(Written::One);
        }
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.line.until(&[',', '}'], true);
            let Some(stop) = stop else {
                return Err(End::of("list must terminate with '}'"));
            };
            if stop == '}' {
                self.line.takes(',');
            }
            items.push(self.value(text)?);
            if stop == '}' {
                return Ok(Written::List(items));
            }
        }
    }

    fn value(&mut self, text: String) -> Done<Value> {
        match &mut self.source {
            Source::Typed => Ok(told(text)),
            Source::Files(read) => read(&text).map(Value::String).map_err(End::Wrong),
            _ => Ok(Value::String(text)),
        }
    }

    /// The JSON at this place, and a comma behind it.
    fn json(&mut self) -> Done<Value> {
        if self.is_empty_value() {
            return Ok(Value::Null);
        }
        let mut values = serde_json::Deserializer::from_str(self.line.0).into_iter::<Value>();
        let value = match values.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => return Err(End::of(error.to_string())),
            None => return Err(End::Early),
        };
        let read = values.byte_offset();
        self.line.0 = self.line.0.get(read..).unwrap_or_default();
        self.is_empty_value();
        Ok(yaml::as_float64(value))
    }

    /// Skips white space and a comma; whether there is nothing before the comma, or the end.
    fn is_empty_value(&mut self) -> bool {
        loop {
            match self.line.0.chars().next() {
                None => return true,
                Some(',') => {
                    self.line.next();
                    return true;
                }
                Some(c) if c.is_whitespace() => {
                    self.line.next();
                }
                Some(_) => return false,
            }
        }
    }
}

/// Goes on below an item of a list, which becomes a mapping if it is none. Of an item that is not there yet nothing is kept
/// where the line ends early.
pub(super) fn below(items: &mut Vec<Value>, index: i64, go_on: impl FnOnce(&mut Table) -> Done<()>) -> Done<()> {
    let there = usize::try_from(index).ok().and_then(|at| items.get_mut(at));
    if let Some(item) = there {
        if !item.is_object() {
            *item = Value::Object(Table::new());
        }
        if let Value::Object(inner) = item {
            return go_on(inner);
        }
    }
    let mut inner = Table::new();
    go_on(&mut inner)?;
    put_at(items, index, Value::Object(inner))
}

/// A value of the type that it looks like.
fn told(text: String) -> Value {
    // In whatever case, the long s of `falſe` included.
    match text.to_uppercase().as_str() {
        "TRUE" => return Value::Bool(true),
        "FALSE" => return Value::Bool(false),
        "NULL" => return Value::Null,
        _ => {}
    }
    // A number does not begin with a zero, unless it is one.
    if (text == "0" || !text.starts_with('0'))
        && let Ok(number) = text.parse::<i64>()
    {
        return number.into();
    }
    Value::String(text)
}
