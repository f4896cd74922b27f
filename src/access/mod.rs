//! What the account that runs `reconcile` has to be allowed, and no more: made from the objects that the fleet's charts
//! make. Pure.

mod need;
mod right;
mod rules;

pub use need::{Needs, needed};
pub use right::{Place, Right, What};
pub use rules::{Rule, rules};

use crate::manifest::{Hash, Shard};

/// What the `RoleBinding` is called that each sandbox brings.
pub const BINDING: &str = "reconcile";
/// The namespace of what is remembered beside the sandboxes.
pub const SYSTEM: &str = "reconcile-system";

/// The `ClusterRole` of what the account may do in a sandbox, which that binds.
pub fn sandbox_role(fleet_id: &str) -> String {
    format!("reconcile-{fleet_id}-sandbox")
}

/// The `ClusterRole` of what it may do in the whole cluster.
pub fn cluster_role(fleet_id: &str) -> String {
    format!("reconcile-{fleet_id}")
}

/// The Lease of a fleet, or of a shard of it: `fleet-ID`, or `shard-0-of-4-ID`.
pub fn lease_of(fleet_id: &str, shard: Option<Shard>) -> String {
    let id = name_of(fleet_id);
    match shard {
        None => format!("fleet-{id}"),
        Some(shard) => format!("shard-{}-of-{}-{id}", shard.index(), shard.count()),
    }
}

/// A fleet's id as part of an object's name, which may hold less than a label does.
pub fn name_of(fleet_id: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if fleet_id.chars().all(is_plain) {
        fleet_id.to_owned()
    } else {
        Hash::of(fleet_id.as_bytes()).as_str().chars().take(16).collect()
    }
}
