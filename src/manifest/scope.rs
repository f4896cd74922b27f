//! Kubernetes' own kinds, so that planning asks no server what they are called.

use serde::{Deserialize, Serialize};

use super::Kind;

/// Whether objects of a kind live in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster itself.
    Cluster,
}

/// How a kind is asked for over REST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// The plural name in URLs, such as `deployments`.
    pub plural: String,
    /// Where its objects live.
    pub scope: Scope,
}

const NAMESPACED: &[(&str, &str, &str)] = &[
    ("", "ConfigMap", "configmaps"),
    ("", "Endpoints", "endpoints"),
    ("", "Event", "events"),
    ("", "LimitRange", "limitranges"),
    ("", "PersistentVolumeClaim", "persistentvolumeclaims"),
    ("", "Pod", "pods"),
    ("", "PodTemplate", "podtemplates"),
    ("", "ReplicationController", "replicationcontrollers"),
    ("", "ResourceQuota", "resourcequotas"),
    ("", "Secret", "secrets"),
    ("", "Service", "services"),
    ("", "ServiceAccount", "serviceaccounts"),
    ("apps", "ControllerRevision", "controllerrevisions"),
    ("apps", "DaemonSet", "daemonsets"),
    ("apps", "Deployment", "deployments"),
    ("apps", "ReplicaSet", "replicasets"),
    ("apps", "StatefulSet", "statefulsets"),
    ("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    ("batch", "CronJob", "cronjobs"),
    ("batch", "Job", "jobs"),
    ("coordination.k8s.io", "Lease", "leases"),
    ("discovery.k8s.io", "EndpointSlice", "endpointslices"),
    ("networking.k8s.io", "Ingress", "ingresses"),
    ("networking.k8s.io", "NetworkPolicy", "networkpolicies"),
    ("policy", "PodDisruptionBudget", "poddisruptionbudgets"),
    ("rbac.authorization.k8s.io", "Role", "roles"),
    ("rbac.authorization.k8s.io", "RoleBinding", "rolebindings"),
];

const CLUSTER: &[(&str, &str, &str)] = &[
    ("", "Namespace", "namespaces"),
    ("", "Node", "nodes"),
    ("", "PersistentVolume", "persistentvolumes"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "validatingadmissionpolicies"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions"),
    ("apiregistration.k8s.io", "APIService", "apiservices"),
    ("networking.k8s.io", "IngressClass", "ingressclasses"),
    ("rbac.authorization.k8s.io", "ClusterRole", "clusterroles"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings"),
    ("scheduling.k8s.io", "PriorityClass", "priorityclasses"),
    ("storage.k8s.io", "CSIDriver", "csidrivers"),
    ("storage.k8s.io", "StorageClass", "storageclasses"),
];

/// Those of them that the oldest supported servers do not have.
const LATER: &[&str] = &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];

/// The kind of Namespaces, and how it is served.
pub fn namespaces() -> (Kind, Resource) {
    (Kind::new("v1", "Namespace"), Resource { plural: "namespaces".into(), scope: Scope::Cluster })
}

/// The kind of Pods, and how it is served.
pub fn pods() -> (Kind, Resource) {
    (Kind::new("v1", "Pod"), Resource { plural: "pods".into(), scope: Scope::Namespaced })
}

/// The resource of a kind of Kubernetes' own; `None` for all others, which only discovery knows.
pub fn builtin(kind: &Kind) -> Option<Resource> {
    find(kind).map(|(plural, scope)| Resource { plural: plural.to_owned(), scope })
}

/// Whether every supported server has a kind, so that none has to be asked for it. Versions before the first stable one
/// come and go.
pub fn is_everywhere(kind: &Kind) -> bool {
    let is_stable = !kind.version.contains("alpha") && !kind.version.contains("beta");
    is_stable && find(kind).is_some() && !LATER.contains(&kind.kind.as_str())
}

/// Where the objects of a kind of Kubernetes' own live.
pub fn scope(kind: &Kind) -> Option<Scope> {
    find(kind).map(|(_, scope)| scope)
}

/// The kind of Kubernetes' own that is called so in URLs, in the version that all servers have.
pub fn builtin_called(group: &str, plural: &str) -> Option<(Kind, Resource)> {
    let (table, scope) = [(NAMESPACED, Scope::Namespaced), (CLUSTER, Scope::Cluster)]
        .into_iter()
        .find(|(table, _)| table.iter().any(|row| (row.0, row.2) == (group, plural)))?;
    let name = table.iter().find(|row| (row.0, row.2) == (group, plural))?.1;
    let version = if group == "autoscaling" { "v2" } else { "v1" };
    let kind = Kind { group: group.to_owned(), version: version.to_owned(), kind: name.to_owned() };
    Some((kind, Resource { plural: plural.to_owned(), scope }))
}

fn find(kind: &Kind) -> Option<(&'static str, Scope)> {
    let find = |table: &[(&str, &str, &'static str)]| {
        table.iter().find(|(group, name, _)| *name == kind.kind && *group == kind.group).map(|row| row.2)
    };
    let namespaced = find(NAMESPACED).map(|plural| (plural, Scope::Namespaced));
    namespaced.or_else(|| find(CLUSTER).map(|plural| (plural, Scope::Cluster)))
}
