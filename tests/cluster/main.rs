//! The suite on a real API server.
#![allow(clippy::disallowed_methods, reason = "waiting for a cluster goes by the real clock")]

mod account;
mod audit;
mod binaries;
#[path = "../canary.rs"]
mod canary;
#[path = "../contract/mod.rs"]
mod contract;
mod contract_kube;
mod dir_like_kube;
mod fleet_repo;
mod gate;
mod live;
mod plane;
mod rig;
mod smoke;
mod terminal;
mod tool;
mod wait;
