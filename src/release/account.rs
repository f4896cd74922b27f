//! The `RoleBinding` that each sandbox brings for the account that runs `reconcile` in the cluster: its rights to what
//! is in a namespace end there.

use serde_json::json;

use super::Basis;
use crate::access::{BINDING, sandbox_role};
use crate::fleet::Sandbox;
use crate::manifest::{Kind, Manifest, ObjectId, Owner, Stamp};

const SOURCE: &str = "sandboxes/fleet.toml (service_account)";

/// The binding of a sandbox, where the fleet names an account.
pub(super) fn binding(sandbox: &Sandbox, basis: &Basis<'_>, owner: &Owner) -> Option<Manifest> {
    let account = basis.settings.service_account.as_ref()?;
    let kind = Kind::new("rbac.authorization.k8s.io/v1", "RoleBinding");
    let id = ObjectId::new(&kind, Some(&sandbox.namespace), BINDING);
    let body = json!({
        "apiVersion": kind.api_version(),
        "kind": kind.kind,
        "metadata": { "name": BINDING },
        "roleRef": {
            "apiGroup": kind.group,
            "kind": "ClusterRole",
            "name": sandbox_role(&basis.settings.id),
        },
        "subjects": [{ "kind": "ServiceAccount", "name": account.name, "namespace": account.namespace }],
    });
    Some(Manifest::new(kind, id, body, Stamp { owner, source: SOURCE, generated: Vec::new() }))
}

/// Whether a manifest is that binding.
pub fn is_account_binding(manifest: &Manifest) -> bool {
    &*manifest.source == SOURCE
}
