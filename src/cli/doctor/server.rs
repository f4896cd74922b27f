//! The server: whether it answers, what it is, and its clock.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::args::{Doctor, Target};
use super::super::planning::{SKEW, check_context, connect};
use super::desired::Fleet;
use super::finding::Findings;
use crate::apply::Lease;
use crate::cluster::{self, Cluster, ErrorKind};
use crate::manifest::{Kind, ObjectId, Resource, Scope};

/// The oldest Kubernetes that it is tried on (`RECONCILE_TEST_KUBERNETES=oldest`), by minor version.
const OLDEST: u32 = 28;
/// The newest.
const NEWEST: u32 = 36;
/// A clock that is further off than this will be refused one day.
const UNEASY: SignedDuration = SignedDuration::from_secs(60);

/// The server, as far as it answers.
pub(super) struct Server {
    pub cluster: std::sync::Arc<dyn Cluster>,
    /// As whom it knows us; empty where it does not say.
    pub user: String,
}

/// Looks at it; `None` where it does not answer.
pub(super) async fn look(options: &Doctor, fleet: Option<&Fleet>, findings: &mut Findings) -> Option<Server> {
    let cluster = match connect(&options.target).await {
        Ok(cluster) => cluster,
        Err(failure) => {
            let remedy = if failure.hints.is_empty() {
                "kubectl cluster-info should answer; --kubeconfig and --context choose another".to_owned()
            } else {
                failure.hints.join("; ")
            };
            findings.failed("connection", failure.message, remedy);
            return None;
        }
    };
    let version = match cluster.version().await {
        Ok(version) => version.unwrap_or_default(),
        Err(error) => {
            findings.failed("connection", error.to_string(), not_reached(&error, &options.target));
            return None;
        }
    };
    let user = whoami(&*cluster).await;
    let as_whom = if user.is_empty() { String::new() } else { format!(", as {user}") };
    findings.ok("connection", format!("{}{as_whom}", cluster.describe()));
    self::version(&version, findings);
    if let Some(fleet) = fleet {
        match check_context(&fleet.desired.fleet, &*cluster) {
            Ok(()) => {}
            Err(failure) => findings.failed("context", failure.message, failure.hints.join("; ")),
        }
    }
    clock(&*cluster, findings).await;
    if let Some(fleet) = fleet {
        lease(&*cluster, &fleet.desired.fleet.settings.id, findings).await;
    }
    Some(Server { cluster, user })
}

fn not_reached(error: &cluster::Error, target: &Target) -> String {
    let other = match (&target.kubeconfig, &target.context) {
        (None, None) => "--kubeconfig or --context for another cluster",
        _ => "see whether --kubeconfig and --context name the right one",
    };
    let first = error.remedy.clone().unwrap_or_else(|| "see whether kubectl cluster-info answers".to_owned());
    format!("{first}; {other}")
}

/// As whom the server knows us. Servers before 1.28 do not tell.
async fn whoami(cluster: &dyn Cluster) -> String {
    let review = review(cluster, ("authentication.k8s.io/v1", "SelfSubjectReview"), &Value::Null).await;
    let name = review.ok().and_then(|status| status.pointer("/userInfo/username")?.as_str().map(str::to_owned));
    name.unwrap_or_default()
}

/// Asks a question that the server answers in place of making an object.
pub(super) async fn review(
    cluster: &dyn Cluster,
    (api_version, name): (&str, &str),
    spec: &Value,
) -> Result<Value, cluster::Error> {
    let kind = Kind::new(api_version, name);
    let resource = Resource { plural: format!("{}s", name.to_lowercase()), scope: Scope::Cluster };
    let id = ObjectId::new(&kind, None, "");
    let target = cluster::Target { kind: &kind, resource: &resource, id: &id };
    let mut body = json!({ "apiVersion": api_version, "kind": name });
    if !spec.is_null() {
        body["spec"] = spec.clone();
    }
    let answer = cluster.create(&target, &body, crate::manifest::MANAGER).await?;
    Ok(answer.get("status").cloned().unwrap_or_default())
}

fn version(version: &str, findings: &mut Findings) {
    let ours = env!("CARGO_PKG_VERSION");
    let says = format!("Kubernetes {version}, reconcile {ours}");
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().ok());
    let (Some(Some(1)), Some(Some(minor))) = (numbers.next(), numbers.next()) else {
        let remedy = "nothing, if it is a Kubernetes of these days";
        return findings.warning("version", format!("{says}: that is no version that is known here"), remedy);
    };
    match minor {
        ..OLDEST => {
            let what = format!("older than 1.{OLDEST}, the oldest that this is made for");
            findings.failed("version", format!("{says}: {what}"), "upgrade the cluster");
        }
        OLDEST..=NEWEST => findings.ok("version", format!("{says}; made for 1.{OLDEST} to 1.{NEWEST}")),
        _ => {
            let what = format!("newer than 1.{NEWEST}, the newest that this was tried on");
            findings.warning("version", format!("{says}: {what}"), "look whether there is a newer reconcile");
        }
    }
}

async fn clock(cluster: &dyn Cluster, findings: &mut Findings) {
    let ours = super::super::clock();
    match cluster.clock().await {
        Err(error) => {
            findings.failed(
                "clock",
                error.to_string(),
                "see what stands between: the server's answers have a Date header",
            );
        }
        Ok(None) => findings.ok("clock", "the cluster has none of its own"),
        Ok(Some(server)) => {
            let off = server.duration_since(ours).abs();
            let says = format!("{} s from the server's", off.as_secs());
            match off {
                off if off > SKEW => {
                    let says = format!("{says}; more than {} min are refused", SKEW.as_mins());
                    findings.failed("clock", says, "set the clock: lifetimes are counted by it");
                }
                off if off > UNEASY => findings.warning("clock", says, "set the clock: lifetimes are counted by it"),
                _ => findings.ok("clock", says),
            }
        }
    }
}

async fn lease(cluster: &dyn Cluster, fleet_id: &str, findings: &mut Findings) {
    match Lease::holders(cluster, fleet_id).await {
        Ok(holders) if holders.is_empty() => findings.ok("lease", "nobody has it"),
        Ok(holders) => {
            for (shard, holder) in holders {
                let since = holder.since.map(|since| format!(" since {since}")).unwrap_or_default();
                let what = shard.map_or_else(|| "it".to_owned(), |shard| format!("that of shard {shard}"));
                findings.ok("lease", format!("{} has {what}{since}: a run is at work", holder.name));
            }
        }
        Err(error) if error.kind == ErrorKind::Forbidden => {
            findings.failed("lease", error.to_string(), "see the rights below");
        }
        Err(error) => {
            let remedy = error.remedy.clone().unwrap_or_else(|| "see whether the cluster is well".to_owned());
            findings.failed("lease", error.to_string(), remedy);
        }
    }
}

/// A folder in the place of a cluster.
pub(super) async fn look_at_folder(options: &Doctor, findings: &mut Findings) {
    let connected = match connect(&options.target).await {
        Ok(cluster) => {
            cluster.identity().await.map(|_| cluster.describe().to_owned()).map_err(|error| error.to_string())
        }
        Err(failure) => Err(failure.message),
    };
    match connected {
        Ok(name) => {
            findings.ok("connection", format!("{name}, a folder: there are no rights and no versions to look at"));
        }
        Err(why) => findings.failed("connection", why, "see to that folder"),
    }
}
