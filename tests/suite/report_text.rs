//! Text, as people see it.

use insta::assert_snapshot;
use reconcile::plan::{Action, Hold, Outcome, SandboxPlan, SandboxResult};
use reconcile::report::plain;
use reconcile::report::text::{Diffs, TextOptions, outcome, plan as text};

use super::report_plans::{came, created_only, every_action, every_result, held, image_step, plan, sandbox};

fn options(diffs: Diffs) -> TextOptions {
    TextOptions { diffs, width: 80 }
}

#[test]
fn every_action_has_a_line() {
    assert_snapshot!(plain(&text(&every_action(), &options(Diffs::Changes))));
}

#[test]
fn without_diffs_it_is_one_line_a_sandbox() {
    assert_snapshot!(plain(&text(&every_action(), &options(Diffs::None))));
}

#[test]
fn with_all_diffs_new_objects_are_shown_whole() {
    assert_snapshot!(plain(&text(&created_only(), &options(Diffs::All))));
}

#[test]
fn colours() {
    let mut plan = every_action();
    plan.sandboxes.retain(|s| matches!(s.name.as_str(), "updated" | "refused" | "one-too-many" | "demo-old"));
    // Escapes are written out: a snapshot with the real ones cannot be read.
    assert_snapshot!(text(&plan, &options(Diffs::Changes)).replace('\u{1b}', "ESC"));
}

#[test]
fn nothing_to_do() {
    let plan = plan(vec![sandbox("a", Action::Keep, "nothing differs"), sandbox("b", Action::Keep, "nothing differs")]);
    assert_snapshot!(plain(&text(&plan, &options(Diffs::Changes))));
}

#[test]
fn nothing_at_all() {
    let mut plan = plan(Vec::new());
    plan.commit = None;
    assert_snapshot!(plain(&text(&plan, &options(Diffs::Changes))));
}

#[test]
fn what_is_over_and_gone_is_named_once() {
    let gone = |n: usize| {
        let over = Some("2026-01-01T00:00:00Z".parse().expect("a time"));
        SandboxPlan { expires: over, ..sandbox(&format!("old-{n}"), Action::Keep, "its time was over") }
    };
    assert_snapshot!("one_gone", plain(&text(&plan(vec![gone(1)]), &options(Diffs::Changes))));
    assert_snapshot!("many_gone", plain(&text(&plan((1..=7).map(gone).collect()), &options(Diffs::None))));
}

#[test]
fn no_line_of_prose_is_wider_than_the_terminal() {
    // Narrower than this, single words are too long.
    for width in [50, 60, 80, 120] {
        let shown = plain(&text(&every_action(), &TextOptions { diffs: Diffs::None, width }));
        let wide: Vec<&str> = shown.lines().filter(|line| line.chars().count() > width).collect();
        assert!(wide.is_empty(), "at {width}: {wide:#?}");
    }
}

#[test]
fn wide_names_and_reasons_are_wrapped_by_columns() {
    let reason = "檔案在提交中更改 ".repeat(12);
    let mut wide = sandbox("cafe", Action::Update, &format!("branch 功能/雲端服務-é was changed: {reason}"));
    wide.steps = vec![image_step("cafe", Action::Update, "由 eugene 更改")];
    assert_snapshot!(plain(&text(&plan(vec![wide]), &options(Diffs::Changes))));
}

#[test]
fn what_others_wrote_cannot_steer_the_terminal() {
    let mut sandbox = held("evil", Hold::Broken, "manager \u{1b}[2J\u{7} and \u{202e}desrever", "\u{1b}]8;;x\u{7}");
    sandbox.notes = vec!["\u{9b}1A note".into()];
    let mut step = image_step("evil", Action::Update, "\u{1b}[8mhidden");
    step.diff = "--- live/x\n+++ wanted/x\n@@ -1 +1 @@\n-a\u{1b}[1A\n+b\r\n".into();
    sandbox.steps = vec![step];
    let mut plan = plan(vec![sandbox]);
    plan.warnings = vec!["\u{1b}[31mred".into()];
    let shown = plain(&text(&plan, &options(Diffs::All)));
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
    assert_snapshot!(shown);
}

#[test]
fn every_result_has_a_line() {
    assert_snapshot!(plain(&outcome(&every_action(), &every_result(), &TextOptions::default())));
}

#[test]
fn all_done() {
    let mut made = sandbox("main", Action::Create, "new");
    made.url = Some("https://main.example.com".into());
    made.steps = vec![image_step("main", Action::Create, "new")];
    let plan = plan(vec![made, sandbox("kept", Action::Keep, "nothing differs")]);
    let came = Outcome { sandboxes: vec![came("main", 1, SandboxResult::Done)] };
    assert_snapshot!(plain(&outcome(&plan, &came, &TextOptions::default())));
}

#[test]
fn nothing_done() {
    let plan = plan(vec![SandboxPlan { ..sandbox("kept", Action::Keep, "nothing differs") }]);
    assert_snapshot!(plain(&outcome(&plan, &Outcome { sandboxes: Vec::new() }, &TextOptions::default())));
}
