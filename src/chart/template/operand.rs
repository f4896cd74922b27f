//! The inside of an action: pipelines, commands and their operands.

use super::item::{Item, Kind};
use super::node::{Command, Operand, Pipe};
use super::number::Number;
use super::parse::{Parsed, Parser};
use super::quote;
use super::value::Str;
use crate::chart::functions;

/// Parentheses nest at most so deep. Go allows 10,000.
const MAX_PARENS: usize = 500;

impl<'a> Parser<'a> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let mut pipe = Self::pipe_node(self.peek_non_space().pos);
        while self.declaration(&mut pipe, context)? {}
        loop {
            let item = self.next_non_space();
            match item.kind {
                kind if kind == end => {
                    self.check_pipeline(&pipe, context)?;
                    return Ok(pipe);
                }
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.backup();
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return self.unexpected(&item, context),
            }
        }
    }

    /// Reads `$x :=`, `$x =` or `$x,` where there is one. True when a second one may follow.
    fn declaration(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<bool> {
        if self.peek_non_space().kind != Kind::Variable {
            return Ok(false);
        }
        let variable = self.next();
        // In `$x foo` the word after the space must be read before it is clear that $x is an
        // argument; then all three go back.
        let after = self.peek();
        let next = self.peek_non_space();
        let comma = next.kind == Kind::Char && next.text == ",";
        if matches!(next.kind, Kind::Assign | Kind::Declare) || comma {
            self.next_non_space();
            let node = self.variable(variable.pos, variable.text);
            self.vars.push(node.id);
            pipe.decl.push(node);
            if !comma {
                pipe.assign = next.kind == Kind::Assign;
                return Ok(false);
            }
            if context == "range" && pipe.decl.len() < 2 {
                return match self.peek_non_space().kind {
                    Kind::Variable | Kind::RightDelim | Kind::RightParen => Ok(true),
                    _ => self.error("range can only initialize variables"),
                };
            }
            return self.error(format!("too many declarations in {context}"));
        }
        if after.kind == Kind::Space {
            self.backup3(variable, after);
        } else {
            self.backup2(variable);
        }
        Ok(false)
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Parsed<()> {
        if pipe.commands.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (i, command) in pipe.commands.iter().enumerate().skip(1) {
            if matches!(
                command.args.first(),
                Some(
                    Operand::Bool { .. }
                        | Operand::Dot { .. }
                        | Operand::Nil { .. }
                        | Operand::Number { .. }
                        | Operand::String { .. }
                )
            ) {
                let stage = i + 1;
                return self.error(format!("non executable command in pipeline stage {stage}"));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<Command> {
        let pos = self.peek_non_space().pos;
        let mut args = Vec::new();
        loop {
            self.peek_non_space();
            args.extend(self.operand()?);
            let item = self.next();
            match item.kind {
                Kind::Space => {}
                Kind::RightDelim | Kind::RightParen => {
                    self.backup();
                    break;
                }
                Kind::Pipe => break,
                _ => return self.unexpected(&item, "operand"),
            }
        }
        if args.is_empty() {
            return self.error("empty command");
        }
        Ok(Self::command_node(pos, args))
    }

    /// A term and the fields that hang on it.
    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(node) = self.term()? else {
            return Ok(None);
        };
        if self.peek().kind != Kind::Field {
            return Ok(Some(node));
        }
        let pos = self.peek().pos;
        let mut more = Vec::new();
        while self.peek().kind == Kind::Field {
            let item = self.next();
            more.push(item.text.trim_start_matches('.').into());
        }
        Ok(Some(match node {
            Operand::Field { mut fields, .. } => {
                fields.append(&mut more);
                Operand::Field { pos, fields }
            }
            Operand::Variable(mut variable) => {
                variable.pos = pos;
                variable.fields.append(&mut more);
                Operand::Variable(variable)
            }
            Operand::Bool { .. }
            | Operand::String { .. }
            | Operand::Number { .. }
            | Operand::Nil { .. }
            | Operand::Dot { .. } => {
                let shown = quote::go_quote(&node.to_string());
                return self.error(format!("unexpected . after term {shown}"));
            }
            other => Operand::Chain { pos, node: Box::new(other), fields: more },
        }))
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let item = self.next_non_space();
        let pos = item.pos;
        Ok(Some(match item.kind {
            Kind::Identifier => match functions::find(item.text) {
                Some(func) => Operand::Function { pos, func },
                None => {
                    let name = quote::go_quote(item.text);
                    return self.error(format!("function {name} not defined"));
                }
            },
            Kind::Dot => Operand::Dot { pos },
            Kind::Nil => Operand::Nil { pos },
            Kind::Variable => {
                let node = self.variable(pos, item.text);
                if !self.vars.contains(&node.id) {
                    let name = quote::go_quote(&node.name);
                    return self.error(format!("undefined variable {name}"));
                }
                Operand::Variable(node)
            }
            Kind::Field => Operand::Field { pos, fields: vec![item.text.trim_start_matches('.').into()] },
            Kind::Bool => Operand::Bool { pos, value: item.text == "true" },
            Kind::CharConstant => self.number(&item, Number::parse_char(item.text))?,
            Kind::Complex => self.number(&item, Number::parse_complex(item.text))?,
            Kind::Number => self.number(&item, Number::parse(item.text))?,
            Kind::LeftParen => {
                if self.parens >= MAX_PARENS {
                    return self.error("max expression depth exceeded");
                }
                self.parens += 1;
                let pipe = super::deep(|| self.pipeline("parenthesized pipeline", Kind::RightParen))?;
                self.parens -= 1;
                Operand::Pipe(Box::new(pipe))
            }
            Kind::String | Kind::RawString => match quote::unquote(item.text) {
                Some(bytes) => Operand::String { pos, quoted: item.text.into(), text: Str::from(&*bytes) },
                None => return self.error("invalid syntax"),
            },
            _ => {
                self.backup();
                return Ok(None);
            }
        }))
    }

    fn number(&self, item: &Item<'a>, number: Result<Number, String>) -> Parsed<Operand> {
        match number {
            Ok(number) => Ok(Operand::Number { pos: item.pos, number: Box::new(number) }),
            Err(message) => self.error(message),
        }
    }
}
