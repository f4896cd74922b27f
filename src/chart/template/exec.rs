//! Walks a template's tree: text, branches, loops, and what they declare.

use super::error::{ErrorKind, Fault, Place, TemplateError};
use super::format;
use super::map::ListKind;
use super::memo::Maker;
use super::node::{At, Branch, BranchKind, List, Node, Pipe, Template, Variable};
use super::quote::go_quote;
use super::run::Run;
use super::value::{IntKind, Str, Value};
use crate::chart::template::object::Object;
use smallvec::{SmallVec, smallvec};

pub(super) type Done<T> = Result<T, Box<TemplateError>>;

/// Where the walk goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

/// The data in hand. `boxed`: it came out of a map or list of any values, so errors call its type
/// `interface {}` and not by its own name.
#[derive(Clone, Copy)]
pub(super) struct Dot<'v> {
    pub value: &'v Value,
    pub boxed: bool,
}

/// A variable in scope.
pub(super) struct Slot {
    pub id: u32,
    pub value: Value,
    pub boxed: bool,
}

/// The execution of one template.
pub(super) struct Frame<'t> {
    template: &'t Template,
    pub(super) vars: SmallVec<[Slot; 6]>,
    pub(super) at: At<'t>,
}

impl<'t> Frame<'t> {
    pub fn new(template: &'t Template, data: Value) -> Self {
        static NOTHING: Node = Node::Break { pos: 0 };
        let dollar = Slot { id: 0, value: data, boxed: false };
        Self { template, vars: smallvec![dollar], at: At::Node(&NOTHING) }
    }

    pub fn run(&mut self, run: &mut Run<'_>, data: &Value) -> Result<(), TemplateError> {
        let dot = Dot { value: data, boxed: false };
        match self.list(run, dot, &self.template.root) {
            Ok(_) => Ok(()),
            Err(error) => Err(*error),
        }
    }

    /// An error at the node in hand.
    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Done<T> {
        Err(self.error(Fault::from(message.into())))
    }

    #[allow(clippy::unnecessary_box_returns, reason = "errors travel boxed, because results without them do")]
    pub(super) fn error(&self, fault: Fault) -> Box<TemplateError> {
        let (line, column) = self.template.source.line_column(self.at.pos());
        let file = &self.template.source.name;
        let text = format!(
            "template: {file}:{line}:{column}: executing {} at <{}>: {}",
            go_quote(&self.template.name),
            self.at,
            fault.text,
        );
        let bound = fault.bound;
        let (place, message) = match fault.inner {
            Some(inner) => (inner.place, inner.message),
            None => (Place { template: file.to_string(), line, column: Some(column) }, fault.text),
        };
        Box::new(TemplateError {
            kind: if bound { ErrorKind::Bound } else { ErrorKind::Execute },
            place,
            message,
            text,
        })
    }

    /// `NAME:LINE:COLUMN`, as errors have it.
    pub(super) fn place(&self, node: At<'t>) -> String {
        let (line, column) = self.template.source.line_column(node.pos());
        format!("{}:{line}:{column}", self.template.source.name)
    }

