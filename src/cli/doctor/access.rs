//! What this account may do, beside what this fleet needs.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use serde_json::{Value, json};

use super::super::needs;
use super::desired::Fleet;
use super::finding::{Findings, some};
use super::server::{Server, review};
use crate::access::{BINDING, Needs, Place, Right, What, needed, rules, sandbox_role};
use crate::cluster::{Cluster, Error, Query};
use crate::manifest::{LABEL_FLEET, namespaces};
use crate::plan::Meta;

const SIDE_BY_SIDE: usize = 16;

pub(super) async fn look(server: &Server, (fleet, shards): (&Fleet, Option<u8>), findings: &mut Findings) {
    let settings = &fleet.desired.fleet.settings;
    let cluster = &*server.cluster;
    let mut kinds = fleet.objects.kinds();
    let live = match sandboxes(cluster, &settings.id).await {
        Ok((live, recorded)) => {
            kinds.extend(recorded);
            live
        }
        Err(error) => {
            let remedy = error.remedy.clone().unwrap_or_else(|| "see whether the cluster is well".to_owned());
            findings.failed("sandboxes", error.to_string(), remedy);
            Vec::new()
        }
    };
    let (kinds, untold) = match needs::served(Some(cluster), kinds, &fleet.objects.manifests).await {
        Ok(answer) => answer,
        Err(error) => return findings.failed("kinds", error.to_string(), "see whether the cluster is well"),
    };
    for (kind, why) in &untold {
        findings.failed("kinds", format!("the server does not serve {kind}"), why);
    }
    let granted = fleet.objects.granted();
    let rights = needed(&Needs {
        fleet_id: &settings.id,
        by_namespace: settings.service_account.is_some(),
        kinds: &kinds,
        granted: &granted,
        copied: &settings.copy_secrets,
        shards,
    });
    let asked = Asked { cluster, findings };
    asked.all(&rights, &live, &settings.id).await;
    account(server, fleet, findings);
}

/// Whether this is the account that the fleet names.
fn account(server: &Server, fleet: &Fleet, findings: &mut Findings) {
    let Some(named) = &fleet.desired.fleet.settings.service_account else { return };
    if server.user != named.to_string() && !server.user.is_empty() {
        let says = format!("sandboxes are bound to {named}, and this was asked as {}", server.user);
        findings.ok("account", says);
    }
}

/// The namespaces of live sandboxes, and the kinds that they record.
async fn sandboxes(
    cluster: &dyn Cluster,
    fleet_id: &str,
) -> Result<(Vec<String>, BTreeSet<crate::manifest::Kind>), Error> {
    let (kind, resource) = namespaces();
    let selector = format!("{LABEL_FLEET}={fleet_id}");
    let query = Query { kind: &kind, resource: &resource, namespace: None, selector: &selector };
    let mut found: Vec<Meta> = Vec::new();
    cluster.list(&query, &mut |meta: Meta| found.push(meta)).await?;
    let kinds = crate::plan::recorded_kinds(found.iter().map(|meta| &meta.annotations));
    let is_going = |meta: &&Meta| meta.deleting.is_none();
    Ok((found.iter().filter(is_going).map(|meta| meta.name.clone()).collect(), kinds))
}

struct Asked<'a> {
    cluster: &'a dyn Cluster,
    findings: &'a mut Findings,
}

impl Asked<'_> {
    async fn all(self, rights: &BTreeSet<Right>, live: &[String], fleet_id: &str) {
        let at = |place: &Place| -> Vec<&Right> { rights.iter().filter(|right| right.place == *place).collect() };
        let of_cluster = at(&Place::Cluster);
        let missing = self.missing(&of_cluster, "").await;
        let Some(missing_there) = told(missing, "rights", self.findings) else { return };
        let all = of_cluster.len();
        say(
            &missing_there,
            (all, "in the whole cluster"),
            "a ClusterRole that is bound to this account",
            self.findings,
        );
        let namespaces: BTreeSet<&str> = rights
            .iter()
            .filter_map(|right| match &right.place {
                Place::Namespace(name) => Some(name.as_str()),
                Place::Cluster | Place::Sandbox => None,
            })
            .collect();
        for namespace in namespaces {
            let wanted = at(&Place::Namespace(namespace.to_owned()));
            let missing = self.missing(&wanted, namespace).await;
            let Some(missing) = told(missing, "rights", self.findings) else { return };
            let place = format!("in {namespace}");
            let role = format!("a Role in {namespace} that is bound to this account");
            say(&missing, (wanted.len(), &place), &role, self.findings);
        }
        let of_sandboxes = at(&Place::Sandbox);
        if !of_sandboxes.is_empty() {
            self.in_sandboxes(&of_sandboxes, live, fleet_id).await;
        }
    }

    /// What each sandbox's own binding gives.
    async fn in_sandboxes(self, rights: &[&Right], live: &[String], fleet_id: &str) {
        let role = sandbox_role(fleet_id);
        if live.is_empty() {
            let says = format!("no sandbox lives; each will bring a binding to ClusterRole {role}");
            return self.findings.ok("bindings", says);
        }
        let Some(everywhere) = told(self.missing(rights, "").await, "bindings", self.findings) else { return };
        if everywhere.is_empty() {
            return self.findings.ok("bindings", "this account may do everywhere what sandboxes need");
        }
        let cluster = self.cluster;
        let asked = futures::stream::iter(live.to_vec()).map(|namespace| {
            let wanted = everywhere.clone();
            async move {
                let missing = missing_by_rules(cluster, &wanted, &namespace).await;
                (namespace, missing)
            }
        });
        let answers: Vec<_> = asked.buffered(SIDE_BY_SIDE).collect().await;
        let mut unbound: Vec<&str> = Vec::new();
        let mut lacking: BTreeMap<&str, Vec<&Right>> = BTreeMap::new();
        for (namespace, missing) in &answers {
            match missing {
                Err(error) => {
                    return self.findings.failed("bindings", error.to_string(), "see whether the cluster is well");
                }
                Ok(missing) if missing.is_empty() => {}
                Ok(missing) if missing.len() == everywhere.len() => unbound.push(namespace),
                Ok(missing) => drop(lacking.insert(namespace, missing.clone())),
            }
        }
        if !unbound.is_empty() {
            let says = format!(
                "this account may do nothing in {}: RoleBinding/{BINDING} is not there, or another",
                some(&unbound)
            );
            self.findings.warning("bindings", says, "nothing: the next run puts it back, with the rights above");
        }
        if let Some((_, rights)) = lacking.iter().next() {
            let names: Vec<&str> = lacking.keys().copied().collect();
            let says = format!("{} of {} rights are missing in {}", rights.len(), everywhere.len(), some(&names));
            let remedy = format!("reconcile rbac makes ClusterRole {role} anew; what it lacks:\n{}", yaml(rights));
            self.findings.failed("bindings", says, remedy);
        }
        if unbound.is_empty() && lacking.is_empty() {
            let says = format!("each of {} sandboxes gives the {} rights that it needs", live.len(), rights.len());
            self.findings.ok("bindings", says);
        }
    }

    /// Those of some rights that this account has not, in one namespace, or (where that is empty) in all.
    async fn missing<'r>(&self, rights: &[&'r Right], namespace: &str) -> Result<Vec<&'r Right>, Error> {
        let cluster = self.cluster;
        let asked = futures::stream::iter(rights.to_vec())
            .map(|right| async move { may(cluster, right, namespace).await.map(|may| (!may).then_some(right)) });
        let answers: Vec<Result<Option<&Right>, Error>> = asked.buffered(SIDE_BY_SIDE).collect().await;
        answers.into_iter().filter_map(Result::transpose).collect()
    }
}

