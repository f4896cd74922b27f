//! Whether an object has become what was asked for, by its status.

use serde_json::Value;

use crate::manifest::MANAGER;

/// Whether an object is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It is, or there is nothing to wait for.
    Ready,
    /// Not yet; why, in short: `0 of 1 replicas available`.
    Waiting(String),
    /// It never will be, as it is.
    Failed(String),
}

/// Judges a whole object. A status that was written for an older generation than the object's says nothing yet.
///
/// A claim of a class that waits for its first consumer cannot be told from one that cannot be bound, so every claim
/// that is not bound is waited for; its consumer is applied before the waiting begins.
pub fn readiness(object: &Value) -> Readiness {
    let object = Object(object);
    let api_version = object.text("/apiVersion");
    match (api_version.split_once('/').map_or("", |(group, _)| group), object.text("/kind")) {
        ("apps", kind @ ("Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")) if object.is_behind() => {
            waiting(format!("the {} controller has not seen this generation", kind.to_lowercase()))
        }
        ("apps", "Deployment") => deployment(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("apps", "ReplicaSet") => with_refusal(object, replicas(object, "/status/availableReplicas", "available")),
        ("batch", "Job") => job(object),
        ("", "PersistentVolumeClaim") => match object.text("/status/phase") {
            "Bound" => Readiness::Ready,
            "Lost" => failed("its volume is lost"),
            "" => waiting("it has no status yet"),
            phase => waiting(format!("it is {phase}")),
        },
        ("", "Pod") => pod(object),
        ("", "ResourceQuota") => quota(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => match object.condition("Established") {
            Some(established) if established.status == "True" => Readiness::Ready,
            _ => waiting("the server does not serve it yet"),
        },
        (group, _) if group.contains('.') && !group.ends_with(".k8s.io") => custom(object),
        _ => Readiness::Ready,
    }
}

/// Judges what runs once: whether a Job or a Pod has done its work.
pub fn completion(object: &Value) -> Readiness {
    let it = Object(object);
    match (it.text("/kind"), it.text("/status/phase")) {
        ("Pod", "Succeeded") => Readiness::Ready,
        ("Pod", "Failed") => pod(it),
        ("Pod", "") => waiting("it has no status yet"),
        ("Pod", phase) => waiting(format!("it is {phase}")),
        _ => readiness(object),
    }
}

#[derive(Clone, Copy)]
struct Object<'a>(&'a Value);

impl<'a> Object<'a> {
    fn text(self, pointer: &str) -> &'a str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn count(self, pointer: &str) -> u64 {
        self.0.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
    }

    /// Replicas that were asked for; one where nothing is said.
    fn wanted(self) -> u64 {
        self.0.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1)
    }

    fn is_behind(self) -> bool {
        let observed = self.0.pointer("/status/observedGeneration").and_then(Value::as_u64);
        observed.is_none_or(|observed| observed < self.count("/metadata/generation"))
    }

    /// A condition, as its status (`True`, `False`, `Unknown`), reason and message.
    fn condition(self, kind: &str) -> Option<Condition<'a>> {
        let conditions = self.0.pointer("/status/conditions").and_then(Value::as_array)?;
        let condition = Object(conditions.iter().find(|condition| Object(condition).text("/type") == kind)?);
        Some(Condition {
            status: condition.text("/status"),
            reason: condition.text("/reason"),
            message: condition.text("/message"),
            since: condition.text("/lastTransitionTime"),
        })
    }

    /// When we changed it last, as the API server writes times: such texts sort as the times do. After all of them
    /// where it never was.
    fn applied(self) -> &'a str {
        let entries = self.0.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
        let own = entries.map(Object).find(|entry| {
            entry.text("/manager") == MANAGER
                && entry.text("/operation") == "Apply"
                && entry.text("/subresource").is_empty()
        });
        own.map_or("~", |entry| entry.text("/time"))
    }
}

struct Condition<'a> {
    status: &'a str,
    reason: &'a str,
    message: &'a str,
    since: &'a str,
}

impl Condition<'_> {
    /// The message, or where there is none the reason, or else `words`.
    fn why(&self, words: &str) -> String {
        let said = [self.message, self.reason].into_iter().find(|text| !text.is_empty());
        said.unwrap_or(words).to_owned()
    }
}

fn waiting(why: impl Into<String>) -> Readiness {
    Readiness::Waiting(why.into())
}

fn failed(why: impl Into<String>) -> Readiness {
    Readiness::Failed(why.into())
}

fn replicas(object: Object<'_>, pointer: &str, what: &str) -> Readiness {
    let (wanted, are) = (object.wanted(), object.count(pointer));
    if are < wanted { waiting(format!("{are} of {wanted} replicas {what}")) } else { Readiness::Ready }
}

