//! API groups that come and go: one that is gone takes its objects along, one whose server does not answer takes nothing.

use super::case::{Case, file};
use crate::wait::wait_until;

const SOON: std::time::Duration = std::time::Duration::from_secs(60);

/// A fleet with a chart that has an object of a kind of its own, of no namespace; `group` has no dot in it.
fn start(stem: &str) -> Option<(Case, String)> {
    let case = Case::start(stem)?;
    let group = format!("{}.example.com", case.id);
    case.repo.write("charts/thing/Chart.yaml", "apiVersion: v2\nname: thing\nversion: 1.0.0\n");
    case.repo.write(
        "charts/thing/templates/thing.yaml",
        &format!(
            "apiVersion: {group}/v1\nkind: Thing\nmetadata:\n  name: {{{{ .Release.Namespace }}}}\nspec: {{size: 3}}\n"
        ),
    );
    Some((case, group))
}

fn define(case: &Case, group: &str, versions: &[&str]) {
    let versions: String = versions
        .iter()
        .enumerate()
        .map(|(position, name)| {
            format!(
                "    - {{name: {name}, served: true, storage: {}, schema: {{openAPIV3Schema: {{type: object, \
                 x-kubernetes-preserve-unknown-fields: true}}}}}}\n",
                position == 0
            )
        })
        .collect();
    let yaml = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: things.{group}}}\n\
         spec:\n  group: {group}\n  scope: Cluster\n  names: {{kind: Thing, plural: things, singular: thing}}\n  \
         versions:\n{versions}"
    );
    case.plane.apply("test", &yaml);
    case.plane.must(&["wait", "--for=condition=Established", &format!("crd/things.{group}"), "--timeout=60s"]);
}

fn await_discovery(case: &Case, path: &str, is_there: bool) {
    wait_until(&format!("{path} is there: {is_there}"), SOON, || {
        let output = case.plane.kubectl(&["get", "--raw", path]);
        if output.status.success() == is_there { Ok(()) } else { Err(format!("{output:?}")) }
    });
}

/// A definition, and three sandboxes that have one of it each; not committed yet.
fn three_things(case: &Case, group: &str) {
    define(case, group, &["v1"]);
    await_discovery(case, &format!("/apis/{group}/v1"), true);
    for name in ["goes", "drops", "asks"] {
        case.sandbox(name, "chart = \"thing\"");
    }
}

#[test]
fn with_a_definition_its_objects_are_gone_and_nothing_waits_for_them() {
    let Some((case, group)) = start("undefined") else { return };
    three_things(&case, &group);
    case.commit("three things");
    case.run(0, &[]);
    case.assert_settled();

    case.plane.must(&["delete", &format!("crd/things.{group}")]);
    await_discovery(&case, &format!("/apis/{group}/v1"), false);
    case.repo.remove(&file("goes")).edit(&file("drops"), "chart = \"thing\"", "chart = \"app\"");
    case.commit("one goes, one has another chart, and one asks for what is no more");
    let run = case.run(4, &["--timeout=90s"]);
    assert_eq!((run.came_of("goes"), run.came_of("drops")), (("done", ""), ("done", "")));
    assert!(!case.has_namespace("goes"));
    assert_eq!(run.action("asks"), "held");
    assert!(run.reason("asks").contains("does not serve"), "{}", run.reason("asks"));
}