fn told<'r>(
    missing: Result<Vec<&'r Right>, Error>,
    name: &'static str,
    findings: &mut Findings,
) -> Option<Vec<&'r Right>> {
    missing.map_err(|error| findings.failed(name, error.to_string(), "see whether the cluster is well")).ok()
}

fn say(missing: &[&Right], (all, place): (usize, &str), role: &str, findings: &mut Findings) {
    if missing.is_empty() {
        return findings.ok("rights", format!("all {all} that are needed {place}"));
    }
    let says = format!("{} of {all} that are needed {place} are missing", missing.len());
    findings.failed(
        "rights",
        says,
        format!("reconcile rbac prints all; what is missing, for {role}:\n{}", yaml(missing)),
    );
}

/// Rules, one a line, as a Role has them.
fn yaml(rights: &[&Right]) -> String {
    let list = |words: &[String]| words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
    let lines = rules(rights.iter().copied()).into_iter().map(|rule| {
        let parts = [
            ("apiGroups", &rule.api_groups),
            ("resources", &rule.resources),
            ("resourceNames", &rule.resource_names),
            ("nonResourceURLs", &rule.urls),
            ("verbs", &rule.verbs),
        ];
        let parts = parts.iter().filter(|(_, words)| !words.is_empty());
        let parts: Vec<String> = parts.map(|(key, words)| format!("{key}: [{}]", list(words))).collect();
        format!("- {{{}}}", parts.join(", "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn may(cluster: &dyn Cluster, right: &Right, namespace: &str) -> Result<bool, Error> {
    let spec = match &right.what {
        What::Objects { group, resource, name } => {
            let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            json!({"resourceAttributes": {
                "namespace": namespace, "verb": right.verb, "group": group, "resource": resource,
                "subresource": subresource, "name": name.as_deref().unwrap_or_default(),
            }})
        }
        What::Url(path) => json!({"nonResourceAttributes": {"path": path, "verb": right.verb}}),
    };
    let status = review(cluster, ("authorization.k8s.io/v1", "SelfSubjectAccessReview"), &spec).await?;
    Ok(status["allowed"] == true)
}

/// The same by one question for all, and where its answer is not whole, by one for each that it does not name.
async fn missing_by_rules<'r>(
    cluster: &dyn Cluster,
    rights: &[&'r Right],
    namespace: &str,
) -> Result<Vec<&'r Right>, Error> {
    let what = ("authorization.k8s.io/v1", "SelfSubjectRulesReview");
    let status = review(cluster, what, &json!({ "namespace": namespace })).await?;
    let granted = status["resourceRules"].as_array().cloned().unwrap_or_default();
    let mut missing: Vec<&Right> =
        rights.iter().copied().filter(|right| !granted.iter().any(|rule| grants(rule, right))).collect();
    if status["incomplete"] == true {
        let mut asked = Vec::new();
        for right in missing {
            if !may(cluster, right, namespace).await? {
                asked.push(right);
            }
        }
        missing = asked;
    }
    Ok(missing)
}

fn grants(rule: &Value, right: &Right) -> bool {
    let What::Objects { group, resource, name } = &right.what else { return false };
    let words = |key: &str| -> Vec<&str> {
        rule.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let has = |key: &str, word: &str| words(key).iter().any(|own| *own == "*" || *own == word);
    let of_every = resource.split_once('/').map(|(_, subresource)| format!("*/{subresource}"));
    let is_named = match (words("resourceNames"), name) {
        (names, _) if names.is_empty() => true,
        (names, Some(name)) => names.contains(&name.as_str()),
        (_, None) => false,
    };
    has("verbs", &right.verb)
        && has("apiGroups", group)
        && (has("resources", resource) || of_every.is_some_and(|every| has("resources", &every)))
        && is_named
}
