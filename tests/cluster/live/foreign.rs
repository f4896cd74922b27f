//! Foreign changes of every sort, kind and way: the tables below `rows/`.

use super::table::check;

const KINDS: &str = "namespaces,clusterroles,clusterrolebindings,persistentvolumes,gadgets.rows.example.com,configmaps,secrets,services,serviceaccounts,persistentvolumeclaims,resourcequotas,limitranges,\
    deployments,statefulsets,daemonsets,cronjobs,replicasets,horizontalpodautoscalers,poddisruptionbudgets,ingresses,\
    networkpolicies,endpointslices,roles,rolebindings,widgets.rows.example.com";

#[test]
fn of_every_kind() {
    check("foreign", &["workloads.toml", "rivals.toml", "others.toml", "metadata.toml"], KINDS);
}
