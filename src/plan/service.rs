//! What runs in a sandbox, by the names that people have for its parts: the services of its workloads and pods.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The label by which charts name the parts of an application.
const COMPONENT: &str = "app.kubernetes.io/component";
/// The label of the whole of it.
const NAME: &str = "app.kubernetes.io/name";
/// The annotation by which a Pod names the container that is meant.
const MAIN: &str = "kubectl.kubernetes.io/default-container";
/// What a `ReplicaSet` adds to its pods, and to its own name.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// A Pod, as far as people ask for it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PodSeen {
    /// Its name.
    pub name: String,
    /// Its uid.
    #[serde(skip)]
    pub uid: String,
    /// The service that it belongs to: its label `app.kubernetes.io/component`, else its workload's name.
    pub service: String,
    /// Its workload, such as `odoo` of a Deployment; its own name where nothing controls it.
    #[serde(skip)]
    pub workload: String,
    /// Its label `app.kubernetes.io/name`.
    #[serde(skip)]
    pub application: Option<String>,
    /// How it is, in a word: `Running`, `Pending`, `CrashLoopBackOff`, `Completed`, `Terminating`.
    pub status: String,
    /// Whether it is ready to serve.
    pub ready: bool,
    /// How often its containers were started again.
    pub restarts: u64,
    /// When it was made.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub created: Option<Timestamp>,
    /// Whether it is being deleted.
    #[serde(skip)]
    pub ending: bool,
    /// Whether it has done its work, or failed at it.
    #[serde(skip)]
    pub ended: bool,
    /// The container that it says is its main one.
    #[serde(skip)]
    pub main: Option<String>,
    /// Its containers, in their order, those that come first among them.
    pub containers: Vec<ContainerSeen>,
}

/// A container of a Pod.
#[expect(clippy::struct_excessive_bools, reason = "each is something that a cluster says of it")]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ContainerSeen {
    /// Its name.
    pub name: String,
    /// Whether it comes before the others, or was put in to debug them.
    pub extra: bool,
    /// Whether it is ready; for one that comes before the others whether it has done its work.
    pub ready: bool,
    /// Whether it runs.
    pub running: bool,
    /// Whether it runs or ran, so that it has a log.
    #[serde(skip)]
    pub begun: bool,
    /// How often it was started again.
    pub restarts: u64,
    /// Why it waits, or how it ended: `CrashLoopBackOff`, `Error`, `Completed`.
    pub reason: Option<String>,
    /// What there is to say of that.
    pub message: Option<String>,
    /// With what status it ended last.
    pub exit_code: Option<i64>,
    /// The names and numbers of its ports.
    #[serde(skip)]
    pub ports: Vec<(String, u16)>,
}

impl PodSeen {
    /// Reads a whole Pod.
    pub fn of(pod: &Value) -> Self {
        let name = text(pod, "/metadata/name").unwrap_or_default().to_owned();
        let containers = containers(pod);
        let is_ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
        let ready = pod.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten().any(is_ready);
        let phase = text(pod, "/status/phase").unwrap_or_default();
        let main = pod.pointer("/metadata/annotations").and_then(|annotations| annotations.get(MAIN)?.as_str());
        Self {
            uid: text(pod, "/metadata/uid").unwrap_or_default().to_owned(),
            service: service_of(pod),
            workload: workload_of(pod),
            application: label(pod, NAME).map(str::to_owned),
            status: status(pod, phase, &containers),
            ready,
            restarts: containers.iter().map(|container| container.restarts).sum(),
            created: text(pod, "/metadata/creationTimestamp").and_then(|time| time.parse().ok()),
            ending: pod.pointer("/metadata/deletionTimestamp").is_some(),
            ended: matches!(phase, "Succeeded" | "Failed"),
            main: main.map(str::to_owned),
            containers,
            name,
        }
    }

    /// Whether somebody who says `service` means it.
    pub fn is_of(&self, service: &str) -> bool {
        self.service == service
    }

