//! Writing YAML.

mod emit;
mod order;
mod pretty;
mod scalar;
mod to_yaml;

pub use emit::write;
pub use pretty::{Node, write_pretty};
pub use to_yaml::to_yaml;
