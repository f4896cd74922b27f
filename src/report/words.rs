//! The words for each action: what stands before a line, in a plan's summary, and after it was done.

use std::collections::BTreeMap;

use crate::plan::{Action, BudgetSum};

/// Every action, in the order in which summaries name them.
pub(super) const ACTIONS: [Action; 11] = [
    Action::Create,
    Action::Update,
    Action::Correct,
    Action::Adopt,
    Action::Replace,
    Action::Expire,
    Action::Remove,
    Action::Keep,
    Action::Held,
    Action::Refused,
    Action::Failed,
];

/// The words for one action.
pub(super) struct Words {
    /// One column.
    pub symbol: &'static str,
    /// As JSON has it.
    pub verb: &'static str,
    /// After a number, in a plan.
    pub planned: &'static str,
    /// After a number or before a name, when it is done.
    pub done: &'static str,
}

/// The words for an action.
pub(super) const fn of(action: Action) -> Words {
    let (symbol, verb, planned, done) = match action {
        Action::Create => ("+", "create", "to create", "created"),
        Action::Update => ("~", "update", "to update", "updated"),
        Action::Correct => ("~", "correct", "to correct", "corrected"),
        Action::Adopt => ("~", "adopt", "to adopt", "adopted"),
        Action::Replace => ("±", "replace", "to replace", "replaced"),
        Action::Keep => ("=", "keep", "unchanged", "unchanged"),
        Action::Expire => ("-", "expire", "to expire", "expired"),
        Action::Remove => ("-", "remove", "to remove", "removed"),
        Action::Held => ("!", "held", "held", "held"),
        Action::Failed => ("x", "failed", "failed", "failed"),
        Action::Refused => ("x", "refused", "refused", "refused"),
    };
    Words { symbol, verb, planned, done }
}

/// Whether the action stands behind the semicolon of a summary: something that waits for somebody.
fn is_trouble(action: Action) -> bool {
    matches!(action, Action::Held | Action::Refused | Action::Failed)
}

/// `2 to create, 3 unchanged; 1 held`: the counts that are not 0, in `word` for each action. `none` stands where
/// nothing changes.
pub(super) fn summary(counts: &BTreeMap<Action, usize>, none: &str, word: impl Fn(Words) -> &'static str) -> String {
    let count = |action: Action| counts.get(&action).copied().unwrap_or(0);
    let list = |trouble: bool| -> Vec<String> {
        ACTIONS
            .into_iter()
            .filter(|action| is_trouble(*action) == trouble && count(*action) > 0)
            .map(|action| format!("{} {}", count(action), word(of(action))))
            .collect()
    };
    let mut main = list(false);
    if ACTIONS.into_iter().all(|action| is_trouble(action) || action == Action::Keep || count(action) == 0) {
        main.insert(0, none.to_owned());
    }
    let trouble = list(true);
    if trouble.is_empty() { main.join(", ") } else { format!("{}; {}", main.join(", "), trouble.join(", ")) }
}

/// `cpu 12 of 16, memory 24Gi of 64Gi`.
pub(super) fn budget(sums: &[BudgetSum]) -> String {
    let one = |sum: &BudgetSum| {
        let more = match sum.unknown.len() {
            0 => String::new(),
            1 => " and what 1 sandbox may take".to_owned(),
            unknown => format!(" and what {unknown} sandboxes may take"),
        };
        format!("{} {}{more} of {}", sum.what.name(), sum.taken.readable(), sum.limit.readable())
    };
    sums.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// `1 change`, `2 changes`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
