//! `reconcile status NAME`: how one sandbox is at this moment. It only reads.

use futures::future::join_all;
use serde_json::Value;

use super::args::{Args, Status, WhyFormat};
use super::desired::{Desired, now};
use super::failure::Failure;
use super::place;
use super::print::{Printer, width};
use super::why;
use crate::cluster::{Cluster, ErrorKind, Query};
use crate::manifest::{Kind, builtin};
use crate::plan::{self, LiveState, Story, Within};
use crate::report::text;

/// Tells it; exit status 1 where the cluster cannot be read, so that only half of it is known.
///
/// # Errors
/// Where not even what is desired can be read, or there is no such sandbox.
pub async fn status(args: &Args, options: &Status, printer: &Printer) -> Result<u8, Failure> {
    let now = now(args)?;
    let desired = Desired::of_branch(&args.source, printer)?;
    let name = place::name(&desired.fleet, options.name.as_deref())?;
    let mut read = why::read(&desired, &name, &options.target, now).await?;
    let mut found = match &read.cluster {
        // One that lives is looked into, also by an account that may see nothing else.
        Some(cluster) if !matches!(read.story.live.state, LiveState::Absent | LiveState::Foreign) => {
            within(&**cluster, &read.story).await
        }
        _ => Within::default(),
    };
    // People hear of it when it is all told.
    if let Some(failure) = read.failure.as_ref().filter(|_| options.format == WhyFormat::Json) {
        found.unread.insert(0, failure.message.clone());
    }
    let status = plan::status(&read.story, read.standing, &found);
    match options.format {
        WhyFormat::Text => printer.answer(&text::status(&status, width()))?,
        WhyFormat::Json => {
            let text = serde_json::to_string_pretty(&status).map_err(|error| Failure::of(&error))?;
            printer.answer(&format!("{text}\n"))?;
        }
    }
    Ok(read.failure.take().map_or(0, |failure| {
        printer.failure(&failure);
        failure.exit as u8
    }))
}

/// What there is in its namespace, each kind by one list: workloads of the kinds that it has, as far as that is known.
async fn within(cluster: &dyn Cluster, story: &Story) -> Within {
    const KINDS: [(&str, &str); 8] = [
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("batch/v1", "Job"),
        ("v1", "Pod"),
        ("v1", "PersistentVolumeClaim"),
        ("v1", "ResourceQuota"),
        ("v1", "Event"),
    ];
    let namespace = story.namespace.as_str();
    let known = &story.live.kinds;
    let has = |kind: &str| known.is_empty() || known.iter().any(|own| own.kind == kind);
    let wanted = KINDS.into_iter().filter(|(version, kind)| *version == "v1" || has(kind));
    let lists = wanted.map(|(version, kind)| async move {
        let kind = Kind::new(version, kind);
        let Some(resource) = builtin(&kind) else { return (kind, Ok(Vec::new())) };
        let query = Query { kind: &kind, resource: &resource, namespace: Some(namespace), selector: "" };
        let found = cluster.objects(&query).await;
        (kind, found)
    });
    let mut within = Within::default();
    for (kind, list) in join_all(lists).await {
        let found: Vec<Value> = match list {
            Ok(found) => found,
            // A cluster that runs nothing keeps none of these.
            Err(error) if error.kind == ErrorKind::NotServed => continue,
            Err(error) => {
                within.unread.push(error.with_remedy());
                continue;
            }
        };
        match kind.kind.as_str() {
            "Pod" => within.pods = found,
            "PersistentVolumeClaim" => within.claims = found,
            "ResourceQuota" => within.quotas = found,
            "Event" => within.events = found,
            _ => within.workloads.extend(found),
        }
    }
    within
}
