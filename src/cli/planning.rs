//! What every command that plans does first: the desired state and the live state, read, and the plan made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::Value;

use super::args::{self, ClusterName, DiffBy, DriftBy};
use super::desired::Desired;
use super::failure::{Exit, Failure};
use super::print::Printer;
use crate::cluster::kube::KubeConnect;
use crate::cluster::{self, Cluster, ClusterSpec, ErrorKind, Survey, Target, Unknown, answer, survey};
use crate::fleet::{Fleet, SecretRef};
use crate::manifest::{Kind, ObjectId, builtin};
use crate::plan::{DriftMode, Input, Plan, Policy, Source, plan, questions};
use crate::release::Copied;

/// How far our clock may be from the API server's.
const SKEW: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// What is to be planned.
#[derive(Clone, Debug)]
pub struct Request {
    /// The instant planned for.
    pub now: Timestamp,
    /// These sandboxes alone; empty for all.
    pub only: BTreeSet<String>,
    /// So many removals are meant.
    pub allow_removals: Option<usize>,
    /// Plan from a commit that lacks a live one.
    pub allow_rewind: bool,
    /// Who makes the diffs.
    pub diff: DiffBy,
    /// Whether drift is looked for.
    pub drift: DriftMode,
}

impl Request {
    /// As the command line has it.
    pub fn new(run: &args::Run, now: Timestamp) -> Self {
        Self {
            now,
            only: run.only.iter().cloned().collect(),
            allow_removals: run.allow_removals.map(count),
            allow_rewind: run.allow_rewind,
            diff: run.diff,
            drift: match run.drift {
                DriftBy::Detect => DriftMode::Detect,
                DriftBy::Skip => DriftMode::Skip,
            },
        }
    }
}

/// Both states, and what was made of them.
pub struct Planning {
    /// The repository, at the planned commit.
    #[allow(dead_code, reason = "read by the next commands")]
    pub desired: Desired,
    /// The cluster.
    pub cluster: Box<dyn Cluster>,
    /// All that the plan is a function of.
    #[allow(dead_code, reason = "read by the next commands")]
    pub input: Input,
    /// The plan.
    pub plan: Plan,
}

impl Planning {
    /// Reads both states, side by side, and plans.
    ///
    /// # Errors
    /// Where nothing could be planned at all.
    pub async fn new(
        source: &args::Source,
        target: &args::Target,
        request: &Request,
        printer: &Printer,
    ) -> Result<Self, Failure> {
        let spec = spec(target);
        let connecting = tokio::spawn(async move { cluster::connect(&spec).await });
        let desired = Desired::read(source, printer)?;
        let cluster = connecting.await.map_err(|error| Failure::of(&error))?.map_err(|error| Failure::of(&error))?;
        check_context(&desired.fleet, &*cluster)?;
        let (desired, input) = both(request, desired, &*cluster, target).await?;
        check_clock(&*cluster).await?;
        check_only(request, &input.sources, &input.live)?;
        let dry_run = request.diff == DiffBy::Server;
        let answers = answer(&*cluster, &questions(&input), &input.live, dry_run).await;
        let plan = plan(&input, &answers);
        Ok(Self { desired, cluster, input, plan })
    }
}

fn spec(target: &args::Target) -> ClusterSpec {
    match &target.cluster {
        ClusterName::Kube => {
            ClusterSpec::Kube(KubeConnect { kubeconfig: target.kubeconfig.clone(), context: target.context.clone() })
        }
        ClusterName::Dir(path) => ClusterSpec::Dir(path.clone()),
    }
}

fn check_context(fleet: &Fleet, cluster: &dyn Cluster) -> Result<(), Failure> {
    match (&fleet.settings.context, cluster.context()) {
        (Some(wanted), Some(used)) if wanted != used => Err(Failure::new(
            Exit::Refused,
            format!("this fleet belongs to context {wanted}, and {used} is in use"),
            format!("--context {wanted}; or change `context` in sandboxes/fleet.toml"),
        )),
        _ => Ok(()),
    }
}

/// Lifetimes are counted by our clock. The API server's comes with each of its answers.
async fn check_clock(cluster: &dyn Cluster) -> Result<(), Failure> {
    let server = cluster.clock().await.map_err(|error| Failure::of(&error))?;
    let ours = super::clock();
    match server {
        Some(server) if server.duration_since(ours).abs() > SKEW => Err(Failure::new(
            Exit::Refused,
            format!("this machine's clock says {ours}, and the API server's {server}"),
            "set the clock: lifetimes are counted by it",
        )),
        _ => Ok(()),
    }
}

