//! `reconcile` and `reconcile --plan`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::args::{Args, ClusterName, DiffBy, PlanFormat};
use super::desired::{Desired, now};
use super::failure::{Exit, Failure};
use super::print::{Printer, somebody_is_there, width};
use crate::apply::{self, Event, Options};
use crate::cluster::kube::KubeConnect;
use crate::cluster::{self, Cluster, ClusterSpec, Survey, Target, answer, survey};
use crate::fleet::{Fleet, SecretRef};
use crate::manifest::{Kind, ObjectId, builtin};
use crate::plan::{Input, Outcome, Plan, Policy, Source, plan, questions};
use crate::release::Copied;
use crate::report::text::{self, Diffs, TextOptions};
use crate::report::{exit_status, json};

/// How far our clock may be from the API server's.
const SKEW: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);
/// How many sandboxes are worked on side by side.
const SIDE_BY_SIDE: usize = 16;

/// Plans, and without `--plan` applies.
///
/// # Errors
/// Where nothing could be done at all.
pub async fn reconcile(args: &Args, printer: &Printer) -> Result<u8, Failure> {
    let now = now(args)?;
    let desired = Desired::read(&args.source, printer)?;
    let cluster = cluster::connect(&spec(args)).await.map_err(|error| Failure::of(&error))?;
    check_context(&desired.fleet, &*cluster)?;
    check_clock(&*cluster).await?;
    let copied = copied_secrets(&desired.fleet, &*cluster).await;
    let input = input(args, &desired, &*cluster, &copied, now).await?;
    let answers = answer(&*cluster, &questions(&input), &input.live, args.run.diff == DiffBy::Server).await;
    let plan = plan(&input, &answers);
    print_plan(&plan, args, printer)?;
    if args.run.plan || !plan.has_changes() {
        return finish(&plan, None, args, printer);
    }
    if !args.run.yes && somebody_is_there() && !agreed(&plan, args, printer) {
        printer.note("nothing was changed");
        return finish(&plan, None, args, printer);
    }
    let options = Options { timeout: args.run.timeout, side_by_side: SIDE_BY_SIDE };
    let watch = |event: Event<'_>| tell(event, printer);
    let outcome = apply::run(&plan, &*cluster, options, &watch).await;
    finish(&plan, Some(&outcome), args, printer)
}

