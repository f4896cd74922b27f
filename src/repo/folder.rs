//! One folder of a long history, and the files in it that are watched.
//!
//! A fleet's folder may hold a thousand entries and change in every commit, so two versions of it are compared as
//! bytes: what lies in their common head and tail did not change, and only what lies between is parsed.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use git2::{Odb, Oid};

use super::object::{self, Entries, ReadError, TreeData, entry};

/// A folder as the commit has it that the walk is at.
pub(super) struct Folder<'o> {
    /// The id of its tree; none where there is no such folder.
    id: Option<Oid>,
    data: TreeData<'o>,
    /// Where each entry begins in `data`.
    starts: Vec<usize>,
    watched: BTreeMap<Vec<u8>, usize>,
}

impl<'o> Folder<'o> {
    /// Reads the folder at `path` of a root tree.
    pub fn open(odb: &'o Odb<'_>, root: Oid, path: &str) -> Result<Folder<'o>, ReadError> {
        let id = object::subtree(odb, root, path)?;
        let data = match id {
            Some(id) => object::tree(odb, id)?,
            None => TreeData::empty(),
        };
        let starts = starts(&data);
        Ok(Folder { id, data, starts, watched: BTreeMap::new() })
    }

    /// Watches a file by a number of the caller's; its blob, where there is such a file.
    pub fn watch(&mut self, name: &[u8], number: usize) -> Option<Oid> {
        let named = |start: &usize| self.data.get(*start..).and_then(entry);
        // A tree is in the order of its names, but for folders, which may lie a little off: then all of it is looked through.
        let quick =
            self.starts.binary_search_by(|start| named(start).map_or(Ordering::Less, |entry| entry.name.cmp(name)));
        let quick = quick.ok().and_then(|place| self.starts.get(place)).and_then(named);
        let found = quick.or_else(|| Entries::new(&self.data).find(|entry| entry.name == name))?;
        if found.is_tree() {
            return None;
        }
        self.watched.insert(name.to_vec(), number);
        Some(found.id)
    }

    /// Whether any file is watched still.
    pub fn is_watching(&self) -> bool {
        !self.watched.is_empty()
    }

    /// Goes on to another tree of the same folder: the parent's. Files whose blobs differ there
    /// are added to `changed`, files that are not there to `added`; neither is watched any longer.
    pub fn step(
        &mut self,
        odb: &'o Odb<'_>,
        id: Option<Oid>,
        changed: &mut Vec<usize>,
        added: &mut Vec<usize>,
    ) -> Result<(), ReadError> {
        if id == self.id {
            return Ok(());
        }
        let data = match id {
            Some(id) => object::tree(odb, id)?,
            None => TreeData::empty(),
        };
        self.id = id;
        self.replace(data, changed, added);
        Ok(())
    }

    fn replace(&mut self, data: TreeData<'o>, changed: &mut Vec<usize>, added: &mut Vec<usize>) {
        let middle = Middle::between(&self.data, &self.starts, &data);
        let old = self.starts.get(middle.old.clone()).unwrap_or_default();
        for start in old {
            let Some(ours) = self.data.get(*start..).and_then(entry) else {
                continue;
            };
            let Some(number) = self.watched.get(ours.name).copied() else {
                continue;
            };
            let theirs = middle
                .new
                .iter()
                .filter_map(|start| data.get(*start..).and_then(entry))
                .find(|theirs| theirs.name == ours.name && !theirs.is_tree());
            match theirs {
                Some(theirs) if theirs.id == ours.id => continue,
                Some(_) => changed.push(number),
                None => added.push(number),
            }
            self.watched.remove(ours.name);
        }
        self.starts.splice(middle.old.clone(), middle.new.iter().copied());
        if self.data.len() != data.len() {
            let from = middle.old.start + middle.new.len();
            for start in self.starts.iter_mut().skip(from) {
                *start = (*start + data.len()).saturating_sub(self.data.len());
            }
        }
        self.data = data;
    }
}

fn starts(data: &[u8]) -> Vec<usize> {
    let mut at = 0;
    Entries::new(data)
        .map(|entry| {
            let start = at;
            at += entry.length;
            start
        })
        .collect()
}

/// What two versions of a tree do not share.
struct Middle {
    /// The old entries, as a range of the old starts.
    old: std::ops::Range<usize>,
    /// Where the new entries begin in the new bytes.
    new: Vec<usize>,
}

impl Middle {
    fn between(old: &[u8], starts: &[usize], new: &[u8]) -> Middle {
        let head = common_head(old, new);
        let tail = common_tail(old, new);
        // The entry that holds the first difference begins in both at the same place.
        let first = starts.partition_point(|start| *start <= head).saturating_sub(1);
        let mut at = starts.get(first).copied().unwrap_or(0);
        let mut found = Vec::new();
        while at < new.len() {
            // Past the differences, an entry that begins in both begins a tail that both share.
            if new.len() - at <= tail {
                let same = (at + old.len()).checked_sub(new.len());
                let place = same.and_then(|same| starts.binary_search(&same).ok());
                if let Some(place) = place.filter(|place| *place >= first) {
                    return Middle { old: first..place, new: found };
                }
            }
            let Some(entry) = new.get(at..).and_then(entry) else {
                break;
            };
            found.push(at);
            at += entry.length;
        }
        Middle { old: first..starts.len(), new: found }
    }
}

/// How many bytes are compared at once.
const BLOCK: usize = 256;

fn common_head(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.chunks_exact(BLOCK).zip(b.chunks_exact(BLOCK));
    let same = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = a.iter().skip(same).zip(b.iter().skip(same));
    same + rest.take_while(|(a, b)| a == b).count()
}

fn common_tail(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.rchunks_exact(BLOCK).zip(b.rchunks_exact(BLOCK));
    let same = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = a.iter().rev().skip(same).zip(b.iter().rev().skip(same));
    same + rest.take_while(|(a, b)| a == b).count()
}
