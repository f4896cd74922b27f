//! What an Event on a sandbox's Namespace says.

use insta::assert_snapshot;
use reconcile::plan::{Action, Aftermath, SandboxOutcome, SandboxResult};
use reconcile::report::event::told;

use super::report_plans::{came, every_action, every_result, sandbox};

#[test]
fn one_for_each_end() {
    let plan = every_action();
    let mut outcomes = every_result().sandboxes;
    let back = Aftermath::WentBack { commit: "0a1b2c3d4e5f".into() };
    outcomes.push(SandboxOutcome {
        aftermath: back,
        ..came("updated", 1, SandboxResult::Failed { reason: "Deployment/odoo: not ready in time".into() })
    });
    let reason = "the run was told to end (SIGTERM); 1 change is left".to_owned();
    outcomes.push(came("replaced", 0, SandboxResult::Stopped { reason }));
    let lines: Vec<String> = outcomes
        .iter()
        .map(|outcome| {
            let sandbox = plan.sandboxes.iter().find(|sandbox| sandbox.name == outcome.name).expect("it is planned");
            let told = told(sandbox, outcome);
            let kind = if told.is_warning { "Warning" } else { "Normal" };
            format!("{kind} {} {}: {}", told.action, told.reason, told.note)
        })
        .collect();
    assert_snapshot!(lines.join("\n"));
}

/// The API server refuses one whose note is longer than 1024 bytes.
#[test]
fn a_note_is_never_longer_than_there_is_room_for() {
    for length in (980..1060).chain([100_000]) {
        let reason = format!("{}\u{1b}[2J\nmore", "ä€🦀 ".repeat(length / 10));
        let note = told(&sandbox("x", Action::Update, ""), &came("x", 1, SandboxResult::Failed { reason })).note;
        assert!(note.len() <= 1024 && !note.contains(['\u{1b}', '\n']), "{}: {note}", note.len());
    }
}
