//! `--set-literal`: one value, which is all that stands behind the first `=`.

use serde_json::Value;

use super::{Done, End, Table, deeper, line::Line, list, list_at, mapping, negative, no_value, no_values, put, put_at};

pub(super) fn set(line: &str, values: &mut Table) -> End {
    let mut literal = Literal(Line(line));
    loop {
        if let Err(end) = literal.key(values, 0) {
            return end;
        }
    }
}

struct Literal<'l>(Line<'l>);

impl Literal<'_> {
    fn rest(&mut self) -> Value {
        Value::String(self.0.until(&[], false).0)
    }

    fn key(&mut self, values: &mut Table, level: usize) -> Done<()> {
        let (key, stop) = self.0.until(&['=', '[', '.'], false);
        match stop {
            None if key.is_empty() => Err(End::Early),
            None => Err(no_value(&key)),
            Some('[') => {
                let index = self.0.index(false)?;
                let mut items = list(values, &key)?;
                let done = self.item(&mut items, index, level);
                put(values, &key, Value::Array(items));
                done
            }
            Some('.') => {
                let level = deeper(level)?;
                if let Some(inner) = mapping(values, &key)? {
                    return self.key(inner, level);
                }
                let mut inner = Table::new();
                let done = self.key(&mut inner, level);
                if inner.is_empty() {
                    return done.and_then(|()| Err(no_values(&key)));
                }
                put(values, &key, Value::Object(inner));
                done
            }
            Some(_) => {
                let value = self.rest();
                put(values, &key, value);
                Ok(())
            }
        }
    }

    fn item(&mut self, items: &mut Vec<Value>, index: i64, level: usize) -> Done<()> {
        if index < 0 {
            return Err(negative(index));
        }
        match self.0.behind_index(false)? {
            None => Err(End::Early),
            Some('[') => {
                let next = self.0.index(false)?;
                let mut below = list_at(items, index)?;
                self.item(&mut below, next, level)?;
                put_at(items, index, Value::Array(below))
            }
            Some('.') => super::typed::below(items, index, |inner| self.key(inner, level)),
            Some(_) => {
                let value = self.rest();
                put_at(items, index, value)
            }
        }
    }
}
