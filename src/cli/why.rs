//! `reconcile why NAME`: one sandbox's whole story. It only reads.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::args::{Args, DiffBy, Why, WhyFormat};
use super::desired::{Desired, did_you_mean, now};
use super::failure::{Exit, Failure};
use super::history::last_change;
use super::planning::{LiveSide, Request, connect};
use super::print::{Printer, width};
use super::render::only_named;
use crate::cluster::{Cluster, Target};
use crate::manifest::{ObjectId, namespaces};
use crate::plan::{Cause, Chosen, DriftMode, Known, LiveKnown, Outlook, Source, Story, Wanted, forecast, story};
use crate::report::text;

/// Tells it; exit status 1 where the cluster cannot be read, so that only half of it is known.
///
/// # Errors
/// Where not even what is desired can be read, or there is no such sandbox.
pub async fn why(args: &Args, options: &Why, printer: &Printer) -> Result<u8, Failure> {
    let now = now(args)?;
    let desired = Desired::read(&args.source, printer)?;
    let request = Request {
        now,
        chosen: Chosen::default(),
        allow_removals: None,
        allow_rewind: false,
        diff: DiffBy::Server,
        drift: DriftMode::Detect,
        local: BTreeSet::new(),
        retry: false,
        going: None,
        back: BTreeMap::new(),
    };
    let live = async {
        let cluster = connect(&options.target).await?;
        let live = LiveSide::read(&desired, &*cluster, &options.target, &request, Some(&options.name)).await?;
        Ok::<_, Failure>((cluster, live))
    };
    match live.await {
        Ok((cluster, live)) => {
            let story = with_live(&desired, &*cluster, &live, (options, now)).await?;
            tell(&story, options, printer)?;
            Ok(0)
        }
        Err(failure) if failure.exit == Exit::Failed && is_known(&desired, &options.name) => {
            let story = without_live(&desired, &failure, options, now)?;
            tell(&story, options, printer)?;
            printer.failure(&failure);
            Ok(failure.exit as u8)
        }
        Err(failure) => Err(failure),
    }
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
    (options, now): (&Why, Timestamp),
) -> Result<Story, Failure> {
    let name = &options.name;
    let first = live.plan.sandboxes.iter().find(|plan| plan.name == *name);
    let Some(first) = first else {
        let names: Vec<String> = live.plan.sandboxes.iter().map(|plan| plan.name.clone()).collect();
        let hint = did_you_mean(name, &names.iter().collect::<Vec<_>>());
        let message = format!("there is no sandbox {name}, in the fleet or in the cluster");
        return Err(Failure::new(Exit::Usage, message, hint));
    };
    let asked = own_cause(desired, name, &live.input.sources);
    let lives = live.input.live.namespaces.contains_key(&first.namespace);
    let since = if lives { made_at(cluster, &first.namespace).await } else { None };
    let outlook = Outlook { name, fleet: &desired.fleet, answers: &live.answers, asked: asked.as_ref() };
    let ahead = forecast(live.input.clone(), &outlook, first);
    Ok(story(&Known {
        name,
        fleet: &desired.fleet,
        charts: &desired.charts,
        sources: &live.input.sources,
        now,
        commit: live.input.commit.clone(),
        cluster: live.input.cluster.clone(),
        asked,
        live: LiveKnown::Read { input: &live.input, plan: &live.plan, since, ahead },
    }))
}

fn without_live(desired: &Desired, failure: &Failure, options: &Why, now: Timestamp) -> Result<Story, Failure> {
    let copied = only_named(&desired.fleet.settings);
    let sources = desired.sources(&copied, now)?;
    let asked = own_cause(desired, &options.name, &sources);
    Ok(story(&Known {
        name: &options.name,
        fleet: &desired.fleet,
        charts: &desired.charts,
        sources: &sources,
        now,
        commit: desired.tree.commit.as_ref().map(|commit| commit.id.clone()),
        cluster: options.target.cluster.to_string(),
        asked,
        live: LiveKnown::Unread(failure.message.clone()),
    }))
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
