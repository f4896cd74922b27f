//! `fromToml`: TOML read as the Go library that Helm uses reads it, with its words where it is none.

use super::builtin::new_map;
use super::tomllex::{Lexer, Step, Stop, rune};
use super::tomlscalar;
use super::tomltable::{Item, Key, Table, dotted, finished};
use super::{Call, Outcome};
use crate::chart::template::{List, ListKind, Map, Value, go_quote};
use std::collections::{HashMap, HashSet};

/// Arrays and inline tables nested deeper than this are refused, as are keys of more parts.
const MAX_DEPTH: usize = 250;

pub(super) fn from_toml(call: &mut Call<'_, '_, '_>) -> Outcome {
    let text = call.text(0);
    call.reading(text.len())?;
    Ok(match parse(&text) {
        Ok(map) => Value::Map(map),
        Err(error) => new_map([("Error", Value::from(error))]),
    })
}

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    pub(super) root: Table,
    /// The table in hand.
    pub(super) context: Key,
    /// The key in hand, below it.
    current: String,
    /// Keys that have a value, and whether that is an array.
    pub(super) types: HashMap<String, bool>,
    /// Tables that are there only because others lie below them.
    pub(super) implicit: HashSet<String>,
    /// The line of the last key, which errors about keys name.
    pub(super) line: usize,
    depth: usize,
}

