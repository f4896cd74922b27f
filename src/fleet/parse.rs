//! The files below `sandboxes/` as a [`Fleet`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::diagnostic::{Diagnostic, Invalid, Level, Position};
use super::lock::{LOCK_FILE, Lock};
use super::name::check_name;
use super::read::Reader;
use super::read_settings::settings;
use super::sandbox::{Sandbox, SandboxFile};
use super::settings::Settings;
use crate::side_by_side;

/// The folder of the fleet's files, below its root.
pub const SANDBOXES: &str = "sandboxes/";
/// The fleet's settings, below its root.
pub const FLEET_FILE: &str = "sandboxes/fleet.toml";
/// The largest file that is read, in bytes.
pub const MAX_FILE: usize = 1024 * 1024;

/// What stands in a tree where a file should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Odd {
    /// A symbolic link, to this path.
    Symlink(String),
    /// A submodule.
    Submodule,
    /// A file of this many bytes, more than is read.
    TooLarge(u64),
    /// A device, a socket or the like, in a working directory.
    Special,
    /// A file whose name is not UTF-8; the path is as near as can be.
    BadName,
}

impl Odd {
    fn say(&self) -> Invalid {
        match self {
            Odd::Symlink(_) => Invalid::new("this is a symbolic link").hint("commit the file itself"),
            Odd::Submodule => Invalid::new("this is a submodule").hint("commit the file itself"),
            Odd::TooLarge(size) => Invalid::new(format!("this file is too large: {size} bytes of at most {MAX_FILE}")),
            Odd::Special => Invalid::new("this is no regular file"),
            Odd::BadName => Invalid::new("the name of this file is not UTF-8").hint("rename the file"),
        }
    }
}

/// A sandbox whose file cannot be used: it is held as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The stem of its file.
    pub name: String,
    /// Its file, relative to the fleet's root.
    pub path: String,
    /// Why.
    pub diagnostics: Vec<Diagnostic>,
}

/// All that a commit says about a fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// The fleet's settings.
    pub settings: Settings,
    /// Its sandboxes, by name.
    pub sandboxes: BTreeMap<String, Sandbox>,
    /// Files that cannot be used, by the name that they stand for. No name is in both maps.
    pub broken: BTreeMap<String, Broken>,
    /// What is odd, though it can be used.
    pub warnings: Vec<Diagnostic>,
}

/// A fleet whose settings cannot be used: all of it is held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sandboxes/fleet.toml cannot be used")]
pub struct Unusable {
    /// What is wrong, with `fleet.toml` and with every other file.
    pub diagnostics: Vec<Diagnostic>,
}

impl Fleet {
    /// Reads the files, given by their paths relative to the fleet's root; those outside `sandboxes/` are left alone.
    ///
    /// `odd` are the paths where something else than a readable file stands.
    ///
    /// # Errors
    /// Where `fleet.toml` is missing or wrong: with every error of every file.
    pub fn parse(files: &BTreeMap<String, Arc<[u8]>>, odd: &BTreeMap<String, Odd>) -> Result<Fleet, Unusable> {
        let mut heap = Heap::sort(files, odd);
        let mut found = Vec::new();
        let settings = read_settings(files, odd, &mut found);
        let mut sandboxes = BTreeMap::new();
        let candidates = std::mem::take(&mut heap.candidates);
        let read = side_by_side::map(
            &candidates,
            || (),
            |(), (name, path, bytes)| read_sandbox(name, path, bytes, settings.as_ref()),
        );
        for ((name, path, _), read) in candidates.into_iter().zip(read) {
            match read {
                (Some(sandbox), mut notes) => {
                    heap.warnings.append(&mut notes);
                    sandboxes.insert(name.to_owned(), sandbox);
                }
                (None, notes) => heap.break_it(name, path, notes),
            }
        }
        for name in heap.broken.keys() {
            sandboxes.remove(name);
        }
        match read_lock(files, odd) {
            Ok(lock) => sandboxes.values_mut().for_each(|sandbox| pin(sandbox, &lock)),
            Err(why) => {
                heap.hold_unlocked(&mut sandboxes);
                heap.warnings.extend(why);
            }
        }
        let Some(settings) = settings else {
            found.extend(heap.broken.into_values().flat_map(|broken| broken.diagnostics));
            return Err(Unusable { diagnostics: found });
        };
        let mut warnings = found;
        warnings.append(&mut heap.warnings);
        warnings.extend(shared_hosts(&sandboxes));
        Ok(Fleet { settings, sandboxes, broken: heap.broken, warnings })
    }

