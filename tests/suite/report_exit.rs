//! The exit status, by the table.

use reconcile::plan::{Action, Hold, Outcome, Plan, SandboxPlan, SandboxResult};
use reconcile::report::exit_status;

use super::report_plans::{came, held, image_step, plan, sandbox};

fn changed() -> SandboxPlan {
    SandboxPlan { steps: vec![image_step("a", Action::Update, "")], ..sandbox("a", Action::Update, "") }
}

fn refused() -> SandboxPlan {
    sandbox("r", Action::Refused, "")
}

fn broken() -> SandboxPlan {
    held("b", Hold::Broken, "", "")
}

/// What a plan's status is with `--plan`, and after an apply in which all went well.
fn both(sandboxes: Vec<SandboxPlan>) -> (u8, u8) {
    let plan = plan(sandboxes);
    let done = all(&plan, &SandboxResult::Done);
    (exit_status(&plan, None, true), exit_status(&plan, Some(&done), false))
}

fn all(plan: &Plan, result: &SandboxResult) -> Outcome {
    let changed = plan.sandboxes.iter().filter(|s| !s.steps.is_empty());
    Outcome { sandboxes: changed.map(|s| came(&s.name, 1, result.clone())).collect() }
}

#[test]
fn nothing_to_do_is_0() {
    assert_eq!(both(vec![]), (0, 0));
    assert_eq!(both(vec![sandbox("k", Action::Keep, "")]), (0, 0));
}

#[test]
fn changes_are_2_with_plan_alone() {
    assert_eq!(both(vec![changed()]), (2, 0));
    assert_eq!(exit_status(&plan(vec![changed()]), None, false), 0);
}

#[test]
fn held_by_policy_is_a_warning() {
    assert_eq!(both(vec![held("p", Hold::Policy, "", "")]), (0, 0));
    assert_eq!(both(vec![held("p", Hold::Policy, "", ""), changed()]), (2, 0));
}

#[test]
fn broken_is_4_over_2() {
    assert_eq!(both(vec![broken(), changed()]), (4, 4));
    assert_eq!(both(vec![sandbox("f", Action::Failed, "")]), (4, 4));
    let unexplained = sandbox("h", Action::Held, "");
    assert_eq!(both(vec![unexplained]), (4, 4));
}

#[test]
fn refused_is_3_over_all() {
    assert_eq!(both(vec![changed(), broken(), refused()]), (3, 3));
    assert_eq!(both(vec![held("s", Hold::Safety, "", ""), broken(), changed()]), (3, 3));
}

#[test]
fn what_was_not_carried_out_is_4() {
    let plan = plan(vec![changed()]);
    let reason = String::new();
    let status = |outcome: Outcome| exit_status(&plan, Some(&outcome), false);
    assert_eq!(status(all(&plan, &SandboxResult::Applied)), 0);
    assert_eq!(status(all(&plan, &SandboxResult::Failed { reason: reason.clone() })), 4);
    assert_eq!(status(all(&plan, &SandboxResult::Stale { reason })), 4);
    assert_eq!(status(Outcome { sandboxes: Vec::new() }), 4);
}