fn deployment(object: Object<'_>) -> Readiness {
    if let Some(progress) = object.condition("Progressing")
        && progress.reason == "ProgressDeadlineExceeded"
    {
        return failed(progress.why("its progress deadline is exceeded"));
    }
    let updated = object.count("/status/updatedReplicas");
    let unready = [
        replicas(object, "/status/updatedReplicas", "updated"),
        replicas(object, "/status/availableReplicas", "available"),
    ]
    .map(|readiness| with_refusal(object, readiness));
    if let Some(unready) = unready.into_iter().find(|readiness| *readiness != Readiness::Ready) {
        return unready;
    }
    let all = object.count("/status/replicas");
    if all > updated {
        return waiting(format!("{} old replicas are still there", all - updated));
    }
    Readiness::Ready
}

/// Why pods cannot be made, where that is why it is not ready. A quota may have room later; Pod Security never changes
/// its mind about the same pod.
fn with_refusal(object: Object<'_>, readiness: Readiness) -> Readiness {
    let refusal = object.condition("ReplicaFailure").filter(|condition| condition.status == "True");
    match (readiness, refusal) {
        (Readiness::Waiting(_), Some(refusal))
            // A condition from before the last change may be about the pods of then.
            if refusal.message.contains("violates PodSecurity") && refusal.since >= object.applied() =>
        {
            failed(refusal.message)
        }
        (Readiness::Waiting(why), Some(refusal)) => waiting(format!("{why}: {}", refusal.why("pods are refused"))),
        (readiness, _) => readiness,
    }
}

fn stateful_set(object: Object<'_>) -> Readiness {
    let is_rolling = object.text("/spec/updateStrategy/type") != "OnDelete";
    if is_rolling {
        // Those below the partition keep their revision.
        let partition = object.count("/spec/updateStrategy/rollingUpdate/partition");
        let wanted = object.wanted().saturating_sub(partition);
        let updated = object.count("/status/updatedReplicas");
        if updated < wanted {
            return waiting(format!("{updated} of {wanted} replicas updated"));
        }
        if partition == 0 && object.text("/status/currentRevision") != object.text("/status/updateRevision") {
            return waiting("its update is under way");
        }
    }
    replicas(object, "/status/readyReplicas", "ready")
}

fn daemon_set(object: Object<'_>) -> Readiness {
    let wanted = object.count("/status/desiredNumberScheduled");
    for (pointer, what) in [("/status/updatedNumberScheduled", "updated"), ("/status/numberAvailable", "available")] {
        let are = object.count(pointer);
        if are < wanted && !(what == "updated" && object.text("/spec/updateStrategy/type") == "OnDelete") {
            return waiting(format!("{are} of {wanted} pods {what}"));
        }
    }
    Readiness::Ready
}

fn job(object: Object<'_>) -> Readiness {
    let is_true = |kind| object.condition(kind).filter(|condition| condition.status == "True");
    if let Some(condition) = is_true("Failed") {
        return failed(condition.why("it failed"));
    }
    if is_true("Complete").is_some() || object.0.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true) {
        return Readiness::Ready;
    }
    let wanted = object.0.pointer("/spec/completions").and_then(Value::as_u64).unwrap_or(1);
    waiting(format!("{} of {wanted} completions", object.count("/status/succeeded")))
}

fn pod(object: Object<'_>) -> Readiness {
    match object.text("/status/phase") {
        "Succeeded" => Readiness::Ready,
        "Failed" => failed(
            [object.text("/status/message"), "it failed"].into_iter().find(|t| !t.is_empty()).unwrap_or_default(),
        ),
        phase => match object.condition("Ready") {
            Some(ready) if ready.status == "True" => Readiness::Ready,
            Some(ready) => waiting(ready.why("it is not ready")),
            None if phase.is_empty() => waiting("it has no status yet"),
            None => waiting(format!("it is {phase}")),
        },
    }
}

/// Until the controller has counted once, a quota lets everything through.
fn quota(object: Object<'_>) -> Readiness {
    let limits = |pointer: &str| object.0.pointer(pointer).and_then(Value::as_object);
    let counted = |name: &str| limits("/status/hard").is_some_and(|hard| hard.contains_key(name));
    let missing = limits("/spec/hard").into_iter().flatten().map(|(name, _)| name).find(|name| !counted(name));
    missing.map_or(Readiness::Ready, |name| waiting(format!("{name} is not counted yet")))
}

/// A custom resource that has a condition `Ready` says with it whether it is; others have nothing to wait for.
fn custom(object: Object<'_>) -> Readiness {
    let observed = object.0.pointer("/status/observedGeneration").is_some();
    match object.condition("Ready") {
        Some(_) if observed && object.is_behind() => waiting("its controller has not seen this generation"),
        Some(ready) if ready.status != "True" => waiting(ready.why("it is not ready")),
        _ => Readiness::Ready,
    }
}
