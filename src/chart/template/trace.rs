//! What a render leaves behind of how it came about: which line of a template each piece of the text is from, and which
//! values were looked at on the way. It is kept only where somebody asks for it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::known::{Known, Spot};
use super::map::Map;
use super::run::Run;
use super::value::Value;

/// So many reads of one file are noted: a bound on memory, which no chart in use comes near.
const MOST: usize = 1_000_000;

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
    /// The lines of texts that were made within it, such as those of an `include`.
    pub inner: Vec<Inner>,
}

/// A line of a text that was made within another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inner {
    /// The line, without white space around it.
    pub text: Box<str>,
    /// Where it is from.
    pub origin: Origin,
}

/// A place in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

/// A value that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// How much was written by then, in bytes; one more where it was to decide what comes next.
    pub at: usize,
    /// Its path below `.Values` of the release.
    pub path: Vec<Arc<str>>,
    /// Whether all that is in it was looked at.
    pub whole: bool,
    /// Whether it is a mapping: what is in it is told by itself, where it is looked at.
    pub(super) is_map: bool,
}

/// Writes a [`Trace`] while templates run.
pub(crate) struct Tracer {
    /// The mappings of the values, and what was made of them.
    known: Known,
    /// The pieces of the texts that are being written within each other: the first is the file's.
    texts: Vec<Vec<Mark>>,
    /// How much of the file is written.
    written: usize,
    /// What variables are made of, by how deep templates are nested and by their places there.
    variables: HashMap<(u32, usize), Vec<Spot>>,
    /// Where the reads of the pipeline in hand begin.
    pipeline: usize,
    trace: Trace,
}

impl Tracer {
    /// For a release's values.
    pub fn new(values: &Map) -> Self {
        let known = Known::of(values);
        Self { known, texts: Vec::new(), written: 0, variables: HashMap::new(), pipeline: 0, trace: Trace::default() }
    }

    /// A text begins within the one that is being written.
    pub fn enter(&mut self) {
        self.texts.push(Vec::new());
    }

    /// It ends, and is this.
    pub fn leave(&mut self, text: &[u8]) {
        let marks = self.texts.pop().unwrap_or_default();
        let Some(outer) = self.texts.last_mut() else {
            self.trace.marks = marks;
            return;
        };
        let Some(outer) = outer.last_mut() else { return };
        let text = String::from_utf8_lossy(text);
        let lines = text.split('\n').zip(origins(&marks, &text));
        // What `tpl` was given is no file.
        let lines =
            lines.filter_map(|(line, origin)| Some((line, origin.filter(|o| &*o.file != super::run::TPL_NAME)?)));
        outer.inner.extend(lines.map(|(line, origin)| Inner { text: line.trim().into(), origin }));
    }

    /// The next piece of the text comes from here.
    pub fn mark(&mut self, written: usize, (file, line): (&Arc<str>, usize), verbatim: bool) {
        self.reach(written);
        if let Some(marks) = self.texts.last_mut() {
            marks.push(Mark { at: written, file: Arc::clone(file), line, verbatim, inner: Vec::new() });
        }
    }

    /// What comes is decided here.
    pub fn reach(&mut self, written: usize) {
        if self.texts.len() == 1 {
            self.written = written;
        }
    }

    /// What is decided here is for what comes next, which is on a new line where this one has ended.
    pub fn reach_beyond(&mut self, written: usize) {
        self.reach(written + 1);
    }

    /// An entry of a mapping is looked at.
    pub fn read(&mut self, map: &Map, keys: &[&str]) {
        let (spots, is_map) = self.known.find(map, keys);
        for spot in spots {
            self.note(spot, is_map);
        }
    }

    /// All that is in a mapping is looked at.
    pub fn read_whole(&mut self, map: &Map) {
        for spot in self.known.all(map) {
            self.note(spot, false);
        }
    }

    /// How much was looked at so far.
    pub fn count(&self) -> usize {
        self.trace.reads.len()
    }

    /// A variable is set to what was made of the reads from there on.
    pub fn set_variable(&mut self, place: (u32, usize), from: usize, value: &Value) {
        let spots = self.made_of(from..self.count(), value);
        self.variables.insert(place, spots);
    }

    /// What was looked at from there on went into variables, and counts where they are used.
    pub fn forget(&mut self, from: usize) {
        self.trace.reads.truncate(from);
    }

    /// What some reads gave is used here, too.
    pub fn again(&mut self, reads: &Range<usize>) {
        for read in self.trace.reads.get(reads.clone()).unwrap_or_default().to_vec() {
            self.note(Spot { path: read.path, whole: read.whole, ends: true }, read.is_map);
        }
    }

