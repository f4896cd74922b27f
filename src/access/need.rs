//! Which rights the program needs, from what it does: `cluster/kube.rs` sends the requests, `cluster/survey.rs` and
//! `cluster/answers.rs` read, `apply` writes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::right::{Place, Right, What};
use super::{BINDING, SYSTEM, lease_of, name_of, sandbox_role};
use crate::fleet::SecretRef;
use crate::manifest::{Kind, Manifest, Resource, Scope, Shard};

/// What rights are needed for.
#[derive(Clone, Copy, Debug)]
pub struct Needs<'a> {
    /// The fleet's id.
    pub fleet_id: &'a str,
    /// Whether each sandbox brings the account its rights there. If not, it needs all of them in the whole cluster.
    pub by_namespace: bool,
    /// The kinds that sandboxes have, and how they are served.
    pub kinds: &'a BTreeMap<Kind, Resource>,
    /// The sandboxes' Roles and bindings: nobody may grant what he has not.
    pub granted: &'a [&'a Manifest],
    /// The Secrets that are copied into each sandbox.
    pub copied: &'a [SecretRef],
    /// How many shards run side by side; `None` where one run does it all.
    pub shards: Option<u8>,
}

/// Where the Events of objects of the cluster itself lie.
const EVENTS: &str = "default";
const RBAC: &str = "rbac.authorization.k8s.io";
/// What is done with an object: looked up, made by apply (which is a patch, and where there is none a create), changed,
/// removed. Lists are another matter.
const OBJECT: [&str; 4] = ["get", "create", "patch", "delete"];

/// All of them.
pub fn needed(needs: &Needs<'_>) -> BTreeSet<Right> {
    let sandbox = if needs.by_namespace { Place::Sandbox } else { Place::Cluster };
    let mut rights = Rights::default();
    rights.add(&Place::Cluster, &OBJECT, ("", "namespaces"));
    rights.add(&Place::Cluster, &["list"], ("", "namespaces"));
    for (kind, Resource { plural, scope }) in needs.kinds {
        let resource = (kind.group.as_str(), plural.as_str());
        match scope {
            Scope::Cluster => {
                rights.add(&Place::Cluster, &OBJECT, resource);
                rights.add(&Place::Cluster, &["list"], resource);
            }
            Scope::Namespaced => {
                rights.add(&sandbox, &OBJECT, resource);
                // One list for all sandboxes; but who may list Secrets may read them.
                let place = if resource == ("", "secrets") { &sandbox } else { &Place::Cluster };
                rights.add(place, &["list"], resource);
            }
        }
    }
    if needs.kinds.keys().any(|kind| kind.group.is_empty() && kind.kind == "ResourceQuota") {
        // A new one is put in force ahead of its controller.
        rights.add(&sandbox, &["patch"], ("", "resourcequotas/status"));
    }
    // Whether a volume lives, before a password is made anew.
    rights.add(&Place::Cluster, &["list"], ("", "persistentvolumeclaims"));
    // A namespace that goes does not wait for each of its pods, and then for their volumes.
    rights.add(&sandbox, &["delete"], ("", "pods"));
    rights.add(&sandbox, &["delete"], ("", "persistentvolumeclaims"));
    // Why something does not come up.
    rights.add(&sandbox, &["list"], ("", "pods"));
    rights.add(&sandbox, &["list"], ("", "events"));
    rights.add(&sandbox, &["get"], ("", "pods/log"));
    // Volumes that are retained go with their sandbox.
    rights.add(&Place::Cluster, &["get", "list", "patch", "delete"], ("", "persistentvolumes"));
    if needs.by_namespace {
        // By apply, whose requests name the object even where it is not there yet.
        for verb in OBJECT {
            rights.0.insert(Right::new(&Place::Cluster, verb, (RBAC, "rolebindings")).named(BINDING));
        }
        rights.add(&Place::Cluster, &["list"], (RBAC, "rolebindings"));
        // Without the right to bind it, nobody may give what he does not have everywhere.
        let bind = Right::new(&Place::Cluster, "bind", (RBAC, "clusterroles"));
        rights.0.insert(bind.named(&sandbox_role(needs.fleet_id)));
        rights.add(&sandbox, &OBJECT, (RBAC, "rolebindings"));
    }
    // What is remembered of saved plans, and who runs.
    let system = Place::Namespace(SYSTEM.to_owned());
    // What is made by POST has no name yet that a rule could ask for.
    rights.add(&system, &["create"], ("", "configmaps"));
    rights.add(&system, &["create"], ("coordination.k8s.io", "leases"));
    let note = name_of(needs.fleet_id);
    let subjects = ["plans", "failures"].into_iter().chain(needs.shards.map(|_| "removals"));
    for name in subjects.map(|subject| format!("{subject}-{note}")) {
        let map = |verb| Right::new(&system, verb, ("", "configmaps")).named(&name);
        rights.0.extend(["get", "patch"].map(map));
    }
    // Who else is at work, on the whole fleet or a shard of it.
    rights.add(&system, &["get", "list"], ("coordination.k8s.io", "leases"));
    let shards = needs.shards.into_iter().flat_map(Shard::all);
    for realm in std::iter::once(None).chain(shards.map(Some)) {
        let lease = Right::new(&system, "patch", ("coordination.k8s.io", "leases"));
        rights.0.insert(lease.named(&lease_of(needs.fleet_id, realm)));
    }
    // What a Namespace's Events are: they lie in no sandbox, and outlive it.
    rights.add(&Place::Namespace(EVENTS.to_owned()), &["create"], ("events.k8s.io", "events"));
    for SecretRef { namespace, name } in needs.copied {
        let place = Place::Namespace(namespace.clone());
        rights.0.insert(Right::new(&place, "get", ("", "secrets")).named(name));
    }
    for manifest in needs.granted {
        rights.of_grant(manifest, &sandbox);
    }
    rights.0
}

