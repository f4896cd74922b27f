//! One render: the templates in force, what the session keeps across files, and the bounds.

use super::error::{ErrorKind, Fault, TemplateError};
use super::exec::Frame;
use super::key::Key;
use super::map::{Knots, Map};
use super::memo::{Asked, Maker, Memo, Nesting};
use super::node::{Node, Template};
use super::trace::{Trace, Tracer};
use super::value::{Str, Value};
use crate::chart::generated::Tokens;
use crate::chart::outside::{Outside, World};
use foldhash::fast::RandomState;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Helm's bound on nested `include`s of one name.
const MAX_INCLUDES: usize = 1000;
/// Nested templates of any kind. Go allows 100,000 nested `{{template}}`s and says so; who is this
/// deep is in a circle, so the circle is cut early and told with Go's words.
const MAX_DEPTH: u32 = 4000;

/// Bounds of a render; past one it fails, naming the bound.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes that all files of the render may hold together, and any one string within it.
    pub output: usize,
    /// Nodes walked and values touched: a bound on time that does not depend on the machine.
    pub steps: u64,
}

impl Default for Limits {
    /// 64 MiB and 20 million steps: a second or two. A large public chart takes some ten thousand.
    fn default() -> Self {
        Self { output: 64 << 20, steps: 20_000_000 }
    }
}

/// What the files of one release share while they are rendered: generated values and bounds.
///
/// The data of a release serve one session: a map that a template put others into is empty when the session ends, for else
/// it might hold itself for ever.
#[derive(Default)]
pub struct Session {
    /// The generated values that were asked for, in order.
    pub tokens: Tokens,
    /// Whether the moment and chance may be asked, and how often they were.
    world: World,
    asked: Cell<u64>,
    /// Notes how the text comes about, where somebody asks for it.
    pub(crate) tracer: Option<Box<Tracer>>,
    /// What was noted, a file after another.
    pub(crate) traces: Vec<Trace>,
    pub(crate) limits: Limits,
    pub(crate) steps: u64,
    pub(crate) written: usize,
    /// What was included before.
    pub(crate) memo: Memo,
    /// Buffers that were used before.
    spare: Vec<Vec<u8>>,
    /// What may hold itself.
    knots: Knots,
}

impl Session {
    /// A session with other bounds than the usual ones.
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// A session that knows what others before it gave.
    pub(crate) fn with_memo(memo: Memo) -> Self {
        Self { memo, ..Self::default() }
    }

    /// The same, and it notes how texts come about from these values.
    #[must_use]
    pub(crate) fn traced(mut self, values: &Map) -> Self {
        self.tracer = Some(Box::new(Tracer::new(values)));
        self
    }

    /// Whom to ask for the moment and for chance, where that is allowed. What was asked once gives another answer next
    /// time, so nothing that did is taken for known.
    pub(crate) fn outside(&self) -> Option<Arc<dyn Outside>> {
        self.asked.set(self.asked.get() + 1);
        self.world.0.clone()
    }

    /// A session that may ask for the moment and for chance.
    pub fn in_world(world: World) -> Self {
        Self { world, ..Self::default() }
    }
}

/// Templates by name, one layer over another: `tpl` sees what its caller sees, and adds its own.
#[derive(Default)]
pub(crate) struct Set {
    pub(super) own: HashMap<Arc<str>, Arc<Template>, RandomState>,
}

impl Set {
    /// Adds parsed templates as Go does: a later one replaces an earlier one, unless it is blank.
    pub(super) fn add(&mut self, parsed: Vec<Template>) {
        for template in parsed {
            match self.own.get(&template.name) {
                Some(_) if template.blank => {}
                _ => {
                    self.own.insert(Arc::clone(&template.name), Arc::new(template));
                }
            }
        }
    }
}

/// What `tpl` names the text that it parses.
pub(super) const TPL_NAME: &str = "gotpl";

