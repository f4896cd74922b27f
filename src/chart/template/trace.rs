//! What a render leaves behind of how it came about: which line of a template each piece of the text is from, and which
//! values were looked at on the way. It is kept only where somebody asks for it.

use std::collections::HashMap;
use std::sync::Arc;

use super::map::Map;
use super::value::Value;

/// How one file came about.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// By where they begin in the text, in its order.
    pub marks: Vec<Mark>,
    /// In the order in which they were looked at.
    pub reads: Vec<Read>,
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where it begins in the rendered text, in bytes.
    pub at: usize,
    /// The file that it is from.
    pub file: Arc<str>,
    /// The line there, from 1.
    pub line: usize,
    /// Whether it stands in the template as it is, line for line.
    pub verbatim: bool,
    /// The named template that an `include` took it from.
    pub via: Option<Arc<str>>,
}

/// A value that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// How much was written by then, in bytes.
    pub at: usize,
    /// Its path below `.Values` of the release.
    pub path: Vec<Arc<str>>,
}

/// Writes a [`Trace`] while templates run.
pub(crate) struct Tracer {
    /// The mappings of the values, by what tells them from others.
    known: HashMap<usize, Vec<Arc<str>>>,
    /// They live as long as they are known, so that no other takes their place.
    _kept: Vec<Map>,
    /// How many texts are being written within each other: the first is the file's.
    depth: usize,
    /// How much of the file is written.
    written: usize,
    trace: Trace,
}

impl Tracer {
    /// For a release's values.
    pub fn new(values: &Map) -> Self {
        let mut tracer = Self {
            known: HashMap::new(),
            _kept: Vec::new(),
            depth: 0,
            written: 0,
            trace: Trace::default(),
        };
        tracer.learn(values, &mut Vec::new());
        tracer
    }

    fn learn(&mut self, map: &Map, path: &mut Vec<Arc<str>>) {
        if self.known.insert(map.id(), path.clone()).is_some() {
            return;
        }
        self._kept.push(map.clone());
        for (key, value) in map.snapshot() {
            if let Value::Map(below) = value {
                path.push(key);
                self.learn(&below, path);
                path.pop();
            }
        }
    }

    /// A text begins within the one that is being written.
    pub fn enter(&mut self) {
        self.depth += 1;
    }

    /// It ends.
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The next piece of the file's text comes from here.
    pub fn mark(&mut self, written: usize, (file, line): (&Arc<str>, usize), verbatim: bool) {
        if self.depth == 1 {
            self.written = written;
            self.trace.marks.push(Mark { at: written, file: Arc::clone(file), line, verbatim, via: None });
        }
    }

    /// What comes is decided here.
    pub fn reach(&mut self, written: usize) {
        if self.depth == 1 {
            self.written = written;
        }
    }

    /// A named template is included.
    pub fn include(&mut self, name: &str) {
        if self.depth == 1
            && let Some(mark) = self.trace.marks.last_mut()
        {
            mark.via.get_or_insert_with(|| Arc::from(name));
        }
    }

    /// An entry of a mapping is looked at.
    pub fn read(&mut self, map: &Map, keys: &[&str]) {
        if let Some(path) = self.known.get(&map.id()) {
            let path = path.iter().cloned().chain(keys.iter().map(|key| Arc::from(*key))).collect();
            self.trace.reads.push(Read { at: self.written, path });
        }
    }

    /// What was traced of a file, whose text loses these places, `length` bytes each.
    pub fn take(&mut self, lost: &[usize], length: usize) -> Trace {
        let mut trace = std::mem::take(&mut self.trace);
        self.written = 0;
        let moved = |at: &mut usize| *at -= lost.iter().filter(|lost| **lost + length <= *at).count() * length;
        trace.marks.iter_mut().for_each(|mark| moved(&mut mark.at));
        trace.reads.iter_mut().for_each(|read| moved(&mut read.at));
        trace
    }
}

impl Trace {
    /// Where each line of a text is from: the piece that its first character belongs to, and the line there.
    pub fn lines(&self, text: &str) -> Vec<Option<(&Mark, usize)>> {
        let mut start = 0;
        text.split('\n')
            .map(|line| {
                let at = start + (line.len() - line.trim_start().len());
                start += line.len() + 1;
                let mark = self.marks.get(self.marks.partition_point(|mark| mark.at <= at).checked_sub(1)?)?;
                let below = if mark.verbatim { text.get(mark.at..at)?.matches('\n').count() } else { 0 };
                Some((mark, mark.line + below))
            })
            .collect()
    }
}
