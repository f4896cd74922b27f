//! Calls functions and methods: arguments evaluated and checked against the types that are asked
//! for, in Go's order and with its errors.

use super::error::Fault;
use super::eval::Tail;
use super::exec::{Done, Dot, Frame};
use super::map::MapKind;
use super::node::{At, Operand};
use super::run::Run;
use super::trace::Tracer;
use super::value::{IntKind, Value};
use crate::chart::functions::{Call, Func, Lazy, Print, Ty};
use smallvec::SmallVec;
use std::ops::Range;

/// The arguments of a call.
type Args = SmallVec<[Value; 4]>;

impl<'t> Frame<'t> {
    pub(super) fn call(
        &mut self,
        run: &mut Run<'_>,
        dot: Dot<'_>,
        func: &'static Func,
        node: At<'t>,
        tail: Tail<'t, '_>,
    ) -> Done<Value> {
        if func.lazy != Lazy::No {
            return self.and_or(run, dot, func, tail);
        }
        self.call_on(run, dot, (func, None), node, tail)
    }

    pub(super) fn call_on(
        &mut self,
        run: &mut Run<'_>,
        dot: Dot<'_>,
        (func, receiver): (&'static Func, Option<&Value>),
        node: At<'t>,
        tail: Tail<'t, '_>,
    ) -> Done<Value> {
        let mut args = Args::new();
        let reads = self.arguments(run, dot, (func, receiver), tail, &mut args)?;
        if let Some(tracer) = &mut run.session.tracer {
            looked_up(tracer, func.name, &args);
            tracer.before(func.name, &args, &reads);
        }
        let value = self.invoke(run, (func, &args), (node, tail), |call| {
            let value = (func.run)(call)?;
            call.run.counted(&value)?;
            Ok(value)
        })?;
        if let Some(tracer) = &mut run.session.tracer {
            tracer.after(func.name, (&args, &reads), &value);
        }
        Ok(value)
    }

    /// Calls a function that writes what it gives.
    pub(super) fn call_to_print(
        &mut self,
        run: &mut Run<'_>,
        dot: Dot<'_>,
        (func, print): (&'static Func, Print),
        node: At<'t>,
        tail: Tail<'t, '_>,
    ) -> Done<()> {
        let mut args = Args::new();
        self.arguments(run, dot, (func, None), tail, &mut args)?;
        self.invoke(run, (func, &args), (node, tail), |call| {
            let start = call.run.out.len();
            print(call)?;
            call.run.counted_from(start)
        })
    }

    /// The arguments of a call; where that is noted, the reads that each is made of too.
    fn arguments(
        &mut self,
        run: &mut Run<'_>,
        dot: Dot<'_>,
        (func, receiver): (&'static Func, Option<&Value>),
        tail: Tail<'t, '_>,
        args: &mut Args,
    ) -> Done<Vec<Range<usize>>> {
        let piped = run.piped();
        let mut reads = Vec::new();
        let given = tail.args.len() + usize::from(tail.last.is_some());
        self.check_count(func, given, tail)?;
        if let Some(why) = func.unfit {
            return self.fail(why.to_owned());
        }
        if let Some(receiver) = receiver {
            args.push(receiver.clone());
        }
        for (i, arg) in tail.args.iter().enumerate() {
            let from = run.traced();
            args.push(self.argument(run, dot, func.param(i), arg)?);
            if run.session.tracer.is_some() {
                reads.push(from..run.traced());
            }
        }
        if let Some(last) = tail.last {
            let mut last = last.clone();
            self.fit(&mut last, func.param(tail.args.len()))?;
            args.push(last);
            if run.session.tracer.is_some() {
                reads.push(piped);
            }
        }
        Ok(reads)
    }

    /// Lets a function work, and tells what becomes of it.
    fn invoke<T>(
        &mut self,
        run: &mut Run<'_>,
        (func, args): (&'static Func, &[Value]),
        (node, tail): (At<'t>, Tail<'t, '_>),
        body: impl FnOnce(&mut Call<'_, '_, '_>) -> Result<T, Fault>,
    ) -> Done<T> {
        let tokens = run.session.tokens.count();
        let done = match crate::chart::generated::refused(func, args, &run.session.tokens) {
            Some(fault) => Err(fault),
            None => {
                let written = if func.name == "call" { callee(tail) } else { String::new() };
                body(&mut Call { args, name: func.name, written, run })
            }
        };
        match done {
            Ok(made) => {
                if run.session.tokens.count() > tokens {
                    run.session.tokens.made_at(&self.place(node));
                }
                Ok(made)
            }
            Err(fault) => {
                self.at = node;
                let text = format!("error calling {}: {}", func.name, fault.text);
                Err(self.error(Fault { text, ..fault }))
            }
        }
    }

    fn check_count(&mut self, func: &Func, given: usize, tail: Tail<'_, '_>) -> Done<()> {
        let (name, fixed) = (func.name, func.params.len());
        if func.rest.is_some() {
            if given < fixed {
                let got = tail.args.len();
                return self.fail(format!("wrong number of args for {name}: want at least {fixed} got {got}"));
            }
        } else if given != fixed {
            return self.fail(format!("wrong number of args for {name}: want {fixed} got {given}"));
        }
        Ok(())
    }

    /// `and` and `or` stop at the first argument that settles them.
    fn and_or(&mut self, run: &mut Run<'_>, dot: Dot<'_>, func: &'static Func, tail: Tail<'t, '_>) -> Done<Value> {
        let given = tail.args.len() + usize::from(tail.last.is_some());
        self.check_count(func, given, tail)?;
        let mut value = Value::Absent;
        for arg in tail.args {
            value = self.argument(run, dot, Ty::Reflect, arg)?;
            if value.truth() == (func.lazy == Lazy::Or) {
                return Ok(value);
            }
        }
        if let Some(last) = tail.last {
            value = last.clone();
        }
        Ok(value)
    }

    /// One argument, of the type that the function wants.
    fn argument(&mut self, run: &mut Run<'_>, dot: Dot<'_>, ty: Ty, arg: &'t Operand) -> Done<Value> {
        self.at = At::Operand(arg);
        let mut value = match arg {
            Operand::Field { fields, .. } => self.chain(run, dot, dot, fields, At::Operand(arg), Tail::NONE)?,
            Operand::Dot { .. } => dot.value.clone(),
            Operand::Variable(variable) => self.variable(run, dot, variable, Tail::NONE)?,
            Operand::Pipe(pipe) => self.pipeline(run, dot, pipe)?,
            Operand::Function { func, .. } => self.call(run, dot, func, At::Operand(arg), Tail::NONE)?,
            Operand::Chain { .. } => self.chained(run, dot, arg, Tail::NONE)?,
            Operand::Bool { .. } | Operand::Number { .. } | Operand::String { .. } => {
                return self.literal(dot, ty, arg);
            }
            Operand::Nil { .. } if ty == Ty::Reflect => return Ok(Value::Absent),
            Operand::Nil { .. } if ty.can_be_nil() => return Ok(Value::Nil),
            Operand::Nil { .. } => return self.fail(format!("cannot assign nil to {}", ty.name())),
        };
        self.fit(&mut value, ty)?;
        Ok(value)
    }

    /// A literal takes the type that is asked for, if it can.
    fn literal(&mut self, dot: Dot<'_>, ty: Ty, arg: &'t Operand) -> Done<Value> {
        let wanted = match (ty, arg) {
            (Ty::Any | Ty::Reflect, _) => return self.constant(dot, arg),
            (Ty::Bool, Operand::Bool { value, .. }) => return Ok(Value::Bool(*value)),
            (Ty::Str, Operand::String { text, .. }) => return Ok(Value::Str(text.clone())),
            (Ty::Int | Ty::Int64, Operand::Number { number, .. }) if number.int.is_some() => {
                let kind = if ty == Ty::Int { IntKind::Int } else { IntKind::Int64 };
                return Ok(Value::Int(number.int.unwrap_or_default(), kind));
            }
            (Ty::Uint32, Operand::Number { number, .. }) if number.uint.is_some() => {
                let value = number.uint.and_then(|uint| i64::try_from(uint & 0xffff_ffff).ok());
                return Ok(Value::Int(value.unwrap_or_default(), IntKind::Named("uint32")));
            }
            (Ty::Float, Operand::Number { number, .. }) if number.float.is_some() => {
                return Ok(Value::Float(number.float.unwrap_or_default()));
            }
            (Ty::Named("time.Duration"), Operand::Number { number, .. }) if number.int.is_some() => {
                return Ok(Value::Int(number.int.unwrap_or_default(), IntKind::Named("time.Duration")));
            }
            (Ty::Bool, _) => "bool",
            (Ty::Str, _) => "string",
            (Ty::Int | Ty::Int64 | Ty::Named("time.Duration"), _) => "integer",
            (Ty::Uint32, _) => "unsigned integer",
            (Ty::Float, _) => "float",
            _ => {
                let name = ty.name();
                return self.fail(format!("can't handle {arg} for arg of type {name}"));
            }
        };
        self.fail(format!("expected {wanted}; found {arg}"))
    }

    /// Checks a value against a type, as Go's `validateType`, and makes one of that type of it.
    fn fit(&mut self, value: &mut Value, ty: Ty) -> Done<()> {
        let fits = match (&*value, ty) {
            (Value::Object(object), Ty::Any) => {
                if let Some(copied) = object.copied() {
                    *value = Value::Object(copied);
                }
                true
            }
            (_, Ty::Any | Ty::Reflect)
            | (Value::Str(_), Ty::Str)
            | (Value::Int(_, IntKind::Int), Ty::Int)
            | (Value::Int(_, IntKind::Int64), Ty::Int64)
            | (Value::Float(_), Ty::Float)
            | (Value::Bool(_), Ty::Bool) => true,
            (Value::Absent, _) => {
                if ty.can_be_nil() {
                    return Ok(());
                }
                return self.fail(format!("invalid value; expected {}", ty.name()));
            }
            (Value::Map(map), Ty::Map) if map.kind().is_any() => {
                *value = Value::Map(map.seen_as(MapKind::Any));
                true
            }
            (Value::Object(object), Ty::Named(name)) => object.type_name() == name,
            (Value::Int(_, IntKind::Named(kind)), Ty::Named(name)) => *kind == name,
            (Value::Bytes(_), Ty::Named(name)) => name == "[]uint8",
            (Value::List(list), Ty::Named(name)) => list.kind().type_name() == name,
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let got = match &*value {
            Value::Nil => "interface {}",
            other => other.type_name(),
        };
        self.fail(format!("wrong type for value; expected {}; got {got}", ty.name()))
    }
}

/// How the argument of `call` is written, or what it is when it was piped.
fn callee(tail: Tail<'_, '_>) -> String {
    match (tail.args.first(), tail.last) {
        (Some(first), _) => first.to_string(),
        (None, Some(Value::Str(text))) => text.text().into_owned(),
        (None, Some(Value::Absent)) => "<invalid Value>".to_owned(),
        (None, Some(value)) => format!("<{} Value>", value.type_name()),
        (None, None) => String::new(),
    }
}

/// Notes what a function looks up in a mapping by its keys.
#[cold]
fn looked_up(tracer: &mut Tracer, function: &str, args: &[Value]) {
    const WHOLE: [&str; 10] = [
        "toYaml",
        "toYamlPretty",
        "mustToYaml",
        "toJson",
        "mustToJson",
        "toPrettyJson",
        "toRawJson",
        "toToml",
        "keys",
        "values",
    ];
    if WHOLE.contains(&function) {
        for arg in args {
            if let Value::Map(map) = arg {
                tracer.read_whole(map);
            }
        }
    }
    if let ("pluck", [Value::Str(key), maps @ ..]) = (function, args) {
        for map in maps {
            if let Value::Map(map) = map {
                tracer.read(map, &[&key.text()]);
            }
        }
    }
    if !matches!(function, "index" | "get" | "hasKey" | "dig") {
        return;
    }
    let map = args.iter().find_map(|arg| match arg {
        Value::Map(map) => Some(map),
        _ => None,
    });
    let texts = args.iter().filter_map(|arg| match arg {
        Value::Str(text) => Some(text.text()),
        _ => None,
    });
    // The last text of `dig` is what it gives where nothing is found.
    let taken = if function == "dig" { args.len().saturating_sub(2) } else { args.len() };
    let keys: Vec<_> = texts.take(taken).collect();
    if let Some(map) = map {
        tracer.read(map, &keys.iter().map(AsRef::as_ref).collect::<Vec<&str>>());
    }
}
