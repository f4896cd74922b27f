//! What every command that plans does first: the desired state and the live state, read, and the plan made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::args::{self, ClusterName, DiffBy, DriftBy};
use super::copied::copied_secrets;
use super::desired::Desired;
use super::failure::{Exit, Failure};
use super::former::{applied, former, remember};
use super::history::history;
use super::rounds::remember_round;
use crate::cluster::kube::KubeConnect;
use crate::cluster::{self, Cluster, ClusterSpec, ErrorKind, Sources, Survey, Unknown, answer, discover, survey};
use crate::fleet::{Fleet, SecretRef};
use crate::manifest::ObjectId;
use crate::plan::{
    Answers, Chosen, DriftMode, Input, Live, Plan, Policy, SandboxPlan, Source, Version, Wanted, backed_off, brought,
    place, plan, questions,
};
use crate::release::Copied;
use crate::report::FingerprintKey;

/// In the place of the one sandbox that is of interest, where none is: nothing is asked for the sake of any.
pub(super) const NOBODY: &str = "";

/// How far our clock may be from the API server's.
pub(super) const SKEW: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// What is to be planned.
#[derive(Clone, Debug)]
pub struct Request {
    /// The instant planned for.
    pub now: Timestamp,
    /// Which sandboxes the run is for.
    pub chosen: Chosen,
    /// So many removals are meant.
    pub allow_removals: Option<usize>,
    /// Plan from a commit that lacks a live one.
    pub allow_rewind: bool,
    /// Who makes the diffs.
    pub diff: DiffBy,
    /// Whether drift is looked for.
    pub drift: DriftMode,
    /// Objects of which no dry run counts, as there was none when the plan was reviewed.
    pub local: BTreeSet<ObjectId>,
    /// What has failed is tried again, whatever its pause.
    pub retry: bool,
    /// The sandbox that is to go, and may be gone already.
    pub going: Option<String>,
    /// Sandboxes that go back to an earlier generation, each with that.
    pub back: BTreeMap<String, Wanted>,
}

impl Request {
    /// By a command that only looks, over all sandboxes.
    pub fn look(now: Timestamp, drift: DriftMode, diff: DiffBy) -> Self {
        Self {
            now,
            chosen: Chosen::default(),
            allow_removals: None,
            allow_rewind: false,
            diff,
            drift,
            local: BTreeSet::new(),
            retry: false,
            going: None,
            back: BTreeMap::new(),
        }
    }

    /// As the command line has it.
    pub fn new(run: &args::Run, now: Timestamp) -> Self {
        Self {
            now,
            chosen: Chosen { only: run.only.iter().cloned().collect(), shard: run.shard },
            allow_removals: run.allow_removals.map(count),
            allow_rewind: run.allow_rewind,
            diff: run.diff,
            drift: match run.drift {
                DriftBy::Detect => DriftMode::Detect,
                DriftBy::Skip => DriftMode::Skip,
            },
            local: BTreeSet::new(),
            retry: run.retry,
            going: run.going.clone(),
            back: BTreeMap::new(),
        }
    }
}

/// Both states, and what was made of them.
pub struct Planning {
    /// The repository, at the planned commit.
    pub desired: Desired,
    /// The cluster.
    pub cluster: Arc<dyn Cluster>,
    /// All that the plan is a function of.
    pub input: Input,
    /// Objects that are judged without a dry run, which would have shown more.
    pub local: BTreeSet<ObjectId>,
    /// The Secrets that are copied, as they were read.
    pub copied: BTreeSet<Version>,
    /// What is in them.
    pub secrets: BTreeMap<SecretRef, Copied>,
    /// The plan.
    pub plan: Plan,
}

impl Planning {
    /// Reads the live state, and plans.
    ///
    /// # Errors
    /// Where nothing could be planned at all.
    pub async fn new(desired: Desired, target: &args::Target, request: &Request) -> Result<Self, Failure> {
        let cluster = connect(target).await?;
        let LiveSide { input, plan, local, copied, secrets, .. } =
            LiveSide::plan(&desired, &*cluster, target, request).await?;
        Ok(Self { desired, cluster, input, local, copied, secrets, plan })
    }

    /// Reads the live state anew, and plans once more.
    ///
    /// # Errors
    /// As [`Planning::new`].
    pub async fn again(&mut self, target: &args::Target, request: &Request) -> Result<(), Failure> {
        let LiveSide { input, plan, local, copied, secrets, .. } =
            LiveSide::plan(&self.desired, &*self.cluster, target, request).await?;
        (self.input, self.plan, self.local, self.copied, self.secrets) = (input, plan, local, copied, secrets);
        Ok(())
    }
}