#[derive(Default)]
struct Rights(BTreeSet<Right>);

impl Rights {
    fn add(&mut self, place: &Place, verbs: &[&str], resource: (&str, &str)) {
        self.0.extend(verbs.iter().map(|verb| Right::new(place, verb, resource)));
    }

    /// Who makes a Role has to hold what is in it, and who binds one that is not his own has to be allowed to.
    fn of_grant(&mut self, manifest: &Manifest, sandbox: &Place) {
        if manifest.id.group != RBAC {
            return;
        }
        let body = manifest.body();
        let place = if manifest.id.namespace.is_some() { sandbox } else { &Place::Cluster };
        match manifest.id.kind.as_str() {
            "Role" | "ClusterRole" => {
                let rules = body.get("rules").and_then(Value::as_array).into_iter().flatten();
                rules.for_each(|rule| self.of_rule(rule, place));
            }
            // Also where the chart makes what is bound: a dry run of both meets a Role that is not there yet, and is
            // answered by this right alone.
            "RoleBinding" | "ClusterRoleBinding" if manifest.id.name != BINDING => {
                let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                let roles = if text("/roleRef/kind") == "ClusterRole" { "clusterroles" } else { "roles" };
                self.0.insert(Right::new(place, "bind", (RBAC, roles)).named(text("/roleRef/name")));
            }
            _ => {}
        }
    }

    fn of_rule(&mut self, rule: &Value, place: &Place) {
        let words = |key: &str| -> Vec<&str> {
            rule.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
        };
        let names = words("resourceNames");
        for verb in words("verbs") {
            for url in words("nonResourceURLs") {
                let what = What::Url(url.to_owned());
                self.0.insert(Right { place: place.clone(), what, verb: verb.to_owned() });
            }
            for group in words("apiGroups") {
                for resource in words("resources") {
                    let right = Right::new(place, verb, (group, resource));
                    match names.as_slice() {
                        [] => drop(self.0.insert(right)),
                        names => self.0.extend(names.iter().map(|name| right.clone().named(name))),
                    }
                }
            }
        }
    }
}
