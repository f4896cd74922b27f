//! Values of a command line, as `--set` and its kin take them: Helm's grammar, and its words where a line breaks it.
//!
//! `a.b=1,c={x,y},d[2].e=z` sets one value after another; a backslash takes what follows it as it is. A line may end where
//! a value should begin, and what that means differs from place to place: [`End::Early`] is that, and is no error.

mod line;
mod literal;
mod typed;

use serde_json::Value;

use super::{
    template::{self, go_quote},
    values::Table,
};

/// The highest place in a list that can be set.
const MAX_INDEX: i64 = 65536;
/// So many points may a name have.
const MAX_LEVEL: usize = 30;

/// Where the values of a line come from.
pub enum Source<'r> {
    /// `--set`: numbers and truth values are told by their looks.
    Typed,
    /// `--set-string`
    Text,
    /// `--set-json`
    Json,
    /// `--set-literal`: the rest of the line, whatever is in it.
    Literal,
    /// `--set-file`: what reads a file.
    Files(&'r mut dyn FnMut(&str) -> Result<String, String>),
}

/// Sets what a line says over the values that are there.
///
/// # Errors
/// Helm's message, without what it puts before it.
pub fn set(line: &str, values: &mut Table, source: Source<'_>) -> Result<(), String> {
    let ended = match source {
        Source::Literal => literal::set(line, values),
        source => typed::set(line, values, source),
    };
    match ended {
        End::Early => Ok(()),
        End::Wrong(message) => Err(message),
    }
}

/// Why no more of a line is read.
enum End {
    /// There is no more of it.
    Early,
    /// It breaks the grammar.
    Wrong(String),
}

impl End {
    fn of(message: impl Into<String>) -> Self {
        Self::Wrong(message.into())
    }
}

type Done<T> = Result<T, End>;

/// Puts a value below a name; below none it is lost.
fn put(values: &mut Table, key: &str, value: Value) {
    if !key.is_empty() {
        values.insert(key.to_owned(), value);
    }
}

/// Puts a value at a place of a list, which grows as far as it must.
fn put_at(list: &mut Vec<Value>, index: i64, value: Value) -> Done<()> {
    if index > MAX_INDEX {
        return Err(End::of(format!("index of {index} is greater than maximum supported index of {MAX_INDEX}")));
    }
    let Ok(at) = usize::try_from(index) else {
        return Err(negative(index));
    };
    if list.len() <= at {
        list.resize(at + 1, Value::Null);
    }
    list[at] = value;
    Ok(())
}

fn negative(index: i64) -> End {
    End::of(format!("negative {index} index not allowed"))
}

/// One more point in a name.
fn deeper(level: usize) -> Done<usize> {
    if level >= MAX_LEVEL {
        let message = format!("value name nested level is greater than maximum supported nested level of {MAX_LEVEL}");
        return Err(End::of(message));
    }
    Ok(level + 1)
}

/// What is said where a value that is there is not of the kind that the line takes it for.
fn mistaken(value: &Value, wanted: &str) -> End {
    let is = match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    };
    End::of(format!("unable to parse key: interface conversion: interface {{}} is {is}, not {wanted}"))
}

/// The mapping below a name, which must be one if it is there.
fn mapping<'v>(values: &'v mut Table, key: &str) -> Done<Option<&'v mut Table>> {
    match values.get_mut(key) {
        None => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(other) => Err(mistaken(other, "map[string]interface {}")),
    }
}

/// Takes the list below a name out; an empty one where there is none.
fn list(values: &mut Table, key: &str) -> Done<Vec<Value>> {
    match values.get_mut(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(std::mem::take(items)),
        Some(other) => Err(mistaken(other, "[]interface {}")),
    }
}

/// Takes the list at a place of another out.
fn list_at(items: &mut [Value], index: i64) -> Done<Vec<Value>> {
    match usize::try_from(index).ok().and_then(|at| items.get_mut(at)) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(std::mem::take(items)),
        Some(other) => Err(mistaken(other, "[]interface {}")),
    }
}

/// The number in brackets, as Go reads it.
fn number(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("strconv.Atoi: parsing {}: invalid syntax", go_quote(text)));
    }
    text.parse().map_err(|_| format!("strconv.Atoi: parsing {}: value out of range", go_quote(text)))
}

/// Characters as Go prints a list of them, quoted.
fn quoted_each(text: &str) -> String {
    let quoted: Vec<String> = text.chars().map(|c| template::quote_rune(c, template::Keep::Printable)).collect();
    format!("[{}]", quoted.join(" "))
}

fn no_value(key: &str) -> End {
    End::of(format!("key {} has no value", go_quote(key)))
}

fn no_values(key: &str) -> End {
    End::of(format!("key map {} has no value", go_quote(key)))
}