async fn copied_secrets(fleet: &Fleet, cluster: &dyn Cluster) -> BTreeMap<SecretRef, Copied> {
    let kind = Kind::new("v1", "Secret");
    let mut copied = BTreeMap::new();
    let Some(resource) = builtin(&kind) else { return copied };
    for reference in &fleet.settings.copy_secrets {
        let id = ObjectId::new(&kind, Some(&reference.namespace), &reference.name);
        let target = Target { kind: &kind, resource: &resource, id: &id };
        let answer = match cluster.get(&target).await {
            Ok(Some(secret)) => read(&secret),
            Ok(None) => Copied::Unreadable("it is not there".into()),
            Err(error) => Copied::Unreadable(error.with_remedy()),
        };
        copied.insert(reference.clone(), answer);
    }
    copied
}

fn read(secret: &Value) -> Copied {
    let data = secret.get("data").and_then(Value::as_object).into_iter().flatten();
    Copied::Read {
        kind: secret.get("type").and_then(Value::as_str).unwrap_or("Opaque").to_owned(),
        data: data.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect(),
    }
}

/// Reads the live state, while another thread renders what is wanted.
async fn both(
    request: &Request,
    desired: Desired,
    cluster: &dyn Cluster,
    target: &args::Target,
) -> Result<(Desired, Input), Failure> {
    let (now, settings) = (request.now, desired.fleet.settings.clone());
    let policy = policy(request, &desired.fleet);
    let rendered = OnceLock::new();
    let sources = async {
        let copied = copied_secrets(&desired.fleet, cluster).await;
        let rendering = tokio::task::spawn_blocking(move || {
            let sources = desired.sources(&copied, now);
            (desired, sources)
        });
        let (desired, sources) = rendering.await.map_err(|error| Failure::of(&error))?;
        // Set here alone.
        let _ = rendered.set(desired);
        sources
    };
    let asked = Survey {
        fleet_id: &settings.id,
        namespace_labels: &settings.namespace.labels,
        now,
        drift: request.drift,
        only: &request.only,
    };
    let (sources, live) = survey(cluster, &asked, sources).await.map_err(|unknown| match unknown {
        Unknown::Live(error) => unread(&error, cluster, target),
        Unknown::Wanted(failure) => failure,
    })?;
    let Some(desired) = rendered.into_inner() else {
        return Err(Failure::new(Exit::Failed, "what is wanted was not read", "report this"));
    };
    let commits: BTreeSet<&str> = live.namespaces.values().filter_map(|n| n.record.commit.as_deref()).collect();
    let contained = desired.contained(commits)?;
    let input = Input {
        fleet: settings.name,
        fleet_id: settings.id,
        commit: desired.tree.commit.as_ref().map(|commit| commit.id.clone()),
        cluster: cluster.describe().to_owned(),
        now,
        namespace_labels: settings.namespace.labels,
        sources,
        live,
        policy,
        contained,
        warnings: desired.warnings.clone(),
    };
    Ok((desired, input))
}

/// What lives is unknown, so nothing can be said to be missing or to be over.
fn unread(error: &cluster::Error, cluster: &dyn Cluster, target: &args::Target) -> Failure {
    let hint = match target.cluster {
        ClusterName::Kube => "nothing is changed while the cluster cannot be read",
        ClusterName::Dir(_) => "see to that file; nothing is changed while the folder cannot be read",
    };
    let asked = match error.kind {
        // Where nobody answers, it says where.
        ErrorKind::Unreachable => Some(format!("asked was cluster {}", cluster.describe())),
        _ => error.remedy.clone(),
    };
    Failure::of(error).hint(asked).hint(Some(hint))
}

fn check_only(request: &Request, sources: &BTreeMap<String, Source>, live: &crate::plan::Live) -> Result<(), Failure> {
    let lives = |name: &String| live.namespaces.values().any(|n| n.observed.ours && n.observed.sandbox == *name);
    match request.only.iter().find(|name| !sources.contains_key(*name) && !lives(name)) {
        None => Ok(()),
        Some(name) => Err(Failure::new(
            Exit::Usage,
            format!("--only {name}: there is no such sandbox, in the fleet or in the cluster"),
            super::desired::did_you_mean(name, &sources.keys().collect::<Vec<_>>()),
        )),
    }
}

fn policy(request: &Request, fleet: &Fleet) -> Policy {
    let limits = &fleet.settings.limits;
    Policy {
        max_sandboxes: Some(count(limits.max_sandboxes)),
        max_per_owner: limits.max_per_owner.map(count),
        max_pins: Some(count(limits.max_pins)),
        max_removals: limits.max_removals,
        allow_removals: request.allow_removals,
        allow_rewind: request.allow_rewind,
        only: request.only.clone(),
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
