//! Where an object's file is: `NAMESPACE/namespace.yaml`, `NAMESPACE/KIND-NAME.yaml`, `_cluster/KIND-NAME.yaml`.

use std::path::Path;

use crate::manifest::{Kind, ObjectId, builtin};

/// The folder of what is in no namespace. No namespace can be called so.
pub(super) const CLUSTER: &str = "_cluster";
/// The folder of what is not for the tree: ownership and generated values.
pub(super) const STATE: &str = ".reconcile";

/// The folder that an object's file is in.
pub(super) fn folder(id: &ObjectId) -> &str {
    if is_namespace(id) { &id.name } else { id.namespace.as_deref().unwrap_or(CLUSTER) }
}

/// Whether this is a Namespace, whose file is among those of the objects in it.
pub(super) fn is_namespace(id: &ObjectId) -> bool {
    id.group.is_empty() && id.kind == "Namespace"
}

/// The name of an object's file, without extension.
pub(super) fn stem(id: &ObjectId) -> String {
    if is_namespace(id) {
        return "namespace".into();
    }
    let kind = id.kind.to_lowercase();
    let own = builtin(&Kind { group: id.group.clone(), version: String::new(), kind: id.kind.clone() }).is_some();
    let kind = if own { kind } else { format!("{kind}.{}", id.group) };
    format!("{}-{}", escaped(&kind), escaped(&id.name))
}

/// Whether a file of the tree is an object's.
pub(super) fn is_manifest(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|extension| extension == "yaml" || extension == "yml")
        && !name.starts_with('.')
        // Kustomize's own file may stand beside the manifests that it lists.
        && !matches!(name, "kustomization.yaml" | "kustomization.yml")
}

/// Names of RBAC objects may hold anything but slashes; capitals are one letter with small ones on some file systems.
fn escaped(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte) {
            out.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_objects_share_a_file() {
        let id = |api: &str, kind: &str, name: &str| ObjectId::new(&Kind::new(api, kind), Some("ns"), name);
        assert_eq!(stem(&id("apps/v1", "Deployment", "web")), "deployment-web");
        assert_eq!(stem(&id("cert-manager.io/v1", "Certificate", "web")), "certificate.cert-manager.io-web");
        assert_eq!(stem(&id("rbac.authorization.k8s.io/v1", "Role", "System:A")), "role-%53ystem%3A%41");
        assert_eq!(stem(&ObjectId::namespace("ns")), "namespace");
        assert_eq!(folder(&ObjectId::namespace("ns")), "ns");
        assert_eq!(folder(&ObjectId::new(&Kind::new("v1", "Node"), None, "n")), CLUSTER);
    }
}
