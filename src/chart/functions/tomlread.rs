//! `fromToml`: TOML read as the Go library that Helm uses reads it, with its words where it is none.

use super::builtin::new_map;
use super::tomllex::{Kind, Lexer, Scalar, Step, Stop, rune};
use super::{Call, Outcome, dates};
use crate::chart::template::{List, ListKind, Map, Value, go_quote};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

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

/// The type that Go gives an array of tables.
const TABLES: ListKind = ListKind::Named("[]map[string]interface {}");

type Key = Vec<String>;

/// A table that is still being filled.
type Table = Rc<RefCell<BTreeMap<String, Item>>>;

#[derive(Clone)]
enum Item {
    Value(Value),
    Table(Table),
    /// An array of tables, the last of which is being filled.
    Tables(Rc<RefCell<Vec<Table>>>),
}

impl Item {
    fn table() -> Self {
        Self::Table(Table::default())
    }
}

fn finished(table: &Table) -> Map {
    let entries = table.borrow();
    let entries = entries.iter().map(|(key, item)| {
        let value = match item {
            Item::Value(value) => value.clone(),
            Item::Table(table) => Value::Map(finished(table)),
            Item::Tables(tables) => {
                let tables = tables.borrow();
                Value::List(List::new(TABLES, tables.iter().map(|table| Value::Map(finished(table))).collect()))
            }
        };
        (key.as_str().into(), value)
    });
    entries.collect()
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    root: Table,
    /// The table in hand.
    context: Key,
    /// The key in hand, below it.
    current: String,
    /// Keys that have a value, and whether that is an array.
    types: HashMap<String, bool>,
    /// Tables that are there only because others lie below them.
    implicit: HashSet<String>,
    /// The line of the last key, which errors about keys name.
    line: usize,
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

fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// A key as Go shows it.
fn dotted(key: &[String]) -> String {
    let one = |part: &String| if !part.is_empty() && part.chars().all(is_bare) { part.clone() } else { go_quote(part) };
    key.iter().map(one).collect::<Vec<_>>().join(".")
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
                    key.push(Self::text(&scalar)?);
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
                    key.push(Self::text(&scalar)?);
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
        Ok((Self::scalar(&scalar)?, false))
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
                Some(']') => break,
                _ => {}
            }
            items.push(self.value(true)?.0);
            loop {
                self.lexer.skip(|c| is_blank(c) || is_break(c))?;
                match self.lexer.peek()? {
                    Some('#') => self.comment()?,
                    Some(',' | ']') => break,
                    read => {
                        let read = read.inspect(|c| self.lexer.bump(*c));
                        let shown = rune_or_end(read);
                        return self
                            .lexer
                            .fail(read, format!("expected a comma (',') or array terminator (']'), but got {shown}"));
                    }
                }
            }
            if !self.lexer.accept(',')? {
                break;
            }
        }
        self.lexer.accept(']')?;
        Ok(Value::List(List::new(ListKind::Any, items)))
    }

    fn inline_table(&mut self, in_array: bool) -> Step<Value> {
        let (outer, outer_key) = (self.context.clone(), self.current.clone());
        let map = Map::from_iter([]);
        self.context.push(std::mem::take(&mut self.current));
        let own = self.context.clone();
        self.implicit.insert(dotted(&own));
        self.add_context(&own, in_array)?;
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
                Some('}') => break,
                _ => {}
            }
            self.pair(Some(&map))?;
            self.context.clone_from(&own);
            if !self.inline_separator()? {
                break;
            }
        }
        self.lexer.accept('}')?;
        self.context = outer;
        self.current = outer_key;
        Ok(Value::Map(map))
    }

    /// After a pair: whether another one may follow.
    fn inline_separator(&mut self) -> Step<bool> {
        loop {
            self.lexer.skip(|c| is_blank(c) || is_break(c))?;
            let read = self.lexer.peek()?;
            match read {
                Some('#') => self.comment()?,
                Some(',') => {
                    self.lexer.bump(',');
                    self.lexer.skip(is_blank)?;
                    return Ok(self.lexer.peek()? != Some('}'));
                }
                Some('}') => return Ok(false),
                _ => {
                    let read = read.inspect(|c| self.lexer.bump(*c));
                    let shown = rune_or_end(read);
                    return self.lexer.fail(
                        read,
                        format!("expected a comma or an inline table terminator '}}', but got {shown} instead"),
                    );
                }
            }
        }
    }

    /// Goes to a table, making it and those on the way.
    fn add_context(&mut self, key: &[String], many: bool) -> Step<()> {
        let Some((own, parents)) = key.split_last() else { return Ok(()) };
        let mut here = Rc::clone(&self.root);
        let mut path = Key::new();
        for part in parents {
            path.push(part.clone());
            let known = here.borrow().get(part).cloned();
            let item = known.unwrap_or_else(|| {
                let made = Item::table();
                self.implicit.insert(dotted(&path));
                here.borrow_mut().insert(part.clone(), made.clone());
                made
            });
            here = match table_of(Some(item)) {
                Some(table) => table,
                None => return self.key_error(&path, "was already created as a hash."),
            };
        }
        self.context = path;
        if many {
            let mut entries = here.borrow_mut();
            match entries.entry(own.clone()).or_insert_with(|| Item::Tables(Rc::default())) {
                Item::Tables(tables) => tables.borrow_mut().push(Table::default()),
                _ => return self.key_error(key, "was already created and cannot be used as an array."),
            }
        } else {
            self.set_value(own, Item::table())?;
        }
        self.context.push(own.clone());
        Ok(())
    }

    fn set_value(&mut self, name: &str, value: Item) -> Step<()> {
        let mut here = Rc::clone(&self.root);
        let mut path = Key::new();
        for part in self.context.clone() {
            let item = here.borrow().get(&part).cloned();
            path.push(part);
            here = match table_of(item) {
                Some(table) => table,
                None => return self.key_error(&path, "has already been defined."),
            };
        }
        path.push(name.to_owned());
        let full = dotted(&path);
        if here.borrow().contains_key(name) {
            let is_array = self.types.get(&full) == Some(&true);
            if !self.implicit.remove(&full) {
                return self.key_error(&path, "has already been defined.");
            }
            if !is_array {
                return Ok(());
            }
        }
        here.borrow_mut().insert(name.to_owned(), value);
        Ok(())
    }

    fn key_error<T>(&self, key: &[String], what: &str) -> Step<T> {
        Err(Stop { line: self.line, message: format!("Key '{}' {what}", dotted(key)) })
    }

    fn text(scalar: &Scalar<'_>) -> Step<String> {
        match Self::scalar(scalar)? {
            Value::Str(text) => Ok(text.text().into_owned()),
            _ => Ok(String::new()),
        }
    }

    fn scalar(scalar: &Scalar<'_>) -> Step<Value> {
        let fail = |message: String| Err(Stop { line: scalar.line, message });
        let text = scalar.text;
        match scalar.kind {
            Kind::Bool => Ok(Value::Bool(text == "true")),
            Kind::Text { raw, many } => {
                let text = if many { without_first_break(text) } else { text };
                match (raw, many) {
                    (true, _) => Ok(text.into()),
                    (false, true) => unescaped(&joined(text)).map(Value::from).or_else(fail),
                    (false, false) => unescaped(text).map(Value::from).or_else(fail),
                }
            }
            Kind::Integer => super::tomlnumber::integer(text).map(Value::int64).or_else(fail),
            Kind::Float => super::tomlnumber::float(text).map(Value::Float).or_else(fail),
            Kind::Time => dates::read_toml(text).or_else(fail),
        }
    }
}

