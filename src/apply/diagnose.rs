//! Why a sandbox failed, as far as the cluster tells: the state of its pods, what their failing containers wrote last, and
//! the warnings of its events.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cluster::{Cluster, Error, ErrorKind, Log, Query};
use crate::manifest::{Kind, builtin, pods};
use crate::plan::Finding;

/// So many containers are told of at most.
const CONTAINERS: usize = 6;
/// So many lines of each.
const LINES: usize = 20;
/// So many events.
const EVENTS: usize = 8;
/// A line is cut here, in characters.
const WIDTH: usize = 500;
/// Values shorter than this stand in every text, and are not masked.
const SHORTEST: usize = 4;

/// What is found in a namespace. What cannot be read is said, and stops nothing. `known` are values to mask, beside those
/// of the Secrets that are there.
pub(super) async fn diagnose(cluster: &dyn Cluster, namespace: &str, known: Vec<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (kind, resource) = pods();
    let query = Query { kind: &kind, resource: &resource, namespace: Some(namespace), selector: "" };
    let pods = match cluster.objects(&query).await {
        Ok(pods) => pods,
        Err(error) if error.kind == ErrorKind::NotServed => return findings,
        Err(error) => return vec![unread("its pods", &error)],
    };
    let clear = in_the_clear(&pods);
    let secrets = secrets(cluster, namespace, known).await.map(|mut values| {
        values.retain(|value| !clear.contains(value.as_str()));
        values
    });
    let failing = pods.iter().flat_map(failing_containers).take(CONTAINERS);
    for (pod, container, says) in failing {
        let log = match &secrets {
            Ok(secrets) => container_log(cluster, namespace, &pod, &container).await.map(|text| lines(&text, secrets)),
            Err(_) => Vec::new().into(),
        };
        findings.push(Finding {
            object: format!("Pod/{pod}, container {}", container.name),
            says: masked(&says, secrets.as_ref().ok()),
            log: log.unwrap_or_default(),
        });
    }
    if let Err(error) = &secrets
        && !findings.is_empty()
    {
        findings.push(unread("its Secrets, so that no log is shown", error));
    }
    findings.extend(events(cluster, namespace, secrets.as_ref().ok()).await);
    findings
}

fn unread(what: &str, error: &Error) -> Finding {
    Finding { object: what.to_owned(), says: format!("could not be read: {}", error.with_remedy()), log: Vec::new() }
}

/// A container that is not as it should be.
struct Container {
    name: String,
    /// Whether it wrote something, before this start of it.
    has_ended: bool,
    is_running: bool,
}

fn failing_containers(pod: &Value) -> Vec<(String, Container, String)> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let status = &pod["status"];
    let lists = ["initContainerStatuses", "containerStatuses"].into_iter().filter_map(|list| status[list].as_array());
    let mut failing = Vec::new();
    for container in lists.flatten() {
        let Some((says, is_running)) = trouble(container) else { continue };
        let has_ended = container["lastState"].get("terminated").is_some();
        let own = container["name"].as_str().unwrap_or_default().to_owned();
        failing.push((name.to_owned(), Container { name: own, has_ended, is_running }, says));
    }
    failing
}

/// What is wrong with a container, and whether it runs (or has run) all the same.
fn trouble(container: &Value) -> Option<(String, bool)> {
    let state = &container["state"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let restarts = container["restartCount"].as_u64().unwrap_or_default();
    let times = if restarts > 0 { format!(", started again {restarts} times") } else { String::new() };
    let ended = |ended: &Value| format!("{} (exit {})", text(&ended["reason"]), ended["exitCode"]);
    if let Some(waiting) = state.get("waiting") {
        let reason = text(&waiting["reason"]);
        if reason == "PodInitializing" || reason == "ContainerCreating" {
            return None;
        }
        let before = container["lastState"].get("terminated").map(|it| format!(", after {}", ended(it)));
        let message = Some(text(&waiting["message"])).filter(|message| !message.is_empty());
        let message = message.map(|message| format!(": {message}")).unwrap_or_default();
        return Some((format!("{reason}{}{times}{message}", before.unwrap_or_default()), false));
    }
    if let Some(terminated) = state.get("terminated") {
        let is_fine = terminated["exitCode"] == 0;
        return (!is_fine).then(|| (format!("{}{times}", ended(terminated)), true));
    }
    let is_unready = state.get("running").is_some() && container["ready"] == false && container.get("ready").is_some();
    is_unready.then(|| (format!("running, not ready{times}"), true))
}

async fn container_log(cluster: &dyn Cluster, namespace: &str, pod: &str, container: &Container) -> Option<String> {
    // Of one that runs again, having ended, each start has its half: why it ended is told by the one before, and the present
    // one may be in the middle of what it wrote then.
    let both = container.has_ended && container.is_running;
    let lines = if both { LINES / 2 } else { LINES };
    let log = |previous| Log { namespace, pod, container: &container.name, previous, lines };
    let mut all = String::new();
    for previous in [container.has_ended, !container.has_ended] {
        // Of one that is started again and again the last start may have written nothing yet.
        match cluster.log(&log(previous)).await {
            Ok(text) if !text.trim().is_empty() => {
                if !all.is_empty() && !all.ends_with('\n') {
                    all.push('\n');
                }
                all.push_str(&text);
                if !both {
                    break;
                }
            }
            _ => {}
        }
    }
    (!all.is_empty()).then_some(all)
}

fn lines(text: &str, secrets: &BTreeSet<String>) -> Vec<String> {
    let masked = masked(text, Some(secrets));
    let all: Vec<&str> = masked.lines().collect();
    let last = all.len().saturating_sub(LINES);
    all.iter().skip(last).map(|line| line.chars().take(WIDTH).collect()).collect()
}

/// A text without the values of Secrets, the longest first, as one may stand in another.
fn masked(text: &str, secrets: Option<&BTreeSet<String>>) -> String {
    let mut values: Vec<&String> = secrets.into_iter().flatten().collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.into_iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), "<hidden>"))
}

