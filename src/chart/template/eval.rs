//! Evaluates pipelines, commands, fields and variables, with Go's errors.

use super::exec::{Done, Dot, Frame, Slot};
use super::key::Key;
use super::node::{At, Command, Operand, Pipe, Variable};
use super::number::Number;
use super::quote::go_quote;
use super::run::Run;
use super::trace::Tracer;
use super::value::Value;

/// What hangs on the last field of a chain: its arguments, and the value piped into it.
#[derive(Clone, Copy)]
pub(super) struct Tail<'t, 'v> {
    pub args: &'t [Operand],
    pub last: Option<&'v Value>,
}

impl Tail<'_, '_> {
    pub const NONE: Tail<'static, 'static> = Tail { args: &[], last: None };

    fn is_none(&self) -> bool {
        self.args.is_empty() && self.last.is_none()
    }
}

impl<'t> Frame<'t> {
    /// The value of a pipeline, which its variables get too. A stored nil becomes no value.
    pub(super) fn pipeline(&mut self, run: &mut Run<'_>, dot: Dot<'_>, pipe: &'t Pipe) -> Done<Value> {
        self.at = At::Pipe(pipe);
        let from = run.traced();
        let value = self.commands(run, dot, &pipe.commands)?.unwrap_or(Value::Absent);
        for variable in &pipe.decl {
            if pipe.assign {
                self.assign(variable, (value.clone(), false))?;
            } else {
                self.vars.push(Slot { id: variable.id, value: value.clone(), boxed: false });
            }
            if run.session.tracer.is_some()
                && let Some(place) = self.vars.iter().rposition(|slot| slot.id == variable.id)
            {
                run.trace_variable(place, |tracer, place| tracer.set_variable(place, from, &value));
            }
        }
        Ok(value)
    }

    /// Lets the last function of a pipeline write what it gives, where it can and nobody wants to know more.
    pub(super) fn printed(&mut self, run: &mut Run<'_>, dot: Dot<'_>, pipe: &'t Pipe) -> Done<bool> {
        let Some((last, before)) = pipe.commands.split_last() else { return Ok(false) };
        let Some((first @ Operand::Function { func, .. }, args)) = last.args.split_first() else { return Ok(false) };
        let Some(print) = func.print.filter(|_| run.session.tracer.is_none()) else { return Ok(false) };
        self.at = At::Pipe(pipe);
        let value = self.commands(run, dot, before)?;
        self.at = At::Operand(first);
        let tail = Tail { args, last: value.as_ref() };
        self.call_to_print(run, dot, (func, print), At::Command(last), tail)?;
        Ok(true)
    }

    /// The value that commands give one to the next; none where there are none.
    fn commands(&mut self, run: &mut Run<'_>, dot: Dot<'_>, commands: &'t [Command]) -> Done<Option<Value>> {
        let mut value = None;
        let from = run.traced();
        for command in commands {
            if let Some(tracer) = &mut run.session.tracer {
                tracer.begin_command(from);
            }
            value = Some(self.command(run, dot, command, value.as_ref())?.dug());
        }
        Ok(value)
    }

    fn command(&mut self, run: &mut Run<'_>, dot: Dot<'_>, command: &'t Command, last: Option<&Value>) -> Done<Value> {
        let Some((first, args)) = command.args.split_first() else {
            return self.fail("empty command");
        };
        let tail = Tail { args, last };
        match first {
            Operand::Field { fields, .. } => {
                self.at = At::Operand(first);
                self.chain(run, dot, dot, fields, At::Operand(first), tail)
            }
            Operand::Chain { .. } => self.chained(run, dot, first, tail),
            Operand::Function { func, .. } => {
                self.at = At::Operand(first);
                self.call(run, dot, func, At::Command(command), tail)
            }
            Operand::Pipe(pipe) => {
                self.not_a_function(first, tail)?;
                self.pipeline(run, dot, pipe)
            }
            Operand::Variable(variable) => self.variable(run, dot, variable, tail),
            Operand::Bool { .. }
            | Operand::Dot { .. }
            | Operand::Nil { .. }
            | Operand::Number { .. }
            | Operand::String { .. } => {
                self.at = At::Operand(first);
                self.not_a_function(first, tail)?;
                if matches!(first, Operand::Nil { .. }) {
                    return self.fail("nil is not a command");
                }
                self.constant(dot, first)
            }
        }
    }

