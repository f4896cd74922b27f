//! What a template gave before: the same template over the same data gives the same text, so it is not executed again.
//!
//! Charts include their helpers for names, labels and images once for every object, each time with the release's data,
//! and whole files for a checksum of them. Whatever could make the text differ is seen to: data that a template changed, `.Template`, which differs from file
//! to file, values that are generated, and the moment and chance, of which a session that may ask them keeps nothing.

use super::map::{Map, changes};
use super::node::Template;
use super::value::{Str, Value};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::Arc;

/// A longer key is not worth its while.
const LONGEST_KEY: usize = 1024;
/// Nor is a longer text.
const LONGEST_TEXT: usize = 64 << 10;
/// A release has about so many.
const LIKELY: usize = 100;
/// Bytes of keys and texts that are kept at most.
const ROOM: usize = 4 << 20;

/// The texts that are known.
#[derive(Default)]
pub(super) struct Memo {
    /// The data of the charts that were rendered: while they live, an address is one value's.
    roots: Vec<Map>,
    /// `.Template` of the file in hand, where the data have it.
    about: Option<Map>,
    /// Counts files.
    file: u32,
    /// How often the data had been changed when all that is known was noted.
    changes: u64,
    known: HashMap<Box<[u8]>, Known, RandomState>,
    taken: usize,
    key: Vec<u8>,
}

struct Known {
    text: Str,
    /// Keeps the address that the key begins with.
    _template: Arc<Template>,
    /// The file whose `.Template` it depends on, if it does.
    file: Option<u32>,
    nesting: Nesting,
}

/// How many templates and how many included names are nested.
#[derive(Clone, Copy, Default)]
pub(super) struct Nesting {
    pub templates: u32,
    pub names: usize,
}

impl Nesting {
    pub fn and(self, other: Self) -> Self {
        Self { templates: self.templates + other.templates, names: self.names + other.names }
    }

    pub fn max(self, other: Self) -> Self {
        Self { templates: self.templates.max(other.templates), names: self.names.max(other.names) }
    }

    pub fn beyond(self, other: Self) -> Self {
        Self {
            templates: self.templates.saturating_sub(other.templates),
            names: self.names.saturating_sub(other.names),
        }
    }
}

/// An execution whose text may be kept when it is done.
pub(super) struct Pending {
    key: Box<[u8]>,
    changes: u64,
    /// Whether somebody had looked at `.Template` before.
    looked: bool,
    /// The same of changes to the mapping that it was given, where that is one of a template's own.
    touched: Option<bool>,
}

/// What is known of an execution.
pub(super) enum Asked {
    Known(Str, Nesting),
    New(Pending),
    /// It cannot be told from others.
    Never,
}

impl Memo {
    /// A file begins.
    pub fn begin(&mut self, data: &Value) {
        self.file = self.file.wrapping_add(1);
        let Value::Map(root) = data else { return };
        if !self.roots.iter().any(|known| known.same(root)) {
            root.lend();
            self.roots.push(root.clone());
        }
        self.about = match root.get("Template") {
            Some(Value::Map(about)) => {
                about.lend();
                Some(about)
            }
            _ => None,
        };
        // A template may have put another `.Template` there, which is gone now.
        self.forget_changed();
    }

    /// What is known of a template over this data.
    pub fn ask(&mut self, template: &Arc<Template>, data: &Value) -> Asked {
        self.forget_changed();
        self.key.clear();
        self.key.extend_from_slice(&Arc::as_ptr(template).addr().to_ne_bytes());
        if !write_key(&mut self.key, data, true) || self.key.len() > LONGEST_KEY {
            return Asked::Never;
        }
        if let Some(known) = self.known.get(self.key.as_slice())
            && known.file.is_none_or(|file| file == self.file)
        {
            if let (Some(_), Some(about)) = (known.file, &self.about) {
                about.looked().set(true);
            }
            return Asked::Known(known.text.clone(), known.nesting);
        }
        let own = own_map(data);
        Asked::New(Pending {
            key: self.key.as_slice().into(),
            changes: self.changes,
            looked: self.about.as_ref().is_some_and(|about| about.looked().replace(false)),
            touched: own.map(|own| own.touched().replace(false)),
        })
    }

