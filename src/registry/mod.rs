//! Registries of images: which digest a tag stands for now.
//!
//! The Distribution API (<https://github.com/opencontainers/distribution-spec>), and the logins that `docker login` has
//! left in its configuration.

mod challenge;
mod client;
mod error;
mod login;
mod place;

pub use client::{Client, Resolved};
pub use error::RegistryError;
pub use login::{Helper, Logins, run_helper};
pub use place::Place;
