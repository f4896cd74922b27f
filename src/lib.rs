//! `reconcile` keeps Kubernetes sandboxes equal to what a git repository says.

pub mod access;
pub mod apply;
pub mod audit;
pub mod chart;
pub mod cli;
pub mod cluster;
pub mod fleet;
pub mod forge;
pub mod init;
pub mod manifest;
mod near;
pub mod plan;
pub mod registry;
pub mod release;
pub mod repo;
pub mod report;
pub mod side_by_side;
pub mod web;
