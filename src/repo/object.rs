//! Commits and trees as they are stored: read raw, because a walk over a long history reads nothing else.

use std::collections::BTreeMap;

use git2::{ErrorCode, ObjectType, Odb, OdbObject, Oid};

/// Why an object could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReadError {
    /// It is not in the repository.
    #[error("object {0} is missing")]
    Missing(Oid),
    /// It is there, but not as it should be.
    #[error("object {0} is damaged: {1}")]
    Damaged(Oid, String),
}

/// What a walk needs of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawCommit {
    pub tree: Oid,
    pub first_parent: Option<Oid>,
    /// The committer's time, in seconds since 1970.
    pub time: i64,
}

/// Reads a commit as it is stored: grafts of a shallow clone do not hide its parents.
pub(super) fn commit(odb: &Odb<'_>, id: Oid) -> Result<RawCommit, ReadError> {
    let object = read(odb, id, ObjectType::Commit)?;
    parse_commit(object.data()).ok_or_else(|| ReadError::Damaged(id, "no commit can be read from it".to_owned()))
}

fn parse_commit(data: &[u8]) -> Option<RawCommit> {
    let mut tree = None;
    let mut first_parent = None;
    let mut time = None;
    for line in data.split(|byte| *byte == b'\n') {
        if line.is_empty() {
            break;
        }
        if let Some(hex) = line.strip_prefix(b"tree ") {
            tree = oid(hex);
        } else if let Some(hex) = line.strip_prefix(b"parent ") {
            first_parent = first_parent.or_else(|| oid(hex));
        } else if let Some(who) = line.strip_prefix(b"committer ") {
            time = seconds(who);
            break;
        }
    }
    Some(RawCommit { tree: tree?, first_parent, time: time? })
}

fn oid(hex: &[u8]) -> Option<Oid> {
    Oid::from_str(std::str::from_utf8(hex).ok()?).ok()
}

/// The seconds of `Name <mail> 1700000000 +0800`.
fn seconds(who: &[u8]) -> Option<i64> {
    let end = who.iter().rposition(|byte| *byte == b'>')?;
    let rest = std::str::from_utf8(who.get(end + 1..)?).ok()?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

/// A tree as it is stored: entries of `mode name\0` and an id of 20 bytes.
pub(super) struct TreeData<'o>(Option<OdbObject<'o>>);

impl TreeData<'_> {
    /// The tree of a folder that is not there.
    pub fn empty() -> Self {
        TreeData(None)
    }
}

impl std::ops::Deref for TreeData<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], OdbObject::data)
    }
}

/// Reads a tree.
pub(super) fn tree<'o>(odb: &'o Odb<'_>, id: Oid) -> Result<TreeData<'o>, ReadError> {
    read(odb, id, ObjectType::Tree).map(|object| TreeData(Some(object)))
}

/// The tree below `path` (folders joined by `/`) of a root tree, where there is one.
pub(super) fn subtree(odb: &Odb<'_>, root: Oid, path: &str) -> Result<Option<Oid>, ReadError> {
    let mut id = root;
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let object = read(odb, id, ObjectType::Tree)?;
        let entry = Entries::new(object.data()).find(|entry| entry.name == part.as_bytes());
        match entry {
            Some(entry) if entry.is_tree() => id = entry.id,
            _ => return Ok(None),
        }
    }
    Ok(Some(id))
}

/// The blob of the file at `path` of a tree, where there is one.
pub(super) fn file(odb: &Odb<'_>, root: Oid, path: &str) -> Result<Option<Oid>, ReadError> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some(folder) = subtree(odb, root, folder)? else { return Ok(None) };
    let data = tree(odb, folder)?;
    let entry = Entries::new(&data).find(|entry| entry.name == name.as_bytes());
    Ok(entry.filter(|entry| entry.kind() == Kind::File).map(|entry| entry.id))
}

fn read<'o>(odb: &'o Odb<'_>, id: Oid, kind: ObjectType) -> Result<OdbObject<'o>, ReadError> {
    let object = odb.read(id).map_err(|error| match error.code() {
        ErrorCode::NotFound => ReadError::Missing(id),
        _ => ReadError::Damaged(id, error.message().to_owned()),
    })?;
    if object.kind() == kind { Ok(object) } else { Err(ReadError::Damaged(id, format!("it is no {kind}"))) }
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    mode: &'a [u8],
    pub name: &'a [u8],
    pub id: Oid,
    /// How many bytes it takes.
    pub length: usize,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Tree,
    Symlink,
    Submodule,
}

impl Entry<'_> {
    /// What it is, by its mode; a mode that git never wrote is a file's.
    pub fn kind(&self) -> Kind {
        match self.mode {
            b"40000" | b"040000" => Kind::Tree,
            b"120000" => Kind::Symlink,
            b"160000" => Kind::Submodule,
            _ => Kind::File,
        }
    }

    /// Whether it is a folder.
    pub fn is_tree(&self) -> bool {
        self.kind() == Kind::Tree
    }
}

/// The entry at the beginning of `data`.
pub(super) fn entry(data: &[u8]) -> Option<Entry<'_>> {
    let space = data.iter().position(|byte| *byte == b' ')?;
    let (mode, rest) = (data.get(..space)?, data.get(space + 1..)?);
    let nul = rest.iter().position(|byte| *byte == 0)?;
    let id = rest.get(nul + 1..nul + 21)?;
    Some(Entry { mode, name: rest.get(..nul)?, id: Oid::from_bytes(id).ok()?, length: space + nul + 22 })
}

/// The entries of a tree, in its order; they end where it is damaged.
pub(super) struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Entries<'a> {
    pub fn new(data: &'a [u8]) -> Entries<'a> {
        Entries { rest: data }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let entry = entry(self.rest)?;
        self.rest = self.rest.get(entry.length..)?;
        Some(entry)
    }
}

/// Calls `found` with every file (path and blob) that is in the tree `old` and not in the tree `new`. Folders that
/// are equal are not read.
pub(super) fn removed(odb: &Odb<'_>, old: Oid, new: Oid, found: &mut dyn FnMut(Vec<u8>, Oid)) -> Result<(), ReadError> {
    let mut left = vec![(Vec::new(), old, Some(new))];
    while let Some((prefix, old, new)) = left.pop() {
        let ours = tree(odb, old)?;
        let theirs = match new {
            Some(new) => tree(odb, new)?,
            None => TreeData::empty(),
        };
        let theirs: BTreeMap<&[u8], Entry<'_>> = Entries::new(&theirs).map(|entry| (entry.name, entry)).collect();
        for entry in Entries::new(&ours) {
            let other = theirs.get(entry.name);
            let path = [prefix.as_slice(), entry.name].concat();
            match entry.kind() {
                Kind::Tree => {
                    let other = other.filter(|other| other.is_tree()).map(|other| other.id);
                    if other != Some(entry.id) {
                        left.push(([path.as_slice(), b"/"].concat(), entry.id, other));
                    }
                }
                Kind::File | Kind::Symlink => {
                    if other.is_none_or(Entry::is_tree) {
                        found(path, entry.id);
                    }
                }
                Kind::Submodule => {}
            }
        }
    }
    Ok(())
}
