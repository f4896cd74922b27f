//! `reconcile apply FILE`: what was reviewed, and nothing else.

use jiff::{SignedDuration, Timestamp};
use tracing::{Instrument as _, info_span};

use super::args::{Apply, Args, Source};
use super::desired::Desired;
use super::failure::{Exit, Failure};
use super::lock;
use super::passes::Passes;
use super::planning::Planning;
use super::print::{Printer, width};
use super::reconcile::{Job, diffs};
use super::save;
use super::seen::Seen;
use crate::apply::{Ledger, Realm};
use crate::cluster::Target;
use crate::manifest::{Kind, ObjectId, namespaces};
use crate::plan::{Difference, MAX_AGE, Plan, Saved, Version};
use crate::report::{exit_status, text};

/// How far the clock of the machine that planned may be ahead of this one's.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// Longer than any plan may be applied, whatever the clocks say.
const MEMORY: SignedDuration = SignedDuration::from_hours(MAX_AGE.as_hours() * 2);

/// Plans anew as the file says, and carries that out where it is what the file says.
///
/// # Errors
/// Where the file, or its plan, is not good any more.
pub async fn apply(args: &Args, options: &Apply, printer: &Printer, seen: &Seen<'_>) -> Result<u8, Failure> {
    let saved = save::read(&options.file)?;
    let clock = super::clock();
    check_age(&saved, clock)?;
    seen.fleet(&saved.basis.fleet, saved.basis.policy.shard);
    let desired = info_span!("read").in_scope(|| Desired::read(&source(&saved, args), printer));
    let desired = desired.map_err(|failure| unplanned(failure, &saved))?;
    let request = save::request(&saved);
    let mut planning = Planning::new(desired, &options.target, &request).instrument(info_span!("plan")).await?;
    planning.cluster = seen.planned(&planning);
    check_place(&saved, &planning).await?;
    let stop = lock::listen();
    let cluster = &*planning.cluster;
    let ledger = Ledger::new(cluster, &saved.basis.fleet_id);
    if !saved.sandboxes.is_empty()
        && let Some(at) = ledger.used(&saved.id).await.map_err(|error| unnoted(&error, &ledger))?
    {
        return Err(used(&at, &ledger));
    }
    check_copied(&saved, &planning)?;
    let mut plan = compare(&saved, &planning, clock, printer).await?;
    // What the working directory holds has no part in this.
    plan.warnings.retain(|warning| !planning.desired.warnings.contains(warning));
    let job = Job { how: &options.how, diffs: diffs(args), printer, seen };
    job.print(&plan)?;
    if options.check {
        job.finish(&plan, None)?;
        printer.note("the plan holds");
        return Ok(0);
    }
    if !job.is_wanted(&plan) {
        seen.came(&plan, None);
        job.finish(&plan, None)?;
        return Ok(0);
    }
    let realm = Realm { fleet_id: &saved.basis.fleet_id, shard: saved.basis.policy.shard };
    // What another run does meanwhile makes the steps concerned stale, each by its own precondition.
    let (lease, _) = lock::take(cluster, realm, job.how.lock_timeout, printer).await?;
    let claimed = ledger.claim(&saved.id, super::clock(), MEMORY).await;
    match claimed {
        Ok(None) => {}
        Ok(Some(at)) => {
            lease.give_back().await;
            return Err(used(&at, &ledger));
        }
        Err(error) => {
            lease.give_back().await;
            return Err(unnoted(&error, &ledger));
        }
    }
    let (plan, target, request) = (&plan, &options.target, &request);
    let passes = Passes { job, plan, planning: &planning, target, request, may_plan_anew: false };
    let outcome = lease.while_held(Box::pin(passes.carry_out(&stop)), &stop).await;
    lease.give_back().await;
    seen.came(&saved.own(plan.clone()), Some(&outcome));
    job.finish(plan, Some(&outcome))?;
    // What waits for somebody beside this plan was said when it was reviewed, or is for the next run to say.
    Ok(exit_status(&saved.own(plan.clone()), Some(&outcome), false))
}

fn source(saved: &Saved, args: &Args) -> Source {
    Source {
        repo: args.source.repo.clone(),
        rev: Some(saved.basis.commit.clone()),
        path: Some(saved.basis.path.clone().into()).filter(|path: &std::path::PathBuf| !path.as_os_str().is_empty()),
        worktree: false,
        now: None,
    }
}

fn refused(message: impl Into<String>) -> Failure {
    Failure::new(Exit::Refused, message, "nothing was changed; plan anew: reconcile --plan --out FILE")
}

