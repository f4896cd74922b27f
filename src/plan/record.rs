//! The record on a sandbox's Namespace: the only state there is beside git and the objects themselves.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::failure::Failure;
use super::live::Observed;
use super::quota::{quota_text, read_quota};
use crate::chart::hooks::Event;
use crate::fleet::Budget;
use crate::manifest::{
    ANNOTATION_COMMIT, ANNOTATION_DELETE_HOOKS, ANNOTATION_EXPIRES, ANNOTATION_FAILED, ANNOTATION_FILE,
    ANNOTATION_GENERATED, ANNOTATION_KINDS, ANNOTATION_MADE_ONCE, ANNOTATION_OWNER, ANNOTATION_PATH, ANNOTATION_QUOTA,
    ANNOTATION_RELEASE, HookManifest, Kind, Manifest, ObjectId, Owner, Path, PathElement, Release, Stamp,
};

/// What is written on the Namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The kinds that the sandbox has or had. Written before anything of a new kind is made, so that a run that was
    /// killed leaves nothing that a later run would not look for.
    pub kinds: BTreeSet<Kind>,
    /// The hash of the release that was applied in full; absent until then.
    pub release: Option<String>,
    /// The commit it came from.
    pub commit: Option<String>,
    /// The sandbox file's path.
    pub path: Option<String>,
    /// When its time is over: an instant or `never`.
    pub expires: Option<String>,
    /// Whose it is, for limits.
    pub owner: Option<String>,
    /// What its quotas let it request, for the budget. Written before they grow; absent where it is not known.
    pub quota: Option<Budget>,
    /// What its file said, as a hash.
    pub file: Option<String>,
    /// The release that could not be applied since, where it has gone back to this one.
    pub failed: Option<Failure>,
    /// The hooks that run when it is removed, as `Job/backup`.
    pub delete_hooks: BTreeSet<String>,
    /// The keys of Secrets that hold generated values, as `SECRET/KEY`. Written when they do, so that a value which is
    /// new can be told from one that was lost.
    pub generated: BTreeSet<String>,
    /// What it has or had of `crds/`, as `CustomResourceDefinition/toys.example.com`. Written before it is made.
    pub made_once: BTreeSet<String>,
}

impl Record {
    /// Reads a Namespace's annotations. Kinds that cannot be read are told, as objects of them would be lost.
    pub fn read(annotations: &BTreeMap<String, String>) -> Result<Self, String> {
        let get = |key: &str| annotations.get(key).cloned();
        let kinds = names_of_kinds(annotations.get(ANNOTATION_KINDS).map(String::as_str).unwrap_or_default())
            .map(|kind| Kind::parse(kind).ok_or_else(|| format!("annotation {ANNOTATION_KINDS} has no kind {kind:?}")))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            kinds,
            release: get(ANNOTATION_RELEASE),
            commit: get(ANNOTATION_COMMIT),
            path: get(ANNOTATION_PATH),
            expires: get(ANNOTATION_EXPIRES),
            owner: get(ANNOTATION_OWNER),
            quota: get(ANNOTATION_QUOTA).and_then(|text| read_quota(&text)),
            file: get(ANNOTATION_FILE),
            failed: get(ANNOTATION_FAILED).and_then(|text| Failure::read(&text)),
            delete_hooks: list(annotations.get(ANNOTATION_DELETE_HOOKS)),
            generated: list(annotations.get(ANNOTATION_GENERATED)),
            made_once: list(annotations.get(ANNOTATION_MADE_ONCE)),
        })
    }

    /// Whether a Secret had generated values.
    pub fn had_values(&self, secret: &str) -> bool {
        self.generated.iter().any(|pair| pair.split_once('/').is_some_and(|(name, _)| name == secret))
    }

    /// Whether a key of a Secret had one.
    pub fn had_value(&self, secret: &str, key: &str) -> bool {
        self.generated.contains(&format!("{secret}/{key}"))
    }

    /// Whether an object of the sandbox stays, whatever nobody wants any more.
    pub(super) fn spares(&self, observed: &Observed) -> bool {
        observed.kept || self.made_once.contains(&observed.id.to_string())
    }

    fn annotations(&self) -> BTreeMap<&'static str, String> {
        let kinds = self.kinds.iter().map(Kind::to_string).collect::<Vec<_>>().join(",");
        let quota = self.quota.as_ref().map(quota_text);
        let failed = self.failed.as_ref().map(Failure::text);
        let optional = [
            (ANNOTATION_FAILED, &failed),
            (ANNOTATION_RELEASE, &self.release),
            (ANNOTATION_COMMIT, &self.commit),
            (ANNOTATION_PATH, &self.path),
            (ANNOTATION_EXPIRES, &self.expires),
            (ANNOTATION_OWNER, &self.owner),
            (ANNOTATION_QUOTA, &quota),
            (ANNOTATION_FILE, &self.file),
        ];
        let mut all: BTreeMap<_, _> = optional.into_iter().filter_map(|(k, v)| Some((k, v.clone()?))).collect();
        all.insert(ANNOTATION_KINDS, kinds);
        let lists = [
            (ANNOTATION_GENERATED, &self.generated),
            (ANNOTATION_DELETE_HOOKS, &self.delete_hooks),
            (ANNOTATION_MADE_ONCE, &self.made_once),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                all.insert(name, list.iter().cloned().collect::<Vec<_>>().join(","));
            }
        }
        all
    }

    /// Whether it reads as another: as it would be read, that is, with this one written down.
    pub(super) fn reads_as(&self, other: &Record) -> bool {
        let written = || self.annotations().into_iter().map(|(key, text)| (key.to_owned(), text)).collect();
        self == other || Self::read(&written()).is_ok_and(|again| again == *other)
    }

    /// The annotations that another record lacks.
    pub(super) fn dropped_by(&self, other: &Record) -> Vec<Path> {
        let other = other.annotations();
        let dropped = self.annotations().into_keys().filter(|key| !other.contains_key(key));
        dropped
            .map(|key| ["metadata", "annotations", key].map(|name| PathElement::Field(name.into())).to_vec())
            .collect()
    }

    /// The Namespace with this record on it.
    pub fn manifest(&self, name: &str, owner: &Owner, labels: &BTreeMap<String, String>) -> Manifest {
        let body = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": name, "labels": labels, "annotations": self.annotations() },
        });
        Manifest::new(
            Kind::new("v1", "Namespace"),
            ObjectId::namespace(name),
            body,
            Stamp { owner, source: "reconcile", generated: Vec::new() },
        )
    }
}