/// The texts that `tpl` was given, parsed. Renders share them: most give the same ones.
#[derive(Default)]
pub(super) struct Texts(Mutex<HashMap<Box<[u8]>, Arc<Set>, RandomState>>);

/// So many are kept, and none that is longer than this.
const KEPT_TEXTS: usize = 256;
const KEPT_LENGTH: usize = 4096;

impl Texts {
    fn parsed(&self, text: &Str) -> Result<Arc<Set>, TemplateError> {
        let keeps = text.bytes().len() <= KEPT_LENGTH;
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keeps && let Some(set) = kept().get(text.bytes()) {
            return Ok(Arc::clone(set));
        }
        let mut set = Set::default();
        set.add(super::parse::parse(TPL_NAME, &text.text())?);
        let set = Arc::new(set);
        if keeps {
            let mut kept = kept();
            if kept.len() >= KEPT_TEXTS {
                kept.clear();
            }
            kept.insert(text.bytes().into(), Arc::clone(&set));
        }
        Ok(set)
    }
}

/// The state of a render while a file is executed.
pub struct Run<'s> {
    /// The parsed files.
    base: &'s Set,
    /// What the enclosing `tpl` calls have added, outermost first.
    layers: Vec<Arc<Set>>,
    /// What was parsed for `tpl` before.
    texts: &'s Texts,
    /// The names that are being included, outermost first.
    included: Vec<Arc<str>>,
    pub(crate) session: &'s mut Session,
    pub(crate) out: Vec<u8>,
    pub(super) depth: u32,
    /// How deep it ever went.
    deepest: Nesting,
    /// How often something happened that tells a text from what was made before, such as a name that is that of a
    /// template of an enclosing `tpl`.
    told_apart: Cell<u64>,
}

impl<'s> Run<'s> {
    pub(super) fn new(base: &'s Set, texts: &'s Texts, session: &'s mut Session) -> Self {
        Self {
            base,
            layers: Vec::new(),
            texts,
            included: Vec::new(),
            session,
            out: Vec::new(),
            depth: 0,
            deepest: Nesting::default(),
            told_apart: Cell::new(0),
        }
    }

    pub(super) fn lookup(&self, name: &str) -> Option<Arc<Template>> {
        let below = self.base.own.get(name);
        let mut layers = self.layers.iter().rev().filter_map(|set| set.own.get(name));
        // A blank template never replaces another, in whatever layer that is.
        let found = layers.find(|template| !template.blank || below.is_none());
        if found.is_some() {
            self.cannot_repeat();
        }
        found.or(below).cloned()
    }

    /// Counts work done, and stops what has done too much.
    pub(crate) fn step(&mut self, count: u64) -> Result<(), Fault> {
        self.session.steps += count;
        if self.session.steps > self.session.limits.steps {
            let limit = self.session.limits.steps;
            return Err(Fault::bound(format!("the render takes more than {limit} steps")));
        }
        Ok(())
    }

    /// Counts what a function gave. Texts count by their size, so that the bound on steps is one on memory too.
    pub(super) fn counted(&mut self, value: &Value) -> Result<(), Fault> {
        let Value::Str(text) = value else { return self.step(1) };
        let length = text.bytes().len();
        self.check_size(length)?;
        self.step(1 + (length as u64 >> 4))
    }

    /// The same of what a function wrote at the end of the output, from there on.
    pub(super) fn counted_from(&mut self, start: usize) -> Result<(), Fault> {
        self.check_size(self.out.len())?;
        self.step(1 + ((self.out.len() - start) as u64 >> 4))
    }

    /// Refuses a text that is longer than a render may be.
    pub(crate) fn check_size(&self, bytes: usize) -> Result<(), Fault> {
        let limit = self.session.limits.output;
        if bytes.saturating_add(self.session.written) > limit {
            return Err(Fault::bound(format!("the render is larger than {limit} bytes")));
        }
        Ok(())
    }

