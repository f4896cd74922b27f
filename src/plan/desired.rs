//! What the repository asks for, sandbox by sandbox, with its life as seen at the planned instant.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::quota::quota_of;
use super::state::{LiveNamespace, Source, Wanted};
use super::words;
use crate::fleet::{Broken, Fleet, Life, Lifetime, PinState, Replace, Sandbox};
use crate::manifest::{Hash, HookManifest, Kind, Manifest, Release, Resource, Scope};
use crate::release::{Basis, Renderer};
use crate::side_by_side;

/// How far a commit's clock may be ahead.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// When a sandbox's file last changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// By this commit.
    At {
        /// Its committer's time.
        time: Timestamp,
        /// Its id.
        commit: String,
    },
    /// By this commit, which is dated well before the one that it follows: a clock ran backwards.
    Behind {
        /// Its committer's time.
        time: Timestamp,
        /// Its id.
        commit: String,
        /// The time of the one before it.
        follows: Timestamp,
    },
    /// Before that instant, which is all that matters.
    Before(Timestamp),
    /// By no commit: its time starts now.
    Uncommitted,
    /// By this commit or one before it: the history is cut off there. Enough for a life that is not counted from it.
    CutOff {
        /// The commit at which the history ends.
        commit: String,
        /// Why that is not enough otherwise.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// It could not be told.
    Unknown {
        /// Why.
        why: String,
        /// What to do.
        remedy: String,
    },
}

/// Everything that the repository asks for. `starts` is by path.
pub fn sources(
    fleet: &Fleet,
    basis: &Basis<'_>,
    starts: &BTreeMap<String, Start>,
    now: Timestamp,
) -> BTreeMap<String, Source> {
    let broken = fleet.broken.iter().map(|(name, broken)| (name.clone(), broken_source(broken, fleet)));
    let sandboxes: Vec<(&String, &Sandbox)> = fleet.sandboxes.iter().collect();
    let wanted = side_by_side::map(
        &sandboxes,
        || Renderer::new(basis),
        |renderer, (name, sandbox)| {
            let start = starts.get(&sandbox.path).unwrap_or(&Start::Uncommitted);
            ((*name).clone(), source(sandbox, fleet, renderer, start, now))
        },
    );
    let mut sources = broken.chain(wanted).collect();
    part_cluster_scoped(&mut sources);
    sources
}

fn broken_source(broken: &Broken, fleet: &Fleet) -> Source {
    let first = broken.diagnostics.iter().find(|d| d.level == crate::fleet::Level::Error);
    let reason = first.map_or_else(|| "cannot be read".to_owned(), |d| d.message.clone());
    let place = first.and_then(|d| d.at.as_ref()).map(|at| format!(":{}:{}", at.line, at.column)).unwrap_or_default();
    let errors = broken.diagnostics.iter().filter(|d| d.level == crate::fleet::Level::Error).count();
    let more = match errors {
        0 | 1 => String::new(),
        errors => format!(", and {} more", errors - 1),
    };
    Source::Broken {
        path: broken.path.clone(),
        namespace: format!("{}{}", fleet.settings.namespace_prefix, broken.name),
        reason: format!("{}{place}: {reason}{more}", broken.path),
        remedy: first
            .and_then(|d| d.hint.clone())
            .unwrap_or_else(|| "mend the file; `reconcile check` shows the place".to_owned()),
    }
}