    fn list(&mut self, run: &mut Run<'_>, dot: Dot<'_>, list: &'t List) -> Done<Flow> {
        for node in &list.nodes {
            let flow = if self.may_be_known(run, dot, node) {
                self.known_or_executed(run, dot, node)?
            } else {
                self.node(run, dot, node)?
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// Whether a node is worth a look at what is known: one that may take long, and sees nothing but the release's data.
    fn may_be_known(&self, run: &Run<'_>, dot: Dot<'_>, node: &Node) -> bool {
        let is_long = match node {
            Node::Branch(_) => true,
            Node::Action { pipe, .. } => pipe.decl.is_empty() && pipe.commands.len() > 1,
            _ => false,
        };
        is_long && matches!(&self.vars[..], [dollar] if run.may_know(node, dot.value, &dollar.value))
    }

    fn known_or_executed(&mut self, run: &mut Run<'_>, dot: Dot<'_>, node: &'t Node) -> Done<Flow> {
        let mut flow = None;
        let text = run.known_or_made(Maker::Node(node), dot.value, |run| {
            let from = run.out.len();
            let next = self.node(run, dot, node)?;
            let is_same = matches!(&self.vars[..], [dollar] if run.may_know(node, dot.value, &dollar.value));
            if next != Flow::Next || !is_same {
                run.cannot_repeat();
            }
            flow = Some(next);
            let text = Str::from(run.out.get(from..).unwrap_or_default());
            run.out.truncate(from);
            Ok::<_, Box<TemplateError>>(text)
        })?;
        run.session.memo.asked(node, flow.is_none());
        self.write(run, text.bytes())?;
        Ok(flow.unwrap_or(Flow::Next))
    }

    fn node(&mut self, run: &mut Run<'_>, dot: Dot<'_>, node: &'t Node) -> Done<Flow> {
        self.at = At::Node(node);
        run.step(1).map_err(|fault| self.error(fault))?;
        if run.session.tracer.is_some() {
            self.trace(run, node);
        }
        match node {
            Node::Text { text, .. } => self.write(run, text.as_bytes())?,
            Node::Action { pipe, .. } if !pipe.decl.is_empty() => {
                let from = run.traced();
                self.pipeline(run, dot, pipe)?;
                if let Some(tracer) = &mut run.session.tracer {
                    tracer.forget(from);
                }
            }
            Node::Action { pipe, .. } => {
                if !self.printed(run, dot, pipe)? {
                    let value = self.pipeline(run, dot, pipe)?;
                    self.at = At::Node(node);
                    self.print(run, &value)?;
                }
            }
            Node::Break { .. } => return Ok(Flow::Break),
            Node::Continue { .. } => return Ok(Flow::Continue),
            Node::Branch(branch) => {
                let mark = self.vars.len();
                let flow = super::deep(|| match branch.kind {
                    BranchKind::Range => self.range(run, dot, branch),
                    _ => self.if_or_with(run, dot, branch),
                })?;
                self.vars.truncate(mark);
                return Ok(flow);
            }
            Node::Template { name, pipe, .. } => {
                let Some(template) = run.lookup(name) else {
                    return self.fail(format!("template {} not defined", go_quote(name)));
                };
                if run.too_deep() {
                    return self.fail("exceeded maximum template depth (100000)");
                }
                let data = match pipe {
                    Some(pipe) => self.pipeline(run, dot, pipe)?,
                    None => Value::Absent,
                };
                run.enter(&template, &data).map_err(Box::new)?;
            }
        }
        Ok(Flow::Next)
    }

    /// Notes where the next piece of the text is from.
    #[cold]
    fn trace(&self, run: &mut Run<'_>, node: &Node) {
        let Some(tracer) = &mut run.session.tracer else { return };
        let written = run.out.len();
        match node {
            Node::Text { pos, .. } | Node::Action { pos, .. } => {
                let source = &self.template.source;
                let (line, _) = source.line_column(*pos);
                tracer.mark(written, (&source.name, line), matches!(node, Node::Text { .. }));
            }
            _ => tracer.reach_beyond(written),
        }
    }

    fn write(&mut self, run: &mut Run<'_>, bytes: &[u8]) -> Done<()> {
        if let Err(fault) = run.check_size(run.out.len() + bytes.len()) {
            return Err(self.error(fault));
        }
        run.out.extend_from_slice(bytes);
        Ok(())
    }

    fn print(&mut self, run: &mut Run<'_>, value: &Value) -> Done<()> {
        match value {
            Value::Str(text) => self.write(run, text.bytes()),
            Value::Absent | Value::Nil => self.write(run, b"<no value>"),
            other => {
                let limit = run.session.limits.output;
                let done = format::print_value(&mut run.out, other, limit);
                done.map_err(|fault| self.error(fault))
            }
        }
    }

    fn if_or_with(&mut self, run: &mut Run<'_>, dot: Dot<'_>, branch: &'t Branch) -> Done<Flow> {
        let value = self.pipeline(run, dot, &branch.pipe)?;
        if value.truth() {
            let dot = match branch.kind {
                BranchKind::With => Dot { value: &value, boxed: false },
                _ => dot,
            };
            return self.list(run, dot, &branch.list);
        }
        self.otherwise(run, dot, branch)
    }

    fn otherwise(&mut self, run: &mut Run<'_>, dot: Dot<'_>, branch: &'t Branch) -> Done<Flow> {
        match &branch.otherwise {
            Some(list) => self.list(run, dot, list),
            None => Ok(Flow::Next),
        }
    }

    fn range(&mut self, run: &mut Run<'_>, dot: Dot<'_>, branch: &'t Branch) -> Done<Flow> {
        self.at = At::Branch(branch);
        let from = run.traced();
        let value = self.pipeline(run, dot, &branch.pipe)?;
        let reads = from..run.traced();
        let mark = self.vars.len();
        let mut ran = false;
        macro_rules! each {
            ($index:expr, $elem:expr, $boxed:expr) => {{
                ran = true;
                let (index, elem): (Value, &Value) = ($index, $elem);
                let flow = self.iteration(run, branch, index, Dot { value: elem, boxed: $boxed })?;
                self.vars.truncate(mark);
                if flow == Flow::Break {
                    break;
                }
            }};
        }
        match &value {
            Value::List(list) => {
                let boxed = list.kind() == ListKind::Any;
                for (i, item) in list.items().iter().enumerate() {
                    if i > 0 {
                        run.trace_again(&reads);
                    }
                    each!(Value::length(i), item, boxed);
                }
            }
            Value::Map(map) => {
                let boxed = map.kind().is_any();
                for (key, item) in map.snapshot() {
                    if let Some(tracer) = &mut run.session.tracer {
                        tracer.reach_beyond(run.out.len());
                        tracer.read(map, &[&key]);
                    }
                    each!(Value::Str(super::value::Str::Text(key)), &item, boxed);
                }
            }
            Value::Bytes(bytes) => {
                for (i, byte) in bytes.iter().enumerate() {
                    each!(Value::length(i), &Value::Int(i64::from(*byte), IntKind::Uint8), false);
                }
            }
            Value::Object(Object::Files(files)) => {
                for (path, bytes) in files.iter() {
                    each!(Value::from(&**path), &Value::Bytes(bytes.clone()), false);
                }
            }
            Value::Object(Object::Versions(versions)) => {
                for (i, version) in versions.iter().enumerate() {
                    each!(Value::length(i), &Value::from(version.as_str()), false);
                }
            }
            Value::Int(count, kind) => {
                if branch.pipe.decl.len() > 1 {
                    return self.fail(format!("can't use {count} to iterate over more than one variable"));
                }
                for i in 0..*count {
                    each!(Value::Absent, &Value::Int(i, *kind), false);
                }
            }
            Value::Absent | Value::Nil => {}
            other => {
                // Go prints it as what it is, not by a method of a pointer to it.
                let copied = match other {
                    Value::Object(object) => object.copied().map(Value::Object),
                    _ => None,
                };
                let mut shown = Vec::new();
                format::print_plain(&mut shown, copied.as_ref().unwrap_or(other));
                let shown = String::from_utf8_lossy(&shown);
                return self.fail(format!("range can't iterate over {shown}"));
            }
        }
        if ran {
            return Ok(Flow::Next);
        }
        self.otherwise(run, dot, branch)
    }

    fn iteration(&mut self, run: &mut Run<'_>, branch: &'t Branch, index: Value, elem: Dot<'_>) -> Done<Flow> {
        let Pipe { decl, assign, .. } = &branch.pipe;
        let elem_slot = || (elem.value.clone(), elem.boxed);
        match (decl.as_slice(), assign) {
            ([one], true) => self.assign(one, elem_slot())?,
            ([first, second, ..], true) => {
                self.assign(first, (index, false))?;
                self.assign(second, elem_slot())?;
            }
            ([_], false) => self.set_top(1, elem_slot()),
            ([_, _, ..], false) => {
                self.set_top(1, elem_slot());
                self.set_top(2, (index, false));
            }
            ([], _) => {}
        }
        self.list(run, elem, &branch.list)
    }

    /// Sets the nth variable from the top: the loop's own.
    fn set_top(&mut self, n: usize, (value, boxed): (Value, bool)) {
        let i = self.vars.len().saturating_sub(n);
        if let Some(slot) = self.vars.get_mut(i) {
            slot.value = value;
            slot.boxed = boxed;
        }
    }

    /// `$x = …`: the innermost variable of that name.
    pub(super) fn assign(&mut self, variable: &Variable, (value, boxed): (Value, bool)) -> Done<()> {
        match self.vars.iter_mut().rev().find(|slot| slot.id == variable.id) {
            Some(slot) => {
                slot.value = value;
                slot.boxed = boxed;
                Ok(())
            }
            None => self.fail(format!("undefined variable: {}", variable.name)),
        }
    }
}
