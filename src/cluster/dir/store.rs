//! The folder as a set of objects: what is in each file is remembered as long as the file stays as it is, and only as
//! metadata, so that a list of many objects costs a look at each file's date.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::disk::{Change, Disk, Item, Over, Stamp};
use super::entry::{Entry, Found, Record};
use super::text;
use super::tree::{self, CLUSTER, STATE};
use super::validate::dns_label;
use crate::cluster::{Error, ErrorKind, metadata};
use crate::manifest::{Hash, ObjectId};
use crate::plan::Meta;

/// The folder.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) disk: Disk,
    seen: Mutex<HashMap<String, Seen>>,
}

/// What a file was found to hold.
#[derive(Clone, Debug)]
struct Seen {
    /// The dates of the file and of the record that belongs to it.
    stamps: (Stamp, Option<Stamp>),
    slot: Slot,
    id: ObjectId,
}

/// The objects of one folder.
#[derive(Debug)]
pub(super) struct Folder {
    name: String,
    pub(super) slots: BTreeMap<ObjectId, Slot>,
    /// Records whose files somebody has deleted.
    stale: Vec<String>,
}

/// One object of a folder.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) meta: Arc<Meta>,
    file: String,
}

/// What a change of the cluster writes.
#[derive(Debug, Default)]
pub(super) struct Batch(Vec<Change>);

impl Store {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { disk: Disk::new(root), seen: Mutex::default() }
    }

    /// The namespaces that have a folder, by name; `_cluster` is none.
    pub(super) fn namespaces(&self) -> Result<Vec<String>, Error> {
        let folders = self.disk.names("")?.into_iter().filter(|name| name.is_folder).map(|name| name.name);
        Ok(folders.filter(|name| !name.starts_with('.') && name != CLUSTER).collect())
    }

    /// All objects in one folder, edits by hand included.
    ///
    /// # Errors
    /// A file that cannot be read, or is no object: what is unreadable is never taken for absent.
    pub(super) fn folder(&self, folder: &str) -> Result<Folder, Error> {
        // No namespace has another name, and none leads out of the folder.
        if folder != CLUSTER && !dns_label(folder) {
            return Ok(Folder { name: folder.to_owned(), slots: BTreeMap::new(), stale: Vec::new() });
        }
        let records = self.disk.names(&format!("{STATE}/{folder}"))?;
        let records: BTreeMap<String, Stamp> = records.iter().filter_map(record_of).collect();
        let mut slots: BTreeMap<ObjectId, Slot> = BTreeMap::new();
        for name in self.disk.names(folder)? {
            if name.is_folder || !tree::is_manifest(&name.name) {
                continue;
            }
            let Some((id, slot)) = self.slot(folder, &name, &records)? else { continue };
            if let Some(other) = slots.get(&id) {
                let message = format!("{id} is in {} too", other.file);
                return Err(self.wrong(folder, &name.name, message));
            }
            slots.insert(id, slot);
        }
        let kept: BTreeSet<String> = slots.keys().map(tree::stem).collect();
        let stale = records.into_keys().filter(|stem| !kept.contains(stem)).collect();
        Ok(Folder { name: folder.to_owned(), slots, stale })
    }

    /// One object of a folder, whole.
    pub(super) fn load(&self, folder: &Folder, id: &ObjectId) -> Result<Option<Entry>, Error> {
        let Some(slot) = folder.slots.get(id) else { return Ok(None) };
        let entry = self.read(&folder.name, &slot.file)?;
        // Under the lock nobody but a person can have changed it since.
        Ok(entry.filter(|entry| entry.id == *id))
    }

    fn slot(
        &self,
        folder: &str,
        name: &Item,
        records: &BTreeMap<String, Stamp>,
    ) -> Result<Option<(ObjectId, Slot)>, Error> {
        let path = format!("{folder}/{}", name.name);
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&path).cloned();
        if let Some(seen) = seen
            && seen.stamps == (name.stamp, records.get(&tree::stem(&seen.id)).copied())
        {
            return Ok(Some((seen.id, seen.slot)));
        }
        // It may have gone since the folder was read.
        let Some(entry) = self.read(folder, &name.name)? else { return Ok(None) };
        let slot = Slot { meta: Arc::new(metadata::of(&entry.object)), file: entry.file };
        let record = records.get(&tree::stem(&entry.id)).copied();
        let settled = name.stamp.is_settled() && record.is_none_or(Stamp::is_settled);
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if settled {
            all.insert(path, Seen { stamps: (name.stamp, record), slot: slot.clone(), id: entry.id.clone() });
        } else {
            all.remove(&path);
        }
        Ok(Some((entry.id, slot)))
    }

    /// The object of one file; `None` where there is no file.
    fn read(&self, folder: &str, name: &str) -> Result<Option<Entry>, Error> {
        let Some(read) = self.disk.read(&format!("{folder}/{name}"))? else { return Ok(None) };
        let hash = Hash::of(read.text.as_bytes());
        let (usual, _) = name.rsplit_once('.').unwrap_or((name, ""));
        if let Some(record) = self.record(folder, usual)?.filter(|record| record.text == hash)
            && let Some(id) = record.id()
        {
            return Ok(Some(record.entry(id, name)));
        }
        let found = Found { folder, name, text: &read.text, time: read.time };
        let (id, raw) = found.parse().map_err(|message| self.wrong(folder, name, message))?;
        // The record goes with the object: a file that was renamed is the same one.
        Ok(Some(match self.record(folder, &tree::stem(&id))? {
            Some(record) if record.text == hash => record.entry(id, name),
            Some(record) => found.edited(id, &raw, &record),
            None => found.foreign(id, &raw),
        }))
    }

    fn record(&self, folder: &str, stem: &str) -> Result<Option<Record>, Error> {
        let path = record_path(folder, stem);
        let Some(read) = self.disk.read(&path)? else { return Ok(None) };
        serde_json::from_str(&read.text).map(Some).map_err(|error| {
            // The error's own text may quote a generated value.
            let at = format!("line {} column {}: this is no record of an object", error.line(), error.column());
            Error::new(ErrorKind::Other, format!("read {}", self.disk.path(&path).display()), at)
        })
    }

    /// Writes a batch.
    pub(super) fn commit(&self, batch: &Batch) -> Result<(), Error> {
        self.disk.commit(&batch.0)
    }

    fn wrong(&self, folder: &str, name: &str, message: String) -> Error {
        let path = self.disk.path(folder).join(name);
        Error::new(ErrorKind::Other, format!("read {}", path.display()), message)
    }
}

