//! report
mod diff;
mod mask;
use crate::chart::yaml;
pub use diff::unified;
pub use mask::{clean, mask};
use serde_json::Value;
/// The unified diff between two states of one object.
pub fn object_diff(before: Option<&Value>, after: Option<&Value>, name: &str) -> String {
    let (before, after) = (before.cloned().map(clean), after.cloned().map(clean));
    let (before, after) = mask((before.as_ref(), after.as_ref()));
    let (before, after) = (before.as_ref().map(yaml::write), after.as_ref().map(yaml::write));
    unified(before.as_deref(), after.as_deref(), name)
}
