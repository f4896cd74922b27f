//! `reconcile why NAME`: one sandbox's whole story. It only reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::args::{self, Args, ClusterName, DiffBy, Why, WhyFormat};
use super::desired::{Desired, did_you_mean, now};
use super::failure::{Exit, Failure};
use super::history::last_change;
use super::planning::{LiveSide, Request, connect};
use super::print::{Printer, width};
use super::render::only_named;
use crate::cluster::{Cluster, Target};
use crate::manifest::{ObjectId, namespaces};
use crate::plan::{
    Cause, DriftMode, Known, LiveKnown, Outlook, Source, Standing, Story, Turn, Wanted, forecast, story,
};
use crate::release::Renderer;
use crate::report::text;

/// Tells it; exit status 1 where the cluster cannot be read, so that only half of it is known.
///
/// # Errors
/// Where not even what is desired can be read, or there is no such sandbox.
pub async fn why(args: &Args, options: &Why, printer: &Printer) -> Result<u8, Failure> {
    let now = now(args)?;
    let desired = Desired::read(&args.source, printer)?;
    let read = read(&desired, &options.name, &options.target, now).await?;
    tell(&read.story, options, printer)?;
    Ok(read.failure.map_or(0, |failure| {
        printer.failure(&failure);
        failure.exit as u8
    }))
}

/// One sandbox's story, and the cluster that it was read from.
pub(super) struct Read {
    /// The story.
    pub story: Story,
    /// How it stands.
    pub standing: Standing,
    /// The cluster, where it could be found.
    pub cluster: Option<Arc<dyn Cluster>>,
    /// Why the live half of it is not known.
    pub failure: Option<Failure>,
}

/// Reads a story.
///
/// # Errors
/// Where there is no such sandbox, or the cluster is not the fleet's.
pub(super) async fn read(
    desired: &Desired,
    name: &str,
    target: &args::Target,
    now: Timestamp,
) -> Result<Read, Failure> {
    let request = Request::look(now, DriftMode::Detect, DiffBy::Server);
    let (cluster, failure) = match connect(target).await {
        Ok(cluster) => match LiveSide::read(desired, &*cluster, target, &request, Some(name)).await {
            Ok(live) => {
                let (story, standing) = with_live(desired, &*cluster, &live, (name, now)).await?;
                return Ok(Read { story, standing, cluster: Some(cluster), failure: None });
            }
            Err(failure) => (Some(cluster), failure),
        },
        Err(failure) => (None, failure),
    };
    if failure.exit != Exit::Failed || !is_known(desired, name) {
        return Err(failure);
    }
    let story = without_live(desired, &failure, (name, &target.cluster), now)?;
    let standing = if desired.fleet.broken.contains_key(name) { Standing::Broken } else { Standing::Unknown };
    Ok(Read { story, standing, cluster, failure: Some(failure) })
}

fn tell(story: &Story, options: &Why, printer: &Printer) -> Result<(), Failure> {
    match options.format {
        WhyFormat::Text => printer.answer(&text::why(story, width())),
        WhyFormat::Json => {
            let text = serde_json::to_string_pretty(story).map_err(|error| Failure::of(&error))?;
            printer.answer(&format!("{text}\n"))
        }
    }
}

fn is_known(desired: &Desired, name: &str) -> bool {
    desired.fleet.sandboxes.contains_key(name) || desired.fleet.broken.contains_key(name)
}

async fn with_live(
    desired: &Desired,
    cluster: &dyn Cluster,
    live: &LiveSide,
    (name, now): (&str, Timestamp),
) -> Result<(Story, Standing), Failure> {
    let first = live.plan.sandboxes.iter().find(|plan| plan.name == name);
    let Some(first) = first else {
        let names: Vec<String> = live.plan.sandboxes.iter().map(|plan| plan.name.clone()).collect();
        let hint = did_you_mean(name, &names.iter().collect::<Vec<_>>());
        let message = format!("there is no sandbox {name}, in the fleet or in the cluster");
        return Err(Failure::new(Exit::Usage, message, hint));
    };
    let asked = own_cause(desired, name, &live.input.sources);
    let lives = live.input.live.namespaces.contains_key(&first.namespace);
    let since = if lives { made_at(cluster, &first.namespace).await } else { None };
    let turn = turn(desired, name, now);
    let turn = turn.as_ref();
    let outlook = Outlook { name, fleet: &desired.fleet, answers: &live.answers, asked: asked.as_ref(), turn };
    let ahead = forecast(live.input.clone(), &outlook, first);
    let standing = Standing::of(first, &live.input, &desired.fleet);
    let told = story(&Known {
        name,
        fleet: &desired.fleet,
        charts: &desired.charts,
        sources: &live.input.sources,
        now,
        commit: live.input.commit.clone(),
        cluster: live.input.cluster.clone(),
        asked,
        live: LiveKnown::Read { input: &live.input, plan: &live.plan, since, ahead },
    });
    Ok((told, standing))
}

fn without_live(
    desired: &Desired,
    failure: &Failure,
    (name, cluster): (&str, &ClusterName),
    now: Timestamp,
) -> Result<Story, Failure> {
    let copied = only_named(&desired.fleet.settings);
    let sources = desired.sources(&copied, now)?;
    let asked = own_cause(desired, name, &sources);
    Ok(story(&Known {
        name,
        fleet: &desired.fleet,
        charts: &desired.charts,
        sources: &sources,
        now,
        commit: desired.tree.commit.as_ref().map(|commit| commit.id.clone()),
        cluster: cluster.to_string(),
        asked,
        live: LiveKnown::Unread(failure.message.clone()),
    }))
}

/// The next turn of a sandbox's hours, where its chart has anything that can be put to sleep.
fn turn(desired: &Desired, name: &str, now: Timestamp) -> Option<Turn> {
    let sandbox = desired.fleet.sandboxes.get(name)?;
    let schedule = sandbox.schedule.as_ref().filter(|_| !sandbox.asleep)?;
    let (at, is_awake) = (schedule.next_change(now)?, schedule.is_awake(now));
    let copied = only_named(&desired.fleet.settings);
    let basis = desired.basis(&copied);
    let mut renderer = Renderer::new(&basis);
    let mut hash = |asleep| Some(renderer.render_as(sandbox, asleep).ok()?.release.hash);
    (hash(true)? != hash(false)?).then(|| Turn { at, reason: schedule.reason(!is_awake) })
}

/// The sandbox's own file, with who changed it last.
fn own_cause(desired: &Desired, name: &str, sources: &BTreeMap<String, Source>) -> Option<Cause> {
    let (path, commit) = match sources.get(name)? {
        Source::Wanted(wanted) => {
            let Wanted { path, commit, .. } = &**wanted;
            (path, commit.as_deref())
        }
        Source::Broken { path, .. } => (path, None),
    };
    Some(last_change(desired, path, commit))
}

/// When a namespace was made; not known where it cannot be read.
async fn made_at(cluster: &dyn Cluster, namespace: &str) -> Option<Timestamp> {
    let (kind, resource) = namespaces();
    let id = ObjectId::namespace(namespace);
    let object = cluster.get(&Target { kind: &kind, resource: &resource, id: &id }).await.ok()??;
    object.pointer("/metadata/creationTimestamp")?.as_str()?.parse().ok()
}
