//! What history tells of the sandboxes that a plan changes. Asked only where something changes.

use std::collections::{BTreeMap, BTreeSet};

use super::desired::Desired;
use crate::fleet::{FLEET_FILE, LOCK_FILE, SecretRef};
use crate::plan::{
    Action, Blame, Cause, Change, Commit, Culprit, History, Hold, Input, Inquiry, Now, SandboxPlan, Source, Suspect,
    Wanted,
};
use crate::release::{Copied, Renderer};
use crate::repo::{CommitInfo, LastChange, Older};

/// Who changed what, for a plan that was made without knowing. What cannot be told is said to be unknown, and stops no
/// plan.
pub fn history<'p>(
    desired: &Desired,
    copied: &BTreeMap<SecretRef, Copied>,
    input: &Input,
    plans: impl Iterator<Item = &'p SandboxPlan>,
) -> History {
    let now = Now { files: &desired.tree.files, fleet: &desired.fleet, charts: &desired.charts, copied, at: input.now };
    let mut asking = Asking { desired, input, copied, inquiry: Inquiry::new(now), older: BTreeMap::new() };
    let found: Vec<(&str, Found)> =
        plans.filter_map(|sandbox| Some((sandbox.namespace.as_str(), asking.about(sandbox)?))).collect();
    let mut walked: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (_, found) in &found {
        for (path, known) in &found.files {
            if known.is_none() && !desired.is_dirty(&path.0) {
                let since = walked.entry(path.0.clone()).or_insert_with(|| found.since.clone());
                if *since != found.since {
                    *since = None;
                }
            }
        }
    }
    let walked = last_changes(desired, &walked);
    let blame = |found: Found| {
        let (causes, objects) = found
            .files
            .into_iter()
            .map(|((path, objects), known)| {
                let change = change(desired, &path, known.as_deref(), &walked);
                let change = merged(desired, change, found.applied.as_deref());
                (Cause { path, change }, objects)
            })
            .unzip();
        Blame { causes, objects, remark: found.remark }
    };
    found.into_iter().map(|(namespace, found)| (namespace.to_owned(), blame(found))).collect()
}

fn last_changes(desired: &Desired, asked: &BTreeMap<String, Option<String>>) -> BTreeMap<String, LastChange> {
    desired.repo.last_changes(asked).unwrap_or_else(|error| {
        asked.keys().map(|path| (path.clone(), LastChange::Unknown(error.to_string()))).collect()
    })
}

/// Who changed one file last; `known` is that commit's id where it is known already.
pub fn last_change(desired: &Desired, path: &str, known: Option<&str>) -> Cause {
    let mut asked = BTreeMap::new();
    if known.is_none() && !desired.is_dirty(path) {
        asked.insert(path.to_owned(), None);
    }
    let walked = last_changes(desired, &asked);
    Cause { path: path.to_owned(), change: change(desired, path, known, &walked) }
}

/// The merge by which a file differs from what was applied, where no commit since changed it.
fn merged(desired: &Desired, change: Change, applied: Option<&str>) -> Change {
    let (Change::By(found), Some(applied)) = (&change, applied) else { return change };
    desired.repo.merged((&found.id, found.time), applied).map_or(change, |info| Change::By(commit(info)))
}

fn change(desired: &Desired, path: &str, known: Option<&str>, walked: &BTreeMap<String, LastChange>) -> Change {
    match (known, walked.get(path)) {
        _ if desired.is_dirty(path) => Change::Uncommitted,
        (Some(id), _) => desired
            .repo
            .commit_info(id)
            .map_or_else(|| Change::Unknown("its commit is not here".to_owned()), |info| Change::By(commit(info))),
        (None, Some(LastChange::By(info))) => Change::By(commit(info.clone())),
        (None, Some(LastChange::Before(id))) => Change::Before(id.clone()),
        (None, Some(LastChange::None)) => Change::Nobody,
        (None, Some(LastChange::Unknown(why))) => Change::Unknown(why.clone()),
        (None, None) => Change::Uncommitted,
    }
}

fn commit(info: CommitInfo) -> Commit {
    Commit { id: info.id, author: info.author, time: info.time, subject: info.summary }
}