/// The words that name things: parts of images, containers, labels. A Secret may hold one of them too, such as a user `odoo`
/// beside its password; masked, nobody could read which image it is that cannot be had.
fn in_the_clear(pods: &[Value]) -> BTreeSet<&str> {
    let mut words = BTreeSet::new();
    for pod in pods {
        let lists = ["initContainers", "containers"].into_iter().filter_map(|list| pod["spec"][list].as_array());
        for container in lists.flatten() {
            words.extend(container["name"].as_str());
            words.extend(container["image"].as_str().into_iter().flat_map(|image| image.split(['/', ':', '@'])));
        }
        let labels = pod["metadata"]["labels"].as_object().into_iter().flat_map(serde_json::Map::values);
        words.extend(labels.filter_map(Value::as_str));
    }
    words
}

/// The values of a namespace's Secrets, plain and as base64, and each line of those that have several.
async fn secrets(cluster: &dyn Cluster, namespace: &str, known: Vec<String>) -> Result<BTreeSet<String>, Error> {
    let kind = Kind::new("v1", "Secret");
    let mut values: BTreeSet<String> = known.into_iter().collect();
    let Some(resource) = builtin(&kind) else { return Ok(values) };
    let query = Query { kind: &kind, resource: &resource, namespace: Some(namespace), selector: "" };
    for secret in cluster.objects(&query).await? {
        for encoded in secret["data"].as_object().into_iter().flat_map(|data| data.values()).filter_map(Value::as_str) {
            values.insert(encoded.to_owned());
            let plain = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            values.extend(plain);
        }
    }
    let lines: Vec<String> = values.iter().flat_map(|value| value.lines()).map(|line| line.trim().to_owned()).collect();
    values.extend(lines);
    values.retain(|value| value.trim().len() >= SHORTEST);
    Ok(values)
}

/// The last warnings, each once.
async fn events(cluster: &dyn Cluster, namespace: &str, secrets: Option<&BTreeSet<String>>) -> Vec<Finding> {
    let kind = Kind::new("v1", "Event");
    let Some(resource) = builtin(&kind) else { return Vec::new() };
    let query = Query { kind: &kind, resource: &resource, namespace: Some(namespace), selector: "" };
    let mut events = match cluster.objects(&query).await {
        Ok(events) => events,
        Err(error) if error.kind == ErrorKind::NotServed => return Vec::new(),
        Err(error) => return vec![unread("its events", &error)],
    };
    events.retain(|event| event["type"] == "Warning");
    events.sort_by_key(|event| {
        let times = ["lastTimestamp", "eventTime", "firstTimestamp"].map(|name| event[name].as_str());
        times.into_iter().flatten().next().unwrap_or_default().to_owned()
    });
    let mut told: Vec<Finding> = Vec::new();
    for event in events.iter().rev() {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let object = format!("{}/{}", text("/involvedObject/kind"), text("/involvedObject/name"));
        let message: String = masked(text("/message"), secrets).chars().take(WIDTH).collect();
        let says = format!("{}: {message}", text("/reason"));
        let is_new = !told.iter().any(|finding| finding.says == says);
        if is_new && told.len() < EVENTS {
            told.push(Finding { object, says, log: Vec::new() });
        }
    }
    told.reverse();
    told
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A user's name beside a password is no reason to hide which image cannot be had; the password is hidden all the same.
    #[test]
    fn names_of_images_containers_and_labels_are_read_in_the_clear() {
        let pods = [json!({
            "metadata": {"labels": {"app": "shop"}},
            "spec": {
                "initContainers": [{"name": "init", "image": "registry.example.com/team/odoo:main@sha256:ab"}],
                "containers": [{"name": "server", "image": "odoo"}],
            },
        })];
        let clear = in_the_clear(&pods);
        for word in ["registry.example.com", "team", "odoo", "main", "init", "server", "shop"] {
            assert!(clear.contains(word), "{word}");
        }
        let secrets: BTreeSet<String> = ["odoo", "odoo-and-more"].map(str::to_owned).into();
        let kept: BTreeSet<String> = secrets.into_iter().filter(|value| !clear.contains(value.as_str())).collect();
        assert_eq!(masked("odoo says odoo-and-more", Some(&kept)), "odoo says <hidden>");
    }
}
