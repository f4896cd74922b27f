//! The live suite: the built program against a real API server, from the commit to the objects.
//!
//! Each test has a fleet, namespaces and a user of its own. What takes a cluster seconds is asked for many sandboxes at
//! once: a test of many cases is one fleet with a sandbox for each. Nobody waits for what is left at the end, which
//! goes with the control plane.

mod audited;
mod bounds;
mod case;
mod certificates;
mod charts;
mod cluster_wide;
mod copied;
mod cost;
mod definitions;
mod developer;
mod doctor;
mod drift;
mod explained;
mod failures;
mod faults;
mod first;
mod foreign;
mod generated;
mod groups;
mod guards;
mod hands;
mod hooks;
mod inside;
mod installed;
mod kept_out;
mod killed;
mod lease;
mod least;
mod left_alone;
mod lifetimes;
mod noticed;
mod others;
mod outages;
mod plan;
mod removals;
mod replace;
mod rivals;
mod saved;
mod see;
mod shards;
mod table;
mod troubles;
mod unreadable;
