//! What others add beside what is declared: which of it can weaken a sandbox, and which of it may be taken out.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::live::{By, CLUSTERS_OWN, Extra, Observed};
use super::state::{Input, LiveNamespace, Policy, Wanted};
use super::types::{Step, Work};
use super::words;
use crate::fleet::Extras;
use crate::manifest::{GENERATED_MANAGER, MANAGER, Manifest, ObjectId, Path, PathElement, field_path};

/// What the API server calls whoever wrote an object whose `managedFields` are gone, when it is applied again.
pub const UNKNOWN_MANAGER: &str = "before-first-apply";

/// Annotations below these are tools' notes to themselves: taking them out changes nothing, or restarts pods.
const NOTES: [&str; 2] = ["kubectl.kubernetes.io/", "deployment.kubernetes.io/"];

/// Fields of pods, wherever a custom resource has them.
const OF_PODS: &[&str] = &[
    "automountServiceAccountToken",
    "capabilities",
    "containers",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPath",
    "initContainers",
    "podTemplate",
    "privileged",
    "securityContext",
    "serviceAccountName",
    "volumes",
];

/// Whether a manager is a part of the cluster, or of this program.
pub(super) fn is_of_the_system(manager: &str) -> bool {
    CLUSTERS_OWN.contains(&manager) || [MANAGER, GENERATED_MANAGER, UNKNOWN_MANAGER].contains(&manager)
}

/// Whether a field that somebody adds can weaken the sandbox: let its pods do more, or others reach more of it.
pub(super) fn is_security_relevant(id: &ObjectId, path: &[PathElement]) -> bool {
    let names: Vec<&str> = path.iter().filter_map(name_of).collect();
    match names.as_slice() {
        ["metadata", "labels", rest @ ..] => rest.first().is_some_and(|key| is_weighty_label(id, key)),
        ["metadata", "annotations", rest @ ..] => rest.first().is_some_and(|key| is_weighty_annotation(id, key)),
        ["metadata", ..] => false,
        fields => is_weighty_field(id, fields),
    }
}

fn name_of(element: &PathElement) -> Option<&str> {
    match element {
        PathElement::Field(name) => Some(name),
        _ => None,
    }
}

fn is_weighty_label(id: &ObjectId, key: &str) -> bool {
    match id.kind.as_str() {
        "Namespace" => key.contains("security") || key.contains("inject"),
        "ClusterRole" => key.starts_with("rbac.authorization.k8s.io/aggregate-to-"),
        _ => false,
    }
}

/// Ingress controllers, load balancers and clouds are told by annotations what to open and whose rights to lend.
fn is_weighty_annotation(id: &ObjectId, key: &str) -> bool {
    let is_for_a_controller = key.contains('/') && !NOTES.iter().any(|prefix| key.starts_with(prefix));
    match id.kind.as_str() {
        "Ingress" | "Service" | "ServiceAccount" => is_for_a_controller,
        "Namespace" => ["scheduler.alpha.kubernetes.io/", "openshift.io/"].iter().any(|own| key.starts_with(own)),
        _ => key.contains("apparmor") || key.contains("seccomp"),
    }
}

fn is_weighty_field(id: &ObjectId, fields: &[&str]) -> bool {
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "ConfigMap" | "Secret") => false,
        ("", "ResourceQuota") => fields.iter().any(|name| name.starts_with("scope")),
        ("", "ServiceAccount" | "Service" | "LimitRange" | "Endpoints" | "PersistentVolume" | "Pod") => true,
        (
            "rbac.authorization.k8s.io"
            | "networking.k8s.io"
            | "discovery.k8s.io"
            | "admissionregistration.k8s.io"
            | "apiregistration.k8s.io",
            _,
        ) => true,
        _ => match fields.iter().position(|name| *name == "template") {
            Some(template) => match fields.get(template + 1..).unwrap_or_default() {
                // A label may bring pods under another policy or Service.
                [] | ["spec", ..] | ["metadata"] | ["metadata", "labels", ..] => true,
                ["metadata", "annotations", key, ..] => key.contains("apparmor") || key.contains("seccomp"),
                _ => false,
            },
            None => fields.iter().any(|name| OF_PODS.contains(name)),
        },
    }
}

