//! What arises in generated histories, counted: a law says nothing of what never happens.

use std::collections::BTreeMap;

use reconcile::plan::{Input, Plan, Source};

/// What has to arise in the cases that everyone runs: an action of a sandbox, one of an object, or words of a line.
const EXPECTED: [&str; 31] = [
    "Create",
    "Update",
    "Correct",
    "Adopt",
    "Keep",
    "Expire",
    "Remove",
    "Held",
    "Refused",
    "Create of an object",
    "Update of an object",
    "Correct of an object",
    "Adopt of an object",
    "Remove of an object",
    "pinned",
    "cannot be read",
    "is there already and is not ours",
    "belongs to sandbox",
    "has one of that name",
    "made for it",
    "is being deleted for",
    "the fleet's limit is",
    "the limit for one owner is",
    "over the fleet's budget",
    "more than the fleet allows",
    "one run removes",
    "would be removed at once",
    "no sandbox files at all",
    "was added by",
    "no longer in the release",
    "has the same content",
];

/// How often what arose.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<&'static str, u32>);

impl Tally {
    pub fn count(&mut self, input: &Input, plan: &Plan) {
        let mut lines: Vec<String> = Vec::new();
        for sandbox in &plan.sandboxes {
            lines.push(format!("{:?}", sandbox.action));
            lines.push(sandbox.reason.clone());
            lines.extend(sandbox.notes.iter().cloned());
            for step in sandbox.shown_steps().filter(|step| step.id.kind != "Namespace") {
                lines.push(format!("{:?} of an object", step.action));
                lines.push(step.reason.clone());
            }
        }
        for source in input.sources.values() {
            match source {
                Source::Wanted(wanted) if wanted.pinned_past.is_some() => lines.push("pinned".into()),
                Source::Broken { reason, .. } if reason.contains(".toml:") => lines.push("cannot be read".into()),
                _ => {}
            }
        }
        for line in lines {
            // An action is a whole line.
            for what in EXPECTED {
                let is_it = if what.len() < 8 { line == what } else { line.contains(what) };
                if is_it {
                    *self.0.entry(what).or_default() += 1;
                }
            }
        }
    }

    /// What never arose.
    pub fn missing(&self) -> Vec<&str> {
        EXPECTED.iter().filter(|what| !self.0.contains_key(**what)).copied().collect()
    }
}