/// The files that matter to a sandbox, each with its last commit where that is known already.
#[derive(Default)]
struct Found {
    files: Vec<(Culprit, Option<String>)>,
    /// The commit before which a removal is not looked for.
    since: Option<String>,
    /// The commit that the files differ from.
    applied: Option<String>,
    remark: Option<String>,
}

impl Found {
    fn file(path: &str, known: Option<String>) -> Self {
        Self { files: vec![((path.to_owned(), BTreeSet::new()), known)], ..Self::default() }
    }

    fn remark(text: String) -> Self {
        Self { remark: Some(text), ..Self::default() }
    }
}

/// While a plan is asked about.
struct Asking<'a> {
    desired: &'a Desired,
    input: &'a Input,
    copied: &'a BTreeMap<SecretRef, Copied>,
    inquiry: Inquiry<'a>,
    /// What changed since a commit, of what concerns a sandbox's file and a chart.
    older: BTreeMap<(String, String), Result<Older, String>>,
}

impl<'a> Asking<'a> {
    /// What is to be known of one sandbox; `None` where nothing is.
    fn about(&mut self, sandbox: &SandboxPlan) -> Option<Found> {
        let source = self.input.sources.get(&sandbox.name).filter(|source| source.namespace() == sandbox.namespace);
        let is_broken = sandbox.hold == Some(Hold::Broken);
        match (source, sandbox.action) {
            (None, Action::Remove | Action::Refused | Action::Held) => self.removed(sandbox),
            (Some(Source::Wanted(wanted)), action) if action == Action::Create || wanted.is_over(self.input.now) => {
                // What is over and gone is not spoken of.
                let speaks = action != Action::Keep;
                speaks.then(|| Found::file(&wanted.path, wanted.commit.clone()))
            }
            (Some(Source::Wanted(wanted)), _) if !sandbox.steps.is_empty() || is_broken => {
                self.changed(sandbox, wanted)
            }
            (Some(Source::Broken { path, .. }), Action::Held) => self.broken(sandbox, path),
            _ => None,
        }
    }

    fn removed(&self, sandbox: &SandboxPlan) -> Option<Found> {
        let record = &self.input.live.namespaces.get(&sandbox.namespace)?.record;
        let path = record.path.clone()?;
        // It may be asked for in another namespace by now.
        if self.desired.tree.files.contains_key(&path) {
            return None;
        }
        Some(Found { since: record.commit.clone(), ..Found::file(&path, None) })
    }

    fn changed(&mut self, sandbox: &SandboxPlan, wanted: &'a Wanted) -> Option<Found> {
        let record = &self.input.live.namespaces.get(&sandbox.namespace)?.record;
        let content = record.release.as_deref() != Some(wanted.release.hash.as_str());
        let expires = crate::plan::expires_text(wanted.expires);
        let expiry = record.expires.as_deref() != Some(expires.as_str());
        if !content && !expiry && !sandbox.steps.iter().any(|step| step.action == Action::Update) {
            return None;
        }
        let own = || Found::file(&wanted.path, wanted.commit.clone());
        let Some(commit) = record.commit.as_deref().filter(|_| record.release.is_some()) else { return Some(own()) };
        let short = commit.get(..7).unwrap_or(commit);
        if !self.input.contained.contains(commit) && self.desired.repo.commit_info(commit).is_none() {
            let asked = format!("asked for by {}", wanted.origin);
            return Some(Found::remark(format!(
                "{asked}; what changed since is not known: commit {short} is not here"
            )));
        }
        let chart = &self.desired.fleet.sandboxes.get(&sandbox.name)?.chart;
        let older = match self.older(commit, &wanted.path, chart) {
            Ok(older) => older,
            Err(why) => {
                let asked = format!("asked for by {}", wanted.origin);
                return Some(Found::remark(format!("{asked}; what changed since {short} is not known: {why}")));
            }
        };
        let suspect = Suspect {
            name: &sandbox.name,
            path: &wanted.path,
            commit,
            older: &older,
            release: Some(&wanted.release),
            content,
            expiry,
        };
        let culprits = self.inquiry.culprits(&suspect);
        if culprits.is_empty() {
            if let Some(remark) = self.by_its_hours(&sandbox.name, record.release.as_deref()) {
                return Some(Found::remark(remark));
            }
            return Some(Found::remark(unexplained(sandbox, wanted, short, content)));
        }
        let known = |path: &str| wanted.commit.clone().filter(|_| path == wanted.path);
        let files = culprits.into_iter().map(|culprit| (known(&culprit.0), culprit)).map(|(known, c)| (c, known));
        Some(Found { files: files.collect(), applied: Some(commit.to_owned()), ..Found::default() })
    }

