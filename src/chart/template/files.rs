//! `.Files`: the files of a chart that are not templates, charts or values.

use super::map::{List, ListKind};
use super::value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Files by their path within the chart.
#[derive(Debug, Default)]
pub struct Files(BTreeMap<Arc<str>, File>);

#[derive(Clone, Debug)]
struct File {
    bytes: Arc<[u8]>,
    /// The same as a string, for the first who asks and all after.
    text: OnceLock<Str>,
}

impl Files {
    /// Of all files, without those that Helm keeps to itself (the caller leaves them out).
    pub fn new(files: BTreeMap<Arc<str>, Arc<[u8]>>) -> Self {
        Self(files.into_iter().map(|(path, bytes)| (path, File { bytes, text: OnceLock::new() })).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<[u8]>)> {
        self.0.iter().map(|(path, file)| (path, &file.bytes))
    }

    /// The content; empty where there is no such file.
    pub(crate) fn get(&self, name: &str) -> &[u8] {
        self.0.get(name).map_or(&[], |file| &file.bytes)
    }

    /// The content as a string; empty where there is no such file.
    pub(crate) fn text(&self, name: &str) -> Str {
        let text = |file: &File| file.text.get_or_init(|| Str::from(&*file.bytes)).clone();
        self.0.get(name).map_or_else(|| Str::from(""), text)
    }

    /// Whether a text is that of one of the files, and not just equal to it.
    pub(super) fn own(&self, text: &Str) -> bool {
        let Str::Text(text) = text else { return false };
        let is_it = |file: &File| matches!(file.text.get(), Some(Str::Text(own)) if Arc::ptr_eq(own, text));
        // Whose text it is holds it too.
        Arc::strong_count(text) > 1 && self.0.values().any(is_it)
    }

    /// An entry of the map that this is in Go.
    pub(crate) fn entry(&self, name: &str) -> Value {
        match self.0.get(name) {
            Some(file) => Value::Bytes(Arc::clone(&file.bytes)),
            None => Value::List(List::nil(ListKind::Named("[]uint8"))),
        }
    }

    /// Those whose path matches a pattern.
    pub(crate) fn glob(&self, pattern: &str) -> Self {
        let pattern = super::glob::Pattern::read(pattern);
        let found = self.0.iter().filter(|(path, _)| pattern.matches(path));
        Self(found.map(|(k, v)| (Arc::clone(k), v.clone())).collect())
    }

    /// The lines of a file, as Helm cuts them: a final line break makes no line.
    pub(crate) fn lines(&self, name: &str) -> Vec<Str> {
        let bytes = self.get(name);
        if bytes.is_empty() {
            return Vec::new();
        }
        let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        body.split(|b| *b == b'\n').map(Str::from).collect()
    }

    /// The files below their base names.
    pub(crate) fn by_base_name(&self) -> BTreeMap<&str, &[u8]> {
        self.iter().map(|(path, bytes)| (path.rsplit('/').next().unwrap_or(path), &**bytes)).collect()
    }
}
