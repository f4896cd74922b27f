//! Splitting, hooks and the order of kinds.

use reconcile::chart::{
    hooks::{Event, Hook, Role, role},
    sort_for_install, sort_for_uninstall, split,
    yaml::Tree,
};
use serde_json::json;

fn texts(text: &str) -> Vec<(usize, &str)> {
    split(text).into_iter().map(|part| (part.line, part.text)).collect()
}

#[test]
fn documents_are_split_as_helm_splits_them() {
    assert_eq!(texts("a: 1\n---\nb: 2\n"), [(1, "a: 1"), (3, "b: 2")]);
    assert_eq!(texts("\n\n---\n\na: 1\n\n \n---# comment\nb: 2"), [(5, "a: 1"), (8, "# comment\nb: 2")]);
    // A separator takes the line break that the next one would need; YAML reads the rest as an empty document.
    assert_eq!(texts("---\n--- \na: 1"), [(2, "--- \na: 1")]);
    assert_eq!(texts("a: |\n  x\n  ---\n  y\n--- b: 2"), [(1, "a: |\n  x\n  ---\n  y"), (5, "b: 2")]);
    assert_eq!(texts("a: 1 ---\nb: --- c"), [(1, "a: 1 ---\nb: --- c")]);
    assert_eq!(texts(" \n--- \n"), []);
    assert_eq!(texts(""), []);
}

#[test]
fn kinds_have_their_order() {
    let mut kinds = ["Zebra", "Ingress", "Namespace", "Apple", "Service", "Deployment", "Zebra", "ConfigMap"];
    sort_for_install(&mut kinds, |kind| kind);
    assert_eq!(kinds, ["Namespace", "ConfigMap", "Service", "Deployment", "Ingress", "Apple", "Zebra", "Zebra"]);
    sort_for_uninstall(&mut kinds, |kind| kind);
    assert_eq!(kinds, ["Ingress", "Service", "Deployment", "ConfigMap", "Namespace", "Apple", "Zebra", "Zebra"]);
    let mut same = [("Secret", 2), ("Secret", 1), ("Namespace", 3)];
    sort_for_install(&mut same, |item| item.0);
    assert_eq!(same, [("Namespace", 3), ("Secret", 2), ("Secret", 1)]);
}

#[test]
fn annotations_make_hooks() {
    let object = |annotations: serde_json::Value| json!({"kind": "Job", "metadata": {"annotations": annotations}});
    assert_eq!(role(&Tree::of(&json!({"kind": "Job"}))), Role::Part);
    assert_eq!(role(&Tree::of(&object(json!({"other": "x"})))), Role::Part);
    let hook = object(json!({
        "helm.sh/hook": "pre-install, Post-Upgrade",
        "helm.sh/hook-weight": "-5",
        "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
    }));
    let expected = Hook {
        events: vec![Event::PreInstall, Event::PostUpgrade],
        weight: -5,
        delete_policies: vec!["before-hook-creation".into(), "hook-succeeded".into()],
    };
    assert_eq!(role(&Tree::of(&hook)), Role::Hook(expected));
    assert_eq!(role(&Tree::of(&object(json!({"helm.sh/hook": "crd-install"})))), Role::Unknown("crd-install".into()));
}
