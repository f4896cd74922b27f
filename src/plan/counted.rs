//! When a new quota has to be waited for. Until its `status.hard` is there it lets everything through (seen): so before
//! the first object that it may count, or that may bring such objects along. What comes before that goes on meanwhile.

use serde_json::{Map, Value, json};

use super::types::{Action, Step, Work};

/// Kinds that bring no pods, claims or anything else along.
const INERT: &[(&str, &str)] = &[
    ("", "ConfigMap"),
    ("", "LimitRange"),
    ("", "ResourceQuota"),
    ("", "Secret"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
];
/// What pods and claims alone use up; the rest of these names is a resource's.
const OF_PODS: &[&str] = &["hugepages-", "limits.", "requests."];
const OF_PODS_WHOLE: &[&str] = &[
    "count/persistentvolumeclaims",
    "count/pods",
    "cpu",
    "ephemeral-storage",
    "memory",
    "persistentvolumeclaims",
    "pods",
];
/// After the name of a storage class.
const OF_CLASSES: &str = ".storageclass.storage.k8s.io/";

/// Puts the waits for new quotas among the steps.
pub(super) fn await_quotas(steps: &mut Vec<Step>) {
    let mut with_waits = Vec::with_capacity(steps.len() + 1);
    let mut waits: Vec<Step> = Vec::new();
    // What else a quota counts is counted at once.
    let mut counts_all = false;
    let mut is_new = false;
    for step in steps.drain(..) {
        is_new |= matches!(step.work, Work::Claim { .. });
        if counts_all || !is_inert(&step) {
            with_waits.append(&mut waits);
            counts_all = false;
        }
        if let Some(hard) = new_quota(&step) {
            counts_all |= !is_of_pods(hard);
            // Of what else it may count the cluster itself puts some into a new namespace.
            let ahead = Some(hard).filter(|hard| is_new && is_of_pods(hard)).map(|hard| unused(&step, hard));
            waits.push(Step { diff: String::new(), quiet: true, work: Work::AwaitQuota { ahead }, ..step.clone() });
        }
        with_waits.push(step);
    }
    with_waits.append(&mut waits);
    *steps = with_waits;
}

/// A quota of which nothing is used.
fn unused(step: &Step, hard: &Value) -> Value {
    let used: Map<String, Value> =
        hard.as_object().into_iter().flatten().map(|(name, _)| (name.clone(), json!("0"))).collect();
    json!({
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": step.id.name, "namespace": step.id.namespace},
        "status": {"hard": hard, "used": used},
    })
}

/// What a quota bounds that is about to be made.
fn new_quota(step: &Step) -> Option<&Value> {
    match &step.work {
        Work::Apply { body, .. } if step.id.kind == "ResourceQuota" && step.action == Action::Create => {
            Some(body.pointer("/spec/hard").unwrap_or(&Value::Null))
        }
        _ => None,
    }
}

fn is_inert(step: &Step) -> bool {
    let is_inert_kind = || INERT.contains(&(step.id.group.as_str(), step.id.kind.as_str()));
    match step.work {
        Work::Claim { .. } | Work::Record { .. } | Work::Delete { .. } | Work::Drop { .. } => true,
        Work::AwaitGone { .. } | Work::AwaitQuota { .. } | Work::AwaitServed | Work::AwaitReady => true,
        Work::Apply { .. } | Work::MakeOnce { .. } | Work::Replace { .. } | Work::Hook { .. } => is_inert_kind(),
    }
}

fn is_of_pods(hard: &Value) -> bool {
    let names = hard.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    names.into_iter().all(|name| {
        OF_PODS_WHOLE.contains(&name)
            || OF_PODS.iter().any(|prefix| name.starts_with(prefix))
            || name.contains(OF_CLASSES)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Kind, ObjectId, Resource, Scope};

    fn step(api_version: &str, kind: &str, spec: &Value) -> Step {
        let kind = Kind::new(api_version, kind);
        Step {
            action: Action::Create,
            id: ObjectId::new(&kind, Some("a"), "it"),
            kind,
            resource: Resource { plural: "its".into(), scope: Scope::Namespaced },
            reason: String::new(),
            drift: Vec::new(),
            diff: String::new(),
            quiet: false,
            work: Work::Apply {
                body: json!({"spec": spec}),
                precondition: None,
                generated: Vec::new(),
                kept: Vec::new(),
                clear: None,
                remove: Vec::new(),
            },
        }
    }

    fn order(hard: &Value, others: &[(&str, &str)]) -> String {
        let mut steps = vec![step("v1", "ResourceQuota", &json!({"hard": hard}))];
        steps.extend(others.iter().map(|(api_version, kind)| step(api_version, kind, &Value::Null)));
        await_quotas(&mut steps);
        let words = steps.iter().map(|step| match &step.work {
            Work::AwaitQuota { .. } => "wait",
            _ => step.id.kind.as_str(),
        });
        words.skip(1).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_quota_is_waited_for_before_what_it_counts() {
        let others = [("v1", "Secret"), ("v1", "Service"), ("apps/v1", "Deployment"), ("batch/v1", "Job")];
        let of_pods = json!({
            "pods": "4", "cpu": "1", "limits.memory": "1Gi", "requests.nvidia.com/gpu": "1",
            "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
        });
        assert_eq!(order(&of_pods, &others), "Secret Service wait Deployment Job");
        for other in ["services", "services.loadbalancers", "secrets", "count/configmaps", "count/widgets.example.com"]
        {
            assert_eq!(
                order(&json!({"pods": "4", other: "1"}), &others),
                "wait Secret Service Deployment Job",
                "{other}"
            );
        }
        // What a kind that nobody knows brings along is not known either.
        assert_eq!(order(&of_pods, &[("v1", "Secret"), ("example.com/v1", "Secret")]), "Secret wait Secret");
        assert_eq!(order(&of_pods, &[("v1", "PersistentVolumeClaim")]), "wait PersistentVolumeClaim");
        assert_eq!(order(&of_pods, &[("v1", "ConfigMap")]), "ConfigMap wait");
        assert_eq!(order(&of_pods, &[]), "wait");
    }

    #[test]
    fn each_new_quota_has_its_wait() {
        let quota = |hard: Value| step("v1", "ResourceQuota", &json!({"hard": hard}));
        let mut there = quota(json!({"pods": "1"}));
        there.action = Action::Update;
        let pod = step("v1", "Pod", &Value::Null);
        let mut steps = vec![quota(json!({"pods": "1"})), there, quota(json!({"configmaps": "1"})), pod];
        await_quotas(&mut steps);
        let waits: Vec<bool> = steps.iter().map(|step| matches!(step.work, Work::AwaitQuota { .. })).collect();
        assert_eq!(waits, [false, false, false, true, true, false]);
    }

    #[test]
    fn only_what_nothing_can_use_yet_is_put_in_force_ahead() {
        let ahead = |steps: Vec<Step>| {
            let mut steps = steps;
            await_quotas(&mut steps);
            steps.into_iter().find_map(|step| match step.work {
                Work::AwaitQuota { ahead } => Some(ahead),
                _ => None,
            })
        };
        let claim = || Step { work: Work::Claim { body: json!({}) }, ..step("v1", "Namespace", &Value::Null) };
        let quota = |hard: &Value| step("v1", "ResourceQuota", &json!({"hard": hard}));
        let pods = json!({"pods": "4", "limits.cpu": "2"});
        let written = ahead(vec![claim(), quota(&pods)]).flatten().expect("it is written ahead");
        assert_eq!(written["status"], json!({"hard": pods, "used": {"pods": "0", "limits.cpu": "0"}}));
        assert_eq!(written["metadata"], json!({"name": "it", "namespace": "a"}));
        assert_eq!(ahead(vec![quota(&pods)]), Some(None), "what is there may use it");
        assert_eq!(ahead(vec![claim(), quota(&json!({"pods": "4", "count/configmaps": "5"}))]), Some(None));
    }
}
