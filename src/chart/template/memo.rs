//! What a template gave before: the same template over the same data gives the same text, so it is not executed again.
//!
//! Charts include their helpers for names, labels and images once for every object, each time with the release's data,
//! and whole files for a checksum of them. Whatever could make the text differ is seen to: data that a template changed,
//! `.Template`, which differs from file to file, values that are generated, and the moment and chance, of which a
//! session that may ask them keeps nothing.
//!
//! Where many releases of a chart are rendered, one after another, what looked at nothing that is theirs alone
//! ([`watch`](super::watch)) is kept for the next: of whole templates, and of the nodes of those that are a release's own.

use super::map::{Map, changes};
use super::node::{Node, Template};
use super::value::{Str, Value};
use super::watch::{Seen, TEMPLATE, Watch};
use crate::chart::template::Key;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::Arc;

/// A longer key is not worth its while.
const LONGEST_KEY: usize = 1024;
/// Nor is a longer text.
const LONGEST_TEXT: usize = 64 << 10;
/// A release has about so many.
const LIKELY: usize = 100;
/// So many are kept for the next at most.
const MOST: usize = 20 * LIKELY;
/// A node that was not known so often is not asked for any more.
const IN_VAIN: u8 = 3;
/// Bytes of keys and texts that are kept at most.
const ROOM: usize = 4 << 20;

/// The texts that are known.
#[derive(Default)]
pub(crate) struct Memo {
    /// The data of the charts that were rendered: while they live, an address is one value's.
    roots: Vec<Map>,
    watch: Watch,
    /// Counts renders, where there is one after another.
    render: u64,
    /// How often data had been changed when the render began.
    began: u64,
    /// Counts files.
    file: u32,
    /// How often the data had been changed when all that is known was noted.
    changes: u64,
    known: HashMap<Box<[u8]>, Known, RandomState>,
    taken: usize,
    key: Vec<u8>,
    /// How often nodes were asked for in vain, one after another, by their addresses.
    vain: HashMap<usize, u8, RandomState>,
}