fn source(sandbox: &Sandbox, fleet: &Fleet, renderer: &mut Renderer<'_>, start: &Start, now: Timestamp) -> Source {
    let broken = |reason: String, remedy: String| Source::Broken {
        path: sandbox.path.clone(),
        namespace: sandbox.namespace.clone(),
        reason,
        remedy,
    };
    let known = match start {
        Start::At { commit, .. } | Start::Behind { commit, .. } => Some(commit.clone()),
        _ => None,
    };
    let (since, commit) = match start {
        Start::At { time, commit } | Start::Behind { time, commit, .. } => {
            (Some(*time), format!(", commit {}", words::short(commit)))
        }
        Start::Before(time) => (Some(*time), String::new()),
        Start::Uncommitted => (Some(now), ", not committed".to_owned()),
        Start::CutOff { commit, .. } if matches!(sandbox.life, Life::Never | Life::Until(_)) => {
            (None, format!(", commit {} or before", words::short(commit)))
        }
        Start::CutOff { why, remedy, .. } | Start::Unknown { why, remedy } => {
            return broken(why.clone(), remedy.clone());
        }
    };
    if let Some(since) = since.filter(|since| since.duration_since(now) > AHEAD) {
        return broken(
            format!("{} was changed at {since}, which is {} from now", sandbox.path, words::span(now, since)),
            "see to the clock of the machine that made the commit, and change the file once more".to_owned(),
        );
    }
    let life = Lifetime::at(now, since.unwrap_or(Timestamp::MIN), &sandbox.terms(&fleet.settings));
    if let Start::Behind { time, commit, follows } = start
        && life.is_over(now)
        && !Lifetime::at(now, *follows, &sandbox.terms(&fleet.settings)).is_over(now)
    {
        return broken(
            format!(
                "its time is over by commit {}, which is dated {time}, and follows one of {follows}: a clock ran backwards",
                words::short(commit)
            ),
            format!("see to the clock of the machine that made the commit, and change {} once more", sandbox.path),
        );
    }
    let rest = sandbox.rest(now);
    let made = match renderer.render_as(sandbox, rest.is_some()) {
        Ok(made) => made,
        Err(fault) => return broken(fault.message, fault.hint),
    };
    let mut notes = made.notes;
    notes.extend(rest.map(|rest| rest.describe(now)));
    notes.extend(life_notes(sandbox, &life, now));
    Source::Wanted(Box::new(Wanted {
        namespace: sandbox.namespace.clone(),
        path: sandbox.path.clone(),
        origin: format!("{}{commit}", sandbox.path),
        commit: known,
        since,
        expires: life.expiry,
        pinned_past: life.natural.filter(|_| life.pin.counts()),
        owner: sandbox.owner.clone(),
        may_replace: sandbox.replace == Replace::Allow,
        content: content(sandbox),
        url: sandbox.url.clone(),
        notes,
        quota: quota_of(&made.release.manifests, &sandbox.namespace),
        release: made.release,
    }))
}

/// A generation that was applied before, of the commit that its namespace names.
///
/// # Errors
/// Why it cannot be had, in words.
pub fn generation(
    fleet: &Fleet,
    basis: &Basis<'_>,
    live: &LiveNamespace,
    resources: &BTreeMap<Kind, Resource>,
) -> Result<Wanted, String> {
    let LiveNamespace { record, observed, .. } = live;
    let name = live.sandbox();
    let sandbox = fleet.sandboxes.get(name).ok_or_else(|| format!("there is no sandbox {name}"))?;
    if sandbox.namespace != observed.id.name {
        return Err(format!("it has namespace {}", sandbox.namespace));
    }
    let mut renderer = Renderer::new(basis);
    let mut made = renderer.render(sandbox).map_err(|fault| fault.message)?;
    if sandbox.schedule.is_some() && record.release.as_deref() != Some(made.release.hash.as_str()) {
        // It may have been applied outside its hours.
        made = renderer.render_as(sandbox, true).map_err(|fault| fault.message)?;
    }
    let wanted = Wanted {
        namespace: sandbox.namespace.clone(),
        path: sandbox.path.clone(),
        origin: sandbox.path.clone(),
        commit: record.commit.clone(),
        since: None,
        expires: record.expires.as_deref().and_then(|at| at.parse().ok()),
        pinned_past: None,
        owner: record.owner.clone(),
        // What its file says now is not known here, and going back must lose nothing.
        may_replace: false,
        content: content(sandbox),
        url: sandbox.url.clone(),
        notes: Vec::new(),
        quota: quota_of(&made.release.manifests, &sandbox.namespace),
        release: made.release,
    };
    let mut placed = BTreeMap::from([(name.to_owned(), Source::Wanted(Box::new(wanted)))]);
    place(&mut placed, resources);
    match placed.remove(name) {
        Some(Source::Wanted(wanted)) if record.release.as_deref() == Some(wanted.release.hash.as_str()) => Ok(*wanted),
        Some(Source::Wanted(_)) => {
            Err("it does not render to what was applied (another version of reconcile, or a copied \
                                        Secret that has changed)"
                .to_owned())
        }
        _ => Err("it cannot be rendered".to_owned()),
    }
}

/// What a file says, without what follows from its name.
fn content(sandbox: &Sandbox) -> Hash {
    let Sandbox { branch, image, chart, profile, owner, life, pin, values, asleep, schedule, .. } = sandbox;
    let mut text = json!([branch, image, chart, profile, owner, life, pin, values]);
    if let Some(list) = text.as_array_mut().filter(|_| *asleep || schedule.is_some()) {
        // Only where there are any: what was recorded before there were stays as it is.
        list.extend([json!(asleep), json!(schedule)]);
    }
    Hash::of(text.to_string().as_bytes())
}