/// The kinds that some Namespaces' annotations record, as far as they can be read.
pub fn recorded_kinds<'a>(annotations: impl Iterator<Item = &'a BTreeMap<String, String>>) -> BTreeSet<Kind> {
    let texts: BTreeSet<&str> = annotations.filter_map(|on| on.get(ANNOTATION_KINDS)).map(String::as_str).collect();
    texts.into_iter().flat_map(names_of_kinds).filter_map(Kind::parse).collect()
}

fn names_of_kinds(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|kind| !kind.is_empty())
}

fn list(text: Option<&String>) -> BTreeSet<String> {
    text.map(|names| names.split(',').map(str::to_owned).collect()).unwrap_or_default()
}

/// The hooks of a release that run when it is removed, as [`Record::delete_hooks`] has them.
pub fn delete_hooks_of(release: &Release) -> BTreeSet<String> {
    let runs = |hook: &&HookManifest| [Event::PreDelete, Event::PostDelete].iter().any(|e| hook.hook.runs_at(*e));
    release.hooks.iter().filter(runs).map(|hook| hook.manifest.id.to_string()).collect()
}

/// How an expiry is written on the Namespace.
pub fn expires_text(expires: Option<Timestamp>) -> String {
    expires.map_or_else(|| "never".to_owned(), |at| at.to_string())
}

/// The kinds of a release's objects, hooks among them.
pub fn kinds_of(release: &Release) -> BTreeSet<Kind> {
    release.objects().map(|m| m.kind.clone()).collect()
}

/// What a release has of `crds/`, and what one before it had: that stays. What is no longer of `crds/`, but of a template,
/// is like any other object.
pub fn made_once_of(release: &Release, before: Option<&Record>) -> BTreeSet<String> {
    let mut all = before.map(|before| before.made_once.clone()).unwrap_or_default();
    for manifest in release.manifests.iter() {
        if manifest.is_of_crds() {
            all.insert(manifest.id.to_string());
        } else if !all.is_empty() {
            all.remove(&manifest.id.to_string());
        }
    }
    all
}

/// The generated keys of some manifests, as [`Record::generated`] has them.
pub fn generated_of(manifests: &[Manifest]) -> BTreeSet<String> {
    manifests.iter().flat_map(|m| m.generated.iter().map(|g| format!("{}/{}", m.id.name, g.key))).collect()
}
