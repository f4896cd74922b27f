//! Objects that belong to no namespace: they come and go with their sandbox all the same.

use super::case::{Case, file};

const TEMPLATE: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ .Values.role | default .Release.Namespace }}
rules:
  - {apiGroups: [''], resources: [pods], verbs: {{ .Values.verbs | default (list \"get\") | toJson }}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data: {a: b}
";

fn start(stem: &str) -> Option<Case> {
    let case = Case::start(stem)?;
    case.repo.write("charts/wide/Chart.yaml", "apiVersion: v2\nname: wide\nversion: 1.0.0\n");
    case.repo.write("charts/wide/templates/all.yaml", TEMPLATE);
    Some(case)
}

fn role(case: &Case, name: &str, path: &str) -> String {
    let path = format!("--output=jsonpath={{{path}}}");
    case.plane.must(&["get", "clusterrole", name, "--ignore-not-found", &path])
}

#[test]
fn cluster_scoped_objects_come_and_go_with_their_sandbox() {
    let Some(case) = start("wide") else { return };
    let drops = "chart = \"wide\"\nvalues.verbs = [\"get\"]";
    case.sandbox("one", "chart = \"wide\"").sandbox("drops", drops).commit("two");
    case.run(0, &[]);
    let (one, other) = (case.namespace("one"), case.namespace("drops"));
    assert_eq!(role(&case, &one, ".metadata.labels.reconcile\\.dev/sandbox"), "one");
    case.assert_settled();

    let verbs = r#"--patch=[{"op": "replace", "path": "/rules/0/verbs", "value": ["*"]}]"#;
    case.plane.must(&["patch", "clusterrole", &one, "--type=json", verbs]);
    let run = case.run(0, &[]);
    assert_eq!(run.steps("one"), [format!("correct ClusterRole/{one}")]);
    assert_eq!(role(&case, &one, ".rules[0].verbs"), r#"["get"]"#);

    // One goes with its sandbox, the other alone.
    case.repo.remove(&file("one")).edit(&file("drops"), "chart = \"wide\"", "chart = \"app\"");
    case.commit("one goes, the other has another chart");
    let run = case.run(0, &[]);
    assert_eq!((run.came_of("one"), run.came_of("drops")), (("done", ""), ("done", "")));
    assert_eq!((role(&case, &one, ".kind"), role(&case, &other, ".kind")), (String::new(), String::new()));
    case.assert_settled();
}

#[test]
fn a_foreign_cluster_scoped_object_holds_its_sandbox_and_stays_untouched() {
    let Some(case) = start("wide-foreign") else { return };
    for name in ["new", "live"] {
        case.plane.must(&[
            "create",
            "clusterrole",
            &format!("{}-theirs-{name}", case.id),
            "--verb=list",
            "--resource=pods",
        ]);
    }
    case.sandbox("live", "chart = \"wide\"").commit("one");
    case.run(0, &[]);
    for name in ["new", "live"] {
        case.sandbox(name, &format!("chart = \"wide\"\nvalues.role = \"{}-theirs-{name}\"", case.id));
    }
    case.commit("roles that are there already");
    let run = case.run(3, &[]);
    for name in ["new", "live"] {
        let role_name = format!("{}-theirs-{name}", case.id);
        assert_eq!(run.action(name), "held", "{:#}", run.sandbox(name));
        assert!(run.reason(name).contains(&format!("ClusterRole/{role_name}")), "{}", run.reason(name));
        assert_eq!(role(&case, &role_name, ".rules[0].verbs"), r#"["list"]"#);
    }
    assert!(!case.has_namespace("new"));
}

#[test]
fn of_two_sandboxes_with_one_cluster_scoped_object_the_second_is_held() {
    let Some(case) = start("wide-shared") else { return };
    let shared = format!("chart = \"wide\"\nvalues.role = \"{}-shared\"", case.id);
    case.sandbox("a", &shared).sandbox("b", &shared).commit("two with one role");
    let run = case.run(4, &[]);
    assert_eq!((run.came_of("a").0, run.action("b")), ("done", "held"));
    assert!(run.reason("b").contains("sandbox a"), "{}", run.reason("b"));
}

/// A volume is kept by its claim for as long as that is there, and the claim goes with the namespace.
#[test]
fn volumes_of_the_cluster_go_with_their_sandbox_although_a_claim_holds_them() {
    let Some(case) = Case::start("volumes") else { return };
    case.repo.copy("charts/odoo-dev-sandbox");
    let odoo = "image = \"odoo:18.0\"\nchart = \"odoo-dev-sandbox\"\nprofile = \"local\"\n";
    for name in ["goes", "moves"] {
        case.repo.write(&file(name), &format!("branch = \"{name}\"\n{odoo}"));
    }
    case.commit("two on this machine's folders");
    case.run(0, &[]);
    let volumes = |name: &str| {
        let selector = format!("--selector=reconcile.dev/fleet={},reconcile.dev/sandbox={name}", case.id);
        case.plane.must(&["get", "pv", &selector, "--output=name"]).lines().count()
    };
    for name in ["goes", "moves"] {
        assert_eq!(volumes(name), 2, "{name}");
        let bound = case.field(name, "pvc", ".items[*].status.phase");
        assert!(bound.split(' ').count() >= 4 && bound.split(' ').all(|phase| phase == "Bound"), "{name}: {bound}");
    }
    case.assert_settled();

    case.repo.remove(&file("goes")).edit(&file("moves"), "profile = \"local\"\n", "");
    case.commit("one goes, and one has its code in the image");
    let run = case.run(0, &["--timeout=90s"]);
    for name in ["goes", "moves"] {
        assert_eq!(run.came_of(name), ("done", ""), "{name}");
        assert_eq!(volumes(name), 0, "{name}");
    }
    assert!(!case.has_namespace("goes"));
    case.assert_settled();
}
