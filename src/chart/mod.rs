//! Helm charts: loading, values, template functions and rendering, in process and without any I/O.

pub mod yaml;
