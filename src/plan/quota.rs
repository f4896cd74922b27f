//! What the quotas of a sandbox let it request: what it counts in the fleet's budget.

use serde_json::{Map, Value};

use crate::fleet::{Budget, Budgeted, Quantity};
use crate::manifest::Manifest;

/// The keys of `spec.hard` that bound one thing; the second only where no quota has the first, as requests are never
/// above limits.
fn keys(what: Budgeted) -> [&'static [&'static str]; 2] {
    match what {
        Budgeted::Cpu => [&["requests.cpu", "cpu"], &["limits.cpu"]],
        Budgeted::Memory => [&["requests.memory", "memory"], &["limits.memory"]],
        Budgeted::Storage => [&["requests.storage"], &[]],
    }
}

/// What the `ResourceQuota`s of a release allow in a namespace. Of several the tightest counts, as each of them has to
/// be met; one that is scoped bounds a part of the pods only, and counts for nothing.
pub(super) fn quota_of(manifests: &[Manifest], namespace: &str) -> Budget {
    let is_quota = |m: &&Manifest| {
        m.kind.group.is_empty() && m.kind.kind == "ResourceQuota" && m.id.namespace.as_deref() == Some(namespace)
    };
    let bodies: Vec<Value> = manifests.iter().filter(is_quota).map(Manifest::body).collect();
    let hard: Vec<&Map<String, Value>> = bodies.iter().filter_map(unscoped).collect();
    let mut quota = Budget::default();
    for what in Budgeted::ALL {
        let tightest = |keys: &[&str]| {
            let bounds = hard.iter().flat_map(|hard| keys.iter().filter_map(|key| quantity(hard.get(*key)?)));
            bounds.min()
        };
        let [first, second] = keys(what);
        *quota.of_mut(what) = tightest(first).or_else(|| tightest(second));
    }
    quota
}

fn unscoped(body: &Value) -> Option<&Map<String, Value>> {
    let spec = body.get("spec")?;
    let is_empty = |value: &Value| match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        other => other.is_null(),
    };
    let scoped = ["scopes", "scopeSelector"].iter().any(|key| spec.get(key).is_some_and(|value| !is_empty(value)));
    spec.get("hard").filter(|_| !scoped)?.as_object()
}

/// As the API server reads it: a text or a number. One that it would not read bounds nothing.
fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// How a quota is written on the Namespace: `cpu=2,memory=4Gi,storage=10Gi`, without what is not bounded.
pub(super) fn quota_text(quota: &Budget) -> String {
    let parts: Vec<String> = quota.bounds().map(|(what, amount)| format!("{}={amount}", what.name())).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(",") }
}

/// Reads it back; `None` for a text that is not ours, so that what it says is as good as not recorded.
pub(super) fn read_quota(text: &str) -> Option<Budget> {
    let mut quota = Budget::default();
    for part in text.split(',').filter(|_| text != "none") {
        let (name, amount) = part.split_once('=')?;
        let what = Budgeted::ALL.into_iter().find(|what| what.name() == name)?;
        *quota.of_mut(what) = Some(amount.parse().ok()?);
    }
    Some(quota)
}

/// The larger of two, thing by thing: what is bounded in one alone is not bounded.
pub(super) fn larger(one: &Budget, other: &Budget) -> Budget {
    let mut larger = Budget::default();
    for what in Budgeted::ALL {
        *larger.of_mut(what) = one.of(what).zip(other.of(what)).map(|(one, other)| one.max(other));
    }
    larger
}