/// Whether an object that somebody made can weaken the sandbox.
fn is_weighty_object(id: &ObjectId) -> bool {
    !matches!(
        (id.group.as_str(), id.kind.as_str()),
        ("", "ConfigMap" | "Secret" | "PersistentVolumeClaim" | "LimitRange" | "ResourceQuota")
            | ("policy" | "autoscaling", _)
    )
}

/// Whether an extra may be taken out. Finalizers and owners are promises to others; tools' notes to themselves are
/// harmless; and nothing makes an object mutable again.
fn is_removable(path: &[PathElement]) -> bool {
    let names: Vec<&str> = path.iter().filter_map(name_of).collect();
    let note = |key: &str| NOTES.iter().any(|prefix| key.starts_with(prefix));
    match names.as_slice() {
        ["metadata", "finalizers" | "ownerReferences", ..] | ["immutable"] => false,
        [.., "annotations", key] => !note(key),
        _ => true,
    }
}

/// What is left to others in a sandbox's objects.
struct Left<'a> {
    policy: &'a Policy,
    scaled: BTreeSet<(String, String)>,
}

impl<'a> Left<'a> {
    fn new(wanted: &Wanted, policy: &'a Policy) -> Self {
        Self { policy, scaled: wanted.release.manifests.iter().filter_map(scaled_by).collect() }
    }

    /// Whether a field, or something in it, is left to others: as `[ignore]` says, or as an autoscaler sets it.
    fn has(&self, id: &ObjectId, path: &[PathElement]) -> bool {
        let names: Vec<&str> = path.iter().filter_map(name_of).collect();
        if names == ["spec", "replicas"] && self.scaled.contains(&(id.kind.clone(), id.name.clone())) {
            return true;
        }
        self.policy.ignore.get(&id.kind).into_iter().flatten().any(|ignored| {
            let ignored: Vec<&str> = ignored.split('.').filter(|segment| !segment.is_empty()).collect();
            names.starts_with(&ignored) || ignored.starts_with(&names)
        })
    }
}

/// The kind and name of what an autoscaler scales.
fn scaled_by(manifest: &Manifest) -> Option<(String, String)> {
    if manifest.id.kind != "HorizontalPodAutoscaler" {
        return None;
    }
    let body = manifest.body();
    let text = |field: &str| Some(body.pointer(&format!("/spec/scaleTargetRef/{field}"))?.as_str()?.to_owned());
    Some((text("kind")?, text("name")?))
}

/// The extras of an object that the fleet has taken out.
pub(super) fn to_remove<'o>(observed: &'o Observed, wanted: &Wanted, policy: &Policy) -> Vec<&'o Extra> {
    if policy.extras == Extras::Report || observed.extras.is_empty() {
        return Vec::new();
    }
    let left = Left::new(wanted, policy);
    let goes = |extra: &&Extra| is_removable(&extra.at) && !left.has(&observed.id, &extra.at);
    observed.extras.iter().filter(goes).collect()
}

/// The paths of some extras.
pub(super) fn paths(extras: &[&Extra]) -> Vec<Path> {
    extras.iter().map(|extra| extra.at.clone()).collect()
}

/// `.spec.hostPID was added by kubectl-patch at …`, for the reason of a step.
pub(super) fn reason(extras: &[&Extra]) -> String {
    const SHOWN: usize = 3;
    let mut parts: Vec<String> = extras
        .iter()
        .take(SHOWN)
        .map(|extra| format!("{} was added by {}", extra.path, words::by(&extra.by)))
        .collect();
    if extras.len() > SHOWN {
        parts.push(format!("and {} more", extras.len() - SHOWN));
    }
    parts.join("; ")
}