    /// Every finding: errors of broken files first, then warnings.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let broken = self.broken.values().flat_map(|broken| &broken.diagnostics);
        broken.chain(&self.warnings)
    }
}

/// What lies below `sandboxes/`, sorted out by name.
#[derive(Default)]
struct Heap<'a> {
    candidates: Vec<(&'a str, &'a str, &'a [u8])>,
    broken: BTreeMap<String, Broken>,
    warnings: Vec<Diagnostic>,
}

impl<'a> Heap<'a> {
    fn sort(files: &'a BTreeMap<String, Arc<[u8]>>, odd: &'a BTreeMap<String, Odd>) -> Heap<'a> {
        let mut heap = Heap::default();
        let mut folders = BTreeSet::new();
        let all = files.keys().chain(odd.keys());
        let below = all.filter_map(|path| Some((path.as_str(), path.strip_prefix(SANDBOXES)?)));
        for (path, rest) in below {
            if let Some((folder, _)) = rest.split_once('/') {
                if folders.insert(folder) {
                    heap.folder(folder);
                }
                continue;
            }
            match (stem(rest), files.get(path)) {
                (Stem::Ours, _) => {}
                (Stem::Sandbox(name), Some(bytes)) => heap.candidates.push((name, path, bytes)),
                (Stem::Sandbox(name) | Stem::Shouted(name), None) => {
                    let why = odd.get(path).map_or_else(|| Invalid::new("this is no file"), Odd::say);
                    heap.break_it(name, path, vec![told(path, why)]);
                }
                (Stem::Shouted(name), Some(_)) => {
                    let why = Invalid::new("the ending `.toml` is written in lower case")
                        .hint(format!("rename the file to `{name}.toml`"));
                    heap.break_it(name, path, vec![told(path, why)]);
                }
                (Stem::Other, _) => heap.warnings.push(
                    Diagnostic::warning(path, "this is no sandbox file, and not read")
                        .hint("a sandbox is a file NAME.toml"),
                ),
            }
        }
        heap
    }

    /// A folder where a sandbox's file should be stands in for that file: it says nothing, so it is not 'gone'.
    fn folder(&mut self, folder: &str) {
        let path = format!("{SANDBOXES}{folder}");
        match stem(folder) {
            Stem::Sandbox(name) | Stem::Shouted(name) => {
                let why = Invalid::new("this is a folder, not a file");
                self.break_it(name, &path, vec![told(&path, why)]);
            }
            Stem::Ours | Stem::Other => self.warnings.push(
                Diagnostic::warning(path, "this is a folder, and not read")
                    .hint("sandbox files lie directly below sandboxes/"),
            ),
        }
    }

    /// Where the lock cannot be read, it is not known which image a tag stands for.
    fn hold_unlocked(&mut self, sandboxes: &mut BTreeMap<String, Sandbox>) {
        let is_open = |sandbox: &Sandbox| sandbox.image.as_ref().is_some_and(|image| image.digest.is_none());
        let (open, rest) = std::mem::take(sandboxes).into_iter().partition(|(_, sandbox)| is_open(sandbox));
        *sandboxes = rest;
        let open: BTreeMap<String, Sandbox> = open;
        for (name, sandbox) in open {
            let why = Invalid::new(format!("{LOCK_FILE} cannot be read, so it is not known which image is meant"))
                .hint(format!("mend {LOCK_FILE}, or delete it: reconcile update writes it anew"));
            self.break_it(&name, &sandbox.path, vec![told(&sandbox.path, why)]);
        }
    }

    fn break_it(&mut self, name: &str, path: &str, mut diagnostics: Vec<Diagnostic>) {
        let new = || Broken { name: name.to_owned(), path: path.to_owned(), diagnostics: Vec::new() };
        self.broken.entry(name.to_owned()).or_insert_with(new).diagnostics.append(&mut diagnostics);
    }
}

/// What the name of a file directly below `sandboxes/` makes it.
enum Stem<'a> {
    /// `NAME.toml`.
    Sandbox(&'a str),
    /// `NAME.TOML` or the like: meant as a sandbox, but not one.
    Shouted(&'a str),
    /// `fleet.toml`, `lock.toml`, a schema, or a file that nobody takes for a sandbox.
    Ours,
    /// Anything else.
    Other,
}

fn stem(file: &str) -> Stem<'_> {
    if matches!(file, "fleet.toml" | "lock.toml") || file.ends_with(".schema.json") || file.starts_with('.') {
        return Stem::Ours;
    }
    match file.rsplit_once('.') {
        Some((_, "md")) => Stem::Ours,
        Some((name, "toml")) => Stem::Sandbox(name),
        Some((name, ending)) if ending.eq_ignore_ascii_case("toml") => Stem::Shouted(name),
        _ => Stem::Other,
    }
}