    /// How many of its containers that stay are ready, and how many there are.
    pub fn ready_containers(&self) -> (usize, usize) {
        let own = || self.containers.iter().filter(|container| !container.extra);
        (own().filter(|container| container.ready).count(), own().count())
    }
}

/// The pods that somebody means by a service: those of that component; else of that workload, or that application, or
/// the one of that name.
///
/// # Errors
/// The services that there are, where none is called so.
pub fn of_service(pods: Vec<PodSeen>, service: Option<&str>) -> Result<Vec<PodSeen>, Vec<String>> {
    let Some(service) = service else { return Ok(pods) };
    let ways: [&dyn Fn(&PodSeen) -> bool; 4] =
        [&|pod| pod.is_of(service), &|pod| pod.workload == service, &|pod| pod.name == service, &|pod| {
            pod.application.as_deref() == Some(service)
        }];
    for way in ways {
        if pods.iter().any(way) {
            return Ok(pods.into_iter().filter(way).collect());
        }
    }
    Err(services(&pods))
}

/// The services of some pods.
pub fn services(pods: &[PodSeen]) -> Vec<String> {
    let mut names: Vec<String> = pods.iter().map(|pod| pod.service.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// The service of a workload or a Pod.
pub fn service_of(object: &Value) -> String {
    label(object, COMPONENT).map_or_else(|| workload_of(object), str::to_owned)
}

/// The workload that a Pod is of: its Deployment's name where a `ReplicaSet` controls it. Of anything else its own name.
fn workload_of(object: &Value) -> String {
    let own = text(object, "/metadata/name").unwrap_or_default();
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
    let Some(owner) = owners.into_iter().find(|owner| owner["controller"] == true) else { return own.to_owned() };
    let name = owner["name"].as_str().unwrap_or(own);
    let hash = label(object, TEMPLATE_HASH).filter(|_| owner["kind"] == "ReplicaSet");
    let stem = hash.and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-'));
    stem.unwrap_or(name).to_owned()
}

fn label<'v>(object: &'v Value, name: &str) -> Option<&'v str> {
    object.pointer("/metadata/labels")?.get(name)?.as_str().filter(|label| !label.is_empty())
}

fn text<'v>(object: &'v Value, pointer: &str) -> Option<&'v str> {
    object.pointer(pointer).and_then(Value::as_str)
}

fn containers(pod: &Value) -> Vec<ContainerSeen> {
    let lists = [
        ("initContainers", "initContainerStatuses", true),
        ("containers", "containerStatuses", false),
        ("ephemeralContainers", "ephemeralContainerStatuses", true),
    ];
    let mut found = Vec::new();
    for (list, statuses, extra) in lists {
        let statuses = pod.pointer(&format!("/status/{statuses}")).and_then(Value::as_array);
        for container in pod.pointer(&format!("/spec/{list}")).and_then(Value::as_array).into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default();
            let status = statuses.into_iter().flatten().find(|status| status["name"] == name);
            found.push(seen(container, status.unwrap_or(&Value::Null), extra));
        }
    }
    found
}

fn seen(container: &Value, status: &Value, extra: bool) -> ContainerSeen {
    let of = |state: &str| status.pointer(&format!("/state/{state}")).filter(|state| !state.is_null());
    let (running, waiting, ended) = (of("running"), of("waiting"), of("terminated"));
    let before = status.pointer("/lastState/terminated").filter(|state| !state.is_null());
    let why = waiting.or(ended);
    let words = |key: &str| why.and_then(|why| why[key].as_str()).filter(|text| !text.is_empty()).map(str::to_owned);
    let restarts = status["restartCount"].as_u64().unwrap_or_default();
    let port = |port: &Value| {
        let number = port["containerPort"].as_u64().and_then(|number| u16::try_from(number).ok())?;
        Some((port["name"].as_str().unwrap_or_default().to_owned(), number))
    };
    ContainerSeen {
        name: container["name"].as_str().unwrap_or_default().to_owned(),
        extra,
        ready: status["ready"] == true,
        running: running.is_some(),
        begun: running.is_some() || ended.is_some() || before.is_some(),
        restarts,
        reason: words("reason"),
        message: words("message"),
        exit_code: ended.or(before).and_then(|ended| ended["exitCode"].as_i64()),
        ports: container["ports"].as_array().into_iter().flatten().filter_map(port).collect(),
    }
}

