//! Helm charts: load, values, template functions, render. Pure.

pub mod generated;
pub mod yaml;
mod stub; pub use stub::*;