fn parse(text: &str) -> Result<Map, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.bytes().take(6).any(|byte| byte == 0) {
        return Err(
            "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8".to_owned()
        );
    }
    let mut parser = Parser {
        lexer: Lexer::new(text),
        root: Table::default(),
        context: Vec::new(),
        current: String::new(),
        types: HashMap::new(),
        implicit: HashSet::new(),
        line: 0,
        depth: 0,
    };
    match parser.top() {
        Ok(()) => Ok(finished(&parser.root)),
        Err(Stop { line, message }) => {
            let context = dotted(&parser.context);
            let shown = match (parser.current.is_empty(), parser.context.is_empty()) {
                (true, _) => context,
                (false, true) => parser.current,
                (false, false) => format!("{context}.{}", parser.current),
            };
            if shown.is_empty() {
                return Err(format!("toml: line {line}: {message}"));
            }
            Err(format!("toml: line {line} (last key {}): {message}", go_quote(&shown)))
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

pub(super) fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

impl Parser<'_> {
    fn top(&mut self) -> Step<()> {
        loop {
            self.lexer.skip(|c| is_blank(c) || is_break(c))?;
            match self.lexer.peek()? {
                None => return Ok(()),
                Some('#') => {
                    self.comment()?;
                    continue;
                }
                Some('[') => self.table()?,
                Some(_) => {
                    let outer = self.context.clone();
                    self.pair(None)?;
                    self.context = outer;
                    self.current.clear();
                }
            }
            self.end_of_line()?;
        }
    }

    fn comment(&mut self) -> Step<()> {
        self.lexer.skip(|c| !is_break(c))
    }

    fn end_of_line(&mut self) -> Step<()> {
        self.lexer.skip(is_blank)?;
        match self.lexer.next()? {
            None | Some('\n' | '\r') => Ok(()),
            Some('#') => self.comment(),
            other => {
                let shown = rune(other);
                self.lexer.fail(
                    other,
                    format!(
                        "expected a top-level item to end with a newline, comment, or EOF, but got {shown} instead"
                    ),
                )
            }
        }
    }

    /// `[key]` or `[[key]]`.
    fn table(&mut self) -> Step<()> {
        self.lexer.accept('[')?;
        let many = self.lexer.accept('[')?;
        self.line = self.lexer.line;
        let mut key = Key::new();
        loop {
            self.lexer.skip(is_blank)?;
            let start = self.lexer.pos;
            match self.lexer.peek()? {
                read @ (None | Some(']')) => {
                    return self
                        .lexer
                        .fail(read.or(Some(' ')), "unexpected end of table name (table names cannot be empty)");
                }
                read @ Some('.') => {
                    return self.lexer.fail(read, "unexpected table separator (table names cannot be empty)");
                }
                Some(quote @ ('"' | '\'')) => {
                    self.lexer.bump(quote);
                    let scalar = self.lexer.quoted(quote)?;
                    key.push(tomlscalar::text(&scalar)?);
                }
                Some(_) => {
                    self.lexer.skip(is_bare)?;
                    key.push(self.lexer.text.get(start..self.lexer.pos).unwrap_or_default().to_owned());
                }
            }
            self.lexer.skip(is_blank)?;
            self.bounded(&key)?;
            match self.lexer.next()? {
                Some('.') => {}
                Some(']') => break,
                other => {
                    let shown = rune(other);
                    return self
                        .lexer
                        .fail(other, format!("expected '.' or ']' to end table name, but got {shown} instead"));
                }
            }
        }
        if many {
            let read = self.lexer.next()?;
            if read != Some(']') {
                let shown = rune(read);
                return self
                    .lexer
                    .fail(read, format!("expected end of table array name delimiter ']', but got {shown} instead"));
            }
        }
        self.add_context(&key, many)?;
        self.types.insert(dotted(&self.context), false);
        Ok(())
    }

    fn bounded(&self, key: &[String]) -> Step<()> {
        if key.len() > MAX_DEPTH { self.lexer.fail(Some(' '), "nested too deeply") } else { Ok(()) }
    }

    /// The parts of a key up to its `=`.
    fn key(&mut self) -> Step<Key> {
        self.lexer.skip(is_blank)?;
        match self.lexer.peek()? {
            read @ (None | Some('=')) => {
                return self.lexer.fail(read.or(Some(' ')), "unexpected '=': key name appears blank");
            }
            read @ Some('.') => return self.lexer.fail(read, "unexpected '.': keys cannot start with a '.'"),
            Some(_) => {}
        }
        self.line = self.lexer.line;
        let mut key = Key::new();
        loop {
            self.lexer.skip(is_blank)?;
            let start = self.lexer.pos;
            match self.lexer.peek()? {
                Some(quote @ ('"' | '\'')) => {
                    self.lexer.bump(quote);
                    let scalar = self.lexer.quoted(quote)?;
                    key.push(tomlscalar::text(&scalar)?);
                }
                read @ (None | Some('=')) => return self.lexer.fail(read.or(Some(' ')), "unexpected '='"),
                read @ Some('.') => return self.lexer.fail(read, "unexpected '.'"),
                Some(_) => {
                    self.lexer.skip(is_bare)?;
                    key.push(self.lexer.text.get(start..self.lexer.pos).unwrap_or_default().to_owned());
                }
            }
            self.lexer.skip(is_blank)?;
            self.bounded(&key)?;
            let read = self.lexer.next()?;
            match read {
                Some('.') => {}
                Some('=') => return Ok(key),
                None => return self.lexer.fail(None, "unexpected EOF; expected key separator '='"),
                Some(c) => {
                    let message = format!("expected '.' or '=', but got {} instead", rune(read));
                    return if c == '\n' { self.lexer.fail_before(message) } else { self.lexer.fail(read, message) };
                }
            }
        }
    }

    /// `key = value`, also into an inline table.
    fn pair(&mut self, inline: Option<&Map>) -> Step<()> {
        let key = self.key()?;
        let Some((own, parents)) = key.split_last() else { return Ok(()) };
        self.current.clone_from(own);
        for parent in parents {
            let mut context = self.context.clone();
            context.push(parent.clone());
            self.implicit.insert(dotted(&context));
            self.add_context(&context, false)?;
        }
        let (value, is_array) = self.value(false)?;
        let name = self.current.clone();
        self.set_value(&name, Item::Value(value.clone()))?;
        let mut full = self.context.clone();
        full.push(name.clone());
        self.types.insert(dotted(&full), is_array);
        if let Some(map) = inline {
            let mut map = map.clone();
            for parent in parents {
                map = match map.get(parent) {
                    Some(Value::Map(inner)) => inner,
                    None => {
                        let inner = Map::from_iter([]);
                        map.insert(parent.as_str(), Value::Map(inner.clone()));
                        inner
                    }
                    Some(_) => {
                        let shown = go_quote(&dotted(&self.context));
                        return Err(Stop { line: self.line, message: format!("{shown} is not a table") });
                    }
                };
            }
            map.insert(name, value);
        }
        Ok(())
    }

    /// A value, and whether it is an array.
    fn value(&mut self, in_array: bool) -> Step<(Value, bool)> {
        self.lexer.skip(is_blank)?;
        let start = self.lexer.pos;
        let read = self.lexer.next()?;
        let scalar = match read {
            Some('[') => return self.nested(|parser| Ok((parser.array()?, true))),
            Some('{') => return self.nested(|parser| Ok((parser.inline_table(in_array)?, false))),
            Some(quote @ ('"' | '\'')) => {
                let rest = self.lexer.text.get(self.lexer.pos..).unwrap_or_default();
                if rest.starts_with(quote) && rest.get(1..).is_some_and(|rest| rest.starts_with(quote)) {
                    self.lexer.pos += 2;
                    self.lexer.quoted_lines(quote)?
                } else {
                    self.lexer.quoted(quote)?
                }
            }
            Some('0'..='9') => {
                self.lexer.pos -= 1;
                self.lexer.number()?
            }
            Some('.') => return self.lexer.fail(read, "floats must start with a digit, not '.'"),
            Some('-' | '+') => self.lexer.signed()?,
            Some('i' | 'n') => match self.lexer.special()? {
                Some(found) => found,
                // Go gives one letter back, however many it took, and looks for a word from there.
                None => {
                    self.lexer.pos -= 1;
                    self.lexer.word(self.lexer.pos)?
                }
            },
            Some(c) if c.is_alphabetic() => self.lexer.word(start)?,
            None => return self.lexer.fail(None, "unexpected EOF; expected value"),
            Some(c) => {
                let message = format!("expected value but found {} instead", rune(read));
                return if c == '\n' { self.lexer.fail_before(message) } else { self.lexer.fail(read, message) };
            }
        };
        Ok((tomlscalar::value(&scalar)?, false))
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Step<(Value, bool)>) -> Step<(Value, bool)> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.lexer.fail(Some(' '), "nested too deeply");
        }
        let done = crate::chart::template::deep(|| read(self));
        self.depth -= 1;
        done
    }

    fn array(&mut self) -> Step<Value> {
        let mut key = self.context.clone();
        key.extend((!self.current.is_empty()).then(|| self.current.clone()));
        self.types.insert(dotted(&key), true);
        let mut items = Vec::new();
        let otherwise = |shown: &str| format!("expected a comma (',') or array terminator (']'), but got {shown}");
        self.separated(']', otherwise, |parser| {
            items.push(parser.value(true)?.0);
            Ok(())
        })?;
        Ok(Value::List(List::new(ListKind::Any, items)))
    }

    fn inline_table(&mut self, in_array: bool) -> Step<Value> {
        let (outer, outer_key) = (self.context.clone(), self.current.clone());
        let map = Map::from_iter([]);
        self.context.push(std::mem::take(&mut self.current));
        let own = self.context.clone();
        self.implicit.insert(dotted(&own));
        self.add_context(&own, in_array)?;
        let otherwise =
            |shown: &str| format!("expected a comma or an inline table terminator '}}', but got {shown} instead");
        self.separated('}', otherwise, |parser| {
            parser.pair(Some(&map))?;
            parser.context.clone_from(&own);
            Ok(())
        })?;
        self.context = outer;
        self.current = outer_key;
        Ok(Value::Map(map))
    }

    /// What stands between commas, up to a closing character; a comma may stand before that, and comments anywhere.
    fn separated(
        &mut self,
        close: char,
        otherwise: impl Fn(&str) -> String,
        mut each: impl FnMut(&mut Self) -> Step<()>,
    ) -> Step<()> {
        loop {
            self.lexer.skip(|c| is_blank(c) || is_break(c))?;
            match self.lexer.peek()? {
                Some('#') => {
                    self.comment()?;
                    continue;
                }
                Some(',') => {
                    let read = self.lexer.next()?;
                    return self.lexer.fail(read, "unexpected comma");
                }
                Some(c) if c == close => break,
                _ => {}
            }
            each(self)?;
            loop {
                self.lexer.skip(|c| is_blank(c) || is_break(c))?;
                match self.lexer.peek()? {
                    Some('#') => self.comment()?,
                    Some(c) if c == ',' || c == close => break,
                    read => {
                        let read = read.inspect(|c| self.lexer.bump(*c));
                        return self.lexer.fail(read, otherwise(&rune_or_end(read)));
                    }
                }
            }
            if !self.lexer.accept(',')? {
                break;
            }
        }
        self.lexer.accept(close)?;
        Ok(())
    }
}

fn rune_or_end(c: Option<char>) -> String {
    c.map_or_else(|| "end of file".to_owned(), |c| format!("'{c}'"))
}