#[test]
fn a_group_whose_server_does_not_answer_holds_what_has_it_and_nothing_else() {
    let Some((case, group)) = start("unanswered") else { return };
    three_things(&case, &group);
    case.sandbox("other", "").commit("three things, and one without");
    case.run(0, &[]);
    let thing =
        |name: &str| case.plane.must(&["get", &format!("things.{group}/{}", case.namespace(name)), "-o", "name"]);

    // What the definition registered is sent to a service that is not there.
    let service = format!(
        "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata:\n  name: v1.{group}\n  \
         labels: {{kube-aggregator.kubernetes.io/automanaged: \"\"}}\nspec:\n  group: {group}\n  version: v1\n  \
         groupPriorityMinimum: 1000\n  versionPriority: 100\n  insecureSkipTLSVerify: true\n  \
         service: {{name: nobody, namespace: default}}\n"
    );
    case.plane.apply("test", &service);
    await_discovery(&case, &format!("/apis/{group}/v1"), false);
    case.repo.remove(&file("goes")).edit(&file("drops"), "chart = \"thing\"", "chart = \"app\"");
    case.repo.edit(&file("other"), "other:1", "other:2");
    case.commit("one goes, one has another chart, one asks, and one has nothing to do with it");
    let run = case.run(4, &[]);
    for name in ["goes", "drops", "asks"] {
        assert_eq!(run.action(name), "held", "{name}: {:#}", run.sandbox(name));
        assert!(run.reason(name).contains(&group), "{name}: {}", run.reason(name));
        assert!(case.lives(name));
    }
    assert_eq!((run.action("other"), run.came_of("other").0), ("update", "done"));

    // It answers again, and they go on.
    case.plane.must(&["delete", &format!("apiservice/v1.{group}")]);
    await_discovery(&case, &format!("/apis/{group}/v1"), true);
    assert_eq!(["goes", "drops", "asks"].map(thing).iter().filter(|text| text.is_empty()).count(), 0);
    let run = case.run(0, &["--timeout=90s"]);
    assert_eq!((run.came_of("goes"), run.came_of("drops"), run.action("asks")), (("done", ""), ("done", ""), "keep"));
    let left = case.plane.must(&["get", &format!("things.{group}"), "-o", "name"]);
    assert!(left.lines().count() == 1 && left.contains(&case.namespace("asks")), "{left}");
    case.assert_settled();
}

#[test]
fn a_version_that_is_gone_hides_no_objects() {
    let Some((case, group)) = start("versions") else { return };
    define(&case, &group, &["v1", "v2"]);
    await_discovery(&case, &format!("/apis/{group}/v2"), true);
    case.sandbox("goes", "chart = \"thing\"").sandbox("asks", "chart = \"thing\"").commit("two things");
    case.run(0, &[]);
    let name = format!("crd/things.{group}");
    case.plane.must(&[
        "patch",
        &name,
        "--type=json",
        r#"-p=[{"op": "replace", "path": "/spec/versions/0/served", "value": false}]"#,
    ]);
    await_discovery(&case, &format!("/apis/{group}/v1"), false);
    case.repo.remove(&file("goes"));
    case.commit("one goes");
    let run = case.run(0, &["--timeout=90s"]);
    assert_eq!(run.came_of("goes"), ("done", ""));
    let left = case.plane.must(&["get", &format!("things.v2.{group}"), "-o", "name"]);
    assert!(left.lines().count() == 1 && left.contains(&case.namespace("asks")), "{left}");
    assert_eq!(run.action("asks"), "keep", "{:#}", run.sandbox("asks"));

    // What is asked for in a version that is gone is not changed in it.
    case.repo.edit("charts/thing/templates/thing.yaml", "size: 3", "size: 4");
    case.commit("a change");
    let plan = case.plan(4, &[]);
    assert!(plan.reason("asks").contains("does not serve"), "{:#}", plan.sandbox("asks"));
}

#[test]
fn a_kind_that_an_older_server_lacks_holds_its_sandbox_there() {
    let Some(case) = Case::admin("later") else { return };
    case.repo.write("charts/policy/Chart.yaml", "apiVersion: v2\nname: policy\nversion: 1.0.0\n");
    case.repo.write(
        "charts/policy/templates/policy.yaml",
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata:\n  \
         name: {{ .Release.Namespace }}\nspec:\n  matchConstraints:\n    resourceRules:\n      - {apiGroups: [none.example.com], \
         apiVersions: [v1], operations: [CREATE], resources: [things]}\n  validations: [{expression: \"true\"}]\n",
    );
    case.sandbox("asks", "chart = \"policy\"").sandbox("other", "").commit("a policy, and one without");
    if case.plane.admits_by("ValidatingAdmissionPolicy") {
        case.run(0, &[]);
        return case.assert_settled();
    }
    let run = case.run(4, &[]);
    assert_eq!((run.action("asks"), run.came_of("other").0), ("held", "done"));
    assert!(run.reason("asks").contains("does not serve"), "{}", run.reason("asks"));
    assert!(!case.has_namespace("asks"));
}
