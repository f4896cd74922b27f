//! The tables of a TOML document while it is read: where a key leads, and what may not be defined twice.

use super::tomllex::{Step, Stop};
use super::tomlread::{Parser, is_bare};
use crate::chart::template::{List, ListKind, Map, Value, go_quote};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The type that Go gives an array of tables.
const TABLES: ListKind = ListKind::Named("[]map[string]interface {}");

pub(super) type Key = Vec<String>;

/// A table that is still being filled.
pub(super) type Table = Rc<RefCell<BTreeMap<String, Item>>>;

#[derive(Clone)]
pub(super) enum Item {
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

pub(super) fn finished(table: &Table) -> Map {
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

/// A key as Go shows it.
pub(super) fn dotted(key: &[String]) -> String {
    let one = |part: &String| if !part.is_empty() && part.chars().all(is_bare) { part.clone() } else { go_quote(part) };
    key.iter().map(one).collect::<Vec<_>>().join(".")
}

impl Parser<'_> {
    /// Goes to a table, making it and those on the way.
    pub(super) fn add_context(&mut self, key: &[String], many: bool) -> Step<()> {
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

    pub(super) fn set_value(&mut self, name: &str, value: Item) -> Step<()> {
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
}

/// The table that a key leads to: of an array of tables the last one.
fn table_of(item: Option<Item>) -> Option<Table> {
    match item? {
        Item::Table(table) => Some(table),
        Item::Tables(tables) => tables.borrow().last().map(Rc::clone),
        Item::Value(_) => None,
    }
}
