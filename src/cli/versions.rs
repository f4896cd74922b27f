//! `reconcile history` and `reconcile diff`: the versions that a sandbox's file had.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::args::{Args, Diff, History, Target, WhyFormat};
use super::desired::{Latest, branch, did_you_mean, fleet_of};
use super::failure::{Exit, Failure};
use super::fingerprint;
use super::planning::connect;
use super::print::{Printer, width};
use super::render::only_named;
use crate::cluster;
use crate::fleet::{Fleet, KeyChange, SANDBOXES, compared};
use crate::manifest::{MANAGER, ObjectId, namespaces};
use crate::plan::Record;
use crate::release::{self, Basis, Charts};
use crate::repo::{CommitInfo, Contains, Repo, Version, Versions};
use crate::report::{answers, changes, diff_between, text, unified};

/// What is applied of a sandbox.
struct Applied {
    commit: String,
    /// When its namespace was last written by us.
    at: Option<Timestamp>,
}

/// Prints the versions of a sandbox's file.
///
/// # Errors
/// Where the history cannot be read, or knows no such sandbox.
pub async fn history(args: &Args, options: &History, printer: &Printer) -> Result<u8, Failure> {
    let repo = branch(&args.source, printer, Latest::Fetched)?;
    let (fleet, path) = (fleet_of(&repo.tree()?, printer)?, format!("{SANDBOXES}{}.toml", options.name));
    let most = options.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let Versions { versions, cut_off } = repo.versions(&path, most.saturating_add(1))?;
    if versions.is_empty() {
        return Err(unknown(&options.name, &fleet));
    }
    let namespace = format!("{}{}", fleet.settings.namespace_prefix, options.name);
    let applied = match applied(&options.target, &namespace).await {
        Ok(applied) => applied,
        Err(failure) => {
            printer.warning(&format!("which version is applied is not known: {}", failure.message));
            None
        }
    };
    let current = applied.as_ref().and_then(|applied| current(&repo, &versions, applied));
    let told: Vec<Told> = told(&versions).take(most).collect();
    match options.format {
        WhyFormat::Json => {
            printer.answer(&answers::text(&as_json(options, told, (current, applied.as_ref()), cut_off)))?;
        }
        WhyFormat::Text => {
            let mut out = String::new();
            for (at, version) in told.iter().enumerate() {
                let applied = applied.as_ref().filter(|_| current == Some(at));
                out.push_str(&version.text(applied));
            }
            if told.len() == versions.len()
                && let Some(commit) = &cut_off
            {
                let short: String = commit.chars().take(7).collect();
                out.push_str(&format!("what was before commit {short} is not here: this clone is shallow\n"));
            }
            printer.answer(&out)?;
        }
    }
    Ok(0)
}

/// A version, with what it changed.
struct Told {
    commit: CommitInfo,
    what: &'static str,
    changes: Option<Vec<KeyChange>>,
}

fn told(versions: &[Version]) -> impl Iterator<Item = Told> {
    let text = |version: &Version| version.text.as_ref().map(|text| String::from_utf8_lossy(text).into_owned());
    versions.iter().enumerate().map(move |(at, version)| {
        let (after, before) = (text(version), versions.get(at + 1).and_then(text));
        let what = match (&before, &after) {
            (_, None) => "removed",
            (None, Some(_)) if at + 1 == versions.len() => "created",
            (None, Some(_)) => "created again",
            (Some(_), Some(_)) => "changed",
        };
        let changes = if after.is_some() { compared(before.as_deref(), after.as_deref()) } else { Some(Vec::new()) };
        Told { commit: version.commit.clone(), what, changes }
    })
}

impl Told {
    fn text(&self, applied: Option<&Applied>) -> String {
        let line = |text: String| text::hanging(&text, 14, width());
        let CommitInfo { short, author, time, summary, .. } = &self.commit;
        let mark = if applied.is_some() { '*' } else { ' ' };
        let mut out = line(format!("{mark} {short}  {time}  {author}  {summary}"));
        if let Some(applied) = applied {
            let at = applied.at.map(|at| format!(" {at}")).unwrap_or_default();
            out.push_str(&line(format!("            applied{at}")));
        }
        match (&self.changes, self.what) {
            (None, _) => out.push_str("            no TOML, before or after\n"),
            (Some(changes), "changed") if changes.is_empty() => out.push_str("            nothing but its layout\n"),
            (Some(changes), what) => {
                if what != "changed" {
                    out.push_str(&format!("            {what}\n"));
                }
                for change in changes {
                    out.push_str(&line(format!("            {}", change.line())));
                }
            }
        }
        out
    }
}

fn as_json(
    options: &History,
    told: Vec<Told>,
    live: (Option<usize>, Option<&Applied>),
    cut_off: Option<String>,
) -> changes::History {
    let (current, applied) = live;
    let version = |(at, told): (usize, Told)| {
        let applied = applied.filter(|_| current == Some(at));
        let CommitInfo { id, short, author, time, summary } = told.commit;
        changes::FileVersion {
            commit: changes::VersionCommit { id, short, author, time, summary },
            what: told.what.to_owned(),
            changes: told.changes,
            applied: applied.is_some(),
            applied_at: applied.and_then(|applied| applied.at),
        }
    };
    let versions = told.into_iter().enumerate().map(version).collect();
    changes::History { version: answers::version(), name: options.name.clone(), versions, cut_off }
}

