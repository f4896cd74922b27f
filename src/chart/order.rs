//! The order in which Helm applies and deletes kinds.

/// Kinds that others depend on come first.
const INSTALL: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// Sorts as Helm applies: by kind, and objects of one kind stay as they are.
pub fn sort_for_install<T>(items: &mut [T], kind: impl Fn(&T) -> &str) {
    sort(items, |item| install_rank(kind(item)));
}

/// Sorts as Helm deletes.
pub fn sort_for_uninstall<T>(items: &mut [T], kind: impl Fn(&T) -> &str) {
    sort(items, |item| uninstall_rank(kind(item)));
}

fn sort<T>(items: &mut [T], rank: impl Fn(&T) -> (usize, &str)) {
    items.sort_by_cached_key(|item| {
        let (place, name) = rank(item);
        (place, name.to_owned())
    });
}

/// A kind's place among others when installing: unknown kinds last, among themselves by name.
pub fn install_rank(kind: &str) -> (usize, &str) {
    rank(kind, INSTALL)
}

/// A kind's place when uninstalling: [`INSTALL`] from behind, but for Services, which go before workloads.
pub fn uninstall_rank(kind: &str) -> (usize, &str) {
    rank(kind, UNINSTALL)
}

const UNINSTALL: &[&str] = &[
    "APIService",
    "Ingress",
    "IngressClass",
    "Service",
    "CronJob",
    "Job",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "DaemonSet",
    "RoleBindingList",
    "RoleBinding",
    "RoleList",
    "Role",
    "ClusterRoleBindingList",
    "ClusterRoleBinding",
    "ClusterRoleList",
    "ClusterRole",
    "CustomResourceDefinition",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "ConfigMap",
    "SecretList",
    "Secret",
    "ServiceAccount",
    "PodDisruptionBudget",
    "PodSecurityPolicy",
    "LimitRange",
    "ResourceQuota",
    "NetworkPolicy",
    "Namespace",
    "PriorityClass",
];

fn rank<'k>(kind: &'k str, order: &[&str]) -> (usize, &'k str) {
    match order.iter().position(|known| *known == kind) {
        Some(place) => (place, ""),
        None => (order.len(), kind),
    }
}