fn rune_or_end(c: Option<char>) -> String {
    c.map_or_else(|| "end of file".to_owned(), |c| format!("'{c}'"))
}

/// The table that a key leads to: of an array of tables the last one.
fn table_of(item: Option<Item>) -> Option<Table> {
    match item? {
        Item::Table(table) => Some(table),
        Item::Tables(tables) => tables.borrow().last().map(Rc::clone),
        Item::Value(_) => None,
    }
}

fn without_first_break(text: &str) -> &str {
    text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n")).unwrap_or(text)
}

/// Takes out a backslash at the end of a line, and the white space after it.
fn joined(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
        out.push_str(before);
        if let Some(left) = after.strip_prefix('\\') {
            out.push_str("\\\\");
            rest = left;
            continue;
        }
        let left = after.trim_start_matches([' ', '\t', '\r', '\n']);
        if after.get(..after.len() - left.len()).is_some_and(|space| space.contains('\n')) {
            rest = left;
        } else {
            out.push('\\');
            rest = after;
        }
    }
    out + rest
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let code = chars.next().unwrap_or('\\');
        let digits = match code {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        out.push(match code {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            'x' | 'u' | 'U' => {
                let hex: String = chars.by_ref().take(digits).collect();
                let found = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32);
                found.ok_or_else(|| format!("Escaped character '\\u{hex}' is not valid UTF-8."))?
            }
            ' ' | '\t' => return Err(format!("invalid escape: '\\{code}'")),
            other => other,
        });
    }
    Ok(out)
}