fn spec(args: &Args) -> ClusterSpec {
    match &args.run.cluster {
        ClusterName::Kube => ClusterSpec::Kube(KubeConnect {
            kubeconfig: args.run.kubeconfig.clone(),
            context: args.run.context.clone(),
        }),
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

async fn check_clock(cluster: &dyn Cluster) -> Result<(), Failure> {
    // The first thing that is asked: where nobody answers, it says where.
    let asked = |error| Failure::of(&error).hint(Some(format!("asked was cluster {}", cluster.describe())));
    let server = cluster.clock().await.map_err(asked)?;
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
            Err(error) => Copied::Unreadable(error.to_string()),
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

async fn input(
    args: &Args,
    desired: &Desired,
    cluster: &dyn Cluster,
    copied: &BTreeMap<SecretRef, Copied>,
    now: jiff::Timestamp,
) -> Result<Input, Failure> {
    let settings = &desired.fleet.settings;
    let sources = desired.sources(copied, now)?;
    let mut wanted = Vec::new();
    let mut others = Vec::new();
    for (name, source) in &sources {
        match source {
            Source::Wanted(w) => wanted.push((name.as_str(), w.namespace.as_str(), &w.release)),
            Source::Broken { namespace, .. } => others.push(namespace.as_str()),
        }
    }
    let request = Survey { fleet_id: &settings.id, namespace_labels: &settings.namespace.labels, wanted, others };
    let live = survey(cluster, &request).await.map_err(|error| unread(&error, args))?;
    let commits: BTreeSet<&str> = live.namespaces.values().filter_map(|n| n.record.commit.as_deref()).collect();
    let contained = desired.contained(commits)?;
    check_only(args, &sources, &live)?;
    Ok(Input {
        fleet: settings.name.clone(),
        fleet_id: settings.id.clone(),
        commit: desired.tree.commit.as_ref().map(|commit| commit.id.clone()),
        cluster: cluster.describe().to_owned(),
        now,
        namespace_labels: settings.namespace.labels.clone(),
        sources,
        live,
        policy: policy(args, &desired.fleet),
        contained,
        warnings: desired.warnings.clone(),
    })
}

/// What lives is unknown, so nothing can be said to be missing or to be over.
fn unread(error: &cluster::Error, args: &Args) -> Failure {
    let hint = match args.run.cluster {
        ClusterName::Kube => "nothing is changed while the cluster cannot be read",
        ClusterName::Dir(_) => "see to that file; nothing is changed while the folder cannot be read",
    };
    Failure::of(error).hint(Some(hint))
}

fn check_only(args: &Args, sources: &BTreeMap<String, Source>, live: &crate::plan::Live) -> Result<(), Failure> {
    let lives = |name: &String| live.namespaces.values().any(|n| n.observed.ours && n.observed.sandbox == *name);
    match args.run.only.iter().find(|name| !sources.contains_key(*name) && !lives(name)) {
        None => Ok(()),
        Some(name) => Err(Failure::new(
            Exit::Usage,
            format!("--only {name}: there is no such sandbox, in the fleet or in the cluster"),
            super::desired::did_you_mean(name, &sources.keys().collect::<Vec<_>>()),
        )),
    }
}

fn policy(args: &Args, fleet: &Fleet) -> Policy {
    let limits = &fleet.settings.limits;
    Policy {
        max_sandboxes: Some(count(limits.max_sandboxes)),
        max_per_owner: limits.max_per_owner.map(count),
        max_pins: Some(count(limits.max_pins)),
        max_removals: limits.max_removals,
        allow_removals: args.run.allow_removals.map(count),
        allow_rewind: args.run.allow_rewind,
        only: args.run.only.iter().cloned().collect(),
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn print_plan(plan: &Plan, args: &Args, printer: &Printer) -> Result<(), Failure> {
    match args.run.format {
        PlanFormat::Json => Ok(()),
        PlanFormat::Text => printer.answer(&plan_text(plan, args)),
    }
}

/// Whether somebody who has seen the plan wants it.
fn agreed(plan: &Plan, args: &Args, printer: &Printer) -> bool {
    if args.run.format == PlanFormat::Json {
        printer.note(&plan_text(plan, args));
    }
    printer.asks("Apply this plan?")
}

fn plan_text(plan: &Plan, args: &Args) -> String {
    let diffs = match (args.output.quiet, args.run.plan || args.output.verbose > 0) {
        (true, _) => Diffs::None,
        (false, true) => Diffs::All,
        (false, false) => Diffs::Changes,
    };
    text::plan(plan, &TextOptions { diffs, width: width() })
}

fn finish(plan: &Plan, outcome: Option<&Outcome>, args: &Args, printer: &Printer) -> Result<u8, Failure> {
    match (args.run.format, outcome) {
        (PlanFormat::Json, _) => {
            let value = json::plan(plan, outcome);
            let text = serde_json::to_string_pretty(&value).map_err(|error| Failure::of(&error))?;
            printer.answer(&format!("{text}\n"))?;
        }
        (PlanFormat::Text, Some(outcome)) => {
            let options = TextOptions { diffs: Diffs::None, width: width() };
            printer.answer(&text::outcome(plan, outcome, &options))?;
        }
        (PlanFormat::Text, None) => {}
    }
    Ok(exit_status(plan, outcome, args.run.plan))
}

fn tell(event: Event<'_>, printer: &Printer) {
    if let Event::Waits { sandbox, step, why } = event {
        printer.progress(&text::waits(sandbox, &format!("{}: {why}", step.id), width()));
    }
}
