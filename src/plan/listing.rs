//! All sandboxes of a fleet, one line each, as `reconcile list` tells of them: what git asks for, joined with what lives.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::ready::{Readiness, readiness};
use super::standing::Standing;
use super::state::{Input, LiveNamespace, Source};
use super::types::{Plan, SandboxPlan};
use crate::fleet::{Fleet, Sandbox};

/// The version of the listing's JSON.
pub const LISTING_VERSION: u32 = 1;

/// All sandboxes of a fleet.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Listing {
    /// The version of this format; readers should refuse one that they do not know.
    pub version: u32,
    /// The fleet's name.
    pub fleet: String,
    /// The commit that is read, 40 hexadecimal digits; null with `--worktree`.
    pub commit: Option<String>,
    /// The cluster, for people.
    pub cluster: String,
    /// The instant that it is told for.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub now: Timestamp,
    /// What could not be read, and so is not told.
    pub unread: Vec<String>,
    /// The sandboxes, by name.
    pub sandboxes: Vec<Listed>,
}

/// One sandbox.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The branch that it shows; null where no file that can be read asks for it.
    pub branch: Option<String>,
    /// The image that it runs.
    pub image: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// How it stands.
    pub state: Standing,
    /// Why, one line; null where the cluster could not be read.
    pub reason: Option<String>,
    /// What to do about it, where somebody has to.
    pub remedy: Option<String>,
    /// How many of its workloads are ready; null where nothing of it lives, or it is not known.
    pub ready: Option<Ready>,
    /// When its namespace was made.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub created: Option<Timestamp>,
    /// After this instant its time is over; null for never, or where it is not known.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires: Option<Timestamp>,
    /// Whether its time is never over.
    pub never_expires: bool,
    /// Where it answers, when it has a host.
    pub url: Option<String>,
    /// The commit that lives, 40 hexadecimal digits.
    pub commit: Option<String>,
}

/// How many workloads are ready: `Deployment`s, `StatefulSet`s and `DaemonSet`s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ready {
    /// So many.
    pub ready: usize,
    /// Of so many.
    pub wanted: usize,
}

/// What the cluster says.
#[derive(Clone, Copy, Debug)]
pub struct LiveFleet<'a> {
    /// Both states.
    pub input: &'a Input,
    /// What the next run does.
    pub plan: &'a Plan,
    /// Whole workloads, of all namespaces; `None` where they could not be read.
    pub workloads: Option<&'a [Value]>,
}

/// The lines of all sandboxes: those that a file asks for, and those that live without one.
pub fn listing(fleet: &Fleet, seen: &LiveFleet<'_>) -> Vec<Listed> {
    let ready = seen.workloads.map(counted).unwrap_or_default();
    seen.plan.sandboxes.iter().map(|plan| line(plan, fleet, seen, &ready)).collect()
}

impl Listed {
    /// Of a sandbox of which nothing but its file is known.
    pub fn unread(name: &str, source: &Source, fleet: &Fleet) -> Self {
        let wanted = source.wanted();
        let (reason, remedy) = match source {
            Source::Broken { reason, remedy, .. } => (Some(reason.clone()), Some(remedy.clone())),
            Source::Wanted(_) => (None, None),
        };
        Self {
            state: if wanted.is_some() { Standing::Unknown } else { Standing::Broken },
            reason,
            remedy,
            expires: wanted.and_then(|wanted| wanted.expires),
            never_expires: wanted.is_some_and(|wanted| wanted.expires.is_none()),
            ..Self::blank(name, source.namespace(), fleet.sandboxes.get(name))
        }
    }

    fn blank(name: &str, namespace: &str, sandbox: Option<&Sandbox>) -> Self {
        Self {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            branch: sandbox.map(|sandbox| sandbox.branch.clone()),
            image: sandbox.and_then(|sandbox| sandbox.image.as_ref()).map(ToString::to_string),
            owner: sandbox.and_then(|sandbox| sandbox.owner.clone()),
            state: Standing::Unknown,
            reason: None,
            remedy: None,
            ready: None,
            created: None,
            expires: None,
            never_expires: false,
            url: sandbox.and_then(|sandbox| sandbox.url.clone()),
            commit: None,
        }
    }
}

fn line(plan: &SandboxPlan, fleet: &Fleet, seen: &LiveFleet<'_>, ready: &BTreeMap<String, Ready>) -> Listed {
    let input = seen.input;
    let source = input.sources.get(&plan.name).filter(|source| source.namespace() == plan.namespace);
    let live = input.live.namespaces.get(&plan.namespace);
    let own = live.filter(|live| live.observed.ours || live.observed.was_ours);
    let sandbox = fleet.sandboxes.get(&plan.name).filter(|_| source.is_some());
    let (expires, never_expires) = expiry(source, own);
    let state = Standing::of(plan, input, fleet);
    let blank = Listed::blank(&plan.name, &plan.namespace, sandbox);
    Listed {
        owner: blank.owner.clone().or_else(|| own.and_then(|own| own.record.owner.clone())),
        state,
        reason: Some(plan.reason.clone()),
        remedy: plan.remedy.clone(),
        ready: own.filter(|_| seen.workloads.is_some()).map(|_| {
            let found = ready.get(&plan.namespace).copied().unwrap_or_default();
            let wanted = if state == Standing::Lives { source.map_or(0, workloads) } else { 0 };
            Ready { wanted: found.wanted.max(wanted), ..found }
        }),
        created: own.and_then(|own| own.created),
        expires,
        never_expires,
        commit: own.and_then(|own| own.record.commit.clone()),
        ..blank
    }
}

/// As its file has it; of one that cannot be read, or is gone, as it was applied.
fn expiry(source: Option<&Source>, own: Option<&LiveNamespace>) -> (Option<Timestamp>, bool) {
    if let Some(wanted) = source.and_then(Source::wanted) {
        return (wanted.expires, wanted.expires.is_none());
    }
    let applied = own.and_then(|own| own.record.expires.as_deref());
    (applied.and_then(|text| text.parse().ok()), applied == Some("never"))
}

/// Whether a kind is a workload that has to be ready.
pub(super) fn is_workload(group: &str, kind: &str) -> bool {
    group == "apps" && matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet")
}

/// How many workloads a sandbox is to have.
fn workloads(source: &Source) -> usize {
    let manifests = source.wanted().into_iter().flat_map(|wanted| wanted.release.manifests.iter());
    manifests.filter(|manifest| is_workload(&manifest.kind.group, &manifest.kind.kind)).count()
}

/// How many workloads are ready, by namespace.
fn counted(workloads: &[Value]) -> BTreeMap<String, Ready> {
    let mut counts: BTreeMap<String, Ready> = BTreeMap::new();
    for workload in workloads {
        let namespace = workload.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
        let count = counts.entry(namespace.to_owned()).or_default();
        count.wanted += 1;
        count.ready += usize::from(readiness(workload) == Readiness::Ready);
    }
    counts
}

/// The JSON Schema of [`Listing`], kept in `src/report/list.schema.json`.
pub fn listing_schema() -> schemars::Schema {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Listing>()
}