fn told(path: &str, why: Invalid) -> Diagnostic {
    Diagnostic { path: path.to_owned(), level: Level::Error, at: None, message: why.message, hint: why.hint }
}

fn text_of<'a>(path: &str, bytes: &'a [u8], found: &mut Vec<Diagnostic>) -> Option<&'a str> {
    if bytes.len() > MAX_FILE {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        found.push(told(path, Odd::TooLarge(size).say()));
        return None;
    }
    let said = |error: std::str::Utf8Error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let good = std::str::from_utf8(good).unwrap_or_default();
        let end = good.len()..good.len();
        let why = Invalid::new("this file is not UTF-8 from here on").hint("save it as UTF-8");
        found.push(told(path, why).at(Position::of(good, &end)));
    };
    std::str::from_utf8(bytes).map_err(said).ok()
}

fn read_settings(
    files: &BTreeMap<String, Arc<[u8]>>,
    odd: &BTreeMap<String, Odd>,
    found: &mut Vec<Diagnostic>,
) -> Option<Settings> {
    let Some(bytes) = files.get(FLEET_FILE) else {
        let why = odd.get(FLEET_FILE).map_or_else(
            || Invalid::new("there is no such file").hint("write one: it needs a `name` and an `id`"),
            Odd::say,
        );
        found.push(told(FLEET_FILE, why));
        return None;
    };
    let text = text_of(FLEET_FILE, bytes, found)?;
    let (mut reader, tree) = Reader::open(FLEET_FILE, text);
    let read = settings(&mut reader, &tree);
    let notes = reader.finish();
    let good = notes.is_empty();
    found.extend(notes);
    read.filter(|_| good)
}

/// One that is not there locks nothing.
fn read_lock(files: &BTreeMap<String, Arc<[u8]>>, odd: &BTreeMap<String, Odd>) -> Result<Lock, Vec<Diagnostic>> {
    match (files.get(LOCK_FILE), odd.get(LOCK_FILE)) {
        (Some(bytes), _) => {
            let mut found = Vec::new();
            text_of(LOCK_FILE, bytes, &mut found).map_or_else(|| Err(found), Lock::read)
        }
        (None, Some(odd)) => Err(vec![told(LOCK_FILE, odd.say())]),
        (None, None) => Ok(Lock::default()),
    }
}

/// What is locked is what runs.
fn pin(sandbox: &mut Sandbox, lock: &Lock) {
    if let Some(image) = sandbox.image.as_mut().filter(|image| image.digest.is_none()) {
        image.digest = lock.digest(&sandbox.name, image).map(str::to_owned);
    }
}

fn read_sandbox(
    name: &str,
    path: &str,
    bytes: &[u8],
    settings: Option<&Settings>,
) -> (Option<Sandbox>, Vec<Diagnostic>) {
    let mut notes = Vec::new();
    let file = text_of(path, bytes, &mut notes).and_then(|text| {
        let (mut reader, tree) = Reader::open(path, text);
        let file = SandboxFile::read(&mut reader, &tree);
        notes = reader.finish();
        file
    });
    let good = notes.is_empty();
    let prefix = settings.map_or("", |settings| settings.namespace_prefix.as_str());
    let made = match (file.filter(|_| good), settings) {
        (Some(file), Some(settings)) => Sandbox::new(name, path, file, settings).map(Some),
        // The name is judged even where the rest is broken, so that one run tells everything.
        _ => check_name(name, prefix).map(|()| None),
    };
    match made {
        Ok(sandbox) => (sandbox, notes),
        Err(why) => {
            notes.push(told(path, why));
            (None, notes)
        }
    }
}

/// Two sandboxes under one host would take each other's requests.
fn shared_hosts(sandboxes: &BTreeMap<String, Sandbox>) -> Vec<Diagnostic> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut out = Vec::new();
    for sandbox in sandboxes.values() {
        let Some(host) = &sandbox.host else { continue };
        match first.get(host.as_str()) {
            Some(other) => out.push(
                Diagnostic::warning(sandbox.path.as_str(), format!("its host `{host}` is that of `{other}` too"))
                    .hint("put {name} into `host` in fleet.toml"),
            ),
            None => {
                first.insert(host, &sandbox.name);
            }
        }
    }
    out
}
