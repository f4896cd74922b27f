//! Two runs at once, and changes between a plan and its application.

use super::case::{Case, Meanwhile, file};
use crate::gate::{Gate, Verdict};
use crate::tool::Tool;

fn passwords(case: &Case, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| case.field(name, "secret/database", ".data")).collect()
}

#[test]
fn two_and_five_runs_at_once_make_everything_once() {
    let Some(case) = Case::start("rivals") else { return };
    let names = ["a", "b", "c"];
    for name in names {
        case.sandbox(name, "values.database = true");
    }
    case.commit("three databases");
    let runs = [case.start_run(), case.start_run()];
    for run in runs {
        let run = Case::end_of(run, &[0]);
        for name in names {
            // The second waits for the first, and finds nothing to do.
            let is_kept = run.action(name) == "keep";
            assert!(is_kept || run.came_of(name).0 == "done", "{name}: {:?}", run.came_of(name));
        }
    }
    let made = passwords(&case, &names);
    case.run(0, &[]);
    assert_eq!(passwords(&case, &names), made);
    case.assert_settled();

    // And five updates at once.
    for name in names {
        case.repo.edit(&file(name), ":1", ":2");
    }
    case.repo.edit(
        "charts/app/templates/database.yaml",
        "user: app",
        "user: another\n  more: {{ randNumeric 9 | quote }}",
    );
    case.commit("all of them change");
    let runs: Vec<_> = (0..5).map(|_| case.start_run()).collect();
    for run in runs {
        Case::end_of(run, &[0]);
    }
    let more = |name: &&str| case.field(name, "secret/database", ".data.more");
    let generated: Vec<String> = names.iter().map(more).collect();
    case.run(0, &[]);
    assert_eq!(names.iter().map(more).collect::<Vec<_>>(), generated);
    assert!(generated.iter().all(|value| !value.is_empty()));
    for name in names {
        let image = case.field(name, "deployment/web", ".spec.template.spec.containers[0].image");
        assert_eq!(image, format!("registry.example.com/{name}:2"));
    }
    case.assert_settled();
}

/// What somebody does after the plan, and how it ends.
const MEANWHILE: &[(Meanwhile, &str)] = &[
    (
        Meanwhile {
            name: "changed",
            kubectl: &[&["scale", "deployment/web", "--replicas=3"]],
            says: "was changed by kubectl",
        },
        "done",
    ),
    (
        Meanwhile { name: "deleted", kubectl: &[&["delete", "deployment/web"]], says: "was deleted since the plan" },
        "done",
    ),
    (
        Meanwhile {
            name: "remade",
            kubectl: &[
                &["delete", "deployment/web"],
                &["create", "deployment", "web", "--image=registry.example.com/theirs:1"],
            ],
            says: "deleted and made again",
        },
        "stale",
    ),
];

#[test]
fn what_changes_after_the_plan_is_planned_anew_once() {
    let Some(case) = Case::start("meanwhile") else { return };
    for (meanwhile, _) in MEANWHILE {
        case.sandbox(meanwhile.name, "");
    }
    case.commit("one for each");
    case.run(0, &[]);
    let gate = Gate::open(case.plane, &case.user);
    let tool = Tool::new(&case.repo, &gate.user);
    for (Meanwhile { name, kubectl, says }, ends) in MEANWHILE {
        case.repo.edit(&file(name), ":1", ":2").edit(&file(name), "branch =", "values.greeting = \"bye\"\nbranch =");
        case.commit("a change");
        let (plane, namespace) = (case.plane, format!("--namespace={}", case.namespace(name)));
        gate.rule(move |asked| {
            if asked.is_write() && asked.writes == 1 {
                for args in *kubectl {
                    plane.must(&[&[namespace.as_str()], *args].concat());
                }
            }
            Verdict::Pass
        });
        let run = tool.run(&super::case::applying(&[&format!("--only={name}")]));
        assert_eq!(run.status, if *ends == "done" { 0 } else { 4 }, "{name}: {run:?}");
        assert!(run.stderr.contains("is planned once more"), "{name}: {run:?}");
        let run = super::plan::Printed::read(&run.stdout);
        let (status, reason) = run.came_of(name);
        assert_eq!(status, *ends, "{name}: {reason}");
        if status == "stale" {
            assert!(reason.contains("Deployment/web") && reason.contains(says), "{name}: {reason}");
            assert!(reason.contains("planned anew") && reason.contains("is not ours"), "{name}: {reason}");
        }
    }
    gate.rule(|_| Verdict::Pass);
    assert_eq!(case.field("changed", "deployment/web", ".spec.replicas"), "2", "what drifted is put right");

    // A Deployment of somebody else's in our place needs somebody's decision.
    assert_eq!(case.run(3, &[]).action("remade"), "held");
    case.kubectl("remade", &["delete", "deployment/web"]);
    case.run(0, &[]);
    case.assert_settled();
}

#[test]
fn what_changes_again_and_again_is_left_to_the_next_run() {
    let Some(case) = Case::start("restless") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    case.repo.edit(&file("one"), ":1", ":2");
    case.commit("a change");
    let gate = Gate::open(case.plane, &case.user);
    let (plane, namespace) = (case.plane, format!("--namespace={}", case.namespace("one")));
    let mut notes = 0;
    gate.rule(move |asked| {
        let is_it = asked.is_write() && asked.path.contains("/deployments/web") && !asked.path.contains("dryRun");
        if is_it {
            notes += 1;
            plane.must(&[&namespace, "annotate", "deployment/web", &format!("note-{notes}=seen")]);
        }
        Verdict::Pass
    });
    let run = Tool::new(&case.repo, &gate.user).run(&super::case::applying(&[]));
    assert_eq!(run.status, 4, "{run:?}");
    let (status, reason) = {
        let run = super::plan::Printed::read(&run.stdout);
        (run.came_of("one").0.to_owned(), run.came_of("one").1.to_owned())
    };
    assert!(status == "stale" && reason.contains("was changed by kubectl"), "{status}: {reason}");
    gate.rule(|_| Verdict::Pass);
    let image = || case.field("one", "deployment/web", ".spec.template.spec.containers[0].image");
    assert_eq!(image(), "registry.example.com/one:1", "tried twice, and left alone");
    case.run(0, &[]);
    assert_eq!(image(), "registry.example.com/one:2");
    case.assert_settled();
}

#[test]
fn a_namespace_taken_after_the_plan_is_left_to_whoever_took_it() {
    let Some(case) = Case::start("taken") else { return };
    case.sandbox("one", "").commit("one");
    let gate = Gate::open(case.plane, &case.user);
    let (plane, name) = (case.plane, case.namespace("one"));
    gate.rule(move |asked| {
        if asked.is_write() && asked.writes == 1 {
            plane.must(&["create", "namespace", &name]);
        }
        Verdict::Pass
    });
    let run = Tool::new(&case.repo, &gate.user).run(&super::case::applying(&[]));
    assert_eq!(run.status, 4, "{run:?}");
    assert_eq!(super::plan::Printed::read(&run.stdout).came_of("one").0, "stale");
    assert_eq!(case.kubectl("one", &["get", "services", "--output=name"]), "");
    assert_eq!(case.run(3, &[]).action("one"), "held");
}
