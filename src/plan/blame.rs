//! Which of the files that changed make a sandbox differ: each is put back to what it was, and the sandbox rendered
//! again. A file that changes nothing by that, such as another profile's values or a comment, is no cause.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use jiff::Timestamp;

use crate::fleet::{FLEET_FILE, Fleet, LOCK_FILE, Life, Sandbox, SecretRef};
use crate::manifest::{Hash, ObjectId, Release};
use crate::release::{Basis, Charts, Copied, Renderer};

/// How many renderings one plan spends on causes at most; beyond, every file that changed is one.
const RENDERINGS: usize = 400;

type Files = BTreeMap<String, Arc<[u8]>>;
type Older = BTreeMap<String, Option<Arc<[u8]>>>;

/// What there is to compare with: the planned state.
#[derive(Clone, Copy, Debug)]
pub struct Now<'a> {
    /// The files.
    pub files: &'a Files,
    /// The fleet that they are.
    pub fleet: &'a Fleet,
    /// Its charts.
    pub charts: &'a Charts,
    /// The Secrets that are copied.
    pub copied: &'a BTreeMap<SecretRef, Copied>,
    /// The planned instant: by their hours sandboxes are asleep then, or awake.
    pub at: Timestamp,
}

/// One sandbox that differs.
#[derive(Clone, Copy, Debug)]
pub struct Suspect<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its file.
    pub path: &'a str,
    /// The commit that it was applied from.
    pub commit: &'a str,
    /// The files that changed since then, and could matter to it, as they were.
    pub older: &'a Older,
    /// What it renders to; `None` where it does not.
    pub release: Option<&'a Release>,
    /// Whether its content differs from what was applied.
    pub content: bool,
    /// Whether its expiry differs from what is recorded.
    pub expiry: bool,
}

/// A file that matters, and the objects that it changes.
pub type Culprit = (String, BTreeSet<ObjectId>);

/// Finds the causes of a whole plan.
#[derive(Debug)]
pub struct Inquiry<'a> {
    now: Now<'a>,
    left: usize,
    charts: HashMap<(String, String), Rc<Charts>>,
}

/// What a sandbox comes to with some files as they were.
struct Effect {
    objects: BTreeMap<ObjectId, Hash>,
    release: Hash,
    life: Life,
    rest: String,
}

impl<'a> Inquiry<'a> {
    /// Begins one.
    pub fn new(now: Now<'a>) -> Self {
        Self { now, left: RENDERINGS, charts: HashMap::new() }
    }

    /// The files that make a sandbox differ, the most telling first: its own, then values, the rest of the chart, the
    /// fleet's. None where no file explains it.
    pub fn culprits(&mut self, suspect: &Suspect<'_>) -> Vec<Culprit> {
        let mut paths: Vec<&String> = suspect.older.keys().collect();
        paths.sort_by_key(|path| (rank(path, suspect.path), path.as_str()));
        if paths.len() + 1 > self.left {
            return paths.into_iter().map(|path| (path.clone(), BTreeSet::new())).collect();
        }
        let all = self.effect(suspect, &paths);
        if is_same(all.as_ref(), suspect, &paths, self.now) {
            return Vec::new();
        }
        let mut found: Vec<Culprit> = Vec::new();
        for path in &paths {
            if let [_] = paths.as_slice() {
                found.push(((*path).clone(), differing(all.as_ref(), suspect.release)));
                continue;
            }
            let effect = self.effect(suspect, &[path]);
            if !is_same(effect.as_ref(), suspect, &[path], self.now) {
                found.push(((*path).clone(), differing(effect.as_ref(), suspect.release)));
            }
        }
        if found.is_empty() {
            // Each would be enough alone.
            let objects = differing(all.as_ref(), suspect.release);
            found = paths.into_iter().map(|path| (path.clone(), objects.clone())).collect();
        }
        found
    }