/// Whether a step takes an extra out of the way of a correction.
fn is_cleared(steps: &[Step], id: &ObjectId, extra: &Extra) -> bool {
    steps.iter().any(|step| match &step.work {
        Work::Apply { clear: Some(clear), .. } => step.id == *id && clear.beside.contains(&extra.at),
        _ => false,
    })
}

/// What is noted of a live sandbox: fields and objects of others that stay, whatever its steps do.
pub(super) fn notes(wanted: &Wanted, namespace: &LiveNamespace, input: &Input, steps: &[Step]) -> Vec<String> {
    let live = &input.live;
    let left = LazyCell::new(|| Left::new(wanted, &input.policy));
    let objects = wanted.release.manifests.iter().filter(|m| !live.objects.is_settled(m));
    let objects = objects.filter_map(|m| live.objects.get(&m.id));
    let objects = objects.filter(|observed| !live.unseen.contains(&observed.sandbox));
    let mut notes = Vec::new();
    for observed in std::iter::once(&namespace.observed).chain(objects) {
        let going = to_remove(observed, wanted, &input.policy);
        let id = &observed.id;
        let stays =
            |extra: &&Extra| !going.contains(extra) && !left.has(id, &extra.at) && !is_cleared(steps, id, extra);
        let staying = observed.extras.iter().filter(stays);
        notes.extend(grouped(staying).into_iter().map(|group| note(&observed.id, &group)));
        for (key, by) in &observed.generated.taken {
            let by = words::by(by);
            notes.push(format!("{}: the generated value of {key:?} was replaced by {by}; it is kept", observed.id));
        }
    }
    let is_wanted = |id: &ObjectId| wanted.release.manifests.iter().any(|manifest| manifest.id == *id);
    let is_here = |observed: &&Observed| observed.id.namespace.is_some() && !is_wanted(&observed.id);
    for observed in live.objects.of("", &wanted.namespace).filter(is_here) {
        let Some(by) = &observed.stranger else { continue };
        let (id, by, weight) = (&observed.id, words::by(by), weight(is_weighty_object(&observed.id)));
        notes.push(format!("{id} has our label and was made by {by}{weight}; it is not ours and is left alone"));
    }
    notes
}

fn weight(is_weighty: bool) -> &'static str {
    if is_weighty { " and can weaken the sandbox" } else { "" }
}

/// Extras of one manager and moment and of one weight, together.
fn grouped<'e>(extras: impl Iterator<Item = &'e Extra>) -> Vec<Vec<&'e Extra>> {
    let mut groups: Vec<Vec<&Extra>> = Vec::new();
    for extra in extras {
        let is_alike = |other: &&Extra| other.by == extra.by && other.security == extra.security;
        match groups.iter_mut().find(|group| group.first().is_some_and(is_alike)) {
            Some(group) => group.push(extra),
            None => groups.push(vec![extra]),
        }
    }
    groups
}

/// One line. Of what can weaken a sandbox nothing is left out.
fn note(id: &ObjectId, group: &[&Extra]) -> String {
    const SHOWN: usize = 5;
    let Some(first) = group.first() else { return String::new() };
    let paths: Vec<&str> = group.iter().map(|extra| extra.path.as_str()).collect();
    let what = if first.security { paths.join(", ") } else { words::first_of(&paths, SHOWN) };
    let (were, is) = if group.len() == 1 { ("was", "it is") } else { ("were", "they are") };
    let (weight, by) = (weight(first.security), words::by(&first.by));
    let left = if group.len() == 1 { "is left alone" } else { "are left alone" };
    format!("{id}: {what} {were} added by {by}{weight}; {is} not ours and {left}")
}

/// One extra.
pub(super) fn extra(id: &ObjectId, at: Path, by: By) -> Extra {
    Extra { path: field_path(&at), security: is_security_relevant(id, &at), at, by }
}
