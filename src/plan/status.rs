//! How one sandbox is at this moment, as `reconcile status` tells it: its story in short, and what runs in it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::ready::{Readiness, readiness};
use super::service::{PodSeen, service_of};
use super::standing::Standing;
use super::story::{Differing, KindCount, LiveState, Story};

/// The version of the status's JSON.
pub const STATUS_VERSION: u32 = 1;

/// How a sandbox is.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Status {
    /// The version of this format; readers should refuse one that they do not know.
    pub version: u32,
    /// The sandbox's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The fleet's name.
    pub fleet: String,
    /// The commit that is read, 40 hexadecimal digits; null with `--worktree`.
    pub commit: Option<String>,
    /// The cluster, for people.
    pub cluster: String,
    /// The instant that it is told for.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub now: Timestamp,
    /// How it stands.
    pub state: Standing,
    /// Why, one line.
    pub reason: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// Whether all its services are ready; null where it is not known, or nothing of it lives.
    pub healthy: Option<bool>,
    /// The branch that it shows.
    pub branch: Option<String>,
    /// The image that it runs.
    pub image: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Where it answers, when it has a host.
    pub url: Option<String>,
    /// How to reach it where it has none.
    pub port_forward: Option<String>,
    /// When its namespace was made.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub created: Option<Timestamp>,
    /// After this instant its time is over; null for never, or where it is not known.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires: Option<Timestamp>,
    /// Whether its time is never over.
    pub never_expires: bool,
    /// What lives of it, and whether it is what is asked for.
    pub generation: Generation,
    /// Its objects, by kind.
    pub objects: Vec<KindCount>,
    /// The objects that are not as wanted.
    pub differing: Vec<Differing>,
    /// Its services, by name.
    pub services: Vec<Service>,
    /// Its pods, by service and name.
    pub pods: Vec<PodSeen>,
    /// Its volumes.
    pub volumes: Vec<VolumeSeen>,
    /// What its quotas allow, and how much of it is taken.
    pub quota: Vec<QuotaLine>,
    /// The latest events in it, the last one last.
    pub events: Vec<EventSeen>,
    /// What could not be read, and so is not told.
    pub unread: Vec<String>,
}

/// What was applied last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Generation {
    /// Whether anything of it lives.
    pub state: LiveState,
    /// Its release, a hash; null while none was applied in full.
    pub release: Option<String>,
    /// The commit that it came from.
    pub commit: Option<String>,
    /// Whether that is the one that is asked for; null where either is not known.
    pub as_planned: Option<bool>,
}

/// A service: the workloads that are called so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// How it is.
    pub health: ServiceHealth,
    /// Why it is not ready.
    pub reason: Option<String>,
    /// Its workloads, such as `Deployment/odoo`.
    pub workloads: Vec<String>,
}

/// How a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServiceHealth {
    /// It is ready.
    Ready,
    /// It is not ready yet.
    Waiting,
    /// It will not be, as it is.
    Failed,
}

/// A volume claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VolumeSeen {
    /// The claim's name.
    pub claim: String,
    /// `Bound`, `Pending` or `Lost`.
    pub phase: String,
    /// How large it is, or is to be.
    pub size: Option<String>,
    /// Its class.
    pub class: Option<String>,
}

/// One thing that a quota bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuotaLine {
    /// The quota.
    pub quota: String,
    /// What, such as `requests.cpu`.
    pub what: String,
    /// How much of it is taken.
    pub used: String,
    /// How much there is.
    pub hard: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EventSeen {
    /// When it happened last.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub time: Option<Timestamp>,
    /// Whether it is a warning.
    pub warning: bool,
    /// Why, in a word: `BackOff`.
    pub reason: String,
    /// To what, such as `Pod/odoo-0`.
    pub object: String,
    /// What happened.
    pub message: String,
    /// How often.
    pub count: u64,
}

/// So many events are told, the latest.
const EVENTS: usize = 20;

/// What was read of a sandbox's namespace: whole objects, each list empty where it could not be read.
#[derive(Clone, Debug, Default)]
pub struct Within {
    /// Deployments, `StatefulSet`s, `DaemonSet`s and Jobs.
    pub workloads: Vec<Value>,
    /// Pods.
    pub pods: Vec<Value>,
    /// Volume claims.
    pub claims: Vec<Value>,
    /// Quotas.
    pub quotas: Vec<Value>,
    /// Events.
    pub events: Vec<Value>,
    /// What could not be read, and why.
    pub unread: Vec<String>,
}

/// Puts it together.
pub fn status(story: &Story, state: Standing, within: &Within) -> Status {
    let services = services(&within.workloads);
    let mut pods: Vec<PodSeen> = within.pods.iter().map(PodSeen::of).collect();
    pods.sort_by(|a, b| (&a.service, &a.name).cmp(&(&b.service, &b.name)));
    let lives = matches!(story.live.state, LiveState::Lives | LiveState::Ending) || !within.pods.is_empty();
    let next = story.next.first();
    let held = story.held.as_ref();
    Status {
        version: STATUS_VERSION,
        name: story.name.clone(),
        namespace: story.namespace.clone(),
        fleet: story.fleet.clone(),
        commit: story.commit.clone(),
        cluster: story.cluster.clone(),
        now: story.now,
        state,
        reason: held.map(|held| held.reason.clone()).or_else(|| next.map(|next| next.reason.clone())),
        remedy: held.and_then(|held| held.remedy.clone()).or_else(|| story.desired.remedy.clone()),
        healthy: (lives && within.unread.is_empty())
            .then(|| services.iter().all(|service| service.health == ServiceHealth::Ready)),
        branch: story.desired.branch.clone(),
        image: story.rendered.as_ref().and_then(|rendered| rendered.image.clone()),
        owner: story.desired.owner.clone(),
        url: story.url.clone(),
        port_forward: story.port_forward.clone(),
        created: story.live.since,
        expires: story.expiry.as_ref().and_then(|expiry| expiry.at),
        never_expires: story.expiry.as_ref().is_some_and(|expiry| expiry.at.is_none()),
        generation: Generation {
            state: story.live.state,
            release: story.live.release.clone(),
            commit: story.live.commit.clone(),
            as_planned: story.live.as_planned,
        },
        objects: story.live.kinds.clone(),
        differing: story.live.differing.clone(),
        services,
        pods,
        volumes: within.claims.iter().map(volume).collect(),
        quota: within.quotas.iter().flat_map(quota).collect(),
        events: events(&within.events),
        unread: within.unread.clone(),
    }
}

