//! `reconcile list`: the sandboxes of a fleet, one line each. It only reads: the namespaces in one list, and for what is
//! ready one list of each kind of workload, however many sandboxes there are.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use serde_json::Value;

use super::args::{Args, DiffBy, List, ListFormat};
use super::desired::{Desired, Latest, now};
use super::failure::{Exit, Failure};
use super::owner;
use super::planning::{LiveSide, NOBODY, Request, connect};
use super::print::Printer;
use super::render::only_named;
use crate::cluster::{Cluster, Query};
use crate::manifest::{Kind, LABEL_FLEET, builtin};
use crate::plan::{DriftMode, LISTING_VERSION, Listed, Listing, LiveFleet, Source, listing};
use crate::report::text::{self, ListOptions};

/// How often it is looked again.
const PAUSE: Duration = Duration::from_secs(2);
/// Every so many times the fleet's branch is fetched.
const FETCH: u32 = 15;
/// What draws a screen anew: the cursor to its top, and all below it gone.
const ANEW: &str = "\u{1b}[H\u{1b}[J";
/// What clears it first.
const CLEAR: &str = "\u{1b}[2J";
/// Workloads, of which it is counted how many are ready.
const WORKLOADS: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// Lists them; exit status 1 where the cluster cannot be read, so that only half of it is known.
///
/// # Errors
/// Where not even what is desired can be read.
pub async fn list(args: &Args, options: &List, printer: &Printer) -> Result<u8, Failure> {
    let mine = if options.mine { Some(owner::needed()?) } else { None };
    if options.watch {
        let watched = watch(args, options, mine.as_deref(), printer);
        return tokio::select! {
            ended = watched => ended,
            _ = tokio::signal::ctrl_c() => Ok(0),
        };
    }
    let (found, failure) = look(args, options, mine.as_deref(), (printer, Latest::Fetched)).await?;
    printer.answer(&shown(&found, options)?)?;
    if found.sandboxes.is_empty() && options.format != ListFormat::Json {
        printer.note(&nothing(&found, mine.as_deref()));
    }
    told(&found, failure.as_ref(), printer);
    Ok(failure.map_or(0, |failure| failure.exit as u8))
}

/// What could not be read.
fn told(found: &Listing, failure: Option<&Failure>, printer: &Printer) {
    match failure {
        Some(failure) => printer.failure(failure),
        None => found.unread.iter().for_each(|unread| printer.warning(unread)),
    }
}

fn nothing(found: &Listing, mine: Option<&str>) -> String {
    match mine {
        Some(owner) => format!("no sandbox of fleet {} is {owner}'s", found.fleet),
        None => format!("fleet {} has no sandboxes", found.fleet),
    }
}

