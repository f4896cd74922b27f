//! The folder as a set of objects: what is read under a lock, and what is to be written before it is given back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::disk::{Change, Disk};
use super::entry::{Entry, Found, Record};
use super::text;
use super::tree::{self, CLUSTER, STATE};
use crate::cluster::{Error, ErrorKind};
use crate::manifest::{Hash, ObjectId};

/// The folder.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) disk: Disk,
}

/// The objects of one folder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) entries: BTreeMap<ObjectId, Entry>,
    /// Records whose files somebody has deleted.
    stale: Vec<String>,
}

/// What a change of the cluster writes.
#[derive(Debug, Default)]
pub(super) struct Batch(Vec<Change>);

impl Store {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { disk: Disk::new(root) }
    }

    /// The namespaces that have a folder, by name; `_cluster` is none.
    pub(super) fn namespaces(&self) -> Result<Vec<String>, Error> {
        let folders = self.disk.names("")?.into_iter().filter(|(_, is_folder)| *is_folder).map(|(name, _)| name);
        Ok(folders.filter(|name| !name.starts_with('.') && name != CLUSTER).collect())
    }

    /// All objects in one folder, edits by hand included.
    ///
    /// # Errors
    /// A file that cannot be read, or is no object: what is unreadable is never taken for absent.
    pub(super) fn folder(&self, folder: &str) -> Result<Folder, Error> {
        let records = self.records(folder)?;
        let mut by_file: BTreeMap<&str, (&str, &Record)> = BTreeMap::new();
        for (stem, record) in &records {
            by_file.insert(&record.file, (stem, record));
        }
        let mut kept = Vec::new();
        let mut entries: BTreeMap<ObjectId, Entry> = BTreeMap::new();
        for (name, is_folder) in self.disk.names(folder)? {
            if is_folder || !tree::is_manifest(&name) {
                continue;
            }
            let path = format!("{folder}/{name}");
            // It may have gone since the folder was read.
            let Some(read) = self.disk.read(&path)? else { continue };
            let wrong = |message: String| {
                Error::new(ErrorKind::Other, format!("read {}", self.disk.path(&path).display()), message)
            };
            let own = by_file.get(name.as_str()).copied();
            let entry = match own.and_then(|(_, record)| Some((record, record.id()?))) {
                Some((record, id)) if record.text == Hash::of(read.text.as_bytes()) => record.clone().entry(id),
                _ => {
                    let found = Found { folder, name: &name, text: &read.text, time: read.time };
                    let (id, raw) = found.parse().map_err(wrong)?;
                    // The record goes with the object: a file that was renamed is the same one.
                    match records.get(&tree::stem(&id)) {
                        Some(record) => found.edited(id, &raw, record),
                        None => found.foreign(id, &raw),
                    }
                }
            };
            kept.push(tree::stem(&entry.id));
            let id = entry.id.clone();
            if let Some(other) = entries.insert(id, entry) {
                return Err(wrong(format!("{} is in {} too", other.id, other.file)));
            }
        }
        let stale = records.keys().filter(|stem| !kept.contains(stem)).cloned().collect();
        Ok(Folder { entries, stale })
    }

    fn records(&self, folder: &str) -> Result<BTreeMap<String, Record>, Error> {
        let below = format!("{STATE}/{folder}");
        let mut records = BTreeMap::new();
        for (name, is_folder) in self.disk.names(&below)? {
            let Some(stem) = name.strip_suffix(".json").filter(|stem| !is_folder && !stem.starts_with('.')) else {
                continue;
            };
            let path = format!("{below}/{name}");
            let Some(read) = self.disk.read(&path)? else { continue };
            let record = serde_json::from_str(&read.text).map_err(|error| {
                // The error itself may quote a generated value.
                let at = format!("line {} column {}: this is no record of an object", error.line(), error.column());
                Error::new(ErrorKind::Other, format!("read {}", self.disk.path(&path).display()), at)
            })?;
            records.insert(stem.to_owned(), record);
        }
        Ok(records)
    }

    /// Writes a batch.
    pub(super) fn commit(&self, batch: &Batch) -> Result<(), Error> {
        self.disk.commit(&batch.0)
    }
}

fn record_path(folder: &str, stem: &str) -> String {
    format!("{STATE}/{folder}/{stem}.json")
}

impl Batch {
    /// Puts an object, new or changed.
    pub(super) fn put(&mut self, entry: Entry) {
        let visible = text::write(&entry.visible());
        let hash = Hash::of(visible.as_bytes());
        let (folder, stem) = (tree::folder(&entry.id), tree::stem(&entry.id));
        let file = format!("{folder}/{}", entry.file);
        let record = Record { object: entry.object, file: entry.file, text: hash.clone() };
        self.0.push(Change {
            path: record_path(folder, &stem),
            // A record is made of JSON values, all of which have a text.
            text: Some(serde_json::to_string(&record).unwrap_or_default()),
            over: None,
        });
        if entry.text.as_ref() != Some(&hash) {
            self.0.push(Change { path: file, text: Some(visible), over: Some(entry.text) });
        }
    }

    /// Removes an object.
    pub(super) fn remove(&mut self, entry: &Entry) {
        let folder = tree::folder(&entry.id);
        let file = format!("{folder}/{}", entry.file);
        self.0.push(Change { path: file, text: None, over: Some(entry.text.clone()) });
        self.0.push(Change { path: record_path(folder, &tree::stem(&entry.id)), text: None, over: None });
    }

    /// Forgets what somebody deleted by hand, so that an object of the same name is another one.
    pub(super) fn forget(&mut self, name: &str, folder: &Folder) {
        for stem in &folder.stale {
            self.0.push(Change { path: record_path(name, stem), text: None, over: None });
        }
    }
}
