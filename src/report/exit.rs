//! The exit status of a run.

use crate::plan::{Action, Hold, Outcome, Plan, SandboxPlan, SandboxResult};

/// Nothing to do, or all done.
const OK: u8 = 0;
/// `--plan`: there are changes.
const CHANGES: u8 = 2;
/// A safety rule refused something.
const REFUSED: u8 = 3;
/// Some sandboxes are broken, or failed.
const PARTIAL: u8 = 4;

/// The exit status of a run that came as far as a plan (design: 'Plan, safety, exit status'); of several, the one that
/// the table names first: 3 over 4 over 2 over 0. The other statuses (64, 1, 75) belong to runs that end before.
///
/// `outcome` is `None` where nothing was applied; only with `plan_only` do waiting changes count.
pub fn exit_status(plan: &Plan, outcome: Option<&Outcome>, plan_only: bool) -> u8 {
    let planned: Vec<u8> = plan.sandboxes.iter().map(of_sandbox).collect();
    if planned.contains(&REFUSED) {
        REFUSED
    } else if planned.contains(&PARTIAL) || outcome.is_some_and(|outcome| !is_complete(plan, outcome)) {
        PARTIAL
    } else if plan_only && plan.has_changes() {
        CHANGES
    } else {
        OK
    }
}

fn of_sandbox(sandbox: &SandboxPlan) -> u8 {
    match (sandbox.action, sandbox.hold) {
        (Action::Refused, _) | (Action::Held, Some(Hold::Safety)) => REFUSED,
        // What is held for no known reason is not fine.
        (Action::Failed, _) | (Action::Held, Some(Hold::Broken) | None) => PARTIAL,
        // Held by policy is among these: a warning with its remedy.
        _ => OK,
    }
}

/// Whether everything that was planned was carried out.
fn is_complete(plan: &Plan, outcome: &Outcome) -> bool {
    let done = |name: &str| {
        outcome
            .sandboxes
            .iter()
            .any(|s| s.name == name && matches!(s.result, SandboxResult::Done | SandboxResult::Applied))
    };
    plan.sandboxes.iter().filter(|s| !s.steps.is_empty()).all(|s| done(&s.name))
}
