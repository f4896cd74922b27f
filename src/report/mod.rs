//! A plan, and what came of it, for people and for programs: text, JSON, diffs, the exit status. Pure.
//!
//! Text is styled with ANSI codes always; whoever prints it takes them out where they are not wanted (`anstream` does,
//! by the terminal, `NO_COLOR` and `--color`).

pub mod answers;
pub mod changes;
mod diff;
pub mod event;
mod exit;
mod fingerprint;
pub mod json;
pub mod junit;
pub mod logins;
pub mod manifests;
pub mod markdown;
mod mask;
pub mod metrics;
pub mod odoo;
mod style;
pub mod test_result;
pub mod text;
mod words;

pub use diff::unified;
pub use exit::exit_status;
pub use fingerprint::{FingerprintKey, TooShort};
pub use mask::{GENERATED, clean, mask};
pub use style::{plain, safe};

use serde_json::Value;

use crate::chart::yaml;
use crate::plan::{SandboxPlan, Step};

/// The unified diff between two states of one object, as its step shows it: as YAML, cleaned of what the server
/// keeps for itself, a Secret's values masked by `key`. Empty where nothing that is shown differs.
pub fn object_diff(before: Option<&Value>, after: Option<&Value>, name: &str, key: &FingerprintKey) -> String {
    diff_between(before, after, (&format!("live/{name}"), &format!("wanted/{name}")), key)
}

/// The same between states of these names.
pub fn diff_between(
    before: Option<&Value>,
    after: Option<&Value>,
    names: (&str, &str),
    key: &FingerprintKey,
) -> String {
    let shown = |state: &Value| yaml::write(&mask(clean(state.clone()), key));
    let (before, after) = (before.map(shown), after.map(shown));
    unified(before.as_deref(), after.as_deref(), names)
}

/// The steps that people read: not the quiet ones, unless there is nothing else to show why a sandbox changes.
fn shown(sandbox: &SandboxPlan) -> Vec<&Step> {
    let shown: Vec<&Step> = sandbox.shown_steps().collect();
    if shown.is_empty() { sandbox.steps.iter().collect() } else { shown }
}
