//! Writing YAML.

mod emit;
mod order;
mod scalar;
mod to_yaml;

pub use emit::write;
pub use to_yaml::to_yaml;