/// What gives a text.
#[derive(Clone, Copy)]
pub(super) enum Maker<'m> {
    /// A template.
    Template(&'m Arc<Template>),
    /// A node of a template of the chart.
    Node(&'m Node),
    /// A function of that name, of nothing but the data and this number.
    Function(&'static str, usize),
}

struct Known {
    text: Str,
    /// Keeps the address that the key begins with.
    _template: Option<Arc<Template>>,
    /// Keeps the address that the key ends with, where it outlives the render.
    _data: Option<Value>,
    /// What was looked at.
    seen: Seen,
    render: u64,
    file: u32,
    nesting: Nesting,
    lasts: bool,
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
    /// What had been looked at before.
    seen: Seen,
    /// Whether the mapping that it was given, where that is one of a template's own, had been changed before.
    touched: Option<bool>,
    /// Whether the key tells as much in the next render.
    lasts: bool,
}

/// What is known of an execution.
pub(super) enum Asked {
    Known(Str, Nesting),
    New(Pending),
    /// It cannot be told from others.
    Never,
}

impl Memo {
    /// The next release of a chart without subcharts begins: its data, and what `.Values` has in them, each with the
    /// render that it has been the same since. Renders count upwards from one.
    pub(crate) fn begin_render(&mut self, render: u64, root: &Map, values: &[(Key, Value, u64)]) {
        self.render = render;
        (self.began, self.changes) = (changes(), changes());
        if !self.watch.begin(root, values) {
            self.forget();
        }
    }

    /// Keeps what may be of use to the next.
    pub(crate) fn end_render(&mut self) {
        self.roots.clear();
        self.known.retain(|_, known| known.lasts);
        self.taken = self.known.iter().map(|(key, known)| size(key, &known.text)).sum();
        if self.began != changes() || self.known.len() > MOST || self.taken > ROOM / 2 {
            self.forget();
        }
    }

    /// A file begins.
    pub(super) fn begin(&mut self, data: &Value) {
        self.file = self.file.wrapping_add(1);
        let Value::Map(root) = data else { return };
        if !self.roots.iter().any(|known| known.same(root)) {
            root.lend();
            self.roots.push(root.clone());
        }
        let about = match root.get("Template") {
            Some(Value::Map(about)) => {
                about.lend();
                Some(about)
            }
            _ => None,
        };
        self.watch.begin_file(about);
        // A template may have put another `.Template` there, which is gone now.
        self.forget_changed();
    }

    /// Whether something is told by its address: it belongs to the data, or to the chart.
    pub(crate) fn is_lent(&self, value: &Value) -> bool {
        match value {
            Value::Map(map) => map.is_lent(),
            Value::List(list) => list.is_lent(),
            Value::Str(text) => text.bytes().len() > LONGEST_KEY && self.watch.is_of_file(text),
            _ => false,
        }
    }

    /// What is known of what a maker gives of this data.
    pub(super) fn ask(&mut self, maker: Maker<'_>, data: &Value) -> Asked {
        self.forget_changed();
        self.key.clear();
        match maker {
            Maker::Template(template) => {
                self.key.push(0);
                self.key.extend(Arc::as_ptr(template).addr().to_ne_bytes());
            }
            Maker::Node(node) => {
                self.key.push(2);
                self.key.extend(address(node).to_ne_bytes());
            }
            Maker::Function(name, number) => {
                self.key.push(1);
                self.key.extend(name.as_bytes());
                self.key.push(0);
                self.key.extend(number.to_ne_bytes());
            }
        }
        let mut writer = Writer { key: &mut self.key, watch: &self.watch, lasts: true };
        if !writer.write(data, true) || writer.key.len() > LONGEST_KEY {
            return Asked::Never;
        }
        let lasts = writer.lasts;
        if let Some(known) = self.known.get(self.key.as_slice())
            && self.holds(known)
        {
            self.watch.mark(known.seen);
            return Asked::Known(known.text.clone(), known.nesting);
        }
        let own = own_map(data);
        Asked::New(Pending {
            key: self.key.as_slice().into(),
            changes: self.changes,
            seen: self.watch.take(),
            touched: own.map(|own| own.touched().replace(false)),
            lasts,
        })
    }

    /// Whether a node may be known that sees these data and this `$`: in one render it has no more than one turn.
    pub(super) fn may_know(&self, node: &Node, data: &Value, dollar: &Value) -> bool {
        let is_root = |value: &Value| matches!(value, Value::Map(map) if self.watch.is_root(map));
        self.render > 0
            && is_root(data)
            && is_root(dollar)
            && self.vain.get(&address(node)).is_none_or(|vain| *vain < IN_VAIN)
    }

    /// Says whether a node was known.
    pub(super) fn asked(&mut self, node: &Node, was_known: bool) {
        let vain = self.vain.entry(address(node)).or_default();
        *vain = if was_known { 0 } else { vain.saturating_add(1) };
    }

    /// Whether it is what would come of it now.
    fn holds(&self, known: &Known) -> bool {
        if known.render == self.render {
            known.file == self.file || !known.seen.has(TEMPLATE)
        } else {
            self.watch.is_as_in(known.render, known.seen)
        }
    }

    /// The execution is done, or has failed, which is no text.
    pub(super) fn keep(
        &mut self,
        pending: Pending,
        (maker, data): (Maker<'_>, &Value),
        text: Option<&Str>,
        nesting: Nesting,
    ) {
        let seen = self.watch.so_far();
        self.watch.mark(pending.seen);
        let mut is_same = pending.changes == changes();
        if let (Some(touched), Some(own)) = (pending.touched, own_map(data)) {
            is_same &= !own.touched().get();
            if touched {
                own.touched().set(true);
            }
        }
        let Some(text) = text.filter(|text| is_same && text.bytes().len() <= LONGEST_TEXT) else { return };
        let size = size(&pending.key, text);
        if self.taken + size > ROOM {
            return;
        }
        self.taken += size;
        if self.known.is_empty() {
            self.known.reserve(LIKELY);
        }
        let lasts = self.render > 0 && pending.lasts && seen.can_last() && self.began == changes();
        let is_outside = matches!(data, Value::Map(map) if self.watch.is_root(map)) || own_map(data).is_some();
        let known = Known {
            text: text.clone(),
            _template: match maker {
                Maker::Template(template) => Some(Arc::clone(template)),
                // The chart keeps it.
                Maker::Node(_) | Maker::Function(..) => None,
            },
            _data: (lasts && !is_outside).then(|| data.clone()),
            seen,
            render: self.render,
            file: self.file,
            nesting,
            lasts,
        };
        self.known.insert(pending.key, known);
    }

    fn forget_changed(&mut self) {
        let now = changes();
        if self.changes != now {
            self.changes = now;
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.known.clear();
        self.taken = 0;
    }
}

fn address(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

fn size(key: &[u8], text: &Str) -> usize {
    key.len() + text.bytes().len()
}

/// A mapping that a template made.
fn own_map(data: &Value) -> Option<&Map> {
    match data {
        Value::Map(map) if !map.is_lent() => Some(map),
        _ => None,
    }
}

/// Writes what tells a value from all others. What belongs to the data is told by its address, for there it stays; what
/// a template made, by what is in it.
struct Writer<'m> {
    key: &'m mut Vec<u8>,
    watch: &'m Watch,
    /// Whether it is told so in the next render too.
    lasts: bool,
}

impl Writer<'_> {
    /// False where nothing tells it from others.
    fn write(&mut self, value: &Value, is_outer: bool) -> bool {
        match value {
            Value::Absent => self.key.push(0),
            Value::Nil => self.key.push(1),
            Value::Bool(truth) => self.key.extend([2, u8::from(*truth)]),
            Value::Int(number, kind) => {
                self.key.push(3);
                self.key.extend(number.to_ne_bytes());
                self.text(kind.type_name().as_bytes());
            }
            Value::Float(number) => {
                self.key.push(4);
                self.key.extend(number.to_bits().to_ne_bytes());
            }
            Value::Str(text) if is_outer && text.bytes().len() > LONGEST_KEY && self.watch.is_of_file(text) => {
                self.key.push(11);
                self.key.extend(text.bytes().as_ptr().addr().to_ne_bytes());
            }
            Value::Str(text) => {
                self.key.push(5);
                self.text(text.bytes());
            }
            Value::Map(map) if map.is_lent() && self.watch.is_root(map) => self.key.extend([10, map.kind() as u8]),
            Value::Map(map) if map.is_lent() => {
                self.lasts &= is_outer && !self.watch.is_of_this_render(map);
                self.key.extend([6, map.kind() as u8]);
                self.key.extend(map.id().to_ne_bytes());
            }
            Value::List(list) if list.is_lent() => {
                self.lasts &= is_outer;
                self.key.push(7);
                self.key.extend(list.id().to_ne_bytes());
            }
            Value::Map(map) if is_outer && !map.is_nil() => {
                self.key.extend([8, map.kind() as u8]);
                self.key.extend(map.len().to_ne_bytes());
                return map.with(|entries| {
                    entries.iter().all(|(name, value)| {
                        self.text(name.as_bytes());
                        self.write(value, false)
                    })
                });
            }
            Value::List(list) if !list.is_nil() && list.items().len() < LONGEST_KEY => {
                self.key.push(9);
                self.text(list.kind().type_name().as_bytes());
                self.key.extend(list.items().len().to_ne_bytes());
                return list.items().iter().all(|item| !matches!(item, Value::List(_)) && self.write(item, false));
            }
            _ => return false,
        }
        self.key.len() <= LONGEST_KEY
    }

    fn text(&mut self, text: &[u8]) {
        self.key.extend(text.len().to_ne_bytes());
        // A longer text makes the key too long, and no more of it is needed for that.
        self.key.extend(text.get(..LONGEST_KEY + 1).unwrap_or(text));
    }
}
