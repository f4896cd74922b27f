//! `reconcile` keeps Kubernetes sandboxes equal to what a git repository says.

pub mod access;
pub mod apply;
pub mod audit;
pub mod chart;
pub mod cli;
pub mod cluster;
pub mod fleet;
pub mod manifest;
pub mod plan;
pub mod release;
pub mod repo;
pub mod report;
pub mod side_by_side;