fn check_age(saved: &Saved, clock: Timestamp) -> Result<(), Failure> {
    let age = saved.age(clock);
    if saved.reconcile != save::VERSION {
        return Err(refused(format!(
            "the plan was made by reconcile {}, and this is {}, which may render otherwise",
            saved.reconcile,
            save::VERSION
        )));
    }
    if age < -SKEW {
        let message = format!("the plan was made at {}, and the clock of this machine says {clock}", saved.made);
        return Err(Failure::new(Exit::Refused, message, "set the clock"));
    }
    if age > MAX_AGE {
        let most = MAX_AGE.as_hours();
        return Err(refused(format!("the plan was made at {}, more than {most} hours ago", saved.made)));
    }
    Ok(())
}

/// Where the commit is not there, what is missing is not a revision that somebody wrote.
fn unplanned(mut failure: Failure, saved: &Saved) -> Failure {
    let commit = &saved.basis.commit;
    if failure.message == format!("unknown revision `{commit}`") {
        failure.message = format!("the plan was made of commit {commit}, which is not in this repository");
        failure.hints.retain(|hint| hint.contains("shallow"));
        failure.hints.push("fetch it (git fetch), or name a repository that has it with --repo".into());
    }
    failure
}

async fn check_place(saved: &Saved, planning: &Planning) -> Result<(), Failure> {
    let basis = &saved.basis;
    let identity = planning.cluster.identity().await.map_err(|error| Failure::of(&error))?;
    if identity != basis.cluster_id {
        let here = &planning.plan.cluster;
        return Err(refused(format!("the plan was made for cluster {}, and this is another: {here}", basis.cluster)));
    }
    if planning.plan.fleet_id != basis.fleet_id {
        return Err(refused(format!("the plan was made for fleet {}, and this is another one's commit", basis.fleet)));
    }
    Ok(())
}

fn used(at: &str, ledger: &Ledger<'_>) -> Failure {
    let place = ledger.id();
    let namespace = place.namespace.as_deref().unwrap_or_default();
    let mut failure = refused(format!("the plan was applied already, at {at} (noted in {place} in {namespace})"));
    failure.hints.push("what was left undone then is done by a run, or by a plan made anew".into());
    failure
}

fn unnoted(error: &crate::cluster::Error, ledger: &Ledger<'_>) -> Failure {
    let place = ledger.id();
    let namespace = place.namespace.as_deref().unwrap_or_default();
    Failure::of(error).hint(Some(format!(
        "nothing was changed; that a plan is used is noted in {place} in {namespace}, which takes get, create and patch"
    )))
}

fn check_copied(saved: &Saved, planning: &Planning) -> Result<(), Failure> {
    let is_other = |version: &&Version| !planning.copied.contains(*version);
    match saved.basis.copied.iter().find(is_other) {
        None => Ok(()),
        Some(Version { namespace, name, .. }) => {
            Err(refused(format!("Secret {namespace}/{name}, of which copies are written, was changed since")))
        }
    }
}

async fn compare(saved: &Saved, planning: &Planning, clock: Timestamp, printer: &Printer) -> Result<Plan, Failure> {
    let compared = saved.compare(planning.plan.clone(), &planning.input.live, saved.as_of(clock));
    let differences = match compared {
        Ok(plan) => return Ok(plan),
        Err(differences) => differences,
    };
    let mut lines = String::new();
    for difference in &differences {
        let who = who(difference, planning).await;
        lines.push_str(&text::stale(&difference.sandbox, &format!("{}{who}", difference.what), width()));
    }
    printer.finding(&lines);
    Err(refused(format!("the plan of {} does not hold any more", saved.made)))
}

/// Who wrote to an object last.
async fn who(difference: &Difference, planning: &Planning) -> String {
    let Some(id) = &difference.written else { return String::new() };
    let Some((kind, resource)) = served(id, planning) else { return String::new() };
    let target = Target { kind: &kind, resource: &resource, id };
    let last = match planning.cluster.metadata(&target).await {
        Ok(Some(meta)) => meta.last_writer(),
        // It is only a word more.
        _ => None,
    };
    match last {
        Some(by) => format!(", by {}{}", by.manager, by.time.map(|at| format!(" at {at}")).unwrap_or_default()),
        None => String::new(),
    }
}

fn served(id: &ObjectId, planning: &Planning) -> Option<(Kind, crate::manifest::Resource)> {
    if *id == ObjectId::namespace(&id.name) {
        return Some(namespaces());
    }
    planning.input.live.served(id).map(|(kind, resource)| (kind.clone(), resource.clone()))
}