/// Finds the cluster.
///
/// # Errors
/// Where there is none.
pub async fn connect(target: &args::Target) -> Result<Arc<dyn Cluster>, Failure> {
    cluster::connect(&spec(target)).await.map(Arc::from).map_err(|error| Failure::of(&error))
}

/// The live state, and what was made of both.
pub struct LiveSide {
    /// All that the plan is a function of.
    pub input: Input,
    /// What was asked besides.
    pub answers: Answers,
    /// Objects that are judged without a dry run, which would have shown more.
    pub local: BTreeSet<ObjectId>,
    /// The Secrets that are copied, as they were read.
    pub copied: BTreeSet<Version>,
    /// What is in them.
    pub secrets: BTreeMap<SecretRef, Copied>,
    /// Sandboxes that are kept as they were before, as their update failed.
    pub back: BTreeSet<String>,
    /// The plan.
    pub plan: Plan,
}

impl LiveSide {
    /// Reads the live state and plans; what has failed is planned to go back to what it was, or to stay so.
    ///
    /// # Errors
    /// Where nothing could be planned at all.
    pub async fn plan(
        desired: &Desired,
        cluster: &dyn Cluster,
        target: &args::Target,
        request: &Request,
    ) -> Result<Self, Failure> {
        let mut side = Self::read(desired, cluster, target, request, None).await?;
        let mut back = BTreeMap::new();
        for (name, namespace) in backed_off(&side.input).into_iter().filter(|(name, _)| request.chosen.has(name)) {
            match applied(desired, &side.secrets, &side.input, namespace) {
                Ok(generation) => drop(back.insert(name.to_owned(), generation)),
                // It is held as it is.
                Err(why) => side.plan.sandboxes.iter_mut().filter(|sandbox| sandbox.name == name).for_each(|sandbox| {
                    sandbox.reason = format!("{}; whether it is as it was cannot be told: {why}", sandbox.reason);
                }),
            }
        }
        if back.is_empty() {
            return Ok(side);
        }
        side.back = back.keys().cloned().collect();
        let request = Request { chosen: request.chosen.some(&side.back), back, ..request.clone() };
        let second = Self::read(desired, cluster, target, &request, None).await?;
        for planned in second.plan.sandboxes {
            side.plan.sandboxes.iter_mut().filter(|sandbox| sandbox.name == planned.name).for_each(|sandbox| {
                sandbox.clone_from(&planned);
            });
        }
        Ok(side)
    }

    /// Reads the live state and plans. Where only one sandbox is of interest, nothing is asked for the sake of the
    /// others but what bounds them all.
    ///
    /// # Errors
    /// Where nothing could be planned at all.
    pub async fn read(
        desired: &Desired,
        cluster: &dyn Cluster,
        target: &args::Target,
        request: &Request,
        of_interest: Option<&str>,
    ) -> Result<Self, Failure> {
        let key = super::fingerprint::key()?;
        check_context(&desired.fleet, cluster)?;
        let (copied, versions) = copied_secrets(&desired.fleet, cluster).await;
        let secrets = Secrets { copied, key };
        let read = both(request, desired, cluster, &secrets.copied).map_err(|unknown| match unknown {
            Unknown::Live(error) => unread(&error, cluster, target),
            Unknown::Wanted(failure) => failure,
        })?;
        check_clock(cluster).await?;
        let mut input = input(request, desired, cluster, read, &secrets)?;
        remember(&mut input, cluster).await;
        remember_round(&mut input, cluster).await?;
        input.former = former(desired, &secrets.copied, &input);
        let mut asked = questions(&input);
        if let Some(name) = of_interest {
            asked.keep_only(name, &input);
        }
        let dry_run = request.diff == DiffBy::Server;
        let mut answers = answer(cluster, &asked, &input.live, dry_run).await;
        answers.forget(&request.local);
        let local = if dry_run { answers.partial(&asked) } else { BTreeSet::new() };
        let mut planned = plan(&input, &answers);
        let of_interest = |sandbox: &SandboxPlan| of_interest.is_none_or(|name| sandbox.name == name);
        answers.history =
            history(desired, &secrets.copied, &input, planned.sandboxes.iter().filter(|s| of_interest(s)));
        if !answers.history.is_empty() {
            planned = plan(&input, &answers);
        }
        Ok(Self {
            input,
            answers,
            local,
            copied: versions,
            secrets: secrets.copied,
            back: BTreeSet::new(),
            plan: planned,
        })
    }
}

/// What nobody is shown.
struct Secrets {
    /// The Secrets that are copied into every sandbox.
    copied: BTreeMap<SecretRef, Copied>,
    /// By what the values of Secrets are told apart.
    key: FingerprintKey,
}

pub(super) fn spec(target: &args::Target) -> ClusterSpec {
    match &target.cluster {
        ClusterName::Kube => {
            ClusterSpec::Kube(KubeConnect { kubeconfig: target.kubeconfig.clone(), context: target.context.clone() })
        }
        ClusterName::Dir(path) => ClusterSpec::Dir(path.clone()),
    }
}