    /// A variable is used.
    pub fn use_variable(&mut self, place: (u32, usize)) {
        for spot in self.variables.get(&place).cloned().unwrap_or_default() {
            self.note(spot, false);
        }
    }

    /// The places of what was made of some reads. What is a mapping that is known tells them itself.
    fn made_of(&self, reads: Range<usize>, value: &Value) -> Vec<Spot> {
        let mut spots: Vec<Spot> = Vec::new();
        if self.known.has(value) {
            return spots;
        }
        for read in self.trace.reads.get(reads).unwrap_or_default() {
            let spot = Spot { path: read.path.clone(), whole: read.whole, ends: true };
            if !read.is_map && !spots.contains(&spot) {
                spots.push(spot);
            }
        }
        spots
    }

    /// A command begins, of a pipeline whose reads begin there.
    pub fn begin_command(&mut self, pipeline: usize) {
        self.pipeline = pipeline;
    }

    /// The reads of the commands before the one that has begun.
    pub fn piped(&self) -> Range<usize> {
        self.pipeline..self.count()
    }

    /// A function is about to change, or to make something of, what it is given, each made of some reads.
    pub fn before(&mut self, function: &str, args: &[Value], reads: &[Range<usize>]) {
        if let ("set", [_, _, value], [_, _, reads]) = (function, args, reads) {
            let spots = self.made_of(reads.clone(), value);
            self.known.set(args, spots);
        }
        self.known.before(function, args);
    }

    /// It has made this.
    pub fn after(&mut self, function: &str, (args, reads): (&[Value], &[Range<usize>]), made: &Value) {
        if function == "dict" {
            let parts = args.iter().zip(reads).map(|(arg, reads)| self.made_of(reads.clone(), arg));
            let parts: Vec<Vec<Spot>> = parts.collect();
            self.known.made(args, &parts, made);
        }
        self.known.after(function, args, made);
    }

    fn note(&mut self, spot: Spot, is_map: bool) {
        if self.trace.reads.len() < MOST {
            self.trace.reads.push(Read { at: self.written, path: spot.path, whole: spot.whole, is_map });
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

impl Run<'_> {
    /// How much was looked at so far, where that is noted.
    pub(super) fn traced(&self) -> usize {
        self.session.tracer.as_ref().map_or(0, |tracer| tracer.count())
    }

    /// The reads of the commands before the one in hand, in its pipeline.
    pub(super) fn piped(&self) -> Range<usize> {
        self.session.tracer.as_ref().map_or(0..0, |tracer| tracer.piped())
    }

    /// Notes that what some reads gave is used here, too.
    pub(super) fn trace_again(&mut self, reads: &Range<usize>) {
        if let Some(tracer) = &mut self.session.tracer {
            tracer.reach_beyond(self.out.len());
            tracer.again(reads);
        }
    }

    /// Notes what becomes of a variable of the template in hand.
    pub(super) fn trace_variable(&mut self, place: usize, note: impl FnOnce(&mut Tracer, (u32, usize))) {
        if let Some(tracer) = &mut self.session.tracer {
            note(tracer, (self.depth, place));
        }
    }
}

impl Trace {
    /// Where each line of the text is from.
    pub fn lines(&self, text: &str) -> Vec<Option<Origin>> {
        origins(&self.marks, text)
    }
}

/// Where each line of a text is from, by the piece that its first character belongs to. A line that was made within a piece
/// is known again by what it says.
fn origins(marks: &[Mark], text: &str) -> Vec<Option<Origin>> {
    let mut start = 0;
    // How far the lines within the last piece are found again.
    let mut found = (usize::MAX, 0);
    let lines = text.split('\n').map(|line| {
        let at = start + (line.len() - line.trim_start().len());
        start += line.len() + 1;
        let place = marks.partition_point(|mark| mark.at <= at).checked_sub(1)?;
        let mark = marks.get(place)?;
        if found.0 != place {
            found = (place, 0);
        }
        let rest = mark.inner.get(found.1..).unwrap_or_default();
        if let Some(next) = rest.iter().position(|inner| *inner.text == *line.trim()) {
            found.1 += next + 1;
            return rest.get(next).map(|inner| inner.origin.clone());
        }
        let below = if mark.verbatim { text.get(mark.at..at)?.matches('\n').count() } else { 0 };
        Some(Origin { file: Arc::clone(&mark.file), line: mark.line + below })
    });
    lines.collect()
}
