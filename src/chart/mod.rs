//! Helm charts: load, values, template functions, render. Pure.

pub mod functions;
pub mod generated;
pub mod template;
pub mod yaml;