pub(super) fn check_context(fleet: &Fleet, cluster: &dyn Cluster) -> Result<(), Failure> {
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

/// Reads the live state, while another thread renders what is wanted.
fn both(
    request: &Request,
    desired: &Desired,
    cluster: &dyn Cluster,
    copied: &BTreeMap<SecretRef, Copied>,
) -> Result<(Sources, Live), Unknown<Failure>> {
    let (settings, now) = (&desired.fleet.settings, request.now);
    let starts = desired.starts(now).map_err(Unknown::Wanted)?;
    let asked = Survey {
        fleet_id: &settings.id,
        namespace_labels: &settings.namespace.labels,
        now,
        drift: request.drift,
        chosen: &request.chosen,
        by_namespace: settings.service_account.is_some(),
    };
    // What the thread reads is borrowed: it ends with this function.
    let (fleet, basis, starts) = (&desired.fleet, desired.basis(copied), &starts);
    let handle = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let (done, rendered) = oneshot::channel();
            // Nobody listens any more where the cluster could not be read.
            let wanted = move || {
                let mut sources = crate::plan::sources(fleet, &basis, starts, now);
                sources.extend(
                    request.back.iter().map(|(name, back)| (name.clone(), Source::Wanted(back.clone().into()))),
                );
                sources
            };
            scope.spawn(move || drop(done.send(wanted())));
            let sources = async {
                let mut sources = rendered.await.map_err(|error| Unknown::Wanted(Failure::of(&error)))?;
                let served =
                    discover(cluster, sources.values().flat_map(Source::kinds)).await.map_err(Unknown::Live)?;
                let mut known = brought(&sources, &served.unserved);
                known.extend(served.resources.clone());
                if !known.is_empty() {
                    place(&mut sources, &known);
                }
                Ok::<_, Unknown<Failure>>((sources, served))
            };
            let (sources, mut live) = handle.block_on(survey(cluster, &asked, sources))?;
            let brought = brought(&sources, &live.unserved);
            live.unserved.retain(|kind| !brought.contains_key(kind));
            live.resources.extend(brought);
            Ok((sources, live))
        })
    })
}

fn input(
    request: &Request,
    desired: &Desired,
    cluster: &dyn Cluster,
    read: (Sources, Live),
    secrets: &Secrets,
) -> Result<Input, Failure> {
    let settings = &desired.fleet.settings;
    let (sources, live) = read;
    let commits: BTreeSet<&str> = live.namespaces.values().filter_map(|n| n.record.commit.as_deref()).collect();
    let contained = desired.contained(commits)?;
    check_only(request, &sources, &live)?;
    Ok(Input {
        fleet: settings.name.clone(),
        fleet_id: settings.id.clone(),
        commit: desired.tree.commit.as_ref().map(|commit| commit.id.clone()),
        cluster: cluster.describe().to_owned(),
        now: request.now,
        namespace_labels: settings.namespace.labels.clone(),
        sources,
        live,
        policy: policy(request, &desired.fleet),
        contained,
        failures: BTreeMap::new(),
        round: None,
        going_back: request.back.keys().cloned().collect(),
        former: BTreeMap::new(),
        warnings: desired.warnings.clone(),
        key: secrets.key.clone(),
    })
}

/// What lives is unknown, so nothing can be said to be missing or to be over.
fn unread(error: &cluster::Error, cluster: &dyn Cluster, target: &args::Target) -> Failure {
    let hint = match target.cluster {
        ClusterName::Kube => "nothing is changed while the cluster cannot be read",
        ClusterName::Dir(_) => "see to that file; nothing is changed while the folder cannot be read",
    };
    let first = match error.kind {
        // Where nobody answers, it says where.
        ErrorKind::Unreachable => Some(format!("asked was cluster {}", cluster.describe())),
        _ => error.remedy.clone(),
    };
    Failure::of(error).hint(first).hint(Some(hint))
}

fn check_only(request: &Request, sources: &BTreeMap<String, Source>, live: &Live) -> Result<(), Failure> {
    let lives = |name: &String| live.namespaces.values().any(|n| n.observed.ours && n.sandbox() == name);
    let only = request.chosen.only.iter().filter(|name| request.going.as_ref() != Some(*name));
    match only.into_iter().find(|name| !sources.contains_key(*name) && !lives(name)) {
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
        budget: fleet.settings.budget,
        max_removals: limits.max_removals,
        allow_removals: request.allow_removals,
        allow_rewind: request.allow_rewind,
        retry: request.retry,
        chosen: request.chosen.clone(),
        extras: fleet.settings.extras,
        ignore: fleet.settings.ignore.clone(),
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
