//! What a chart has in `crds/`: made first, once for all sandboxes, and left alone.

use super::case::{Case, file};

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: toys.GROUP
spec:
  group: GROUP
  names: {kind: Toy, listKind: ToyList, plural: toys, singular: toy}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";
const TOY: &str = "apiVersion: GROUP/v1\nkind: Toy\nmetadata: {name: bear}\nspec: {size: 3}\n";

#[test]
fn definitions_come_first_and_stay() {
    let Some(case) = Case::start("definitions") else { return };
    let group = format!("{}.example.com", case.id);
    let name = format!("toys.{group}");
    case.repo.write("charts/toys/Chart.yaml", "apiVersion: v2\nname: toys\nversion: 1.0.0\n");
    case.repo.write("charts/toys/crds/toys.yaml", &DEFINITION.replace("GROUP", &group));
    case.repo.write("charts/toys/templates/toy.yaml", &TOY.replace("GROUP", &group));
    case.sandbox("one", "chart = \"toys\"").sandbox("two", "chart = \"toys\"").commit("two with toys");
    let run = case.run(0, &[]);
    assert_eq!((run.came_of("one"), run.came_of("two")), (("done", ""), ("done", "")));
    for sandbox in ["one", "two"] {
        assert_eq!(case.field(sandbox, &format!("toys.{group}/bear"), ".spec.size"), "3");
    }
    case.assert_settled();

    // A new edition in the chart changes nothing, nor does somebody's own.
    let annotation = "--overwrite=true";
    case.plane.must(&["annotate", "crd", &name, "somebody=else", annotation]);
    case.repo.edit("charts/toys/crds/toys.yaml", "singular: toy", "singular: toy, shortNames: [t]");
    case.commit("a new edition");
    case.run(0, &[]);
    let short = case.plane.must(&["get", "crd", &name, "--output=jsonpath={.spec.names.shortNames}"]);
    assert_eq!(short, "");

    // Who made it goes, and it stays.
    case.repo.remove(&file("one"));
    case.commit("one goes");
    let run = case.run(0, &[]);
    assert_eq!(run.came_of("one"), ("done", ""));
    assert_eq!(
        case.plane.must(&["get", "crd", &name, "--output=name"]).trim(),
        format!("customresourcedefinition.apiextensions.k8s.io/{name}")
    );
    assert_eq!(case.field("two", &format!("toys.{group}/bear"), ".spec.size"), "3");
    case.assert_settled();
    case.plane.must(&["delete", "crd", &name]);
}

/// What the sandbox's record says holds, whatever somebody did to the annotations of the definition.
#[test]
fn a_definition_without_its_mark_stays() {
    let Some(case) = Case::start("unmarked") else { return };
    let group = format!("{}.example.com", case.id);
    let name = format!("toys.{group}");
    case.repo.write("charts/toys/Chart.yaml", "apiVersion: v2\nname: toys\nversion: 1.0.0\n");
    case.repo.write("charts/toys/crds/toys.yaml", &DEFINITION.replace("GROUP", &group));
    case.repo.write("charts/toys/templates/toy.yaml", &TOY.replace("GROUP", &group));
    case.sandbox("one", "chart = \"toys\"").sandbox("two", "chart = \"toys\"").sandbox("three", "chart = \"toys\"");
    case.commit("three with toys, of which one stays");
    // However short a run is to wait, it waits for what it cannot go on without.
    case.run(0, &["--timeout", "0s"]);
    case.run(0, &[]);
    let record = case.plane.must(&["get", "namespace", &case.namespace("one"), "--output=yaml"]);
    assert!(record.contains(&format!("reconcile.dev/made-once: CustomResourceDefinition/{name}")), "{record}");

    case.plane.must(&["annotate", "crd", &name, "reconcile.dev/crds-"]);
    case.assert_settled();
    case.repo.remove("charts/toys/crds/toys.yaml");
    case.commit("the chart drops it");
    case.run(0, &[]);
    let toy = |sandbox: &str| case.field(sandbox, &format!("toys.{group}/bear"), ".spec.size");
    assert_eq!((toy("one").as_str(), toy("two").as_str()), ("3", "3"));

    case.repo.write("charts/toys/crds/toys.yaml", &DEFINITION.replace("GROUP", &group));
    case.commit("the chart has it again");
    case.run(0, &[]);

    // Who made it goes, which any of the three may have been, and then its namespace's record is gone too.
    let label = "--output=jsonpath={.metadata.labels.reconcile\\.dev/sandbox}";
    let maker = case.plane.must(&["get", "crd", &name, label]);
    let other = ["one", "two"].into_iter().find(|sandbox| *sandbox != maker).expect("one of them did not make it");
    for sandbox in [maker.as_str(), other] {
        case.repo.remove(&file(sandbox));
        case.commit("another one goes");
        case.run(0, &[]);
    }
    case.run(0, &[]);
    assert!(case.plane.must(&["get", "crd", &name, "--output=name"]).contains(&name));
    let plan = case.plan(0, &[]).0.to_string();
    assert!(plan.contains(&format!("CustomResourceDefinition/{name} stays")), "{plan}");
    case.plane.must(&["delete", "crd", &name]);
}