    /// Sets a key of a map, as a template does.
    pub(crate) fn put(&mut self, map: &Map, key: impl Into<Key>, value: Value) {
        self.session.knots.note(map, &value);
        map.insert(key, value);
    }

    /// Executes a template into a text of its own.
    pub(super) fn execute(&mut self, template: &Template, data: &Value) -> Result<Str, TemplateError> {
        let fresh = self.buffer();
        let out = std::mem::replace(&mut self.out, fresh);
        if let Some(tracer) = &mut self.session.tracer {
            tracer.enter();
        }
        let done = self.enter(template, data);
        let text = std::mem::replace(&mut self.out, out);
        if let Some(tracer) = &mut self.session.tracer {
            tracer.leave(&text);
        }
        let answer = done.map(|()| Str::from(text.as_slice()));
        self.give_back(text);
        answer
    }

    /// An empty buffer, which may have room already.
    pub(crate) fn buffer(&mut self) -> Vec<u8> {
        self.session.spare.pop().unwrap_or_default()
    }

    /// Keeps a buffer for the next who needs one.
    pub(crate) fn give_back(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.session.spare.push(buffer);
    }

    /// Executes a template into the current output.
    pub(super) fn enter(&mut self, template: &Template, data: &Value) -> Result<(), TemplateError> {
        self.depth += 1;
        self.deepest = self.deepest.max(self.nesting());
        let done = super::deep(|| Frame::new(template, data.clone()).run(self, data));
        self.depth -= 1;
        done
    }

    pub(super) fn too_deep(&self) -> bool {
        self.depth >= MAX_DEPTH
    }

    /// A file is done: what was noted of it is kept.
    pub(super) fn end_of_file(&mut self, text: &Str) {
        if let Some(tracer) = &mut self.session.tracer {
            let lost: Vec<usize> = memchr::memmem::find_iter(text.bytes(), NO_VALUE).collect();
            self.session.traces.push(tracer.take(&lost, NO_VALUE.len()));
        }
    }

    /// Helm's `include`.
    pub(crate) fn include(&mut self, name: &str, data: &Value) -> Result<Str, Fault> {
        // No name can be nested more often than names are nested at all.
        let may_be_nested = self.included.len() > MAX_INCLUDES;
        let nested = || self.included.iter().filter(|other| ***other == *name).count();
        if self.too_deep() || (may_be_nested && nested() > MAX_INCLUDES) {
            return Err(
                format!("rendering template has a nested reference name: {name}: unable to execute template").into()
            );
        }
        let Some(template) = self.lookup(name) else {
            let name = super::quote::go_quote(name);
            return Err(format!("template: no template {name} associated with template \"gotpl\"").into());
        };
        self.included.push(Arc::clone(&template.name));
        let done = self.known_or_executed(&template, data);
        self.included.pop();
        done.map_err(Fault::from)
    }

    /// The text of a template over this data, by executing it where it is not known.
    pub(super) fn known_or_executed(&mut self, template: &Arc<Template>, data: &Value) -> Result<Str, TemplateError> {
        self.known_or_made(Maker::Template(template), data, |run| run.execute(template, data))
    }

