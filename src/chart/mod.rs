//! Helm charts: loading, values, template functions and rendering, in process and without any I/O.

pub mod capabilities;
#[expect(clippy::module_inception, reason = "the chart itself")]
pub mod chart;
pub mod chart_metadata;
pub mod dependencies;
pub mod hooks;
pub mod load;
mod load_ignore;
pub mod order;
pub mod split;
pub mod values;
pub mod yaml;