    /// The execution is done, or has failed, which is no text.
    pub fn keep(
        &mut self,
        pending: Pending,
        (template, data): (&Arc<Template>, &Value),
        text: Option<&Str>,
        nesting: Nesting,
    ) {
        let looked = self.about.as_ref().is_some_and(|about| about.looked().get());
        if let (true, Some(about)) = (pending.looked, &self.about) {
            about.looked().set(true);
        }
        let mut is_same = pending.changes == changes();
        if let (Some(touched), Some(own)) = (pending.touched, own_map(data)) {
            is_same &= !own.touched().get();
            if touched {
                own.touched().set(true);
            }
        }
        let Some(text) = text.filter(|text| is_same && text.bytes().len() <= LONGEST_TEXT) else { return };
        let size = pending.key.len() + text.bytes().len();
        if self.taken + size > ROOM {
            return;
        }
        self.taken += size;
        let file = looked.then_some(self.file);
        if self.known.is_empty() {
            self.known.reserve(LIKELY);
        }
        let known = Known { text: text.clone(), _template: Arc::clone(template), file, nesting };
        self.known.insert(pending.key, known);
    }

    fn forget_changed(&mut self) {
        let now = changes();
        if self.changes != now {
            self.changes = now;
            self.known.clear();
            self.taken = 0;
        }
    }
}

/// A mapping that a template made.
fn own_map(data: &Value) -> Option<&Map> {
    match data {
        Value::Map(map) if !map.is_lent() => Some(map),
        _ => None,
    }
}

/// Writes what tells a value from all others; false where nothing does. What belongs to the data is told by its
/// address, for there it stays; what a template made, by what is in it.
fn write_key(key: &mut Vec<u8>, value: &Value, is_outer: bool) -> bool {
    match value {
        Value::Absent => key.push(0),
        Value::Nil => key.push(1),
        Value::Bool(truth) => key.extend([2, u8::from(*truth)]),
        Value::Int(number, kind) => {
            key.push(3);
            key.extend(number.to_ne_bytes());
            write_text(key, kind.type_name().as_bytes());
        }
        Value::Float(number) => {
            key.push(4);
            key.extend(number.to_bits().to_ne_bytes());
        }
        Value::Str(text) => {
            key.push(5);
            write_text(key, text.bytes());
        }
        Value::Map(map) if map.is_lent() => {
            key.extend([6, map.kind() as u8]);
            key.extend(map.id().to_ne_bytes());
        }
        Value::List(list) if list.is_lent() => {
            key.push(7);
            key.extend(list.id().to_ne_bytes());
        }
        Value::Map(map) if is_outer && !map.is_nil() => {
            key.extend([8, map.kind() as u8]);
            key.extend(map.len().to_ne_bytes());
            return map.with(|entries| {
                entries.iter().all(|(name, value)| {
                    write_text(key, name.as_bytes());
                    write_key(key, value, false)
                })
            });
        }
        Value::List(list) if !list.is_nil() && list.items().len() < LONGEST_KEY => {
            key.push(9);
            write_text(key, list.kind().type_name().as_bytes());
            key.extend(list.items().len().to_ne_bytes());
            return list.items().iter().all(|item| !matches!(item, Value::List(_)) && write_key(key, item, false));
        }
        _ => return false,
    }
    key.len() <= LONGEST_KEY
}

fn write_text(key: &mut Vec<u8>, text: &[u8]) {
    key.extend(text.len().to_ne_bytes());
    // A longer text makes the key too long, and no more of it is needed for that.
    key.extend(text.get(..LONGEST_KEY + 1).unwrap_or(text));
}