async fn watch(args: &Args, options: &List, mine: Option<&str>, printer: &Printer) -> Result<u8, Failure> {
    let draws = io::stdout().is_terminal() && matches!(options.format, ListFormat::Table | ListFormat::Wide);
    let mut last = String::new();
    if draws {
        printer.answer(CLEAR)?;
    }
    for turn in 0_u32.. {
        let latest = if turn % FETCH == 0 { Latest::Fetched } else { Latest::NotNeeded };
        let (found, failure) = look(args, options, mine, (printer, latest)).await?;
        let mut page = if options.format == ListFormat::Json {
            let line = serde_json::to_string(&found).map_err(|error| Failure::of(&error))?;
            format!("{line}\n")
        } else {
            shown(&found, options)?
        };
        if draws {
            if found.sandboxes.is_empty() {
                page = nothing(&found, mine) + "\n";
            }
            let trouble = failure.map(|failure| failure.message).into_iter().chain(found.unread.clone());
            let trouble: String =
                trouble.map(|words| format!("{}\n", text::warning(&words, super::print::width()))).collect();
            printer.answer(&format!("{ANEW}{page}\nas of {}, Ctrl-C ends\n{trouble}", found.now))?;
        } else if without_clock(&found)? != last {
            if !last.is_empty() && options.format != ListFormat::Json {
                printer.answer("\n")?;
            }
            printer.answer(&page)?;
            told(&found, failure.as_ref(), printer);
            last = without_clock(&found)?;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(0)
}

/// What has to differ for it to have changed.
fn without_clock(found: &Listing) -> Result<String, Failure> {
    let found = Listing { now: Timestamp::UNIX_EPOCH, ..found.clone() };
    serde_json::to_string(&found).map_err(|error| Failure::of(&error))
}

fn shown(found: &Listing, options: &List) -> Result<String, Failure> {
    Ok(match options.format {
        ListFormat::Table | ListFormat::Wide => {
            if found.sandboxes.is_empty() {
                return Ok(String::new());
            }
            let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
            text::list(found, &ListOptions { wide: options.format == ListFormat::Wide, width })
        }
        ListFormat::Name => found.sandboxes.iter().map(|one| format!("{}\n", one.name)).collect(),
        ListFormat::Json => {
            let text = serde_json::to_string_pretty(found).map_err(|error| Failure::of(&error))?;
            format!("{text}\n")
        }
    })
}

/// What there is, and why it is not all where the cluster could not be read.
async fn look(
    args: &Args,
    options: &List,
    mine: Option<&str>,
    (printer, latest): (&Printer, Latest),
) -> Result<(Listing, Option<Failure>), Failure> {
    let now = now(args)?;
    let desired = Desired::of_fleet(&args.source, printer, latest)?;
    let (mut found, failure) = match live(&desired, options, now).await {
        Ok(found) => (found, None),
        Err(failure) if failure.exit == Exit::Failed => {
            (without_live(&desired, options, &failure, now)?, Some(failure))
        }
        Err(failure) => return Err(failure),
    };
    if let Some(owner) = mine {
        found.sandboxes.retain(|one| one.owner.as_deref() == Some(owner));
    }
    Ok((found, failure))
}

async fn live(desired: &Desired, options: &List, now: Timestamp) -> Result<Listing, Failure> {
    let cluster = connect(&options.target).await?;
    let request = Request::look(now, DriftMode::Skip, DiffBy::Local);
    let side = LiveSide::read(desired, &*cluster, &options.target, &request, Some(NOBODY)).await?;
    let mut unread: Vec<String> =
        side.input.live.unreadable.iter().map(|(kind, unread)| format!("{kind}: {}", unread.error)).collect();
    let recorded = side.input.live.namespaces.values().flat_map(|namespace| &namespace.record.kinds);
    let workloads = match workloads(&*cluster, &side.input.fleet_id, &recorded.cloned().collect()).await {
        Ok(workloads) => Some(workloads),
        Err(why) => {
            unread.push(format!("what is ready is not known: {why}"));
            None
        }
    };
    let seen = LiveFleet { input: &side.input, plan: &side.plan, workloads: workloads.as_deref() };
    Ok(Listing {
        version: LISTING_VERSION,
        fleet: side.input.fleet.clone(),
        commit: side.input.commit.clone(),
        cluster: side.input.cluster.clone(),
        now,
        unread,
        sandboxes: listing(&desired.fleet, &seen),
    })
}

fn without_live(desired: &Desired, options: &List, failure: &Failure, now: Timestamp) -> Result<Listing, Failure> {
    let sources = desired.sources(&only_named(&desired.fleet.settings), now)?;
    let line = |(name, source): (&String, &Source)| Listed::unread(name, source, &desired.fleet);
    Ok(Listing {
        version: LISTING_VERSION,
        fleet: desired.fleet.settings.name.clone(),
        commit: desired.tree.commit.as_ref().map(|commit| commit.id.clone()),
        cluster: options.target.cluster.to_string(),
        now,
        unread: vec![failure.message.clone()],
        sandboxes: sources.iter().map(line).collect(),
    })
}

/// The workloads of a fleet, whole, of the kinds that its namespaces record.
async fn workloads(cluster: &dyn Cluster, fleet_id: &str, recorded: &BTreeSet<Kind>) -> Result<Vec<Value>, String> {
    let selector = format!("{LABEL_FLEET}={fleet_id}");
    let kinds = WORKLOADS.map(|kind| Kind::new("apps/v1", kind)).into_iter();
    let lists = kinds.filter(|kind| recorded.contains(kind)).map(|kind| {
        let selector = &selector;
        async move {
            let Some(resource) = builtin(&kind) else { return Ok(Vec::new()) };
            let query = Query { kind: &kind, resource: &resource, namespace: None, selector };
            cluster.every(&query).await
        }
    });
    let mut found = Vec::new();
    for list in join_all(lists).await {
        found.extend(list.map_err(|error| error.with_remedy())?);
    }
    Ok(found)
}