/// The word that kubectl has for it.
fn status(pod: &Value, phase: &str, containers: &[ContainerSeen]) -> String {
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        return "Terminating".into();
    }
    if let Some(reason) = text(pod, "/status/reason").filter(|reason| !reason.is_empty()) {
        return reason.to_owned();
    }
    // One that waits for nothing but its turn says nothing.
    let troubled = containers.iter().filter(|container| !container.running);
    let mut reasons = troubled.rev().filter_map(|container| container.reason.as_deref());
    let told = reasons.find(|reason| !matches!(*reason, "Completed" | "PodInitializing" | "ContainerCreating"));
    match (told, phase) {
        (Some(reason), "Pending" | "Running" | "Failed") => reason.to_owned(),
        (_, "Succeeded") => "Completed".into(),
        (_, "") => "Unknown".into(),
        (_, phase) => phase.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str, component: Option<&str>, owner: &Value) -> PodSeen {
        let mut labels = json!({"pod-template-hash": "5d4f", NAME: "shop"});
        if let Some(component) = component {
            labels[COMPONENT] = json!(component);
        }
        PodSeen::of(&json!({
            "metadata": {"name": name, "labels": labels, "ownerReferences": [owner]},
            "spec": {"initContainers": [{"name": "init"}], "containers": [{"name": "main", "ports": [{"containerPort": 80}]}]},
            "status": {
                "phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
                "initContainerStatuses": [{"name": "init", "ready": true, "restartCount": 1,
                    "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}],
                "containerStatuses": [{"name": "main", "ready": false, "restartCount": 4,
                    "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}},
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}}],
            },
        }))
    }

    fn of_deployment(name: &str, component: Option<&str>) -> PodSeen {
        let set = json!({"kind": "ReplicaSet", "name": "web-5d4f", "controller": true});
        pod(name, component, &set)
    }

    #[test]
    fn a_pod_is_of_its_component_and_without_one_of_its_workload() {
        assert_eq!(of_deployment("web-5d4f-x", Some("front")).service, "front");
        assert_eq!(of_deployment("web-5d4f-x", None).service, "web");
        let set = json!({"kind": "StatefulSet", "name": "db", "controller": true});
        assert_eq!(pod("db-0", None, &set).service, "db");
        assert_eq!(pod("alone", None, &json!({"kind": "Thing", "name": "x"})).service, "alone");
    }

    #[test]
    fn how_a_pod_is_and_its_containers_are() {
        let pod = of_deployment("web-5d4f-x", None);
        assert_eq!((pod.status.as_str(), pod.ready, pod.restarts), ("CrashLoopBackOff", false, 5));
        assert_eq!(pod.ready_containers(), (0, 1));
        let main = &pod.containers[1];
        assert_eq!((main.begun, main.running, main.exit_code), (true, false, Some(1)));
        assert_eq!(main.ports, [(String::new(), 80)]);
    }

    #[test]
    fn a_service_is_found_by_the_nearest_of_its_names() {
        let pods = || vec![of_deployment("web-1", Some("front")), of_deployment("web-2", Some("back"))];
        let names = |service| {
            of_service(pods(), Some(service)).map(|pods| pods.into_iter().map(|pod| pod.name).collect::<Vec<_>>())
        };
        assert_eq!(names("front").unwrap(), ["web-1"]);
        assert_eq!(names("web").unwrap(), ["web-1", "web-2"]);
        assert_eq!(names("web-2").unwrap(), ["web-2"]);
        assert_eq!(names("shop").unwrap().len(), 2);
        assert_eq!(names("frnt").unwrap_err(), ["back", "front"]);
        assert_eq!(of_service(pods(), None).unwrap().len(), 2);
    }
}
