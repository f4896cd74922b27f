//! Foreign changes of every sort, kind and way: the tables below `rows/`.

use super::table::check;

const KINDS: &str = "namespaces,clusterroles,clusterrolebindings,persistentvolumes,gadgets.rows.example.com,configmaps,secrets,services,serviceaccounts,persistentvolumeclaims,resourcequotas,limitranges,\
    deployments,statefulsets,daemonsets,cronjobs,replicasets,horizontalpodautoscalers,poddisruptionbudgets,ingresses,\
    networkpolicies,endpointslices,roles,rolebindings,widgets.rows.example.com";

const TABLES: &[&str] = &["workloads.toml", "rivals.toml", "others.toml", "metadata.toml"];

#[test]
fn each_is_seen_named_and_put_right_in_one_run() {
    check("foreign", &[TABLES, &["charts.toml"]].concat(), KINDS, false);
}

#[test]
fn what_was_added_goes_in_one_run_where_the_fleet_says_so() {
    check("taken-out", TABLES, KINDS, true);
}
