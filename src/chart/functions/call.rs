//! A call as a function sees it.

use crate::chart::template::{Fault, ListKind, Map, Run, Str, Value};
use std::borrow::Cow;

/// What a function answers.
pub type Outcome = Result<Value, Fault>;

const NOTHING: &Value = &Value::Absent;

/// A call: its arguments, already of the types that the function asks for.
pub struct Call<'a, 'r, 's> {
    /// The arguments; a method's receiver comes first.
    pub args: &'a [Value],
    /// The function's name, for its messages.
    pub name: &'static str,
    /// How the first argument is written in the template; for `call` alone.
    pub written: String,
    /// The render.
    pub run: &'r mut Run<'s>,
}

impl<'a> Call<'a, '_, '_> {
    /// The nth argument.
    pub(crate) fn value(&self, n: usize) -> &'a Value {
        self.args.get(n).unwrap_or(NOTHING)
    }

    /// The arguments from the nth on.
    pub(super) fn rest(&self, n: usize) -> &'a [Value] {
        self.args.get(n..).unwrap_or_default()
    }

    /// A string argument.
    pub(super) fn string(&self, n: usize) -> Option<&'a Str> {
        match self.value(n) {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// A string argument, as text.
    pub(crate) fn text(&self, n: usize) -> Cow<'a, str> {
        self.string(n).map_or(Cow::Borrowed(""), Str::text)
    }

    /// A string argument, as bytes.
    pub(super) fn bytes(&self, n: usize) -> &'a [u8] {
        self.string(n).map_or(&[], Str::bytes)
    }

    /// An integer argument.
    pub(super) fn int(&self, n: usize) -> i64 {
        match self.value(n) {
            Value::Int(i, _) => *i,
            _ => 0,
        }
    }

    /// A map argument; a nil map is none.
    pub(super) fn map(&self, n: usize) -> Option<&'a Map> {
        match self.value(n) {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Refuses a text of that many bytes, and counts the work of making a shorter one.
    pub(super) fn room(&mut self, bytes: usize) -> Result<(), Fault> {
        self.run.check_size(bytes)?;
        self.run.step(1 + (bytes as u64 >> 6))
    }

    /// Counts the work of reading a text of a language.
    pub(super) fn reading(&mut self, bytes: usize) -> Result<(), Fault> {
        self.run.step(1 + (bytes as u64 >> 2))
    }

    /// `fmt.Sprintf("%v", …)` of a value.
    pub(super) fn printed(&self, value: &Value) -> Result<Vec<u8>, Fault> {
        crate::chart::template::to_text(value, self.run.session.limits.output)
    }

    /// A value as sprig makes a string of it.
    pub(super) fn strval(&self, value: &Value) -> Result<Str, Fault> {
        Ok(match value {
            Value::Str(text) => text.clone(),
            Value::Bytes(bytes) => Str::from(&**bytes),
            Value::List(list) if list.is_nil() && list.kind() == ListKind::Named("[]uint8") => "".into(),
            other => Str::from(self.printed(other)?),
        })
    }

    /// An error for what depends on the moment or on chance: a render has neither.
    pub(super) fn not_hermetic<T>(&self, why: &str) -> Result<T, Fault> {
        Err(format!("a render is hermetic: {} gives nothing, because {why}", self.name).into())
    }
}
