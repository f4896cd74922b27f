//! What planning is given: what is wanted, what is live, and the answers to the questions between.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::cause::History;
use super::chosen::Chosen;
use super::failure::Failure;
use super::live::{Observed, Precondition};
use super::live_objects::Objects;
use super::questions::Questions;
use super::record::Record;
use super::round::Round;
use super::types::DriftMode;
use crate::fleet::{Budget, Extras, MaxRemovals};
use crate::manifest::{Hash, Kind, LABEL_SANDBOX, Manifest, ObjectId, Path, Release, Resource};
use crate::report::FingerprintKey;

/// Everything a plan is a function of.
#[derive(Clone, Debug)]
pub struct Input {
    /// The fleet's name.
    pub fleet: String,
    /// The fleet's id.
    pub fleet_id: String,
    /// The commit that is planned.
    pub commit: Option<String>,
    /// The cluster, for people.
    pub cluster: String,
    /// The instant planned for.
    pub now: Timestamp,
    /// Labels of every Namespace, beside our own.
    pub namespace_labels: BTreeMap<String, String>,
    /// What the repository asks for, by name.
    pub sources: BTreeMap<String, Source>,
    /// What the cluster holds of this fleet.
    pub live: Live,
    /// The rules of the fleet and of this run.
    pub policy: Policy,
    /// Live commits that the planned one contains.
    pub contained: BTreeSet<String>,
    /// Failures of sandboxes that have no namespace to write them on, by name.
    pub failures: BTreeMap<String, Failure>,
    /// What the shards of the fleet have settled on to remove together.
    pub round: Option<Round>,
    /// Sandboxes whose source is an earlier generation, to which they go back.
    pub going_back: BTreeSet<String>,
    /// The releases by which live namespaces were applied, where their hooks are needed and no file has them any more;
    /// or why they cannot be had.
    pub former: BTreeMap<String, Result<Release, String>>,
    /// What concerns the whole run.
    pub warnings: Vec<String>,
    /// By what secret values are told apart in diffs.
    pub key: FingerprintKey,
}

/// A sandbox as the repository asks for it.
#[derive(Clone, Debug)]
pub enum Source {
    /// Read and rendered.
    Wanted(Box<Wanted>),
    /// It could not be read or rendered: what is live of it is held as it is.
    Broken {
        /// Its file's path in the repository.
        path: String,
        /// Its namespace.
        namespace: String,
        /// What is wrong; several lines where a place in a file is shown.
        reason: String,
        /// What to do.
        remedy: String,
    },
}

impl Source {
    /// What is wanted, where that could be told.
    pub fn wanted(&self) -> Option<&Wanted> {
        match self {
            Source::Wanted(wanted) => Some(wanted),
            Source::Broken { .. } => None,
        }
    }

    /// Its file's path in the repository.
    pub fn path(&self) -> &str {
        match self {
            Source::Wanted(wanted) => &wanted.path,
            Source::Broken { path, .. } => path,
        }
    }

    /// The namespace that it has, read or not.
    pub fn namespace(&self) -> &str {
        match self {
            Source::Wanted(wanted) => &wanted.namespace,
            Source::Broken { namespace, .. } => namespace,
        }
    }

    /// The kinds of its objects, as far as it was rendered.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.wanted().into_iter().flat_map(|wanted| wanted.release.objects()).map(|manifest| &manifest.kind)
    }
}

