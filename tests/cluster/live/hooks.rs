//! Hooks: when they run, in which order, and what is left of them.

use super::case::{Case, file};

/// A Job that is a hook.
fn job(name: &str, annotations: &str) -> String {
    format!(
        "apiVersion: batch/v1
kind: Job
metadata:
  name: {name}
  annotations:
    {}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      serviceAccountName: default
      automountServiceAccountToken: false
      securityContext: {{runAsNonRoot: true, runAsUser: 1000, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
        - name: main
          image: {{{{ .Values.sandbox.image }}}}
          securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
",
        annotations.replace('\n', "\n    ")
    )
}

/// The writes of a user since a mark, as `create jobs/first`, of the kinds that tell of order.
fn written(case: &Case, mark: crate::audit::Mark) -> Vec<String> {
    let told = ["jobs", "deployments", "namespaces", "configmaps"];
    let writes = case.plane.writes(mark, &case.user).into_iter();
    let of_interest = writes.filter(|write| told.contains(&write.object_ref.resource.as_str()));
    of_interest
        .filter(|write| write.object_ref.namespace != "reconcile-system")
        .map(|write| format!("{} {}/{}", write.verb, write.object_ref.resource, write.object_ref.name))
        .collect()
}

fn at(written: &[String], what: &str) -> usize {
    written.iter().position(|write| write == what).unwrap_or_else(|| panic!("no {what:?} in {written:#?}"))
}

#[test]
fn hooks_run_in_their_moments_by_weight_and_go_by_their_policies() {
    let Some(case) = Case::start("hooks") else { return };
    let all = [
        ("second", "helm.sh/hook: pre-install,pre-upgrade\nhelm.sh/hook-weight: \"5\""),
        (
            "first",
            "helm.sh/hook: pre-install,pre-upgrade\nhelm.sh/hook-weight: \"-5\"\nhelm.sh/hook-delete-policy: hook-succeeded",
        ),
        ("after", "helm.sh/hook: post-install"),
        ("upgraded", "helm.sh/hook: post-upgrade\nhelm.sh/hook-delete-policy: before-hook-creation,hook-succeeded"),
        ("backup", "helm.sh/hook: pre-delete"),
        ("farewell", "helm.sh/hook: post-delete"),
        ("trial", "helm.sh/hook: test"),
    ];
    for (name, annotations) in all {
        case.repo.write(&format!("charts/app/templates/hook-{name}.yaml"), &job(name, annotations));
    }
    case.sandbox("one", "").commit("one");
    let mark = case.plane.mark();
    let run = case.run(0, &[]);
    assert_eq!(run.came_of("one"), ("done", ""));
    let writes = written(&case, mark);
    let order =
        ["patch jobs/first", "patch jobs/second", "delete jobs/first", "patch deployments/web", "patch jobs/after"];
    let places: Vec<usize> = order.iter().map(|what| at(&writes, what)).collect();
    assert!(places.is_sorted(), "{writes:#?}");
    assert!(writes[0].starts_with("patch namespaces/"), "{writes:#?}");
    for absent in ["upgraded", "backup", "farewell", "trial"] {
        assert!(!writes.iter().any(|write| write.ends_with(absent)), "{absent} ran: {writes:#?}");
    }
    assert!(case.has("one", "job/second") && case.has("one", "job/after") && !case.has("one", "job/first"));
    case.assert_settled();

    // Putting something back is no upgrade.
    case.kubectl("one", &["scale", "deployment/web", "--replicas=4"]);
    let uid = case.field("one", "job/second", ".metadata.uid");
    case.run(0, &[]);
    assert_eq!(case.field("one", "job/second", ".metadata.uid"), uid);

    case.repo.edit(&file("one"), "one:1", "one:2");
    case.commit("another image");
    let mark = case.plane.mark();
    case.run(0, &[]);
    let writes = written(&case, mark);
    let order =
        ["patch jobs/first", "delete jobs/second", "patch jobs/second", "patch deployments/web", "patch jobs/upgraded"];
    let places: Vec<usize> = order.iter().map(|what| at(&writes, what)).collect();
    assert!(places.is_sorted(), "{writes:#?}");
    assert_ne!(case.field("one", "job/second", ".metadata.uid"), uid, "it ran again");
    assert!(!case.has("one", "job/upgraded") && case.has("one", "job/after"));
    case.assert_settled();

    // Its file goes, and with it what says which hooks there are: they are those of the commit that was applied.
    case.repo.remove(&file("one"));
    case.sandbox("other", "values.replicas = 1").commit("one goes");
    let mark = case.plane.mark();
    let run = case.run(0, &["--only=one"]);
    assert_eq!(run.came_of("one"), ("done", ""));
    let writes = written(&case, mark);
    let namespace = format!("delete namespaces/{}", case.namespace("one"));
    let order = ["patch jobs/backup", "delete deployments/web", "patch jobs/farewell", namespace.as_str()];
    let places: Vec<usize> = order.iter().map(|what| at(&writes, what)).collect();
    assert!(places.is_sorted(), "{writes:#?}");
    assert!(!case.has_namespace("one"));
}

#[test]
fn a_hook_that_fails_ends_what_it_stands_before() {
    let Some(case) = Case::start("hookless") else { return };
    let hook = job("check", "helm.sh/hook: pre-upgrade\nhelm.sh/hook-delete-policy: hook-failed");
    let hook = hook.replace("backoffLimit: 0", "backoffLimit: 0\n  activeDeadlineSeconds: 3");
    case.repo.write("charts/app/templates/hook.yaml", &hook);
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    case.repo.edit(&file("one"), "one:1", "no-such-image:1");
    case.commit("an image that is not there");
    let run = case.run(4, &[]);
    let (status, reason) = run.came_of("one");
    assert_eq!(status, "failed", "{reason}");
    assert!(reason.starts_with("Job/check: "), "{reason}");
    assert!(!case.has("one", "job/check"), "it goes where it fails");
    let image = case.field("one", "deployment/web", ".spec.template.spec.containers[0].image");
    assert_eq!(image, "registry.example.com/one:1", "nothing came after it");
    assert_eq!(run.sandbox("one")["result"]["aftermath"], "went-back", "{:#}", run.sandbox("one"));
}

#[test]
fn delete_hooks_that_are_not_known_hold_the_removal() {
    let Some(case) = Case::start("unhooked") else { return };
    case.repo.write("charts/app/templates/hook.yaml", &job("backup", "helm.sh/hook: pre-delete"));
    case.sandbox("one", "").sandbox("stays", "").commit("one");
    case.run(0, &[]);
    // What was applied does not come from any commit that is here.
    let namespace = case.namespace("one");
    case.repo.remove(&file("one"));
    case.commit("one goes");
    let clone = case.shallow();
    let plan = clone.plan(4, &["--allow-rewind"]);
    assert_eq!(plan.action("one"), "held");
    assert!(plan.reason("one").contains("its delete hooks (Job/backup) cannot be run"), "{}", plan.reason("one"));
    case.plane.must(&["annotate", "namespace", &namespace, "reconcile.dev/delete-hooks-"]);
    assert_eq!(clone.plan(2, &["--allow-rewind", "--only=one"]).action("one"), "remove");
}
