//! Desired state that cannot be used: the sandboxes concerned stay exactly as they are, the others go on.

use super::case::{Case, file};

/// What goes wrong with a sandbox that lives.
struct Trouble {
    name: &'static str,
    /// Done to the sandbox's file: what is replaced by what.
    edit: [&'static str; 2],
    /// What the reason says.
    says: &'static [&'static str],
}

const TROUBLES: &[Trouble] = &[
    Trouble { name: "toml", edit: ["branch =", "branch = ="], says: &["sandboxes/toml.toml:1"] },
    Trouble { name: "key", edit: ["branch =", "brunch = 1\nbranch ="], says: &["sandboxes/key.toml:1", "brunch"] },
    Trouble {
        name: "chart",
        edit: ["branch =", "chart = \"broken\"\nbranch ="],
        says: &["broken", "broken/templates/web.yaml:3"],
    },
    Trouble { name: "no-chart", edit: ["branch =", "chart = \"missing\"\nbranch ="], says: &["charts/missing"] },
    Trouble {
        name: "twice",
        edit: ["branch =", "values.more = [{name = \"MODE\", value = \"again\"}]\nbranch ="],
        says: &["web.yaml", "name=MODE"],
    },
    Trouble {
        name: "field",
        edit: ["branch =", "values.spec.replicaz = 3\nbranch ="],
        says: &["Deployment/web", "replicaz"],
    },
    Trouble {
        name: "type",
        edit: ["branch =", "values.spec.paused = \"perhaps\"\nbranch ="],
        says: &["Deployment/web", "paused"],
    },
    Trouble {
        name: "invalid",
        edit: ["branch =", "values.replicas = -1\nbranch ="],
        says: &["Deployment/web", "spec.replicas"],
    },
    Trouble {
        name: "unknown-kind",
        edit: ["branch =", "chart = \"exotic\"\nbranch ="],
        says: &["Exotic", "does not serve"],
    },
];

fn with_charts(case: &Case) {
    for (chart, template) in [
        ("broken", "kind: ConfigMap\nmetadata:\n  name: {{ .Values.missing.key }}\n"),
        ("exotic", "apiVersion: example.com/v1\nkind: Exotic\nmetadata:\n  name: one\n"),
    ] {
        case.repo
            .write(&format!("charts/{chart}/Chart.yaml"), &format!("apiVersion: v2\nname: {chart}\nversion: 1.0.0\n"));
        case.repo.write(&format!("charts/{chart}/templates/web.yaml"), template);
    }
}

#[test]
fn broken_sandboxes_stay_as_they_are_beside_healthy_ones() {
    let Some(case) = Case::start("broken") else { return };
    with_charts(&case);
    for trouble in TROUBLES {
        case.sandbox(trouble.name, "");
    }
    case.sandbox("healthy", "").commit("all are well");
    case.run(0, &[]);
    let before: Vec<String> = TROUBLES.iter().map(|trouble| case.state(trouble.name)).collect();

    for Trouble { name, edit: [from, to], .. } in TROUBLES {
        case.repo.edit(&file(name), from, to);
    }
    case.repo.edit(&file("healthy"), "healthy:1", "healthy:2");
    case.sandbox("new", "").commit("all but two are not");
    assert_eq!(case.plan(4, &[]).count("held"), TROUBLES.len() as u64);
    let run = case.run(4, &[]);
    assert_eq!((run.came_of("healthy").0, run.came_of("new").0), ("done", "done"));
    for (Trouble { name, says, .. }, before) in TROUBLES.iter().zip(before) {
        assert_eq!(run.action(name), "held", "{name}: {:#}", run.sandbox(name));
        for words in *says {
            assert!(run.reason(name).contains(words), "{name}: {words:?} is not in {:?}", run.reason(name));
        }
        assert_eq!(case.state(name), before, "{name}");
    }

    // Mended, they go on.
    for Trouble { name, edit: [from, to], .. } in TROUBLES {
        case.repo.edit(&file(name), to, from);
    }
    case.commit("mended");
    assert!(case.run(0, &[]).is_empty());
}

#[test]
fn what_could_never_be_made_does_not_stop_the_others() {
    let Some(case) = Case::start("stillborn") else { return };
    with_charts(&case);
    for Trouble { name, edit: [from, to], .. } in TROUBLES {
        case.sandbox(name, "");
        case.repo.edit(&file(name), from, to);
    }
    case.sandbox("healthy", "").commit("one of them is well");
    let run = case.run(4, &[]);
    assert_eq!(run.came_of("healthy"), ("done", ""));
    for Trouble { name, says, .. } in TROUBLES {
        // Without a namespace the server cannot be asked beforehand, so some fail only when they are made.
        let failed = run.came_of(name);
        let why = if run.action(name) == "held" { run.reason(name) } else { failed.1 };
        assert!(run.action(name) == "held" || failed.0 == "failed", "{name}: {:#}", run.sandbox(name));
        for words in *says {
            assert!(why.contains(words), "{name}: {words:?} is not in {why:?}");
        }
    }
    let again = case.run(4, &[]);
    assert_eq!(again.action("healthy"), "keep");
}

#[test]
fn a_fleet_that_cannot_be_read_changes_nothing_at_all() {
    let Some(case) = Case::start("unread") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    let before = case.state("one");
    case.repo.edit("sandboxes/fleet.toml", "id =", "idd =");
    case.repo.remove(&file("one"));
    case.commit("broken");
    let mark = case.plane.mark();
    let run = case.tool().run(&["--yes"]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("sandboxes/fleet.toml:2") && run.stderr.contains("idd"), "{run:?}");
    assert_eq!(case.plane.writes(mark, &case.user).len(), 0);
    assert_eq!(case.state("one"), before);
}

/// The server quotes what it does not like, and of a Secret that would be a value.
#[test]
fn a_secret_that_the_server_refuses_is_not_quoted() {
    let Some(case) = Case::start("quoted") else { return };
    let template = |data: &str| format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: one\n{data}\n");
    let path = "charts/app/templates/secret.yaml";
    case.repo.write(path, &template("data: {user: YXBw}"));
    case.sandbox("one", "").commit("a Secret");
    case.run(0, &[]);
    let before = case.state("one");
    for data in [
        "data: {user: 31337424242}",
        "data: {'no key': 'MzEzMzc0MjQyNDI='}",
        "data: {user: '31337424242'}",
        "type: 31337424242",
    ] {
        case.repo.write(path, &template(data));
        case.sandbox("new", "").commit("a Secret that is none");
        // Of what is made the plan shows the type.
        let only = if data.starts_with("type") { "--only=one" } else { "--diff=server" };
        let run = case.tool().run(&super::case::applying(&["--log=trace", only]));
        assert_eq!(run.status, 4, "{data}: {}", run.stdout);
        for value in ["31337424242", "MzEzMzc0MjQyNDI="] {
            assert!(!run.stdout.contains(value) && !run.stderr.contains(value), "{data}: {}", run.stdout);
        }
        let plan = super::plan::Printed::read(&run.stdout);
        assert_eq!(plan.action("one"), "held", "{data}: {:#}", plan.0);
        assert!(plan.reason("one").contains("Secret/one"), "{data}: {}", plan.reason("one"));
        assert_eq!(case.state("one"), before, "{data}");
    }
}
