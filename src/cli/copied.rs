//! The Secrets that are copied into every sandbox, as the cluster has them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::cluster::{Cluster, Target};
use crate::fleet::{Fleet, SecretRef};
use crate::manifest::{Kind, ObjectId, builtin};
use crate::plan::Version;
use crate::release::Copied;

/// Reads them, and which version of each.
pub(super) async fn copied_secrets(
    fleet: &Fleet,
    cluster: &dyn Cluster,
) -> (BTreeMap<SecretRef, Copied>, BTreeSet<Version>) {
    let kind = Kind::new("v1", "Secret");
    let mut copied = BTreeMap::new();
    let mut versions = BTreeSet::new();
    let Some(resource) = builtin(&kind) else { return (copied, versions) };
    for reference in &fleet.settings.copy_secrets {
        let id = ObjectId::new(&kind, Some(&reference.namespace), &reference.name);
        let target = Target { kind: &kind, resource: &resource, id: &id };
        let answer = match cluster.get(&target).await {
            Ok(Some(secret)) => {
                versions.insert(version(reference, &secret));
                read(&secret)
            }
            Ok(None) => Copied::Unreadable("it is not there".into()),
            Err(error) => Copied::Unreadable(error.with_remedy()),
        };
        copied.insert(reference.clone(), answer);
    }
    (copied, versions)
}

fn version(reference: &SecretRef, secret: &Value) -> Version {
    let text = |key: &str| secret["metadata"][key].as_str().unwrap_or_default().to_owned();
    Version {
        namespace: reference.namespace.clone(),
        name: reference.name.clone(),
        uid: text("uid"),
        resource_version: text("resourceVersion"),
    }
}

fn read(secret: &Value) -> Copied {
    let data = secret.get("data").and_then(Value::as_object).into_iter().flatten();
    Copied::Read {
        kind: secret.get("type").and_then(Value::as_str).unwrap_or("Opaque").to_owned(),
        data: data.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect(),
    }
}
