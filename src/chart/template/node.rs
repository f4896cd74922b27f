//! The tree of a parsed template, and how its nodes read when an error quotes them.

use super::key::Key;
use super::number::Number;
use super::value::Str;
use crate::chart::functions::Func;
use std::fmt;
use std::sync::Arc;

/// A byte offset into the source.
pub(super) type Pos = usize;

/// The file, or the text of a `tpl`, that templates were parsed from.
#[derive(Debug)]
pub(super) struct Source {
    pub name: Arc<str>,
    pub text: Arc<str>,
}

impl Source {
    /// Line (from one) and column (from zero, in bytes) of an offset.
    pub fn line_column(&self, pos: Pos) -> (usize, usize) {
        let before = self.text.as_bytes().get(..pos).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        let start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        (line, before.len() - start)
    }
}

/// One named template: a file's own text, or a `define` in it.
#[derive(Debug)]
pub(super) struct Template {
    pub name: Arc<str>,
    pub source: Arc<Source>,
    pub root: List,
    /// Nothing but white space; such a template never replaces another.
    pub blank: bool,
}

impl List {
    /// Nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.nodes.iter().all(|node| match node {
            Node::Text { text, .. } => text.trim().is_empty(),
            _ => false,
        })
    }
}

#[derive(Debug, Default)]
pub(super) struct List {
    pub nodes: Vec<Node>,
}

#[derive(Debug)]
pub(super) enum Node {
    Text { pos: Pos, text: Arc<str> },
    Action { pos: Pos, pipe: Pipe },
    Break { pos: Pos },
    Continue { pos: Pos },
    Branch(Box<Branch>),
    Template { pos: Pos, name: Arc<str>, pipe: Option<Pipe> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BranchKind {
    If,
    With,
    Range,
}

/// `if`, `with` and `range`.
#[derive(Debug)]
pub(super) struct Branch {
    pub kind: BranchKind,
    pub pos: Pos,
    pub pipe: Pipe,
    pub list: List,
    pub otherwise: Option<List>,
}

#[derive(Debug)]
pub(super) struct Pipe {
    pub pos: Pos,
    pub assign: bool,
    pub decl: Vec<Variable>,
    pub commands: Vec<Command>,
}

/// `$name.field.field`; `id` stands for the name within one source.
#[derive(Debug)]
pub(super) struct Variable {
    pub pos: Pos,
    pub id: u32,
    pub name: Arc<str>,
    pub fields: Vec<Key>,
}

#[derive(Debug)]
pub(super) struct Command {
    pub pos: Pos,
    pub args: Vec<Operand>,
}

#[derive(Debug)]
pub(super) enum Operand {
    Bool { pos: Pos, value: bool },
    Dot { pos: Pos },
    Nil { pos: Pos },
    Number { pos: Pos, number: Box<Number> },
    String { pos: Pos, quoted: Arc<str>, text: Str },
    Field { pos: Pos, fields: Vec<Key> },
    Variable(Variable),
    Function { pos: Pos, func: &'static Func },
    Chain { pos: Pos, node: Box<Operand>, fields: Vec<Key> },
    Pipe(Box<Pipe>),
}

impl Operand {
    pub fn pos(&self) -> Pos {
        match self {
            Self::Bool { pos, .. }
            | Self::Dot { pos }
            | Self::Nil { pos }
            | Self::Number { pos, .. }
            | Self::String { pos, .. }
            | Self::Field { pos, .. }
            | Self::Function { pos, .. }
            | Self::Chain { pos, .. } => *pos,
            Self::Variable(v) => v.pos,
            Self::Pipe(p) => p.pos,
        }
    }
}

/// What an error quotes: the node that was at work.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'t> {
    Node(&'t Node),
    Branch(&'t Branch),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Operand(&'t Operand),
    Variable(&'t Variable),
}

impl At<'_> {
    pub fn pos(&self) -> Pos {
        match self {
            Self::Node(node) => match node {
                Node::Text { pos, .. }
                | Node::Action { pos, .. }
                | Node::Break { pos }
                | Node::Continue { pos }
                | Node::Template { pos, .. } => *pos,
                Node::Branch(b) => b.pos,
            },
            Self::Branch(b) => b.pos,
            Self::Pipe(p) => p.pos,
            Self::Command(c) => c.pos,
            Self::Operand(o) => o.pos(),
            Self::Variable(v) => v.pos,
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(n) => n.fmt(f),
            Self::Branch(b) => b.fmt(f),
            Self::Pipe(p) => p.fmt(f),
            Self::Command(c) => c.fmt(f),
            Self::Operand(o) => o.fmt(f),
            Self::Variable(v) => v.fmt(f),
        }
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.nodes.iter().try_for_each(|n| n.fmt(f))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { text, .. } => f.write_str(text),
            Self::Action { pipe, .. } => write!(f, "{{{{{pipe}}}}}"),
            Self::Break { .. } => f.write_str("{{break}}"),
            Self::Continue { .. } => f.write_str("{{continue}}"),
            Self::Branch(branch) => branch.fmt(f),
            Self::Template { name, pipe, .. } => {
                write!(f, "{{{{template {}", super::quote::go_quote(name))?;
                if let Some(pipe) = pipe {
                    write!(f, " {pipe}")?;
                }
                f.write_str("}}")
            }
        }
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.kind {
            BranchKind::If => "if",
            BranchKind::With => "with",
            BranchKind::Range => "range",
        };
        write!(f, "{{{{{word} {}}}}}{}", self.pipe, self.list)?;
        if let Some(otherwise) = &self.otherwise {
            write!(f, "{{{{else}}}}{otherwise}")?;
        }
        f.write_str("{{end}}")
    }
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, variable) in self.decl.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            variable.fmt(f)?;
        }
        if !self.decl.is_empty() {
            f.write_str(if self.assign { " = " } else { " := " })?;
        }
        for (i, command) in self.commands.iter().enumerate() {
            if i > 0 {
                f.write_str(" | ")?;
            }
            command.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        write_fields(f, &self.fields)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, arg) in self.args.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            match arg {
                Operand::Pipe(pipe) => write!(f, "({pipe})")?,
                other => other.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool { value, .. } => write!(f, "{value}"),
            Self::Dot { .. } => f.write_str("."),
            Self::Nil { .. } => f.write_str("nil"),
            Self::Number { number, .. } => f.write_str(&number.text),
            Self::String { quoted, .. } => f.write_str(quoted),
            Self::Field { fields, .. } => write_fields(f, fields),
            Self::Variable(variable) => variable.fmt(f),
            Self::Function { func, .. } => f.write_str(func.name),
            Self::Chain { node, fields, .. } => {
                match &**node {
                    Operand::Pipe(pipe) => write!(f, "({pipe})")?,
                    other => other.fmt(f)?,
                }
                write_fields(f, fields)
            }
            Self::Pipe(pipe) => pipe.fmt(f),
        }
    }
}

fn write_fields(f: &mut fmt::Formatter<'_>, fields: &[Key]) -> fmt::Result {
    fields.iter().try_for_each(|field| write!(f, ".{}", &**field))
}