fn record_of(name: &Item) -> Option<(String, Stamp)> {
    let stem = name.name.strip_suffix(".json").filter(|stem| !name.is_folder && !stem.starts_with('.'))?;
    Some((stem.to_owned(), name.stamp))
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
        let record = Record { object: entry.object, text: hash };
        // A record is made of JSON values, all of which have a text.
        let text = serde_json::to_string(&record).unwrap_or_default();
        self.0.push(Change { path: record_path(folder, &stem), text: Some(text), over: Over::Anything });
        if entry.text.as_ref() != Some(&hash) {
            let over = entry.text.map_or(Over::Nothing, Over::Text);
            self.0.push(Change { path: file, text: Some(visible), over });
        }
    }

    /// Removes an object.
    pub(super) fn remove(&mut self, entry: &Entry) {
        let folder = tree::folder(&entry.id);
        let over = entry.text.map_or(Over::Nothing, Over::Text);
        self.0.push(Change { path: format!("{folder}/{}", entry.file), text: None, over });
        self.drop_record(folder, &tree::stem(&entry.id));
    }

    /// Forgets what somebody deleted by hand, so that an object of the same name is another one.
    pub(super) fn forget(&mut self, folder: &Folder) {
        for stem in &folder.stale {
            self.drop_record(&folder.name, stem);
        }
    }

    fn drop_record(&mut self, folder: &str, stem: &str) {
        self.0.push(Change { path: record_path(folder, stem), text: None, over: Over::Anything });
    }
}