/// One sandbox, read and rendered.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its namespace.
    pub namespace: String,
    /// Its file's path in the repository.
    pub path: String,
    /// Who asked for it: its file and that file's last commit, for reasons, where history was not asked.
    pub origin: String,
    /// That commit, where it is known.
    pub commit: Option<String>,
    /// When its file last changed: the planned instant for one that is not committed, `None` where that was before the
    /// history that is here.
    pub since: Option<Timestamp>,
    /// When its time is over.
    pub expires: Option<Timestamp>,
    /// Kept past its natural expiry by a pin; the natural expiry.
    pub pinned_past: Option<Timestamp>,
    /// Its owner, for limits.
    pub owner: Option<String>,
    /// Whether objects that hold data may be deleted and made again.
    pub may_replace: bool,
    /// What its file says, as a hash: the same under another name, and however it is written.
    pub content: Hash,
    /// Where it answers.
    pub url: Option<String>,
    /// Lines to note beside it.
    pub notes: Vec<String>,
    /// What its quotas let it request.
    pub quota: Budget,
    /// Its manifests.
    pub release: Release,
}

impl Wanted {
    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|at| at < now)
    }
}

/// What the cluster holds of a fleet.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Namespaces with the fleet's label, and those that a wanted sandbox would have, by name.
    pub namespaces: BTreeMap<String, LiveNamespace>,
    /// All objects with the fleet's label, and those looked up by name.
    pub objects: Objects,
    /// How the kinds are served.
    pub resources: BTreeMap<Kind, Resource>,
    /// Kinds that are not served in the version that was asked for.
    pub unserved: BTreeSet<Kind>,
    /// Kinds whose list failed, or of which it is not known how they are served, and why.
    pub unreadable: BTreeMap<Kind, Unread>,
    /// The same of one namespace, by its name: it concerns the sandbox there alone.
    pub unread_in: BTreeMap<String, BTreeMap<Kind, Unread>>,
    /// Sandboxes whose objects were not looked at: they are taken to be as they were applied.
    pub unseen: BTreeSet<String>,
    /// Whether drift was looked for.
    pub drift: DriftMode,
}

/// Why a kind could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// What went wrong.
    pub error: String,
    /// What to do about it, where that is known.
    pub remedy: Option<String>,
    /// Whether it is this account that may not.
    pub forbidden: bool,
}

impl Live {
    /// How a kind is served, in whatever version it was asked for.
    pub fn resource(&self, kind: &Kind) -> Option<&Resource> {
        self.resources
            .get(kind)
            .or_else(|| self.resources.iter().find_map(|(other, resource)| other.same_store(kind).then_some(resource)))
    }

    /// The kind of an object as it is spoken, and how it is served.
    pub fn served(&self, id: &ObjectId) -> Option<(&Kind, &Resource)> {
        self.resources.iter().find(|(kind, _)| kind.group == id.group && kind.kind == id.kind)
    }

    /// Why a kind could not be read, anywhere or in one namespace, where it could not.
    pub fn fault(&self, kind: &Kind, namespace: Option<&str>) -> Option<&Unread> {
        let there = namespace.and_then(|namespace| self.unread_in.get(namespace)).into_iter().flatten();
        let mut all = self.unreadable.iter().chain(there);
        all.find_map(|(other, unread)| other.same_store(kind).then_some(unread))
    }
}

/// A live Namespace.
#[derive(Clone, Debug)]
pub struct LiveNamespace {
    /// Identity, ownership, precondition.
    pub observed: Observed,
    /// What we wrote on it.
    pub record: Record,
    /// The hash that it has with just that on it.
    pub recorded: Hash,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Why its record cannot be read, when it cannot.
    pub fault: Option<String>,
    /// What keeps it, when it is being deleted.
    pub finalizers: Vec<String>,
}

impl LiveNamespace {
    /// Whose it is: as its label says, or where somebody changed that, as its record does.
    pub fn sandbox(&self) -> &str {
        let label = self.observed.sandbox.as_str();
        let is_changed = self.observed.drift.iter().any(|drift| drift.path.contains(LABEL_SANDBOX));
        let file = self.record.path.as_deref().and_then(|path| path.rsplit('/').next()?.strip_suffix(".toml"));
        if is_changed { file.unwrap_or(label) } else { label }
    }
}