/// Which version is applied: the newest that the commit which was applied contains.
fn current(repo: &Repo, versions: &[Version], applied: &Applied) -> Option<usize> {
    let then = repo.at_rev(&applied.commit).ok()?;
    let held = then.contains(versions.iter().map(|version| version.commit.id.as_str())).ok()?;
    let holds = |id: &str| held.iter().any(|(commit, answer)| commit == id && *answer == Contains::Yes);
    versions.iter().position(|version| holds(&version.commit.id))
}

async fn applied(target: &Target, namespace: &str) -> Result<Option<Applied>, Failure> {
    let cluster = connect(target).await?;
    let (kind, resource) = namespaces();
    let id = ObjectId::namespace(namespace);
    let meta = cluster.metadata(&cluster::Target { kind: &kind, resource: &resource, id: &id }).await;
    let Some(meta) = meta.map_err(|error| Failure::of(&error))? else { return Ok(None) };
    let record = Record::read(&meta.annotations).map_err(|why| Failure::new(Exit::Failed, why, ""))?;
    let at = meta.managed.iter().filter(|entry| entry.manager == MANAGER).filter_map(|entry| entry.time).max();
    Ok(record.commit.map(|commit| Applied { commit, at }))
}

/// Prints what differs between two versions of a sandbox: its file, and what it renders to.
///
/// # Errors
/// Where a revision, or the history, cannot be read.
pub fn diff(args: &Args, options: &Diff, printer: &Printer) -> Result<u8, Failure> {
    let repo = branch(&args.source, printer, Latest::Fetched)?;
    let path = format!("{SANDBOXES}{}.toml", options.name);
    let (old, new) = match options.revs.as_slice() {
        [old, new] => (repo.at_rev(old)?, repo.at_rev(new)?),
        [old] => (repo.at_rev(old)?, repo),
        _ => {
            let history = repo.versions(&path, 2)?;
            let Some(former) = history.versions.get(1).map(|version| version.commit.id.clone()) else {
                if history.versions.is_empty() {
                    return Err(unknown(&options.name, &fleet_of(&repo.tree()?, printer)?));
                }
                printer.note("it has one version only");
                return Ok(0);
            };
            (repo.at_rev(&former)?, repo)
        }
    };
    let (old, new) = (Side::read(&old, &options.name, &path)?, Side::read(&new, &options.name, &path)?);
    if old.file.is_none() && new.file.is_none() {
        let hint = format!("the commits that changed it: reconcile history {}", options.name);
        return Err(Failure::new(Exit::Usage, format!("neither commit has {path}"), hint));
    }
    let mut out = unified(old.file.as_deref(), new.file.as_deref(), (&format!("a/{path}"), &format!("b/{path}")));
    if !options.file {
        let key = fingerprint::key()?;
        let ids: BTreeSet<&ObjectId> = old.objects.keys().chain(new.objects.keys()).collect();
        for id in ids {
            let (before, after) = (old.objects.get(id), new.objects.get(id));
            out.push_str(&diff_between(before, after, (&format!("a/{id}"), &format!("b/{id}")), &key));
        }
        for why in old.fault.iter().chain(&new.fault) {
            printer.warning(why);
        }
    }
    printer.answer(&text::whole_diff(&out))?;
    Ok(0)
}

/// One of the two versions.
struct Side {
    file: Option<String>,
    objects: BTreeMap<ObjectId, Value>,
    /// Why it has no manifests.
    fault: Option<String>,
}

impl Side {
    fn read(repo: &Repo, name: &str, path: &str) -> Result<Self, Failure> {
        let tree = repo.tree()?;
        let file = tree.files.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let at = tree.commit.as_ref().map(|commit| commit.short.clone()).unwrap_or_default();
        let nothing = |fault: Option<String>| Self { file: file.clone(), objects: BTreeMap::new(), fault };
        let fault = |why: String| Some(format!("at commit {at} it renders to nothing: {why}"));
        let Ok(fleet) = Fleet::parse(&tree.files, &tree.odd) else {
            return Ok(nothing(fault("sandboxes/fleet.toml cannot be used".to_owned())));
        };
        let Some(sandbox) = fleet.sandboxes.get(name) else {
            let broken = fleet.broken.get(name).map(|broken| format!("{} cannot be used", broken.path));
            return Ok(nothing(broken.and_then(fault)));
        };
        let charts = Charts::load(&tree.files, std::iter::once(sandbox.chart.as_str()));
        let copied = only_named(&fleet.settings);
        match release::render(
            sandbox,
            &Basis { settings: &fleet.settings, charts: &charts, copied: &copied, kept: None },
        ) {
            Ok(made) => {
                let objects = made.release.objects().map(|manifest| (manifest.id.clone(), manifest.body())).collect();
                Ok(Self { file: file.clone(), objects, fault: None })
            }
            Err(error) => Ok(nothing(fault(error.message))),
        }
    }
}

fn unknown(name: &str, fleet: &Fleet) -> Failure {
    let known: Vec<&String> = fleet.sandboxes.keys().chain(fleet.broken.keys()).collect();
    Failure::new(Exit::Usage, format!("there is no sandbox {name}, and there was none"), did_you_mean(name, &known))
}