    /// Whether it is the hours of its schedule that make a sandbox differ: at other hours it is what was applied.
    fn by_its_hours(&self, name: &str, applied: Option<&str>) -> Option<String> {
        let sandbox = self.desired.fleet.sandboxes.get(name)?;
        let schedule = sandbox.schedule.as_ref().filter(|_| !sandbox.asleep)?;
        let is_awake = schedule.is_awake(self.input.now);
        let basis = self.desired.basis(self.copied);
        let other = Renderer::new(&basis).render_as(sandbox, is_awake).ok()?;
        (applied == Some(other.release.hash.as_str())).then(|| schedule.reason(is_awake))
    }

    /// Which file broke what is live; of one that is not live yet, its own.
    fn broken(&mut self, sandbox: &SandboxPlan, path: &str) -> Option<Found> {
        let is_its_own = self.desired.fleet.broken.contains_key(&sandbox.name);
        let own = || {
            let remark = (!is_its_own).then(|| "asked for by".to_owned());
            Some(Found { remark, ..Found::file(path, None) })
        };
        let record = self.input.live.namespaces.get(&sandbox.namespace).map(|namespace| &namespace.record);
        let Some(commit) = record.and_then(|record| record.commit.as_deref()) else { return own() };
        if !self.input.contained.contains(commit) {
            return own();
        }
        let chart = self.desired.fleet.sandboxes.get(&sandbox.name).map(|sandbox| sandbox.chart.clone());
        let Ok(older) = self.older(commit, path, chart.as_deref().unwrap_or_default()) else { return own() };
        let suspect =
            Suspect { name: &sandbox.name, path, commit, older: &older, release: None, content: true, expiry: false };
        let culprits = self.inquiry.culprits(&suspect);
        (!culprits.is_empty())
            .then(|| Found { files: culprits.into_iter().map(|culprit| (culprit, None)).collect(), ..Found::default() })
    }

    fn older(&mut self, commit: &str, path: &str, chart: &str) -> Result<Older, String> {
        let Desired { repo, tree, .. } = self.desired;
        let of_chart = format!("charts/{chart}/");
        let shared = self.older.entry((commit.to_owned(), of_chart.clone())).or_insert_with(|| {
            repo.changed_since(commit, tree, &|file| {
                file == FLEET_FILE || file.starts_with("sandboxes/") || file.starts_with(&of_chart)
            })
            .map_err(|error| error.to_string())
        });
        let mut older = shared.clone()?;
        older.retain(|file, _| [FLEET_FILE, LOCK_FILE, path].contains(&file.as_str()) || file.starts_with("charts/"));
        Ok(older)
    }
}

/// Why a sandbox differs although no file makes it so.
fn unexplained(sandbox: &SandboxPlan, wanted: &Wanted, since: &str, content: bool) -> String {
    let copied = |step: &&crate::plan::Step| {
        let manifest = wanted.release.manifests.iter().find(|manifest| manifest.id == step.id);
        manifest.is_some_and(crate::release::is_copy)
    };
    let changes: Vec<&crate::plan::Step> = sandbox.shown_steps().filter(|step| step.work.is_change()).collect();
    if content && !changes.is_empty() && changes.iter().all(copied) {
        let names: Vec<String> = changes.iter().map(|step| step.id.name.clone()).collect();
        return format!("the Secret that is copied into it has changed ({})", names.join(", "));
    }
    if !content {
        return format!("though no file has changed for it since commit {since}");
    }
    format!(
        "no file makes it differ since commit {since}: another version of reconcile renders it so, or a Secret that is \
         copied has changed"
    )
}
