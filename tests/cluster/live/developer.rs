//! A developer's day on the real API server: a sandbox made, changed, put to sleep and removed by commands alone, each of
//! which is a commit; a scheduled run in between undoes nothing.

use super::case::{Case, file};
use crate::tool::Run;

/// A command as Ada, whose commits it makes.
fn ada(case: &Case, status: i32, args: &[&str]) -> String {
    let mut command = case.tool().command(args);
    command.env("GIT_AUTHOR_NAME", "Ada").env("GIT_AUTHOR_EMAIL", "ada@example.com");
    command.env("GIT_COMMITTER_NAME", "Ada").env("GIT_COMMITTER_EMAIL", "ada@example.com");
    let run = Run::of(command.spawn().expect("the binary starts"));
    assert_eq!(run.status, status, "reconcile {args:?}\n{run:?}");
    run.stdout
}

#[test]
fn a_sandbox_lives_by_commands_alone() {
    let Some(case) = Case::start("developer") else { return };
    case.settings("domain = \"dev.example.com\"");
    case.sandbox("other", "").commit("a fleet");
    case.run(0, &[]);
    let set = "values.database=false";

    let made = ada(
        &case,
        0,
        &["create", "web", "--branch=web", "--image=registry.example.com/web:1", "--set=database=false", "--apply"],
    );
    assert!(made.ends_with("\nhttps://web.dev.example.com\n"), "{made}");
    assert_eq!(case.field("web", "deployment/web", ".status.readyReplicas"), "2");
    let replicas = || case.field("web", "deployment/web", ".spec.replicas");
    // Another command's sandbox is not this one's to touch, and the next run finds nothing to do.
    case.assert_settled();

    let text = ada(&case, 0, &["set", "web", "image=registry.example.com/web:2", set, "--apply"]);
    assert!(text.contains("~ update  web"), "{text}");
    assert_eq!(
        case.field("web", "deployment/web", ".spec.template.spec.containers[0].image"),
        "registry.example.com/web:2"
    );
    case.assert_settled();

    let before = case.state("web");
    ada(&case, 0, &["sleep", "web", "--apply"]);
    assert_eq!(replicas(), "0");
    assert_eq!(case.field("web", "deployment/web", ".status.readyReplicas"), "");
    case.assert_settled();
    // What is scaled by hand meanwhile sleeps again.
    case.kubectl("web", &["scale", "deployment/web", "--replicas=2"]);
    assert_eq!(case.run(0, &[]).action("web"), "correct");
    assert_eq!(replicas(), "0");
    ada(&case, 0, &["wake", "web", "--apply"]);
    assert_ne!(replicas(), "0");
    case.assert_settled();
    let uids = |state: &str| {
        state.lines().map(|line| line.split_whitespace().take(3).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(uids(&case.state("web")), uids(&before), "nothing was made anew");

    // What does not come up goes back, and the command says so.
    let history = ada(&case, 0, &["history", "web"]);
    assert_eq!(history.lines().filter(|line| line.starts_with("* ")).count(), 1, "{history}");
    assert!(history.starts_with("* "), "the last one is applied: {history}");

    let gone = ada(&case, 0, &["destroy", "web", "--now"]);
    assert!(gone.contains("- remove  web"), "{gone}");
    assert!(!case.has_namespace("web"));
    assert!(case.lives("other"));
    case.assert_settled();
    ada(&case, 0, &["rollback", "web", "--apply"]);
    assert!(case.lives("web"));
    assert_eq!(
        case.field("web", "deployment/web", ".spec.template.spec.containers[0].image"),
        "registry.example.com/web:2"
    );
    assert!(!case.repo.path().join(file("web")).exists(), "the checkout is left as it is");
}

#[test]
fn a_sandbox_that_an_autoscaler_scales_sleeps_too() {
    let Some(case) = Case::start("asleep") else { return };
    case.repo.write(
        "charts/app/templates/scaler.yaml",
        "{{- if .Values.scaled }}\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  \
         scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 3\n{{- end }}\n\
         ---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec:\n  schedule: '0 0 * * *'\n  jobTemplate:\n    \
         spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: registry.example.com/a:1}]}}}\n",
    );
    case.sandbox("web", "values.scaled = true\nasleep = true").commit("asleep");
    case.run(0, &[]);
    assert_eq!(case.field("web", "deployment/web", ".spec.replicas"), "0");
    assert_eq!(case.field("web", "cronjob/nightly", ".spec.suspend"), "true");
    case.assert_settled();
    case.repo.edit(&file("web"), "asleep = true", "");
    case.commit("awake");
    case.run(0, &[]);
    assert_ne!(case.field("web", "deployment/web", ".spec.replicas"), "0");
    assert_ne!(case.field("web", "cronjob/nightly", ".spec.suspend"), "true");
    case.assert_settled();
}