/// The rules of the fleet and of this run.
#[derive(Clone, Debug)]
pub struct Policy {
    /// At most so many sandboxes at once.
    pub max_sandboxes: Option<usize>,
    /// At most so many of one owner.
    pub max_per_owner: Option<usize>,
    /// At most so many kept by a pin.
    pub max_pins: Option<usize>,
    /// At most so much, all quotas together.
    pub budget: Budget,
    /// At most so many removals in one plan.
    pub max_removals: MaxRemovals,
    /// `--allow-removals`: so many removals are meant.
    pub allow_removals: Option<usize>,
    /// `--allow-rewind`: plan from a commit that lacks a live one.
    pub allow_rewind: bool,
    /// `--retry`: what has failed is tried again at once.
    pub retry: bool,
    /// Which sandboxes the run is for.
    pub chosen: Chosen,
    /// What is done about what others added.
    pub extras: Extras,
    /// Fields that are left to others, by kind.
    pub ignore: BTreeMap<String, Vec<String>>,
}

/// A question to the cluster, without whose answer a change cannot be judged.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The manifest to dry-run.
    pub manifest: &'a Manifest,
    /// Whether the object is there, so that what it is now is wanted as well.
    pub present: bool,
    /// What drifted of it.
    pub drifted: Vec<Path>,
    /// What others put beside that, and what may stand in the way.
    pub beside: Vec<Path>,
}

/// The answers.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// By object.
    pub objects: BTreeMap<ObjectId, Answer>,
    /// What history tells of the sandboxes that change.
    pub history: History,
    /// What keeps a namespace that is being deleted, each in short.
    pub ending: BTreeMap<String, Vec<String>>,
    /// The volumes that would stay when a namespace goes, or why they are not known.
    pub volumes: BTreeMap<String, Result<Vec<Volume>, String>>,
    /// How many volume claims live in a namespace, for those where a generated value is lost.
    pub claims: BTreeMap<String, Result<usize, String>>,
}

/// A volume of a sandbox's claim that its class retains.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// The `PersistentVolume`.
    pub name: String,
    /// What a change of it must find again.
    pub precondition: Precondition,
    /// Whether a provisioner made it, and removes what is behind it where it is told to.
    pub provisioned: bool,
    /// The claim that it is bound to.
    pub claim: String,
}

/// The answer to one question.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The object as it is.
    pub live: Option<Value>,
    /// The object as it would be.
    pub dry_run: DryRun,
}

/// What a dry run said.
#[derive(Clone, Debug)]
pub enum DryRun {
    /// The object as the server would make it, defaulted and admitted.
    Server(Value),
    /// The object as the server would make it once what others put beside ours is out of the way; without that it
    /// refuses.
    Cleared(Value),
    /// The object as the server would make it anew; it refuses to change the one that is there.
    Replaced(Value),
    /// It was not asked (why), so what is shown is local.
    Local(String),
    /// It would be refused, and stays so until the manifest is changed.
    Refused(String),
    /// It could not be told.
    Unknown(String),
}

impl Answers {
    /// Takes dry runs of some objects for not made. What says that a change would be refused stays.
    pub fn forget(&mut self, objects: &BTreeSet<ObjectId>) {
        for id in objects {
            if let Some(answer) = self.objects.get_mut(id)
                && matches!(answer.dry_run, DryRun::Server(_))
            {
                answer.dry_run = DryRun::Local("as when it was planned".into());
            }
        }
    }

    /// Objects of which a dry run was asked for and could not be had, or whose state could not be read: who may do more
    /// would see more.
    pub fn partial(&self, questions: &Questions<'_>) -> BTreeSet<ObjectId> {
        let is_partial = |question: &&Question<'_>| {
            self.objects.get(&question.manifest.id).is_some_and(|answer| {
                matches!(answer.dry_run, DryRun::Local(_)) || (question.present && answer.live.is_none())
            })
        };
        questions.objects.iter().filter(is_partial).map(|question| question.manifest.id.clone()).collect()
    }
}