    /// What the sandbox comes to with these files as they were; `None` where it cannot be.
    fn effect(&mut self, suspect: &Suspect<'_>, back: &[&String]) -> Option<Effect> {
        self.left = self.left.saturating_sub(1);
        let of_interest =
            |path: &str| [FLEET_FILE, LOCK_FILE, suspect.path].contains(&path) || path.starts_with("charts/");
        let now = self.now.files.iter().filter(|(path, _)| of_interest(path));
        let mut files: Files = now.map(|(path, bytes)| (path.clone(), Arc::clone(bytes))).collect();
        for path in back {
            match suspect.older.get(*path).cloned().flatten() {
                Some(bytes) => files.insert((*path).clone(), bytes),
                None => files.remove(*path),
            };
        }
        let fleet = Fleet::parse(&files, &BTreeMap::new()).ok()?;
        let sandbox = fleet.sandboxes.get(suspect.name)?;
        let own = self.charts(suspect.commit, back, &sandbox.chart, &files);
        let charts = own.as_deref().unwrap_or(self.now.charts);
        let basis = Basis { settings: &fleet.settings, charts, copied: self.now.copied, kept: None };
        let asleep = sandbox.rest(self.now.at).is_some();
        let release = Renderer::new(&basis).render_as(sandbox, asleep).ok()?.release;
        Some(Effect {
            objects: release.objects().map(|m| (m.id.clone(), m.hash)).collect(),
            release: release.hash,
            life: sandbox.life,
            rest: rest(&fleet, sandbox),
        })
    }

    /// The charts with those files as they were; `None` where they are as now.
    fn charts(&mut self, commit: &str, back: &[&String], chart: &str, files: &Files) -> Option<Rc<Charts>> {
        let changed: Vec<&str> = back.iter().map(|path| path.as_str()).filter(|p| p.starts_with("charts/")).collect();
        if changed.is_empty() && self.now.fleet.sandboxes.values().any(|sandbox| sandbox.chart == chart) {
            return None;
        }
        let key = (commit.to_owned(), format!("{chart}\0{}", changed.join("\0")));
        let load = || Rc::new(Charts::load(files, std::iter::once(chart)));
        Some(Rc::clone(self.charts.entry(key).or_insert_with(load)))
    }
}

/// What else lies on the namespace, or decides about the expiry beside the life itself.
fn rest(fleet: &Fleet, sandbox: &Sandbox) -> String {
    let pin = sandbox.pin.as_ref().map(|pin| (pin.until, fleet.settings.limits.max_pin));
    format!("{:?} {:?} {pin:?}", fleet.settings.namespace.labels, sandbox.owner)
}

/// Whether a sandbox comes to the same as now, in what differs, with some files put back.
fn is_same(effect: Option<&Effect>, suspect: &Suspect<'_>, back: &[&String], now: Now<'_>) -> bool {
    let (effect, release) = match (effect, suspect.release) {
        (Some(effect), Some(release)) => (effect, release),
        (effect, release) => return effect.is_none() && release.is_none(),
    };
    let Some(sandbox) = now.fleet.sandboxes.get(suspect.name) else { return false };
    // An edit of its own file renews it, whatever it says.
    let renewed = suspect.expiry && back.iter().any(|path| *path == suspect.path);
    let same_life = !suspect.expiry || (!renewed && sandbox.life == effect.life);
    let same_rest = suspect.content || rest(now.fleet, sandbox) == effect.rest;
    release.hash == effect.release && same_life && same_rest
}

fn differing(effect: Option<&Effect>, release: Option<&Release>) -> BTreeSet<ObjectId> {
    let now: BTreeMap<&ObjectId, &Hash> =
        release.iter().flat_map(|release| release.objects().map(|m| (&m.id, &m.hash))).collect();
    let Some(effect) = effect else { return now.into_keys().cloned().collect() };
    let gone = effect.objects.keys().filter(|id| !now.contains_key(*id)).cloned();
    let other = now.iter().filter(|(id, hash)| effect.objects.get(**id) != Some(**hash)).map(|(id, _)| (*id).clone());
    gone.chain(other).collect()
}

/// How telling a file is: a sandbox's own, the lock and values, the rest of its chart, the fleet's.
fn rank(path: &str, own: &str) -> usize {
    let name = path.rsplit('/').next().unwrap_or(path);
    match path {
        path if path == own => 0,
        LOCK_FILE => 1,
        FLEET_FILE => 3,
        _ if name.starts_with("values") => 1,
        _ => 2,
    }
}
