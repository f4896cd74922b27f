//! `reconcile rbac`: the rights that the fleet needs.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::args::{Args, Rbac, RbacFormat};
use super::desired::Desired;
use super::failure::Failure;
use super::needs;
use super::planning::spec;
use super::print::Printer;
use crate::access::{Needs, Place, Right, SYSTEM, cluster_role, needed, rules, sandbox_role};
use crate::chart::yaml;
use crate::cluster;
use crate::fleet::Settings;

const HEADER: &str = "# Made by `reconcile rbac`. Make it anew when a chart makes another kind.\n";

/// Prints them; exit status 4 where a sandbox does not render.
///
/// # Errors
/// Where the fleet cannot be read, or the cluster not be asked for what only it knows.
pub async fn rbac(args: &Args, options: &Rbac, printer: &Printer) -> Result<u8, Failure> {
    let desired = Desired::read(&args.source, printer)?;
    let settings = &desired.fleet.settings;
    let objects = needs::objects(&desired);
    for fault in &objects.faults {
        printer.error(&format!("sandbox {}: {}", fault.0, fault.1.message));
        printer.hint(&fault.1.hint);
    }
    let mut kinds = objects.kinds();
    let cluster = if options.live || needs::is_any_custom(&kinds) {
        Some(cluster::connect(&spec(&options.target)).await.map_err(|error| Failure::of(&error))?)
    } else {
        None
    };
    if let Some(cluster) = cluster.as_deref().filter(|_| options.live) {
        kinds.extend(needs::recorded(cluster, &settings.id).await.map_err(|error| Failure::of(&error))?);
    }
    let served = needs::served(cluster.as_deref(), kinds, &objects.manifests).await;
    let (served, unserved) = served.map_err(|error| Failure::of(&error))?;
    for kind in &unserved {
        printer.error(&format!("{} is not served, so what it needs is left out", kind.0));
        printer.hint(&kind.1);
    }
    let granted = objects.granted();
    let rights = needed(&Needs {
        fleet_id: &settings.id,
        by_namespace: settings.service_account.is_some(),
        kinds: &served,
        granted: &granted,
        copied: &settings.copy_secrets,
        shards: options.shards,
    });
    match options.format {
        RbacFormat::Yaml => printer.answer(&documents(settings, &rights))?,
        RbacFormat::Values => {
            printer.answer(&format!("{HEADER}{}", yaml::write(&values(settings, &rights, options.shards))))?;
        }
    }
    if settings.service_account.is_none() {
        printer.hint(
            "service_account = \"reconcile-system/reconcile\" in sandboxes/fleet.toml lets each sandbox give the account \
             its rights there; without it they are for the whole cluster, Secrets included",
        );
    }
    let is_broken = !objects.faults.is_empty() || !unserved.is_empty() || desired.is_broken();
    Ok(if is_broken { 4 } else { 0 })
}

fn rules_at(rights: &BTreeSet<Right>, place: &Place) -> Value {
    json!(rules(rights.iter().filter(|right| right.place == *place)))
}

fn namespaces(rights: &BTreeSet<Right>) -> BTreeSet<&str> {
    let namespaces = rights.iter().filter_map(|right| match &right.place {
        Place::Namespace(namespace) => Some(namespace.as_str()),
        Place::Cluster | Place::Sandbox => None,
    });
    namespaces.collect()
}

fn values(settings: &Settings, rights: &BTreeSet<Right>, shards: Option<u8>) -> Value {
    let of_namespaces: Map<String, Value> = namespaces(rights)
        .into_iter()
        .map(|namespace| (namespace.to_owned(), rules_at(rights, &Place::Namespace(namespace.to_owned()))))
        .collect();
    let mut values = json!({
        "fleet": { "name": settings.name, "id": settings.id, "namespacePrefix": settings.namespace_prefix },
        "rbac": {
            "cluster": rules_at(rights, &Place::Cluster),
            "sandbox": rules_at(rights, &Place::Sandbox),
            "namespaces": of_namespaces,
        },
    });
    if let (Some(account), Some(values)) = (&settings.service_account, values.as_object_mut()) {
        values.insert("serviceAccount".into(), json!({ "name": account.name, "namespace": account.namespace }));
    }
    if let (Some(shards), Some(values)) = (shards, values.as_object_mut()) {
        values.insert("shards".into(), json!(shards));
    }
    values
}

/// Roles and bindings, in an order in which they can be made.
fn documents(settings: &Settings, rights: &BTreeSet<Right>) -> String {
    const API: &str = "rbac.authorization.k8s.io/v1";
    let (role, sandbox) = (cluster_role(&settings.id), sandbox_role(&settings.id));
    let subjects = settings
        .service_account
        .as_ref()
        .map(|account| json!([{ "kind": "ServiceAccount", "name": account.name, "namespace": account.namespace }]));
    let reference = |kind: &str| json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role });
    let mut all = vec![
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": SYSTEM } }),
        json!({
            "apiVersion": API, "kind": "ClusterRole", "metadata": { "name": role },
            "rules": rules_at(rights, &Place::Cluster),
        }),
    ];
    if settings.service_account.is_some() {
        all.push(json!({
            "apiVersion": API, "kind": "ClusterRole", "metadata": { "name": sandbox },
            "rules": rules_at(rights, &Place::Sandbox),
        }));
    }
    if let Some(subjects) = &subjects {
        all.push(json!({
            "apiVersion": API, "kind": "ClusterRoleBinding", "metadata": { "name": role },
            "roleRef": reference("ClusterRole"), "subjects": subjects,
        }));
    }
    for namespace in namespaces(rights) {
        let metadata = json!({ "name": role, "namespace": namespace });
        all.push(json!({
            "apiVersion": API, "kind": "Role", "metadata": metadata,
            "rules": rules_at(rights, &Place::Namespace(namespace.to_owned())),
        }));
        if let Some(subjects) = &subjects {
            all.push(json!({
                "apiVersion": API, "kind": "RoleBinding", "metadata": metadata,
                "roleRef": reference("Role"), "subjects": subjects,
            }));
        }
    }
    let documents = all.iter().map(|document| format!("---\n{}", yaml::write(document)));
    std::iter::once(HEADER.to_owned()).chain(documents).collect()
}