fn life_notes(sandbox: &Sandbox, life: &Lifetime, now: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    if life.warns(now)
        && let Some(expiry) = life.expiry
    {
        let renew = match sandbox.life {
            Life::Until(_) => "move `expires` in",
            _ => "commit a change to",
        };
        notes.push(format!(
            "its time is over in {}, at {expiry}; to keep it, {renew} {}",
            words::span(now, expiry),
            sandbox.path
        ));
    }
    match life.pin {
        PinState::TooLong { latest } => {
            notes.push(format!("its pin is longer than the fleet allows, and counts until {latest}"));
        }
        PinState::Expired => {
            let ended = sandbox.pin.as_ref().map(|pin| format!(" ended at {}, and", pin.until)).unwrap_or_default();
            notes.push(format!("its pin{ended} counts for nothing any more"));
        }
        PinState::None | PinState::Idle | PinState::Keeps => {}
    }
    notes
}

/// Puts custom resources where their definition says that they live, once the cluster has said so: a chart does not.
pub fn place(sources: &mut BTreeMap<String, Source>, resources: &BTreeMap<Kind, Resource>) {
    let is_wide = |kind: &Kind| {
        let resource = resources.iter().find(|(other, _)| other.same_store(kind));
        resource.is_some_and(|(_, resource)| resource.scope == Scope::Cluster)
    };
    for source in sources.values_mut() {
        let Source::Wanted(wanted) = source else { continue };
        if wanted.release.objects().any(|m| m.id.namespace.is_some() && is_wide(&m.kind)) {
            let Release { manifests, hooks, .. } = wanted.release.clone();
            let place = |m: Manifest| if is_wide(&m.kind) { m.in_no_namespace() } else { m };
            let place_hook = |h: HookManifest| HookManifest { manifest: place(h.manifest), ..h };
            let manifests = manifests.iter().cloned().map(place).collect();
            wanted.release = Release::with_hooks(manifests, hooks.iter().cloned().map(place_hook).collect());
        }
    }
    part_cluster_scoped(sources);
}

/// How kinds will be served that no server has yet: by definitions that the releases bring along.
pub fn brought(sources: &BTreeMap<String, Source>, unserved: &BTreeSet<Kind>) -> BTreeMap<Kind, Resource> {
    if unserved.is_empty() {
        return BTreeMap::new();
    }
    let releases = sources.values().filter_map(|source| Some(&source.wanted()?.release));
    defined(releases.flat_map(|release| release.manifests.iter()), unserved)
}

/// The same of manifests.
pub fn defined<'m>(
    manifests: impl Iterator<Item = &'m Manifest>,
    unserved: &BTreeSet<Kind>,
) -> BTreeMap<Kind, Resource> {
    let mut found = BTreeMap::new();
    let is_definition = |m: &&Manifest| m.id.group == "apiextensions.k8s.io" && m.id.kind == "CustomResourceDefinition";
    for manifest in manifests.filter(is_definition) {
        let body = manifest.body();
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        for kind in
            unserved.iter().filter(|kind| kind.group == text("/spec/group") && kind.kind == text("/spec/names/kind"))
        {
            let scope = if text("/spec/scope") == "Cluster" { Scope::Cluster } else { Scope::Namespaced };
            found.insert(kind.clone(), Resource { plural: text("/spec/names/plural").to_owned(), scope });
        }
    }
    found
}

/// A cluster-scoped object can belong to one sandbox only: of two that ask for it, the second by name is held.
fn part_cluster_scoped(sources: &mut BTreeMap<String, Source>) {
    let mut holders = BTreeMap::new();
    for (name, source) in sources {
        let Source::Wanted(wanted) = source else { continue };
        let own = wanted.release.objects().filter(|m| m.id.namespace.is_none() && !m.is_of_crds());
        let own: Vec<_> = own.map(|m| m.id.clone()).collect();
        let taken = own.iter().find_map(|id| Some((id, holders.get(id).cloned()?)));
        if let Some((id, holder)) = taken {
            let holder: String = holder;
            *source = Source::Broken {
                path: wanted.path.clone(),
                namespace: wanted.namespace.clone(),
                reason: format!("{id} is cluster-scoped, and sandbox {holder} has one of that name"),
                remedy: "make the name depend on the namespace, in the chart".to_owned(),
            };
            continue;
        }
        holders.extend(own.into_iter().map(|id| (id, name.clone())));
    }
}
