//! The same files, the same cluster and the same time give the same plan, and it is said in the same words.

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use reconcile::plan::{Answers, Plan, plan};
use reconcile::report::json;
use reconcile::report::markdown::page;
use reconcile::report::text::{Diffs, TextOptions, plan as text};

use super::cases;
use super::history::{History, history};
use super::tally::Tally;
use super::world::World;

/// The cases of this law are of the histories that all others have too: they tell what arises there.
#[test]
fn planning_is_deterministic() {
    let tally = RefCell::new(Tally::default());
    let mut runner = TestRunner::new(cases(64));
    let result = runner.run(&history(None), |history| same_again(&history, &mut tally.borrow_mut()));
    result.unwrap_or_else(|failed| panic!("{failed}"));
    if std::env::var_os("PROPTEST_CASES").is_none() {
        let tally = tally.into_inner();
        assert!(tally.missing().is_empty(), "never: {:?}; {tally:#?}", tally.missing());
    }
}

fn same_again(history: &History, tally: &mut Tally) -> Result<(), TestCaseError> {
    let mut fleet = history.fleet.clone();
    let mut world = World::begun(history);
    for step in &history.steps {
        world.live_through(step, &mut fleet);
        let (input, once) = world.plan(&fleet);
        let (_, again) = world.plan(&fleet);
        tally.count(&input, &once);
        prop_assert_eq!(&once, &again);
        prop_assert_eq!(said(&once), said(&again));
        // Nothing but the input and the answers counts.
        let blind = [plan(&input, &Answers::default()), plan(&input.clone(), &Answers::default())];
        prop_assert_eq!(&blind[0], &blind[1]);
        world.run(&fleet);
    }
    Ok(())
}

/// The plan as it is saved, and as JSON, text and Markdown.
pub fn said(plan: &Plan) -> [String; 4] {
    let saved = serde_json::to_string(plan).expect("it can be saved");
    let json = serde_json::to_string(&json::plan(plan, None)).expect("it is JSON");
    [saved, json, text(plan, &TextOptions { diffs: Diffs::All, width: 80 }), page(plan, None, Diffs::All)]
}
