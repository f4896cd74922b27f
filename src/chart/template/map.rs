//! Maps and lists. A map is shared and mutable; a list never changes once made, as no template
//! function changes one in place.

use super::key::Key;
use super::object::Object;
use super::value::Value;
use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
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
pub type Entries = BTreeMap<Key, Value>;

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
    /// Whether somebody looked at its entries.
    looked: Cell<bool>,
    /// Whether it belongs to the data of a release, rather than to the template that made it.
    lent: Cell<bool>,
    /// Whether a session's [`Knots`] know it.
    noted: Cell<bool>,
}

thread_local! {
    static CHANGES: Cell<u64> = const { Cell::new(0) };
}

/// How often this thread's templates changed what belongs to the data of a release.
pub(super) fn changes() -> u64 {
    CHANGES.get()
}

impl Map {
    /// A new map.
    pub fn new(kind: MapKind, entries: Entries) -> Self {
        let body = MapBody {
            entries: RefCell::new(entries),
            touched: Cell::new(false),
            looked: Cell::new(false),
            lent: Cell::new(false),
            noted: Cell::new(false),
        };
        Self { kind, nil: false, body: Rc::new(body) }
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
        self.entries().get(key).cloned()
    }

    /// The value of a key that templates name.
    pub(super) fn find(&self, key: &Key) -> Option<Value> {
        self.entries().get(key).cloned()
    }

    /// The value at the end of names, where nothing leads to it but maps.
    pub(super) fn dig(&self, keys: &[Key]) -> Option<Value> {
        let (first, more) = keys.split_first()?;
        let is_method = || super::methods::VALUES.iter().any(|method| *method.name == **first);
        if self.kind == MapKind::Strings || (self.kind == MapKind::Values && is_method()) {
            return None;
        }
        let entries = self.entries();
        match (entries.get(first), more) {
            (Some(Value::Map(map)), [_, ..]) => map.dig(more),
            (value, []) => Some(value.cloned().unwrap_or(Value::Nil)),
            _ => None,
        }
    }

    /// Sets a key, for everyone who holds the map.
    pub fn insert(&self, key: impl Into<Key>, value: Value) {
        if self.is_lent() {
            value.lend();
        }
        self.change();
        self.put(key, value);
    }

    /// Sets a key of the data, as it is done before each file.
    pub(in crate::chart) fn put(&self, key: impl Into<Key>, value: Value) {
        let old = self.body.entries.borrow_mut().insert(key.into(), value.stored());
        // Dropped only now: its own destructor may look at this map.
        drop(old);
    }

    /// Takes a key away.
    pub fn remove(&self, key: &str) {
        self.change();
        let old = self.body.entries.borrow_mut().remove(key);
        drop(old);
    }

    fn change(&self) {
        self.body.touched.set(true);
        if self.body.lent.get() {
            CHANGES.set(CHANGES.get().wrapping_add(1));
        }
    }

    fn entries(&self) -> Ref<'_, Entries> {
        self.body.looked.set(true);
        self.body.entries.borrow()
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.entries().contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// The entries as they are now; later changes do not reach the copy.
    pub(crate) fn snapshot(&self) -> Vec<(Arc<str>, Value)> {
        self.entries().iter().map(|(k, v)| (Arc::clone(k.text()), v.clone())).collect()
    }

    /// Looks at the entries. The closure must not change this map.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Entries) -> T) -> T {
        look(&self.entries())
    }

    /// Says that it belongs to the data of a release, and all that is within it.
    pub(super) fn lend(&self) {
        if !self.body.lent.replace(true) {
            self.body.entries.borrow().values().for_each(Value::lend);
        }
    }

    pub(super) fn is_lent(&self) -> bool {
        self.body.lent.get()
    }

    /// Whether somebody looked at its entries since this was last set.
    pub(super) fn looked(&self) -> &Cell<bool> {
        &self.body.looked
    }

    /// Whether it was changed since this was last set.
    pub(super) fn touched(&self) -> &Cell<bool> {
        &self.body.touched
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

    /// Says that it belongs to the data of a release, and all that is within it.
    fn lend(&self) {
        super::deep(|| match self {
            Value::Map(map) => map.lend(),
            Value::List(list) => {
                let is_known = list.0.lent.replace(true);
                list.items().iter().filter(|_| !is_known).for_each(Value::lend);
            }
            Value::Object(Object::Record(record)) => record.fields.iter().for_each(|field| field.value.lend()),
            _ => {}
        });
    }
}

impl FromIterator<(Arc<str>, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Value)>>(entries: I) -> Self {
        Self::new(MapKind::Any, entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
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
    /// Whether it belongs to the data of a release.
    lent: Cell<bool>,
}

impl List {
    /// A new list.
    pub fn new(kind: ListKind, mut items: Vec<Value>) -> Self {
        for item in &mut items {
            if matches!(item, Value::Absent) {
                *item = Value::Nil;
            }
        }
        Self(Rc::new(ListBody { kind, nil: false, items, lent: Cell::new(false) }))
    }

    /// A nil slice.
    pub fn nil(kind: ListKind) -> Self {
        Self(Rc::new(ListBody { kind, nil: true, items: Vec::new(), lent: Cell::new(false) }))
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

    pub(super) fn is_lent(&self) -> bool {
        self.0.lent.get()
    }

    /// What tells it from all other lists that are there.
    pub(super) fn id(&self) -> usize {
        Rc::as_ptr(&self.0).cast::<()>().addr()
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

/// The maps that templates put others into. One may so come to hold itself, and what holds itself is never let go; so
/// those that are still there at the end of the session are emptied.
#[derive(Default)]
pub(super) struct Knots {
    noted: Vec<Weak<MapBody>>,
    /// How many there may be before those that are gone are taken out.
    room: usize,
}

impl Knots {
    /// A template is about to put a value into a map.
    pub fn note(&mut self, map: &Map, value: &Value) {
        if !matches!(value, Value::List(_) | Value::Map(_)) || map.body.noted.replace(true) {
            return;
        }
        if self.noted.len() >= self.room {
            self.noted.retain(|body| body.strong_count() > 0);
            self.room = (2 * self.noted.len()).max(64);
        }
        self.noted.push(Rc::downgrade(&map.body));
    }
}

impl Drop for Knots {
    fn drop(&mut self) {
        for body in self.noted.drain(..).filter_map(|body| body.upgrade()) {
            body.noted.set(false);
            // Nobody looks at it any more.
            drop(body.entries.try_borrow_mut().map(|mut entries| std::mem::take(&mut *entries)));
        }
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
