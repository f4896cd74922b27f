//! Admission: whether a policy keeps the account to its fleet, and what else has a say in what is written.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::desired::Fleet;
use super::finding::{Findings, some};
use super::server::Server;
use crate::cluster::{Apply, Cluster, Error, ErrorKind, Query, Target};
use crate::manifest::{Kind, LABEL_FLEET, MANAGER, ObjectId, Resource, builtin, namespaces};

const GROUP: &str = "admissionregistration.k8s.io";

pub(super) async fn look(server: &Server, fleet: &Fleet, findings: &mut Findings) {
    let cluster = &*server.cluster;
    policy(server, fleet, findings).await;
    let written: Vec<(Kind, Resource)> =
        fleet.objects.kinds().into_iter().filter_map(|kind| builtin(&kind).map(|resource| (kind, resource))).collect();
    let mut closed = Vec::new();
    let mut undry = Vec::new();
    for name in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        match webhooks(cluster, name).await {
            Ok(found) => {
                for webhook in found.iter().filter(|webhook| written.iter().any(|kind| matches(webhook, kind))) {
                    let name = webhook["name"].as_str().unwrap_or_default().to_owned();
                    let effects = webhook["sideEffects"].as_str().unwrap_or_default();
                    if !matches!(effects, "None" | "NoneOnDryRun") {
                        undry.push(name.clone());
                    }
                    if webhook["failurePolicy"].as_str() != Some("Ignore") {
                        closed.push(name);
                    }
                }
            }
            Err(error) if error.kind == ErrorKind::Forbidden => {
                return findings.ok("webhooks", "this account may not list them, so which there are is not known");
            }
            Err(error) => return findings.failed("webhooks", error.to_string(), "see whether the cluster is well"),
        }
    }
    let names = |names: &[String]| some(&names.iter().map(String::as_str).collect::<Vec<_>>());
    if !undry.is_empty() {
        let says = format!("{} take no dry runs, so that diffs by the server fail", names(&undry));
        findings.warning("webhooks", says, "--diff local, or sideEffects: None in their configuration");
    }
    if !closed.is_empty() {
        let says = format!(
            "{} have a say in what is written, and while they do not answer nothing of it can be",
            names(&closed)
        );
        findings.warning("webhooks", says, "see that they are well; failurePolicy: Ignore lets writes pass meanwhile");
    }
    if undry.is_empty() && closed.is_empty() {
        findings.ok("webhooks", "none stands in the way of what is written");
    }
}

/// Asked by a dry run: a namespace of the fleet's without the fleet's label, which the chart's policy refuses.
async fn policy(server: &Server, fleet: &Fleet, findings: &mut Findings) {
    const NAME: &str = "admission";
    let settings = &fleet.desired.fleet.settings;
    let account = settings.service_account.as_ref().map(ToString::to_string);
    let is_account = account.as_deref() == Some(server.user.as_str());
    let name = format!("{}doctor", settings.namespace_prefix);
    let labelled = dry_run(&*server.cluster, &name, json!({ LABEL_FLEET: settings.id })).await;
    if let Err(error) = labelled {
        let remedy = match error.kind {
            ErrorKind::Forbidden => "see the rights above".to_owned(),
            _ => error
                .remedy
                .clone()
                .unwrap_or_else(|| "see what refuses it: an admission policy or a webhook".to_owned()),
        };
        return findings.failed(NAME, format!("a dry run of a sandbox's namespace: {error}"), remedy);
    }
    match dry_run(&*server.cluster, &name, json!({})).await {
        Err(error) if error.message.contains("ValidatingAdmissionPolicy") => {
            findings.ok(NAME, "a policy keeps this account to the namespaces of its fleet");
        }
        _ if !is_account => {
            findings.ok(
                NAME,
                "a sandbox's namespace passes; the chart's policy is about the account that runs in the cluster alone",
            );
        }
        _ => match is_served(&*server.cluster).await {
            Ok(true) => findings.warning(
                NAME,
                "no policy keeps this account to the namespaces of its fleet, whatever else its roles allow",
                "install charts/reconcile with admission.policy auto or always",
            ),
            Ok(false) => findings.warning(
                NAME,
                "this server has no ValidatingAdmissionPolicy, so nothing keeps this account to its fleet's namespaces",
                "Kubernetes 1.30 and later have it",
            ),
            Err(error) => findings.failed(NAME, error.to_string(), "see whether the cluster is well"),
        },
    }
}

async fn dry_run(cluster: &dyn Cluster, name: &str, labels: Value) -> Result<(), Error> {
    let (kind, resource) = namespaces();
    let id = ObjectId::namespace(name);
    let target = Target { kind: &kind, resource: &resource, id: &id };
    let body = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } });
    let apply = Apply { body: &body, manager: MANAGER, uid: None, resource_version: None, dry_run: true };
    cluster.apply(&target, &apply).await.map(drop)
}

/// Asked of discovery, which every account may: the kind itself is forbidden to most, served or not.
async fn is_served(cluster: &dyn Cluster) -> Result<bool, Error> {
    let kind = Kind::new("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy");
    let served = cluster.resources(&BTreeSet::from([kind.clone()])).await?;
    match served.unknown.get(&kind) {
        Some(why) => Err(Error::new(ErrorKind::Other, format!("look up {kind}"), why.clone())),
        None => Ok(served.resources.contains_key(&kind)),
    }
}

/// The webhooks of all configurations of a kind.
async fn webhooks(cluster: &dyn Cluster, name: &str) -> Result<Vec<Value>, Error> {
    let kind = Kind::new(&format!("{GROUP}/v1"), name);
    let Some(resource) = builtin(&kind) else { return Ok(Vec::new()) };
    let query = Query { kind: &kind, resource: &resource, namespace: None, selector: "" };
    let configurations = cluster.objects(&query).await?;
    let webhooks = configurations.iter().filter_map(|configuration| configuration["webhooks"].as_array());
    Ok(webhooks.flatten().cloned().collect())
}

/// Whether a webhook is asked about writes of a kind, as far as its rules say.
fn matches(webhook: &Value, (kind, resource): &(Kind, Resource)) -> bool {
    let rules = webhook["rules"].as_array().into_iter().flatten();
    let has = |rule: &Value, key: &str, word: &str| {
        let words = rule[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        words.into_iter().any(|own| own == "*" || own == "*/*" || own == word)
    };
    let mut rules =
        rules.filter(|rule| ["CREATE", "UPDATE", "DELETE"].iter().any(|verb| has(rule, "operations", verb)));
    rules.any(|rule| has(rule, "apiGroups", &kind.group) && has(rule, "resources", &resource.plural))
}