    /// The value of a literal or of the dot.
    pub(super) fn constant(&mut self, dot: Dot<'_>, operand: &'t Operand) -> Done<Value> {
        Ok(match operand {
            Operand::Bool { value, .. } => Value::Bool(*value),
            Operand::Dot { .. } => dot.value.clone(),
            Operand::String { text, .. } => Value::Str(text.clone()),
            Operand::Number { number, .. } => self.ideal(operand, number)?,
            _ => Value::Absent,
        })
    }

    /// The type that a number constant takes where none is asked for.
    fn ideal(&mut self, operand: &'t Operand, number: &Number) -> Done<Value> {
        self.at = At::Operand(operand);
        if let Some((re, im)) = number.complex {
            return Ok(Value::Complex(re, im));
        }
        let text = number.text.as_str();
        let hex = text.starts_with("0x") || text.starts_with("0X");
        let hex_int = hex && !text.contains(['p', 'P']);
        let rune = text.starts_with('\'');
        if let Some(f) = number.float
            && !hex_int
            && !rune
            && text.contains(['.', 'e', 'E', 'p', 'P'])
        {
            return Ok(Value::Float(f));
        }
        match (number.int, number.uint) {
            (Some(i), _) => Ok(Value::int(i)),
            (None, Some(_)) => self.fail(format!("{text} overflows int")),
            (None, None) => Ok(Value::Absent),
        }
    }

    fn not_a_function(&mut self, first: &Operand, tail: Tail<'_, '_>) -> Done<()> {
        if tail.is_none() {
            return Ok(());
        }
        self.fail(format!("can't give argument to non-function {first}"))
    }

    pub(super) fn variable(
        &mut self,
        run: &mut Run<'_>,
        dot: Dot<'_>,
        variable: &'t Variable,
        tail: Tail<'t, '_>,
    ) -> Done<Value> {
        self.at = At::Variable(variable);
        let place = self.vars.iter().rposition(|slot| slot.id == variable.id);
        let Some((place, slot)) = place.and_then(|place| Some((place, self.vars.get(place)?))) else {
            return self.fail(format!("undefined variable: {}", variable.name));
        };
        run.trace_variable(place, Tracer::use_variable);
        if variable.fields.is_empty() {
            let value = slot.value.clone();
            if !tail.is_none() {
                return self.fail(format!("can't give argument to non-function {variable}"));
            }
            return Ok(value);
        }
        if let Some(value) = dug(run, &slot.value, &variable.fields, tail) {
            return Ok(value);
        }
        let (value, boxed) = (slot.value.clone(), slot.boxed);
        self.chain(run, dot, Dot { value: &value, boxed }, &variable.fields, At::Variable(variable), tail)
    }

    /// `(pipeline).field` and `function.field`.
    pub(super) fn chained(
        &mut self,
        run: &mut Run<'_>,
        dot: Dot<'_>,
        operand: &'t Operand,
        tail: Tail<'t, '_>,
    ) -> Done<Value> {
        self.at = At::Operand(operand);
        let Operand::Chain { node, fields, .. } = operand else {
            return self.fail("not a chain");
        };
        self.at = At::Operand(node);
        let value = match &**node {
            Operand::Pipe(pipe) => self.pipeline(run, dot, pipe)?,
            Operand::Function { func, .. } => self.call(run, dot, func, At::Operand(node), Tail::NONE)?,
            other => return self.fail(format!("can't evaluate command {}", go_quote(&other.to_string()))),
        };
        let receiver = Dot { value: &value, boxed: false };
        self.chain(run, dot, receiver, fields, At::Operand(operand), tail)
    }