    /// The text that a function gives of a value and of nothing else but a number, by calling it where it is not known.
    pub(crate) fn known_or_called(
        &mut self,
        (function, number): (&'static str, usize),
        value: &Value,
        call: impl FnOnce(&mut Self) -> Result<Str, Fault>,
    ) -> Result<Str, Fault> {
        if self.session.memo.is_lent(value) {
            self.known_or_made(Maker::Function(function, number), value, call)
        } else {
            call(self)
        }
    }

    /// Whether it may be known what a node gives that sees nothing but the data in hand and `$`.
    pub(super) fn may_know(&self, node: &Node, data: &Value, dollar: &Value) -> bool {
        // The text of a `tpl` does not live as long as what is known.
        self.layers.is_empty() && self.session.tracer.is_none() && self.session.memo.may_know(node, data, dollar)
    }

    /// Says that what is being executed does more than give a text.
    pub(super) fn cannot_repeat(&self) {
        self.told_apart.set(self.told_apart.get() + 1);
    }

    /// What is known of a maker, or what it makes.
    pub(super) fn known_or_made<E>(
        &mut self,
        maker: Maker<'_>,
        data: &Value,
        make: impl FnOnce(&mut Self) -> Result<Str, E>,
    ) -> Result<Str, E> {
        let is_bare = |set: &Arc<Set>| set.own.keys().all(|name| **name == *TPL_NAME);
        if self.session.tracer.is_some() || !self.layers.iter().all(is_bare) {
            return make(self);
        }
        let pending = match self.session.memo.ask(maker, data) {
            Asked::Known(text, nesting) if self.has_room_for(nesting) => {
                self.deepest = self.deepest.max(self.nesting().and(nesting));
                return Ok(text);
            }
            Asked::Known(..) | Asked::Never => return make(self),
            Asked::New(pending) => pending,
        };
        let before = self.unrepeatable();
        let here = self.nesting();
        let deepest = std::mem::replace(&mut self.deepest, here);
        let done = make(self);
        let text = done.as_ref().ok().filter(|_| self.unrepeatable() == before);
        self.session.memo.keep(pending, (maker, data), text, self.deepest.beyond(here));
        self.deepest = self.deepest.max(deepest);
        done
    }

    /// Counts what makes a template give another text next time over the same data: generated values, the moment and
    /// chance, names of an enclosing `tpl`, and what a node does beside its text.
    fn unrepeatable(&self) -> (usize, u64, u64) {
        (self.session.tokens.count(), self.session.asked.get(), self.told_apart.get())
    }

    fn nesting(&self) -> Nesting {
        Nesting { templates: self.depth, names: self.included.len() }
    }

    /// Whether so much deeper is within all bounds.
    fn has_room_for(&self, nesting: Nesting) -> bool {
        let deepest = self.nesting().and(nesting);
        deepest.templates < MAX_DEPTH && deepest.names <= MAX_INCLUDES
    }

    /// Helm's `tpl`.
    pub(crate) fn tpl(&mut self, text: &Str, data: &Value) -> Result<Str, Fault> {
        let quoted = || super::quote::go_quote(&text.text());
        self.step(text.bytes().len() as u64 >> 3)?;
        let parsed = self.texts.parsed(text);
        let set = parsed.map_err(|error| Fault::within(&format!("cannot parse template {}: ", quoted()), error))?;
        if self.too_deep() {
            return Err("exceeded maximum template depth (100000)".into());
        }
        let main = set.own.get(TPL_NAME).cloned();
        self.layers.push(set);
        let done = match main {
            Some(main) => self.known_or_executed(&main, data),
            None => Ok(Str::from("")),
        };
        self.layers.pop();
        match done {
            Ok(text) => Ok(without_no_value(text)),
            Err(error) => Err(Fault::within(&format!("error during tpl function execution for {}: ", quoted()), error)),
        }
    }
}

/// A file whose text nobody can read.
pub(super) fn not_utf8(file: &str) -> TemplateError {
    let message = "the rendered text is not UTF-8".to_owned();
    TemplateError {
        kind: ErrorKind::Bound,
        place: super::error::Place { template: file.to_owned(), line: 1, column: None },
        text: format!("template: {file}: {message}"),
        message,
    }
}

/// What Go prints for a missing value.
const NO_VALUE: &str = "<no value>";

fn has_no_value(text: &str) -> bool {
    let mut places = memchr::memchr_iter(NO_VALUE.as_bytes()[0], text.as_bytes());
    places.any(|at| text.get(at..).is_some_and(|rest| rest.starts_with(NO_VALUE)))
}

/// Takes it out, as Helm does.
pub(super) fn without_no_value(text: Str) -> Str {
    match &text {
        Str::Text(t) if has_no_value(t) => Str::from(t.replace(NO_VALUE, "")),
        _ => text,
    }
}
