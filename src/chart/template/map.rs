//! Maps and lists. A map is shared and mutable; a list never changes once made, as no template
//! function changes one in place.

use super::value::Value;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// The Go types of maps that templates meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapKind {
    /// `map[string]interface {}`
    Any,
    /// `chartutil.Values`: `.Values` itself.
    Values,
    /// `map[string]string`
    Strings,
}

impl MapKind {
    /// The Go type's name.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Any => "map[string]interface {}",
            Self::Values => "chartutil.Values",
            Self::Strings => "map[string]string",
        }
    }

    /// Whether its values can be of any type.
    pub(crate) fn is_any(self) -> bool {
        self != Self::Strings
    }

    /// What a missing key gives.
    pub(crate) fn zero(self) -> Value {
        match self {
            Self::Any | Self::Values => Value::Nil,
            Self::Strings => Value::from(""),
        }
    }
}

/// The entries of a map, in the order in which Go ranges over them.
pub type Entries = BTreeMap<Arc<str>, Value>;

/// A shared map with string keys, seen as one Go type.
#[derive(Clone)]
pub struct Map {
    kind: MapKind,
    /// A nil map: empty, and `null` in JSON.
    nil: bool,
    body: Rc<MapBody>,
}

struct MapBody {
    entries: RefCell<Entries>,
    /// Whether an entry was set or taken away since the map was made.
    touched: Cell<bool>,
}

impl Map {
    /// A new map.
    pub fn new(kind: MapKind, entries: Entries) -> Self {
        let entries = RefCell::new(entries);
        Self { kind, nil: false, body: Rc::new(MapBody { entries, touched: Cell::new(false) }) }
    }

    /// A nil map.
    pub(crate) fn nil(kind: MapKind) -> Self {
        Self { nil: true, ..Self::new(kind, Entries::new()) }
    }

    pub(crate) fn is_nil(&self) -> bool {
        self.nil
    }

    /// Its Go type.
    pub fn kind(&self) -> MapKind {
        self.kind
    }

    /// The same map, seen as another Go type.
    pub(crate) fn seen_as(&self, kind: MapKind) -> Self {
        Self { kind, nil: self.nil, body: Rc::clone(&self.body) }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Value> {
        self.body.entries.borrow().get(key).cloned()
    }

    /// Sets a key, for everyone who holds the map.
    pub fn insert(&self, key: impl Into<Arc<str>>, value: Value) {
        self.body.touched.set(true);
        let old = self.body.entries.borrow_mut().insert(key.into(), value.stored());
        // Dropped only now: its own destructor may look at this map.
        drop(old);
    }

    /// Takes a key away.
    pub fn remove(&self, key: &str) {
        self.body.touched.set(true);
        let old = self.body.entries.borrow_mut().remove(key);
        drop(old);
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.body.entries.borrow().contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.body.entries.borrow().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.body.entries.borrow().is_empty()
    }

    /// The entries as they are now; later changes do not reach the copy.
    pub(crate) fn snapshot(&self) -> Vec<(Arc<str>, Value)> {
        let entries = self.body.entries.borrow();
        entries.iter().map(|(k, v)| (Arc::clone(k), v.clone())).collect()
    }

    /// Looks at the entries. The closure must not change this map.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Entries) -> T) -> T {
        look(&self.body.entries.borrow())
    }

    /// What tells it from all other maps that are there.
    pub(super) fn id(&self) -> usize {
        Rc::as_ptr(&self.body).cast::<()>().addr()
    }

    /// Whether both are one map.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.body, &other.body)
    }
}

impl Value {
    /// Whether neither this nor anything within it was changed since it was made.
    pub(crate) fn is_untouched(&self) -> bool {
        match self {
            Value::Map(map) => !map.body.touched.get() && map.with(|entries| entries.values().all(Value::is_untouched)),
            Value::List(list) => list.items().iter().all(Value::is_untouched),
            _ => true,
        }
    }
}

impl FromIterator<(Arc<str>, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Value)>>(entries: I) -> Self {
        Self::new(MapKind::Any, entries.into_iter().collect())
    }
}

/// The Go types of slices that templates meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// `[]interface {}`
    Any,
    /// `[]string`
    Strings,
    /// `[]int`
    Ints,
    /// Another type, by its name.
    Named(&'static str),
}

impl ListKind {
    /// The Go type's name.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Any => "[]interface {}",
            Self::Strings => "[]string",
            Self::Ints => "[]int",
            Self::Named(name) => name,
        }
    }
}

/// A list.
#[derive(Clone)]
pub struct List(Rc<ListBody>);

struct ListBody {
    kind: ListKind,
    /// A nil slice: empty, and `null` in JSON.
    nil: bool,
    items: Vec<Value>,
}

impl List {
    /// A new list.
    pub fn new(kind: ListKind, mut items: Vec<Value>) -> Self {
        for item in &mut items {
            if matches!(item, Value::Absent) {
                *item = Value::Nil;
            }
        }
        Self(Rc::new(ListBody { kind, nil: false, items }))
    }

    /// A nil slice.
    pub fn nil(kind: ListKind) -> Self {
        Self(Rc::new(ListBody { kind, nil: true, items: Vec::new() }))
    }

    /// A list of strings.
    pub fn strings<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::new(ListKind::Strings, items.into_iter().map(Into::into).collect())
    }

    /// Its Go type.
    pub fn kind(&self) -> ListKind {
        self.0.kind
    }

    /// The items.
    pub fn items(&self) -> &[Value] {
        &self.0.items
    }

    pub(crate) fn is_nil(&self) -> bool {
        self.0.nil
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.items.is_empty()
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self::new(ListKind::Any, items.into_iter().collect())
    }
}

/// Values nest as deep as a template cares to make them, so they are taken apart without recursion.
fn take_apart(first: impl Iterator<Item = Value>) {
    let is_container = |value: &Value| matches!(value, Value::List(_) | Value::Map(_));
    let mut waiting: Vec<Value> = first.filter(is_container).collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::List(list) => {
                if let Some(mut body) = Rc::into_inner(list.0) {
                    waiting.extend(std::mem::take(&mut body.items).into_iter().filter(is_container));
                }
            }
            Value::Map(map) => {
                if let Some(body) = Rc::into_inner(map.body) {
                    let entries = body.entries.take();
                    waiting.extend(entries.into_values().filter(is_container));
                }
            }
            _ => {}
        }
    }
}

impl Drop for MapBody {
    fn drop(&mut self) {
        let entries = self.entries.get_mut();
        if entries.values().any(|v| matches!(v, Value::List(_) | Value::Map(_))) {
            take_apart(std::mem::take(entries).into_values());
        }
    }
}

impl Drop for ListBody {
    fn drop(&mut self) {
        if self.items.iter().any(|v| matches!(v, Value::List(_) | Value::Map(_))) {
            take_apart(std::mem::take(&mut self.items).into_iter());
        }
    }
}