    /// Follows fields from a receiver; the last one gets the arguments, if it is a method.
    pub(super) fn chain(
        &mut self,
        run: &mut Run<'_>,
        dot: Dot<'_>,
        receiver: Dot<'_>,
        fields: &'t [Key],
        node: At<'t>,
        tail: Tail<'t, '_>,
    ) -> Done<Value> {
        if let Some(value) = dug(run, receiver.value, fields, tail) {
            return Ok(value);
        }
        let Some((last, first)) = fields.split_last() else {
            return Ok(receiver.value.clone());
        };
        let Some((first, more)) = first.split_first() else {
            return Ok(self.field(run, dot, receiver, last, (node, tail))?.0);
        };
        let (mut value, mut boxed) = self.field(run, dot, receiver, first, (node, Tail::NONE))?;
        for field in more {
            (value, boxed) = self.field(run, dot, Dot { value: &value, boxed }, field, (node, Tail::NONE))?;
        }
        Ok(self.field(run, dot, Dot { value: &value, boxed }, last, (node, tail))?.0)
    }

    /// One field of a receiver: a method, a struct's field or a map's entry; with it, whether the
    /// result is boxed.
    fn field(
        &mut self,
        run: &mut Run<'_>,
        dot: Dot<'_>,
        receiver: Dot<'_>,
        name: &Key,
        (node, tail): (At<'t>, Tail<'t, '_>),
    ) -> Done<(Value, bool)> {
        let (key, name) = (name, &**name);
        let type_name = || if receiver.boxed { "interface {}" } else { receiver.value.type_name() };
        match receiver.value {
            Value::Absent => return Ok((Value::Absent, false)),
            Value::Nil => return self.fail(format!("nil pointer evaluating interface {{}}.{name}")),
            Value::Map(map) => {
                if map.kind() == super::map::MapKind::Values
                    && let Some(method) = super::methods::VALUES.iter().find(|m| m.name == name)
                {
                    return Ok((self.method(run, dot, method, receiver.value, (node, tail))?, false));
                }
                if !tail.is_none() {
                    return self.fail(format!("{name} is not a method but has arguments"));
                }
                if let Some(tracer) = &mut run.session.tracer {
                    tracer.read(map, &[name]);
                }
                let kind = map.kind();
                let value = map.find(key).unwrap_or_else(|| kind.zero());
                return Ok((value, kind.is_any()));
            }
            Value::Object(object) => {
                if let Some(method) = object.method(name) {
                    return Ok((self.method(run, dot, method, receiver.value, (node, tail))?, false));
                }
                if let Some(value) = object.field(name) {
                    if !tail.is_none() {
                        let what = match object.kind_name() {
                            "map" => "is not a method but has arguments",
                            _ => "has arguments but cannot be invoked as function",
                        };
                        return self.fail(format!("{name} {what}"));
                    }
                    return Ok((value, false));
                }
                if object.hides(name) {
                    return self.fail(format!("{name} is an unexported field of struct type {}", type_name()));
                }
            }
            Value::Int(_, kind) => {
                if let Some(method) = crate::chart::functions::times::of_number(*kind, name) {
                    return Ok((self.method(run, dot, method, receiver.value, (node, tail))?, false));
                }
            }
            _ => {}
        }
        self.fail(format!("can't evaluate field {name} in type {}", type_name()))
    }

    fn method(
        &mut self,
        run: &mut Run<'_>,
        dot: Dot<'_>,
        method: &'static crate::chart::functions::Func,
        receiver: &Value,
        (node, tail): (At<'t>, Tail<'t, '_>),
    ) -> Done<Value> {
        self.call_on(run, dot, (method, Some(receiver)), node, tail)
    }
}

/// Longer ways are gone step by step: maps can be in themselves.
const LONGEST_WAY: usize = 16;

/// What names lead to, where nothing leads to it but maps, and nobody wants to know.
fn dug(run: &Run<'_>, from: &Value, fields: &[Key], tail: Tail<'_, '_>) -> Option<Value> {
    match from {
        Value::Map(map) if tail.is_none() && fields.len() <= LONGEST_WAY && run.session.tracer.is_none() => {
            map.dig(fields)
        }
        _ => None,
    }
}