fn services(workloads: &[Value]) -> Vec<Service> {
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    for workload in workloads {
        // What a CronJob makes is not waited for.
        if workload.pointer("/metadata/ownerReferences").is_some() {
            continue;
        }
        let name = service_of(workload);
        let (health, reason) = match readiness(workload) {
            Readiness::Ready => (ServiceHealth::Ready, None),
            Readiness::Waiting(why) => (ServiceHealth::Waiting, Some(why)),
            Readiness::Failed(why) => (ServiceHealth::Failed, Some(why)),
        };
        let object = format!("{}/{}", text(workload, "/kind"), text(workload, "/metadata/name"));
        let service = services.entry(name.clone()).or_insert_with(|| Service {
            name,
            health: ServiceHealth::Ready,
            reason: None,
            workloads: Vec::new(),
        });
        if health > service.health {
            service.health = health;
            service.reason = reason;
        }
        service.workloads.push(object);
    }
    services.into_values().collect()
}

fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn some(object: &Value, pointer: &str) -> Option<String> {
    Some(text(object, pointer).to_owned()).filter(|text| !text.is_empty())
}

fn volume(claim: &Value) -> VolumeSeen {
    let size = some(claim, "/status/capacity/storage");
    VolumeSeen {
        claim: text(claim, "/metadata/name").to_owned(),
        phase: some(claim, "/status/phase").unwrap_or_else(|| "Unknown".into()),
        size: size.or_else(|| some(claim, "/spec/resources/requests/storage")),
        class: some(claim, "/spec/storageClassName"),
    }
}

fn quota(quota: &Value) -> Vec<QuotaLine> {
    let hard = quota.pointer("/status/hard").or_else(|| quota.pointer("/spec/hard")).and_then(Value::as_object);
    let used = |what: &str| quota.pointer("/status/used").and_then(|used| used[what].as_str()).unwrap_or("?");
    let line = |(what, hard): (&String, &Value)| QuotaLine {
        quota: text(quota, "/metadata/name").to_owned(),
        what: what.clone(),
        used: used(what).to_owned(),
        hard: hard.as_str().map_or_else(|| hard.to_string(), str::to_owned),
    };
    hard.into_iter().flatten().map(line).collect()
}

fn events(events: &[Value]) -> Vec<EventSeen> {
    let time = |event: &Value| {
        let times = [
            "/series/lastObservedTime",
            "/lastTimestamp",
            "/eventTime",
            "/firstTimestamp",
            "/metadata/creationTimestamp",
        ];
        times.into_iter().find_map(|pointer| text(event, pointer).parse::<Timestamp>().ok())
    };
    let seen = |event: &Value| EventSeen {
        time: time(event),
        warning: text(event, "/type") == "Warning",
        reason: text(event, "/reason").to_owned(),
        object: format!("{}/{}", text(event, "/involvedObject/kind"), text(event, "/involvedObject/name")),
        message: text(event, "/message").to_owned(),
        count: event.pointer("/series/count").or_else(|| event.get("count")).and_then(Value::as_u64).unwrap_or(1),
    };
    let mut told: Vec<EventSeen> = events.iter().map(seen).collect();
    told.sort_by(|a, b| (a.time, &a.object, &a.reason).cmp(&(b.time, &b.object, &b.reason)));
    let first = told.len().saturating_sub(EVENTS);
    told.split_off(first)
}

/// The JSON Schema of [`Status`], kept in `src/report/status.schema.json`.
pub fn status_schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Status>()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_is_as_the_worst_of_its_workloads() {
        let deployment = |name: &str, available: u64| {
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": name, "generation": 1, "labels": {"app.kubernetes.io/component": "web"}},
                "spec": {"replicas": 1},
                "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": available},
            })
        };
        let found = services(&[deployment("a", 1), deployment("b", 0)]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].health, found[0].name.as_str()), (ServiceHealth::Waiting, "web"));
        assert_eq!(found[0].reason.as_deref(), Some("0 of 1 replicas available"));
        assert_eq!(found[0].workloads, ["Deployment/a", "Deployment/b"]);
        assert_eq!(services(&[deployment("a", 1)])[0].health, ServiceHealth::Ready);
    }

    #[test]
    fn the_latest_events_come_last() {
        let event = |minute: u32, reason: &str| {
            json!({
                "lastTimestamp": format!("2030-01-01T00:{minute:02}:00Z"), "type": "Warning", "reason": reason,
                "involvedObject": {"kind": "Pod", "name": "a"}, "message": "m", "count": minute,
            })
        };
        let all: Vec<Value> = (0..30).rev().map(|minute| event(minute, "BackOff")).collect();
        let told = events(&all);
        assert_eq!((told.len(), told[19].count, told[0].count), (EVENTS, 29, 10));
        let new = json!({"eventTime": "2030-01-01T00:00:00.5Z", "series": {"count": 3, "lastObservedTime": "2031-01-01T00:00:00.0Z"}});
        assert_eq!(events(&[new])[0].count, 3);
    }
}
